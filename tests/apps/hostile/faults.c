/*
 * faults: instructions and accesses that must end the task that executes them, one task a case (rules C11, C13, C16 to
 * C19). `faults CASE` says what it expects, does it, and says so if it comes back.
 *
 *     expect NAME SIGNAL ADDRESS    before it; signal 0: nothing happens, address 0x1: any
 *     through NAME                  behind it
 *     end NAME STATUS               from the task that started it
 */
#include <stdlib.h>
#include <string.h>

#include "hostile.h"

#define ANY 1
#define NO_SIGNAL 0

static uint64_t words[4] __attribute__((aligned(32)));

/* --- Instructions */

#define INSTRUCTION(name, text) \
    static void run_##name(void) \
    { \
        uint64_t scratch = 0; \
        __asm__ volatile(".option push\n.option norvc\n" text "\n.option pop" : "+r"(scratch) : : "memory", "t0"); \
    }

INSTRUCTION(read_sstatus, "csrr %0, 0x100")
INSTRUCTION(read_sie, "csrr %0, 0x104")
INSTRUCTION(read_stvec, "csrr %0, 0x105")
INSTRUCTION(read_scounteren, "csrr %0, 0x106")
INSTRUCTION(read_senvcfg, "csrr %0, 0x10a")
INSTRUCTION(read_sscratch, "csrr %0, 0x140")
INSTRUCTION(read_sepc, "csrr %0, 0x141")
INSTRUCTION(read_stimecmp, "csrr %0, 0x14d")
INSTRUCTION(read_mstatus, "csrr %0, 0x300")
INSTRUCTION(read_mhartid, "csrr %0, 0xf14")
INSTRUCTION(read_hstatus, "csrr %0, 0x600")
INSTRUCTION(read_dcsr, "csrr %0, 0x7b0")
INSTRUCTION(read_cycle, "csrr %0, 0xc00")
INSTRUCTION(read_instret, "csrr %0, 0xc02")
INSTRUCTION(read_hpmcounter3, "csrr %0, 0xc03")
INSTRUCTION(read_vl, "csrr %0, 0xc20")
INSTRUCTION(write_sscratch, "csrw 0x140, zero")
INSTRUCTION(write_satp, "csrw 0x180, zero")
INSTRUCTION(write_cycle, "csrw 0xc00, zero")
INSTRUCTION(write_time, "csrw 0xc01, zero")
INSTRUCTION(set_sum, "li t0, 0x40000\ncsrs 0x100, t0")
INSTRUCTION(sfence, ".4byte 0x12000073")
INSTRUCTION(sinval, ".4byte 0x16000073")
INSTRUCTION(sret, ".4byte 0x10200073")
INSTRUCTION(mret, ".4byte 0x30200073")
INSTRUCTION(uret, ".4byte 0x00200073")
INSTRUCTION(dret, ".4byte 0x7b200073")
INSTRUCTION(wfi, ".4byte 0x10500073")
INSTRUCTION(hfence, ".4byte 0x22000073")
INSTRUCTION(hlv, ".4byte 0x68004073")
INSTRUCTION(zeros_16, ".2byte 0, 0x0001")
INSTRUCTION(zeros_32, ".4byte 0")
INSTRUCTION(ones_32, ".4byte 0xffffffff")
INSTRUCTION(long_48, ".2byte 0x001f, 0, 0")
INSTRUCTION(long_64, ".4byte 0x0000003f, 0")
INSTRUCTION(long_192, ".2byte 0x7fff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0")
INSTRUCTION(reserved_16, ".2byte 0x9c41, 0x0001")
INSTRUCTION(reserved_load, ".4byte 0x00007003")
INSTRUCTION(reserved_amo, ".4byte 0x0000102f")
INSTRUCTION(custom_0, ".4byte 0x0000000b")
INSTRUCTION(vector_config, ".4byte 0x0d0572d7")
INSTRUCTION(vector_load, ".4byte 0x02050007")
INSTRUCTION(breakpoint, "ebreak")
INSTRUCTION(read_time, "csrr %0, 0xc01")
INSTRUCTION(read_fcsr, "csrr %0, 0x003")
INSTRUCTION(fence_i, ".4byte 0x0000100f")

