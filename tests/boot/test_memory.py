"""Machines of other sizes: the same commands work, the sum is the RAM, and what was taken comes back."""

import re

import pytest
from conftest import build_initrd
from memory_report import free_frames, mappings, parse, share, unaccounted

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


def test_maps_tells_what_of_each_mapping_is_in_memory_and_whose(small):
    """What tests/apps/own/shares.c has mapped, page by page."""
    before = free_frames(small)
    output, _ = small.run("sleep 1000 | shares & sleep 0.5")
    parent, child = map(int, re.search(r"^parent (\d+) child (\d+)$", output, re.MULTILINE).groups())
    start, page = 0x200000000, 4096
    rows, together = mappings(small, parent)
    assert [rows[start + at * page] for at in (0, 32, 64, 96, 128)] == [
        (8, 3, 5, 6.5),  # shared: 3 of them with the child
        (6, 4, 2, 4.0),  # private: the child has copied 2
        (4, 0, 4, 4.0),  # kept though nobody may access them
        (0, 0, 0, 0.0),  # zeros
        (2, 2, 0, 0.0),  # shown once more: counted above
    ]
    for column in range(4):
        assert abs(sum(row[column] for row in rows.values()) - together[column]) < 0.005 * len(rows) + 0.001
    assert max(row[1] for row in rows.values()) > 16  # the C library's pages
    rows, _ = mappings(small, child)
    assert [rows[start + at * page] for at in (0, 32)] == [(3, 3, 0, 1.5), (6, 4, 2, 4.0)]
    # The machine's own report knows the tables besides, and the frame of zeros.
    task = next(task for task in share(small)["tasks"] if task["pid"] == parent)
    assert 0 < task["pss_frames"] - together[3] < task["table_frames"] + 1.01
    small.run(f"kill -9 {parent} {child}")
    sleeper = re.search(r"^ *(\d+).* sleep$", small.run("ps")[0], re.MULTILINE)[1]
    small.run(f"kill -9 {sleeper}; wait")
    assert free_frames(small) == before


def test_maps_is_told_when_it_is_called_wrongly(small):
    for wrong in ("maps -1", "maps 0", "maps 1x", "maps 99999999999999999999", "maps 1 2"):
        assert small.run(wrong) == ("usage: maps [PID]\n", 2)
    assert small.run("maps 2147483647")[1] == 1


@pytest.mark.parametrize("smp", [1, 4])
def test_reports_go_into_pages_that_another_task_takes_away(machine, smp):
    console = machine.boot(mem="16M", smp=smp, append="quiet", initrd=build_initrd("own-apps", "tests/apps/own"))
    assert console.run("punched", timeout=60) == ("4500 reports\n", 0)
    assert console.run("audit")[1] == 0
    assert console.poweroff() == 0
