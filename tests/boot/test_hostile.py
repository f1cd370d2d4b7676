"""Hostile programs: what they do to themselves, and to nobody else. See tests/apps/hostile."""

import re
import time

import pytest
from hostile_apps import Cases, initrd
from memory_report import free_frames, share, unaccounted

# What the message says for each signal.
WORDS = {
    4: r"illegal instruction 0x[0-9a-f]+",
    5: r"breakpoint at 0x[0-9a-f]+",
    7: r"misaligned (?:load|store or atomic) at (0x[0-9a-f]+)",
    11: r"(?:load|store|instruction) page fault at (0x[0-9a-f]+)",
}
ANY_ADDRESS = "0x1"
ENOMEM, EAGAIN = 12, 11


@pytest.fixture
def console(machine, booted):
    """A machine with the hostile programs; a test that breaks it gets the next one a new machine."""
    if not booted or not booted[-1].process.isalive():
        booted.append(machine.boot(append="quiet", initrd=initrd()))
    return booted[-1]


@pytest.fixture(scope="module")
def kept():
    return {}


@pytest.fixture
def faults(console, kept):
    if "faults" not in kept:
        kept["faults"] = run_faults(console)
    return kept["faults"]


def run_faults(console):
    """case: (expected signal, expected address, the supervisor's line or None, came through, wait4 status)."""
    output, status = console.run("faults")
    assert status == 0
    found = {}
    for match in re.finditer(r"^expect (\S+) (\d+) (\S+)\n"
                             r"(?:pando: task \d+ \(faults\): (.*?), pc 0x[0-9a-f]+(?:,? .*\))?\n)?"
                             r"(through \1\n)?end \1 (-?\d+)$", output, re.MULTILINE):
        found[match[1]] = (int(match[2]), match[3], match[4], bool(match[5]), int(match[6]))
    assert len(found) == len(re.findall(r"^end ", output, re.MULTILINE)) > 70
    return found


def check_faults(faults, prefix, at_least):
    mine = {name: fault for name, fault in faults.items() if name.startswith(prefix)}
    assert len(mine) >= at_least
    for name, (signal, address, line, came_through, status) in mine.items():
        assert status == signal, name
        assert came_through == (signal == 0), name
        if signal == 0:
            assert line is None, name
            continue
        match = re.fullmatch(WORDS[signal], line)
        assert match, f"{name}: {line}"
        if address != ANY_ADDRESS:
            assert int(match[1], 16) == int(address, 16), name


def test_a8_text_never_becomes_writable_and_windows_stay(console):
    Cases(console, "windows").check("a8_", 150)


def test_a4_a_store_to_a_private_mapping_never_reaches_the_file(console):
    Cases(console, "windows").check("a4_", 5)


def test_c11_firmware_devices_and_supervisor_are_out_of_reach(faults):
    check_faults(faults, "c11_", 7)


def test_c13_vector_instructions_are_illegal(faults):
    check_faults(faults, "c13_", 3)


def test_c14_wild_stack_and_thread_pointers_hurt_nobody_else(faults):
    check_faults(faults, "c14_", 5)


def test_c16_privileged_and_reserved_instructions_are_illegal(faults):
    check_faults(faults, "c16_", 35)


def test_c17_misaligned_and_torn_accesses_fault_at_the_exact_address(faults):
    check_faults(faults, "c17_", 14)


def test_c18_non_canonical_addresses_fault_with_the_address(faults):
    check_faults(faults, "c18_", 14)


def test_c19_of_the_counters_only_time_is_readable(faults):
    check_faults(faults, "c19_", 4)


def test_c12_floating_point_state_is_exact_across_switches(console):
    Cases(console, "floating").check("c12_", 4)


def test_c12_c21_all_is_zero_at_the_first_instruction(console):
    # What others left behind in the registers and in the frames that come next.
    console.run("floating")
    cases = Cases(console, "entry")
    cases.check("c12_", 1)
    cases.check("c21_", 3)


def test_c19_sleepers_wake_in_time_and_endless_ones_never(console):
    Cases(console, "tasks sleeps").check("c19_", 15)


def test_tasks_are_killed_in_every_state(console):
    Cases(console, "tasks kills").check("", 25)


def test_a_killed_reader_of_the_console_takes_nothing_from_the_other(console):
    assert console.run("tasks read & sleep 0.1; kill -9 $!")[1] == 0
    assert console.run("echo on")[0].endswith("on\n")


def settle(console):
    """Wait for the orphans to end: init, the shell and `share` are left."""
    for _ in range(50):
        if len(share(console)["tasks"]) == 3:
            return
        time.sleep(0.1)
    pytest.fail("orphans are left")


# `floating` ends only after a second and `tasks sleeps` holds hundreds of tasks: both give back what all tasks do.
@pytest.mark.parametrize("command", ["windows", "faults", "tasks kills", "tasks sleeps", "entry", "floating"])
def test_hostile_programs_leave_as_many_frames_free(console, command):
    free = []
    for _ in range(2):
        console.run(command)
        settle(console)
        free.append(free_frames(console))
    assert free[1] == free[0]


@pytest.mark.parametrize("mem,error", [("32M", ENOMEM), ("512M", EAGAIN)])
def test_too_many_tasks_are_refused_and_all_can_be_killed(machine, mem, error):
    console = machine.boot(mem=mem, append="quiet", initrd=initrd())
    free = []
    for _ in range(2):
        cases = Cases(console, "tasks flood")
        cases.check("flood_", 4)
        count, result = re.search(r"^flood (\d+) (-\d+)$", cases.output, re.MULTILINE).groups()
        assert int(result) == -error
        assert int(count) > 1000
        settle(console)
        free.append(free_frames(console))
    assert free[1] == free[0]
    assert console.run("hello")[1] == 0
    assert console.poweroff() == 0


def test_a12_memory_that_runs_out_in_the_middle_of_a_start(machine):
    console = machine.boot(mem="16M", append="quiet", initrd=initrd())
    free = []
    for _ in range(2):
        Cases(console, "tasks squeeze").check("a12_", 5)
        free.append(free_frames(console))
    assert free[1] == free[0]
    assert console.run("hello")[1] == 0
    assert console.poweroff() == 0


def test_the_demo_adds_no_read_only_frame_and_libc_is_mapped_once(console):
    keys = {"ram_frames", "firmware_frames", "supervisor_frames", "descriptor_frames", "object_frames", "free_frames",
            "saved", "tasks"}
    task_keys = {"pid", "name", "ro_frames", "ro_shared_frames", "private_frames", "table_frames", "pss_frames"}
    settle(console)
    reports = []
    for _ in range(3):
        reports.append(share(console))
        console.run("hello -w & sleep 0.2")
    last = share(console)
    for report in reports + [last]:
        assert keys <= report.keys()
        assert isinstance(report["saved"], dict)
        assert all(task_keys <= task.keys() for task in report["tasks"])
        assert abs(unaccounted(report)) < 0.01
        assert report["ram_frames"] == 128 << 20 >> 12
    hellos = [task for task in last["tasks"] if task["name"] == "hello"]
    assert len(hellos) == 3
    assert all(task["ro_frames"] == task["ro_shared_frames"] > 0 for task in hellos)
    # Each one more costs a few frames of its own, private ones and tables, and is saved every read-only one: so libc's
    # text, which is among them, is there once for all.
    for before, after in zip(reports[1:], [reports[2], last]):
        assert 0 < before["free_frames"] - after["free_frames"] <= 8
        assert after["saved"]["identity"] - before["saved"]["identity"] == hellos[0]["ro_frames"]
    for task in hellos:
        console.run(f"kill -9 {task['pid']}")
