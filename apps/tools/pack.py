#!/usr/bin/env python3
"""Turn a linked ELF file into what goes into the initrd: segments and nothing else.

usage: pack.py LINKED.elf PACKED

Each PT_LOAD with file content is padded with zeros to whole pages, in the file and in its header, so that the
supervisor maps the file's own pages and copies none to clean their ends. Empty segments and section headers go.
Refused: segments that are writable and executable, misaligned, or overlap on a page.
"""

import os
import sys

import elf

PAGE = 4096


def page_up(value):
    return (value + PAGE - 1) // PAGE * PAGE


def padded(segment):
    filesz = page_up(segment.filesz)
    return segment._replace(filesz=filesz, memsz=max(segment.memsz, filesz), align=PAGE)


def check(path, loads):
    end = 0
    for load in loads:
        if load.flags & elf.PF_W and load.flags & elf.PF_X:
            sys.exit(f"{path}: the segment at {load.vaddr:#x} is writable and executable")
        if load.vaddr % PAGE or load.offset % PAGE:
            sys.exit(f"{path}: the segment at {load.vaddr:#x} does not begin on a page (file offset {load.offset:#x})")
        if load.vaddr < end:
            sys.exit(f"{path}: the segment at {load.vaddr:#x} overlaps the one before it")
        end = load.vaddr + page_up(load.memsz)


def pack(path):
    source = elf.Elf(path)
    kept = [s for s in source.segments if s.memsz > 0]
    loads = [s for s in kept if s.type == elf.PT_LOAD]
    check(path, loads)

    image = bytearray(max((s.offset + page_up(s.filesz) for s in loads), default=0))
    for load in loads:
        image[load.offset : load.offset + load.filesz] = source.data[load.offset : load.offset + load.filesz]

    header = list(source.header)
    phoff, phnum = header[5], len(source.segments)
    header[6] = header[12] = header[13] = 0  # no section headers
    header[11] = 0
    header[10] = len(kept)
    image[: elf.EHDR.size] = elf.EHDR.pack(*header)
    image[phoff : phoff + phnum * elf.PHDR.size] = bytes(phnum * elf.PHDR.size)
    for index, segment in enumerate(kept):
        out = padded(segment) if segment.type == elf.PT_LOAD else segment
        elf.PHDR.pack_into(image, phoff + index * elf.PHDR.size, *out)
    return image


def main():
    image = pack(sys.argv[1])
    with open(sys.argv[2], "wb") as out:
        out.write(image)
    os.chmod(sys.argv[2], 0o755)


if __name__ == "__main__":
    main()
