"""Hostile case C8: hardware that sets no A and D bits, but faults (Svade). Only QEMU 10 can be told to be like that."""

import re
import shlex

import pytest
from conftest import ROOT, RUNNER

QEMU10 = ROOT / "build" / "deps" / "qemu10" / "qemu-system-riscv64"
SVADE = "-cpu rv64,svade=on,svadu=off"
DETERMINISTIC = "-icount shift=0,sleep=off -seed 1"

pytestmark = pytest.mark.skipif(not QEMU10.exists(), reason="needs QEMU 10, which `make setup` could not bring")


def qemu10(flags):
    """The board's flags behind the other emulator."""
    board = next(word for word in shlex.split(RUNNER) if word.startswith("--qemu=")).partition(" ")[2]
    return f"{shlex.quote(str(QEMU10))} {board.partition(' -cpu ')[0]} {flags}"


@pytest.fixture(scope="module")
def console(machine):
    return machine.boot(qemu=qemu10(SVADE), append="quiet")


@pytest.mark.parametrize("command,printed", [
    ("hello", r"hello from task \d+"), ("head -c 100000 /dev/zero | wc -c", r"\s*100000"),
    ("for i in 1 2 3 4; do hello & done; wait", r"(hello from task \d+\n|\[.*\n)+"),
])
def test_c8_without_hardware_a_and_d_bits_programs_run(console, command, printed):
    output, status = console.run(command)
    assert status == 0
    assert re.search(printed, output), output


def test_c8_without_hardware_a_and_d_bits_the_sum_is_ram(console):
    output, status = console.run("share")
    assert status == 0 and "equal" in output


def test_c8_two_deterministic_runs_print_the_same(machine):
    options = {"qemu": qemu10(f"{SVADE} {DETERMINISTIC}"), "smp": 4}
    first = machine.run("hello; ps; share", **options)
    assert first[1] == 0
    assert first == machine.run("hello; ps; share", **options)
