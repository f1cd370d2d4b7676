/*
 * Signals: sending, handlers, and the way back from them.
 *
 *     sent to a task   ignored, explicitly or by default            -> forgotten, unless it is blocked
 *                      its action is to end the task, not blocked   -> task_end(), if it runs on no other hart
 *                      else                                         -> pending; the hart that it runs on is told
 *     pending          no longer blocked, and the task goes on      -> its handler, or what its action is by then
 *
 * A handler is entered as Linux does it for riscv64: a struct abi_signal_frame on the task's stack, a0 the number, a1
 * and a2 the addresses of its siginfo and ucontext. There is no page of the supervisor's in a task that it could return
 * to (ra is 0): the handler that a library installs ends with rt_sigreturn itself.
 *
 * A waiting call is cut short by making the task ready: it does the call again, which finds the signal when it would
 * wait anew (scheduler_wait()). So the handler starts after the call, and no call has to be undone from outside.
 *
 * Invariants
 *   signal-attention   a task with deliverable signals has TASK_HAS_SIGNALS set
 *   signal-kill        SIGKILL and SIGSTOP are never blocked, ignored or handled
 *
 * Locking: the supervisor's lock; a task's actions and sets of blocked and ignored signals are changed by itself alone,
 * so that it may look at them without.
 */
#include "signals.h"

#include "abi_errno.h"
#include "abi_pando.h"
#include "arch.h"
#include "bits.h"
#include "calls.h"
#include "cpu.h"
#include "hart.h"
#include "pool.h"
#include "scheduler.h"
#include "task.h"

#include <string.h>

#define SIGNAL_BIT(signal) (1ull << ((signal)-1))
#define UNSTOPPABLE (SIGNAL_BIT(ABI_SIGKILL) | SIGNAL_BIT(ABI_SIGSTOP))
#define IGNORED_BY_DEFAULT \
    (SIGNAL_BIT(ABI_SIGCHLD) | SIGNAL_BIT(ABI_SIGCONT) | SIGNAL_BIT(ABI_SIGURG) | SIGNAL_BIT(ABI_SIGWINCH))
#define STOPPING (SIGNAL_BIT(ABI_SIGSTOP) | SIGNAL_BIT(ABI_SIGTSTP) | SIGNAL_BIT(ABI_SIGTTIN) | SIGNAL_BIT(ABI_SIGTTOU))

/* Flags and rounding mode; the rest of fcsr is reserved (Unpriv. spec, F). */
#define FCSR_MASK 0xffu

struct signal_actions {
    struct abi_sigaction of[ABI_SIGNAL_MAX]; /* of[n - 1]; handler 0 where none is set */
};

static struct pool pool = POOL("signal-actions", struct signal_actions);

void signals_init(struct signals *signals, const struct signals *from)
{
    if (from != NULL) {
        signals->blocked = from->blocked;
        signals->ignored = from->ignored;
    }
}

void signals_block(struct signals *signals, uint64_t blocked)
{
    signals->blocked = blocked & ~UNSTOPPABLE;
}

void signals_ignore(struct signals *signals, uint64_t ignored)
{
    signals->ignored |= ignored & ~UNSTOPPABLE;
}

static bool is_handled(const struct signals *signals, unsigned signal)
{
    return signals->actions != NULL && signals->actions->of[signal - 1].handler != 0;
}

bool signals_let_kill_through(const struct signals *signals)
{
    return ((signals->blocked | signals->ignored) & UNSTOPPABLE) == 0 && !is_handled(signals, ABI_SIGKILL) &&
           !is_handled(signals, ABI_SIGSTOP);
}

int signals_copy_actions(struct signals *signals, const struct signals *from)
{
    if (from->actions == NULL) {
        return 0;
    }
    signals->actions = pool_alloc(&pool);
    if (signals->actions == NULL) {
        return -ENOMEM;
    }
    *signals->actions = *from->actions;
    return 0;
}

void signals_forget_actions(struct signals *signals)
{
    if (signals->actions != NULL) {
        pool_free(&pool, signals->actions);
        signals->actions = NULL;
    }
}

bool signals_would_stop(uint64_t signal)
{
    return signal >= 1 && signal <= ABI_SIGNAL_MAX && (STOPPING & SIGNAL_BIT(signal)) != 0;
}

