"""tests/run.py: what it counts, prints and reports, over suites that are made up here."""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as xml

import pytest

from test_build import BUILD, ROOT, make


class Run:
    """One run over a folder of its own."""

    def __init__(self, folder):
        self.folder = folder

    def program(self, name, script):
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return str(path)

    def pytest_file(self, name, text):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def run(self, *arguments):
        """Its lines and its exit status."""
        done = subprocess.run([sys.executable, str(ROOT / "tests" / "run.py"), f"--report={self.folder}/junit.xml",
                               f"--tests={self.folder}", *arguments], cwd=ROOT, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False)
        assert done.stderr == ""
        return done.stdout.splitlines(), done.returncode

    def report(self):
        return xml.parse(self.folder / "junit.xml").getroot()


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path)


def test_a_unit_test_that_fails_shows_what_it_said_and_no_other(run):
    unit = run.program("mm_a_test", "echo 'ok one (0.250 s)'; echo 'a.c:3: no'; echo 'FAILED two: status 1 (1.500 s)';"
                                    " echo 'ok three (0.000 s)'; exit 1")
    lines, status = run.run(f"--unit={unit}")
    assert status == 1
    assert lines[:-2] == ["--- unit/mm_a ---", "a.c:3: no", "FAILED two: status 1 (1.500 s)", "---"]
    assert lines[-1] == "2 passed, 1 failed"
    suite, = run.report()
    assert {key: suite.get(key) for key in ("name", "tests", "failures", "skipped", "time")} == {
        "name": "unit/mm_a", "tests": "3", "failures": "1", "skipped": "0", "time": "1.750"}
    assert [(case.get("name"), case.get("time"), len(case)) for case in suite] == [
        ("one", "0.250", 0), ("two", "1.500", 1), ("three", "0.000", 0)]
    assert suite[1][0].tag == "failure" and "a.c:3: no" in suite[1][0].text


def test_a_unit_program_that_ends_badly_is_a_failure_of_its_own(run):
    unit = run.program("mm_a_test", "echo 'ok one (0.250 s)'; echo leak; exit 7")
    lines, status = run.run(f"--unit={unit}")
    assert status == 1 and lines[-1] == "1 passed, 1 failed"
    assert "leak" in lines and "exit status 7" in lines


def test_a_suite_without_a_test_fails(run):
    lines, status = run.run(f"--unit={run.program('mm_a_test', 'true')}")
    assert status == 1 and lines[-1] == "0 passed, 1 failed"


def test_fuzzers_get_their_seconds_and_are_in_the_report(run):
    good = run.program("fuzz_run_good", 'echo "$@" > ' + f"{run.folder}/arguments")
    bad = run.program("fuzz_run_bad", r"printf 'crash \001\377\n'; exit 77")
    try:
        lines, status = run.run(f"--fuzz={good}", f"--fuzz={bad}", "--fuzz-seconds=4")
    finally:
        for name in ("run_good", "run_bad"):
            (ROOT / "build" / "fuzz" / name).rmdir()
    assert status == 1 and lines[-1] == "1 passed, 1 failed"
    assert "-max_total_time=4" in (run.folder / "arguments").read_text().split()
    suites = {suite.get("name"): suite for suite in run.report()}
    assert suites["fuzz/run_good"].get("failures") == "0" and float(suites["fuzz/run_good"][0].get("time")) > 0
    assert "crash" in suites["fuzz/run_bad"][0][0].text


def test_tests_of_pytest_are_in_the_report_one_by_one(run):
    run.pytest_file("boot/test_a.py", "import pytest, time\n"
                    "def test_slow():\n    time.sleep(0.3)\ndef test_bad():\n    assert 1 == 2, 'why'\n"
                    "@pytest.mark.skip\ndef test_not_here():\n    pass\n"
                    "@pytest.mark.parametrize('x', ['p', 'q'])\ndef test_with(x):\n    pass\n")
    lines, status = run.run("--runner=none")
    assert status == 1 and lines[-1] == "3 passed, 1 failed, 1 skipped"
    suite, = run.report()
    assert suite.get("name") == "boot/a" and suite.get("skipped") == "1"
    cases = {case.get("name"): case for case in suite}
    assert set(cases) == {"test_slow", "test_bad", "test_not_here", "test_with[p]", "test_with[q]"}
    assert float(cases["test_slow"].get("time")) >= 0.3
    assert "why" in cases["test_bad"][0].text and cases["test_not_here"][0].tag == "skipped"


