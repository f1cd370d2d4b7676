"""The auditor on a machine: what `audit` says, with one hart and several, and at power-off."""

import re

import pytest

WELL = r"^audit: all is well: (\d+) frames, (\d+) tables, (\d+) objects, (\d+) maps with (\d+) entries$"


def test_audit_finds_nothing_and_counts_the_ram(shell):
    output, status = shell.run("audit")
    assert status == 0, output
    first = re.search(WELL, output, re.MULTILINE)
    assert first, output
    output, status = shell.run("hello | cat; audit")
    again = re.search(WELL, output, re.MULTILINE)
    assert status == 0 and again and again[1] == first[1], output


def test_audit_is_told_when_it_is_called_wrongly(shell):
    output, status = shell.run("audit now")
    assert status == 2 and "usage: audit" in output, output


@pytest.mark.parametrize("smp", [2, 4])
def test_harts_at_work_are_parked_for_the_auditor(machine, smp):
    """Spawns, pipes and ends on all harts, and several who audit at the same time."""
    console = machine.boot(append="quiet", smp=smp)
    loop = "for i in 1 2 3 4 5; do hello | cat > /dev/null; audit; done & "
    output, _ = console.run(loop * 3 + "for i in 1 2 3; do audit; done; wait", timeout=90)
    assert len(re.findall(WELL, output, re.MULTILINE)) == 18, output
    assert console.poweroff() == 0


def test_a_machine_audits_itself_when_it_is_powered_off(machine):
    console = machine.boot(append="quiet")
    console.send("poweroff\r")
    console.expect(r"pando: audit: 0 findings; \d+ frames, \d+ tables, \d+ objects, 3 maps")
    assert console.end() == 0
