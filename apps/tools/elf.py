"""What the image tools need of ELF64 little-endian files: headers, segments, sections, symbols, relocations."""

import struct
from collections import namedtuple

PT_LOAD, PT_NOTE = 1, 4
PT_SLIDES = 0x65500001  # ABI_PT_SLIDES
PF_X, PF_W, PF_R = 1, 2, 4
SHT_SYMTAB, SHT_RELA, SHT_NOBITS = 2, 4, 8
SHF_ALLOC, SHF_TLS = 2, 0x400
R_RISCV_64 = 2
STT_TLS = 6

EHDR = struct.Struct("<16sHHIQQQIHHHHHH")
PHDR = struct.Struct("<IIQQQQQQ")
SHDR = struct.Struct("<IIQQQQIIQQ")
SYM = struct.Struct("<IBBHQQ")
RELA = struct.Struct("<QQq")

Segment = namedtuple("Segment", "type flags offset vaddr paddr filesz memsz align")
Section = namedtuple("Section", "name type flags addr offset size link info align entsize")
Symbol = namedtuple("Symbol", "name bind type section value size")
Relocation = namedtuple("Relocation", "offset type symbol addend")


class Elf:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        self.header = EHDR.unpack_from(self.data)
        _, _, _, _, self.entry, phoff, shoff, _, _, _, phnum, _, shnum, shstrndx = self.header
        self.segments = [Segment(*PHDR.unpack_from(self.data, phoff + i * PHDR.size)) for i in range(phnum)]
        raw = [SHDR.unpack_from(self.data, shoff + i * SHDR.size) for i in range(shnum)]
        names = raw[shstrndx][4] if raw else 0
        self.sections = [Section(self._string(names + r[0]), *r[1:]) for r in raw]

    def _string(self, at):
        return self.data[at : self.data.index(b"\0", at)].decode()

    def section(self, name):
        return next((s for s in self.sections if s.name == name), None)

    def content(self, section):
        return self.data[section.offset : section.offset + section.size]

    def symbols(self):
        table = next(s for s in self.sections if s.type == SHT_SYMTAB)
        strings = self.sections[table.link].offset
        for name, info, _, shndx, value, size in SYM.iter_unpack(self.content(table)):
            yield Symbol(self._string(strings + name), info >> 4, info & 15, shndx, value, size)

    def relocations(self, section):
        for offset, info, addend in RELA.iter_unpack(self.content(section)):
            yield Relocation(offset, info & 0xFFFFFFFF, info >> 32, addend)

    def notes(self):
        """(owner, type, description) of every note in the PT_NOTE segments."""
        for segment in self.segments:
            if segment.type != PT_NOTE:
                continue
            at, end = segment.offset, segment.offset + segment.filesz
            while at + 12 <= end:
                namesz, descsz, kind = struct.unpack_from("<III", self.data, at)
                owner = self.data[at + 12 : at + 12 + namesz].rstrip(b"\0").decode()
                desc_at = at + 12 + (namesz + 3) // 4 * 4
                yield owner, kind, self.data[desc_at : desc_at + descsz]
                at = desc_at + (descsz + 3) // 4 * 4

    def build_id(self):
        return next(desc for owner, kind, desc in self.notes() if owner == "GNU" and kind == 3)
