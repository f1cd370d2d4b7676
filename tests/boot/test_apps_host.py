"""The same programs on two kernels: `make apps-host` for Linux, through qemu-riscv64, and the initrd's for Pando.

Their system calls are Linux's, so Linux is a judge that nobody here wrote. What is run is in tests/apps/commands.py.
"""

import fcntl
import os
import re
import resource
import shlex
import shutil
import struct
import subprocess
import sys
import termios

import pytest
from conftest import ROOT, build_apart

sys.path.insert(0, str(ROOT / "tests" / "apps"))
from commands import COMMANDS, Differs, Same  # noqa: E402

BUILD = "build/test/apps-host"
FOREIGN = ROOT / "tests" / "apps" / "foreign"
FOREIGN_PROGRAMS = sorted([path.stem for path in FOREIGN.glob("*.c")] +
                          [path.parent.name for path in FOREIGN.glob("*/main.c")])
ROWS = COMMANDS + [Same(program) for program in FOREIGN_PROGRAMS]
# They end the machine.
LEFT_OUT = {"init", "poweroff"}
EMULATOR = shutil.which("qemu-riscv64")
SECONDS = 300

pytestmark = pytest.mark.skipif(EMULATOR is None, reason="needs qemu-riscv64")


@pytest.fixture(scope="module")
def build():
    build_apart(BUILD, f"APPS_HOST={BUILD}/host", f"APPS_DIR={FOREIGN.relative_to(ROOT)}", "apps-host",
                f"{BUILD}/initrd.erofs")
    return ROOT / BUILD


@pytest.fixture
def terminal():
    """A terminal's end for a program, like the console's."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
    yield theirs
    os.close(ours)
    os.close(theirs)


def without_core_dumps():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run_on_linux(build, command, folder, stdin=subprocess.DEVNULL):
    """(output, status as a shell shows it). The initrd's files are seen in place of the workstation's."""
    program, *arguments = shlex.split(command)
    done = subprocess.run([EMULATOR, "-L", build / "root", build / "host" / "bin" / program, *arguments], cwd=folder,
                          env={}, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS,
                          preexec_fn=without_core_dumps, check=False)
    return done.stdout.decode(errors="replace"), done.returncode if done.returncode >= 0 else 128 - done.returncode


def check_same(row, pando, linux):
    assert bool(row.but) == bool(row.why), "what may differ has a reason, and a reason something that differs"
    outputs = [pando[0], linux[0]]
    if row.but:
        assert any(re.search(row.but, output) for output in outputs), "what may differ is not there"
        outputs = [re.sub(row.but, "", output) for output in outputs]
    assert outputs[0] == outputs[1]
    assert pando[1] == linux[1]


def check_differs(row, pando, linux):
    assert pando != linux, "they are equal now: make it a Same(...)"
    for side, (pattern, status), (output, got) in (("Pando", row.pando, pando), ("Linux", row.linux, linux)):
        assert re.fullmatch(pattern, output), f"on {side}: {output}"
        assert status is None or got == status, f"on {side}: {output}"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.command[:40])
def test_a_command_does_the_same_on_pando_and_on_linux(machine, build, tmp_path, terminal, row):
    linux = run_on_linux(build, row.command, tmp_path, terminal if row.on_terminal else subprocess.DEVNULL)
    pando = machine.run(row.command, is_audited=False, initrd=f"{BUILD}/initrd.erofs")
    (check_differs if isinstance(row, Differs) else check_same)(row, pando, linux)


@pytest.fixture(scope="module")
def linux_initrd(build):
    """An initrd where the files for Linux stand in the place of the board's own."""
    root, made = build / "linux-root", build / "linux.erofs"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(build / "root", root)
    for program in (build / "host" / "bin").iterdir():
        shutil.copy(program, root / "bin")
    command = ["mkfs.erofs", "-T0", "--all-root", "-x-1", "--quiet", "-E", "noinline_data", made, root]
    subprocess.run(command, check=True)
    return made


@pytest.mark.parametrize("program", FOREIGN_PROGRAMS)
def test_a_file_for_linux_runs_on_pando_as_it_is(machine, build, linux_initrd, tmp_path, program):
    assert machine.run(program, is_audited=False, initrd=linux_initrd) == run_on_linux(build, program, tmp_path)


def test_every_program_has_a_row(build):
    named = {shlex.split(row.command)[0] for row in ROWS}
    programs = {path.name for path in (build / "root" / "bin").iterdir()}
    assert programs - LEFT_OUT - named == set(), "tests/apps/commands.py has no row for these"
    assert named <= {path.name for path in (build / "host" / "bin").iterdir()}


def test_programs_that_end_the_machine_are_not_made_for_linux(build):
    assert not LEFT_OUT & {path.name for path in (build / "host" / "bin").iterdir()}


def test_programs_of_another_folder_go_when_they_are_no_longer_asked_for(build, tmp_path):
    """Last of this file: it leaves the programs of ours alone there."""
    host = build / "host" / "bin"
    assert (host / "words").exists()
    build_apart(BUILD, f"APPS_HOST={BUILD}/host", "apps-host")
    assert (host / "hello").exists() and not (host / "words").exists()
