/* Three pages, no two alike, behind the one with the headers. */
    .section .rodata, "a"
    .balign 4096
    .set page, 1
    .rept 3
    .quad page
    .zero 4088
    .set page, page + 1
    .endr