def test_a_file_of_pytest_that_can_not_be_read_fails(run):
    run.pytest_file("make/test_a.py", "import no_such_module\n")
    lines, status = run.run("--runner=none")
    assert status == 1 and re.fullmatch(r"0 passed, [12] failed", lines[-1])


def test_the_filter_chooses_tests_in_suites_of_every_kind(run):
    unit = run.program("mm_a_test", '[ "$1" = --only ] && echo "ok $2_one (0.001 s)"')
    named = run.program("mm_pipe_test", '[ $# = 0 ] && echo "ok all (0.001 s)"')
    run.pytest_file("boot/test_a.py", "def test_pipe_a():\n    pass\ndef test_b():\n    pass\n")
    run.pytest_file("boot/test_none.py", "def test_b():\n    pass\n")
    fuzz = run.program("fuzz_a", "exit 1")
    lines, status = run.run("--runner=none", f"--unit={unit}", f"--unit={named}", f"--fuzz={fuzz}", "--filter=pipe")
    assert status == 0 and lines[-1] == "3 passed, 0 failed"
    names = {(suite.get("name"), case.get("name")) for suite in run.report() for case in suite}
    assert names == {("unit/mm_a", "pipe_one"), ("unit/mm_pipe", "all"), ("boot/a", "test_pipe_a")}


def test_a_filter_that_matches_nothing_is_no_success(run):
    run.pytest_file("boot/test_a.py", "def test_b():\n    pass\n")
    lines, status = run.run("--runner=none", "--filter=no_such_test")
    assert status == 1 and lines == ['no test has "no_such_test" in its name', "0 passed, 0 failed"]


def test_the_ten_slowest_tests_come_before_the_last_line(run):
    script = "; ".join(f"echo 'ok t{i} ({i / 100:.3f} s)'" for i in range(12))
    lines, status = run.run(f"--unit={run.program('mm_a_test', script)}")
    assert status == 0 and lines[-1] == "12 passed, 0 failed"
    assert lines[-12] == "slowest tests:"
    assert [line.split() for line in lines[-11:-1]] == [
        [f"{i / 100:.2f}", "s", "unit/mm_a", f"t{i}"] for i in range(11, 1, -1)]


def test_units_print_the_form_that_is_read_here():
    """The real frame of the unit tests: a time for each test."""
    done = subprocess.run([ROOT / "build" / "host" / "bin" / "base_checked_test"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0
    assert all(re.fullmatch(r"ok \w+ \(\d+\.\d{3} s\)", line) for line in done.stdout.splitlines())


@pytest.mark.parametrize("arguments,target,seconds", [
    ([], "test", 3), ([], "fuzz", 60), (["FUZZ_SECONDS=7"], "test", 7), (["FUZZ_SECONDS=7"], "fuzz", 7),
])
def test_fuzzers_run_as_long_as_make_says(arguments, target, seconds):
    lines = make("-n", f"BUILD={BUILD}", *arguments, target).stdout
    assert re.search(rf"tests/run\.py .*--fuzz-seconds={seconds}\b", lines.replace("\\\n", " "))


MACHINE = """
import sys
log = [word.partition("=")[2] for word in sys.argv if word.startswith("--log=")][-1]
text = "".join(f"line {i}\\r\\n" for i in range(80))
open(log, "w").write(text)
print(text, flush=True)
"""


def test_a_boot_test_that_fails_shows_the_last_50_lines_of_the_console(run):
    """With the real fixtures of tests/boot, over a machine that prints 80 lines and ends."""
    (run.folder / "machine.py").write_text(MACHINE)
    (run.folder / "conftest.py").symlink_to(ROOT / "tests" / "boot" / "conftest.py")
    run.pytest_file("test_made_up.py", "def test_it(machine):\n    machine.start().expect('never printed')\n")
    transcript = ROOT / "build" / "transcripts" / "test_made_up-1.log"
    environment = dict(os.environ, PANDO_RUNNER=f"{sys.executable} {run.folder}/machine.py",
                       PYTHONPATH=str(ROOT / "tests" / "boot"))
    done = subprocess.run([sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider",
                           str(run.folder / "test_made_up.py")], cwd=ROOT, env=environment, capture_output=True,
                          text=True, check=False)
    try:
        assert done.returncode == 1
        assert "the machine ended before it printed 'never printed'" in done.stdout
        shown = re.findall(r"^line (\d+)$", done.stdout, re.MULTILINE)
        assert shown == [str(i) for i in range(30, 80)], done.stdout
        assert "build/transcripts/test_made_up-1.log" in done.stdout
        assert transcript.read_text().count("line ") == 80
    finally:
        transcript.unlink(missing_ok=True)
