#pragma once

#include "hostile.h"

/*
 * The parts of pointers: rows of calls, each with one pointer left open. See main.c.
 */
enum { READS = 1, WRITES = 2 };

/* At least two bytes are moved, so that one that begins on a mapping's last byte crosses its end. */
struct pointer_call {
    const char *name;
    int access;
    int64_t (*call)(uint64_t pointer);
};

struct pointer_calls {
    const struct pointer_call *rows;
    size_t count;
};

extern const struct pointer_calls pointer_file_calls, pointer_path_calls, pointer_terminal_calls, pointer_task_calls,
    pointer_signal_calls, pointer_machine_calls, pointer_object_calls, pointer_own_calls;

/* What the calls are tried on. */
extern int64_t pointer_file, pointer_folder, pointer_child;
extern int32_t pointer_pipe[2]; /* with some bytes in it */
extern const char pointer_true_path[];
extern const char *const pointer_true_arguments[];

/* Calls that main.c makes with pointers of its own. */
int64_t call_read(uint64_t pointer);
int64_t call_openat(uint64_t pointer);
int64_t call_getdents64(uint64_t pointer);
int64_t call_fstat(uint64_t pointer);
int64_t call_chdir(uint64_t pointer);
int64_t call_nanosleep(uint64_t pointer);
int64_t call_clock_gettime(uint64_t pointer);
int64_t call_usage(uint64_t pointer);
int64_t call_spawn(uint64_t pointer);
int64_t call_spawn_path(uint64_t pointer);
int64_t call_spawn_argv(uint64_t pointer);
int64_t call_spawn_argument(uint64_t pointer);
int64_t call_spawn_envp(uint64_t pointer);
int64_t call_execve_path(uint64_t pointer);
int64_t call_execve_argv(uint64_t pointer);
int64_t call_execve_argument(uint64_t pointer);
int64_t call_execve_envp(uint64_t pointer);