/* The action for @signal; handler ABI_SIG_DFL or ABI_SIG_IGN among them. */
static struct abi_sigaction action_of(const struct signals *signals, unsigned signal)
{
    struct abi_sigaction action = { .handler = ABI_SIG_DFL };

    if ((signals->ignored & SIGNAL_BIT(signal)) != 0) {
        action.handler = ABI_SIG_IGN;
    } else if (signals->actions != NULL) {
        action = signals->actions->of[signal - 1];
    }
    return action;
}

static bool is_ignored(const struct abi_sigaction *action, unsigned signal)
{
    /* What would stop a task is ignored: there is no stopped state, and nobody could let it go on. */
    return action->handler == ABI_SIG_IGN ||
           (action->handler == ABI_SIG_DFL && ((IGNORED_BY_DEFAULT | STOPPING) & SIGNAL_BIT(signal)) != 0);
}

static bool runs_elsewhere(const struct task *task)
{
    return task->state == TASK_RUNNING && task->frame.hart != this_hart();
}

/* The task is to look at its signals before it goes on. */
static void notice(struct task *task)
{
    if (!signals_deliverable(&task->signals)) {
        return;
    }
    task->attention |= TASK_HAS_SIGNALS;
    if (task->is_held) {
        return; /* it looks when its child lets it go */
    }
    if (task->state == TASK_WAITING) {
        scheduler_interrupt(task);
    } else if (runs_elsewhere(task)) {
        hart_interrupt(1u << task->frame.hart->index);
    } else if (task->state == TASK_RUNNING) {
        this_hart()->reschedule = HART_RESCHEDULES;
    }
}

void signals_send(struct task *task, unsigned signal)
{
    struct signals *signals = &task->signals;
    struct abi_sigaction action = action_of(signals, signal);
    bool is_blocked = (signals->blocked & SIGNAL_BIT(signal)) != 0;

    if (task->state == TASK_ENDED || (task->parent == NULL && action.handler <= ABI_SIG_IGN)) {
        return;
    }
    if (!is_blocked && is_ignored(&action, signal)) {
        return;
    }
    if (!is_blocked && action.handler == ABI_SIG_DFL && !runs_elsewhere(task)) {
        task_end(task, TASK_STATUS_SIGNAL(signal));
        return;
    }
    signals->pending |= SIGNAL_BIT(signal);
    notice(task);
}

uint32_t signals_send_group(int32_t group, unsigned signal)
{
    struct task *task = task_first();
    uint32_t count = 0;

    while (task != NULL) {
        struct task *following = task_following(task);

        if (task->group == group && task->state != TASK_ENDED && task->parent != NULL) {
            count++;
            if (signal != 0) {
                signals_send(task, signal);
            }
        }
        task = following;
    }
    return count;
}

/* What a handler's frame holds of the task. */
static void fill_frame(struct task *task, unsigned signal, struct abi_signal_frame *frame)
{
    memset(frame, 0, sizeof(*frame));
    frame->info.signal = (int32_t)signal;
    frame->info.code = ABI_SI_USER;
    frame->mask = task->signals.is_suspended ? task->signals.blocked_before : task->signals.blocked;
    memcpy(frame->registers, &task->frame, sizeof(frame->registers));
    if ((task->attention & TASK_USES_FP) != 0) {
        cpu_fp_switch(&task->fp, &task->fp);
        memcpy(frame->f, task->fp.f, sizeof(frame->f));
        frame->fcsr = (uint32_t)task->fp.fcsr;
        frame->has_f = 1;
    }
}

/* A call that was cut short is done again after the handler, or gives EINTR. */
static void settle_interrupted_call(struct task *task, uint64_t flags)
{
    if (task->call_interrupted && (flags & (uint32_t)ABI_SA_RESTART) == 0) {
        task->frame.a0 = (uint64_t)-EINTR;
        task->frame.pc += 4;
    }
    task->call_interrupted = false;
}

