"""
A debug build with 4 harts, under what changes tables and locks most: its lock checker (rule D39) and its fence ledger
(rules C1, C2, C4, C9) find nothing.
"""

import re

import pytest
from debug_kernel import debug_kernel_path
from hostile_apps import initrd

HARTS = 4
SECONDS = 90


@pytest.fixture(scope="module")
def debug_machine(machine):
    return machine.boot(append="quiet", smp=HARTS, mem="128M", kernel=debug_kernel_path(), initrd=initrd())


def run(console, command):
    output, status = console.run(command, timeout=SECONDS)
    assert "panic" not in output, output
    return output, status


def test_ancestor_d39_c2_a_spawn_storm_breaks_no_rule(debug_machine):
    loop = "for i in 1 2 3 4 5; do true; hello > /dev/null; done & "
    run(debug_machine, loop * 6 + "wait")


def test_ancestor_d39_c2_pipes_break_no_rule(debug_machine):
    output, _ = run(debug_machine, "for i in 1 2 3 4; do head -c 300000 /dev/zero | wc -c & done; wait")
    assert len(re.findall(r"\b300000\b", output)) == 4, output


def test_ancestor_d39_c2_crashes_break_no_rule(debug_machine):
    output, _ = run(debug_machine, "for i in 1 2 3; do crash null & crash write-text & crash stack & done; wait")
    # The shell's own words may stand in front, in the same line.
    assert len(re.findall(r"pando: task \d+ \(crash\)", output)) == 9, output


def test_ancestor_d39_c2_signals_break_no_rule(debug_machine):
    output, _ = run(debug_machine, "for i in 1 2 3 4; do cat /dev/zero > /dev/null & p=\"$p $!\"; done; sleep 0.1; "
                                   "kill -9 $p; for q in $p; do wait $q; echo status $?; done; p=")
    assert output.count("status 137") == 4, output


# Loops of mmap, munmap and mprotect, of windows that come and go, of execve, spawn and kill: side by side.
@pytest.mark.parametrize("program", ["calls memory", "windows", "replace", "tasks kills", "pointers"])
def test_c2_c9_programs_that_change_their_maps_break_no_rule(debug_machine, program):
    output, _ = run(debug_machine, f"for i in 1 2 3; do {program} & done; wait")
    assert re.search(r"^ok ", output, re.MULTILINE), output[-2000:]
