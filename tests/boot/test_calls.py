"""System calls as programs see them: successes, errors, bad pointers, sums that wrap. See tests/apps/hostile."""

import re

import pytest
from conftest import ROOT
from hostile_apps import Cases, free_frames, initrd


@pytest.fixture
def console(machine, booted):
    """A machine with the hostile programs; a test that breaks it gets the next one a new machine."""
    if not booted or not booted[-1].process.isalive():
        booted.append(machine.boot(append="quiet", initrd=initrd()))
    return booted[-1]


@pytest.fixture
def calls(console, kept):
    if "calls" not in kept:
        kept["calls"] = Cases(console, "calls")
    return kept["calls"]


@pytest.fixture(scope="module")
def kept():
    return {}


def test_every_call_succeeds_and_fails_as_it_should(calls):
    calls.check("", 190)


def test_every_call_of_the_abi_has_its_cases(calls):
    abi = (ROOT / "apps" / "abi" / "abi_syscall.h").read_text()
    names = re.findall(r"X\(\d+, (\w+)\)", abi)
    assert len(names) > 20
    for name in names:
        assert re.search(rf"^ok {name}_", calls.output, re.MULTILINE) or name == "sched_yield", name
    assert "ok sched_yield\n" in calls.output


def test_c21_padding_of_what_is_copied_out_is_zero(calls):
    calls.check("c21_", 3)


def test_unknown_calls_are_enosys(calls):
    calls.check("unknown_call_", 20)


def test_b7_bad_pointers_are_efault_and_nothing_has_happened(console):
    cases = Cases(console, "pointers")
    cases.check("b7_", 400)
    for what in ("read", "write", "writev_vector", "openat", "getdents64", "fstat", "nanosleep", "clock_gettime",
                 "wait4", "spawn", "spawn_argv", "region_load", "region_load_answer", "region_info", "usage"):
        cases.check(f"b7_{what}_", 15)


def test_a2_sums_that_wrap_are_refused_in_every_call(console):
    cases = Cases(console, "grids")
    cases.check("a2_", 20)


@pytest.mark.parametrize("command", ["calls", "pointers", "grids", "windows"])
def test_hostile_calls_leave_as_many_frames_free(console, command):
    console.run(command)
    before = free_frames(console)
    console.run(command)
    assert free_frames(console) == before


def test_the_machine_still_works_after_all_of_it(console):
    assert console.run("hello")[1] == 0
    assert console.poweroff() == 0
