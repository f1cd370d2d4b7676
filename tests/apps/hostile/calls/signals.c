/* Signals: the calls themselves; what signals do to programs is in ../../posix. */
#include <string.h>

#include "calls.h"

#define STACK_BYTES 8192

static volatile unsigned handled;
static volatile bool frame_is_clean, code_is_right;

/* Calls on_signal() on the frame that the supervisor made, and goes back. */
void signal_entry(void);
__asm__(".text\n"
        "signal_entry:\n"
        "    mv s0, sp\n"
        "    call on_signal\n"
        "    mv sp, s0\n"
        "    li a7, 139\n"
        "    ecall\n");

static bool is_zero(const void *from, size_t size)
{
    const char *bytes = from;

    while (size > 0 && *bytes == 0) {
        bytes++;
        size--;
    }
    return size == 0;
}

void on_signal(uint64_t signal, const struct abi_signal_frame *frame, const void *context);

void on_signal(uint64_t signal, const struct abi_signal_frame *frame, const void *context)
{
    bool has_f = frame->has_f != 0;

    handled = (unsigned)signal;
    code_is_right =
        frame->info.signal == (int32_t)signal && frame->info.code == ABI_SI_USER && context == &frame->flags;
    frame_is_clean = frame->info.error == 0 && frame->info.pad == 0 &&
                     is_zero(frame->info.rest, sizeof(frame->info.rest)) && frame->flags == 0 && frame->link == 0 &&
                     is_zero(frame->stack, sizeof(frame->stack)) && is_zero(frame->unused, sizeof(frame->unused)) &&
                     (has_f || (is_zero(frame->f, sizeof(frame->f)) && frame->fcsr == 0)) &&
                     is_zero(frame->padding, sizeof(frame->padding));
}

static int64_t action(uint64_t signal, const struct abi_sigaction *from, struct abi_sigaction *old, uint64_t size)
{
    return raw_syscall4(SYS_rt_sigaction, signal, ADDRESS(from), ADDRESS(old), size);
}

static void try_rt_sigaction(void)
{
    const struct abi_sigaction handler = { .handler = ADDRESS(signal_entry), .flags = ABI_SA_RESTART, .mask = 5 };
    const struct abi_sigaction ignore = { .handler = ABI_SIG_IGN }, usual = { .handler = ABI_SIG_DFL };
    struct abi_sigaction old = { 1, 1, 1 };

    expect("rt_sigaction_get", action(ABI_SIGUSR1, NULL, &old, 8), 0);
    expect_true("rt_sigaction_default", old.handler == ABI_SIG_DFL && old.flags == 0 && old.mask == 0);
    expect("rt_sigaction_set", action(ABI_SIGUSR1, &handler, &old, 8), 0);
    expect_true("rt_sigaction_old", old.handler == ABI_SIG_DFL);
    expect("rt_sigaction_get_again", action(ABI_SIGUSR1, NULL, &old, 8), 0);
    expect_true("rt_sigaction_is_kept", old.handler == handler.handler && old.flags == handler.flags && old.mask == 5);
    expect("rt_sigaction_ignore", action(ABI_SIGUSR1, &ignore, &old, 8), 0);
    expect("rt_sigaction_of_64", action(64, &ignore, NULL, 8), 0);
    expect("rt_sigaction_get_of_kill", action(ABI_SIGKILL, NULL, &old, 8), 0);
    expect("rt_sigaction_set_of_kill", action(ABI_SIGKILL, &ignore, NULL, 8), -EINVAL);
    expect("rt_sigaction_set_of_stop", action(ABI_SIGSTOP, &handler, NULL, 8), -EINVAL);
    expect("rt_sigaction_of_0", action(0, &handler, NULL, 8), -EINVAL);
    expect("rt_sigaction_of_65", action(65, &handler, NULL, 8), -EINVAL);
    expect("rt_sigaction_of_minus_1", action(UINT64_MAX, &handler, NULL, 8), -EINVAL);
    expect("rt_sigaction_4_bytes", action(ABI_SIGUSR1, &handler, NULL, 4), -EINVAL);
    expect("rt_sigaction_16_bytes", action(ABI_SIGUSR1, &handler, NULL, 16), -EINVAL);
    action(ABI_SIGUSR1, NULL, &old, 8);
    expect_true("rt_sigaction_that_fails_changes_nothing", old.handler == ABI_SIG_IGN);
    action(ABI_SIGUSR1, &usual, NULL, 8);
    action(64, &usual, NULL, 8);
}

