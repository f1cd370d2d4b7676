/* See inputs.h. */
#include "inputs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool complain(const char *program, const char *name, int error)
{
    fprintf(stderr, "%s: %s: %s\n", program, name, strerror(error));
    return false;
}

static bool is_folder(FILE *input)
{
    struct stat status;

    return fstat(fileno(input), &status) == 0 && S_ISDIR(status.st_mode);
}

static bool read_one(const char *program, const char *name, inputs_reader *read, void *context)
{
    bool is_standard = strcmp(name, "-") == 0;
    FILE *input = is_standard ? stdin : fopen(name, "r");

    if (input == NULL) {
        return complain(program, name, errno);
    }
    bool is_done = is_folder(input) ? complain(program, name, EISDIR) : read(input, name, context);

    if (is_done && ferror(input)) {
        is_done = complain(program, name, errno);
    }
    if (!is_standard) {
        fclose(input);
    }
    return is_done;
}

int inputs_each(const char *program, char **names, inputs_reader *read, void *context)
{
    char *standard[] = { "-", NULL };
    bool is_done = true;

    for (char **name = names[0] == NULL ? standard : names; *name != NULL; name++) {
        is_done &= read_one(program, *name, read, context);
    }
    if (fflush(stdout) != 0) {
        is_done = complain(program, "output", errno);
    }
    return is_done ? 0 : 1;
}

int inputs_first(char **argv, int first)
{
    const char *word = argv[first];

    if (word == NULL || word[0] != '-' || word[1] == '\0') {
        return first;
    }
    return strcmp(word, "--") == 0 ? first + 1 : 0;
}

bool inputs_number(const char *word, long low, long high, long *out)
{
    char *end;

    errno = 0;
    long value = strtol(word, &end, 10);

    if (errno != 0 || end == word || *end != '\0' || value < low || value > high) {
        return false;
    }
    *out = value;
    return true;
}