/* --- Accesses */

static void load_word(uint64_t address)
{
    uint32_t value;

    __asm__ volatile("lw %0, 0(%1)" : "=r"(value) : "r"(address) : "memory");
}

static void load_double(uint64_t address)
{
    uint64_t value;

    __asm__ volatile("ld %0, 0(%1)" : "=r"(value) : "r"(address) : "memory");
}

static void store_byte(uint64_t address)
{
    __asm__ volatile("sb zero, 0(%0)" : : "r"(address) : "memory");
}

static void store_double(uint64_t address)
{
    __asm__ volatile("sd zero, 0(%0)" : : "r"(address) : "memory");
}

static void load_float(uint64_t address)
{
    __asm__ volatile("fld fa0, 0(%0)" : : "r"(address) : "memory", "fa0");
}

static void add_word(uint64_t address)
{
    __asm__ volatile("amoadd.w zero, zero, (%0)" : : "r"(address) : "memory");
}

static void swap_double(uint64_t address)
{
    __asm__ volatile("amoswap.d zero, zero, (%0)" : : "r"(address) : "memory");
}

static void reserve_word(uint64_t address)
{
    uint32_t value;

    __asm__ volatile("lr.w %0, (%1)" : "=r"(value) : "r"(address) : "memory");
}

static void reserve_double(uint64_t address)
{
    uint64_t value;

    __asm__ volatile("lr.d %0, (%1)" : "=r"(value) : "r"(address) : "memory");
}

static void call(uint64_t address)
{
    __asm__ volatile("jalr ra, 0(%0)" : : "r"(address) : "ra", "memory");
}

/* A system call with a stack pointer that leads nowhere is nobody's business but the caller's. */
static void call_with_wild_registers(uint64_t address)
{
    __asm__ volatile("mv t0, sp\n mv t1, gp\n mv t2, tp\n mv sp, %0\n mv gp, %0\n mv tp, %0\n li a7, 172\n ecall\n"
                     "mv sp, t0\n mv gp, t1\n mv tp, t2"
                     :
                     : "r"(address)
                     : "a0", "a7", "t0", "t1", "t2", "memory");
}

/* With the same, and a trap that nobody asked for. */
static void fault_with_wild_registers(uint64_t address)
{
    __asm__ volatile("mv sp, %0\n mv gp, %0\n mv tp, %0\n ld zero, 0(%0)" : : "r"(address) : "memory");
}

static uint64_t edge; /* the last address of a mapping of one page, and one */
static uint64_t code; /* the same, and one that holds instructions */

static void make_edges(void)
{
    static const uint32_t no_operation = 0x13;

    edge = (uint64_t)sys_map_fresh(2 * PAGE, ABI_PROT_READ | ABI_PROT_WRITE) + PAGE;
    sys_unmap(edge, PAGE);
    *(uint8_t *)(uintptr_t)(edge - 1) = 1;
    code = (uint64_t)sys_map_fresh(2 * PAGE, ABI_PROT_READ | ABI_PROT_WRITE) + PAGE;
    sys_unmap(code, PAGE);
    memcpy((void *)(uintptr_t)(code - 2), &no_operation, 2);
    sys_protect(code - PAGE, PAGE, ABI_PROT_READ | ABI_PROT_EXEC);
}

struct fault_case {
    const char *name;
    int signal;
    void (*run)(void);
    void (*access)(uint64_t address);
    const uint64_t *base; /* added to address when there is one */
    uint64_t address;
    int64_t fault_offset; /* from the access's address to the one that is reported */
};

#define ILLEGAL(rule, what) \
    { \
        .name = rule "_" #what, .signal = ABI_SIGILL, .run = run_##what \
    }
