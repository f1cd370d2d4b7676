"""What a broken program does to itself, and to nobody else."""

import re

import pytest

SIGILL, SIGBUS, SIGSEGV = 4, 7, 11
TEXT = r"0x7[0-9a-f]{7}"
IMAGE = r"0xa0[0-9a-f]{6}"

CALLED = rf", called from {IMAGE} \(main\+0x[0-9a-f]+\)"


def inside(function):
    return rf"{IMAGE} \({function}\+0x[0-9a-f]+\)"


# case: the signal that the parent sees, what the message says was wrong, and where. A jump leads out of every function;
# one that calls itself is its own caller, which says nothing.
CASES = {
    "null": (SIGSEGV, r"load page fault at 0x0", inside("load") + CALLED),
    "exec": (SIGSEGV, r"instruction page fault at 0x[0-9a-f]+", IMAGE + CALLED),
    "write-text": (SIGSEGV, rf"store page fault at {IMAGE}", inside("store") + CALLED),
    "write-libc": (SIGSEGV, rf"store page fault at {TEXT}", inside("store") + CALLED),
    "libc": (SIGSEGV, r"load page fault at 0x12345678", rf"{TEXT} \(strlen\+0x[0-9a-f]+\)" +
             CALLED.replace("main", "measure")),
    "stack": (SIGSEGV, r"store page fault at 0x[0-9a-f]+", inside("recurse")),
    "kernel": (SIGSEGV, r"load page fault at 0xffffff[0-9a-f]{10}", inside("load") + CALLED),
    "jump": (SIGSEGV, r"instruction page fault at 0x12345678", "0x12345678" + CALLED),
    "unaligned": (SIGBUS, r"misaligned (?:store or atomic|load) at 0x[0-9a-f]*[1-9a-f]",
                  inside("add_atomically") + CALLED),
    "illegal": (SIGILL, r"illegal instruction 0xffffffff", inside("run_illegal") + CALLED),
    "csr": (SIGILL, r"illegal instruction 0x[0-9a-f]+", inside("read_satp") + CALLED),
}


@pytest.mark.parametrize("case", CASES)
def test_crash_ends_the_task_with_one_line_and_its_signal(shell, case):
    signal, what, where = CASES[case]
    output, status = shell.run(f"crash {case}")
    assert status == 128 + signal
    lines = re.findall(r"^pando: .*$", output, re.MULTILINE)
    assert len(lines) == 1
    assert re.fullmatch(rf"pando: task \d+ \(crash\): {what}, pc {where}", lines[0])


def test_others_go_on_after_every_crash(shell):
    shell.run("hello -w &")
    for case in CASES:
        shell.run(f"crash {case}")
    output, status = shell.run("share")
    assert status == 0
    assert len(re.findall(r"^\s*\d+\s+hello\b", output, re.MULTILINE)) == 1
    assert shell.run("hello")[1] == 0


def test_an_unknown_case_is_refused_with_the_list(shell):
    output, status = shell.run("crash no-such-case")
    assert status not in (0, 128 + SIGSEGV)
    for case in CASES:
        assert case in output
