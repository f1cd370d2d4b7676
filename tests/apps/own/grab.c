/*
 * grab WHAT: takes one thing until it is refused, says how many there were and what the refusal was, and gives all back.
 *
 *     pages         touches memory; the touch that finds no frame ends the program
 *     entries       maps pages that can't be one mapping
 *     descriptors   dup()
 *     tasks         starts programs that wait
 *     held N        touches N pages, says so, and keeps them until its input ends
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE_BYTES 4096u
#define TASKS_MAX 1000

static int report(unsigned count)
{
    int error = errno;

    printf("%u, then %s\n", count, strerror(error));
    return 0;
}

static void *map(size_t size, int protection)
{
    return mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static int grab_pages(void)
{
    size_t size = (size_t)1 << 30;
    volatile char *memory = map(size, PROT_READ | PROT_WRITE);

    if (memory == MAP_FAILED) {
        return report(0);
    }
    for (size_t at = 0; at < size; at += PAGE_BYTES) {
        memory[at] = 1;
    }
    return 1;
}

static int grab_entries(void)
{
    unsigned count = 0;

    while (map(PAGE_BYTES, count % 2 == 0 ? PROT_READ : PROT_READ | PROT_WRITE) != MAP_FAILED) {
        count++;
    }
    return report(count);
}

static int grab_descriptors(void)
{
    unsigned count = 0;

    while (dup(0) >= 0) {
        count++;
    }
    return report(count);
}

static int grab_tasks(void)
{
    static pid_t pids[TASKS_MAX];
    char *arguments[] = { "sleep", "100", NULL };
    unsigned count = 0;

    while (count < TASKS_MAX &&
           (errno = posix_spawn(&pids[count], "/bin/sleep", NULL, NULL, arguments, environ)) == 0) {
        count++;
    }
    report(count);
    for (unsigned i = 0; i < count; i++) {
        kill(pids[i], SIGKILL);
        waitpid(pids[i], NULL, 0);
    }
    return 0;
}

static int hold(size_t count)
{
    volatile char *memory = map(count * PAGE_BYTES, PROT_READ | PROT_WRITE);
    char byte;

    for (size_t i = 0; memory != MAP_FAILED && i < count; i++) {
        memory[i * PAGE_BYTES] = 1;
    }
    printf("%zu pages\n", count);
    fflush(stdout);
    while (read(0, &byte, 1) > 0) {
    }
    return 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } kinds[] = {
        { "pages", grab_pages },
        { "entries", grab_entries },
        { "descriptors", grab_descriptors },
        { "tasks", grab_tasks },
    };

    if (argc == 3 && strcmp(argv[1], "held") == 0) {
        return hold(strtoul(argv[2], NULL, 10));
    }
    for (size_t i = 0; argc == 2 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, argv[1]) == 0) {
            return kinds[i].run();
        }
    }
    fputs("usage: grab pages | entries | descriptors | tasks | held PAGES\n", stderr);
    return 2;
}
