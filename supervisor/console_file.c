/*
 * The console's line discipline on the machine: bytes from the driver, bytes to it, signals to the foreground group,
 * and tasks that wait for a line.
 *
 *     console_receive() --interrupt--> take_typed() -> terminal -> readers
 *
 * Bytes for which the terminal has no room stay in the driver's ring, which then stops the line: nothing is lost.
 *
 * Locking: the terminal's lock, under which bytes are echoed and printed; so it can't be taken while the supervisor's is
 * held, and what keys and bytes mean for tasks is noted first, and done by tell_tasks() when it has been released. Who
 * finds nothing to read takes the supervisor's lock before it lets go of the terminal's: bytes that come afterwards
 * find it in the queue.
 */
#include "console_file.h"

#include "abi_errno.h"
#include "arch.h"
#include "bits.h"
#include "console.h"
#include "cpu.h"
#include "scheduler.h"
#include "signals.h"
#include "start.h"
#include "task.h"
#include "terminal.h"

#include <string.h>

enum {
    CHUNK_BYTES = 256,
    WRITE_BYTES_MAX = 512,
    TENTH_NANOSECONDS = 100000000,
    BACKGROUND_NANOSECONDS = 200000000,
    DEFAULT_ROWS = 24
};

#define DEFAULT_COLUMNS 80
#define FIRST_GROUP 1 /* init's: before a shell says otherwise */

static struct lock lock = LOCK(LOCK_TERMINAL);

static struct {
    /* Under the terminal's lock. */
    struct terminal terminal;
    struct abi_winsize size;
    int32_t foreground; /* the process group that reads, and that keys send signals to */
    uint64_t typed_ticks; /* when the last byte came */
    uint64_t signals; /* that keys have sent, and the group does not know of yet: bit n - 1 for n */
    bool has_news; /* readers are to look again */
    /* Under the supervisor's lock. */
    struct wait_queue readers;
} console = { .readers = WAIT_QUEUE(console.readers), .foreground = FIRST_GROUP };

static_assert(TERMINAL_ENTRIES * sizeof(uint16_t) <= PAGE_SIZE, "one frame holds what was typed");

/* Move what the driver has into the terminal, as far as there is room. */
static void take_typed(void)
{
    uint32_t ready = console.terminal.ready;
    char byte;

    while (terminal_has_room(&console.terminal) && console_peek(&byte, 1) == 1) {
        console_drop(1);
        terminal_receive(&console.terminal, byte);
        console.typed_ticks = cpu_time();
    }
    console.has_news |= console.terminal.ready != ready;
}

static void signal_foreground(unsigned signal)
{
    console.signals |= 1ull << (signal - 1);
}

static void take_from_driver(void)
{
    lock_acquire(&lock);
    take_typed();
    lock_release(&lock);
}

void console_file_tell_tasks(void)
{
    lock_acquire(&lock);
    uint64_t signals = console.signals;
    bool has_news = console.has_news;
    int32_t foreground = console.foreground;

    console.signals = 0;
    console.has_news = false;
    lock_release(&lock);
    if (signals == 0 && !has_news) {
        return;
    }
    arch_lock();
    for (; signals != 0; signals &= signals - 1) {
        (void)signals_send_group(foreground, bits_lowest(signals) + 1);
    }
    if (has_news) {
        scheduler_wake_all(&console.readers);
    }
    scheduler_unlock();
}

/*
 * When a read with @available bytes is to give what there is, of the clock: 0 when only more bytes end it. VMIN and
 * VTIME are of the raw mode (POSIX, General Terminal Interface).
 */
static uint64_t read_deadline(const struct task *task, uint32_t available)
{
    const uint8_t *characters = console.terminal.settings.characters;
    uint64_t span = timer_ticks(0, (uint64_t)characters[ABI_VTIME] * TENTH_NANOSECONDS);

    if (span == 0) {
        return 0;
    }
    if (characters[ABI_VMIN] == 0) {
        return task->deadline_ticks != 0 ? task->deadline_ticks : timer_deadline(span);
    }
    return available > 0 ? console.typed_ticks + span : 0;
}

static bool is_canonical(void)
{
    return (console.terminal.settings.local & ABI_ICANON) != 0;
}

