"""Line and branch coverage of the supervisor, on the host and on the target: `make coverage` calls this.

It runs the unit tests, the fuzzers over their corpora, and the boot tests, all built with counters, then reads what
they have left in build/coverage: profiles of the programs on the host, and the transcripts of the machines, with the
counters that each printed at its end. The last line is `coverage: N % of lines, N % of branches`; the exit status is 0
only when all tests passed and all counters could be read. The lines that were not reached are in
build/coverage/uncovered.txt.
"""

import argparse
import os
import pathlib
import shutil
import struct
import subprocess
import sys

import counters
import measure
import report

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "build" / "coverage"
FUZZ_SECONDS = 120
BOOTED = b"Boot HART MEDELEG"


def run_tests(options, environment):
    command = [sys.executable, ROOT / "tests" / "run.py", "--folder=boot", f"--build={options.build}",
               f"--runner={options.runner}", f"--filter={options.filter}", f"--report={FOLDER / 'junit.xml'}"]
    command += [f"--unit={binary}" for binary in options.unit]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0


def run_corpus(binary, environment):
    """A fuzzer over what it was given and what it has found, without looking for more."""
    target = pathlib.Path(binary).name.removeprefix("fuzz_")
    folders = [folder / target for folder in (ROOT / "build" / "fuzz", ROOT / "tests" / "fuzz" / "corpus")]
    command = [ROOT / binary, "-runs=0", "-verbosity=0", *[folder for folder in folders if folder.is_dir()]]
    done = subprocess.run(command, cwd=FOLDER, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=FUZZ_SECONDS, check=False)
    if done.returncode != 0:
        print(f"--- {binary} ---\n{done.stdout}---")
    return done.returncode == 0


def sum_transcripts(paths):
    """(sums of all counters, names of the transcripts of machines that booted and left none)."""
    sums, without = {}, []
    for path in paths:
        transcript = path.read_bytes()
        dumps = list(find_dumps(path, transcript))
        for dump in dumps:
            counters.add_dump(sums, dump)
        if BOOTED in transcript and not dumps:
            without.append(path.name)
    return sums, without


def find_dumps(path, transcript):
    try:
        yield from counters.find_dumps(transcript)
    except ValueError as error:
        raise ValueError(f"{path.relative_to(ROOT)}: {error}") from None


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="folder of the supervisor that was built with counters")
    parser.add_argument("--runner", required=True, help="what starts the machine")
    parser.add_argument("--unit", action="append", default=[], metavar="PROGRAM")
    parser.add_argument("--fuzz", action="append", default=[], metavar="PROGRAM")
    parser.add_argument("--gcov", required=True, help="the cross compiler's gcov")
    parser.add_argument("--clang", required=True, help="the host's compiler, which knows where its tools are")
    parser.add_argument("--filter", default="", help="only tests whose name has this in it")
    return parser.parse_args()


def llvm_tools(clang):
    names = ("llvm-profdata", "llvm-cov")
    return {name: measure.output_of(clang, f"-print-prog-name={name}").strip() for name in names}


def measure_all(options):
    """The files that were measured, by name."""
    sums, without = sum_transcripts(sorted((FOLDER / "transcripts").glob("*.log")))
    if without:
        print(f"{len(without)} machines were ended before they printed their counters: {' '.join(without)}")
    gcda_paths = counters.write_gcda(sums, ROOT / options.build / "pando")
    target = measure.target_files(options.gcov, gcda_paths, ROOT)
    host = measure.host_files(llvm_tools(options.clang), options.unit + options.fuzz, FOLDER / "host", ROOT)
    return measure.merge(target, host)


def main():
    options = parse_arguments()
    shutil.rmtree(FOLDER, ignore_errors=True)
    (FOLDER / "host").mkdir(parents=True)
    environment = dict(os.environ, PANDO_COVERAGE=str(FOLDER.relative_to(ROOT)),
                       LLVM_PROFILE_FILE=str(FOLDER / "host" / "%m.profraw"))
    has_passed = run_tests(options, environment)
    for binary in options.fuzz:
        has_passed = run_corpus(binary, environment) and has_passed
    try:
        files = measure_all(options)
    except (ValueError, struct.error) as error:
        sys.exit(f"coverage: {error}")
    (FOLDER / "uncovered.txt").write_text("".join(f"{line}\n" for line in report.uncovered(files, ROOT)))
    print("", *report.table(files), "", *report.worst_files(files), "", report.summary(files), sep="\n")
    return 0 if has_passed else 1


if __name__ == "__main__":
    sys.exit(main())
