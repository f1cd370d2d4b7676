"""The machine as a pytest fixture: boot it, type at its shell, look at what comes back.

`shell` is a machine that was booted to the shell once for the whole test file; `machine` starts others, with other
memory, harts or command lines. Every wait has an end, which says that something hangs and nothing about how fast a
machine is: tests give the seconds of a quiet host, and many times as long passes before one fails. What a console
printed is kept in build/transcripts/, and the last 50 lines are shown when a test fails. While a machine runs that is
QEMU's own copy, in which a byte may stand twice that we were slow to read; once all was read, it is what we have
read.
"""

import io
import fcntl
import os
import pathlib
import re
import shlex
import subprocess
import sys

import pexpect
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# Set by tests/coverage/run.py: a supervisor with counters prints them at its end, for what reads the transcripts.
COVERAGE = os.environ.get("PANDO_COVERAGE", "")
TRANSCRIPTS = ROOT / COVERAGE / "transcripts" if COVERAGE else ROOT / "build" / "transcripts"
BUILD = os.environ.get("PANDO_BUILD", "build/qemu-virt")
RUNNER = os.environ.get(
    "PANDO_RUNNER",
    f"{sys.executable} boards/run.py --qemu='qemu-system-riscv64 -M virt -bios default' "
    f"--kernel={BUILD}/pando.bin --initrd={BUILD}/initrd.erofs --load-address=0x80200000 --log={BUILD}/console.log")
PROMPT = r"pando\$ "
END = "~~~end "
SHOWN_LINES = 50
BOOT_SECONDS = 60
COMMAND_SECONDS = 30
# A host may be busy with other things.
PATIENCE = 5
AUDITED = re.compile(r"\n?pando: audit: (\d+) findings;[^\n]*\n")
FINDING = re.compile(r"pando: audit: .* at 0x")
COUNTERS = re.compile(r"\n?pando: coverage: .*?pando: coverage: end\n", re.DOTALL)
LAST_SECONDS = 20 if COVERAGE else 5


def runner_command(transcript, options):
    """The runner's command line; what is named again here wins over what `make` gave."""
    words = shlex.split(RUNNER) + [f"--log={transcript}"]
    return words + [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]


def runner_environment(run="", append="", is_audited=True):
    """Every machine audits itself when it is powered off: see check_audit(). That ends a line that has no end."""
    return dict(os.environ, RUN=run, APPEND=f"{append} audit" if is_audited else append)


def check_audit(printed):
    """What the auditor found at the end of a machine that was powered off: nothing."""
    found = [line for line in printed.splitlines() if FINDING.search(line)]
    assert not found, found


def without_carriage_returns(text):
    return re.sub(r"\r+\n", "\n", text).replace("\r", "")


def build_apart(build, *words):
    """
    `make BUILD=@build` with these words. Test files run side by side: of those that want the same the first builds, and
    the others wait for it.
    """
    lock = ROOT / f"{build}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with open(lock, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = subprocess.run(["make", "-s", f"BUILD={build}", *words], cwd=ROOT, text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, done.stdout


def build_initrd(name, apps_dir):
    """The initrd with the programs of @apps_dir in it too; returns its path, for `initrd=` of boot() and run()."""
    initrd = f"build/test/{name}/initrd.erofs"
    build_apart(f"build/test/{name}", f"APPS_DIR={apps_dir}", initrd)
    return initrd


