"""What is typed or pasted at the shell by mistake or malice, and what flows faster than the line: nothing hangs,
nothing that was written is lost, and the shell goes on.
"""

import os
import random
import re

import pexpect
import pytest
from conftest import without_carriage_returns
from memory_report import free_frames

LINE_BYTES = 64 << 10
JOBS = 1000
# Ctrl-A is QEMU's own, and Ctrl-D ends the shell.
LEFT_OUT = b"\x01\x04"


@pytest.fixture
def console(shell):
    yield shell
    if shell.process.isalive():
        assert shell.run("echo still here") == ("still here\n", 0)


def paste(console, text, piece=2048):
    """As a terminal does: what is echoed is taken meanwhile."""
    for start in range(0, len(text), piece):
        console.send(text[start:start + piece])
        console.process.expect([pexpect.TIMEOUT], timeout=0.01)


@pytest.mark.parametrize("line", [
    "echo 'one", 'echo "one', "echo `true", "echo $(true", "echo ${x", "if true", "for i in 1", "f() {", "(true",
    "while :; do", "case x in", "cat <<END", "true &&", "true |",
])
def test_what_is_not_complete_asks_for_more_until_ctrl_c(console, line):
    console.send(f"{line}\r")
    console.expect(r"\n> ")
    console.send("\x03")
    console.wait_for_prompt()


@pytest.mark.parametrize("line", [
    "fi", "do", ")", "}", "; ;", "| true", "&& true", "echo ${}", "case", "for", "1 2 >", "<", "f(", "echo $((1 +))",
    "echo $((1/0))", ">", ";;", "esac", "x() ", "if; then", "while; do",
])
def test_nonsense_is_an_error_of_one_line(console, line):
    output, status = console.run(f"sh -c '{line}'")
    assert status not in (0, 128 + 11, 128 + 7), output
    assert re.fullmatch(r"sh: .*\n", output), output


def test_a_line_of_64_kib_is_run_and_a_longer_one_is_refused(console):
    command, end = "echo ", " | wc -c"
    room = LINE_BYTES - len(command) - len(end)
    console.send(command)
    paste(console, "x" * room)
    console.send(f"{end}\r")
    console.expect(rf"\n *{room + 1}\r+\n", timeout=60)
    console.wait_for_prompt()
    console.send(command)
    paste(console, "x" * (room + 1))
    console.send(f"{end}\r")
    console.expect(r"\nsh: there was no room for all of the line\r+\n", timeout=60)
    console.wait_for_prompt()


def test_a_variable_and_a_script_of_64_kib(console):
    output, status = console.run("x=0123456789abcdef; i=0; while [ $i -lt 12 ]; do x=$x$x; i=$((i+1)); done; "
                                 "echo ${#x}")
    assert (output.splitlines()[-1], status) == (str(LINE_BYTES), 0)
    assert console.run("echo $x | wc -c")[0].split() == [str(LINE_BYTES + 1)]
    assert console.run("eval \"echo $x\" | wc -c; x=")[0].split() == [str(LINE_BYTES + 1)]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_garbage_that_is_pasted_is_at_most_not_found(console, seed):
    """Every byte there is, many times over; then Ctrl-C, and the line is as it was."""
    chooser = random.Random(seed)
    garbage = bytes(byte for byte in chooser.choices(range(256), k=4096) if byte not in LEFT_OUT)
    garbage += bytes(byte for byte in range(256) if byte not in LEFT_OUT)
    before = len(console.process.logfile_read.getvalue())
    for start in range(0, len(garbage), 256):
        os.write(console.process.child_fd, garbage[start:start + 256])
    console.send("\x03\r")
    console.send("echo the end of it\r")
    console.expect(r"\nthe end of it\r+\n", timeout=60)
    console.wait_for_prompt()
    assert "panic" not in console.process.logfile_read.getvalue()[before:]


def test_a_thousand_jobs_in_the_background(console):
    console.run("sleep 0 & wait")
    before = free_frames(console)
    start = f'p=; i=0; while [ $i -lt {JOBS} ]; do sleep 1000 & p="$p $!"; i=$((i+1)); done'
    assert console.run(start, timeout=60)[1] == 0
    output, _ = console.run("ps | wc -l; kill $p; wait; p=", timeout=60)
    assert int(output.splitlines()[0]) > JOBS
    assert console.run("jobs") == ("", 0)
    assert free_frames(console) >= before - 100  # the shell's own memory has grown: its table of jobs, and p


def test_who_writes_to_a_reader_that_is_gone_ends(console):
    assert console.run("cat /dev/zero | head -c 1 | wc -c")[0].split() == ["1"]
    assert console.run("cat /dev/zero | true") == ("", 0)
    output, status = console.run("(cat /dev/zero; echo $? >/dev/console) | true")
    assert status == 0 and "141" in output


def test_a_full_pipe_waits_for_a_slow_reader(console):
    text = "(i=0; while [ $i -lt 3000 ]; do echo line number $i of many; i=$((i+1)); done) | (sleep 1; wc)"
    size = sum(len(f"line number {i} of many\n") for i in range(3000))
    assert console.run(text, timeout=60)[0].splitlines()[-1].split() == ["3000", "15000", str(size)]


def test_output_faster_than_the_line_is_all_there(console):
    """Two writers, whole lines each. (We read on and on: QEMU drops what nobody takes for half a second.)"""
    for name in "ab":
        console.send(f"(i=0; while [ $i -lt 2000 ]; do echo {name}{name}$i; i=$((i+1)); done; echo {name}-end) &\r")
    console.send("wait; echo all-of-it\r")
    console.expect(r"\nall-of-it\r+\n", timeout=60)
    output = without_carriage_returns(console.process.logfile_read.getvalue())
    for name in "ab":
        numbers = re.findall(rf"{name}{name}(\d+)\n", output)
        assert numbers == [str(i) for i in range(2000)]
    console.wait_for_prompt()


def test_what_is_pasted_while_a_command_runs_is_run_next(console):
    console.send("sleep 0.5\r")
    paste(console, "".join(f"echo pasted-{i}\r" for i in range(40)))
    for i in range(40):
        console.expect(rf"\npasted-{i}\r+\n")
    console.wait_for_prompt()


def test_a_line_longer_than_the_screen_can_be_edited(console):
    words = " ".join(f"word{i}" for i in range(60))
    console.send(f"echo {words}\x1b[H")
    console.send("\x1b[C" * 5 + "first \x05 last\r")
    console.expect(r"\nfirst word0 word1 ")
    console.expect(r"word59 last\r+\n")
    console.wait_for_prompt()
