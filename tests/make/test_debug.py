"""`make debug`: gdb with the symbols of all that runs, and the console beside it.

A build folder of its own, since whoever else runs a machine writes into the same log.
"""

import os
import pathlib
import re
import shutil
import subprocess

import pexpect
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = "build/test/debug"
BASE = [f"BUILD={BUILD}", "APPS_DIR=tests/apps/foreign"]
SECONDS = 60
GDB = r"\(gdb\) "
PANDO = r"pando\$ "

pytestmark = pytest.mark.skipif(shutil.which("gdb-multiarch") is None, reason="needs gdb-multiarch")


def make(*arguments, **options):
    return subprocess.run(["make", "-s", *BASE, *arguments], cwd=ROOT, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)


@pytest.fixture(scope="module", autouse=True)
def built():
    done = make("all")
    assert done.returncode == 0, done.stdout


@pytest.fixture
def debug(tmp_path):
    """A function that runs gdb's commands on a machine that runs RUN, and gives all that was printed."""

    def run(commands, app, run=""):
        script = tmp_path / "commands.gdb"
        script.write_text("\n".join(commands) + "\n")
        done = make("debug", f"APP={app}", f"GDB_FLAGS=-batch -x {script}", timeout=SECONDS,
                    env=dict(os.environ, RUN=run, APPEND="quiet"))
        return done.stdout.replace("\r", "")

    return run


@pytest.fixture
def terminals():
    """A function that starts make in a terminal of its own."""
    started = []

    def start(*arguments, run=""):
        environment = dict(os.environ, RUN=run, APPEND="quiet", TERM="dumb")
        started.append(pexpect.spawn("make", ["-s", *BASE, *arguments], cwd=str(ROOT), encoding="utf-8",
                                     env=environment, timeout=SECONDS, dimensions=(24, 200)))
        return started[-1]

    yield start
    for terminal in started:
        terminal.close(force=True)


def test_it_stops_at_the_first_instruction_then_before_and_behind_the_mmu_then_in_main(debug):
    output = debug(["print $pc", "break boot_map_build", "hbreak boot_start", "break main", "continue", "backtrace",
                    "print/x $satp", "continue", "backtrace", "info breakpoints", "continue", "backtrace",
                    "print argc", "print argv[1]", "continue"], app="echo", run="hello; /bin/echo one two")
    assert re.findall(r"^#0 +(\w+) ", output, re.MULTILINE) == ["boot_map_build", "boot_start", "main"]
    assert "$1 = (void (*)()) 0x80200000 <image_start>\n" in output
    # Where the boot loader put it, as the frame shows.
    assert re.search(r"#0 +boot_map_build \(image=2149580800.*\n#1 +0x00000000802[0-9a-f]+ in entry ", output)
    assert "$2 = 0x0\n" in output
    # Where it is linked; the other place is known no longer.
    assert re.search(r"#0 +boot_start .*\n#1 +0xffffffffc00[0-9a-f]+ in entry_mapped ", output)
    assert re.search(r"^\d +hw breakpoint +keep y +0xffffffffc[0-9a-f]+ in boot_start at ", output, re.MULTILINE)
    # Of the tasks that have a main() at that place, the right one.
    assert re.search(r"^#0 +main \(argc=3, argv=0x[0-9a-f]+\) at apps/bin/echo.c:\d+$", output, re.MULTILINE)
    assert '$3 = 3\n' in output and re.search(r'\$4 = 0x[0-9a-f]+ "one"\n', output)
    assert "hello from task" in output and "\none two\n" in output


def test_a_breakpoint_in_a_program_leaves_other_programs_alone(debug):
    output = debug(["break main", "commands", "silent", "print $task()", "continue", "end", "continue"], app="true",
                   run="hello; /bin/true; /bin/echo; /bin/true")
    assert re.findall(r"^\$\d+ = (.*)$", output, re.MULTILINE) == ['"true"', '"true"']
    assert "hello from task" in output


def test_a_system_call_is_seen_from_both_sides(debug):
    output = debug(["hbreak call_write if $in_app()", "break write", "continue", "backtrace", "continue", "backtrace",
                    "print $task()", "print/x size_bytes", "x/s from", "finish", "delete", "continue"],
                   app="hello", run="true; hello")
    # The condition is the user's where the function is everybody's.
    assert re.search(r"^#\d+ .* in write \(|^#0 +write \(", output, re.MULTILINE)
    assert re.search(r"^#0 +call_write \(descriptor=\d+, .*\n#1 +0xffffffffc[0-9a-f]+ in trap_entry ", output,
                     re.MULTILINE)
    assert '"hello"\n' in output
    assert re.search(r':\t"hello from task \d+\\n"', output)
    assert re.search(r"Value returned is \$\d+ = 18\n", output)


