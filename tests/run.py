"""All of Pando's tests: `make test`, `make unit` and `make fuzz` call this.

A suite is one program of unit tests, one fuzzer, or one file of pytest. As many run side by side as there are
processors; each gives one line, and its output is shown when it failed. At the end come the slowest tests, then the
last line, which is `N passed, N failed` (`, N skipped` may follow). The exit status is 0 only if something passed and
nothing failed. Every single test with its time is in the report, build/test/junit.xml.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).resolve().parent.parent
PYTEST_FOLDERS = ("boot", "make", "apps")
SUITE_SECONDS = 1800
SLOWEST = 10
# pytest's exit statuses: all passed, some failed, none collected. Any other one is a failure of its own.
PYTEST_PASSED, PYTEST_FAILED, PYTEST_EMPTY = 0, 1, 5
# What XML can't hold.
NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Case:
    """One test: its state is passed, failed or skipped, and text says why."""

    def __init__(self, name, state, seconds=0.0, text=""):
        self.name, self.state, self.seconds, self.text = name, state, seconds, text


class Counts:
    def __init__(self, cases=()):
        self.passed, self.failed, self.skipped = (sum(case.state == state for case in cases)
                                                  for state in ("passed", "failed", "skipped"))

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
    """A program of tests/unit/check.h: it prints `ok NAME (SECONDS s)` or `FAILED NAME: REASON (SECONDS s)`."""

    RESULT = re.compile(r"(ok|FAILED) (\w+)(?:: (.*?))?(?: \((\d+\.\d+) s\))?$")

    def __init__(self, binary, pattern):
        self.binary = binary
        self.name = "unit/" + pathlib.Path(binary).name.removesuffix("_test")
        self.pattern = "" if pattern in self.name else pattern

    def run(self):
        command = [ROOT / self.binary] + (["--only", self.pattern] if self.pattern else [])
        status, output = run_program(command, SUITE_SECONDS)
        cases, said = [], []
        for line in output.splitlines():
            match = self.RESULT.match(line)
            if not match:
                said.append(line)
                continue
            is_ok = match[1] == "ok"
            text = "" if is_ok else "\n".join([*said, line])
            cases.append(Case(match[2], "passed" if is_ok else "failed", float(match[4] or 0), text))
            said = []
        if status != 0 and not Counts(cases).failed:
            cases.append(Case(self.name, "failed", text="\n".join([*said, f"exit status {status}"])))
        return cases, "\n".join(case.text for case in cases if case.text)


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
        start = time.monotonic()
        status, output = run_program(command, self.seconds + 120)
        state, text = ("passed", "") if status == 0 else ("failed", output)
        return [Case(self.target, state, time.monotonic() - start, text)], output


class Pytest:
    """One file of pytest."""

    def __init__(self, file, pattern, environment):
        self.file = file
        self.name = f"{file.parent.name}/{file.stem.removeprefix('test_')}"
        self.pattern = "" if pattern in self.name else pattern
        self.environment = environment

    def run(self):
        with tempfile.TemporaryDirectory() as folder:
            report = pathlib.Path(folder) / "report.xml"
            command = [sys.executable, "-B", "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider", "--color=no",
                       f"--junitxml={report}", os.path.relpath(self.file, ROOT)]
            if self.pattern:
                command += ["-k", self.pattern]
            status, output = run_program(command, SUITE_SECONDS, self.environment)
            cases = list(self.cases_of(report))
        is_complete = status in (PYTEST_PASSED, PYTEST_EMPTY) or (status == PYTEST_FAILED and Counts(cases).failed)
        if not is_complete:
            cases.append(Case(self.name, "failed", text=output))
        return cases, output

    @staticmethod
    def cases_of(report):
        try:
            elements = xml.parse(report).getroot().iter("testcase")
        except (OSError, xml.ParseError):
            return
        for element in elements:
            failures = [*element.iter("failure"), *element.iter("error")]
            state = "failed" if failures else "skipped" if element.find("skipped") is not None else "passed"
            text = "\n".join(part.text or part.get("message", "") for part in failures)
            yield Case(element.get("name"), state, float(element.get("time", 0)), text)


def clean_environment():
    """Without what the make above us left, so that a make below us is one of its own."""
    names = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "RUN", "APPEND", "K", "FUZZ_SECONDS")
    return {name: value for name, value in os.environ.items() if name not in names}


def find_suites(options):
    suites = []
    if options.runner:
        environment = dict(clean_environment(), PANDO_RUNNER=options.runner, PANDO_BUILD=options.build,
                           PANDO_ELF=f"{options.build}/pando.elf")
        # The boot tests take longest: they start first.
        folders = options.folder or PYTEST_FOLDERS
        files = [file for folder in folders for file in sorted(options.tests.glob(f"{folder}/test_*.py"))]
        suites += [Pytest(file, options.filter, environment) for file in files]
    suites += [Unit(binary, options.filter) for binary in options.unit]
    fuzzers = [Fuzz(binary, options.fuzz_seconds) for binary in options.fuzz]
    return suites + [fuzzer for fuzzer in fuzzers if options.filter in fuzzer.name]


def run_suites(suites, is_filtered):
    """[(name, cases)] of the suites that have a test, in the order in which they ended."""
    results = []

    def timed(suite):
        start = time.monotonic()
        cases, output = suite.run()
        return suite, cases, output, time.monotonic() - start

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for done in concurrent.futures.as_completed([pool.submit(timed, suite) for suite in suites]):
            suite, cases, output, seconds = done.result()
            if not cases and is_filtered:
                continue
            if not cases:
                cases = [Case(suite.name, "failed", text="this suite has no test")]
                output += "this suite has no test\n"
            if Counts(cases).failed:
                print(f"--- {suite.name} ---\n{output.rstrip()}\n---")
            print(f"  {suite.name:<28} {Counts(cases)}  ({seconds:.1f} s)", flush=True)
            results.append((suite.name, cases))
    return results


def write_report(path, results):
    """The format of JUnit, as CI systems read it."""
    root = xml.Element("testsuites")
    for name, cases in results:
        suite = xml.SubElement(root, "testsuite", name=name)
        for case in cases:
            element = xml.SubElement(suite, "testcase", classname=name.replace("/", "."), name=case.name,
                                     time=f"{case.seconds:.3f}")
            if case.state == "failed":
                text = NO_CHARACTER.sub("?", case.text)
                xml.SubElement(element, "failure", message=text.strip().rpartition("\n")[2]).text = text
            elif case.state == "skipped":
                xml.SubElement(element, "skipped")
    for element, cases in [*zip(root, (cases for _, cases in results)), (root, all_cases(results))]:
        counts = Counts(cases)
        element.set("tests", str(len(cases)))
        element.set("failures", str(counts.failed))
        element.set("errors", "0")
        element.set("skipped", str(counts.skipped))
        element.set("time", f"{sum(case.seconds for case in cases):.3f}")
    path.parent.mkdir(parents=True, exist_ok=True)
    xml.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def all_cases(results):
    return [case for _, cases in results for case in cases]


def print_slowest(results):
    """Only if there is something to choose from."""
    tests = sorted(((case.seconds, name, case.name) for name, cases in results for case in cases), reverse=True)
    if len(tests) > SLOWEST:
        print("slowest tests:")
        for seconds, suite, name in tests[:SLOWEST]:
            print(f"  {seconds:7.2f} s  {suite:<28} {name}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--unit", action="append", default=[], metavar="PROGRAM")
    parser.add_argument("--fuzz", action="append", default=[], metavar="PROGRAM")
    parser.add_argument("--fuzz-seconds", type=int, default=3)
    parser.add_argument("--build", default="build/qemu-virt")
    parser.add_argument("--runner", help="what starts the machine; with it the suites of pytest run too")
    parser.add_argument("--tests", type=pathlib.Path, default=ROOT / "tests", help="where the suites of pytest are")
    parser.add_argument("--folder", action="append", choices=PYTEST_FOLDERS, help="only these suites of pytest")
    parser.add_argument("--filter", default="", help="only tests whose name has this in it")
    parser.add_argument("--report", type=pathlib.Path, default=ROOT / "build" / "test" / "junit.xml")
    options = parser.parse_args()

    results = run_suites(find_suites(options), bool(options.filter))
    if not results:
        print(f"no test has \"{options.filter}\" in its name")
    write_report(options.report, results)
    print_slowest(results)
    counts = Counts(all_cases(results))
    print(counts)
    return 1 if counts.failed or not counts.passed else 0


if __name__ == "__main__":
    sys.exit(main())