static int64_t mask(uint64_t how, const uint64_t *from, uint64_t *old, uint64_t size)
{
    return raw_syscall4(SYS_rt_sigprocmask, how, ADDRESS(from), ADDRESS(old), size);
}

static void try_rt_sigprocmask(void)
{
    uint64_t all = UINT64_MAX, none = 0, old = 1, one = BIT(ABI_SIGUSR2);

    expect("rt_sigprocmask_get", mask(ABI_SIG_BLOCK, NULL, &old, 8), 0);
    expect("rt_sigprocmask_nothing_is_blocked", (int64_t)old, 0);
    expect("rt_sigprocmask_all", mask(ABI_SIG_SETMASK, &all, NULL, 8), 0);
    expect("rt_sigprocmask_take_one_out", mask(ABI_SIG_UNBLOCK, &one, &old, 8), 0);
    expect_true("rt_sigprocmask_never_kill_and_stop", old == ~(BIT(ABI_SIGKILL) | BIT(ABI_SIGSTOP)));
    expect("rt_sigprocmask_unknown_how_without_a_set", mask(77, NULL, &old, 8), 0);
    expect("rt_sigprocmask_one_is_out", (int64_t)(old & one), 0);
    expect("rt_sigprocmask_none", mask(ABI_SIG_SETMASK, &none, NULL, 8), 0);
    expect("rt_sigprocmask_put_one_in", mask(ABI_SIG_BLOCK, &one, NULL, 8), 0);
    expect("rt_sigprocmask_unknown_how", mask(3, &all, NULL, 8), -EINVAL);
    expect("rt_sigprocmask_how_minus_1", mask(UINT64_MAX, &all, NULL, 8), -EINVAL);
    expect("rt_sigprocmask_4_bytes", mask(ABI_SIG_SETMASK, &all, NULL, 4), -EINVAL);
    expect("rt_sigprocmask_16_bytes", mask(ABI_SIG_SETMASK, &all, NULL, 16), -EINVAL);
    mask(ABI_SIG_SETMASK, &none, &old, 8);
    expect("rt_sigprocmask_that_fails_changes_nothing", (int64_t)old, (int64_t)one);
}

static void try_rt_sigpending(void)
{
    uint64_t set = UINT64_MAX, none = 0;

    sys_handle(ABI_SIGUSR1, ADDRESS(signal_entry), 0);
    expect("rt_sigpending", raw_syscall2(SYS_rt_sigpending, ADDRESS(&set), 8), 0);
    expect("rt_sigpending_none", (int64_t)set, 0);
    sys_block(ABI_SIG_BLOCK, BIT(ABI_SIGUSR1));
    handled = 0;
    sys_kill(sys_pid(), ABI_SIGUSR1);
    raw_syscall2(SYS_rt_sigpending, ADDRESS(&set), 8);
    expect("rt_sigpending_one", (int64_t)set, BIT(ABI_SIGUSR1));
    set = UINT64_MAX;
    expect("rt_sigpending_4_bytes", raw_syscall2(SYS_rt_sigpending, ADDRESS(&set), 4), 0);
    expect_true("rt_sigpending_writes_4_bytes", set == (UINT64_MAX << 32 | BIT(ABI_SIGUSR1)));
    expect("rt_sigpending_no_byte", raw_syscall2(SYS_rt_sigpending, 0, 0), 0);
    expect("rt_sigpending_9_bytes", raw_syscall2(SYS_rt_sigpending, ADDRESS(&set), 9), -EINVAL);
    expect("rt_sigpending_it_is_blocked", handled, 0);
    expect("rt_sigsuspend_4_bytes", raw_syscall2(SYS_rt_sigsuspend, ADDRESS(&none), 4), -EINVAL);
    expect("rt_sigsuspend_lets_it_through", raw_syscall2(SYS_rt_sigsuspend, ADDRESS(&none), 8), -EINTR);
    expect("rt_sigsuspend_its_handler_ran", handled, ABI_SIGUSR1);
    expect("rt_sigsuspend_puts_the_set_back", (int64_t)sys_block(ABI_SIG_SETMASK, 0), BIT(ABI_SIGUSR1));
}

