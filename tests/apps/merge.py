#!/usr/bin/env python3
"""Make one static ELF of a packed program and the shared library it needs, for qemu-riscv64 user mode.

usage: merge.py PROGRAM LIBRARY OUT

Both images stay byte for byte what the board runs, at the addresses where it runs them.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../apps/tools"))
import elf  # noqa: E402

PAGE = 4096
BELOW = 0x10000  # room for a header page in front of the first segment


def merge(program_path, library_path):
    program, library = elf.Elf(program_path), elf.Elf(library_path)
    body = bytearray(PAGE)
    loads = []
    for image in (library, program):
        for load in image.segments:
            if load.type == elf.PT_LOAD:
                loads.append(load._replace(offset=len(body), align=PAGE))
                body += image.data[load.offset : load.offset + load.filesz]
                body += bytes(-len(body) % PAGE)
    # User mode finds the headers through the first segment.
    first = min(load.vaddr for load in loads) - BELOW
    headers = elf.Segment(elf.PT_LOAD, elf.PF_R, 0, first, first, PAGE, PAGE, PAGE)
    header = list(program.header)
    header[5], header[10] = elf.EHDR.size, len(loads) + 1
    body[: elf.EHDR.size] = elf.EHDR.pack(*header)
    for index, load in enumerate([headers] + loads):
        elf.PHDR.pack_into(body, elf.EHDR.size + index * elf.PHDR.size, *load)
    return body


def main():
    with open(sys.argv[3], "wb") as out:
        out.write(merge(sys.argv[1], sys.argv[2]))
    os.chmod(sys.argv[3], 0o755)


if __name__ == "__main__":
    main()
