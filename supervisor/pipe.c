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
 * Bytes are copied between the ring and a user while the lock is dropped: one reader and one writer do so at a time, as
 * `is_being_read` and `is_being_written` say, and others come again. What is being copied is not freed, reused or moved.
 *
 * Invariants
 *   pipe-frames   frames are held for the pages of [taken, written), for the page that is being written, and for page 0
 *                 while both are 0 once it was written
 *   pipe-ends     has_reader and has_writer say which end's file is open; the pipe goes with the second one
 */
#include "pipe.h"

#include "abi_errno.h"
#include "arch.h"
#include "audit.h"
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
    bool is_being_read;
    bool is_being_written;
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
    pipe->taken += size;
    if ((pipe->taken & PAGE_MASK) == 0) {
        free_frame(frame_at(pipe, pipe->taken - 1));
    }
    if (pipe->taken == pipe->written && !pipe->is_being_written) {
        start_anew(pipe);
    }
}

/*
 * What is rare is out of line, so that who finds bytes or room saves few registers; these end the call with its lock.
 */

/* There is nothing to read, or nothing to be read. */
__attribute__((noinline)) static int64_t read_nothing_unlock(struct file *file, uint64_t size_bytes)
{
    struct pipe *pipe = file->pipe;
    int64_t result;

    if (pipe->is_being_read) {
        return scheduler_again(); /* others have their turn first */
    }
    if (size_bytes == 0 || !pipe->has_writer) {
        result = 0;
    } else {
        result = (file->flags & ABI_O_NONBLOCK) != 0 ? -EAGAIN : scheduler_wait(&pipe->readers);
    }
    scheduler_unlock();
    return result;
}

/* The bytes at @taken, @size of them in one frame, go to the user. Returns 0 or -EFAULT. */
static inline int drain_part_relock(struct pipe *pipe, uaddr_t to, uint64_t size)
{
    const char *from = (const char *)arch_direct(*frame_at(pipe, pipe->taken)) + (pipe->taken & PAGE_MASK);

    arch_unlock();
    int error = arch_copy_out(to, from, size);

    arch_lock();
    if (error == 0) {
        advance(pipe, size);
    }
    return error;
}

/* Take @size bytes, from more than one frame. Returns how many were taken, or -EFAULT when it is none. */
__attribute__((noinline)) static int64_t drain_relock(struct pipe *pipe, uaddr_t to, uint64_t size)
{
    uint64_t done = 0;
    int error = 0;

    while (done < size && error == 0) {
        uint64_t part = in_frame(pipe->taken, size - done);

        error = drain_part_relock(pipe, uaddr(to.value + done), part);
        done += error ? 0 : part;
    }
    return done > 0 ? (int64_t)done : -EFAULT;
}

static int64_t read_pipe(struct file *file, uaddr_t to, uint64_t size_bytes)
{
    struct pipe *pipe = file->pipe;

    arch_lock();
    uint64_t size = size_bytes < used(pipe) ? size_bytes : used(pipe);

    if (size == 0 || pipe->is_being_read) {
        return read_nothing_unlock(file, size_bytes);
    }
    int64_t result = (int64_t)size;

    pipe->is_being_read = true;
    if (size > in_frame(pipe->taken, size)) {
        result = drain_relock(pipe, to, size);
    } else if (drain_part_relock(pipe, to, size)) {
        result = -EFAULT;
    }
    pipe->is_being_read = false;
    wake(&pipe->writers);
    arch_unlock();
    return result;
}

/* Put @size bytes of the user's behind those that are there, all into one frame. Returns 0 or a negative errno. */
static inline int fill_part_relock(struct pipe *pipe, uaddr_t from, uint64_t size)
{
    paddr_t *frame = frame_at(pipe, pipe->written);
    uint64_t offset = pipe->written & PAGE_MASK;

    if (frame->value == 0) {
        int error = frame_alloc(FRAME_SUPERVISOR, task_current()->account, frame);

        if (error) {
            return error;
        }
    }
    arch_unlock();
    int error = arch_copy_in((char *)arch_direct(*frame) + offset, from, size);

    arch_lock();
    if (error == 0) {
        pipe->written += size;
    } else if (offset == 0 && pipe->written != 0) {
        free_frame(frame); /* one that got nothing is not kept, but the one that an empty pipe may have */
    }
    return error;
}

