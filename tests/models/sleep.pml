/*
 * Sleep and wake-up of tasks, harts that idle, signals to tasks on other harts, and the console's lock:
 * supervisor/scheduler.c, signals.c, console_file.c.
 *
 * Task 0 reads a pipe of one byte, task 1 fills it or waits for a signal, task 2 reads the console; 1 and 2 send signals
 * to the others. Any hart takes any of them, at any time may make its task go to the end of the queue, and takes the
 * console's interrupt while it is in a program or idles. There are no ticks: nothing that is lost is found again by
 * chance.
 *
 * Properties
 *   - No task runs on two harts, or before the hart that it left has saved its registers (those of floating point too).
 *   - While a hart's idle bit is set, no more tasks are READY than idle harts are on their way to take one.
 *   - Only a hart that idles has its idle bit set, and one that hasn't is on its way.
 *   - Whoever waits has nothing that it waits for: no byte, no room, no line, no signal.
 *   - A task in its program with a signal pending has a hart with an interrupt pending.
 *   - No state from which nothing goes on.
 *
 * Abstracted away: memory order (each step is seen by all at once), order of the queues, timers, ends of tasks.
 *
 * Mistakes that must be found, with -DNAME
 *     CHECK_BEFORE_LOCK         a reader looks into the pipe, then takes the lock and waits
 *     UNLOCKED_BEFORE_SAVED     the lock is released before the waiting task's registers are saved
 *     SAVED_AFTER_IDLE          what of them is saved lazily is saved when the next task comes, after idling
 *     IDLE_BIT_AFTER_UNLOCK     the idle bit is set when the lock was released already
 *     IDLE_BIT_KEPT             a hart that something else woke leaves its bit set
 *     NO_IPI                    whoever makes a task READY sends nothing to the idle hart
 *     IPI_CLEARED_BEFORE_SLEEP  the interrupt is cleared between the look at the queue and the sleep
 *     NO_LOOK_BEFORE_WAIT       a task waits without a look at its signals
 *     NO_LOOK_AT_DISPATCH       a signal that came while the task was READY is not looked at when it runs
 *     NO_SIGNAL_IPI             a signal to a task that runs elsewhere sends nothing to that hart
 *     CONSOLE_UNLOCKED_EARLY    a reader releases the console before it takes the supervisor's lock
 *     LOCK_ORDER_INVERTED       the console's interrupt takes the supervisor's lock first
 */

#ifndef HARTS
#define HARTS 2
#endif
#define TASKS 3

/* States of a task. */
#define READY 0
#define RUNNING 1
#define FOR_BYTE 2
#define FOR_ROOM 3
#define FOR_LINE 4
#define FOR_SIGNAL 5

#define BIT(i) (1 << (i))

/* Locks: console, then supervisor. */
bool locked, console_locked;

byte state[TASKS];
byte registers[TASKS]; /* 0: saved; else 1 + the hart that has them */
bool signalled[TASKS];

bool is_full; /* the pipe */
bool is_typed; /* the device has a line: its interrupt is pending */
bool has_line; /* the terminal has one */

byte idle; /* mask of harts */
bool idles[HARTS]; /* it has found nothing, and not come back with the lock yet */
bool is_awake[HARTS]; /* its sleep is over */
bool ipi[HARTS]; /* pending */
bool in_program[HARTS];

hidden byte i, ready, coming;

inline lock()
{
    atomic {
        !locked;
        locked = true
    }
}

/* What must hold whenever the lock is free. */
inline look()
{
    ready = 0;
    coming = 0;
    for (i : 0 .. TASKS - 1) {
        ready = ready + (state[i] == READY -> 1 : 0);
        assert(state[i] < FOR_BYTE || !signalled[i]);
        if
        :: state[i] == RUNNING && signalled[i] && registers[i] != 0 ->
            assert(!in_program[registers[i] - 1] || ipi[registers[i] - 1])
        :: else -> skip
        fi
    }
    for (i : 0 .. HARTS - 1) {
        coming = coming + (idles[i] && (idle & BIT(i)) == 0 && (ipi[i] || is_awake[i]) -> 1 : 0);
        assert((idle & BIT(i)) == 0 || idles[i]);
        assert(!idles[i] || (idle & BIT(i)) != 0 || ipi[i] || is_awake[i])
    }
    assert(idle == 0 || ready <= coming);
    assert(state[0] != FOR_BYTE || !is_full);
    assert(state[1] != FOR_ROOM || is_full);
    assert(console_locked || !has_line || state[2] != FOR_LINE)
}

inline unlock()
{
    d_step {
        look();
        locked = false
    }
}

inline console_lock()
{
    atomic {
        !console_locked;
        console_locked = true
    }
}

inline console_unlock()
{
    d_step {
        assert(!has_line || state[2] != FOR_LINE);
        console_locked = false
    }
}

/* Lock held: who waited is READY, and one idle hart is told. */
inline make_ready(task)
{
    d_step {
        state[task] = READY;
        if
        :: idle != 0 ->
            i = 0;
            do
            :: (idle & BIT(i)) == 0 -> i++
            :: else -> break
            od;
            idle = idle & ~BIT(i);
#ifndef NO_IPI
            ipi[i] = true;
#endif
            skip
        :: else -> skip
        fi
    }
}

inline wake(task, what)
{
    if
    :: state[task] == what -> make_ready(task)
    :: else -> skip
    fi
}

inline send_signal(task)
{
    signalled[task] = true;
    if
    :: state[task] >= FOR_BYTE -> make_ready(task)
    :: state[task] == RUNNING ->
#ifndef NO_SIGNAL_IPI
        ipi[registers[task] - 1] = true;
#endif
        skip
    :: else -> skip
    fi
}

