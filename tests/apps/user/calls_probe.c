/* Memory, time, signals and processes, as far as a Linux kernel answers like Pando. Prints each check that fails. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pando.h"

#define CHECK(condition) \
    ((condition) ? (void)0 : (void)(printf("%d: %s (errno %d)\n", __LINE__, #condition, errno), failed = 1))

static int failed;
static volatile int handled;

static void handle(int number)
{
    handled = number;
}

static void check_memory(void)
{
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(page != MAP_FAILED && page[0] == 0 && page[8191] == 0);
    page[0] = 1;
    CHECK(mprotect(page, 4096, PROT_READ) == 0 && page[0] == 1);
    CHECK(munmap(page, 8192) == 0);
    CHECK(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == EINVAL);
    CHECK(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, -1, 0) == MAP_FAILED && errno == EBADF);

    char *start = sbrk(0);
    CHECK(start != (char *)-1 && sbrk(10000) == start && sbrk(0) == start + 10000);
    memset(start, 7, 10000);
    CHECK(sbrk(-10000) == start + 10000 && sbrk(0) == start);
    CHECK(sbrk(INTPTR_MAX) == (void *)-1 && errno == ENOMEM && sbrk(0) == start);
    CHECK(malloc(SIZE_MAX / 2) == NULL && errno == ENOMEM);
}

static void check_time(void)
{
    struct timespec before, after, span = { 0, 20000000 };
    struct timeval day;

    CHECK(clock_gettime(CLOCK_MONOTONIC, &before) == 0);
    CHECK(nanosleep(&span, NULL) == 0 && usleep(1000) == 0 && sleep(0) == 0);
    CHECK(clock_gettime(CLOCK_MONOTONIC, &after) == 0);
    int64_t passed = (after.tv_sec - before.tv_sec) * 1000000000ll + after.tv_nsec - before.tv_nsec;
    CHECK(passed >= 21000000 && passed < 2000000000);
    CHECK(clock_gettime(99, &before) == -1 && errno == EINVAL);
    CHECK(gettimeofday(&day, NULL) == 0 && time(NULL) - day.tv_sec <= 1);
    span.tv_nsec = -1;
    CHECK(nanosleep(&span, NULL) == -1 && errno == EINVAL);
}

static void check_signals(void)
{
    sigset_t set, old;

    CHECK(signal(SIGUSR1, handle) == SIG_DFL && raise(SIGUSR1) == 0 && handled == SIGUSR1);
    CHECK(signal(SIGUSR1, SIG_IGN) == handle && raise(SIGUSR1) == 0);
    CHECK(signal(SIGKILL, handle) == SIG_ERR && errno == EINVAL && signal(1000, handle) == SIG_ERR);
    CHECK(raise(0) == 0 && raise(65) == -1 && errno == EINVAL);
    CHECK(raise(SIGCHLD) == 0);

    signal(SIGUSR2, handle);
    sigemptyset(&set);
    CHECK(sigaddset(&set, SIGUSR2) == 0 && sigismember(&set, SIGUSR2) == 1 && sigismember(&set, SIGUSR1) == 0);
    CHECK(sigprocmask(SIG_BLOCK, &set, &old) == 0 && raise(SIGUSR2) == 0 && handled == SIGUSR1);
    CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0 && handled == SIGUSR2);
    CHECK(sigprocmask(77, &set, NULL) == -1 && errno == EINVAL);
    CHECK(strcmp(strsignal(SIGSEGV), "segmentation fault") == 0 && strcmp(strsignal(64), "unknown signal") == 0);
}

static void check_processes(void)
{
    char reason[ABI_REASON_BYTES] = "untouched";
    char *arguments[] = { "true", NULL };
    pid_t pid;

    CHECK(getpid() > 1 && getppid() > 0 && sched_yield() == 0);
    CHECK(waitpid(-1, NULL, 0) == -1 && errno == ECHILD);
    CHECK(kill(getpid(), 0) == 0);

    /* Another kernel has no spawn: the error is an answer, and errno stays as it was. */
    errno = 0;
    CHECK(posix_spawn(&pid, "/bin/true", NULL, NULL, arguments, NULL) == ENOSYS && errno == 0);
    CHECK(pando_spawn(&pid, "/bin/true", NULL, arguments, NULL, reason) == ENOSYS && reason[0] == '\0');
    CHECK(pando_bench(ABI_BENCH_BOOT, 0) == -1 && errno == ENOSYS);

    posix_spawn_file_actions_t actions;
    CHECK(posix_spawn_file_actions_init(&actions) == 0);
    CHECK(posix_spawn_file_actions_adddup2(&actions, 1, 5) == 0);
    CHECK(posix_spawn_file_actions_addclose(&actions, 1) == 0);
    CHECK(posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", 0, 0) == 0);
    CHECK(posix_spawn_file_actions_adddup2(&actions, -1, 5) == EBADF);
    CHECK(posix_spawn_file_actions_addclose(&actions, 64) == EBADF);
    CHECK(posix_spawnp(&pid, "true", &actions, NULL, arguments, NULL) == ENOSYS);
    CHECK(posix_spawn_file_actions_adddup2(&actions, 60, 5) == 0);
    CHECK(posix_spawnp(&pid, "true", &actions, NULL, arguments, NULL) == EBADF);
    CHECK(posix_spawn_file_actions_destroy(&actions) == 0);
    CHECK(write(3, "", 1) == -1 && errno == EBADF); /* what addopen opened is closed again */
}

int main(void)
{
    check_memory();
    check_time();
    check_signals();
    check_processes();
    return failed;
}
