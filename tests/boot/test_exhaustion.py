"""Machines with hardly any RAM, and what takes all of it: who asks gets a clear error, nobody else is hurt, and all
comes back.

QEMU itself can't start a machine of 4 MiB: firmware, image and device tree would overlap.
"""

import re
import time

import pytest
from memory_report import free_frames

SIZES = ("5M", "6M", "8M", "16M")
# Each takes memory in another way, until there is none and on.
LOADS = {
    "tasks": "while hello -w & do :; done",
    "pipelines": "while sleep 99 | sleep 99 & do :; done",
    "shells": "while sh -c 'sleep 99; :' & do :; done",
    "a variable": "x=x; while x=$x$x; do :; done",
    "a recursion": "f() { f; }; f",
}
REFUSED = r"Not enough space|out of memory|nested too deeply"
GOES_ON_SECONDS = 0.5


def exhaust(console, load):
    """Run it in the background until it is refused, and a while longer; then end its process group."""
    console.send(f"({LOADS[load]}) &\r")
    console.expect(REFUSED)
    time.sleep(GOES_ON_SECONDS)
    output, status = console.run("kill -9 %%; wait")
    assert status == 0 or "no such job" in output or "No such process" in output


@pytest.mark.parametrize("mem", SIZES)
def test_all_memory_taken_hurts_nobody_else_and_comes_back(machine, mem):
    console = machine.boot(mem=mem, append="quiet")
    free = []
    for _ in range(2):
        for load in LOADS:
            exhaust(console, load)
        assert console.run("hello | wc -l") == ("1\n", 0)
        free.append(free_frames(console))
    assert free[1] == free[0]
    assert not re.search("panic", console.process.logfile_read.getvalue())
    assert console.poweroff() == 0


def test_with_all_memory_taken_the_shell_says_so_and_ends_what_is_too_much(machine):
    console = machine.boot(mem="5M", append="quiet")
    console.run(f"({LOADS['tasks']}) 2>/dev/null & sleep 2")
    output, status = console.run("free 2>&1")
    assert status == 126 and "sh: /bin/free: Not enough space\n" in output
    assert console.run("kill -9 %%; wait")[1] == 0
    output, status = console.run("hello")
    assert status == 0 and output.startswith("hello from task")
    assert console.poweroff() == 0
