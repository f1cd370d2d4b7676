#!/usr/bin/env python3
"""What an application's link needs of a prelinked library.

usage: exports.py IMAGE.elf NAME EXPORTS.ld GLUE.S

EXPORTS.ld gives the library's functions and variables their addresses, GLUE.S holds the note that asks for the
library by name and build id, and reserves the library's thread-local block at the start of the application's.
"""

import sys

import elf

NAME_BYTES = 32  # ABI_LIBRARY_NAME_BYTES
GLOBAL, WEAK = 1, 2
PRIVATE_PREFIX = "libc_image_"


def exported(image):
    def is_exported(symbol):
        return symbol.bind in (GLOBAL, WEAK) and symbol.section and not symbol.name.startswith(PRIVATE_PREFIX)

    return sorted(filter(is_exported, image.symbols()), key=lambda symbol: (symbol.value, symbol.name))


def write_exports(path, symbols):
    with open(path, "w", encoding="ascii") as out:
        for symbol in symbols:
            if symbol.type != elf.STT_TLS:
                out.write(f"PROVIDE({symbol.name} = {symbol.value:#x});\n")


def write_note(out, name, build_id):
    padded = name.encode() + bytes(NAME_BYTES - len(name))
    out.write('    .section .note.pando, "a", @note\n    .balign 4\n')
    out.write(f'    .word 6, {NAME_BYTES + len(build_id)}, 1\n    .asciz "Pando"\n    .balign 4\n')
    out.write("    .byte " + ", ".join(str(b) for b in padded + build_id) + "\n")


def skip(out, size):
    if size:
        out.write(f"    .zero {size}\n")


def write_tls(out, image, symbols):
    block = next(s.value for s in image.symbols() if s.name == "libc_image_tls_bytes")
    out.write('\n    .section .tls_reserve, "awT", @nobits\n    .balign 16\n')
    at = 0
    for symbol in symbols:
        if symbol.type == elf.STT_TLS:
            skip(out, symbol.value - at)
            out.write(f"    .globl {symbol.name}\n")
            out.write(f"    .type {symbol.name}, @object\n{symbol.name}:\n    .zero {symbol.size}\n")
            at = symbol.value + symbol.size
    skip(out, block - at)


def main():
    source, name, exports, glue = sys.argv[1:]
    image = elf.Elf(source)
    symbols = exported(image)
    write_exports(exports, symbols)
    with open(glue, "w", encoding="ascii") as out:
        write_note(out, name, image.build_id())
        write_tls(out, image, symbols)


if __name__ == "__main__":
    main()
