/*
 * floating: tasks that keep all floating-point registers and fcsr busy while they are preempted, and while they give up
 * the hart themselves; what one holds is never another's (rule C12).
 *
 *     floating           two that spin, two that yield, one without floating point, and short-lived ones, for a second
 *     floating spin N    fill the registers from N, spin, compare, until the time is over
 *     floating yield N   the same with sched_yield in between
 */
#include <stdlib.h>
#include <string.h>

#include "hostile.h"

#define RUN_SECONDS 1
#define SPINS 20000
#define YIELDS 50

struct registers {
    uint64_t values[32];
    uint64_t fcsr;
};

/* Load all registers from @in, run @count rounds, store all to @out. A round is a system call when @number is one. */
void hold_registers(const struct registers *in, struct registers *out, uint64_t count, uint64_t number);
__asm__(".text\n"
        ".globl hold_registers\n"
        "hold_registers:\n"
        ".altmacro\n"
        ".macro load_float number\n"
        "    fld f\\number, \\number * 8(t0)\n"
        ".endm\n"
        ".macro keep_float number\n"
        "    fsd f\\number, \\number * 8(t1)\n"
        ".endm\n"
        "    addi sp, sp, -256\n"
        "    mv t0, a0\n"
        "    mv t1, sp\n"
        "    mv t4, a1\n"
        "    mv t2, a2\n"
        "    mv a7, a3\n"
        "    .set i, 0\n"
        "    .rept 32\n"
        "    keep_float %i\n"
        "    .set i, i + 1\n"
        "    .endr\n"
        "    .set i, 0\n"
        "    .rept 32\n"
        "    load_float %i\n"
        "    .set i, i + 1\n"
        "    .endr\n"
        "    ld t3, 256(t0)\n"
        "    fscsr t3\n"
        "0:  beqz a7, 1f\n"
        "    ecall\n"
        "1:  addi t2, t2, -1\n"
        "    bnez t2, 0b\n"
        "    mv t1, t4\n"
        "    .set i, 0\n"
        "    .rept 32\n"
        "    keep_float %i\n"
        "    .set i, i + 1\n"
        "    .endr\n"
        "    frcsr t3\n"
        "    sd t3, 256(t1)\n"
        "    mv t0, sp\n"
        "    .set i, 0\n"
        "    .rept 32\n"
        "    load_float %i\n"
        "    .set i, i + 1\n"
        "    .endr\n"
        "    fscsr zero\n"
        "    addi sp, sp, 256\n"
        "    ret\n");

static uint64_t next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state ^ *state >> 29;
}

static int hold(uint64_t seed, uint64_t count, uint64_t number)
{
    uint64_t state = seed, end = sys_now() + RUN_SECONDS * SECOND;
    static struct registers in, out;

    do {
        for (size_t i = 0; i < COUNT(in.values); i++) {
            in.values[i] = next(&state);
        }
        in.fcsr = next(&state) % 5 << 5 | next(&state) % 32;
        hold_registers(&in, &out, count, number);
        if (memcmp(&in, &out, sizeof(in)) != 0) {
            return 1;
        }
    } while (sys_now() < end);
    return 0;
}

static int64_t start(const char *what, const char *seed)
{
    const char *const arguments[] = { "floating", what, seed, NULL };

    return sys_spawn("/bin/floating", arguments);
}

static void run_all(void)
{
    static const char *const seeds[] = { "1", "2", "3", "4" };
    static const char *const nothing[] = { "true", NULL };
    uint64_t end = sys_now() + RUN_SECONDS * SECOND;
    int64_t pids[4];

    for (size_t i = 0; i < COUNT(pids); i++) {
        pids[i] = start(i < 2 ? "spin" : "yield", seeds[i]);
    }
    while (sys_now() < end) {
        sys_wait(sys_spawn("/bin/true", nothing));
        raw_syscall0(SYS_sched_yield);
    }
    expect("c12_spinning_1", sys_wait(pids[0]), 0);
    expect("c12_spinning_2", sys_wait(pids[1]), 0);
    expect("c12_yielding_1", sys_wait(pids[2]), 0);
    expect("c12_yielding_2", sys_wait(pids[3]), 0);
}

int main(int argc, char **argv)
{
    if (argc == 3) {
        uint64_t seed = strtoul(argv[2], NULL, 10);

        return strcmp(argv[1], "spin") == 0 ? hold(seed, SPINS, 0) : hold(seed, YIELDS, SYS_sched_yield);
    }
    run_all();
    return 0;
}
