/* 16 MiB less the ELF headers' page; each word has another value, so that no two pages are equal. */
__asm__(".section .rodata\n"
        ".set value, 0\n"
        ".rept (16 * 1024 - 4) * 1024 / 4\n"
        "    .word value\n"
        "    .set value, value + 1\n"
        ".endr\n");
