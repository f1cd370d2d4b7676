/*
 * From a program's first instruction to its last: what crt0 calls, and exit().
 *
 * A task begins with nothing but a stack, laid out as Linux does it (argc, argv, 0, envp, 0, auxiliary vector), and
 * all other memory below it zero. The thread pointer's block is put on that same stack, so that a small program
 * writes one page in all:
 *
 *     tp + 0                          the library's own thread-local variables (errno, ...)
 *     tp + libc_image_tls_bytes       the application's, whose link reserves the library's block first
 *
 * Two things keep library data unwritten in a program that does nothing with it: environ is only set when there is
 * an environment, and the application's destructors are only noted when there are any.
 *
 * Typical use, from crt0.S: pando_start(initial_sp, &app_image).
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libc.h"

#define TLS_ALIGNMENT 64u /* app.ld allows no more */

/* Set by libc.ld: the library's thread-local image, and the size of its block, a multiple of 16. */
extern const char libc_image_tls_start[];
extern const char libc_image_tls_file_bytes[];
extern const char libc_image_tls_bytes[];

extern void __call_exitprocs(int status, void *param);

static void (**fini_start)(void);
static void (**fini_end)(void);

/* Beside the stack's other words: a program that prints nothing writes no page for it. */
static _Thread_local char **start_argv;

const char *libc_program_name(void)
{
    if (start_argv[0] == NULL) {
        return "?";
    }
    const char *slash = strrchr(start_argv[0], '/');

    return slash != NULL ? slash + 1 : start_argv[0];
}

static size_t symbol_value(const char *symbol)
{
    return (size_t)symbol;
}

/* Not inlined: nothing in it may look at thread-local variables before the thread pointer is set. */
__attribute__((noinline, noreturn)) static void run(uint64_t *stack, const struct app_image *app)
{
    int argc = (int)stack[0];
    char **argv = (char **)(stack + 1);
    char **envp = argv + argc + 1;

    start_argv = argv;
    if (envp[0] != NULL) {
        environ = envp;
    }
    if (app->fini_start != app->fini_end) {
        fini_start = app->fini_start;
        fini_end = app->fini_end;
    }
    for (void (**init)(void) = app->init_start; init != app->init_end; init++) {
        (*init)();
    }
    exit(app->main(argc, argv, envp));
}

__attribute__((noreturn)) void pando_start(uint64_t *stack, const struct app_image *app);

__attribute__((noreturn)) void pando_start(uint64_t *stack, const struct app_image *app)
{
    size_t reserved = symbol_value(libc_image_tls_bytes);
    size_t size = app->tls_bytes > reserved ? app->tls_bytes : reserved;
    char *block = __builtin_alloca_with_align(size, TLS_ALIGNMENT * 8);

    /* What the images do not fill is zero already: it is stack that nobody has written yet. */
    memcpy(block, libc_image_tls_start, symbol_value(libc_image_tls_file_bytes));
    if (app->tls_file_bytes > reserved) {
        memcpy(block + reserved, app->tls_image + reserved, app->tls_file_bytes - reserved);
    }
    __asm__ volatile("mv tp, %0" : : "r"(block) : "memory");
    run(stack, app);
}

void exit(int status)
{
    __call_exitprocs(status, NULL);
    while (fini_end != fini_start) {
        fini_end--;
        (*fini_end)();
    }
    libc_flush_all();
    _exit(status);
}

void _exit(int status)
{
    for (;;) {
        raw_syscall1(SYS_exit_group, ARG(status));
    }
}
