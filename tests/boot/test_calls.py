"""System calls as programs see them: successes, errors, bad pointers, sums that wrap. See tests/apps/hostile."""

import re

import pytest
from conftest import ROOT
from hostile_apps import Cases, initrd
from memory_report import free_frames
from packed_root import packed_root
from test_images import GOOD, needs, note


# exit and kill, numbers and flags: nothing to point at. set_tid_address is never written to; reboot's text is not read;
# clone tells nobody when a pid has nowhere to go.
WITHOUT_POINTERS = {
    "bench", "brk", "clone", "close", "dup", "dup3", "exit", "exit_group", "fail_nth", "fallocate", "fchmod",
    "fcntl", "fdatasync", "fsync", "ftruncate", "getegid", "geteuid", "getgid", "getpgid", "getpid", "getppid",
    "gettid", "getuid", "give", "kill", "lseek", "madvise", "mmap", "mprotect", "mremap", "msync", "munmap",
    "reboot", "region_clean", "region_private", "region_reset", "rt_sigreturn", "sched_yield",
    "set_tid_address", "setpgid", "tgkill", "tkill",
}


def add_files(root):
    """A link, and files that can't be executed, for one reason each."""
    (root / "lib" / "link").symlink_to("libc")
    (root / "odd").mkdir()
    for name, content, mode in (("text", b"#!/bin/sh\nexit 0\n", 0o755), ("cut", GOOD[:-1], 0o755),
                                ("orphan", note(needs(b"nosuchlib")), 0o755), ("plain", GOOD, 0o644),
                                ("empty", b"", 0o755)):
        (root / "odd" / name).write_bytes(content)
        (root / "odd" / name).chmod(mode)


@pytest.fixture
def console(machine, booted):
    """A machine with the hostile programs; a test that breaks it gets the next one a new machine."""
    if not booted or not booted[-1].process.isalive():
        root = (ROOT / initrd()).parent / "root"
        booted.append(machine.boot(append="quiet", initrd=packed_root("calls-root", root, add_files)))
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
    calls.check("", 500)


def abi_calls():
    names = re.findall(r"X\(\d+, (\w+)\)", (ROOT / "apps" / "abi" / "abi_syscall.h").read_text())
    assert len(names) > 60
    return names


@pytest.mark.parametrize("name", abi_calls())
def test_every_call_of_the_abi_has_its_cases(calls, name):
    assert re.search(rf"^ok {name}(_|$)", calls.output, re.MULTILINE)


def test_ancestor_d41_an_execve_that_fails_leaves_the_task_as_it_was(console):
    cases = Cases(console, "replace")
    cases.check("ancestor_d41_", 60)
    cases.check("ancestor_d41_squeeze_", 3)


def test_execve_that_succeeds_leaves_what_it_should(console):
    Cases(console, "replace").check("execve_", 16)


def test_c21_padding_of_what_is_copied_out_is_zero(calls):
    calls.check("c21_", 14)


def test_unknown_calls_are_enosys(calls):
    calls.check("unknown_call_", 20)


def test_b7_bad_pointers_are_efault_and_nothing_has_happened(console):
    cases = Cases(console, "pointers")
    cases.check("b7_", 1500)
    # Every call whose declaration has a pointer in it: those without one are named here.
    names = set(abi_calls()) - WITHOUT_POINTERS
    for name in names | {"read_pipe", "write_pipe", "writev_vector", "writev_base", "readv_vector", "readv_base",
                         "spawn_argv", "execve_argv", "execve_envp", "region_load_answer", "rt_sigaction_old",
                         "rt_sigprocmask_old", "prlimit64_new", "futex_timeout", "spawn_limits",
                         "wait4_usage", "ioctl_tcsets"}:
        cases.check(f"b7_{name}_", 15)


def test_a2_sums_that_wrap_are_refused_in_every_call(console):
    cases = Cases(console, "grids")
    cases.check("a2_", 33)


@pytest.mark.parametrize("command", ["calls", "pointers", "grids", "replace", "windows"])
def test_hostile_calls_leave_as_many_frames_free(console, command):
    console.run(command)
    before = free_frames(console)
    console.run(command)
    assert free_frames(console) == before


def test_the_machine_still_works_after_all_of_it(console):
    assert console.run("hello")[1] == 0
    assert console.poweroff() == 0