/* Enter a handler. Returns 0 or -EFAULT: there is no stack for it. */
static int enter_handler_relock(struct task *task, unsigned signal, const struct abi_sigaction *action)
{
    struct abi_signal_frame frame;

    settle_interrupted_call(task, action->flags);
    fill_frame(task, signal, &frame);
    task->signals.is_suspended = false;
    uint64_t place = ALIGNED_DOWN(task->frame.sp - sizeof(frame), 16);

    arch_unlock();
    int error = arch_copy_out(uaddr(place), &frame, sizeof(frame));

    arch_lock();
    if (error) {
        return error;
    }
    task->frame.pc = action->handler;
    task->frame.sp = place;
    task->frame.ra = 0;
    task->frame.a0 = signal;
    task->frame.a1 = place;
    task->frame.a2 = place + offsetof(struct abi_signal_frame, flags);
    task->signals.blocked |= action->mask & ~UNSTOPPABLE;
    if ((action->flags & ABI_SA_NODEFER) == 0) {
        task->signals.blocked |= SIGNAL_BIT(signal);
    }
    if ((action->flags & (uint32_t)ABI_SA_RESETHAND) != 0) {
        task->signals.actions->of[signal - 1].handler = ABI_SIG_DFL;
    }
    return 0;
}

bool signals_end_it(const struct task *task)
{
    const struct signals *signals = &task->signals;

    for (uint64_t left = signals->pending & ~signals->blocked; left != 0; left &= left - 1) {
        unsigned signal = bits_lowest(left) + 1;
        struct abi_sigaction action = action_of(signals, signal);

        if (action.handler == ABI_SIG_DFL && !is_ignored(&action, signal)) {
            return true;
        }
    }
    return false;
}

void signals_deliver_relock(struct task *task)
{
    struct signals *signals = &task->signals;

    while (signals_deliverable(signals)) {
        unsigned signal = bits_lowest(signals->pending & ~signals->blocked) + 1;
        struct abi_sigaction action = action_of(signals, signal);

        signals->pending &= ~SIGNAL_BIT(signal);
        if (is_ignored(&action, signal)) {
            continue;
        }
        if (action.handler == ABI_SIG_DFL) {
            task_end(task, TASK_STATUS_SIGNAL(signal));
            return;
        }
        if (enter_handler_relock(task, signal, &action)) {
            task_end(task, TASK_STATUS_SIGNAL(ABI_SIGSEGV));
            return;
        }
    }
    /* What was pending is ignored by now: the call goes on waiting. */
    task->call_interrupted = false;
    task->attention &= (uint8_t)~TASK_HAS_SIGNALS;
}

void signals_return_relock(struct task *task)
{
    struct abi_signal_frame frame;

    arch_unlock();
    int error = arch_copy_in(&frame, uaddr(task->frame.sp), sizeof(frame));

    arch_lock();
    if (error) {
        task_end(task, TASK_STATUS_SIGNAL(ABI_SIGSEGV));
        return;
    }
    memcpy(&task->frame, frame.registers, sizeof(frame.registers));
    task->signals.blocked = frame.mask & ~UNSTOPPABLE;
    if (frame.has_f != 0 && (task->attention & TASK_USES_FP) != 0) {
        memcpy(task->fp.f, frame.f, sizeof(frame.f));
        task->fp.fcsr = frame.fcsr & FCSR_MASK;
        /* What the registers hold is the handler's. */
        cpu_fp_forget(&task->fp);
        cpu_fp_switch(NULL, &task->fp);
    }
    notice(task);
}

int64_t call_rt_sigreturn(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a0, a1, a2, a3, a4, a5);
    arch_lock();
    this_hart()->reschedule = HART_RESCHEDULES;
    return CALL_SIGNAL_RETURN;
}

/* Set what is to happen on @signal. Returns 0 or -ENOMEM. */
static int set_action(struct signals *signals, unsigned signal, const struct abi_sigaction *action)
{
    bool has_handler = action->handler > ABI_SIG_IGN;

    if (has_handler && signals->actions == NULL) {
        signals->actions = pool_alloc(&pool);
        if (signals->actions == NULL) {
            return -ENOMEM;
        }
        memset(signals->actions, 0, sizeof(*signals->actions));
    }
    if (signals->actions != NULL) {
        signals->actions->of[signal - 1] = has_handler ? *action : (struct abi_sigaction){ 0 };
    }
    signals->ignored &= ~SIGNAL_BIT(signal);
    if (action->handler == ABI_SIG_IGN) {
        signals->ignored |= SIGNAL_BIT(signal);
    }
    if (is_ignored(action, signal)) {
        signals->pending &= ~SIGNAL_BIT(signal);
    }
    return 0;
}

