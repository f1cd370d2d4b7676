/*
 * floating: tasks that keep all floating-point registers and fcsr busy while they are preempted, and while they give up
 * the hart themselves; what one holds is never another's (rule C12).
 *
 *     floating           two that spin, two that yield, one without floating point, and short-lived ones, for a second
 *     floating spin N    fill the registers from N, spin, compare, until the time is over
 *     floating yield N   the same with sched_yield in between
 *     floating exact N   two tasks, each of which is preempted N times while it holds all registers, and compares them
 *                        each time: for a machine whose scheduler ticks every few microseconds
 *     floating held S N  one of these, with values made from S; after N times it says so, and goes on
 */
#include <stdlib.h>
#include <string.h>

#include "hostile.h"

#define RUN_SECONDS 1
#define SPINS 20000
#define YIELDS 50
/* Of a clock of 10 MHz: longer than any interrupt that comes back to the task, shorter than a slice of the other. */
#define PREEMPTED_TICKS 14
#define PATTERNS 16
#define TIMES_A_PATTERN 4
/* The pipe on which a task says that it was preempted often enough. */
#define DONE_READ 3
#define DONE_WRITE 4

struct registers {
    uint64_t values[32];
    uint64_t fcsr;
};

__asm__(
    ".macro each_float operation, base\n"
    "    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, "
    "28, 29, 30, 31\n"
    "    \\operation f\\n, 8 * \\n(\\base)\n"
    "    .endr\n"
    ".endm\n");

/* Load all registers from @in, run @count rounds, store all to @out. A round is a system call when @number is one. */
void hold_registers(const struct registers *in, struct registers *out, uint64_t count, uint64_t number);
__asm__(".text\n"
        ".globl hold_registers\n"
        "hold_registers:\n"
        "    addi sp, sp, -256\n"
        "    each_float fsd, sp\n"
        "    mv t1, a1\n"
        "    mv a7, a3\n"
        "    each_float fld, a0\n"
        "    ld t3, 256(a0)\n"
        "    fscsr t3\n"
        "0:  beqz a7, 1f\n"
        "    ecall\n"
        "1:  addi a2, a2, -1\n"
        "    bnez a2, 0b\n"
        "    each_float fsd, t1\n"
        "    frcsr t3\n"
        "    sd t3, 256(t1)\n"
        "    each_float fld, sp\n"
        "    fscsr zero\n"
        "    addi sp, sp, 256\n"
        "    ret\n");

/*
 * Load all registers from @in; then wait @count times until @ticks of the clock go by at once, so that somebody else had
 * the hart, and compare all with @in. Returns how often they were the same in a row: @count. @out is room to compare.
 * A store of a register doesn't change its state: but for the first time, they are clean when the task is preempted.
 */
uint64_t hold_while_preempted(const struct registers *in, struct registers *out, uint64_t count, uint64_t ticks);
__asm__(".globl hold_while_preempted\n"
        "hold_while_preempted:\n"
        "    addi sp, sp, -256\n"
        "    each_float fsd, sp\n"
        "    each_float fld, a0\n"
        "    ld t0, 256(a0)\n"
        "    fscsr t0\n"
        "    li a4, 0\n"
        "0:  rdtime t0\n"
        "1:  mv t1, t0\n"
        "    rdtime t0\n"
        "    sub t1, t0, t1\n"
        "    bltu t1, a3, 1b\n"
        "    each_float fsd, a1\n"
        "    frcsr t0\n"
        "    sd t0, 256(a1)\n"
        "    mv t0, a0\n"
        "    mv t1, a1\n"
        "    addi t2, a0, 264\n"
        "2:  ld t3, 0(t0)\n"
        "    ld t4, 0(t1)\n"
        "    bne t3, t4, 3f\n"
        "    addi t0, t0, 8\n"
        "    addi t1, t1, 8\n"
        "    bltu t0, t2, 2b\n"
        "    addi a4, a4, 1\n"
        "    bltu a4, a2, 0b\n"
        "3:  mv a0, a4\n"
        "    each_float fld, sp\n"
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

static int hold_exactly(uint64_t seed, uint64_t wanted)
{
    static struct registers patterns[PATTERNS], out;

    for (size_t i = 0; i < PATTERNS; i++) {
        for (size_t j = 0; j < COUNT(patterns[i].values); j++) {
            patterns[i].values[j] = next(&seed);
        }
        patterns[i].fcsr = next(&seed) % 5 << 5 | next(&seed) % 32;
    }
    for (uint64_t count = 0, i = 0;; i++) {
        uint64_t times = hold_while_preempted(&patterns[i % PATTERNS], &out, TIMES_A_PATTERN, PREEMPTED_TICKS);

        if (times != TIMES_A_PATTERN) {
            return 1;
        }
        if (count < wanted && count + times >= wanted) {
            raw_syscall3(SYS_write, DONE_WRITE, ADDRESS("."), 1);
        }
        count += times;
    }
}

static int64_t start(const char *what, const char *seed, const char *count)
{
    const char *const arguments[] = { "floating", what, seed, count, NULL };

    return sys_spawn("/bin/floating", arguments);
}

static void run_all(void)
{
    static const char *const seeds[] = { "1", "2", "3", "4" };
    static const char *const nothing[] = { "true", NULL };
    uint64_t end = sys_now() + RUN_SECONDS * SECOND;
    int64_t pids[4];

    for (size_t i = 0; i < COUNT(pids); i++) {
        pids[i] = start(i < 2 ? "spin" : "yield", seeds[i], NULL);
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

static void run_exactly(const char *count)
{
    int32_t ends[2];
    char done[2];
    int64_t got = 0;

    expect("c12_a_pipe", raw_syscall2(SYS_pipe2, ADDRESS(ends), 0), 0);
    expect_true("c12_the_pipes_ends", ends[0] == DONE_READ && ends[1] == DONE_WRITE);
    int64_t first = start("held", "1", count), second = start("held", "2", count);

    raw_syscall1(SYS_close, DONE_WRITE);
    while (got < 2) {
        int64_t size = raw_syscall3(SYS_read, DONE_READ, ADDRESS(done), 2 - (uint64_t)got);

        if (size <= 0) {
            break; /* both have ended: their status says why */
        }
        got += size;
    }
    expect("c12_both_were_preempted_as_often", got, 2);
    sys_kill(first, ABI_SIGKILL);
    sys_kill(second, ABI_SIGKILL);
    expect("c12_exact_1", sys_wait(first), ABI_SIGKILL);
    expect("c12_exact_2", sys_wait(second), ABI_SIGKILL);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "exact") == 0) {
        run_exactly(argv[2]);
        return 0;
    }
    if (argc == 4) {
        return hold_exactly(strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10));
    }
    if (argc == 3) {
        uint64_t seed = strtoul(argv[2], NULL, 10);

        return strcmp(argv[1], "spin") == 0 ? hold(seed, SPINS, 0) : hold(seed, YIELDS, SYS_sched_yield);
    }
    run_all();
    return 0;
}
