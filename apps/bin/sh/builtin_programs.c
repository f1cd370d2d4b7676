/*
 * Builtins that are programs too: with all memory taken no program can be started, and then these still tell what there
 * is and end what is too much.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builtins.h"
#include "jobs.h"
#include "kill_command.h"
#include "output.h"
#include "shell.h"

int builtin_echo(size_t count, char **arguments)
{
    size_t first = count > 1 && strcmp(arguments[1], "-n") == 0 ? 2 : 1;

    for (size_t i = first; i < count; i++) {
        output_string(arguments[i]);
        output_string(i + 1 < count ? " " : "");
    }
    output_string(first == 1 ? "\n" : "");
    return 0;
}

enum { TARGET_BYTES = 12 };

/* What the program kill takes for the job that @word names. Returns false after a complaint. */
static bool find_job(const char *word, char target[TARGET_BYTES])
{
    unsigned number;

    if (!builtin_job("kill", word, &number)) {
        return false;
    }
    snprintf(target, TARGET_BYTES, "%d", (int)jobs_target(number));
    return true;
}

/* The same words, each job replaced. NULL after a complaint; the caller frees it. */
static char **without_jobs(size_t count, char **arguments)
{
    static char end_of_options[] = "--";
    char **words = calloc(1, (count + 2) * sizeof(*words) + count * TARGET_BYTES);

    if (words == NULL) {
        shell_out_of_memory();
        return NULL;
    }
    char *target = (char *)&words[count + 2];
    size_t used = 0;

    for (size_t i = 0; i < count; i++, target += TARGET_BYTES) {
        if (arguments[i][0] != '%') {
            words[used++] = arguments[i];
            continue;
        }
        if (!find_job(arguments[i], target)) {
            free(words);
            return NULL;
        }
        if (i == 1) {
            words[used++] = end_of_options; /* a group in front would be a signal's number */
        }
        words[used++] = target;
    }
    return words;
}

int builtin_kill(size_t count, char **arguments)
{
    char **words = without_jobs(count, arguments);

    if (words == NULL) {
        return 1;
    }
    int status = kill_command(words);

    free(words);
    return status;
}
