"""What calls do over time and between programs: pipes, signals, the terminal, paths. See tests/apps/posix."""

import re
import time

import pytest
from conftest import ROOT, build_initrd
from hostile_apps import Cases
from memory_report import free_frames
from packed_root import packed_root

APPS = "tests/apps/posix"
CTRL_C, CTRL_D, CTRL_U, CTRL_V, CTRL_W, DELETE = "\x03", "\x04", "\x15", "\x16", "\x17", "\x7f"


def add_files(root):
    odd = root / "odd"
    odd.mkdir()
    (odd / "text").write_bytes(b"0123456789")
    for name, target in (("folder", "../bin"), ("link", "text"), ("around", "../odd/./link"), ("loop", "pool"),
                         ("pool", "loop"), ("device", "/dev/zero")):
        (odd / name).symlink_to(target)


@pytest.fixture(scope="module")
def initrd():
    built = build_initrd("posix-apps", APPS)
    return packed_root("posix-root", (ROOT / built).parent / "root", add_files)


@pytest.fixture
def console(machine, booted, initrd):
    if not booted or not booted[-1].process.isalive():
        booted.append(machine.boot(append="quiet", initrd=initrd))
    return booted[-1]


@pytest.mark.parametrize("command, prefix, at_least", [
    ("pipes", "", 30),
    ("pipes many", "many_", 3),
    ("signals", "", 55),
    ("terminal calls", "", 17),
    ("paths", "", 40),
    ("mappings", "", 70),
    ("mappings many", "a13_", 6),
    ("forks", "", 35),
    ("forks lent", "lent_", 13),
    ("forks deep", "deep_", 3),
    ("forks bomb", "bomb_", 2),
    ("futexes", "", 38),
    ("objects", "", 105),
    ("gifts", "", 35),
])
def test_all_cases_are_ok_and_leave_as_many_frames_free(console, command, prefix, at_least):
    Cases(console, command).check(prefix, at_least)
    before = free_frames(console)
    Cases(console, command).check(prefix, at_least)
    assert free_frames(console) == before


# --- The terminal, typed at


def typed(console, command, *steps):
    """Start @command, and type each step when it is ready to read. Returns what it printed."""
    output = ""
    console.send(f"{command}\r")
    for step in steps:
        console.expect(r"ready\r*\n")
        output += console.process.before
        console.send(step)
    console.wait_for_prompt()
    return (output + console.process.before).replace("\r", "")


@pytest.mark.parametrize("keys, wanted", [
    ("one\r", "read 4: one\\x0a"),
    ("onx" + DELETE + "e\r", "read 4: one\\x0a"),
    ("gone" + CTRL_U + "one\r", "read 4: one\\x0a"),
    ("one two" + CTRL_W + "three\r", "read 10: one three\\x0a"),
    ("a" + CTRL_V + CTRL_C + "b\r", "read 4: a\\x03b\\x0a"),
    ("no end" + CTRL_D, "read 6: no end"),
    (CTRL_D, "read 0: "),
    ("\r", "read 1: \\x0a"),
])
def test_a_line_is_read_when_it_is_complete_and_as_it_was_edited(console, keys, wanted):
    assert wanted + "\n" in typed(console, "terminal lines 1", keys)


def test_two_lines_that_were_typed_at_once_are_two_reads(console):
    console.send("terminal lines 2\r")
    console.expect(r"ready\r*\n")
    console.send("first\rsecond\r")
    console.expect(r"read 6: first\\x0a\r*\n")
    console.expect(r"read 7: second\\x0a\r*\n")
    console.wait_for_prompt()


def test_raw_bytes_are_read_one_by_one_and_as_they_are(console):
    output = typed(console, "terminal raw 1 0 3 256", "a", DELETE, CTRL_D)
    assert "read 1: a\n" in output and "read 1: \\x7f\n" in output and "read 1: \\x04\n" in output


def test_vmin_is_waited_for(console):
    console.send("terminal raw 3 0 1 256\r")
    console.expect(r"ready\r*\n")
    for key in "ab":
        console.send(key)
        time.sleep(0.2)
    console.send("c")
    console.expect(r"read 3: abc\r*\n")
    console.wait_for_prompt()


def test_a_read_of_less_than_vmin_is_enough_for_itself(console):
    assert "read 1: a\n" in typed(console, "terminal raw 3 0 1 1", "a")


def test_vtime_alone_ends_a_read_without_a_byte(console):
    output = typed(console, "terminal raw 0 3 1 256", "")
    assert "read 0: \n" in output and "took 3\n" in output


def test_neither_vmin_nor_vtime_never_waits(console):
    output = typed(console, "terminal raw 0 0 1 256", "")
    assert "read 0: \n" in output and "took 0\n" in output


def test_vtime_behind_vmin_starts_with_the_first_byte(console):
    console.send("terminal raw 5 2 1 256\r")
    console.expect(r"ready\r*\n")
    time.sleep(0.6)
    console.send("a")
    console.expect(r"read 1: a\r*\n")
    console.wait_for_prompt()


def test_an_interrupt_cuts_a_read_short(console):
    output = typed(console, "terminal interrupted no", CTRL_C)
    assert "interrupted\n" in output and "read failed: 4\n" in output


def test_a_read_restarts_behind_the_handler(console):
    console.send("terminal interrupted restart\r")
    console.expect(r"ready\r*\n")
    console.send("gone" + CTRL_C)
    console.expect(r"interrupted\r*\n")
    console.send("line\r")
    console.expect(r"read 5: line\\x0a\r*\n")
    console.wait_for_prompt()


@pytest.mark.parametrize("command", ["sleep 100", "sleep 100 | sleep 100", "terminal lines 1", "cat | cat"])
def test_ctrl_c_ends_the_whole_foreground_job_and_nobody_else(console, command):
    console.run("sleep 200 &")
    console.send(f"{command}\r")
    time.sleep(0.3)
    console.send(CTRL_C)
    console.wait_for_prompt()
    assert console.run("echo $?")[0] == "130\n"
    output, _ = console.run("ps")
    left = re.findall(r"^ *(\d+) .* sleep$", output, re.MULTILINE)
    assert len(left) == 1
    console.run(f"kill {left[0]}; wait")


def test_a_job_in_the_background_reads_no_key(console):
    output, _ = console.run("terminal lines 1 & wait")
    assert "read failed: 5\n" in output


def test_the_machine_still_works_after_all_of_it(console):
    assert console.run("hello")[1] == 0
    assert console.poweroff() == 0


# --- Mappings


def test_a13_more_mappings_than_there_is_memory_for_hurt_nobody_else(machine, booted, initrd):
    while booted:
        booted.pop().power_off_quietly()
    console = machine.boot(mem="16M", append="quiet", initrd=initrd)
    Cases(console, "mappings many").check("a13_", 6)
    before = free_frames(console)
    Cases(console, "mappings many").check("a13_", 6)
    assert free_frames(console) == before
    assert console.poweroff() == 0
