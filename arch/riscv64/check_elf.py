"""What must hold for the linked supervisor, checked after every link (its relocations are still in the file).

- No thread-local relocation: the C library's errno is reached through tp, which holds the hart's own pointer here.
- No floating-point instruction outside the functions that save and restore the users' registers.
- No undefined symbol, and no segment that is writable and executable.
- What the emulator doesn't show (hostile case C5): behind each write of satp there is a fence of all translations
  before anything else can happen; only the two functions of mm/space.c choose their fence, and only map_enter() has
  none, in a space that is verified. The arch_fence_ functions are the instructions that they should be, with their
  operands in order; who makes a mapping of the supervisor's, and a hart that starts, fences.

`--fences` asks for the last of these only, of any part of the supervisor that was compiled with -g.
"""

import argparse
import re
import subprocess
import sys

FP_FUNCTIONS = {"fp_save", "fp_restore"}
# Who must have a fence in it, and which.
FENCING = {
    "supervisor_map_exact": "sfence.vma", "supervisor_map_page": "sfence.vma", "arch_device_map": "sfence.vma",
    "supervisor_map_rough": "sfence.vma",
    "arch_descriptor_page_map": "sfence.vma", "hart_mapped": "fence.i",
}
# The instruction of each; where the function is not inlined its arguments are in a0 and a1.
REGISTER = r"(?!zero)[a-z][a-z0-9]+"
FENCES = {
    "arch_fence_all": ("sfence.vma", "sfence.vma"),
    "arch_fence_asid": (f"sfence.vma zero,{REGISTER}", "sfence.vma zero,a0"),
    "arch_fence_page": (f"sfence.vma {REGISTER},{REGISTER}", "sfence.vma a0,a1"),
    "arch_fence_instructions": ("fence.i", "fence.i"),
    "arch_fence_stores": ("fence w,w", "fence w,w"),
}
# What writes it for others; of mm/space.c, those that decide which fence a write of satp needs; and who has seen that
# it needs none.
SETTING = ["arch_satp_set", "fence_ledger_set_satp"]
CHOOSING = ["space_enter", "space_leave"]
VERIFIED = ["space_enter_verified", "map_enter"]
FP_INSTRUCTION = re.compile(r"^(c\.)?(f(?!ence)[a-z0-9.]+|(?:frcsr|fscsr|frrm|fsrm|frflags|fsflags))$")


def lines_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def thread_local_relocations(cross, elf):
    for line in lines_of(f"{cross}readelf", "--wide", "--relocs", elf):
        if "TPREL" in line or "_TLS_" in line:
            yield f"thread-local relocation: {' '.join(line.split())}"


def undefined_symbols(cross, elf):
    for line in lines_of(f"{cross}nm", "--undefined-only", elf):
        yield f"undefined symbol {line.split()[-1]}"


def writable_code(cross, elf):
    for line in lines_of(f"{cross}readelf", "--wide", "--segments", elf):
        if line.split()[:1] == ["LOAD"] and "W" in line.split("0x")[-2] and "E" in line.split("0x")[-2]:
            yield f"segment is writable and executable: {' '.join(line.split())}"


def floating_point(cross, elf):
    function = None
    for line in lines_of(f"{cross}objdump", "--disassemble", "--no-show-raw-insn", elf):
        heading = re.fullmatch(r"[0-9a-f]+ <(.+)>:", line)
        if heading:
            function = heading[1]
            continue
        part = line.split("\t")
        if len(part) > 1 and FP_INSTRUCTION.match(part[1].strip()) and function not in FP_FUNCTIONS:
            yield f"floating point in {function}: {' '.join(part[1:])}"


