/*
 * Children of the shell.
 *
 * A process is running, or ended with a status; a job has ended when all its processes have. A background job is kept
 * until somebody waits for it. When its end was told, at the prompt or by jobs, it has lost its number: only who knows
 * its pid can still ask. Every way of learning that a child ended goes through note_end(), so that none is lost whoever
 * was waited for.
 *
 * Invariants: every process that runs is in the hash table, and those of background jobs that have ended too; @running
 * is the number of a job's processes that run. Background jobs are in one list by their numbers, and those of them that
 * have ended without anybody having been told in another.
 */
#include "jobs.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "output.h"
#include "shell.h"
#include "terminal.h"

#define NAME_BYTES_MAX 60
#define FIRST_BUCKETS 16

struct process {
    pid_t pid; /* 0: it could not be started */
    int status; /* as $? shows it, once it has ended */
    int signal; /* that ended it, or 0 */
    bool is_running;
    struct process *next; /* in the same bucket */
    struct job *job;
};

struct job {
    enum job_place place;
    size_t process_count;
    size_t started; /* processes that have been added */
    size_t running;
    bool has_group;
    unsigned number; /* of a background job, as the user knows it; 0: it has none any more */
    bool is_told; /* which signals ended its processes */
    /* In the list of background jobs, and in that of those that have ended: link points to what points here. */
    struct job *next, **link;
    struct job *next_ended, **ended_link;
    char *name; /* behind the processes */
    struct process processes[];
};

static struct process **buckets;
static size_t bucket_count;
static size_t process_count;
static struct job *background, **background_end = &background;
static size_t numbered_count; /* jobs with a number */
static unsigned last_number; /* the last that was given, when there are some */
static struct job *ended, **ended_end = &ended;

/* --- Processes by their pid */

static struct process **bucket_of(pid_t pid)
{
    return &buckets[(size_t)pid & (bucket_count - 1)];
}

static struct process *find(pid_t pid)
{
    struct process *process = bucket_count == 0 ? NULL : *bucket_of(pid);

    while (process != NULL && process->pid != pid) {
        process = process->next;
    }
    return process;
}

/* Twice the buckets. Without memory for them there are just more processes in each; but there must be some. */
static bool grow(void)
{
    size_t old_count = bucket_count;
    struct process **old = buckets;
    size_t count = old_count == 0 ? FIRST_BUCKETS : 2 * old_count;
    struct process **grown = calloc(count, sizeof(struct process *));

    if (grown == NULL) {
        return old_count > 0;
    }
    buckets = grown;
    bucket_count = count;
    for (size_t i = 0; i < old_count; i++) {
        for (struct process *process = old[i], *next; process != NULL; process = next) {
            struct process **bucket = bucket_of(process->pid);

            next = process->next;
            process->next = *bucket;
            *bucket = process;
        }
    }
    free(old);
    return true;
}

static void remove_process(struct process *process)
{
    struct process **link = bucket_of(process->pid);

    while (*link != process) {
        link = &(*link)->next;
    }
    *link = process->next;
    process_count--;
}

/* --- Jobs */

struct job *jobs_new(enum job_place place, size_t count, const char *name, size_t name_length)
{
    size_t kept = name_length < NAME_BYTES_MAX ? name_length : NAME_BYTES_MAX;
    struct job *job = NULL;

    if (process_count + count <= bucket_count || grow()) {
        job = calloc(1, sizeof(*job) + count * sizeof(struct process) + kept + 1);
    }
    if (job == NULL) {
        shell_out_of_memory();
        return NULL;
    }
    job->place = place;
    job->process_count = count;
    job->has_group = shell.has_job_control && place != JOB_INNER;
    job->name = (char *)&job->processes[count];
    memcpy(job->name, name, kept);
    for (char *at = job->name; *at != '\0'; at++) {
        *at = *at == '\n' ? ' ' : *at;
    }
    return job;
}

/* Take a job that was told, or is told now, off the list of those that were not. */
static void forget_untold(struct job *job)
{
    if (job->ended_link == NULL) {
        return;
    }
    *job->ended_link = job->next_ended;
    if (job->next_ended != NULL) {
        job->next_ended->ended_link = job->ended_link;
    } else {
        ended_end = job->ended_link;
    }
    job->ended_link = NULL;
}

