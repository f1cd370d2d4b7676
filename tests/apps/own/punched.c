/*
 * punched: has the supervisor write its reports into pages that a child takes away all the time, by holes in the object
 * that they show. Each report comes, whole: what the pages show by the time that it is there is the child's affair.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pando.h"

#define SIZE 8192
#define REPORTS 1500

static void check(int succeeded, const char *what)
{
    if (!succeeded) {
        perror(what);
        exit(1);
    }
}

int main(void)
{
    int file = memfd_create("rows", 0);

    check(file >= 0 && ftruncate(file, SIZE) == 0, "memfd");
    void *rows = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

    check(rows != MAP_FAILED, "mmap");
    pid_t child = fork();

    check(child >= 0, "fork");
    if (child == 0) {
        while (fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, SIZE) == 0) {
        }
        return 1;
    }
    for (int i = 0; i < REPORTS; i++) {
        struct abi_usage usage;

        check(pando_task_map(child, rows, SIZE / sizeof(struct abi_mapping)) > 4, "task_map");
        check(pando_tasks(rows, SIZE / sizeof(struct abi_task)) > 2, "tasks");
        check(pando_usage(&usage, rows, SIZE / sizeof(struct abi_task_usage)) > 2, "usage");
    }
    kill(child, SIGKILL);
    int status;

    check(waitpid(child, &status, 0) == child && WIFSIGNALED(status), "the child has ended before");
    printf("%d reports\n", 3 * REPORTS);
    return fflush(stdout) == 0 ? 0 : 1;
}
