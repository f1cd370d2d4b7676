"""Groups of tasks at their limits: who asks gets the error that Linux gives, nobody else feels it, all comes back."""

import re

import pytest
from conftest import build_initrd
from memory_report import free_frames, parse

SIGBUS = 7
ROOT, SUPERVISOR = 1, 0


@pytest.fixture(params=[1, 4])
def machine_of_16m(machine, request):
    console = machine.boot(mem="16M", smp=request.param, append="quiet",
                           initrd=build_initrd("own-apps", "tests/apps/own"))
    yield console
    assert "panic" not in console.process.logfile_read.getvalue()
    if console.process.isalive():
        assert console.poweroff() == 0


def groups(console):
    """{id: {resource: (limit or None, used, given)}} of all groups."""
    output, status = console.run("limits -a")
    assert status == 0, output
    found = {}
    for part in re.split(r"^group ", output, flags=re.MULTILINE)[1:]:
        rows = re.findall(r"^(\w+) +(none|\d+) +(\d+) +(\d+)$", part, re.MULTILINE)
        found[int(part.split(",")[0])] = {name: (None if limit == "none" else int(limit), int(used), int(given))
                                          for name, limit, used, given in rows}
    return found


def test_each_limit_gives_its_error_and_all_comes_back(machine_of_16m):
    console = machine_of_16m
    free = []
    for _ in range(2):
        output, status = console.run("limits frames=100 grab pages")
        assert status == 128 + SIGBUS
        assert "out of memory (its group's limit)" in output
        output, status = console.run("limits entries=30 grab entries")
        assert status == 0 and re.fullmatch(r"2\d, then Not enough space\n", output)
        assert console.run("limits descriptors=10 grab descriptors") == ("7, then File descriptor value too large\n", 0)
        assert console.run("limits tasks=5 grab tasks") == ("4, then No more processes\n", 0)
        assert console.run("limits tasks=4 sh -c 'hello | wc -l'") == ("1\n", 0)
        free.append(free_frames(console))
        assert set(groups(console)) == {SUPERVISOR, ROOT}
    assert free[0] == free[1]


def test_a_group_at_its_limit_hurts_nobody_else(machine_of_16m):
    console = machine_of_16m
    console.run("sleep 1000 | limits frames=200 tasks=10 grab held 150 &")
    before = groups(console)
    output, status = console.run("limits frames=150 sh -c 'grab pages & grab pages & grab pages; wait; hello'")
    assert output.count("out of memory (its group's limit)") >= 1
    assert console.run("hello")[1] == 0
    after = groups(console)
    assert set(after) == set(before)
    made = max(after)
    assert after[made]["frames"][1] >= 150 and after[made]["tasks"] == (10, 1, 0)
    assert after[ROOT]["tasks"] == before[ROOT]["tasks"]
    assert console.run("kill %%; wait")[1] is not None


def test_within_a_guarantee_nothing_fails_when_others_take_all_ram(machine_of_16m):
    console = machine_of_16m
    free = []
    for _ in range(2):
        assert console.run("limits guarantee=100000 hello")[1] != 0  # more than there is
        output, status = console.run("limits guarantee=600 sh -c 'sleep 2; grab held 500 </dev/null; echo status $?' & "
                                     "sleep 0.2; fill all; grab pages; wait", timeout=60)
        assert "out of memory (RAM)" in output
        assert "500 pages\n" in output and "status 0\n" in output
        assert console.run("hello")[1] == 0
        free.append(free_frames(console))
    assert free[0] == free[1]


def test_the_sum_of_what_groups_use_is_all_that_is_in_use(machine_of_16m):
    console = machine_of_16m
    console.run("sleep 1000 | limits frames=200 grab held 100 &")
    output, status = console.run("limits -a; share -j")
    assert status == 0
    report = parse(output)
    used = sum(int(count) for count in re.findall(r"^frames +\w+ +(\d+)", output, re.MULTILINE))
    in_use = report["ram_frames"] - report["firmware_frames"] - report["free_frames"]
    # Two programs ran, each with its own memory; the supervisor's image is not a frame that is handed out.
    assert abs(in_use - used) < 200
    console.run("kill %%; wait")


def test_limits_nest_and_a_group_gives_what_it_has(machine_of_16m):
    console = machine_of_16m
    output, status = console.run("limits tasks=6 sh -c 'limits tasks=3 limits; limits tasks=5 hello; echo status $?'")
    assert status == 0
    assert re.search(r"^tasks +3 +1 +0$", output, re.MULTILINE)
    assert "limits: hello: Not owner" in output or "Operation not permitted" in output or "status 126" in output
    output, status = console.run("limits tasks=6 sh -c 'hello; hello | wc; hello'")
    assert status == 0, output
