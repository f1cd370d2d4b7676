"""Instructions by function: reads what profile_plugin.c wrote, and the symbols of the supervisor."""

import bisect
import collections
import subprocess
import sys


def symbols(cross, elf):
    lines = subprocess.run([f"{cross}nm", "-n", elf], check=True, capture_output=True, text=True).stdout.splitlines()
    rows = [line.split() for line in lines]
    return [(int(row[0], 16), row[2]) for row in rows if len(row) == 3 and row[1] in "tT" and row[2][0] not in ".$"]


def main():
    cross, elf, profile, runs = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4]) if len(sys.argv) > 4 else 1
    table = symbols(cross, elf)
    starts = [start for start, _ in table]
    counts = collections.Counter()
    for line in open(profile, encoding="ascii"):
        address, count = line.split()
        address = int(address, 16)
        index = bisect.bisect_right(starts, address) - 1
        if address >= starts[0]:
            name = table[index][1]
        else:
            name = "(user)" if address < 1 << 38 and not 0x80000000 <= address < 0x80200000 else "(firmware)"
        counts[name] += int(count)
    total = sum(counts.values())
    for name, count in counts.most_common(None if len(sys.argv) > 5 else 45):
        print(f"{count / runs:14.1f} {100 * count / total:6.2f} %  {name}")
    print(f"{total / runs:14.1f} 100.00 %  all")


if __name__ == "__main__":
    main()
