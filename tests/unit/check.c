/*
 * Runs the tests of one program; see check.h.
 *
 * What it prints, for tests/run.py to read:
 *     ok NAME (SECONDS s)
 *     FAILED NAME: REASON (SECONDS s)
 */
#include "check.h"

#include <inttypes.h>
#include <sanitizer/common_interface_defs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECONDS_PER_TEST 120
#define SURVIVED 66
#define MESSAGE_BYTES 8192

/* Of the newest test: how often it is to run. Shared with its process. */
static unsigned *variants;
static struct check_test *first;
static struct check_test **last = &first;
/* Of the newest check_fork(): the child, and the pipe that has its standard error. */
static pid_t panicking;
static int panic_output;

void check_want_variants(unsigned count)
{
    if (variants != NULL) {
        *variants = count;
    }
}

static void (*say_on_failure)(void);

/* Once: what it calls may fail too. */
static void tell_failure(void)
{
    void (*say)(void) = say_on_failure;

    say_on_failure = NULL;
    if (say != NULL) {
        say();
    }
}

static void tell_abort(int signal_number)
{
    tell_failure();
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

void check_on_failure(void (*say)(void))
{
    say_on_failure = say;
    signal(SIGABRT, tell_abort);
    __sanitizer_set_death_callback(tell_failure);
}

/* The end of the test's process: what the test still holds is no leak. */
static _Noreturn void fail(void)
{
    tell_failure();
    fflush(stdout);
    _exit(1);
}

void check_add(struct check_test *test)
{
    *last = test;
    last = &test->next;
}

void check_fail(const char *file, int line, const char *what)
{
    printf("%s:%d: %s\n", file, line, what);
    fail();
}

void check_equal(const char *file, int line, const char *what, int64_t actual, int64_t wanted)
{
    if (actual != wanted) {
        printf("%s:%d: %s: is %" PRId64 " (%#" PRIx64 "), not %" PRId64 " (%#" PRIx64 ")\n", file, line, what, actual,
               (uint64_t)actual, wanted, (uint64_t)wanted);
        fail();
    }
}

void check_string(const char *file, int line, const char *what, const char *actual, const char *wanted)
{
    if (actual != wanted && (!actual || !wanted || strcmp(actual, wanted) != 0)) {
        printf("%s:%d: %s: is \"%s\", not \"%s\"\n", file, line, what, actual ? actual : "(null)",
               wanted ? wanted : "(null)");
        fail();
    }
}

/* True in the child, which is to panic. */
bool check_fork(void)
{
    int ends[2];

    fflush(stdout);
    if (pipe(ends) != 0 || (panicking = fork()) < 0) {
        perror("check_fork");
        _exit(1);
    }
    if (panicking == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        return true;
    }
    close(ends[1]);
    panic_output = ends[0];
    return false;
}

void check_survived(void)
{
    _exit(SURVIVED);
}

void check_panicked(const char *file, int line, const char *what, const char *text)
{
    static char message[MESSAGE_BYTES];
    size_t size = 0;
    ssize_t got;
    int status;

    while (size < sizeof(message) - 1 && (got = read(panic_output, message + size, sizeof(message) - 1 - size)) > 0) {
        size += (size_t)got;
    }
    message[size] = '\0';
    close(panic_output);
    waitpid(panicking, &status, 0);
    if ((WIFEXITED(status) && (WEXITSTATUS(status) == SURVIVED || WEXITSTATUS(status) == 0)) ||
        !strstr(message, text)) {
        printf("%s:%d: %s: no panic with \"%s\" but status %#x and: %s\n", file, line, what, text, status, message);
        fail();
    }
}

static double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The status of @test's process. */
static int status_of(const struct check_test *test, unsigned variant)
{
    char number[12];
    int status;

    snprintf(number, sizeof(number), "%u", variant);
    fflush(stdout);
    pid_t child = fork();

    if (child == 0) {
        alarm(SECONDS_PER_TEST);
        setenv("CHECK_VARIANT", number, 1);
        test->run();
        exit(0); /* by exit(), where the sanitizer looks for leaks */
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        perror("check");
        exit(2);
    }
    return status;
}

static bool passes(const struct check_test *test)
{
    double start = seconds_now();
    unsigned variant = 0;

    *variants = 1;
    int status = status_of(test, variant);

    while (status == 0 && ++variant < *variants) {
        status = status_of(test, variant);
    }
    if (status != 0 && *variants > 1) {
        printf("with CHECK_VARIANT=%u:\n", variant);
    }
    if (status == 0) {
        printf("ok %s", test->title);
    } else if (WIFSIGNALED(status)) {
        printf("FAILED %s: %s", test->title, WTERMSIG(status) == SIGALRM ? "hangs" : strsignal(WTERMSIG(status)));
    } else {
        printf("FAILED %s: status %d", test->title, WEXITSTATUS(status));
    }
    printf(" (%.3f s)\n", seconds_now() - start);
    return status == 0;
}

static int run_named(const char *name)
{
    for (const struct check_test *test = first; test; test = test->next) {
        if (strcmp(test->title, name) == 0) {
            test->run();
            printf("ok %s\n", name);
            return 0;
        }
    }
    fprintf(stderr, "no test %s here\n", name);
    return 2;
}

int main(int argc, char **argv)
{
    int status = 0;

    variants = mmap(NULL, sizeof(*variants), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (variants == MAP_FAILED) {
        perror("check");
        return 2;
    }
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        for (const struct check_test *test = first; test; test = test->next) {
            puts(test->title);
        }
        return 0;
    }
    if (argc > 2 && strcmp(argv[1], "--only") == 0) {
        for (const struct check_test *test = first; test; test = test->next) {
            if (strstr(test->title, argv[2])) {
                status |= !passes(test);
            }
        }
        return status;
    }
    for (int i = 1; i < argc && status == 0; i++) {
        status = run_named(argv[i]);
    }
    for (const struct check_test *test = argc > 1 ? NULL : first; test; test = test->next) {
        status |= !passes(test);
    }
    return status;
}