#define HARMLESS(rule, what) \
    { \
        .name = rule "_" #what, .signal = NO_SIGNAL, .run = run_##what \
    }
#define AT(rule_name, number, how, where) \
    { \
        .name = rule_name, .signal = number, .access = how, .address = where \
    }
#define SEGV(rule_name, how, where) AT(rule_name, ABI_SIGSEGV, how, where)

static const uint64_t words_address = (uint64_t)0; /* filled in by resolve() */

static const struct fault_case cases[] = {
    ILLEGAL("c16", read_sstatus),
    ILLEGAL("c16", read_sie),
    ILLEGAL("c16", read_stvec),
    ILLEGAL("c16", read_scounteren),
    ILLEGAL("c16", read_senvcfg),
    ILLEGAL("c16", read_sscratch),
    ILLEGAL("c16", read_sepc),
    ILLEGAL("c16", read_stimecmp),
    ILLEGAL("c16", read_mstatus),
    ILLEGAL("c16", read_mhartid),
    ILLEGAL("c16", read_hstatus),
    ILLEGAL("c16", read_dcsr),
    ILLEGAL("c19", read_cycle),
    ILLEGAL("c19", read_instret),
    ILLEGAL("c19", read_hpmcounter3),
    HARMLESS("c19", read_time),
    ILLEGAL("c13", read_vl),
    ILLEGAL("c13", vector_config),
    ILLEGAL("c13", vector_load),
    ILLEGAL("c16", write_sscratch),
    ILLEGAL("c16", write_satp),
    ILLEGAL("c16", write_cycle),
    ILLEGAL("c16", write_time),
    ILLEGAL("c16", set_sum),
    ILLEGAL("c16", sfence),
    ILLEGAL("c16", sinval),
    ILLEGAL("c16", sret),
    ILLEGAL("c16", mret),
    ILLEGAL("c16", uret),
    ILLEGAL("c16", dret),
    ILLEGAL("c16", wfi),
    ILLEGAL("c16", hfence),
    ILLEGAL("c16", hlv),
    ILLEGAL("c16", zeros_16),
    ILLEGAL("c16", zeros_32),
    ILLEGAL("c16", ones_32),
    ILLEGAL("c16", long_48),
    ILLEGAL("c16", long_64),
    ILLEGAL("c16", long_192),
    ILLEGAL("c16", reserved_16),
    ILLEGAL("c16", reserved_load),
    ILLEGAL("c16", reserved_amo),
    ILLEGAL("c16", custom_0),
    { .name = "c16_breakpoint", .signal = ABI_SIGTRAP, .run = run_breakpoint },
    HARMLESS("c16", read_fcsr),
    HARMLESS("c16", fence_i),
    { "c17_amo_word_at_1", ABI_SIGBUS, NULL, add_word, &words_address, 1, 0 },
    { "c17_amo_word_at_2", ABI_SIGBUS, NULL, add_word, &words_address, 2, 0 },
    { "c17_amo_word_at_3", ABI_SIGBUS, NULL, add_word, &words_address, 3, 0 },
    { "c17_amo_double_at_4", ABI_SIGBUS, NULL, swap_double, &words_address, 4, 0 },
    { "c17_amo_word_aligned", NO_SIGNAL, NULL, add_word, &words_address, 4, 0 },
    { "c17_lr_word_at_1", ABI_SIGBUS, NULL, reserve_word, &words_address, 1, 0 },
    { "c17_lr_double_at_4", ABI_SIGBUS, NULL, reserve_double, &words_address, 4, 0 },
    { "c17_load_word_across_a_page", ABI_SIGSEGV, NULL, load_word, &edge, -2ull, 2 },
    { "c17_load_double_across_a_page", ABI_SIGSEGV, NULL, load_double, &edge, -1ull, 1 },
    { "c17_load_float_across_a_page", ABI_SIGSEGV, NULL, load_float, &edge, -4ull, 4 },
    { "c17_store_double_across_a_page", ABI_SIGSEGV, NULL, store_double, &edge, -3ull, 3 },
    { "c17_load_last_double", NO_SIGNAL, NULL, load_double, &edge, -8ull, 0 },
    { "c17_store_last_byte", NO_SIGNAL, NULL, store_byte, &edge, -1ull, 0 },
    { "c17_load_first_byte_behind", ABI_SIGSEGV, NULL, load_word, &edge, 0, 0 },
    { "c17_instruction_across_a_page", ABI_SIGSEGV, NULL, call, &code, -2ull, 2 },
    SEGV("c18_load_first_non_canonical", load_double, USER_END),
    SEGV("c18_load_bit_63", load_double, 1ull << 63),
    SEGV("c18_load_all_but_bit_63", load_double, 0x7ffffffffffffff8),
    SEGV("c18_load_last_non_canonical", load_double, SUPERVISOR_START - 8),
    SEGV("c18_load_last", load_word, UINT64_MAX - 3),
    SEGV("c18_store_first_non_canonical", store_byte, USER_END),
    SEGV("c18_store_bit_63", store_byte, 1ull << 63),
    SEGV("c18_store_last", store_byte, UINT64_MAX),
    SEGV("c18_amo_non_canonical", add_word, 1ull << 62),
    SEGV("c18_jump_first_non_canonical", call, USER_END),
    SEGV("c18_jump_bit_63", call, 1ull << 63),
    SEGV("c18_jump_last_non_canonical", call, SUPERVISOR_START - 2),
    SEGV("c18_jump_last", call, UINT64_MAX - 1),
    SEGV("c18_jump_users_last", call, USER_END - 2),
    SEGV("c11_load_supervisor_ram", load_double, SUPERVISOR_START + 0x80200000),
    SEGV("c11_store_supervisor_ram", store_byte, SUPERVISOR_START + 0x80200000),
    SEGV("c11_jump_supervisor", call, SUPERVISOR_START + 0x80200000),
    SEGV("c11_load_firmware", load_double, SUPERVISOR_START + 0x80000000),
    SEGV("c11_load_uart", load_word, 0x10000000),
    SEGV("c11_store_plic", store_double, 0x0c000000),
    SEGV("c11_load_clint", load_double, 0x02000000),
    AT("c14_call_with_wild_registers", NO_SIGNAL, call_with_wild_registers, SUPERVISOR_START),
    AT("c14_call_with_no_registers", NO_SIGNAL, call_with_wild_registers, 0),
    AT("c14_call_with_odd_registers", NO_SIGNAL, call_with_wild_registers, UINT64_MAX),
    SEGV("c14_fault_with_wild_registers", fault_with_wild_registers, SUPERVISOR_START),
    SEGV("c14_fault_with_no_registers", fault_with_wild_registers, 0),
};

static uint64_t resolve(const struct fault_case *test)
{
    uint64_t base = test->base == NULL ? 0 : test->base == &words_address ? ADDRESS(words) : *test->base;

    return base + test->address;
}

static int run_case(const struct fault_case *test)
{
    uint64_t address = resolve(test);

    printf("expect %s %d %#llx\n", test->name, test->signal,
           test->run != NULL ? (unsigned long long)ANY : (unsigned long long)(address + (uint64_t)test->fault_offset));
    fflush(stdout);
    if (test->run != NULL) {
        test->run();
    } else {
        test->access(address);
    }
    printf("through %s\n", test->name);
    return 0;
}

int main(int argc, char **argv)
{
    make_edges();
    if (argc > 1) {
        return run_case(&cases[atoi(argv[1])]);
    }
    for (size_t i = 0; i < COUNT(cases); i++) {
        char number[8];
        const char *const arguments[] = { "faults", number, NULL };

        snprintf(number, sizeof(number), "%zu", i);
        printf("end %s %lld\n", cases[i].name, (long long)sys_wait(sys_spawn("/bin/faults", arguments)));
        fflush(stdout);
    }
    return 0;
}
