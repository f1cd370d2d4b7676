/* Text that is never run: four pages with the ELF headers in front of it. */
__asm__(".text\n"
        ".rept (16 - 1) * 1024 / 4\n"
        "    .word 0x00000013\n"
        ".endr\n");
