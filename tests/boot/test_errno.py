"""The golden table of system calls: what each gives for the edge values of its arguments, tests/golden/errno.txt.

The program that prints it, tests/apps/golden/errno, runs on Pando and, linked for Linux, through qemu-riscv64. The
table is Pando's; the cases in which Linux gives something else are rows of tests/golden/differences.md, each with its
reason. To take over what has changed on purpose: make test K=errno, look at the difference that is shown, and copy
build/test/golden/errno.txt over the table.
"""

import fnmatch
import re
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT, build_apart
from packed_root import packed_root

BUILD = "build/test/golden"
TABLE = ROOT / "tests" / "golden" / "errno.txt"
DIFFERENCES = ROOT / "tests" / "golden" / "differences.md"
EMULATOR = shutil.which("qemu-riscv64")
SECONDS = 300
LINKS = 41
# bench needs a machine that was booted for it, fail_nth a debug build, reboot's success ends the machine, and
# rt_sigsuspend's is EINTR.
NEVER_SUCCEED = {"bench", "fail_nth", "reboot", "region_reset", "region_unload", "rt_sigsuspend"}
NEVER_FAIL = {
    "brk", "exit", "exit_group", "getegid", "geteuid", "getgid", "getpid", "getppid", "gettid", "getuid",
    "region_clean", "region_private", "rt_sigreturn", "sched_yield", "set_tid_address",
}
# Not in the table yet: what they give is in tests/apps/hostile/calls alone.
WITHOUT_CASES = {
    "execveat", "fallocate", "fchmod", "fchmodat", "fdatasync", "fsync", "ftruncate", "give", "limits", "memfd_create",
    "pread64", "pwrite64", "renameat2", "take", "truncate", "unlinkat",
}


def add_files(root):
    """What a path may lead to, and files that can't be executed, for one reason each."""
    odd = root / "odd"
    odd.mkdir()
    for name, content, mode in (("text", b"#!/bin/sh\nexit 0\n", 0o755), ("plain", b"plain\n", 0o644),
                                ("empty", b"", 0o755), ("zeros", bytes(8192), 0o755)):
        (odd / name).write_bytes(content)
        (odd / name).chmod(mode)
    for name, target in (("link", "../bin/true"), ("folder", "../bin"), ("nowhere", "none"), ("loop", "loop")):
        (odd / name).symlink_to(target)
    for count in range(1, LINKS + 1):
        (odd / f"chain{count}").symlink_to(f"chain{count - 1}" if count > 1 else "../bin/true")


@pytest.fixture(scope="module")
def build():
    build_apart(BUILD, f"APPS_HOST={BUILD}/host", "APPS_DIR=tests/apps/golden", "apps-host", f"{BUILD}/initrd.erofs")
    return ROOT / BUILD


@pytest.fixture(scope="module")
def on_pando(machine, build):
    """What the program prints there, kept where it can be copied from."""
    initrd = packed_root("golden-root", f"{BUILD}/root", add_files)
    output, status = machine.boot(append="quiet", initrd=initrd).run("errno", timeout=SECONDS)
    assert status == 0, output[-1000:]
    (build / "errno.txt").write_text(output)
    return output.splitlines()


@pytest.fixture(scope="module")
def on_linux(build):
    """Without a shell's variables, in a folder that has what the initrd has."""
    folder = ROOT / "build" / "test" / "golden-linux"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(build / "root", folder, symlinks=True)
    add_files(folder)
    (folder / "odd" / "text").chmod(0o755)
    done = subprocess.run([sys.executable, ROOT / "tests" / "apps" / "on_terminal.py", EMULATOR,
                           build / "host" / "bin" / "errno"], cwd=folder, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=SECONDS, start_new_session=True,
                          check=False)
    assert done.returncode == 0, done.stderr
    (build / "errno-linux.txt").write_bytes(done.stdout)
    return done.stdout.decode().splitlines()


def table_of(lines):
    """case -> result."""
    cases = [line.rpartition(" = ") for line in lines]
    assert all(case for case, _, _ in cases), lines
    table = {case: result for case, _, result in cases}
    assert len(table) == len(lines), "a case is there twice"
    return table


