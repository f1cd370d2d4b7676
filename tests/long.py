"""`make test-long`: the boot suites with several harts, on QEMU 10 with hardware that sets no A and D bits, and on the
supervisor of a debug build, which audits itself all the time. PANDO_LONG is in their environment: what is random in
them is drawn anew.

The last line is `N passed, N failed, N skipped` over all. A run that needs QEMU 10 is skipped by name without it.
"""

import argparse
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
QEMU10 = ROOT / "build" / "deps" / "qemu10" / "qemu-system-riscv64"
SVADE = "-cpu rv64,svade=on,svadu=off"
DEBUG = "-debug"
DETERMINISTIC = "-icount shift=0,sleep=off -seed 1"
# Name, harts, flags of QEMU 10 or None for the default one, what is behind the name of the build.
RUNS = (
    ("smp-1", 1, None, ""), ("smp-2", 2, None, ""), ("smp-4", 4, None, ""), ("svade-smp-1", 1, SVADE, ""),
    ("svade-icount-smp-4", 4, f"{SVADE} {DETERMINISTIC}", ""), ("debug-smp-1", 1, None, DEBUG),
)


def build_for(options, suffix):
    """The folder of the build with that behind its name: it is made when it is another one than ours."""
    build = options.build.removesuffix(suffix) + suffix
    if build != options.build:
        kept = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKEOVERRIDES")}
        subprocess.run(["make", "-s", "DEBUG=1", "all"], cwd=ROOT, stdin=subprocess.DEVNULL, check=True, env=kept)
    return build


def runner_for(options, harts, flags, build):
    """The runner with other harts, with what is in @build, and with QEMU 10 and @flags where the emulator was."""
    words = []
    for word in shlex.split(options.runner):
        word = word.replace(f"={options.build}/", f"={build}/")
        if word.startswith("--qemu=") and flags is not None:
            machine = word.partition(" ")[2]
            word = f"--qemu={shlex.quote(str(QEMU10))} {machine} {flags}"
        words += [] if word.startswith("--smp=") else [word]
    return shlex.join([*words, f"--smp={harts}"])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runner", required=True)
    parser.add_argument("--build", required=True)
    parser.add_argument("--filter", default="")
    options = parser.parse_args()
    sums = [0, 0, 0]
    for name, harts, flags, suffix in RUNS:
        build = build_for(options, suffix)
        if flags is not None and not QEMU10.exists():
            print(f"=== {name}: skipped: needs QEMU 10, which `make setup` could not bring", flush=True)
            sums[2] += 1
            continue
        print(f"=== {name}", flush=True)
        done = subprocess.run([sys.executable, "tests/run.py", "--folder=boot", f"--filter={options.filter}",
                               f"--build={build}", f"--runner={runner_for(options, harts, flags, build)}",
                               f"--report=build/test/junit-{name}.xml"], cwd=ROOT, stdout=subprocess.PIPE, text=True,
                              stdin=subprocess.DEVNULL, check=False, env=dict(os.environ, PANDO_LONG="1"))
        lines = done.stdout.splitlines() or [""]
        print("\n".join(lines[:-1]), f"\n{name}: {lines[-1]}", flush=True)
        counts = re.fullmatch(r"(\d+) passed, (\d+) failed(?:, (\d+) skipped)?", lines[-1])
        more = [int(count or 0) for count in counts.groups()] if counts else [0, 1, 0]
        if done.returncode and not more[1]:
            more[1] = 1
        sums = [before + count for before, count in zip(sums, more)]
    print(f"{sums[0]} passed, {sums[1]} failed, {sums[2]} skipped")
    return 1 if sums[1] or not sums[0] else 0


if __name__ == "__main__":
    sys.exit(main())
