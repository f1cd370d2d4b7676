/*
 * The console as a file. The line is raw: what is typed comes as it is typed, with no echo; that is the shell's matter.
 */
#include "abi_errno.h"
#include "arch.h"
#include "console.h"
#include "file.h"
#include "scheduler.h"

#include <string.h>

enum { CHUNK_BYTES = 256 };

static struct wait_queue readers = WAIT_QUEUE(readers);

/* Something was typed: called by the console's driver. */
static void wake_readers(void)
{
    scheduler_wake_all(&readers);
}

static int64_t read_console(struct file *file, uaddr_t to, uint64_t size_bytes)
{
    char bytes[CHUNK_BYTES];
    size_t size = console_peek(bytes, size_bytes < sizeof(bytes) ? size_bytes : sizeof(bytes));

    (void)file;
    if (size_bytes == 0) {
        return 0;
    }
    if (size == 0) {
        scheduler_wait(&readers);
        return CALL_RESTART;
    }
    if (arch_copy_out(to, bytes, size)) {
        return -EFAULT;
    }
    console_drop(size);
    return (int64_t)size;
}

static int64_t write_console(struct file *file, uaddr_t from, uint64_t size_bytes)
{
    char bytes[CHUNK_BYTES];
    uint64_t done = 0;

    (void)file;
    while (done < size_bytes) {
        size_t size = size_bytes - done < sizeof(bytes) ? size_bytes - done : sizeof(bytes);

        if (arch_copy_in(bytes, uaddr(from.value + done), size)) {
            return done > 0 ? (int64_t)done : -EFAULT;
        }
        console_put(bytes, size);
        done += size;
    }
    return (int64_t)done;
}

static void describe_console(const struct file *file, struct abi_stat *stat)
{
    (void)file;
    stat->mode = ABI_S_IFCHR | 0620;
    stat->link_count = 1;
    stat->special_device = 5 << 8 | 1; /* what /dev/console is on Linux */
    stat->block_size_bytes = 1024;
}

static const struct file_kind kind = {
    .read = read_console,
    .write = write_console,
    .describe = describe_console,
};

void console_file_init(void)
{
    console_set_receiver(wake_readers);
}

struct file *file_console(void)
{
    static struct file console = { .kind = &kind, .ref_count = 1, .readable = true, .writable = true };

    return &console;
}