def shown(cases, table, other):
    return "\n".join(f"{case}: {table.get(case, 'not there')}, now {other.get(case, 'not there')}" for case in cases)


def test_every_call_gives_what_the_golden_table_says(on_pando):
    golden, now = table_of(TABLE.read_text().splitlines()), table_of(on_pando)
    changed = [case for case in {**golden, **now} if golden.get(case) != now.get(case)]
    assert not changed, shown(changed, golden, now)
    assert TABLE.read_text().splitlines() == on_pando, "the order has changed"


def test_the_golden_table_has_a_success_and_an_error_of_every_call():
    header = (ROOT / "apps" / "abi" / "abi_syscall.h").read_text()
    calls = re.findall(r"X\(\d+, (\w+)\)", header)
    results = {}
    for case, result in table_of(TABLE.read_text().splitlines()).items():
        results.setdefault(case.partition("(")[0], set()).add(re.match(r"E[A-Z0-9]+$", result) is not None)
    assert len(calls) > 60
    assert set(calls) - set(results) == WITHOUT_CASES, "calls of the ABI folder without a case"
    assert {call for call in results.keys() & set(calls) if False not in results[call]} == NEVER_SUCCEED
    assert {call for call in results.keys() & set(calls) if True not in results[call]} == NEVER_FAIL


# --- Linux


def differences():
    """(pattern of cases, Pando's result, Linux's results, the reason) of each row."""
    rows = []
    for line in DIFFERENCES.read_text().splitlines():
        if line.startswith("| `"):
            case, pando, linux, reason = (cell.strip() for cell in line.strip("|").split("|"))
            assert reason, line
            rows.append((case.strip("`"), pando, linux.split(" or "), reason))
    return rows


def matches(case, pattern):
    return fnmatch.fnmatchcase(case, pattern.replace("[", "[[]"))


def check_case(case, pando, linux, row):
    """None, or what is wrong with this case and its row of the differences."""
    if row is None:
        return None if linux == pando else f"{case}: Pando {pando}, Linux {linux}, and there is no row for it"
    _, row_pando, row_linux, _ = row
    if row_pando not in (pando, "*") or linux not in row_linux or row_linux == [pando]:
        return f"{case}: Pando {pando}, Linux {linux}, and not what its row says"
    return None


@pytest.mark.skipif(EMULATOR is None, reason="needs qemu-riscv64")
def test_linux_gives_the_same_but_for_the_differences_that_have_reasons(on_linux):
    golden, linux = table_of(TABLE.read_text().splitlines()), table_of(on_linux)
    rows, wrong = differences(), []
    assert golden.keys() == linux.keys()
    for case, result in linux.items():
        named = [row for row in rows if matches(case, row[0])]
        assert len(named) <= 1, f"{case}: there are {len(named)} rows for it"
        wrong.append(check_case(case, golden[case], result, named[0] if named else None))
    assert not any(wrong), "\n".join(filter(None, wrong))


def test_every_row_of_the_differences_names_a_case():
    golden = table_of(TABLE.read_text().splitlines())
    for pattern, _, _, _ in differences():
        assert any(matches(case, pattern) for case in golden), f"no case is {pattern}"


@pytest.mark.parametrize("pando, linux, row", [
    ("0", "EINVAL", None),
    ("0", "0", ("call()", "0", ["EINVAL"], "")),
    ("0", "0", ("call()", "0", ["0"], "")),
    ("0", "0", ("call(*", "*", ["0"], "")),
    ("0", "EBADF", ("call()", "0", ["EINVAL"], "")),
    ("1", "EINVAL", ("call()", "0", ["EINVAL"], "")),
])
def test_a_difference_without_a_row_and_a_row_without_a_difference_are_found(pando, linux, row):
    assert check_case("call()", pando, linux, row) is not None


def test_a_difference_that_has_its_row_is_passed_over():
    assert check_case("call()", "0", "EINVAL", ("call(*", "0", ["EPERM", "EINVAL"], "a reason")) is None
