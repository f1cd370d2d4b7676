/* Text that is never run: two pages of it. */
__asm__(".text\n"
        ".rept 1500\n"
        "    .word 0x00000013\n"
        ".endr\n");
