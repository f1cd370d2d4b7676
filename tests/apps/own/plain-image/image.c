/* Text that is never run. */
__asm__(".text\n"
        ".rept 1000\n"
        "    .word 0x00000013\n"
        ".endr\n");
