/*
 * stress [-n STEPS | -t SECONDS] [-s SEED] [-j TASKS] [-p PART] [-w TASK] [-x STEP] [-v]: random steps of all
 * kinds (or of one part only), each of which is checked. Ends with status 0 if everything was as it must be.
 *
 * The steps are divided among the tasks (as many as there are harts, if not said), each a process of its own with a
 * sequence that follows from seed and number alone: with -w the one task is run again that has failed. The seconds are
 * those of the machine's clock. With -x each task fails at that step, to see how a failure is told.
 */
#include <limits.h>
#include <sched.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abi_errno.h"
#include "inputs.h"
#include "model.h"
#include "stress.h"

#define STEPS_DEFAULT 10000
#define TASKS_MAX 64
#define SEED_MAX 1000000000
#define CLOCK_STEPS 64 /* the clock is looked at so often */

static const struct {
    const char *name;
    void (*begin)(void); /* NULL: nothing is to be prepared */
    void (*step)(void);
    void (*end)(void); /* NULL: nothing is left to do */
    unsigned weight; /* of 100 */
} parts[] = {
    { "memory", memory_begin, memory_step, NULL, 71 },
    { "heap", NULL, heap_step, NULL, 8 },
    { "pipes", pipes_begin, pipes_step, NULL, 8 },
    { "files", files_begin, files_step, NULL, 3 },
    { "signals", signals_begin, signals_step, NULL, 3 },
    { "sharers", NULL, sharers_step, NULL, 1 },
    { "names", names_begin, names_step, names_end, 2 },
    { "seals", NULL, seals_step, NULL, 1 },
    { "forks", forks_begin, forks_step, NULL, 1 },
    { "locks", locks_begin, locks_step, NULL, 1 },
    { "tasks", NULL, tasks_step, NULL, 1 },
};
#define PARTS (sizeof(parts) / sizeof(parts[0]))

static struct {
    long steps;
    long seconds; /* 0: until the steps are done */
    long seed;
    long tasks;
    long only; /* -1: all of them */
    const char *part; /* no other; NULL: all */
    long failing; /* the step that is to fail, to see that it is told; 0: none */
    bool is_verbose;
} options = { .steps = STEPS_DEFAULT, .seed = 1, .only = -1 };

/* The task's own. */
static uint64_t random_state;
static uint64_t step_number;
static uint64_t refused_count;
static size_t part_now;

unsigned stress_pick(unsigned count)
{
    return model_pick(&random_state, count);
}

uint64_t stress_seed(void)
{
    return (uint64_t)options.seed * TASKS_MAX + (uint64_t)options.only;
}

uint64_t stress_step_number(void)
{
    return step_number;
}

uint8_t stress_byte(uint64_t position)
{
    return (uint8_t)(position * 167 + (position >> 8) * 13 + stress_seed());
}

void stress_fail(const char *format, ...)
{
    va_list arguments;

    fflush(stdout);
    fprintf(stderr, "stress: step %llu (%s), seed %ld, task %ld: ", (unsigned long long)step_number,
            parts[part_now].name, options.seed, options.only);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\nstress: to repeat: stress -n %llu -s %ld -w %ld%s%s\n", (unsigned long long)step_number,
            options.seed, options.only, options.part != NULL ? " -p " : "", options.part != NULL ? options.part : "");
    _exit(1);
}

void stress_check(bool is_so, const char *what)
{
    if (!is_so) {
        stress_fail("%s: is not so", what);
    }
}

void stress_check_equal(int64_t result, int64_t wanted, const char *what)
{
    if (result != wanted) {
        stress_fail("%s: is %lld, not %lld", what, (long long)result, (long long)wanted);
    }
}

bool stress_is_refused(int64_t result)
{
    if (result != -ENOMEM && result != -EAGAIN && result != -EMFILE && result != -ENFILE && result != -ENOSPC) {
        return false;
    }
    refused_count++;
    return true;
}

/* --- One task */

static time_t seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* PARTS: there is none. */
static size_t part_named(const char *name)
{
    size_t part = 0;

    while (part < PARTS && strcmp(parts[part].name, name) != 0) {
        part++;
    }
    return part;
}

/* The part that has the next step. */
static size_t pick_part(void)
{
    unsigned drawn = stress_pick(100);
    size_t part = 0;

    if (options.part != NULL) {
        return part_named(options.part);
    }
    while (drawn >= parts[part].weight) {
        drawn -= parts[part++].weight;
    }
    return part;
}

static void step(void)
{
    part_now = pick_part();
    step_number++;
    stress_check(step_number != (uint64_t)options.failing, "the step of -x");
    parts[part_now].step();
}

static bool is_wanted(size_t part)
{
    return options.part == NULL || strcmp(options.part, parts[part].name) == 0;
}

