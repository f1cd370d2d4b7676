"""What must hold for the linked supervisor, checked after every link (its relocations are still in the file).

- No thread-local relocation: the C library's errno is reached through tp, which holds the hart's own pointer here.
- No floating-point instruction outside the functions that save and restore the users' registers.
- No undefined symbol, and no segment that is writable and executable.
"""

import argparse
import re
import subprocess
import sys

FP_FUNCTIONS = {"fp_save", "fp_restore"}
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


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cross", required=True, help="prefix of the toolchain")
    parser.add_argument("elf", help="linked with --emit-relocs")
    options = parser.parse_args()
    broken = []
    for check in (thread_local_relocations, undefined_symbols, writable_code, floating_point):
        broken += check(options.cross, options.elf)
    for line in broken[:20]:
        print(f"{options.elf}: {line}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
