#!/usr/bin/env python3
"""List the words of a prelinked library that hold an address inside it.

usage: slides.py IMAGE.elf OUT.S      (IMAGE.elf linked with -q)

The list is what lets the library lie elsewhere: add the slide to each of these words, and nothing else changes. It
holds R_RISCV_64 words and .got slots (the linker resolves those without a relocation in its output). Each must be in
the data window; one in text would make pages of text differ, so it is refused.
"""

import struct
import sys

import elf

TEXT_WINDOW, DATA_WINDOW, WINDOW_BYTES = 0x70000000, 0x80000000, 0x10000000


def in_windows(address):
    return TEXT_WINDOW <= address < DATA_WINDOW + WINDOW_BYTES


def relocated_words(image):
    symbols = list(image.symbols())
    for section in image.sections:
        if section.type != elf.SHT_RELA or not image.sections[section.info].flags & elf.SHF_ALLOC:
            continue
        for relocation in image.relocations(section):
            symbol = symbols[relocation.symbol]
            if relocation.type == elf.R_RISCV_64 and in_windows(symbol.value + relocation.addend):
                yield relocation.offset


def got_words(image):
    got = image.section(".got")
    if got is None:
        return
    for index, (value,) in enumerate(struct.iter_unpack("<Q", image.content(got))):
        if in_windows(value):
            yield got.addr + 8 * index


def main():
    image = elf.Elf(sys.argv[1])
    words = sorted(set(relocated_words(image)) | set(got_words(image)))
    for address in words:
        if not DATA_WINDOW <= address < DATA_WINDOW + WINDOW_BYTES:
            section = next(s for s in image.sections if s.addr <= address < s.addr + s.size and s.addr)
            sys.exit(
                f"{sys.argv[1]}: {section.name} holds an address at {address:#x}: only the data window may; "
                "name the object file in libc.ld beside those that are moved there"
            )
    with open(sys.argv[2], "w", encoding="ascii") as out:
        out.write('    .section .pando.slides, "a"\n    .balign 4\n')
        for address in words:
            out.write(f"    .word {address - DATA_WINDOW:#x}\n")


if __name__ == "__main__":
    main()
