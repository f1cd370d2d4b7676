"""The figures of `make bench`: one line each, `bench NAME VALUE UNIT`, always in the order of FIGURES.

Instructions are counted by an ordinary program, /bin/bench, on a machine whose time is its instruction count: the same
build and tools print the same lines every time. Some figures want a machine of their own, and each such boot is one
row of BOOTS. A figure whose feature does not exist has no line.
"""

import argparse
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DETERMINISTIC = "-icount shift=0,sleep=off -seed 1"
HUGE = "-object memory-backend-ram,id=m,size=64G,reserve=off -machine memory-backend=m"
BOOT_SECONDS = 900

FIGURES = (
    "syscall_null", "spawn_min", "spawn_hello", "fork_exit_wait", "fault_zero", "fault_cow", "fault_map",
    "pipe_round_trip", "futex_round_trip", "shm_cycle", "region_attach", "region_attach_full", "load_hit_small",
    "load_hit_large", "dedup_page", "context_switch", "timer_wake_up_max", "boot", "boot_64g", "frames_min",
    "frames_hello", "ram_1000_min", "ram_1000_hello", "ram_10000_hello", "ram_boot", "image_ro", "image_rw",
    "dedup_saved_apps", "dedup_saved_versions", "dedup_vs_static", "smp_scale_4",
)


class Boot:
    """One machine: what it runs, with how much RAM, and what its figures are called here."""

    def __init__(self, commands, mem="128M", qemu_flags="", images=None, renamed=None):
        self.commands, self.mem, self.qemu_flags = commands, mem, qemu_flags
        self.images = images
        self.renamed = renamed or {}


BOOTS = (
    Boot("bench"),
    Boot("bench load_hit_small load_hit_large", images="tests/bench/images"),
    Boot("bench boot", mem="64G", qemu_flags=HUGE, renamed={"boot": "boot_64g"}),
    Boot("bench ram_10000_hello", mem="512M"),
    Boot("hello; bench ram_boot"),
)


def initrd_with(images, elf):
    """An initrd that has the images of a folder in /lib too, for the supervisor @elf."""
    build = "build/test/bench-images"
    initrd = f"{build}/initrd.erofs"
    inherited = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    environment = {name: value for name, value in os.environ.items() if name not in inherited} | {"PANDO_ELF": elf}
    subprocess.run(["make", "-s", f"BUILD={build}", f"APPS_DIR={images}", initrd], cwd=ROOT, env=environment,
                   stdin=subprocess.DEVNULL, check=True)
    return initrd


def boot(runner, row, elf):
    """What one boot printed, as {figure: (value, unit)}, and what went wrong."""
    command = shlex.split(runner) + [f"--mem={row.mem}", "--smp=1", f"--timeout={BOOT_SECONDS}",
                                     f"--qemu-flags={DETERMINISTIC} {row.qemu_flags}"]
    if row.images:
        command.append(f"--initrd={initrd_with(row.images, elf)}")
    environment = dict(os.environ, RUN=row.commands, APPEND="quiet bench")
    done = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    output = done.stdout.decode(errors="replace").replace("\r", "")
    lines = re.findall(r"^bench (\w+) (\S+) (\w+)$", output, re.MULTILINE)
    figures = {row.renamed.get(name, name): (value, unit) for name, value, unit in lines}
    named = row.commands.partition("bench ")[2].split()
    missing = [name for name in named if row.renamed.get(name, name) not in figures]
    if done.returncode == 0 and not missing:
        return figures, ""
    words = [line for line in output.splitlines() if re.match(r"(bench|pando|sh|run): ", line)]
    return figures, "\n".join(words + [f"bench: \"{row.commands}\", {row.mem}: status {done.returncode}"])


def image_sizes(cross, elf):
    """Bytes of pando.elf that are never written, and those that are, in KiB."""
    done = subprocess.run([f"{cross}readelf", "--wide", "--sections", elf], check=True, capture_output=True, text=True)
    read_only = writable = 0
    for line in done.stdout.splitlines():
        match = re.match(r"\s*\[\s*\d+\]\s+\S+\s+\w+\s+[0-9a-f]+\s+[0-9a-f]+\s+([0-9a-f]+)\s+\w+\s+(\w*)\s", line)
        if match and "A" in match[2]:
            size = int(match[1], 16)
            read_only += 0 if "W" in match[2] else size
            writable += size if "W" in match[2] else 0
    return {"image_ro": (f"{read_only / 1024:.1f}", "KiB"), "image_rw": (f"{writable / 1024:.1f}", "KiB")}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runner", required=True, help="what starts the machine")
    parser.add_argument("--cross", required=True)
    parser.add_argument("--elf", required=True)
    options = parser.parse_args()

    figures = image_sizes(options.cross, options.elf)
    errors = []
    for row in BOOTS:
        more, error = boot(options.runner, row, options.elf)
        figures.update(more)
        errors += [error] if error else []
    for name in FIGURES:
        if name in figures:
            value, unit = figures[name]
            print(f"bench {name} {value} {unit}")
    unknown = sorted(set(figures) - set(FIGURES))
    if unknown:
        errors.append(f"bench: figures that nobody has defined: {' '.join(unknown)}")
    for error in errors:
        print(error, file=sys.stderr)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