class Console:
    """A running machine and what it prints."""

    def __init__(self, transcript, run="", append="", **options):
        self.transcript = transcript
        self.process = pexpect.spawn(
            sys.executable, runner_command(transcript, options)[1:], cwd=str(ROOT), encoding="utf-8",
            codec_errors="replace", env=runner_environment(run, append), dimensions=(24, 1000), timeout=COMMAND_SECONDS)
        self.process.logfile_read = io.StringIO(newline="")

    def expect(self, pattern, timeout=COMMAND_SECONDS):
        """Wait for a regular expression; returns the match. Its line ends are `\\r+\\n`."""
        try:
            self.process.expect(pattern, timeout=timeout * PATIENCE)
        except pexpect.TIMEOUT:
            pytest.fail(f"the console printed no {pattern!r} within {timeout * PATIENCE} s", pytrace=False)
        except pexpect.EOF:
            pytest.fail(f"the machine ended before it printed {pattern!r}", pytrace=False)
        return self.process.match

    def wait_for_prompt(self, timeout=COMMAND_SECONDS):
        self.expect(PROMPT, timeout)
        return self

    def send(self, text):
        self.process.send(text)

    def run(self, command, timeout=COMMAND_SECONDS):
        """Type @command at the prompt. Returns (what it printed, its status)."""
        separator = "" if command.rstrip().endswith("&") else ";"
        # The echo of this line has a `$?` where the output has a number, so that only the output matches.
        self.send(f'{command}{separator} echo "{END}$?"\r')
        match = self.expect(re.escape(END) + r"(\d+)\r*\n", timeout)
        output = without_carriage_returns(self.process.before)
        self.wait_for_prompt()
        return output.partition("\n")[2], int(match[1])

    def end(self, timeout=COMMAND_SECONDS):
        """Wait until the machine ends by itself. Returns its exit status."""
        try:
            self.process.expect(pexpect.EOF, timeout=timeout * PATIENCE)
        except pexpect.TIMEOUT:
            pytest.fail(f"the machine did not end within {timeout * PATIENCE} s", pytrace=False)
        self.settle_transcript()
        self.process.close()
        check_audit(self.process.logfile_read.getvalue())
        return self.process.exitstatus

    def poweroff(self):
        self.send("poweroff\r")
        return self.end()

    def settle_transcript(self):
        self.transcript.write_bytes(self.process.logfile_read.getvalue().encode())

    def kill(self):
        self.process.close(force=True)

    def power_off_quietly(self):
        """End a machine that may still be at its prompt by its own means: then it audits, and prints its counters."""
        try:
            if self.process.isalive():
                self.send("\rpoweroff\r")
                self.process.expect(pexpect.EOF, timeout=LAST_SECONDS)
                self.settle_transcript()
        except (pexpect.TIMEOUT, OSError):
            pass


class Machine:
    """Starts machines for one test file, and ends them all."""

    def __init__(self, name):
        self.name = name
        self.consoles = []
        self.count = 0

    def new_transcript(self):
        self.count += 1
        TRANSCRIPTS.mkdir(parents=True, exist_ok=True)
        path = TRANSCRIPTS / f"{self.name}-{self.count}.log"
        path.write_bytes(b"")
        return path

    def start(self, **options):
        """A Console, without waiting for anything. Options: run, append, and those of boards/run.py."""
        console = Console(self.new_transcript(), **options)
        self.consoles.append(console)
        return console

    def boot(self, **options):
        """A Console at the shell's prompt."""
        return self.start(**options).wait_for_prompt(BOOT_SECONDS)

    def run(self, commands, append="quiet", timeout=BOOT_SECONDS, is_audited=True, **options):
        """Boot, run @commands, power off, as `make run RUN=` does. Returns (what the machine printed, its status)."""
        transcript = self.new_transcript()
        timeout *= PATIENCE
        command = runner_command(transcript, dict(options, timeout=timeout))
        done = subprocess.run(command, cwd=ROOT, env=runner_environment(commands, append, is_audited),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=timeout + 10, check=False)
        transcript.write_bytes(done.stdout)
        printed = without_carriage_returns(done.stdout.decode(errors="replace"))
        check_audit(printed)
        return AUDITED.sub("\n", behind_firmware(printed)), done.returncode

    def last_transcript(self):
        paths = sorted(TRANSCRIPTS.glob(f"{self.name}-*.log"), key=lambda path: path.stat().st_mtime)
        return paths[-1] if paths else None

    def close(self):
        for console in self.consoles:
            console.power_off_quietly()
            console.kill()
        for console in self.consoles:
            check_audit(console.process.logfile_read.getvalue())


def behind_firmware(output):
    """What the supervisor and its programs printed: all behind the firmware's last line, without counters."""
    printed = re.split(r"^Boot HART MEDELEG.*\n", output, maxsplit=1, flags=re.MULTILINE)[-1]
    return COUNTERS.sub("", printed) if COVERAGE else printed


@pytest.fixture(scope="module")
def machine(request):
    machine = Machine(request.module.__name__.rpartition(".")[2])
    request.module.machine_for_report = machine
    yield machine
    machine.close()


@pytest.fixture(scope="module")
def booted(machine):
    return []


@pytest.fixture
def shell(machine, booted):
    """A machine at its prompt, shared by the file's tests; a test that breaks it gets the next one a new machine."""
    if not booted or not booted[-1].process.isalive():
        booted.append(machine.boot())
    yield booted[-1]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    machine = getattr(item.module, "machine_for_report", None)
    if not report.failed or machine is None or call.when == "teardown":
        return
    path = machine.last_transcript()
    if path:
        lines = path.read_text(errors="replace").splitlines()[-SHOWN_LINES:]
        report.sections.append((f"the console's last lines ({path.relative_to(ROOT)})", "\n".join(lines)))
    # A command that did not come back may still be running there.
    for console in machine.consoles:
        console.kill()
