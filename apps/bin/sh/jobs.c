/*
 * Children of the shell.
 *
 * A background job is running, or ended with a status that wait has not asked for yet; only wait takes it off the
 * list. Every way of learning that a child ended goes through note_end(), so that none is lost whoever was waited for.
 */
#include "sh.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define NOT_FOUND 127
#define NAME_BYTES 24

struct job {
    pid_t pid;
    bool has_ended;
    int status; /* once it has */
    char name[NAME_BYTES];
};

static struct job *jobs;
static size_t job_count;

static int status_of(int wait_status, const char *name)
{
    if (!WIFSIGNALED(wait_status)) {
        return WEXITSTATUS(wait_status);
    }
    int number = WTERMSIG(wait_status);

    fprintf(stderr, "sh: %s: killed by signal %d (%s)\n", name, number, strsignal(number));
    return 128 + number;
}

static struct job *find(pid_t pid)
{
    for (size_t i = 0; i < job_count; i++) {
        if (jobs[i].pid == pid) {
            return &jobs[i];
        }
    }
    return NULL;
}

static void forget(struct job *job)
{
    *job = jobs[--job_count];
}

static struct job *note_end(pid_t pid, int wait_status)
{
    struct job *job = find(pid);

    if (job != NULL && !job->has_ended) {
        job->has_ended = true;
        job->status = status_of(wait_status, job->name);
    }
    return job;
}

void jobs_add(pid_t pid, const char *name)
{
    struct job *grown = reallocarray(jobs, job_count + 1, sizeof(*grown));

    if (grown == NULL) {
        return;
    }
    jobs = grown;
    jobs[job_count] = (struct job){ .pid = pid };
    strlcpy(jobs[job_count].name, name, NAME_BYTES);
    job_count++;
}

int jobs_wait_foreground(pid_t pid, const char *name)
{
    int wait_status;

    while (waitpid(pid, &wait_status, 0) != pid) {
        if (errno != EINTR) {
            return NOT_FOUND;
        }
    }
    return status_of(wait_status, name);
}

int jobs_wait(pid_t pid)
{
    struct job *job = find(pid);

    if (job == NULL) {
        return NOT_FOUND;
    }
    if (!job->has_ended) {
        job->status = jobs_wait_foreground(pid, job->name);
    }
    int status = job->status;

    forget(job);
    return status;
}

void jobs_wait_all(void)
{
    while (job_count > 0) {
        jobs_wait(jobs[0].pid);
    }
}

void jobs_notice(void)
{
    int wait_status;
    pid_t pid;

    while (job_count > 0 && (pid = waitpid(-1, &wait_status, WNOHANG)) > 0) {
        struct job *job = note_end(pid, wait_status);

        if (job != NULL && WIFEXITED(wait_status)) {
            printf("[%d] %s: ended with status %d\n", (int)pid, job->name, job->status);
        }
    }
}
