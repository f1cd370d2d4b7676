/* execve() and its family. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi_types.h"
#include "libc.h"

#define PATH_BYTES 256
#define ARGUMENTS_MAX 256

int execve(const char *path, char *const argv[], char *const envp[])
{
    return (int)libc_result(raw_syscall3(SYS_execve, ARG(path), ARG(argv), ARG(envp)));
}

int fexecve(int fd, char *const argv[], char *const envp[])
{
    return (int)libc_result(raw_syscall6(SYS_execveat, ARG(fd), ARG(""), ARG(argv), ARG(envp), ABI_AT_EMPTY_PATH, 0));
}

int execv(const char *path, char *const argv[])
{
    return execve(path, argv, environ);
}

int execvpe(const char *file, char *const argv[], char *const envp[])
{
    const char *folder = libc_search_path();

    if (strchr(file, '/') != NULL) {
        return execve(file, argv, envp);
    }
    errno = ENOENT;
    while (errno == ENOENT && folder != NULL) {
        char path[PATH_BYTES];

        folder = libc_next_path(folder, file, path, sizeof(path));
        execve(path, argv, envp);
    }
    return -1;
}

int execvp(const char *file, char *const argv[])
{
    return execvpe(file, argv, environ);
}

/* The words of an argument list that ends with NULL. Returns false: there are too many. */
static bool gather(const char *first, va_list *rest, char *words[ARGUMENTS_MAX])
{
    size_t count = 0;

    for (const char *word = first; word != NULL; word = va_arg(*rest, const char *)) {
        if (count == ARGUMENTS_MAX - 1) {
            errno = E2BIG;
            return false;
        }
        words[count++] = (char *)word;
    }
    words[count] = NULL;
    return true;
}

int execl(const char *path, const char *first, ...)
{
    char *words[ARGUMENTS_MAX];
    va_list rest;

    va_start(rest, first);
    bool is_gathered = gather(first, &rest, words);

    va_end(rest);
    return is_gathered ? execv(path, words) : -1;
}

int execlp(const char *file, const char *first, ...)
{
    char *words[ARGUMENTS_MAX];
    va_list rest;

    va_start(rest, first);
    bool is_gathered = gather(first, &rest, words);

    va_end(rest);
    return is_gathered ? execvp(file, words) : -1;
}

int execle(const char *path, const char *first, ...)
{
    char *words[ARGUMENTS_MAX];
    char *const *envp = NULL;
    va_list rest;

    va_start(rest, first);
    bool is_gathered = gather(first, &rest, words);

    if (is_gathered) {
        envp = va_arg(rest, char *const *);
    }
    va_end(rest);
    return is_gathered ? execve(path, words, envp) : -1;
}
