#pragma once

/* For pipe2(). */
#define _GNU_SOURCE

#include <errno.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 * What these programs share. They look at what calls do over time and between programs, by the C library's names for
 * them, and print one line a case: `ok NAME`, or `FAIL NAME: got X, not Y`.
 */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MILLISECOND 1000000ll

static inline void expect(const char *name, long long got, long long wanted)
{
    if (got == wanted) {
        printf("ok %s\n", name);
    } else {
        printf("FAIL %s: got %lld, not %lld\n", name, got, wanted);
    }
}

static inline void expect_true(const char *name, bool is_true)
{
    expect(name, is_true, true);
}

/* A call that gave @result failed with @error. */
static inline void expect_error(const char *name, long long result, int error)
{
    expect(name, result == -1 ? errno : 0, error);
}

static inline long long now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static inline void nap(long long nanoseconds)
{
    struct timespec span = { nanoseconds / 1000000000, (long)(nanoseconds % 1000000000) };

    nanosleep(&span, NULL);
}

/* Start @program with two arguments; with its standard input and output if those are not -1. Returns its pid. */
static inline pid_t start_with(const char *program, const char *what, const char *argument, int in, int out)
{
    char path[64];
    char *const arguments[] = { (char *)program, (char *)what, (char *)argument, NULL };
    posix_spawn_file_actions_t actions;
    pid_t pid = -1;

    snprintf(path, sizeof(path), "/bin/%s", program);
    posix_spawn_file_actions_init(&actions);
    if (in >= 0) {
        posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    }
    if (out >= 0) {
        posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    }
    int error = posix_spawn(&pid, path, &actions, NULL, arguments, environ);

    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        printf("FAIL start: %s %s: error %d\n", program, what, error);
    }
    return pid;
}

/* As a shell shows it. */
static inline int status_of(pid_t pid)
{
    int status;

    if (waitpid(pid, &status, 0) != pid) {
        return -errno;
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