static void try_rt_sigreturn(void)
{
    handled = 0;
    expect("rt_sigreturn_kill_oneself", sys_kill(sys_pid(), ABI_SIGUSR1), 0);
    expect("rt_sigreturn_has_gone_back", handled, ABI_SIGUSR1);
    expect_true("rt_sigreturn_siginfo", code_is_right);
    expect_true("c21_a_handlers_frame_has_no_leftovers", frame_is_clean);
    sys_handle(ABI_SIGUSR1, ABI_SIG_DFL, 0);
    expect("rt_sigreturn_from_nowhere", status_of_self("return_null", "0"), ABI_SIGSEGV);
    expect("rt_sigreturn_from_the_supervisor", status_of_self("return_supervisor", "0"), ABI_SIGSEGV);
    expect("rt_sigreturn_from_an_edge", status_of_self("return_edge", "0"), ABI_SIGSEGV);
    expect("rt_sigreturn_into_the_supervisor", status_of_self("return_wild", "0"), ABI_SIGSEGV);
    expect("rt_sigreturn_can_not_block_a_kill", status_of_self("return_deaf", "0"), ABI_SIGKILL);
}

/* rt_sigreturn with the stack pointer at @place. */
__attribute__((noreturn)) static void return_from(uint64_t place)
{
    register uint64_t a7 __asm__("a7") = SYS_rt_sigreturn;

    __asm__ volatile("mv sp, %0\n"
                     "ecall\n"
                     "unimp\n"
                     :
                     : "r"(place), "r"(a7)
                     : "memory");
    __builtin_unreachable();
}

/* Where a frame of return_deaf goes on, with all signals blocked but those that can't be. */
__attribute__((noreturn)) static void be_deaf(void)
{
    sys_kill(sys_pid(), ABI_SIGTERM);
    sys_kill(sys_pid(), ABI_SIGKILL);
    raw_syscall1(SYS_exit, 99);
    __builtin_unreachable();
}

int be_signal_child(const char *what)
{
    static struct abi_signal_frame frame;
    static char stack[STACK_BYTES] __attribute__((aligned(16)));

    if (strcmp(what, "return_null") == 0) {
        return_from(0);
    } else if (strcmp(what, "return_supervisor") == 0) {
        return_from(SUPERVISOR_START + 0x80200000);
    } else if (strcmp(what, "return_edge") == 0) {
        uint64_t two = (uint64_t)sys_map_fresh(2 * PAGE, ABI_PROT_READ | ABI_PROT_WRITE);

        sys_unmap(two + PAGE, PAGE);
        return_from(two + PAGE - 64);
    }
    /* registers[0] is the pc, [2] the stack pointer. */
    frame.registers[0] = strcmp(what, "return_deaf") == 0 ? ADDRESS(be_deaf) : SUPERVISOR_START;
    frame.registers[2] = ADDRESS(stack + STACK_BYTES);
    frame.mask = UINT64_MAX;
    return_from(ADDRESS(&frame));
}

void try_signals(void)
{
    try_rt_sigaction();
    try_rt_sigprocmask();
    try_rt_sigpending();
    try_rt_sigreturn();
}