static int run_task(void)
{
    time_t end = seconds_now() + options.seconds;

    random_state = (stress_seed() + 1) * 0x2545f4914f6cdd1dull;
    for (part_now = 0; part_now < PARTS; part_now++) {
        if (parts[part_now].begin != NULL && is_wanted(part_now)) {
            parts[part_now].begin();
        }
    }
    while (options.seconds > 0 ? step_number % CLOCK_STEPS != 0 || seconds_now() < end
                               : step_number < (uint64_t)options.steps) {
        step();
        if (options.is_verbose && step_number % 1000 == 0) {
            printf("stress: task %ld: %llu steps\n", options.only, (unsigned long long)step_number);
        }
    }
    for (part_now = 0; part_now < PARTS; part_now++) {
        if (parts[part_now].end != NULL && is_wanted(part_now)) {
            parts[part_now].end();
        }
    }
    if (options.is_verbose) {
        printf("stress: task %ld: %llu steps, %llu refused, last number %016llx\n", options.only,
               (unsigned long long)step_number, (unsigned long long)refused_count, (unsigned long long)random_state);
    }
    return 0;
}

/* --- All tasks */

/* Returns the pid of task @number, which is to do @steps, or -1. */
static pid_t start_task(long number, long steps)
{
    char words[5][24]; /* of values */
    char *argv[15] = { "stress", "-w", words[0], "-s", words[1], "-n", words[2], "-t", words[3], "-x", words[4] };
    long values[] = { number, options.seed, steps, options.seconds, options.failing };
    char *environment[] = { NULL };
    size_t count = 11;
    pid_t pid;

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        snprintf(words[i], sizeof(words[i]), "%ld", values[i]);
    }
    if (options.part != NULL) {
        argv[count++] = "-p";
        argv[count++] = (char *)options.part;
    }
    if (options.is_verbose) {
        argv[count++] = "-v";
    }
    int error = posix_spawn(&pid, "/bin/stress", NULL, NULL, argv, environment);

    if (error != 0) {
        fprintf(stderr, "stress: task %ld: %s\n", number, strerror(error));
        return -1;
    }
    return pid;
}

/* Returns whether the task has ended with status 0. */
static bool end_task(pid_t pid, long number)
{
    int status;

    if (pid < 0 || waitpid(pid, &status, 0) != pid) {
        return false;
    }
    if (WIFSIGNALED(status)) {
        fprintf(stderr, "stress: task %ld, seed %ld: ended by signal %d\n", number, options.seed, WTERMSIG(status));
    }
    return status == 0;
}

static int run_all(void)
{
    pid_t pids[TASKS_MAX];
    bool is_well = true;

    for (long i = 0; i < options.tasks; i++) {
        pids[i] = start_task(i, options.steps / options.tasks + (i < options.steps % options.tasks ? 1 : 0));
    }
    for (long i = 0; i < options.tasks; i++) {
        is_well &= end_task(pids[i], i);
    }
    if (is_well && options.seconds == 0) {
        printf("stress: seed %ld: %ld steps in %ld tasks, all as expected\n", options.seed, options.steps,
               options.tasks);
    } else if (is_well) {
        printf("stress: seed %ld: %ld s in %ld tasks, all as expected\n", options.seed, options.seconds, options.tasks);
    }
    return is_well ? 0 : 1;
}

/* As many tasks as harts. */
static long hart_count(void)
{
    cpu_set_t harts;
    long count = 0;

    CPU_ZERO(&harts);
    sched_getaffinity(0, sizeof(harts), &harts);
    for (size_t i = 0; i < CPU_SETSIZE; i++) {
        count += CPU_ISSET(i, &harts);
    }
    return count < 1 ? 1 : count > TASKS_MAX ? TASKS_MAX : count;
}

static int complain_about_use(void)
{
    fprintf(stderr, "usage: stress [-n STEPS | -t SECONDS] [-s SEED] [-j TASKS] [-p PART] [-w TASK] [-x STEP] [-v]\n");
    return 2;
}

/* The value of option @letter, from @word (NULL: there is none). Returns false when it is none. */
static bool take_option(char letter, const char *word)
{
    if (word == NULL) {
        return false;
    }
    switch (letter) {
    case 'n':
        return inputs_number(word, 0, LONG_MAX, &options.steps);
    case 't':
        return inputs_number(word, 0, INT_MAX, &options.seconds);
    case 's':
        return inputs_number(word, 0, SEED_MAX, &options.seed);
    case 'j':
        return inputs_number(word, 1, TASKS_MAX, &options.tasks);
    case 'w':
        return inputs_number(word, 0, TASKS_MAX - 1, &options.only);
    case 'p':
        options.part = word;
        return part_named(word) < PARTS;
    case 'x':
        return inputs_number(word, 0, LONG_MAX, &options.failing);
    default:
        return false;
    }
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];

        if (strcmp(word, "-v") == 0) {
            options.is_verbose = true;
        } else if (word[0] != '-' || !take_option(word[1], word[2] != '\0' ? word + 2 : argv[++i])) {
            return complain_about_use();
        }
    }
    if (options.tasks == 0) {
        options.tasks = hart_count();
    }
    return options.only >= 0 ? run_task() : run_all();
}