class Code:
    """The instructions of a program, by address."""

    BRANCH = re.compile(r"(c\.)?b(eq|ne|lt|ge|ltu|geu|gt|le|gtu|leu)z?$")
    ENDS = {"ret", "sret", "mret", "jr", "unimp", "ebreak", "tail"}
    CALLS = {"jal", "jalr", "call", "ecall"}
    WRITES_SATP = re.compile(r"csr(r?[wsc]i?) (?!.*,satp$).*\bsatp\b|csrr[wsc]i? .*,satp,")

    def __init__(self, cross, elf):
        self.cross, self.elf = cross, elf
        self.text, self.target, self.following, self.function = {}, {}, {}, {}
        function, last = "", None
        for line in lines_of(f"{cross}objdump", "--disassemble", "--no-show-raw-insn", elf):
            if heading := re.fullmatch(r"[0-9a-f]+ <(.+)>:", line):
                function = function if heading[1].startswith(".L") else heading[1]
            elif match := re.fullmatch(r"\s*([0-9a-f]+):\t([^\t]+)\t?(.*)", line):
                address, operands = int(match[1], 16), re.sub(r"\s*(#|<).*", "", match[3])
                self.text[address] = f"{match[2].strip()} {operands}".strip()
                self.function[address] = function
                if target := re.search(r"(?:^|,)([0-9a-f]+)(?:$| <)", match[3].split("#")[0].strip()):
                    self.target[address] = int(target[1], 16)
                if last is not None:
                    self.following[last] = address
                last = address

    def inlined(self, addresses):
        """The functions that the source has at each of them, the innermost first."""
        if not addresses:
            return {}
        lines = lines_of(f"{self.cross}addr2line", "--addresses", "--functions", "--inlines", f"--exe={self.elf}",
                         *(hex(address) for address in addresses))
        chains = {}
        for line in lines:
            if line.startswith("0x"):
                chain = chains[int(line, 16)] = []
                is_name = True
                continue
            if is_name:
                chain.append(line.strip().split(".")[0])
            is_name = not is_name
        return chains

    def after(self, address):
        """Where it can go on from @address in the same function; nothing where it ends or calls."""
        word, target = self.text[address].split()[0].removeprefix("c."), self.target.get(address)
        if word in self.ENDS or word in self.CALLS:
            return []
        if word == "j":
            return [target] if target in self.text and self.function[target] == self.function[address] else []
        onward = [self.following[address]] if address in self.following else []
        return onward + ([target] if self.BRANCH.match(word) and target in self.text else [])

    def fenced(self, address):
        """Whether (every, some) path from @address on comes to a fence, of all translations or (some) of an ASID."""
        every, some, seen, left = True, False, set(), [address]
        while left:
            at = left.pop()
            onward = self.after(at)
            is_call = self.text[at].split()[0].removeprefix("c.") in self.CALLS
            every = every and (bool(onward) or at == address)
            # What space.c chooses, it may choose after a call.
            for follower in onward + ([self.following[at]] if is_call and at in self.following else []):
                some = some or self.text[follower].startswith("sfence.vma")
                if self.text[follower] != "sfence.vma" and follower not in seen:
                    seen.add(follower)
                    left.append(follower)
        return every, some


def translations(cross, elf):
    code = Code(cross, elf)
    writes = [address for address, text in code.text.items() if code.WRITES_SATP.match(text)]
    fences = [address for address, text in code.text.items() if text.split()[0] in ("sfence.vma", "fence.i", "fence")]
    chains = code.inlined(writes + fences)
    fenced = {address: code.fenced(address) for address in writes}
    callers_of = {address: [name for name in chains[address] if name not in SETTING] or [None] for address in writes}
    # The compiler may make a write of its own for each choice, the one of no fence too.
    chosen = {callers_of[address][0] for address in writes if fenced[address][1]} & set(CHOOSING)
    for address in writes:
        callers = callers_of[address]
        if not (fenced[address][0] or callers[:2] == VERIFIED or callers[0] in chosen):
            yield f"satp is written without a fence in {code.function[address]}: {code.text[address]} at {address:#x}"
    for address in fences:
        name = chains[address][0]
        if name in FENCES:
            wanted = FENCES[name][code.function[address] == name]
            if not re.fullmatch(wanted, code.text[address]):
                yield f"{name} is {code.text[address]} in {code.function[address]}"
    found = {(code.function[address], code.text[address].split()[0]) for address in fences}
    needed = {**FENCING, **{name: instruction.split()[0] for name, (_, instruction) in FENCES.items()}}
    for function in sorted(set(code.function.values()) & set(needed)):
        if (function, needed[function]) not in found:
            yield f"{function} has no {needed[function]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cross", required=True, help="prefix of the toolchain")
    parser.add_argument("--fences", action="store_true", help="only what is about translations")
    parser.add_argument("--counted", action="store_true", help="built with counters, not as it is used: not that")
    parser.add_argument("elf", help="linked with --emit-relocs")
    options = parser.parse_args()
    broken = []
    checks = [thread_local_relocations, undefined_symbols, writable_code, floating_point, translations]
    for check in checks[-1:] if options.fences else checks[:-1] if options.counted else checks:
        broken += check(options.cross, options.elf)
    for line in broken[:20]:
        print(f"{options.elf}: {line}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
