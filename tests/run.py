"""All of Pando's tests: `make test`, `make unit` and `make fuzz` call this.

A suite is one program of unit tests, one fuzzer, or one file of pytest. As many run side by side as there are
processors; each gives one line, and its output is shown when it failed. The last line is `N passed, N failed`
(`, N skipped` may follow), and the exit status is 0 only if something passed and nothing failed.
"""

import argparse
import concurrent.futures
import os
import pathlib
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "build" / "test"
PYTEST_FOLDERS = ("boot", "make", "apps")
SUITE_SECONDS = 900
# pytest's exit statuses: all passed, some failed, none collected. Any other one is a failure of its own.
PYTEST_PASSED, PYTEST_FAILED, PYTEST_EMPTY = 0, 1, 5


class Counts:
    def __init__(self, passed=0, failed=0, skipped=0):
        self.passed, self.failed, self.skipped = passed, failed, skipped

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def total(self):
        return self.passed + self.failed + self.skipped

    def __str__(self):
        text = f"{self.passed} passed, {self.failed} failed"
        return f"{text}, {self.skipped} skipped" if self.skipped else text


def run_program(command, seconds, environment=None):
    """(status, output) of a program and all that it starts; status None when it took too long."""
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, start_new_session=True)
    try:
        output = process.communicate(timeout=seconds)[0]
        return process.returncode, output.decode(errors="replace")
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output = process.communicate()[0]
        return None, output.decode(errors="replace") + f"\nno end after {seconds} s\n"


class Unit:
    """A program of tests/unit/check.h: it prints `ok NAME` or `FAILED NAME: REASON`."""

    def __init__(self, binary, pattern):
        self.binary = binary
        self.name = "unit/" + pathlib.Path(binary).name.removesuffix("_test")
        self.pattern = "" if pattern in self.name else pattern

    def run(self):
        command = [ROOT / self.binary] + (["--only", self.pattern] if self.pattern else [])
        status, output = run_program(command, SUITE_SECONDS)
        lines = output.splitlines()
        counts = Counts(passed=sum(line.startswith("ok ") for line in lines),
                        failed=sum(line.startswith("FAILED ") for line in lines))
        if status != 0 and not counts.failed:
            counts.failed = 1
        return counts, output


class Fuzz:
    """One libFuzzer target: the inputs that are kept, then new ones for some seconds.

    Kept are those of tests/fuzz/corpus (what once went wrong) and those of build/fuzz: the first inputs, made there by
    the build, and what earlier runs found worth keeping. A crashing input goes there too.
    """

    def __init__(self, binary, seconds):
        self.binary = binary
        self.target = pathlib.Path(binary).name.removeprefix("fuzz_")
        self.name = "fuzz/" + self.target
        self.seconds = seconds

    def run(self):
        found = ROOT / "build" / "fuzz" / self.target
        found.mkdir(parents=True, exist_ok=True)
        command = [ROOT / self.binary, f"-max_total_time={self.seconds}", "-timeout=10", "-rss_limit_mb=1024",
                   "-verbosity=0", "-print_final_stats=1", f"-artifact_prefix={found}-", found]
        kept = ROOT / "tests" / "fuzz" / "corpus" / self.target
        if kept.is_dir():
            command.append(kept)
        status, output = run_program(command, self.seconds + 120)
        return Counts(passed=1) if status == 0 else Counts(failed=1), output


class Pytest:
    """One file of pytest."""

    def __init__(self, file, pattern, environment):
        self.file = file
        self.name = f"{file.parent.name}/{file.stem.removeprefix('test_')}"
        self.pattern = "" if pattern in self.name else pattern
        self.environment = environment

    def run(self):
        report = RESULTS / (self.name.replace("/", "-") + ".xml")
        report.unlink(missing_ok=True)
        command = [sys.executable, "-B", "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider", "--color=no",
                   f"--junitxml={report}", str(self.file.relative_to(ROOT))]
        if self.pattern:
            command += ["-k", self.pattern]
        status, output = run_program(command, SUITE_SECONDS, self.environment)
        counts = self.counts_of(report)
        is_complete = status in (PYTEST_PASSED, PYTEST_EMPTY) or (status == PYTEST_FAILED and counts.failed)
        if not is_complete:
            counts.failed += 1
        return counts, output

    @staticmethod
    def counts_of(report):
        try:
            suites = xml.etree.ElementTree.parse(report).getroot().iter("testsuite")
        except (OSError, xml.etree.ElementTree.ParseError):
            return Counts()
        counts = Counts()
        for suite in suites:
            failed = int(suite.get("failures")) + int(suite.get("errors"))
            skipped = int(suite.get("skipped"))
            counts.add(Counts(int(suite.get("tests")) - failed - skipped, failed, skipped))
        return counts


def clean_environment():
    """Without what the make above us left, so that a make below us is one of its own."""
    names = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "RUN", "APPEND", "K")
    return {name: value for name, value in os.environ.items() if name not in names}


def find_suites(options):
    suites = []
    if options.runner:
        environment = dict(clean_environment(), PANDO_RUNNER=options.runner, PANDO_BUILD=options.build)
        # The boot tests take longest: they start first.
        files = [file for folder in PYTEST_FOLDERS for file in sorted(ROOT.glob(f"tests/{folder}/test_*.py"))]
        suites += [Pytest(file, options.filter, environment) for file in files]
    suites += [Unit(binary, options.filter) for binary in options.unit]
    fuzzers = [Fuzz(binary, options.fuzz_seconds) for binary in options.fuzz]
    return suites + [fuzzer for fuzzer in fuzzers if options.filter in fuzzer.name]


def run_suites(suites, is_filtered):
    total = Counts()

    def timed(suite):
        start = time.monotonic()
        counts, output = suite.run()
        return suite, counts, output, time.monotonic() - start

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for done in concurrent.futures.as_completed([pool.submit(timed, suite) for suite in suites]):
            suite, counts, output, seconds = done.result()
            if counts.total() == 0 and is_filtered:
                continue
            if counts.total() == 0:
                counts.failed = 1
                output += "this suite has no test\n"
            if counts.failed:
                print(f"--- {suite.name} ---\n{output.rstrip()}\n---")
            print(f"  {suite.name:<28} {counts}  ({seconds:.1f} s)", flush=True)
            total.add(counts)
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--unit", action="append", default=[], metavar="PROGRAM")
    parser.add_argument("--fuzz", action="append", default=[], metavar="PROGRAM")
    parser.add_argument("--fuzz-seconds", type=int, default=3)
    parser.add_argument("--build", default="build/qemu-virt")
    parser.add_argument("--runner", help="what starts the machine; with it the suites of pytest run too")
    parser.add_argument("--filter", default="", help="only tests whose name has this in it")
    options = parser.parse_args()

    RESULTS.mkdir(parents=True, exist_ok=True)
    total = run_suites(find_suites(options), bool(options.filter))
    if total.total() == 0:
        print(f"no test has \"{options.filter}\" in its name")
    print(total)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