/* The console's interrupt, in a program or while idling, with no lock held. */
inline console_interrupt()
{
#ifdef LOCK_ORDER_INVERTED
    lock();
    console_lock();
#else
    console_lock();
#endif
    if
    :: is_typed ->
        atomic {
            is_typed = false;
            has_line = true
        };
#ifndef LOCK_ORDER_INVERTED
        lock();
#endif
        wake(2, FOR_LINE);
#ifndef LOCK_ORDER_INVERTED
        unlock();
#endif
        skip
    :: else -> skip
    fi;
#ifdef LOCK_ORDER_INVERTED
    unlock();
#endif
    console_unlock()
}

proctype hart(byte me)
{
    byte task, left; /* left: 1 + the task whose registers are still here */
    byte why;
    bool seen;

    lock();

take_next: /* lock held */
    atomic {
        if
        :: state[0] == READY -> task = 0
        :: state[1] == READY -> task = 1
        :: state[2] == READY -> task = 2
        :: state[0] != READY && state[1] != READY && state[2] != READY -> goto sleep
        fi;
        if
        :: left != 0 -> registers[left - 1] = 0; left = 0
        :: else -> skip
        fi;
        assert(registers[task] == 0);
        registers[task] = me + 1;
        state[task] = RUNNING;
#ifndef NO_LOOK_AT_DISPATCH
        signalled[task] = false;
#endif
        in_program[me] = true
    };
    unlock();

program:
    atomic {
        if
        :: ipi[me] -> ipi[me] = false; in_program[me] = false; goto interrupted
        :: is_typed -> in_program[me] = false; goto typed
        :: in_program[me] = false; goto yield
        :: task == 0 -> in_program[me] = false; goto read
        :: task == 1 -> in_program[me] = false; goto write
        :: task == 1 -> in_program[me] = false; goto pause
        :: task != 0 && !signalled[0] -> in_program[me] = false; why = 0; goto kill
        :: task == 2 && !signalled[1] -> in_program[me] = false; why = 1; goto kill
        :: task == 1 && !signalled[2] -> in_program[me] = false; why = 2; goto kill
        :: task == 2 -> in_program[me] = false; goto read_console
        fi
    };

interrupted:
    lock();
    atomic {
        signalled[task] = false;
        goto back
    };

typed:
    console_interrupt();
    atomic {
        in_program[me] = true;
        goto program
    };

yield:
    lock();
    atomic {
        state[task] = READY;
        goto save
    };

read:
    seen = is_full;
    lock();
#ifndef CHECK_BEFORE_LOCK
    seen = is_full;
#endif
    atomic {
        if
        :: !seen -> seen = false; why = FOR_BYTE; goto wait
        :: else -> seen = false
        fi;
        is_full = false;
        wake(1, FOR_ROOM);
        goto back
    };

write:
    lock();
    atomic {
        if
        :: is_full -> why = FOR_ROOM; goto wait
        :: else -> is_full = true
        fi;
        wake(0, FOR_BYTE);
        goto back
    };

pause:
    lock();
    atomic {
        why = FOR_SIGNAL;
        goto wait
    };

kill:
    lock();
    atomic {
        send_signal(why);
        goto back
    };

read_console:
    console_lock();
    atomic {
        if
        :: has_line -> has_line = false
        :: else -> goto no_line
        fi
    };
    console_unlock();
    atomic {
        in_program[me] = true;
        goto program
    };

no_line:
#ifdef CONSOLE_UNLOCKED_EARLY
    console_unlock();
    lock();
#else
    lock();
#endif
    atomic {
        why = FOR_LINE;
        goto wait
    };

back: /* lock held: to the program again */
    atomic {
        why = 0;
        in_program[me] = true
    };
    unlock();
    goto program;

wait: /* lock held, and for FOR_LINE the console's */
    atomic {
#ifndef NO_LOOK_BEFORE_WAIT
        if
        :: signalled[task] -> signalled[task] = false
        :: else -> state[task] = why
        fi;
#else
        state[task] = why;
#endif
        seen = (why == FOR_LINE);
        why = 0
    };
    if
    :: seen ->
#ifndef CONSOLE_UNLOCKED_EARLY
        console_unlock();
#endif
        seen = false
    :: else -> skip
    fi;
    if
    :: state[task] == RUNNING -> goto back
    :: else -> skip
    fi;

save: /* lock held: the task leaves the hart */
#ifdef UNLOCKED_BEFORE_SAVED
    unlock();
    registers[task] = 0;
    lock();
#else
#ifdef SAVED_AFTER_IDLE
    left = task + 1;
#else
    registers[task] = 0;
#endif
#endif
    goto take_next;

sleep: /* lock held, nothing is READY */
    atomic {
        task = 0;
        idles[me] = true;
#ifndef IDLE_BIT_AFTER_UNLOCK
        idle = idle | BIT(me);
#endif
        skip
    };
    unlock();
#ifdef IDLE_BIT_AFTER_UNLOCK
    idle = idle | BIT(me);
#endif
#ifdef IPI_CLEARED_BEFORE_SLEEP
    ipi[me] = false;
#endif
    atomic {
        ipi[me] || is_typed; /* wfi */
        is_awake[me] = true;
        ipi[me] = false
    };
    if
    :: is_typed -> console_interrupt()
    :: else -> skip
    fi;
    atomic {
        !locked;
        locked = true;
#ifndef IDLE_BIT_KEPT
        idle = idle & ~BIT(me);
#endif
        idles[me] = false;
        is_awake[me] = false;
        goto take_next
    }
}

active proctype keyboard()
{
end:
    do
    :: atomic { !is_typed && !has_line -> is_typed = true }
    od
}

init
{
    byte h;

    atomic {
        for (h : 0 .. HARTS - 1) {
            run hart(h)
        }
    }
}
