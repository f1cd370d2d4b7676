/*
 * gifts: descriptors handed from task to task.
 *
 *     gifts              all of it
 *     gifts ROLE PID     a child that takes what its parent gives, and says so by its status
 */
#include "posix.h"

#include <fcntl.h>
#include <pando.h>
#include <signal.h>
#include <sys/mman.h>

#define P 4096

static pid_t child(const char *role)
{
    char number[12];

    snprintf(number, sizeof(number), "%d", (int)getpid());
    return start_with("gifts", role, number, -1, -1);
}

/* 0 when what was taken can be read and in no way written. */
static int take_read_only(pid_t parent)
{
    pid_t giver;
    int fd = pando_take(&giver, O_CLOEXEC);
    char byte = 0;

    if (fd < 0 || giver != parent || fcntl(fd, F_GETFD) != FD_CLOEXEC || read(fd, &byte, 1) != 1 || byte != 'g') {
        return 1;
    }
    if (write(fd, "x", 1) != -1 || ftruncate(fd, 0) != -1 || fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) != -1) {
        return 2;
    }
    char *shared = mmap(NULL, P, PROT_READ, MAP_SHARED, fd, 0);

    if (shared == MAP_FAILED || mprotect(shared, P, PROT_READ | PROT_WRITE) != -1) {
        return 3;
    }
    return mmap(NULL, P, PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED ? 0 : 4;
}

/* Descriptors come in the order in which they were given, with the rights of the giver's. */
static int take_in_order(void)
{
    char byte = 0;

    for (char wanted = 'a'; wanted <= 'c'; wanted++) {
        int fd = pando_take(NULL, 0);

        if (fd < 0 || pread(fd, &byte, 1, 0) != 1 || byte != wanted || pwrite(fd, "z", 1, 0) != 1) {
            return 1;
        }
    }
    return pando_take(NULL, O_NONBLOCK) == -1 && errno == EAGAIN ? 0 : 2;
}

static void on_signal(int signal_number)
{
    (void)signal_number;
}

static int be_interrupted(void)
{
    const struct sigaction action = { .sa_handler = on_signal };

    sigaction(SIGUSR1, &action, NULL);
    return pando_take(NULL, 0) == -1 && errno == EINTR ? 0 : 1;
}

static int be_child(const char *role, pid_t parent)
{
    if (strcmp(role, "reads") == 0) {
        return take_read_only(parent);
    }
    if (strcmp(role, "takes") == 0) {
        return take_in_order();
    }
    if (strcmp(role, "interrupted") == 0) {
        return be_interrupted();
    }
    nap(1000 * MILLISECOND); /* "ignores": it is given much, takes nothing, and is killed */
    return 0;
}

static int object_with(const char *bytes)
{
    int fd = memfd_create("gift", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    write(fd, bytes, 1);
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static void try_errors(void)
{
    int32_t *const nowhere = (int32_t *)8;
    int fd = object_with("e"), ends[2];

    pipe(ends);
    expect_error("give_to_nobody", pando_give(999999, fd, 0), ESRCH);
    expect_error("give_nothing", pando_give(getpid(), 99, 0), EBADF);
    expect_error("give_with_unknown_flags", pando_give(getpid(), fd, 2), EINVAL);
    expect_error("give_a_pipe_read_only", pando_give(getpid(), ends[1], ABI_GIVE_READ_ONLY), EACCES);
    expect("give_the_end_that_is_read", pando_give(getpid(), ends[0], ABI_GIVE_READ_ONLY), 0);
    expect_error("take_to_nowhere", pando_take(nowhere, O_NONBLOCK), EFAULT);
    int taken = pando_take(NULL, O_NONBLOCK);
    expect_true("taken_after_all", taken > ends[1]);
    close(taken);
    close(ends[0]);
    close(ends[1]);
    for (int i = 0; i < ABI_GIFTS_MAX; i++) {
        expect("give_to_oneself", pando_give(getpid(), fd, 0), 0);
    }
    expect_error("give_too_much", pando_give(getpid(), fd, 0), EAGAIN);
    for (int i = 0; i < ABI_GIFTS_MAX; i++) {
        close(pando_take(NULL, O_NONBLOCK));
    }
    expect_error("take_what_is_not_there", pando_take(NULL, O_NONBLOCK), EAGAIN);
    close(fd);
}

static void try_children(void)
{
    int fd = object_with("g"), others[] = { object_with("a"), object_with("b"), object_with("c") };
    char byte = 0;
    pid_t pid = child("reads");

    nap(50 * MILLISECOND); /* it waits by then */
    expect("a9_give_read_only", pando_give(pid, fd, ABI_GIVE_READ_ONLY), 0);
    expect("a9_taken_can_only_be_read", status_of(pid), 0);
    pread(fd, &byte, 1, 0);
    expect("a9_given_is_unchanged", byte, 'g');
    pid = child("takes");
    for (size_t i = 0; i < COUNT(others); i++) {
        expect("give", pando_give(pid, others[i], 0), 0);
    }
    expect("taken_in_order", status_of(pid), 0);
    pread(others[2], &byte, 1, 0);
    expect("taken_can_be_written", byte, 'z');
    pid = child("interrupted");
    nap(50 * MILLISECOND);
    kill(pid, SIGUSR1);
    expect("take_is_interrupted", status_of(pid), 0);
    pid = child("ignores");
    for (int i = 0; i < ABI_GIFTS_MAX; i++) {
        pando_give(pid, fd, 0);
    }
    close(fd);
    kill(pid, SIGKILL);
    expect("receiver_ends", status_of(pid), 128 + SIGKILL);
    expect_error("give_to_what_has_ended", pando_give(pid, others[0], 0), ESRCH);
    for (size_t i = 0; i < COUNT(others); i++) {
        close(others[i]);
    }
}

int main(int argc, char **argv)
{
    if (argc == 3) {
        return be_child(argv[1], atoi(argv[2]));
    }
    try_errors();
    try_children();
    return 0;
}
