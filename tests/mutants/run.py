"""Seeded mistakes: each mutant of mutants.py must make a test fail. `make mutants`.

A mutant is a source with one piece of text replaced. What the host can see is compiled with the sanitizers, in a copy
under build/mutants/, linked with the objects of the unit tests that are there already, and the mutant's tests run one
after the other until one fails. What only the target has (arch/riscv64) is compiled for it and given to
arch/riscv64/check_elf.py.

Prints `killed NAME by TEST` or `SURVIVED NAME`; the last line is `N passed, N failed`. A test that fails without the
mistake too kills nothing.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time

from mutants import MUTANTS, Mutant

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
WORK = ROOT / "build" / "mutants"
# Which test has killed each mutant, and so is tried first: `NAME by TEST: NAME`.
KILLERS = ROOT / "tests" / "mutants" / "killers.txt"
RESULT = re.compile(r"(ok|FAILED) (\w+)")
# A test that hangs has failed. Of mutants two are built, or run, at a time.
SECONDS = 60
AT_ONCE = 2
COMPILED_WITH = ["-w"]


class Error(Exception):
    """The mutant could not be tried."""


class Test:
    """A program of unit tests: the objects that it is linked from, and libraries."""

    def __init__(self, text):
        self.name, *words = text.split()
        self.objects = [word for word in words if word.endswith(".o")]
        self.libraries = [word for word in words if not word.endswith(".o")]


def run(command, what):
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise Error(f"{what}: {done.stdout.strip()}")


def mutated(mutant):
    """The source's text with the mistake; the text to be replaced must be there, once."""
    text = (ROOT / mutant.file).read_text()
    for old, new in mutant.changes:
        if text.count(old) != 1:
            raise Error(f"{mutant.file} has {text.count(old)} times: {old!r}")
        text = text.replace(old, new)
    return text


def source_of(object_file):
    """Of an object build/host/unit/LAYER/NAME.o: LAYER/NAME.c."""
    return str(pathlib.Path(object_file.partition("/unit/")[2]).with_suffix(".c"))


def depends(object_file, file):
    """Whether an object was compiled from @file, or with it."""
    words = (ROOT / object_file).with_suffix(".d").read_text().split()
    return any(os.path.normpath(word) == file for word in words)


class Builder:
    """Compiles a mutant, and links it into tests."""

    def __init__(self, options, mutant):
        self.options, self.mutant = options, mutant
        self.folder = WORK / mutant.name
        shutil.rmtree(self.folder, ignore_errors=True)
        if mutant.file.endswith(".h"):
            # Headers include those beside them.
            for header in (ROOT / mutant.file.split("/")[0]).glob("**/*.h"):
                shutil.copy(header, self.place(header.relative_to(ROOT)))
        self.place(mutant.file).write_text(mutated(mutant))
        self.objects = {}

    def place(self, file):
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def includes(self):
        """A header with a mistake comes before the real one, and so do those that include it."""
        folders = {header.parent for header in self.folder.glob("**/*.h")}
        return [f"-I{folder}" for folder in sorted(folders)]

    def compile(self, file, command):
        place = self.place(file)
        if file != self.mutant.file:
            shutil.copy(ROOT / file, place)
        compiled = place.with_suffix(".o")
        # Behind the mistake's own folder: what lies beside the real source.
        run([*command[:1], *self.includes(), *command[1:], f"-iquote{(ROOT / file).parent}", *COMPILED_WITH, "-c", "-o",
             compiled, place], f"{file} does not compile")
        return compiled

    def object(self, real):
        """In the place of @real, an object of the build."""
        if not depends(real, self.mutant.file):
            return real
        if real not in self.objects:
            file = source_of(real)
            self.objects[real] = self.compile(file, shlex.split(self.options.host_compile[file.split("/")[0]]))
        return self.objects[real]

    def link(self, test):
        program = self.folder / test.name
        objects = [self.object(real) for real in test.objects]
        run([*shlex.split(self.options.host_link), "-o", program, *objects, *test.libraries], "does not link")
        return program


def run_program(program, *arguments):
    """The name of the first test that fails, or None. Nothing runs on behind it."""
    process = subprocess.Popen([program, *arguments], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True)

    def end():
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    timer = threading.Timer(SECONDS, end)
    timer.start()
    failed = None
    for line in process.stdout:
        match = RESULT.match(line)
        if match and match[1] == "FAILED":
            failed = match[2]
            end()
            break
    status = process.wait()
    timer.cancel()
    process.stdout.close()
    return failed or (f"exit status {status}" if status != 0 else None)


