/*
 * A program's first instructions. On entry: sp = argc, argv, 0, envp, 0, auxiliary vector; all else is undefined.
 * On leaving: a0 = that stack, a1 = where this program's parts are, gp = this program's own, ra = 0 (end of a
 * backtrace). pando_start() does not return.
 */
    .section .text.start, "ax"
    .globl _start
    .type _start, @function
_start:
    .option push
    .option norelax
    lla gp, __global_pointer$
    .option pop
    li ra, 0
    mv a0, sp
    lla a1, app_image
    tail pando_start
    .size _start, . - _start

/* struct app_image of libc.h */
    .section .rodata.app_image, "a"
    .balign 8
app_image:
    .quad main
    .quad app_init_start
    .quad app_init_end
    .quad app_fini_start
    .quad app_fini_end
    .quad app_tls_image
    .quad app_tls_file_bytes
    .quad app_tls_bytes
