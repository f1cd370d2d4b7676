"""The program `stress`: random steps of all kinds, checked one by one, and nothing of them is left behind."""

import os
import random
import re

import pytest
from memory_report import free_frames

IS_DEBUG = "-debug" in os.environ.get("PANDO_BUILD", "")
STEPS = 2000 if IS_DEBUG else 8000
SECONDS = 300
# `make test-long` draws its own; a failure prints the seed.
SEEDS = random.sample(range(2, 1000000), 3) if os.environ.get("PANDO_LONG") else [1]


def stress(console, options):
    output, status = console.run(f"stress {options}", timeout=SECONDS)
    assert status == 0 and "all as expected" in output, output
    return output


@pytest.fixture(scope="module", params=[1, 4])
def console(machine, request):
    return machine.boot(smp=request.param, mem="16M", append="quiet")


@pytest.mark.parametrize("seed", SEEDS)
def test_random_steps_give_what_they_must_and_leave_no_frame_behind(console, seed):
    stress(console, f"-n {STEPS} -s {seed} -j 4")
    before = free_frames(console)
    stress(console, f"-n {STEPS} -s {seed} -j 4")
    assert free_frames(console) == before


def test_one_task_takes_the_same_steps_again(console):
    runs = {console.run("stress -n 1000 -s 5 -w 3 -v") for _ in range(2)}
    assert len(runs) == 1, runs
    output, status = runs.pop()
    assert status == 0 and re.search(r"task 3: 1000 steps, \d+ refused, last number [0-9a-f]{16}$", output), output


def test_seconds_of_the_machines_clock_end_it(console):
    output = stress(console, "-t 1 -s 3 -j 2")
    assert "1 s in 2 tasks" in output


@pytest.mark.parametrize("options", ["-n", "-n x", "-j 0", "-j 65", "-s -1", "-q", "steps"])
def test_wrong_options_are_refused(console, options):
    output, status = console.run(f"stress {options}")
    assert status == 2 and output.startswith("usage: stress"), output


def test_a_failure_says_step_seed_task_and_how_to_repeat(console):
    output, status = console.run("stress -n 200 -s 9 -j 2 -x 41")
    assert status == 1 and "as expected" not in output
    for task in (0, 1):
        assert re.search(rf"^stress: step 41 \(\w+\), seed 9, task {task}: ", output, re.MULTILINE), output
        assert f"to repeat: stress -n 41 -s 9 -w {task}\n" in output
