"""Machines of other sizes: the same commands work, the sum is the RAM, and what was taken comes back."""

import re

import pytest
from conftest import build_initrd
from memory_report import free_frames, parse, unaccounted

MIB = 1 << 20
SIGBUS, SIGKILL, SIGSEGV = 7, 9, 11
SIZES = {"16M": 16 * MIB, "128M": 128 * MIB, "4G": 4096 * MIB}


@pytest.mark.parametrize("mem", SIZES)
@pytest.mark.parametrize("smp", [1, 4])
def test_the_main_job_works_and_counts_every_frame(machine, mem, smp):
    output, status = machine.run("hello -w & hello -w & sleep 0.2; share -j", mem=mem, smp=smp)
    assert status == 0
    report = parse(output)
    assert report["ram_frames"] == SIZES[mem] // 4096
    assert abs(unaccounted(report)) < 1


@pytest.fixture
def small(machine):
    """A machine of 16 MiB with the programs of tests/apps/own."""
    console = machine.boot(mem="16M", append="quiet", initrd=build_initrd("own-apps", "tests/apps/own"))
    yield console
    if console.process.isalive():
        assert console.poweroff() == 0


def test_8_of_16_mib_filled_and_freed_come_back_to_the_frame(small):
    assert small.run("fill 8") == ("", 0)
    before = free_frames(small)
    for _ in range(3):
        assert small.run("fill 8") == ("", 0)
    assert free_frames(small) == before


def test_all_of_16_mib_filled_hurts_nobody_else(small):
    small.run("hello -w &")
    small.run("fill all", timeout=60)
    before = free_frames(small)
    for _ in range(3):
        output, status = small.run("fill all", timeout=60)
        assert status in (0, 128 + SIGKILL, 128 + SIGBUS, 128 + SIGSEGV)
        assert "panic" not in output
    assert free_frames(small) == before
    assert small.run("hello")[1] == 0
    assert len(re.findall(r"^\s*\d+\s+hello\b", small.run("share")[0], re.MULTILINE)) == 1


def test_three_programs_that_want_more_than_there_is_leave_all_as_it_was(small):
    free = []
    for _ in range(4):
        output, _ = small.run("fill 7 & fill 7 & fill 7 & wait", timeout=60)
        assert "panic" not in output
        assert small.run("hello")[1] == 0
        free.append(free_frames(small))
    assert free[2:] == free[1:2] * 2, free
