#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Jobs: processes that were started together, and how they ended.
 */
struct job;

enum job_place {
    JOB_FOREGROUND, /* with job control it gets the terminal */
    JOB_BACKGROUND,
    JOB_INNER, /* a part of a command: in the shell's own group */
};

/*
 * A job of @process_count processes that the user knows by @name, none of which is there yet. NULL: no memory, which
 * has been complained about. It is to be handed to jobs_wait() or jobs_detach().
 */
struct job *jobs_new(enum job_place place, size_t process_count, const char *name, size_t name_length);

/* The group in which its next process is to start: 0, a new one; -1, the shell's. */
pid_t jobs_group(const struct job *job);

/* Its next process is @pid; or, with a @status that is not 0, it could not be started, which has that status. */
void jobs_add(struct job *job, int status, pid_t pid);

/*
 * Wait until all its processes have ended, say so when a signal ended one, and free it. Returns the status of the last
 * one. With job control, an interrupt that ended it is one of the shell too.
 */
int jobs_wait(struct job *job);

/* Leave it in the background, where its end is noticed; it gets a number, which is told to who types. */
void jobs_detach(struct job *job);

/*
 * Background jobs by the number that the user sees; JOBS_LATEST is the latest. A job whose end was told has none.
 * What kill() takes for all of the job (without job control, for its last process); 0: there is no such job.
 */
#define JOBS_LATEST 0
pid_t jobs_target(unsigned number);

/*
 * Wait for such a job; and the same while it has the terminal. Return its status, or STATUS_NOT_FOUND.
 */
int jobs_wait_job(unsigned number);
int jobs_to_foreground(unsigned number);

/* Wait for a process of a background job, which may have ended already. Returns its status, 127: there is none. */
int jobs_wait_process(pid_t pid);

/* Wait for all background jobs, and forget them. */
void jobs_wait_all(void);

/* Notice which children have ended, without waiting; in an interactive shell print a line for each background job. */
void jobs_notice(void);

/* Print a line for each background job that has a number. */
void jobs_print(void);