static void wake_reader(struct timer *timer)
{
    struct task *task = CONTAINER_OF(timer, struct task, timer);

    /* Bytes may have woken it already, while the deadline was still ahead. */
    if (task->state == TASK_WAITING) {
        scheduler_interrupt(task);
    }
}

/* A read begins, or is done again: what it waits for, and how long, is found out anew. */
static void forget_timer(struct task *task)
{
    if (task->timer.armed) {
        arch_lock();
        timer_cancel(&task->timer);
        arch_unlock();
    }
}

/*
 * When a read of a group that is not the foreground one is to fail. Not at once: a job may read, on another hart, before
 * its shell has put it into the foreground. Where Linux would stop the task, it is an error then.
 */
static uint64_t background_deadline(const struct task *task)
{
    return task->deadline_ticks != 0 ? task->deadline_ticks : timer_deadline(timer_ticks(0, BACKGROUND_NANOSECONDS));
}

/* Whether a read of @size_bytes is to give what there is; else when it is to be asked again at the latest, or 0. */
static bool is_read_complete(struct task *task, uint64_t size_bytes, uint64_t *deadline)
{
    uint8_t least = console.terminal.settings.characters[ABI_VMIN];
    uint32_t available = terminal_readable(&console.terminal);

    *deadline = 0;
    if (is_canonical()) {
        return console.terminal.taken != console.terminal.ready;
    }
    if (available >= size_bytes || (available >= least && available > 0)) {
        return true;
    }
    *deadline = read_deadline(task, available);
    return *deadline == 0 ? least == 0 : cpu_time() >= *deadline;
}

/*
 * Give what there is, with the terminal's lock, which is dropped while it is copied: what another reader has taken
 * meanwhile is not given twice. Releases the lock.
 */
static int64_t give_unlock(uaddr_t to, uint64_t size_bytes)
{
    char bytes[CHUNK_BYTES];
    int64_t size;
    uint32_t taken;
    int error;

    do {
        taken = console.terminal.taken;
        size = terminal_peek(&console.terminal, bytes, size_bytes < sizeof(bytes) ? size_bytes : sizeof(bytes));
        lock_release(&lock);
        if (size < 0) {
            return 0; /* nothing, and the time is over */
        }
        error = arch_copy_out(to, bytes, (size_t)size);
        lock_acquire(&lock);
    } while (error == 0 && console.terminal.taken != taken);
    if (error == 0) {
        terminal_drop(&console.terminal, (size_t)size);
        take_typed();
    }
    lock_release(&lock);
    return error ? error : size;
}

/* Nothing to read: wait for it, with the terminal's lock, which is released. */
static int64_t wait_unlock(struct task *task, uint64_t deadline)
{
    arch_lock();
    task->deadline_ticks = deadline;
    if (deadline != 0) {
        timer_arm(&task->timer, deadline, wake_reader);
    }
    int64_t result = scheduler_wait(&console.readers);

    lock_release(&lock);
    return result;
}

static int64_t read_console(struct file *file, uaddr_t to, uint64_t size_bytes)
{
    struct task *task = task_current();
    uint64_t deadline;

    forget_timer(task);
    lock_acquire(&lock);
    bool is_foreground = task->group == console.foreground;

    if (!is_foreground && (file->flags & ABI_O_NONBLOCK) == 0) {
        deadline = background_deadline(task);
        if (cpu_time() < deadline) {
            return wait_unlock(task, deadline);
        }
        task->deadline_ticks = 0;
    }

    if (is_foreground && size_bytes > 0 && is_read_complete(task, size_bytes, &deadline)) {
        task->deadline_ticks = 0;
        int64_t size = give_unlock(to, size_bytes);

        console_file_tell_tasks();
        return size;
    }
    if (is_foreground && size_bytes > 0 && (file->flags & ABI_O_NONBLOCK) == 0) {
        return wait_unlock(task, deadline);
    }
    lock_release(&lock);
    return !is_foreground ? -EIO : size_bytes == 0 ? 0 : -EAGAIN;
}

static int64_t write_console(struct file *file, uaddr_t from, uint64_t size_bytes)
{
    char bytes[WRITE_BYTES_MAX];
    size_t size = size_bytes < sizeof(bytes) ? size_bytes : sizeof(bytes);

    (void)file;
    if (arch_copy_in(bytes, from, size)) {
        return -EFAULT;
    }
    lock_acquire(&lock);
    terminal_write(&console.terminal, bytes, size);
    lock_release(&lock);
    return (int64_t)size;
}