def test_the_supervisors_data_is_seen_while_a_task_runs(debug):
    output = debug(["break main", "continue", "print boot_hart.frame", "supervisor print boot_hart.hart_id",
                    "supervisor print ((struct task *)$sscratch)->pid"], app="hello", run="hello")
    # gdb ends at the first error in a file of commands.
    assert "Cannot access memory" in output and "$1 = 0" not in output
    output = debug(["break main", "continue", "supervisor print boot_hart.hart_id",
                    "supervisor print ((struct task *)$sscratch)->pid", "x/2i call_write"], app="hello", run="hello")
    assert "$1 = 0\n" in output and "$2 = 3\n" in output and "<call_write>:" in output


def test_a_program_of_ones_own_has_its_source(debug):
    output = debug(["break step", "continue", "backtrace"], app="life", run="life")
    assert re.search(r"^#0 +step \(.*\) at \./life/board.c:\d+\n#1 +0x0*a01[0-9a-f]+ in main \(\)", output,
                     re.MULTILINE)
    source = (ROOT / "tests" / "apps" / "foreign" / "life" / "board.c").read_text().splitlines()
    number, line = re.findall(r"^(\d+)\t(.*)$", output, re.MULTILINE)[-1]
    assert line == source[int(number) - 1]


def test_a_program_that_is_not_there_is_named():
    done = make("debug", "APP=no-such-program")
    assert done.returncode != 0
    assert 'there is no program "no-such-program"' in done.stdout


def test_one_terminal_is_for_gdb_and_for_the_console(terminals):
    gdb = terminals("debug", "APP=hello")
    gdb.expect(GDB)
    gdb.sendline("break main")
    gdb.expect(GDB)
    gdb.sendline("continue")
    gdb.expect(PANDO)
    gdb.send("echo typed here\r")
    gdb.expect("\ntyped here\r")
    gdb.expect(PANDO)
    gdb.send("hello one\r")
    gdb.expect(r"Breakpoint \d+, main \(argc=2,")
    gdb.expect(GDB)
    gdb.sendline("print argv[1]")
    gdb.expect('"one"')
    gdb.expect(GDB)
    gdb.sendline("continue")
    gdb.expect("hello from task")
    gdb.expect(PANDO)
    gdb.sendintr()
    gdb.expect("SIGINT")
    gdb.expect(GDB)
    gdb.sendline("print 40 + 2")
    gdb.expect(r"\$\d+ = 42")
    gdb.expect(GDB)
    gdb.sendline("continue")
    gdb.send("poweroff\r")
    gdb.expect(GDB)
    gdb.sendline("quit")
    gdb.expect(pexpect.EOF)


def test_another_terminal_may_have_the_console(terminals):
    gdb = terminals("debug", "APP=hello")
    gdb.expect(GDB)
    console = terminals("console")
    console.expect("Ctrl-] leaves")
    # What was printed before is there too.
    console.expect("OpenSBI")
    gdb.sendline("continue")
    console.expect(PANDO)
    console.send("echo typed there\r")
    console.expect("\ntyped there\r")
    console.send("\x1d")
    console.expect("the machine goes on")
    console.expect(pexpect.EOF)
    again = terminals("console")
    again.expect("typed there")
    again.send("poweroff\r")
    again.expect("the machine has ended")
    gdb.expect(GDB)


STOP = r"^Breakpoint \S+, (\w+)"
SESSIONS = re.findall(r"^```\n\$ make debug (.*)\n((?:.*\n)*?)```", (ROOT / "docs" / "debugging.md").read_text(),
                      re.MULTILINE)


@pytest.mark.parametrize("words,session", SESSIONS, ids=[words for words, _ in SESSIONS])
def test_the_sessions_of_the_page_go_as_shown(terminals, words, session):
    """What it types is typed again, and gdb stops where it says; addresses and line numbers may have changed."""
    app, run = re.fullmatch(r"APP=(\w+)(?: RUN='(.*)')?", words).groups()
    gdb = terminals("debug", f"APP={app}", run=run or "")
    output = ""
    for line in session.splitlines():
        prompt, _, typed = line.partition(" ")
        if typed and prompt in ("(gdb)", "pando$"):
            gdb.expect(GDB if prompt == "(gdb)" else PANDO)
            output += gdb.before
            gdb.send(typed + ("\n" if prompt == "(gdb)" else "\r"))
        elif "SIGINT" in line:
            gdb.expect("hello from task")
            output += gdb.before
            gdb.sendintr()
        elif line == "poweroff":
            gdb.expect("Continuing")
            gdb.send("poweroff\r")
    gdb.expect(pexpect.EOF)
    output = (output + gdb.before).replace("\r", "")
    assert re.findall(STOP, output, re.MULTILINE) == re.findall(STOP, session, re.MULTILINE)
    assert not re.search(r"^No symbol|^Function .* not defined|^Undefined|^Cannot", output, re.MULTILINE), output


def test_nothing_is_left_and_without_a_machine_the_console_says_so(debug):
    debug(["print 1"], app="hello")
    assert not [path.name for path in (ROOT / BUILD).glob("console.log.*")]
    done = make("console")
    assert done.returncode != 0
    assert "start `make debug` first" in done.stdout
