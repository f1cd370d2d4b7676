"""Each allocation of each system call fails once, in a debug build: see tests/apps/hostile/failing/."""

import re

import pytest
from conftest import BUILD, ROOT
from debug_kernel import debug_kernel_path
from hostile_apps import Cases, initrd

TABLE = (ROOT / "apps" / "abi" / "abi_syscall.h").read_text()
CALLS = re.findall(r"^    X\(\d+, (\w+)\)", TABLE, re.MULTILINE)


@pytest.fixture(scope="module")
def failing(machine):
    console = machine.boot(append="quiet bench", mem="128M", kernel=debug_kernel_path(), initrd=initrd())
    return Cases(console, "failing", timeout=180)


def test_a12_the_table_is_read():
    assert len(CALLS) > 80 and {"getcwd", "execveat", "spawn", "limits"} <= set(CALLS)


@pytest.mark.parametrize("call", CALLS)
def test_a12_each_allocation_of_a_call_fails_and_nothing_is_lost(failing, call):
    """A call that has no step is one that nobody has looked at."""
    steps = [line for line in failing.lines if line.split()[1] == call]
    assert steps, f"{call} is not in tests/apps/hostile/failing"
    assert all(line.startswith("ok ") for line in steps), steps
    assert failing.status == 0, failing.output


def test_a12_to_power_off_takes_no_memory(machine):
    _, status = machine.run("failing off", kernel=debug_kernel_path(), initrd=initrd())
    assert status == 7


@pytest.mark.skipif(BUILD.endswith("-debug"), reason="this is a debug build")
def test_no_call_of_the_ordinary_build_can_be_made_to_fail(machine):
    output, _ = machine.run("failing", initrd=initrd())
    assert "no fail_nth here" in output