static int64_t set_settings(uint64_t from, uint32_t request)
{
    struct abi_termios settings;

    if (arch_copy_in(&settings, uaddr(from), sizeof(settings))) {
        return -EFAULT;
    }
    lock_acquire(&lock);
    if (request == ABI_TCSETSF) {
        terminal_flush_input(&console.terminal);
    }
    terminal_set(&console.terminal, &settings);
    /* Lines that were being typed may be readable now, and there may be room. */
    console.has_news = true;
    take_typed();
    lock_release(&lock);
    console_file_tell_tasks();
    return 0;
}

static int64_t set_size(uint64_t from)
{
    struct abi_winsize size;

    if (arch_copy_in(&size, uaddr(from), sizeof(size))) {
        return -EFAULT;
    }
    lock_acquire(&lock);
    console.size = size;
    lock_release(&lock);
    return 0;
}

static int64_t set_foreground(uint64_t from)
{
    int32_t group;

    if (arch_copy_in(&group, uaddr(from), sizeof(group))) {
        return -EFAULT;
    }
    if (group < 0) {
        return -EINVAL;
    }
    arch_lock();
    bool exists = task_group_exists(group);

    arch_unlock();
    if (!exists) {
        return -ESRCH;
    }
    lock_acquire(&lock);
    console.foreground = group;
    console.has_news = true;
    lock_release(&lock);
    console_file_tell_tasks();
    return 0;
}

static int64_t flush(uint64_t which)
{
    /* TCIFLUSH, TCOFLUSH, TCIOFLUSH: output is on the line when a write returns. */
    if (which > 2) {
        return -EINVAL;
    }
    if (which != 1) {
        lock_acquire(&lock);
        terminal_flush_input(&console.terminal);
        take_typed();
        lock_release(&lock);
        console_file_tell_tasks();
    }
    return 0;
}

/* What the requests that ask for something ask for, all as it was at one moment. */
struct answers {
    struct abi_termios settings;
    struct abi_winsize size;
    int32_t foreground;
    int32_t readable;
};

static struct answers answers(void)
{
    lock_acquire(&lock);
    struct answers now = { console.terminal.settings, console.size, console.foreground,
                           (int32_t)terminal_readable(&console.terminal) };

    lock_release(&lock);
    return now;
}

static int64_t control_console(struct file *file, uint32_t request, uint64_t argument)
{
    struct answers now = answers();

    (void)file;
    switch (request) {
    case ABI_TCGETS:
        return arch_copy_out(uaddr(argument), &now.settings, sizeof(now.settings));
    case ABI_TCSETS:
    case ABI_TCSETSW:
    case ABI_TCSETSF:
        return set_settings(argument, request);
    case ABI_TCSBRK:
        return 0;
    case ABI_TCFLSH:
        return flush(argument);
    case ABI_TIOCGWINSZ:
        return arch_copy_out(uaddr(argument), &now.size, sizeof(now.size));
    case ABI_TIOCSWINSZ:
        return set_size(argument);
    case ABI_TIOCGPGRP:
        return arch_copy_out(uaddr(argument), &now.foreground, sizeof(now.foreground));
    case ABI_TIOCSPGRP:
        return set_foreground(argument);
    case ABI_FIONREAD:
        return arch_copy_out(uaddr(argument), &now.readable, sizeof(now.readable));
    default:
        return -ENOTTY;
    }
}

static const struct file_kind kind = {
    .read = read_console,
    .write = write_console,
    .control = control_console,
};

int console_file_init(void)
{
    paddr_t frame;
    int error = start_take_frame_relock(&frame);

    if (error) {
        return error;
    }
    console.size = (struct abi_winsize){ .rows = DEFAULT_ROWS, .columns = DEFAULT_COLUMNS };
    terminal_init(&console.terminal, arch_direct(frame), console_write, signal_foreground);
    return 0;
}

void console_file_listen(void)
{
    console_set_receiver(take_from_driver);
}

struct file *console_file_open(struct place place, uint32_t flags)
{
    return file_create(&kind, place, flags);
}
