"""Harts that can't run, or are not there: each is named, and the machine runs with the rest (rule C20)."""

import re
import shlex
import subprocess

import pytest
from conftest import ROOT, RUNNER

FOLDER = ROOT / "build" / "test" / "harts"
HARTS = 4
# Some firmware starts what the tree names.
MISSING = "no answer|unknown to the firmware"


def emulator():
    return next(word.partition("=")[2] for word in shlex.split(RUNNER) if word.startswith("--qemu="))


def tree_of(harts, name, *changes):
    """The device tree of a machine of @harts, changed by fdtput with each of @changes."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.dtb"
    subprocess.run([*shlex.split(emulator()), "-machine", f"dumpdtb={path}", "-smp", str(harts), "-m", "128M",
                    "-display", "none"], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, timeout=30)
    for change in changes:
        flags, words = (change[:1], change[1:]) if change[0] == "-d" else (["-t", "s"], change)
        subprocess.run(["fdtput", *flags, path, *words], check=True)
    return path


# Name: harts that the tree names, changes; then those that run, and why the others do not.
TREES = {
    "disabled": (4, [("/cpus/cpu@2", "status", "disabled")], [0, 1, 3], {2: "disabled"}),
    "no-mmu": (4, [("/cpus/cpu@3", "mmu-type", "riscv,none")], [0, 1, 2], {3: "not rv64imac with Sv39"}),
    "unnamed-mmu": (4, [("-d", "/cpus/cpu@1", "mmu-type")], [0, 2, 3], {1: "disabled|not rv64imac with Sv39"}),
    "two-of-them": (4, [("/cpus/cpu@2", "status", "disabled"), ("/cpus/cpu@3", "mmu-type", "riscv,none")], [0, 1],
                    {2: "disabled", 3: "not rv64imac with Sv39"}),
    "two-too-many": (6, [], [0, 1, 2, 3], {hart: MISSING for hart in (4, 5)}),
    "sixty-too-many": (64, [], [0, 1, 2, 3], {hart: MISSING for hart in range(4, 64)}),
}


@pytest.mark.parametrize("name", TREES)
def test_c20_a_hart_that_does_not_start_is_named_and_the_rest_run(machine, name):
    named, changes, run, left_out = TREES[name]
    tree = tree_of(named, name, *changes)
    output, status = machine.run("hello; echo alive", append="", smp=HARTS, qemu=f"{emulator()} -dtb {tree}")
    assert status == 0, output
    # The firmware enters the supervisor on any hart that it can use itself; that one runs, whatever the tree says.
    entered = int(re.search(r"^pando: harts (\d+)", output, re.MULTILINE)[1])
    run = sorted({*run, entered})
    left_out = {hart: reason for hart, reason in left_out.items() if hart != entered}
    assert "panic" not in output
    assert re.search("^alive$", output, re.MULTILINE), output
    harts = re.search(rf"^pando: harts (.*) run, of {named} in the device tree", output, re.MULTILINE)
    assert harts and sorted(map(int, harts[1].split())) == run, output
    lines = dict(re.findall(r"^pando: hart (\d+) is left out: (.*)$", output, re.MULTILINE))
    assert set(lines) == {str(hart) for hart in left_out}, output
    for hart, reason in left_out.items():
        assert re.fullmatch(reason, lines[str(hart)]), lines
