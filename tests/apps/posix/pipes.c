/*
 * pipes: what goes through a pipe comes out, once, in order, whole; and both ends notice when the other one goes.
 *
 *     pipes             all of it
 *     pipes many        as many pipes as there is memory for
 *     pipes WHAT HOW    a child, with the pipe as its standard input or output
 */
#include "posix.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#define STREAM_BYTES (4u << 20)
#define CAPACITY 65536
#define ATOMIC_BYTES 4096
#define WRITERS 4
#define RECORDS 300
#define MANY_HOLDERS 8

static unsigned char bytes[CAPACITY];

/* Byte n of the stream. */
static unsigned char stream_byte(uint64_t n)
{
    return (unsigned char)(n * 167 + (n >> 8) * 13 + (n >> 16));
}

static pid_t child(const char *what, const char *how, int in, int out)
{
    return start_with("pipes", what, how, in, out);
}

/* --- Children */

/* Write the stream in pieces of uneven sizes, each in full; slowly, or as one vector of three parts. */
static int produce(const char *how)
{
    uint64_t done = 0;

    while (done < STREAM_BYTES) {
        size_t size = 1 + (size_t)(done * 7919 % (sizeof(bytes) - 1));
        struct iovec parts[3];

        size = size < STREAM_BYTES - done ? size : (size_t)(STREAM_BYTES - done);
        for (size_t i = 0; i < size; i++) {
            bytes[i] = stream_byte(done + i);
        }
        parts[0] = (struct iovec){ bytes, size / 3 };
        parts[1] = (struct iovec){ bytes + size / 3, size / 3 };
        parts[2] = (struct iovec){ bytes + size / 3 * 2, size - size / 3 * 2 };
        ssize_t moved = strcmp(how, "parts") == 0 ? writev(STDOUT_FILENO, parts, 3) : write(STDOUT_FILENO, bytes, size);

        if (moved != (ssize_t)size) {
            return 1;
        }
        done += size;
        if (strcmp(how, "slowly") == 0) {
            nap(MILLISECOND);
        }
    }
    return 0;
}

/* Read the stream; slowly at first, so that the pipe is full. */
static int consume(const char *how)
{
    uint64_t done = 0;
    ssize_t size;

    for (unsigned round = 0; (size = read(STDIN_FILENO, bytes, 1 + round * 4243 % sizeof(bytes))) > 0; round++) {
        for (ssize_t i = 0; i < size; i++, done++) {
            if (bytes[i] != stream_byte(done)) {
                return 1;
            }
        }
        if (strcmp(how, "slowly") == 0 && round < 20) {
            nap(5 * MILLISECOND);
        }
    }
    return size < 0 ? 2 : done == STREAM_BYTES ? 0 : 3;
}

/* Records of one letter each: 4096 bytes at a time are never mixed with another writer's. */
static int write_records(const char *letter)
{
    memset(bytes, letter[0], ATOMIC_BYTES);
    for (unsigned i = 0; i < RECORDS; i++) {
        if (write(STDOUT_FILENO, bytes, ATOMIC_BYTES) != ATOMIC_BYTES) {
            return 1;
        }
    }
    return 0;
}

/* Hold as many full pipes as there is room for, until a byte comes. */
static int hold(void)
{
    unsigned count = 0;
    int ends[2];
    char byte;

    while (pipe2(ends, O_NONBLOCK) == 0) {
        count++;
        while (write(ends[1], bytes, sizeof(bytes)) > 0) {
        }
    }
    int error = errno;

    int size = snprintf((char *)bytes, sizeof(bytes), "held %u %d\n", count, error);

    write(STDOUT_FILENO, bytes, (size_t)size);
    return read(STDIN_FILENO, &byte, 1) == 0 ? 0 : 1;
}