/* The user was told of its end. */
static void forget_number(struct job *job)
{
    numbered_count -= job->number != 0;
    job->number = 0;
}

static void discard(struct job *job)
{
    forget_untold(job);
    forget_number(job);
    for (size_t i = 0; i < job->started; i++) {
        if (job->processes[i].pid != 0) {
            remove_process(&job->processes[i]);
        }
    }
    if (job->link != NULL) {
        *job->link = job->next;
        if (job->next != NULL) {
            job->next->link = job->link;
        } else {
            background_end = job->link;
        }
    }
    free(job);
}

static pid_t first_pid(const struct job *job)
{
    for (size_t i = 0; i < job->started; i++) {
        if (job->processes[i].pid != 0) {
            return job->processes[i].pid;
        }
    }
    return 0;
}

pid_t jobs_group(const struct job *job)
{
    return job->has_group ? first_pid(job) : -1;
}

/* The background job of that number, or for JOBS_LATEST the latest; NULL: there is none. */
static struct job *find_job(unsigned number)
{
    struct job *found = NULL;

    for (struct job *job = background; job != NULL; job = job->next) {
        if (number == JOBS_LATEST ? job->number != 0 : job->number == number) {
            found = job;
        }
    }
    return found;
}

pid_t jobs_target(unsigned number)
{
    const struct job *job = find_job(number);

    return job == NULL ? 0 : job->has_group ? -first_pid(job) : job->processes[job->started - 1].pid;
}

static void add_process(struct job *job, pid_t pid)
{
    struct process *old = find(pid);
    struct process *process = &job->processes[job->started];

    /* Nobody asked how the one before it with this pid has ended, and nobody can from now on. */
    if (old != NULL) {
        remove_process(old);
        old->pid = 0;
    }
    *process = (struct process){ .pid = pid, .is_running = true, .job = job, .next = *bucket_of(pid) };
    *bucket_of(pid) = process;
    process_count++;
    if (job->has_group && job->place == JOB_FOREGROUND && first_pid(job) == 0) {
        terminal_give(pid);
    }
    job->started++;
    job->running++;
}

void jobs_add(struct job *job, int status, pid_t pid)
{
    if (status == 0 && pid > 0) {
        add_process(job, pid);
    } else {
        job->processes[job->started++] = (struct process){ .status = status, .job = job };
    }
}

/* --- How they end */

static void note_end(pid_t pid, int wait_status)
{
    struct process *process = find(pid);

    if (process == NULL || !process->is_running) {
        return;
    }
    struct job *job = process->job;

    process->is_running = false;
    process->signal = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0;
    process->status = process->signal != 0 ? STATUS_SIGNAL + process->signal : WEXITSTATUS(wait_status);
    job->running--;
    if (job->running == 0 && job->link != NULL) {
        job->ended_link = ended_end;
        job->next_ended = NULL;
        *ended_end = job;
        ended_end = &job->next_ended;
    }
}

/*
 * Wait for @process, and for no other child: a group is there for as long as its first process has not been waited
 * for. Returns false when an interrupt came first, or with WNOHANG when it still runs.
 */
static bool wait_for(const struct process *process, int flags)
{
    int wait_status;
    pid_t pid = waitpid(process->pid, &wait_status, flags);

    if (pid == 0 || (pid < 0 && errno == EINTR)) {
        return false;
    }
    note_end(process->pid, pid < 0 ? STATUS_NOT_FOUND << 8 : wait_status);
    return true;
}

static void tell_signal(const struct job *job, const struct process *process, bool is_last)
{
    int number = process->signal;

    bool is_expected = (number == SIGINT && job->place != JOB_BACKGROUND) || (number == SIGPIPE && !is_last);

    if (number != 0 && !is_expected) {
        shell_complain("%s: killed by signal %d (%s)", job->name, number, strsignal(number));
    }
}

static void tell_signals(struct job *job)
{
    uint32_t told = 0;

    for (size_t i = 0; i < job->started && !job->is_told; i++) {
        const struct process *process = &job->processes[i];
        uint32_t bit = 1u << process->signal;

        /* One line for what several of them had in common. */
        if ((told & bit) == 0) {
            tell_signal(job, process, i + 1 == job->started);
            told |= bit;
        }
    }
    job->is_told = true;
}