int64_t call_rt_sigaction(uint64_t signal, uint64_t from, uint64_t old_to, uint64_t size_bytes, uint64_t a4,
                          uint64_t a5)
{
    struct signals *signals = &task_current()->signals;
    struct abi_sigaction action;

    CALL_UNUSED(a4, a5);
    if (size_bytes != sizeof(uint64_t) || (int32_t)signal < 1 || (int32_t)signal > ABI_SIGNAL_MAX) {
        return -EINVAL;
    }
    if (from != 0 && arch_copy_in(&action, uaddr(from), sizeof(action))) {
        return -EFAULT;
    }
    if (from != 0 && (UNSTOPPABLE & SIGNAL_BIT((uint32_t)signal)) != 0) {
        return -EINVAL;
    }
    struct abi_sigaction old = action_of(signals, (uint32_t)signal);

    /* First what can fail: a bad pointer changes nothing. */
    if (old_to != 0 && arch_copy_out(uaddr(old_to), &old, sizeof(old))) {
        return -EFAULT;
    }
    if (from == 0) {
        return 0;
    }
    arch_lock();
    int error = set_action(signals, (uint32_t)signal, &action);

    arch_unlock();
    return error;
}

/* Replace the set of blocked signals; what that lets through is noticed, but for what is ignored. */
static void set_blocked(struct task *task, uint64_t blocked)
{
    struct signals *signals = &task->signals;

    signals->blocked = blocked & ~UNSTOPPABLE;
    for (uint64_t left = signals->pending & ~signals->blocked; left != 0; left &= left - 1) {
        unsigned signal = bits_lowest(left) + 1;
        struct abi_sigaction action = action_of(signals, signal);

        if (is_ignored(&action, signal)) {
            signals->pending &= ~SIGNAL_BIT(signal);
        }
    }
    notice(task);
}

/* What rt_sigprocmask makes of the @old set with @set. Returns 0 or -EINVAL. */
static int combine(uint64_t how, uint64_t old, uint64_t set, uint64_t *combined)
{
    switch ((int32_t)how) {
    case ABI_SIG_BLOCK:
        *combined = old | set;
        return 0;
    case ABI_SIG_UNBLOCK:
        *combined = old & ~set;
        return 0;
    case ABI_SIG_SETMASK:
        *combined = set;
        return 0;
    default:
        return -EINVAL;
    }
}

int64_t call_rt_sigprocmask(uint64_t how, uint64_t from, uint64_t old_to, uint64_t size_bytes, uint64_t a4, uint64_t a5)
{
    struct task *task = task_current();
    uint64_t old = task->signals.blocked, set;

    CALL_UNUSED(a4, a5);
    if (size_bytes != sizeof(set)) {
        return -EINVAL;
    }
    if (from != 0) {
        if (arch_copy_in(&set, uaddr(from), sizeof(set))) {
            return -EFAULT;
        }
        if (combine(how, old, set, &set)) {
            return -EINVAL;
        }
    }
    /* First what can fail: a bad pointer changes nothing. */
    if (old_to != 0 && arch_copy_out(uaddr(old_to), &old, sizeof(old))) {
        return -EFAULT;
    }
    if (from != 0) {
        arch_lock();
        set_blocked(task, set);
        scheduler_unlock();
    }
    return 0;
}

int64_t call_rt_sigpending(uint64_t to, uint64_t size_bytes, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    const struct signals *signals = &task_current()->signals;
    uint64_t set = signals->pending & signals->blocked;

    CALL_UNUSED(a2, a3, a4, a5);
    if (size_bytes > sizeof(set)) {
        return -EINVAL;
    }
    return arch_copy_out(uaddr(to), &set, size_bytes);
}

int64_t call_rt_sigsuspend(uint64_t from, uint64_t size_bytes, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct task *task = task_current();
    uint64_t set;

    CALL_UNUSED(a2, a3, a4, a5);
    if (size_bytes != sizeof(set)) {
        return -EINVAL;
    }
    bool is_new = !task->signals.is_suspended;

    if (is_new && arch_copy_in(&set, uaddr(from), sizeof(set))) {
        return -EFAULT;
    }
    arch_lock();
    if (is_new) {
        task->signals.blocked_before = task->signals.blocked;
        task->signals.is_suspended = true;
        set_blocked(task, set);
    }
    /* Only a handler ends it, and it is never done again. */
    return scheduler_wait(NULL) == CALL_RESTART ? CALL_RESTART : -EINTR;
}
