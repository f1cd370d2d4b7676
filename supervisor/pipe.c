/*
 * Pipes.
 *
 * The bytes in [taken, written) are in a ring of frames, byte n in frame n / 4096 modulo their number. A frame is made
 * by the first byte that goes into it and given back with its last one; but who takes the last byte of all leaves the
 * pipe one frame, and counting starts anew at its beginning, so that a pipe that carries small messages back and forth
 * allocates nothing.
 *
 *     reader waits while the pipe is empty and has a writer; writer waits while there is no room and there is a reader
 *
 * Invariants
 *   pipe-frames   frames are held for the pages of [taken, written), and for page 0 while both are 0 once it was written
 *   pipe-ends     has_reader and has_writer say which end's file is open; the pipe goes with the second one
 */
#include "pipe.h"

#include "abi_errno.h"
#include "arch.h"
#include "frame.h"
#include "pool.h"
#include "scheduler.h"
#include "task.h"

#define FRAMES (PIPE_BYTES / (uint32_t)PAGE_SIZE)

struct pipe {
    paddr_t frames[FRAMES]; /* value 0: none */
    uint64_t taken;
    uint64_t written;
    struct wait_queue readers;
    struct wait_queue writers;
    uint32_t number; /* what fstat() tells them apart by */
    bool has_reader;
    bool has_writer;
};

static struct pool pool = POOL("pipe", struct pipe);
static uint32_t last_number;

static uint64_t used(const struct pipe *pipe)
{
    return pipe->written - pipe->taken;
}

static paddr_t *frame_at(struct pipe *pipe, uint64_t byte)
{
    return &pipe->frames[byte / PAGE_SIZE % FRAMES];
}

static void free_frame(paddr_t *frame)
{
    frame_put(*frame);
    *frame = paddr(0);
}

static inline void wake(struct wait_queue *queue)
{
    if (!list_is_empty(&queue->tasks)) {
        scheduler_wake_all(queue);
    }
}

/* How many of @size bytes at @byte lie in its frame. */
static uint64_t in_frame(uint64_t byte, uint64_t size)
{
    uint64_t room = PAGE_SIZE - (byte & PAGE_MASK);

    return size < room ? size : room;
}

/* The pipe is empty: start anew with the frame that is left, if there is one. */
static void start_anew(struct pipe *pipe)
{
    paddr_t *last = frame_at(pipe, pipe->written);
    paddr_t kept = *last;

    *last = paddr(0);
    pipe->frames[0] = kept;
    pipe->taken = 0;
    pipe->written = 0;
}

/* Bytes up to @taken have been read. */
static void advance(struct pipe *pipe, uint64_t size)
{
    paddr_t *frame = frame_at(pipe, pipe->taken);

    pipe->taken += size;
    if ((pipe->taken & PAGE_MASK) == 0) {
        free_frame(frame);
    }
    if (pipe->taken == pipe->written) {
        start_anew(pipe);
    }
}

/* There is nothing to read, or nothing to be read. Out of line, so that who finds bytes saves no register for it. */
__attribute__((noinline)) static int64_t read_nothing(struct file *file, uint64_t size_bytes)
{
    struct pipe *pipe = file->pipe;

    if (size_bytes == 0 || !pipe->has_writer) {
        return 0;
    }
    return (file->flags & ABI_O_NONBLOCK) != 0 ? -EAGAIN : scheduler_wait(&pipe->readers);
}

static int64_t read_pipe(struct file *file, uaddr_t to, uint64_t size_bytes)
{
    struct pipe *pipe = file->pipe;
    uint64_t left = size_bytes < used(pipe) ? size_bytes : used(pipe), done = 0;

    if (left == 0) {
        return read_nothing(file, size_bytes);
    }
    do {
        uint64_t part = in_frame(pipe->taken, left - done);
        const char *from = (const char *)arch_direct(*frame_at(pipe, pipe->taken)) + (pipe->taken & PAGE_MASK);

        if (arch_copy_out(uaddr(to.value + done), from, part)) {
            break;
        }
        advance(pipe, part);
        done += part;
    } while (done < left);
    wake(&pipe->writers);
    return done > 0 ? (int64_t)done : -EFAULT;
}

