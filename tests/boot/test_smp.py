"""Several harts, over the console: what holds however many run."""

import os
import re
import time

import pytest
from memory_report import free_frames

LOOP = "for i in 1 2 3 4 5 6 7 8 9 10; do true; hello > /dev/null; done &"
STORM = " ".join([LOOP] * 8) + " wait"
SIGKILL = 9
# Set by `make test-long`.
IS_LONG = "PANDO_LONG" in os.environ
STORM_SECONDS = 60


@pytest.fixture(scope="module", params=[2, 3, 4, 8])
def console(machine, request):
    return machine.boot(smp=request.param, append="quiet")


@pytest.mark.parametrize("smp", [2, 3, 4, 8])
def test_every_hart_runs_and_is_named(machine, smp):
    output, status = machine.run("true", append="", smp=smp)
    assert status == 0
    harts = re.search(rf"^pando: harts? (.*) run.*, of {smp}\b", output, re.MULTILINE)
    assert harts and sorted(harts[1].split()) == [str(hart) for hart in range(smp)], output


def test_a_spawn_storm_leaves_as_many_free_frames(console):
    free = []
    for _ in range(3):
        output, _ = console.run(STORM, timeout=90)
        assert "panic" not in output
        free.append(free_frames(console))
    assert free[1] == free[2]


@pytest.mark.skipif(not IS_LONG, reason="takes a minute: `make test-long`")
def test_a_spawn_storm_for_a_minute_on_4_harts_leaves_as_many_free_frames(machine):
    console = machine.boot(smp=4, append="quiet")
    console.run(STORM, timeout=90)
    before, end, count = free_frames(console), time.monotonic() + STORM_SECONDS, 0
    while time.monotonic() < end:
        output, status = console.run(STORM, timeout=90)
        assert status == 0 and "panic" not in output
        count += 1
    assert count > 0 and free_frames(console) == before


def test_pipes_between_harts_lose_no_byte(console):
    output, _ = console.run("for i in 1 2 3 4; do head -c 1000000 /dev/zero | wc -c & done; wait", timeout=90)
    assert len(re.findall(r"\b1000000\b", output)) == 4, output


def test_loops_on_other_harts_can_be_killed(console):
    output, _ = console.run("for i in 1 2 3 4; do cat /dev/zero > /dev/null & p=\"$p $!\"; done; sleep 0.1; "
                            "kill -9 $p; for q in $p; do wait $q; echo status $?; done; p=", timeout=60)
    assert output.count(f"status {128 + SIGKILL}") == 4, output


def test_crash_lines_stay_whole_lines(console):
    output, _ = console.run("for i in 1 2 3 4; do crash null & done; wait", timeout=60)
    # What a program prints without a line end may stand in front of one; none stands inside of one.
    line = r"pando: task \d+ \(crash\): load page fault at 0x0, pc 0x[0-9a-f]+ \(load\+0x0\)," \
        r" called from 0x[0-9a-f]+ \(main\+0x[0-9a-f]+\)\n"
    assert len(re.findall(line, output + "\n")) == 4 and output.count("pando:") == 4, output


def test_the_machine_powers_off_with_busy_harts(machine):
    output, status = machine.run("for i in 1 2 3 4; do cat /dev/zero > /dev/null & done; sleep 0.1; poweroff", smp=4)
    assert status == 0, output
