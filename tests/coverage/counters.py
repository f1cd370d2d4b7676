"""The counters that a supervisor built for coverage has printed: see dump.c.

find_dumps() gets them out of a console's transcript, add_dump() sums those of several boots, write_gcda() puts the sums
where gcov looks for them. Whatever is not as it must be is a ValueError that says so: half a dump would be a wrong
figure.
"""

import re
import struct
import zlib

GCDA_MAGIC = b"adcg"  # of a little-endian machine
TAG_FUNCTION, TAG_ARCS, TAG_OBJECT_SUMMARY = 0x01000000, 0x01A10000, 0xA1000000
FUNCTION_BYTES = 12

BEGIN = re.compile(rb"^pando: coverage: (\d+) bytes, ([0-9a-f]{8})\r*$", re.MULTILINE)
TOO_LARGE = re.compile(rb"^pando: coverage: \d+ bytes do not fit", re.MULTILINE)
END = b"pando: coverage: end"


def find_dumps(transcript):
    """The contents of each dump in the bytes of a transcript."""
    if TOO_LARGE.search(transcript):
        raise ValueError("the counters did not fit into the buffer of dump.c")
    for begin in BEGIN.finditer(transcript):
        end = transcript.find(END, begin.end())
        if end < 0:
            raise ValueError("a dump of counters has no end")
        digits = transcript[begin.end():end].translate(None, b"\r\n")
        try:
            content = bytes.fromhex(digits.decode("ascii"))
        except (UnicodeDecodeError, ValueError):
            raise ValueError("a dump of counters has something else in it") from None
        if len(content) != int(begin[1]):
            raise ValueError(f"a dump of {int(begin[1])} bytes has {len(content)}")
        if zlib.crc32(content) != int(begin[2], 16):
            raise ValueError("a dump of counters has another checksum than it says")
        yield content


def split_files(content):
    """(path of the .gcda, its bytes) of each object file in a dump."""
    at = 0
    while at < len(content):
        name_end = content.index(b"\0", at)
        size, = struct.unpack_from("<I", content, name_end + 1)
        start = name_end + 5
        if size > len(content) - start:
            raise ValueError("a file of a dump reaches behind its end")
        yield content[at:name_end].decode(), content[start:start + size]
        at = start + size


class Counters:
    """The arc counters of one object file: a .gcda without what only profiles for the optimiser have."""

    def __init__(self, gcda):
        magic, self.version, self.stamp, self.checksum = struct.unpack_from("<4s4sII", gcda, 0)
        if magic != GCDA_MAGIC:
            raise ValueError(f"a .gcda begins with {magic}")
        self.functions = {}  # (ident, checksum of lines, checksum of the graph) -> [count]
        self.read_records(gcda, 16)

    def read_records(self, gcda, at):
        function = None
        # A last tag 0 stands alone.
        while gcda[at:] != bytes(4):
            tag, length = struct.unpack_from("<Ii", gcda, at)
            at += 8
            if tag == TAG_FUNCTION:
                # Length 0: of an inline function that another object file has.
                function = struct.unpack_from("<III", gcda, at) if length == FUNCTION_BYTES else None
            elif tag == TAG_ARCS and function:
                # A negative length: so many bytes of zeros, left out.
                count = abs(length) // 8
                counts = struct.unpack_from(f"<{count}q", gcda, at) if length > 0 else [0] * count
                self.functions[function] = list(counts)
            elif tag not in (TAG_ARCS, TAG_OBJECT_SUMMARY):
                raise ValueError(f"a .gcda has a record of kind {tag:#x}")
            at += max(length, 0)

    def add(self, other):
        if (self.version, self.stamp, set(self.functions)) != (other.version, other.stamp, set(other.functions)):
            raise ValueError("dumps of two builds")
        for function, counts in other.functions.items():
            sums = self.functions[function]
            if len(counts) != len(sums):
                raise ValueError("dumps of two builds")
            for i, count in enumerate(counts):
                sums[i] += count

    def gcda(self):
        made = struct.pack("<4s4sII", GCDA_MAGIC, self.version, self.stamp, self.checksum)
        for function, counts in self.functions.items():
            made += struct.pack("<IiIII", TAG_FUNCTION, FUNCTION_BYTES, *function)
            made += struct.pack(f"<Ii{len(counts)}q", TAG_ARCS, 8 * len(counts), *counts)
        return made


def add_dump(sums, content):
    """Add a dump to @sums, which maps the path of each .gcda to its Counters."""
    for path, gcda in split_files(content):
        try:
            counters = Counters(gcda)
            if path in sums:
                sums[path].add(counters)
            else:
                sums[path] = counters
        except (ValueError, struct.error) as error:
            raise ValueError(f"{path}: {error}") from None


def write_gcda(sums, folder):
    """Write each file's sums to where its .gcno lies, which is somewhere in @folder. Returns the paths."""
    written = []
    for path in sorted(sums):
        inside = folder / path.rpartition(f"/{folder.name}/")[2]
        if not inside.with_suffix(".gcno").exists():
            raise ValueError(f"{path}: no .gcno of that name in {folder}")
        inside.write_bytes(sums[path].gcda())
        written.append(inside)
    return written
