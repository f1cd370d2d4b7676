"""Instructions by function: runs RUN on a machine whose every instruction is counted, and names the functions.

What runs in U-mode and in the firmware is one line each; the supervisor's functions are taken from its symbols.
"""

import argparse
import bisect
import collections
import shlex
import subprocess
import sys

USER_END = 1 << 38
FIRMWARE = range(0x80000000, 0x80200000)


def symbols(cross, elf):
    """(address, name) of every function of the supervisor, in ascending order."""
    lines = subprocess.run([f"{cross}nm", "-n", elf], check=True, capture_output=True, text=True).stdout.splitlines()
    rows = [line.split() for line in lines]
    return [(int(row[0], 16), row[2]) for row in rows if len(row) == 3 and row[1] in "tT" and row[2][0] not in ".$"]


def count_by_function(table, profile):
    starts = [start for start, _ in table]
    counts = collections.Counter()
    with open(profile, encoding="ascii") as lines:
        for line in lines:
            address, count = int(line.split()[0], 16), int(line.split()[1])
            if address >= starts[0]:
                name = table[bisect.bisect_right(starts, address) - 1][1]
            else:
                name = "(U-mode)" if address < USER_END and address not in FIRMWARE else "(firmware)"
            counts[name] += count
    return counts


def main():
    parser = argparse.ArgumentParser()
    for name in ("cross", "elf", "plugin", "output", "runner", "mem"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    command = shlex.split(options.runner)
    index = next(i for i, word in enumerate(command) if word.startswith("--qemu="))
    command[index] += f" -icount shift=0,sleep=off -seed 1 -plugin {options.plugin},output={options.output}"
    status = subprocess.run([*command, "--smp=1", f"--mem={options.mem}"], check=False).returncode
    if status != 0:
        sys.exit(status)
    counts = count_by_function(symbols(options.cross, options.elf), options.output)
    total = sum(counts.values())
    for name, count in counts.most_common(60):
        print(f"{count:14,} {100 * count / total:6.2f} %  {name}")
    print(f"{total:14,} 100.00 %  all")


if __name__ == "__main__":
    main()