static int status_of(const struct job *job)
{
    return job->started == 0 ? STATUS_CANNOT_RUN : job->processes[job->started - 1].status;
}

int jobs_wait(struct job *job)
{
    for (size_t i = 0; i < job->started; i++) {
        while (job->processes[i].is_running) {
            wait_for(&job->processes[i], 0);
        }
    }
    if (job->has_group && job->place == JOB_FOREGROUND) {
        terminal_take();
    }
    tell_signals(job);
    int status = status_of(job);

    /* The terminal interrupted the job's group and not this shell, which was in the same list of the user's mind. */
    if (shell.is_interactive && status == STATUS_SIGNAL + SIGINT) {
        shell_interrupt = 1;
    }
    discard(job);
    return status;
}

/* In a script nobody wants to know. */
static void tell_start(const struct job *job)
{
    if (shell.is_interactive && shell.child_depth == 0) {
        output_format("[%u] %d\n", job->number, (int)shell.last_background);
        output_flush("jobs", 0);
    }
}

void jobs_detach(struct job *job)
{
    last_number = numbered_count == 0 ? 1 : last_number + 1;
    numbered_count++;
    job->number = last_number;
    job->link = background_end;
    *background_end = job;
    background_end = &job->next;
    if (first_pid(job) == 0) {
        discard(job);
        return;
    }
    shell.last_background = job->processes[job->started - 1].pid;
    tell_start(job);
}

int jobs_to_foreground(unsigned number)
{
    struct job *job = find_job(number);

    if (job == NULL || !job->has_group) {
        return STATUS_NOT_FOUND;
    }
    output_format("%s\n", job->name);
    output_flush("fg", 0);
    job->place = JOB_FOREGROUND;
    terminal_give(first_pid(job));
    return jobs_wait(job);
}

int jobs_wait_process(pid_t pid)
{
    struct process *process = find(pid);

    while (process != NULL && process->is_running) {
        if (!wait_for(process, 0) && shell_is_interrupted()) {
            return shell.status;
        }
    }
    if (process == NULL) {
        return STATUS_NOT_FOUND;
    }
    int status = process->status;

    if (process->job->running == 0) {
        tell_signals(process->job);
        discard(process->job);
    }
    return status;
}

/* Wait for a background job, and forget it. Returns its status, or the shell's when that was interrupted. */
static int wait_for_job(struct job *job)
{
    for (size_t i = 0; i < job->started; i++) {
        while (job->processes[i].is_running) {
            if (!wait_for(&job->processes[i], 0) && shell_is_interrupted()) {
                return shell.status;
            }
        }
    }
    int status = status_of(job);

    tell_signals(job);
    discard(job);
    return status;
}

int jobs_wait_job(unsigned number)
{
    struct job *job = find_job(number);

    return job == NULL ? STATUS_NOT_FOUND : wait_for_job(job);
}

void jobs_wait_all(void)
{
    while (background != NULL && shell.control == CONTROL_NONE) {
        wait_for_job(background);
    }
}

static void tell_end(struct job *job)
{
    const struct process *last = &job->processes[job->started - 1];

    if (last->signal == 0) {
        output_format("[%u] ended with status %d: %s\n", job->number, last->status, job->name);
    }
    tell_signals(job);
    forget_untold(job);
    forget_number(job);
}

void jobs_notice(void)
{
    int wait_status;
    pid_t pid;

    while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0) {
        note_end(pid, wait_status);
    }
    while (shell.is_interactive && ended != NULL) {
        tell_end(ended);
    }
    if (shell.is_interactive) {
        output_flush("jobs", 0);
    }
}

void jobs_print(void)
{
    for (struct job *job = background; job != NULL; job = job->next) {
        for (size_t i = 0; i < job->started; i++) {
            if (job->processes[i].is_running) {
                wait_for(&job->processes[i], WNOHANG);
            }
        }
        if (job->running > 0) {
            output_format("[%u] running: %s\n", job->number, job->name);
        } else if (job->number != 0) {
            tell_end(job);
        }
    }
}