static int be_child(const char *what, const char *how)
{
    if (strcmp(what, "produce") == 0) {
        return produce(how);
    } else if (strcmp(what, "consume") == 0) {
        return consume(how);
    } else if (strcmp(what, "records") == 0) {
        return write_records(how);
    } else if (strcmp(what, "hold") == 0) {
        return hold();
    } else if (strcmp(what, "read") == 0) {
        nap(20 * MILLISECOND);
        return read(STDIN_FILENO, bytes, 1000) == 1000 ? 0 : 1;
    } else if (strcmp(what, "one") == 0) {
        return read(STDIN_FILENO, bytes, 1) == 1 ? bytes[0] : 99;
    } else if (strcmp(what, "write") == 0) {
        /* Of what is written until the reader goes the count is told; the next one finds nobody. */
        signal(SIGPIPE, SIG_IGN);
        ssize_t first = write(STDOUT_FILENO, bytes, sizeof(bytes));
        ssize_t second = write(STDOUT_FILENO, bytes, sizeof(bytes));
        ssize_t third = write(STDOUT_FILENO, bytes, 1);

        return first == CAPACITY && second > 0 && second < CAPACITY && third == -1 && errno == EPIPE ? 0 : 1;
    } else if (strcmp(what, "die") == 0) {
        for (;;) {
            write(STDOUT_FILENO, bytes, sizeof(bytes));
        }
    }
    return 99;
}

/* --- Cases */

static void try_stream(const char *name, const char *producing, const char *consuming)
{
    char full[64];
    int ends[2];

    pipe2(ends, O_CLOEXEC);
    pid_t writer = child("produce", producing, -1, ends[1]), reader = child("consume", consuming, ends[0], -1);

    close(ends[0]);
    close(ends[1]);
    snprintf(full, sizeof(full), "stream_%s_is_written", name);
    expect(full, status_of(writer), 0);
    snprintf(full, sizeof(full), "stream_%s_is_read_without_a_loss", name);
    expect(full, status_of(reader), 0);
}

static void try_atomic(void)
{
    static const char *const letters[WRITERS] = { "a", "b", "c", "d" };
    unsigned counts[WRITERS] = { 0 }, mixed = 0;
    pid_t writers[WRITERS];
    uint64_t done = 0;
    ssize_t size;
    int ends[2];
    char letter = 0;

    pipe2(ends, O_CLOEXEC);
    for (unsigned i = 0; i < WRITERS; i++) {
        writers[i] = child("records", letters[i], -1, ends[1]);
    }
    close(ends[1]);
    while ((size = read(ends[0], bytes, 1000)) > 0) {
        for (ssize_t i = 0; i < size; i++, done++) {
            if (done % ATOMIC_BYTES == 0) {
                letter = (char)bytes[i];
                counts[(letter - 'a') & 3]++;
            }
            mixed += bytes[i] != (unsigned char)letter;
        }
    }
    close(ends[0]);
    expect("atomic_writes_are_not_mixed", mixed, 0);
    expect("atomic_writes_are_all_there", (long long)done, WRITERS * RECORDS * ATOMIC_BYTES);
    for (unsigned i = 0; i < WRITERS; i++) {
        mixed += status_of(writers[i]) != 0 || counts[i] != RECORDS;
    }
    expect("atomic_writers_ended_well", mixed, 0);
}

static void try_nonblocking(void)
{
    int ends[2], held = 0;

    pipe2(ends, O_NONBLOCK);
    expect_error("nonblock_empty", read(ends[0], bytes, 1), EAGAIN);
    expect("nonblock_write_fills_it", write(ends[1], bytes, sizeof(bytes)), CAPACITY);
    expect_error("nonblock_full", write(ends[1], bytes, 1), EAGAIN);
    expect("nonblock_read", read(ends[0], bytes, 100), 100);
    expect_error("nonblock_atomic_write_without_room", write(ends[1], bytes, ATOMIC_BYTES), EAGAIN);
    expect("nonblock_read_a_page", read(ends[0], bytes, ATOMIC_BYTES - 100), ATOMIC_BYTES - 100);
    expect("nonblock_atomic_write_with_room", write(ends[1], bytes, ATOMIC_BYTES), ATOMIC_BYTES);
    read(ends[0], bytes, 2 * ATOMIC_BYTES);
    expect("nonblock_large_write_gives_what_fits", write(ends[1], bytes, sizeof(bytes)), 2 * ATOMIC_BYTES);
    ioctl(ends[0], FIONREAD, &held);
    expect("nonblock_holds", held, CAPACITY);
    close(ends[1]);
    expect("nonblock_read_all_of_a_closed_one", read(ends[0], bytes, sizeof(bytes)), CAPACITY);
    expect("nonblock_end", read(ends[0], bytes, 1), 0);
    close(ends[0]);
}

