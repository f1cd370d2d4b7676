/*
 * The console's line discipline on the machine: bytes from the driver, bytes to it, signals to the foreground group,
 * and tasks that wait for a line.
 *
 *     console_receive() --interrupt--> take_typed() -> terminal -> readers
 *
 * Bytes for which the terminal has no room stay in the driver's ring, which then stops the line: nothing is lost.
 */
#include "console_file.h"

#include "abi_errno.h"
#include "arch.h"
#include "console.h"
#include "cpu.h"
#include "frame.h"
#include "scheduler.h"
#include "signals.h"
#include "task.h"
#include "terminal.h"

#include <string.h>

enum { CHUNK_BYTES = 256, WRITE_BYTES_MAX = 512, TENTH_NANOSECONDS = 100000000, DEFAULT_ROWS = 24 };

#define DEFAULT_COLUMNS 80
#define FIRST_GROUP 1 /* init's: before a shell says otherwise */

static struct {
    struct terminal terminal;
    struct abi_winsize size;
    struct wait_queue readers;
    int32_t foreground; /* the process group that reads, and that keys send signals to */
    uint64_t typed_ticks; /* when the last byte came */
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
    if (console.terminal.ready != ready) {
        scheduler_wake_all(&console.readers);
    }
}

static void signal_foreground(unsigned signal)
{
    (void)signals_send_group(console.foreground, signal);
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

    scheduler_interrupt(task);
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

static int64_t give(uaddr_t to, uint64_t size_bytes)
{
    char bytes[CHUNK_BYTES];
    int64_t size = terminal_peek(&console.terminal, bytes, size_bytes < sizeof(bytes) ? size_bytes : sizeof(bytes));

    if (size < 0) {
        return 0; /* nothing, and the time is over */
    }
    if (arch_copy_out(to, bytes, (size_t)size)) {
        return -EFAULT;
    }
    terminal_drop(&console.terminal, (size_t)size);
    take_typed();
    return size;
}

static int64_t read_console(struct file *file, uaddr_t to, uint64_t size_bytes)
{
    struct task *task = task_current();
    uint64_t deadline;

    if (task->group != console.foreground) {
        return -EIO;
    }
    if (size_bytes == 0) {
        return 0;
    }
    if (is_read_complete(task, size_bytes, &deadline)) {
        task->deadline_ticks = 0;
        return give(to, size_bytes);
    }
    if ((file->flags & ABI_O_NONBLOCK) != 0) {
        return -EAGAIN;
    }
    task->deadline_ticks = deadline;
    if (deadline != 0) {
        timer_arm(&task->timer, deadline, wake_reader);
    }
    return scheduler_wait(&console.readers);
}

static int64_t write_console(struct file *file, uaddr_t from, uint64_t size_bytes)
{
    char bytes[WRITE_BYTES_MAX];
    size_t size = size_bytes < sizeof(bytes) ? size_bytes : sizeof(bytes);

    (void)file;
    if (arch_copy_in(bytes, from, size)) {
        return -EFAULT;
    }
    terminal_write(&console.terminal, bytes, size);
    return (int64_t)size;
}

static int64_t set_settings(uint64_t from, uint32_t request)
{
    struct abi_termios settings;

    if (arch_copy_in(&settings, uaddr(from), sizeof(settings))) {
        return -EFAULT;
    }
    if (request == ABI_TCSETSF) {
        terminal_flush_input(&console.terminal);
    }
    terminal_set(&console.terminal, &settings);
    /* Lines that were being typed may be readable now, and there may be room. */
    scheduler_wake_all(&console.readers);
    take_typed();
    return 0;
}

static int64_t set_size(uint64_t from)
{
    struct abi_winsize size;

    if (arch_copy_in(&size, uaddr(from), sizeof(size))) {
        return -EFAULT;
    }
    console.size = size;
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
    if (!task_group_exists(group)) {
        return -ESRCH;
    }
    console.foreground = group;
    scheduler_wake_all(&console.readers);
    return 0;
}

static int64_t flush(uint64_t which)
{
    /* TCIFLUSH, TCOFLUSH, TCIOFLUSH: output is on the line when a write returns. */
    if (which > 2) {
        return -EINVAL;
    }
    if (which != 1) {
        terminal_flush_input(&console.terminal);
        take_typed();
    }
    return 0;
}

static int64_t control_console(struct file *file, uint32_t request, uint64_t argument)
{
    int32_t readable = (int32_t)terminal_readable(&console.terminal);

    (void)file;
    switch (request) {
    case ABI_TCGETS:
        return arch_copy_out(uaddr(argument), &console.terminal.settings, sizeof(console.terminal.settings));
    case ABI_TCSETS:
    case ABI_TCSETSW:
    case ABI_TCSETSF:
        return set_settings(argument, request);
    case ABI_TCSBRK:
        return 0;
    case ABI_TCFLSH:
        return flush(argument);
    case ABI_TIOCGWINSZ:
        return arch_copy_out(uaddr(argument), &console.size, sizeof(console.size));
    case ABI_TIOCSWINSZ:
        return set_size(argument);
    case ABI_TIOCGPGRP:
        return arch_copy_out(uaddr(argument), &console.foreground, sizeof(console.foreground));
    case ABI_TIOCSPGRP:
        return set_foreground(argument);
    case ABI_FIONREAD:
        return arch_copy_out(uaddr(argument), &readable, sizeof(readable));
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
    int error = frame_alloc(FRAME_SUPERVISOR, &frame);

    if (error) {
        return error;
    }
    console.size = (struct abi_winsize){ .rows = DEFAULT_ROWS, .columns = DEFAULT_COLUMNS };
    terminal_init(&console.terminal, arch_direct(frame), console_write, signal_foreground);
    return 0;
}

void console_file_listen(void)
{
    console_set_receiver(take_typed);
}

struct file *console_file_open(struct place place, uint32_t flags)
{
    return file_create(&kind, place, flags);
}