/* Append up to @size bytes; there is room for them. Returns how many, or a negative errno when it is none. */
static int64_t fill(struct pipe *pipe, uaddr_t from, uint64_t size)
{
    uint64_t done = 0;
    int error = 0;

    while (done < size) {
        paddr_t *frame = frame_at(pipe, pipe->written);
        uint64_t offset = pipe->written & PAGE_MASK, part = in_frame(pipe->written, size - done);

        if (frame->value == 0) {
            error = frame_alloc(FRAME_SUPERVISOR, frame);
            if (error) {
                break;
            }
        }
        error = arch_copy_in((char *)arch_direct(*frame) + offset, uaddr(from.value + done), part);
        if (error) {
            /* A frame that got nothing is not kept, but the one that an empty pipe may have. */
            if (offset == 0 && pipe->written != 0) {
                free_frame(frame);
            }
            break;
        }
        pipe->written += part;
        done += part;
    }
    return done > 0 ? (int64_t)done : error;
}

/* There is no room, or nobody to read: out of line, as above. */
__attribute__((noinline)) static int64_t write_nothing(struct file *file)
{
    if (!file->pipe->has_reader) {
        signals_send(task_current(), ABI_SIGPIPE);
        return -EPIPE;
    }
    return (file->flags & ABI_O_NONBLOCK) != 0 ? -EAGAIN : scheduler_wait(&file->pipe->writers);
}

static int64_t write_pipe(struct file *file, uaddr_t from, uint64_t size_bytes)
{
    struct pipe *pipe = file->pipe;
    /* A frame is never shared by what is written last and what is read first, unless it is one and the same. */
    uint64_t room = PIPE_BYTES - used(pipe) - (pipe->taken & PAGE_MASK);
    uint64_t least = size_bytes <= PIPE_ATOMIC_BYTES ? size_bytes : 1;

    if (!pipe->has_reader || room < least) {
        return size_bytes == 0 ? 0 : write_nothing(file);
    }
    int64_t result = fill(pipe, from, size_bytes < room ? size_bytes : room);

    wake(&pipe->readers);
    return result;
}

static void close_end(struct file *file)
{
    struct pipe *pipe = file->pipe;

    pipe->has_reader &= file->writable;
    pipe->has_writer &= file->readable;
    scheduler_wake_all(&pipe->readers);
    scheduler_wake_all(&pipe->writers);
    if (pipe->has_reader || pipe->has_writer) {
        return;
    }
    for (uint32_t i = 0; i < FRAMES; i++) {
        if (pipe->frames[i].value != 0) {
            frame_put(pipe->frames[i]);
        }
    }
    pool_free(&pool, pipe);
}

static void describe_pipe(const struct file *file, struct abi_stat *stat)
{
    stat->inode = file->pipe->number;
    stat->mode = ABI_S_IFIFO | 0600;
    stat->link_count = 1;
    stat->block_size_bytes = (int32_t)PAGE_SIZE;
}

static int64_t control_pipe(struct file *file, uint32_t request, uint64_t argument)
{
    int32_t readable = (int32_t)used(file->pipe);

    return request == ABI_FIONREAD ? arch_copy_out(uaddr(argument), &readable, sizeof(readable)) : -ENOTTY;
}

static const struct file_kind kind = {
    .read = read_pipe,
    .write = write_pipe,
    .describe = describe_pipe,
    .control = control_pipe,
    .close = close_end,
};

int pipe_create(uint32_t flags, struct file **read_end, struct file **write_end)
{
    const struct place nowhere = { 0 };
    struct pipe *pipe = pool_alloc(&pool);

    if (pipe == NULL) {
        return -ENOMEM;
    }
    struct file *reader = file_create(&kind, nowhere, flags | ABI_O_RDONLY);
    struct file *writer = reader == NULL ? NULL : file_create(&kind, nowhere, flags | ABI_O_WRONLY);

    *pipe = (struct pipe){ .number = ++last_number, .has_reader = true, .has_writer = true };
    list_init(&pipe->readers.tasks);
    list_init(&pipe->writers.tasks);
    if (writer == NULL) {
        if (reader != NULL) {
            pipe->has_writer = false;
            reader->pipe = pipe;
            file_put(reader);
        } else {
            pool_free(&pool, pipe);
        }
        return -ENOMEM;
    }
    reader->pipe = pipe;
    writer->pipe = pipe;
    *read_end = reader;
    *write_end = writer;
    return 0;
}
