"""Search the models of this folder with spin: `make models`, and as suites of `make test`.

A model's head comment names its mistakes, one a line below a line `Mistakes that must be found`: `NAME  what is wrong`.
The model as it is must have no error in any reachable state; with -DNAME, spin must find one, so that each property
is known to be able to fail. `-DWORD` in that line above the names is a search of its own: part of a model that is too
large as a whole, searched with that word defined, as are its mistakes.

Prints a line for each search; the last line is `N passed, N failed`. Of a search that failed it shows what the verifier
said, and for a model with an error the last steps that lead there.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

FOLDER = pathlib.Path(__file__).resolve().parent
HEADING = re.compile(r" \* Mistakes that must be found(?:, with (?:-D(\w+) and )?-DNAME)?")
MISTAKE = re.compile(r" \*     ([A-Z][A-Z_]+)  +\S")
SEARCH_SECONDS = 120
MEGABYTES = 900
DEPTH, HASH_BITS = 1000000, 20
TRAIL_LINES = 60
# Safe properties only; each component of a state is kept once.
FLAGS = ["-w", "-DSAFETY", "-DCOLLAPSE", "-DVECTORSZ=1024", f"-DMEMLIM={MEGABYTES}"]


class Search:
    """One model with some words defined. mistake is None for the model as it should be."""

    def __init__(self, model, part, mistake):
        self.model, self.part, self.mistake = model, part, mistake
        self.words = [word for word in (part, mistake) if word]
        what = f"{mistake.lower()}_is_found" if mistake else "holds"
        name = f"{part.lower()}_{what}" if part and not mistake else what
        self.name = f"{model.stem}/{name}"


def searches_of(model):
    """Of a model's head comment; a switch that it doesn't name is an error."""
    text = model.read_text()
    head = text[:text.index("*/")]
    part, found, mistakes = None, [], set()
    for line in head.splitlines():
        if match := HEADING.match(line):
            part = match[1]
            found.append(Search(model, part, None))
        elif (match := MISTAKE.match(line)) and found:
            found.append(Search(model, part, match[1]))
            mistakes.add(match[1])
    tested = set(re.findall(r"^#if(?:n?def) (\w+)", text, re.MULTILINE)) - {search.part for search in found} - {"HARTS"}
    if tested != mistakes or not found:
        sys.exit(f"{model.name}: the head comment and the text have different mistakes: {sorted(tested ^ mistakes)}")
    return found


def run(command, folder):
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                          timeout=SEARCH_SECONDS)
    return done.returncode, done.stdout


def reason_of(search, output):
    """Why a verifier's output isn't what it should be, or None."""
    errors = re.search(r"errors: (\d+)", output)
    if not errors:
        return "no result"
    first = re.search(r"^pan:\d+: (.*?)(?: \(at depth.*)?$", output, re.MULTILINE)
    if search.mistake:
        return None if first and re.match("assertion violated|invalid end state", first[1]) else "not found"
    if errors[1] != "0":
        return first[1] if first else "errors"
    # Out of memory, out of depth: then nothing is proved.
    incomplete = re.search(r"^(error: .*|Warning: Search not completed|pan: reached .*)", output, re.MULTILINE)
    return incomplete[1] if incomplete else None


def check(search):
    """(reason or None, what to show) of one search, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(search.model, folder)
        defines = [f"-D{word}" for word in search.words]
        status, output = run(["spin", "-a", *defines, search.model.name], folder)
        if status != 0:
            return "spin -a", output
        status, output = run(["gcc", "-O0" if search.mistake else "-O1", *FLAGS, "-o", "pan", "pan.c"], folder)
        if status != 0:
            return "gcc", output
        _, output = run(["./pan", f"-m{DEPTH}", f"-w{HASH_BITS}"], folder)
        reason = reason_of(search, output)
        if reason and not search.mistake and list(pathlib.Path(folder).glob("*.trail")):
            _, trail = run(["spin", "-t", "-p", "-g", *defines, search.model.name], folder)
            output += "\n".join(["the last steps:", *trail.splitlines()[-TRAIL_LINES:]])
        return reason, output


def figures(output):
    states = re.search(r"^\s*(\S+) states, stored", output, re.MULTILINE)
    return f"{int(float(states[1]))} states, " if states else ""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="only searches whose name has this in it")
    parser.add_argument("models", nargs="*", help="names of models; without them all")
    options = parser.parse_args()
    models = [FOLDER / f"{name}.pml" for name in options.models] or sorted(FOLDER.glob("*.pml"))
    searches = [search for model in models for search in searches_of(model) if options.only in search.name]
    failed = 0

    def timed(search):
        start = time.monotonic()
        try:
            reason, output = check(search)
        except subprocess.TimeoutExpired:
            reason, output = f"no end after {SEARCH_SECONDS} s", ""
        return search, reason, output, time.monotonic() - start

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for search, reason, output, seconds in pool.map(timed, searches):
            if reason:
                failed += 1
                print(output.rstrip())
            result = f"FAILED {search.name}: {reason}" if reason else f"ok {search.name}"
            print(f"{result} ({figures(output)}{seconds:.1f} s)", flush=True)
    print(f"{len(searches) - failed} passed, {failed} failed")
    return 1 if failed or not searches else 0


if __name__ == "__main__":
    sys.exit(main())
