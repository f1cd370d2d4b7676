#!/usr/bin/env python3
"""Make /lib/symbols, the table of function names that the supervisor reads to explain an address.

usage: symbols.py OUT SUPERVISOR.elf IMAGE.elf...      (as linked, with their symbols)

An image is known by its build id, a function by where it begins in the image's file as it is loaded: of programs and
libraries that is the file offset, which pack.py leaves as it is; of the supervisor it is the distance from its start.
An image without a build id, or with one that an earlier image has (it is the same file), is left out. The layout is
drawn in supervisor/include/symbols.h.
"""

import struct
import sys

import elf

MAGIC = b"PandoSy1"
GROUP = 16  # SYMBOLS_GROUP
NAME_BYTES_MAX = 63  # SYMBOLS_NAME_BYTES_MAX
HEADER = struct.Struct("<8sII")
IMAGE = struct.Struct("<20sIII")

SHF_EXECINSTR = 4
STT_NOTYPE, STT_FUNC = 0, 2
# What is between two functions and not longer than this pads the first.
PADDING_MAX = 16


def rank(symbol):
    """Of several names of one function, the one that a programmer knows comes first."""
    underscores = len(symbol.name) - len(symbol.name.lstrip("_"))
    return underscores, symbol.bind == 0, symbol.bind, len(symbol.name), symbol.name


def code_symbols(image):
    """(section, symbol) of what is in executable sections."""
    for symbol in image.symbols():
        if symbol.type not in (STT_NOTYPE, STT_FUNC) or not 0 < symbol.section < len(image.sections):
            continue
        section = image.sections[symbol.section]
        is_inside = section.addr <= symbol.value < section.addr + section.size
        if section.flags & SHF_EXECINSTR and is_inside and symbol.name and symbol.name[0] not in ".$":
            yield section, symbol


def functions(image):
    """(start, end, name) by start: what has a size, and the labels of assembly that are in nothing with a size."""
    found = list(code_symbols(image))
    sized = sorted((s.value, s.value + s.size) for _, s in found if s.size)
    best = {}
    for section, symbol in found:
        end = symbol.value + symbol.size
        if not symbol.size:
            if any(start <= symbol.value < stop for start, stop in sized):
                continue
            end = min([section.addr + section.size] + [s.value for _, s in found if s.value > symbol.value])
        kept = best.get(symbol.value)
        if not kept or (symbol.size == 0, rank(symbol)) < kept[0]:
            best[symbol.value] = (symbol.size == 0, rank(symbol)), end, symbol.name
    return [(start, best[start][1], best[start][2]) for start in sorted(best)]


def position_of(image, is_supervisor):
    """A function that turns an address of the image into a position in its file."""
    loads = [s for s in image.segments if s.type == elf.PT_LOAD]
    if is_supervisor:
        base = min(s.vaddr for s in loads)
        return lambda address: address - base
    return lambda address: next(s.offset + address - s.vaddr for s in loads if 0 <= address - s.vaddr < s.filesz)


def entries(image, is_supervisor):
    """(position, name) by position; an empty name means that no function has what follows."""
    position = position_of(image, is_supervisor)
    made, covered = [], None
    for start, end, name in functions(image):
        if covered is not None and start > covered + PADDING_MAX:
            made.append((position(covered - 1) + 1, b""))
        made.append((position(start), name.encode("ascii", "replace")[:NAME_BYTES_MAX]))
        covered = max(covered or 0, end)
    if covered is not None:
        made.append((position(covered - 1) + 1, b""))
    return sorted(made, key=lambda entry: entry[0])


def build_id(image):
    return next((desc for owner, kind, desc in image.notes() if owner == "GNU" and kind == 3 and len(desc) == 20), None)


def table(paths):
    images = {}
    for index, path in enumerate(paths):
        image = elf.Elf(path)
        identity = build_id(image)
        if identity and identity not in images:
            images[identity] = entries(image, index == 0)
    at = HEADER.size + IMAGE.size * len(images)
    records, numbers, names = [], b"", b""
    names_at = at + sum(4 * (len(e) + -(-len(e) // GROUP)) for e in images.values())
    for identity, made in sorted(images.items()):
        starts = [position for position, _ in made]
        groups = []
        for index, (_, name) in enumerate(made):
            if index % GROUP == 0:
                groups.append(names_at + len(names))
            names += name + b"\0"
        starts_at = at + len(numbers)
        records.append(IMAGE.pack(identity, len(starts), starts_at, starts_at + 4 * len(starts)))
        numbers += struct.pack(f"<{len(starts) + len(groups)}I", *starts, *groups)
    header = HEADER.pack(MAGIC, len(images), names_at + len(names))
    return header + b"".join(records) + numbers + names


def main():
    made = table(sys.argv[2:])
    with open(sys.argv[1], "wb") as out:
        out.write(made)


if __name__ == "__main__":
    main()
