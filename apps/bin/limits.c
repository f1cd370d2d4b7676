/*
 * limits: what the group of the caller may have, and has; -a: the same of all groups.
 * limits NAME=VALUE... COMMAND [ARGUMENT...]: runs COMMAND as the first task of a new group with these limits.
 *
 * A VALUE may end in K, M or G. What is not named is not limited, or half of what the caller's group has left where that
 * is limited; `guarantee` is 0 then.
 */
#include <errno.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pando.h"

#define CANNOT_RUN 126
#define NOT_FOUND 127
#define GROUPS_MAX 512

static const struct resource {
    const char *name;
    size_t offset;
} resources[] = {
    { "frames", offsetof(struct abi_limits, frames) },
    { "entries", offsetof(struct abi_limits, entries) },
    { "descriptors", offsetof(struct abi_limits, descriptors) },
    { "names", offsetof(struct abi_limits, names) },
    { "tasks", offsetof(struct abi_limits, tasks) },
    { "records", offsetof(struct abi_limits, records) },
    { "guarantee", offsetof(struct abi_limits, guarantee) },
};
enum { RESOURCES = sizeof(resources) / sizeof(resources[0]), GUARANTEE = RESOURCES - 1 };

static uint64_t get(const struct abi_limits *limits, size_t resource)
{
    return *(const uint64_t *)((const char *)limits + resources[resource].offset);
}

static void set(struct abi_limits *limits, size_t resource, uint64_t value)
{
    *(uint64_t *)((char *)limits + resources[resource].offset) = value;
}

static void print_group(const struct abi_group *group)
{
    printf("group %u, made with task %d, within group %u\n", group->id, (int)group->leader, group->maker);
    printf("%-12s %16s %16s %16s\n", "", "limit", "used", "given");
    for (size_t i = 0; i < RESOURCES; i++) {
        uint64_t limit = get(&group->limits, i);
        char text[24] = "none";

        if (limit != ABI_NO_LIMIT) {
            snprintf(text, sizeof(text), "%llu", (unsigned long long)limit);
        }
        printf("%-12s %16s %16llu %16llu\n", resources[i].name, text, (unsigned long long)get(&group->used, i),
               (unsigned long long)get(&group->given, i));
    }
}

static int fail(const char *what, int error)
{
    fprintf(stderr, "limits: %s: %s\n", what, pando_strerror(error));
    return 1;
}

static int print_groups(size_t capacity)
{
    static struct abi_group groups[GROUPS_MAX];
    int count = pando_limits(groups, capacity);

    if (count < 0) {
        return fail("can't ask", errno);
    }
    for (size_t i = 0; i < (size_t)count && i < capacity; i++) {
        print_group(&groups[i]);
    }
    return fflush(stdout) == 0 ? 0 : 1;
}

/* What a new group gets that is told nothing. */
static int default_limits(struct abi_limits *limits)
{
    struct abi_group own;

    if (pando_limits(&own, 1) < 0) {
        return fail("can't ask", errno);
    }
    for (size_t i = 0; i < RESOURCES; i++) {
        uint64_t limit = get(&own.limits, i), taken = get(&own.used, i) + get(&own.given, i);

        set(limits, i, limit == ABI_NO_LIMIT ? limit : limit > taken ? (limit - taken) / 2 : 0);
    }
    limits->guarantee = 0;
    return 0;
}

/* Whether @text is NAME=VALUE; then it is taken over. */
static int take_limit(struct abi_limits *limits, const char *text)
{
    static const char units[] = "KMG";
    const char *value = strchr(text, '=');
    size_t i = 0;

    while (value != NULL && i < RESOURCES &&
           (strlen(resources[i].name) != (size_t)(value - text) ||
            strncmp(resources[i].name, text, (size_t)(value - text)))) {
        i++;
    }
    if (value == NULL || i == RESOURCES || value[1] < '0' || value[1] > '9') {
        return 0;
    }
    char *end;
    unsigned long long number = strtoull(value + 1, &end, 10);
    const char *unit = *end == '\0' ? NULL : strchr(units, *end);
    unsigned shift = unit == NULL ? 0 : 10 * (unsigned)(unit - units + 1);

    if (end[unit != NULL] != '\0' || number > (UINT64_MAX / 2) >> shift) {
        return 0;
    }
    set(limits, i, number << shift);
    return 1;
}

static int run(const struct abi_limits *limits, char **argv)
{
    posix_spawnattr_t attributes;
    pid_t pid;
    int status, error = posix_spawnattr_init(&attributes);

    if (error == 0) {
        pando_spawnattr_setlimits(&attributes, limits);
        error = posix_spawnp(&pid, argv[0], NULL, &attributes, argv, environ);
        posix_spawnattr_destroy(&attributes);
    }
    if (error != 0) {
        fail(argv[0], error);
        return error == ENOENT ? NOT_FOUND : CANNOT_RUN;
    }
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return fail(argv[0], errno);
        }
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
    struct abi_limits limits;
    int at = 1;

    if (argc == 1) {
        return print_groups(1);
    }
    if (argc == 2 && strcmp(argv[1], "-a") == 0) {
        return print_groups(GROUPS_MAX);
    }
    if (default_limits(&limits) != 0) {
        return 1;
    }
    while (at < argc && take_limit(&limits, argv[at])) {
        at++;
    }
    if (at == argc || argv[at][0] == '-' || strchr(argv[at], '=') != NULL) {
        fputs("usage: limits [-a] | limits NAME=VALUE... COMMAND [ARGUMENT...]\n"
              "names: frames entries descriptors names tasks records guarantee\n",
              stderr);
        return 2;
    }
    return run(&limits, argv + at);
}