/* Append up to @size bytes; there is room for them. Returns how many, or a negative errno when it is none. */
__attribute__((noinline)) static int64_t fill_relock(struct pipe *pipe, uaddr_t from, uint64_t size)
{
    uint64_t done = 0;
    int error = 0;

    while (done < size && error == 0) {
        uint64_t part = in_frame(pipe->written, size - done);

        error = fill_part_relock(pipe, uaddr(from.value + done), part);
        done += error ? 0 : part;
    }
    return done > 0 ? (int64_t)done : error;
}

/* Not all of it, or nothing. */
__attribute__((noinline)) static int64_t write_some_unlock(struct file *file, uaddr_t from, uint64_t size_bytes,
                                                           uint64_t room)
{
    uint64_t least = size_bytes <= PIPE_ATOMIC_BYTES ? size_bytes : 1;
    struct pipe *pipe = file->pipe;
    int64_t result = 0;

    if (pipe->is_being_written) {
        return scheduler_again();
    }
    if (size_bytes != 0 && !pipe->has_reader) {
        signals_send(task_current(), ABI_SIGPIPE);
        result = -EPIPE;
    } else if (room < least) {
        result = (file->flags & ABI_O_NONBLOCK) != 0 ? -EAGAIN : scheduler_wait(&pipe->writers);
    } else if (size_bytes != 0) {
        pipe->is_being_written = true;
        result = fill_relock(pipe, from, size_bytes < room ? size_bytes : room);
        pipe->is_being_written = false;
        wake(&pipe->readers);
    }
    scheduler_unlock();
    return result;
}

static int64_t write_pipe(struct file *file, uaddr_t from, uint64_t size_bytes)
{
    struct pipe *pipe = file->pipe;

    arch_lock();
    /* A frame is never shared by what is written last and what is read first, unless it is one and the same. */
    uint64_t room = PIPE_BYTES - used(pipe) - (pipe->taken & PAGE_MASK);

    if (size_bytes - 1 >= room || size_bytes > in_frame(pipe->written, size_bytes) || !pipe->has_reader ||
        pipe->is_being_written) {
        return write_some_unlock(file, from, size_bytes, room);
    }
    pipe->is_being_written = true;
    int error = fill_part_relock(pipe, from, size_bytes);

    pipe->is_being_written = false;
    wake(&pipe->readers);
    arch_unlock();
    return error ? error : (int64_t)size_bytes;
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

/* pipe-frames, pipe-ends. The frames are counted with one end. */
__attribute__((cold)) static void audit_pipe(struct file *file, struct audit *audit)
{
    const struct pipe *pipe = file->pipe;
    bool is_end = file->readable ? pipe->has_reader : pipe->has_writer;

    audit_expect(audit, is_end && used(pipe) <= PIPE_BYTES, "pipe-ends", pipe->number);
    for (uint32_t i = 0; i < FRAMES && file->readable == pipe->has_reader; i++) {
        if (pipe->frames[i].value != 0) {
            audit_owner(audit, pipe->frames[i]);
        }
    }
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
    arch_lock();
    int32_t readable = (int32_t)used(file->pipe);

    arch_unlock();
    return request == ABI_FIONREAD ? arch_copy_out(uaddr(argument), &readable, sizeof(readable)) : -ENOTTY;
}

static const struct file_kind kind = {
    .read = read_pipe,
    .write = write_pipe,
    .describe = describe_pipe,
    .control = control_pipe,
    .close = close_end,
    .audit = audit_pipe,
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
