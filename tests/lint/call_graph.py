"""The graph of the supervisor's calls, with each function's bytes of stack.

What gcc says of each function that it compiled (-fcallgraph-info=su) is taken as it is. What others compiled, and
assembly, is read from the instructions of the linked file. Calls through pointers are kept apart, each under the words
that a row of stack_table.py starts with.
"""

import bisect
import collections
import re
import subprocess

# Relocations that store or compute an address; those of calls and branches are others.
ADDRESS_RELOCATIONS = {"R_RISCV_64", "R_RISCV_32", "R_RISCV_HI20", "R_RISCV_PCREL_HI20", "R_RISCV_GOT_HI20"}
NODE = re.compile(r'node: .* title: "([^"]+)" label: "\S+\\n(\S+:\d+):\d+\\n(\d+) bytes \((.+)\)" \}')
# libgcc's, with which functions that are small save and restore registers (-msave-restore): gcc counts what these push
# as their caller's.
SAVES = re.compile(r"__riscv_(save|restore)_\d+")
CLONE = re.compile(r"\.(isra|part|constprop|cold)(\.\d+)*")

Symbol = collections.namedtuple("Symbol", "address size is_function is_global name file")


class StackError(Exception):
    """Something without which no bound can be given."""


def lines_of(*command):
    return subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout.splitlines()


class Image:
    """A linked file that has its relocations still."""

    def __init__(self, cross, elf):
        self.cross, self.elf = cross, elf
        self.symbols = list(self.read_symbols())
        self.addresses = {symbol.name: symbol.address for symbol in sorted(self.symbols, key=lambda one: one.is_global)}

    def read_symbols(self):
        file = ""
        for line in lines_of(f"{self.cross}readelf", "--wide", "--symbols", self.elf):
            word = line.split()
            if len(word) != 8 or not word[0][:-1].isdigit():
                continue
            if word[3] == "FILE":
                file = word[7]
            elif not word[7].startswith((".L", "$")):
                yield Symbol(int(word[1], 16), int(word[2], 0), word[3] == "FUNC", word[4] == "GLOBAL", word[7], file)

    def address(self, name):
        if name not in self.addresses:
            raise StackError(f"{self.elf}: no symbol {name}")
        return self.addresses[name]

    def instructions(self):
        """(address, mnemonic, operands) of each, in order."""
        for line in lines_of(f"{self.cross}objdump", "--disassemble", "--no-show-raw-insn", self.elf):
            match = re.match(r"\s*([0-9a-f]+):\t(\S+)\t?(.*)", line)
            if match:
                yield int(match[1], 16), match[2], match[3]

    def taken_addresses(self):
        """(where, what) of every address that is stored or computed, debug information left out."""
        is_loaded = False
        for line in lines_of(f"{self.cross}readelf", "--wide", "--relocs", self.elf):
            if line.startswith("Relocation section"):
                is_loaded = ".debug" not in line and ".eh_frame" not in line
            word = line.split()
            if is_loaded and len(word) >= 7 and word[2] in ADDRESS_RELOCATIONS:
                addend = int(word[-1], 16)
                yield int(word[0], 16), int(word[3], 16) + (addend if word[-2] == "+" else -addend)


class Graph:
    """Functions by title: NAME of a global one, FILE:NAME of a static one, as gcc writes them."""

    def __init__(self):
        self.frames = {}  # title -> bytes of stack
        self.places = {}  # title -> FILE:LINE
        self.calls = collections.defaultdict(set)
        self.sites = collections.defaultdict(dict)  # calls through pointers: title -> row's words -> FILE:LINE
        self.at = {}  # address -> title

    def find(self, name):
        """The title of the function that a row names: NAME, or FILE:NAME."""
        bare = {title: CLONE.sub("", title) for title in self.frames}
        titles = [name] if name in bare else [title for title in bare if f":{bare[title]}".endswith(f":{name}")]
        if len(titles) != 1:
            raise StackError(f"{len(titles) or 'no'} functions are called {name}")
        return titles[0]

    def read_call_graph(self, text, source_line):
        """One file of -fcallgraph-info=su. @source_line(file, number) is that line."""
        for line in text.splitlines():
            if match := NODE.match(line):
                if match[4] != "static":
                    raise StackError(f"{match[2]}: how much stack {match[1]} takes is not known before it runs")
                self.frames[match[1]], self.places[match[1]] = int(match[3]), match[2]
            elif match := re.match(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"(.*)', line):
                if match[2] == "__indirect_call":
                    place = re.search(r'label: "(.+):(\d+):(\d+)"', match[3])
                    source = source_line(place[1], int(place[2]))[int(place[3]) - 1:]
                    expression = re.match(r"[^(]*", source)[0].strip()
                    self.sites[match[1]][f"{place[1]} {expression}"] = f"{place[1]}:{place[2]}"
                else:
                    self.calls[match[1]].add(match[2])

    def title_of(self, symbol):
        """Of a function that gcc has told about."""
        if symbol.is_global:
            return symbol.name if symbol.name in self.frames else None
        return next((title for title in self.frames if title.endswith(f"{symbol.file}:{symbol.name}")), None)

    def read_image(self, image):
        """Add what the call graphs lack."""
        start, end = image.address("image_start"), image.address("image_text_end")
        compiled = set()
        for symbol in sorted(image.symbols, key=lambda one: (one.is_function, one.is_global)):
            if start <= symbol.address < end:
                title = self.title_of(symbol) if symbol.is_function else None
                self.at[symbol.address] = title or symbol.name
                compiled |= {symbol.address} if title else set()
        functions = {symbol.address for symbol in image.symbols if symbol.is_function}
        starts = sorted(self.at)
        here, falls_through, was_auipc = None, False, False
        for address, mnemonic, operands in image.instructions():
            index = bisect.bisect_right(starts, address) - 1
            if index < 0 or starts[index] in compiled:
                here = None
                continue
            title = self.at[starts[index]]
            if address == starts[index]:
                if here and falls_through and starts[index] not in functions:
                    self.calls[here].add(title)
                here = title
                self.frames.setdefault(title, 0)
            if SAVES.fullmatch(title):
                continue
            self.add_instruction(here, mnemonic, operands, was_auipc, starts[index] in functions)
            was_auipc = mnemonic == "auipc" and operands.startswith("sp,")
            falls_through = mnemonic not in ("j", "jr", "ret", "sret", "mret")

    def add_instruction(self, title, mnemonic, operands, was_auipc, is_function):
        to = operands.split(",")[0]
        push = re.match(r"sp,sp,(-?\d+)", operands) if mnemonic in ("add", "addi") else None
        if push and not was_auipc:
            self.frames[title] += max(-int(push[1]), 0)
        elif to == "sp" and is_function and mnemonic not in ("sd", "sw", "sh", "sb"):
            raise StackError(f"{title}: how much stack it takes is not known before it runs")
        target = re.search(r"\b([0-9a-f]+) <", operands) if re.match(r"(c\.)?[jb]", mnemonic) else None
        if target:
            callee = self.at.get(int(target[1], 16))
            if callee is None and mnemonic.endswith(("jal", "jalr")):
                raise StackError(f"{title} calls what is no function, at 0x{target[1]}")
            if callee not in (None, title):
                self.calls[title].add(callee)
        elif mnemonic in ("jalr", "jr"):
            self.sites[title][CLONE.sub("", title)] = title
