"""Each allocation of each system call fails once, in a debug build: see tests/apps/hostile/failing.c."""

import re

import pytest
from debug_kernel import debug_kernel_path
from hostile_apps import Cases, initrd

# Calls that copy to the user's pages, map, open, or start something; what they need at the least when all is there.
ALLOCATING = {
    "brk": 1, "chdir": 0, "execve": 5, "getcwd": 1, "getdents64": 1, "getrandom": 1, "mmap": 1, "mmap_over": 1,
    "mmap_populate": 1, "mmap_shared": 2, "mprotect": 1, "munmap": 1, "openat": 1, "openat_console": 1, "pipe2": 3,
    "read_file": 2, "spawn": 8, "task_map": 2, "usage": 2, "write_pipe": 1,
}


@pytest.fixture(scope="module")
def failing(machine):
    console = machine.boot(append="quiet", mem="128M", kernel=debug_kernel_path(), initrd=initrd())
    return Cases(console, "failing", timeout=120)


@pytest.mark.parametrize("call", sorted(ALLOCATING))
def test_a12_each_allocation_of_a_call_fails_and_nothing_is_lost(failing, call):
    assert f"ok {call}" in failing.lines, failing.output
    counted = re.search(rf"^{call}: (\d+) allocations", failing.output, re.MULTILINE)
    assert counted is None or int(counted[1]) >= ALLOCATING[call], counted[0]


def test_no_call_of_the_ordinary_build_can_be_made_to_fail(machine):
    output, _ = machine.run("failing", initrd=initrd())
    assert "no fail_nth here" in output