static void try_ends(void)
{
    int ends[2];
    pid_t pid;

    pipe2(ends, O_CLOEXEC);
    pid = child("die", "", -1, ends[1]);
    close(ends[1]);
    expect("end_read_some", read(ends[0], bytes, 10), 10);
    close(ends[0]);
    expect("end_writer_dies_of_sigpipe", status_of(pid), 128 + SIGPIPE);

    pipe2(ends, O_CLOEXEC);
    pid = child("write", "", -1, ends[1]);
    close(ends[1]);
    nap(20 * MILLISECOND);
    expect("end_let_a_page_through", read(ends[0], bytes, ATOMIC_BYTES), ATOMIC_BYTES);
    nap(20 * MILLISECOND);
    close(ends[0]);
    expect("end_waiting_writer_learns_what_it_wrote", status_of(pid), 0);

    pipe2(ends, O_CLOEXEC);
    pid = child("die", "", -1, ends[1]);
    close(ends[1]);
    nap(20 * MILLISECOND);
    kill(pid, SIGKILL);
    status_of(pid);
    unsigned sum = 0;
    for (ssize_t size; (size = read(ends[0], bytes, 777)) > 0;) {
        sum += (unsigned)size;
    }
    expect("end_what_a_dead_writer_wrote_is_there", sum, CAPACITY);
    close(ends[0]);
}

static void try_readers(void)
{
    int ends[2];

    pipe2(ends, O_CLOEXEC);
    pid_t first = child("one", "", ends[0], -1), second = child("one", "", ends[0], -1);

    close(ends[0]);
    nap(30 * MILLISECOND);
    write(ends[1], "\x05", 1);
    int status;
    pid_t done = wait(&status);

    expect("readers_one_gets_the_byte", WEXITSTATUS(status), 5);
    pid_t other = done == first ? second : first;

    nap(10 * MILLISECOND);
    expect("readers_the_other_waits_on", waitpid(other, &status, WNOHANG), 0);
    write(ends[1], "\x06", 1);
    expect("readers_the_other_gets_the_next", status_of(other), 6);
    close(ends[1]);
}

static void try_chain(void)
{
    int first[2], second[2], third[2];
    char word[] = "chain";
    pid_t pids[3];

    pipe2(first, O_CLOEXEC);
    pipe2(second, O_CLOEXEC);
    pipe2(third, O_CLOEXEC);
    pids[0] = start_with("cat", NULL, NULL, first[0], second[1]);
    pids[1] = start_with("cat", NULL, NULL, second[0], third[1]);
    close(first[0]);
    close(second[0]);
    close(second[1]);
    close(third[1]);
    for (unsigned i = 0; i < 100; i++) {
        write(first[1], word, 5);
        if (read(third[0], bytes, 5) != 5 || memcmp(bytes, word, 5) != 0) {
            printf("FAIL chain_round_trip %u\n", i);
        }
    }
    close(first[1]);
    expect("chain_ends_behind_its_input", read(third[0], bytes, 5), 0);
    close(third[0]);
    expect("chain_first", status_of(pids[0]), 0);
    expect("chain_second", status_of(pids[1]), 0);
}

/* --- Many */

static int many(void)
{
    pid_t pids[MANY_HOLDERS];
    int go[2], told[2];
    unsigned count = 0, wrong = 0, held;
    char line[64];

    pipe2(go, O_CLOEXEC);
    pipe2(told, O_CLOEXEC);
    for (unsigned i = 0; i < MANY_HOLDERS; i++) {
        int error = 0;

        pids[i] = child("hold", "", go[0], told[1]);
        ssize_t size = read(told[0], line, sizeof(line) - 1);

        line[size < 0 ? 0 : size] = '\0';
        wrong += sscanf(line, "held %u %d", &held, &error) != 2 || (error != ENOMEM && error != EMFILE);
        count += held;
    }
    expect("many_pipes_end_by_an_error", wrong, 0);
    expect_true("many_pipes_there_were", count > 100);
    close(go[1]);
    for (unsigned i = 0; i < MANY_HOLDERS; i++) {
        wrong += status_of(pids[i]) != 0;
    }
    expect("many_pipes_holders_ended_well", wrong, 0);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "many") == 0) {
        return many();
    }
    if (argc == 3) {
        return be_child(argv[1], argv[2]);
    }
    try_stream("fast", "fast", "fast");
    try_stream("slowly_read", "fast", "slowly");
    try_stream("slowly_written", "slowly", "fast");
    try_stream("in_parts", "parts", "slowly");
    try_atomic();
    try_nonblocking();
    try_ends();
    try_readers();
    try_chain();
    return 0;
}
