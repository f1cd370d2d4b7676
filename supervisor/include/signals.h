#pragma once

#include "abi_types.h"
#include "types.h"

struct task;

/*
 * Signals: what tasks and the console send each other, with Linux's numbers and meaning; there is no stopped state.
 *
 * A signal whose action is to end the task does so at once, whatever the task is doing. One that is to be handled
 * waits in `pending` until the task is about to go on in U-mode, and cuts short a call that waits (EINTR, or with
 * SA_RESTART the call is done again after the handler).
 */
struct signal_actions;

struct signals {
    /* Bit n - 1 stands for signal n. */
    uint64_t pending;
    uint64_t blocked;
    uint64_t ignored; /* set to SIG_IGN; signals that are ignored by default are not in it */
    uint64_t blocked_before; /* while is_suspended: the set that rt_sigsuspend puts back */
    struct signal_actions *actions; /* of signals with handlers; NULL: none has ever been set */
    bool is_suspended;
};

/* What a new task starts with: nothing pending, no handlers; @from's (if not NULL) blocked and ignored ones. */
void signals_init(struct signals *signals, const struct signals *from);

/* Replace the set of blocked signals of a task that has nothing pending. */
void signals_block(struct signals *signals, uint64_t blocked);

/* Let such a task ignore these too. */
void signals_ignore(struct signals *signals, uint64_t ignored);

/* For the auditor: signal-kill. */
bool signals_let_kill_through(const struct signals *signals);

/* Let a task that was so made have @from's handlers too. Returns 0 or -ENOMEM. */
int signals_copy_actions(struct signals *signals, const struct signals *from);

/* Give back the actions. Called before execve too: what was handled is at its default afterwards. */
void signals_forget_actions(struct signals *signals);

/* A signal that the task would notice now: its pending calls end instead of waiting. */
static inline bool signals_deliverable(const struct signals *signals)
{
    return (signals->pending & ~signals->blocked) != 0;
}

/* Send @signal (1 to ABI_SIGNAL_MAX) to @task; init and ended tasks take none. @task may have ended afterwards. */
void signals_send(struct task *task, unsigned signal);

/* The same to every task of a process group. Returns how many there are, init not counted. */
uint32_t signals_send_group(int32_t group, unsigned signal);

/* Whether a signal that the task would notice now ends it. */
bool signals_end_it(const struct task *task);

/*
 * @task is about to run on this hart: its address space is entered, its registers are in its frame. Start the handlers of what is
 * deliverable, on its stack; where there is no room on it, it ends by SIGSEGV.
 */
void signals_deliver_relock(struct task *task);

/* Undo what signals_deliver_relock() did, from the frame at the task's stack pointer: rt_sigreturn. Bad ones end the task. */
void signals_return_relock(struct task *task);

/* A signal whose default action would stop a task: there is no such state. */
bool signals_would_stop(uint64_t signal);