def try_on_host(options, mutant):
    builder = Builder(options, mutant)
    name, _, test = options.killers.get(mutant.name, "").partition(": ")
    is_known = name in options.tests and re.fullmatch(r"\w+", test)
    if is_known and run_program(builder.link(options.tests[name]), "--only", test):
        return f"{name}: {test}"
    for name in filter(options.tests.get, mutant.tests):
        failed = run_program(builder.link(options.tests[name]))
        if failed:
            return f"{name}: {failed}"
    return None


def try_on_target(options, mutant):
    """The mutated source, or for a header the fences in it, as a program of its own that check_elf.py sees."""
    builder = Builder(options, mutant)
    file = mutant.file if not mutant.file.endswith(".h") else "tests/mutants/fences.c"
    command = shlex.split(options.target_compile)
    place = builder.place(file)
    if file != mutant.file:
        shutil.copy(ROOT / file, place)
    program = builder.folder / "program.elf"
    run([*command[:1], *builder.includes(), *command[1:], f"-iquote{(ROOT / file).parent}", *COMPILED_WITH, "-nostdlib",
         "-static", "-Wl,--unresolved-symbols=ignore-all", "-Wl,-e,0", "-o", program, place], "does not compile")
    done = subprocess.run([sys.executable, "arch/riscv64/check_elf.py", "--fences", "--cross", options.cross, program],
                          cwd=ROOT, capture_output=True, text=True, check=False)
    said = done.stderr.strip().splitlines()
    return f"check_elf: {said[0].partition(': ')[2]}" if said else None


def check_killers(options, found):
    """Those of the tests that fail without a mistake as well; of check_elf.py all, when it refuses a real source."""
    killers = sorted({killer if not killer.startswith("check_elf: ") else "check_elf: " for killer in found if killer})

    def fails(killer):
        name, _, test = killer.partition(": ")
        if name == "check_elf":
            files = {mutant.file for mutant in MUTANTS if mutant.file.startswith("arch/")}
            return any(try_on_target(options, Mutant("real", file, [])) for file in sorted(files))
        program = ROOT / options.programs / f"{name}_test"
        return run_program(program, *([] if " " in test else ["--only", test])) is not None

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return {killer for killer, failed in zip(killers, pool.map(fails, killers)) if failed}


def pair(text):
    name, _, rest = text.partition(" ")
    return name, rest


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="only mutants whose name or file has this in it")
    parser.add_argument("--cross", required=True, help="prefix of the target's toolchain")
    parser.add_argument("--target-compile", required=True, help="how what is for the target is compiled")
    parser.add_argument("--host-compile", action="append", type=pair, required=True, metavar="LAYER COMMAND")
    parser.add_argument("--host-link", required=True)
    parser.add_argument("--programs", required=True, help="where the real tests are")
    parser.add_argument("--test", action="append", type=Test, required=True, metavar="NAME OBJECTS LIBRARIES")
    parser.add_argument("--record", action="store_true", help=f"write {KILLERS.relative_to(ROOT)}")
    options = parser.parse_args()
    options.killers = dict(re.findall("^(.*) by (.*)$", KILLERS.read_text(), re.MULTILINE) if KILLERS.exists() else [])
    options.host_compile = dict(options.host_compile)
    options.tests = {test.name: test for test in options.test}
    return options


def main():
    options = parse()
    mutants = [mutant for mutant in MUTANTS if options.only in mutant.name or options.only in mutant.file]
    if len({mutant.name for mutant in MUTANTS}) != len(MUTANTS):
        sys.exit("mutants.py: two mutants have the same name")

    def attempt(mutant):
        start = time.monotonic()
        try:
            killer = (try_on_target if mutant.file.startswith("arch/") else try_on_host)(options, mutant)
            result = f"killed {mutant.name} by {killer}" if killer else f"SURVIVED {mutant.name}"
        except Error as error:
            killer, result = None, f"FAILED {mutant.name}: {error}"
        shutil.rmtree(WORK / mutant.name, ignore_errors=True)
        print(f"{result} ({time.monotonic() - start:.1f} s)", flush=True)
        return killer

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(attempt, mutants))
    if options.record:
        options.killers.update({mutant.name: killer for mutant, killer in zip(mutants, found) if killer})
        names = sorted(set(options.killers) & {mutant.name for mutant in MUTANTS})
        KILLERS.write_text("".join(f"{name} by {options.killers[name]}\n" for name in names
                                   if not options.killers[name].startswith("check_elf")))
    broken = check_killers(options, found)
    for killer in sorted(broken):
        print(f"FAILED {killer} fails without a mistake")
    passed = sum(killer is not None and not killer.startswith(tuple(broken)) for killer in found)
    print(f"{passed} passed, {len(mutants) - passed} failed")
    return 0 if passed == len(mutants) and mutants else 1


if __name__ == "__main__":
    sys.exit(main())
