/*
 * Starting jobs. The stages are started from the first to the last; for each, the ends of its pipes are made standard
 * input and output of this shell for that moment, and its own redirections are made on top of them.
 */
#include "pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "inherit.h"
#include "jobs.h"
#include "redirect.h"
#include "run.h"
#include "shell.h"

#define READ_BYTES 512

/* How a job is started. */
struct start {
    struct script *script;
    struct job *job;
    bool is_tested;
    int input; /* what the next stage reads, and its standard output: -1: the shell's own */
    int output;
};

static void start_shell(const struct start *start, const struct node *node)
{
    struct inherit_commands commands = {
        .text = script_extract(start->script, node->text),
        .name = start->script->name,
        .line = script_line(start->script, node->text.start),
        .is_tested = start->is_tested,
    };
    pid_t pid = 0;
    int status = STATUS_CANNOT_RUN;

    if (commands.text == NULL) {
        shell_out_of_memory();
    } else {
        status = inherit_start(&pid, &commands, jobs_group(start->job));
    }
    jobs_add(start->job, status, pid);
    free((char *)commands.text);
}

static void start_stage(const struct start *start, const struct node *node)
{
    struct redirect saved = { 0 };
    bool is_connected = (start->input < 0 || redirect_set(&saved, STDIN_FILENO, start->input)) &&
                        (start->output < 0 || redirect_set(&saved, STDOUT_FILENO, start->output));

    if (!is_connected) {
        jobs_add(start->job, STATUS_CANNOT_RUN, 0);
    } else if (command_can_start(start->script, node)) {
        command_start(start->job, start->script, node);
    } else {
        start_shell(start, node);
    }
    redirect_undo(&saved);
}

static void close_end(int fd)
{
    if (fd >= 0) {
        close(fd);
    }
}

/* Start @count stages from @node on; the last one writes to @output. */
static void start_stages(struct start *start, const struct node *node, size_t count, int output)
{
    for (size_t i = 0; i < count && node != NULL; i++, node = node->next) {
        int ends[2] = { -1, output };

        if (i + 1 < count && !redirect_pipe(ends)) {
            jobs_add(start->job, STATUS_CANNOT_RUN, 0);
            break;
        }
        start->output = ends[1];
        start_stage(start, node);
        close_end(start->input);
        if (i + 1 < count) {
            close(ends[1]);
        }
        start->input = ends[0];
    }
    close_end(start->input);
}

/* Start @node, whose first stage reads @input (-1: the shell's; closed here), as a job. NULL: no memory. */
static struct job *start_job(struct script *script, const struct node *node, enum job_place place, int input,
                             int output)
{
    bool has_stages = node->kind == NODE_PIPELINE && !node->pipeline.is_negated && !node->pipeline.is_timed;
    size_t count = has_stages ? node->pipeline.count : 1;
    struct slice text = node->text;
    struct job *job = jobs_new(place, count, script->text.data + text.start, text.end - text.start);
    struct start start = { .script = script, .job = job, .input = input };

    if (job == NULL) {
        close_end(input);
        return NULL;
    }
    start.is_tested = place == JOB_FOREGROUND && shell.is_tested;
    start_stages(&start, has_stages ? node->pipeline.stages : node, count, output);
    return job;
}

static void run_job(struct script *script, const struct node *node)
{
    struct job *job = start_job(script, node, JOB_FOREGROUND, -1, -1);

    if (job != NULL) {
        shell.status = jobs_wait(job);
    }
}

void pipeline_run_subshell(struct script *script, struct node *node)
{
    run_job(script, node);
}

/* --- Background */

void pipeline_run_background(struct script *script, struct node *node)
{
    int input = -1;

    jobs_notice();
    /* Without job control it is in the terminal's group all the same: what is typed is not for it. */
    if (!shell.has_job_control) {
        shell.starts_deaf = true;
        input = open("/dev/null", O_RDONLY | O_CLOEXEC);
        input = input < 0 ? -1 : redirect_raise(input);
    }
    struct job *job = start_job(script, node, JOB_BACKGROUND, input, -1);

    shell.starts_deaf = false;
    if (job != NULL) {
        shell.status = 0;
        jobs_detach(job);
    }
}

/* --- Pipelines */

static int64_t microseconds(struct timeval time)
{
    return (int64_t)time.tv_sec * 1000000 + time.tv_usec;
}

/* Of this shell and of all its children that have ended. */
struct times {
    int64_t real;
    int64_t user;
    int64_t system;
};

static struct times read_times(void)
{
    struct timespec now;
    struct rusage own = { 0 }, children = { 0 };

    clock_gettime(CLOCK_MONOTONIC, &now);
    getrusage(RUSAGE_SELF, &own);
    getrusage(RUSAGE_CHILDREN, &children);
    return (struct times){
        .real = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000,
        .user = microseconds(own.ru_utime) + microseconds(children.ru_utime),
        .system = microseconds(own.ru_stime) + microseconds(children.ru_stime),
    };
}

static void print_time(const char *name, int64_t before, int64_t after)
{
    long difference = after > before ? (long)(after - before) : 0;

    fprintf(stderr, "%s %ld.%06ld\n", name, difference / 1000000, difference % 1000000);
}

static void run_stages(struct script *script, struct node *node, unsigned flags)
{
    if (node->pipeline.count > 1) {
        struct node untimed = *node;

        untimed.pipeline.is_negated = untimed.pipeline.is_timed = false;
        run_job(script, &untimed);
    } else {
        run_node(script, node->pipeline.stages, node->pipeline.is_negated ? RUN_TESTED : flags & ~RUN_LAST);
    }
}

void pipeline_run(struct script *script, struct node *node, unsigned flags)
{
    struct times before = { 0 };

    if (node->pipeline.is_timed) {
        before = read_times();
    }
    run_stages(script, node, flags);
    if (node->pipeline.is_timed) {
        struct times after = read_times();

        print_time("real", before.real, after.real);
        print_time("user", before.user, after.user);
        print_time("sys ", before.system, after.system);
    }
    if (node->pipeline.is_negated && shell.control == CONTROL_NONE) {
        shell.status = shell.status == 0;
    }
}

/* --- Output */

static void read_all(int fd, struct text *output)
{
    char buffer[READ_BYTES];
    ssize_t got;

    while ((got = read(fd, buffer, sizeof(buffer))) > 0 || (got < 0 && errno == EINTR && !shell_interrupt)) {
        for (ssize_t i = 0; i < got; i++) {
            if (buffer[i] != '\0') {
                text_put(output, buffer[i]);
            }
        }
    }
}

bool pipeline_read(struct script *script, struct node *node, struct text *output)
{
    int ends[2];

    shell.substitution_count++;
    if (!redirect_pipe(ends)) {
        shell_give_up();
        return false;
    }
    struct job *job = start_job(script, node, JOB_INNER, -1, ends[1]);

    close(ends[1]);
    if (job != NULL) {
        read_all(ends[0], output);
    }
    close(ends[0]);
    if (job == NULL) {
        return false;
    }
    shell.substitution_status = jobs_wait(job);
    return !shell_is_interrupted() && shell.control == CONTROL_NONE;
}

bool pipeline_start_writer(const char *document, int fd)
{
    struct redirect saved = { 0 };
    pid_t pid;

    jobs_notice();
    bool is_started = redirect_set(&saved, STDOUT_FILENO, fd) && inherit_start_writer(&pid, document, -1) == 0;

    redirect_undo(&saved);
    return is_started;
}
