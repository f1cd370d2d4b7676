"""What was reached, line by line: from clang's counters on the host and gcc's on the target.

Which lines and branches there are is gcc's word, since gcc compiles all of the supervisor. clang agrees about nearly
every line, but begins a function at its brace, and counts the closing ones. Branches of an ASSERT are left out: one of
them is reached only by a bug of ours.
"""

import collections
import json
import re
import subprocess

LAYERS = ("arch", "mm", "shared", "platform", "supervisor")
# From the line with a function's name down to its brace.
SIGNATURE_LINES = 5


class File:
    """Lines: {number: times reached}. Branches: {number: [was taken]}, all those of a line in one list."""

    def __init__(self):
        self.lines = collections.Counter()
        self.branches = {}

    def branch_counts(self, number):
        """(taken, all) of a line."""
        taken = self.branches.get(number, ())
        return sum(taken), len(taken)


def is_ours(name):
    return name.partition("/")[0] in LAYERS


def output_of(*command):
    """What a tool prints; what it says besides is a failure, since gcov only warns of counters it can't read."""
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False)
    if done.returncode != 0 or done.stderr:
        raise ValueError(f"{command[0]}: {done.stderr.strip() or f'exit status {done.returncode}'}")
    return done.stdout


def assertion_lines(source):
    """Numbers of the lines of ASSERT(...); statements."""
    inside = False
    for number, line in enumerate(source, 1):
        inside = inside or re.match(r"\s*ASSERT\(", line) is not None
        if inside:
            yield number
        inside = inside and not line.endswith(";")


def without_assertions(files, root):
    for name, file in files.items():
        for number in assertion_lines((root / name).read_text().splitlines()):
            file.branches.pop(number, None)
    return files


# --- The target


def add_gcov_line(file, functions, line):
    """A function of a header is there once for each object file that has a copy of it."""
    file.lines[line["line_number"]] += line["count"]
    if line["branches"]:
        taken = [branch["count"] > 0 for branch in line["branches"]]
        key = line["line_number"], line.get("function_name")
        before = functions.get(key, [False] * len(taken))
        functions[key] = [a or b for a, b in zip(before, taken, strict=True)]


def target_files(gcov, gcda_paths, root):
    """{name: File} of all that is compiled for the target."""
    files = collections.defaultdict(File)
    functions = collections.defaultdict(dict)
    output = output_of(gcov, "--json-format", "--stdout", "--branch-probabilities", *gcda_paths)
    for unit in map(json.loads, output.splitlines()):
        for part in unit["files"]:
            for line in part["lines"]:
                add_gcov_line(files[part["file"]], functions[part["file"]], line)
    for name, file in files.items():
        for (number, _), taken in sorted(functions[name].items()):
            file.branches.setdefault(number, []).extend(taken)
    return without_assertions({name: file for name, file in files.items() if is_ours(name)}, root)


# --- The host


def read_lcov(lines, root):
    """{name: File} of what llvm-cov exports: SF: names a file, DA: is a line, BRDA: one way out of a branch."""
    files = collections.defaultdict(File)
    file = None
    for line in lines:
        kind, _, rest = line.strip().partition(":")
        fields = rest.split(",")
        if kind == "SF":
            file = files[rest.removeprefix(f"{root}/")]
        elif kind == "DA":
            file.lines[int(fields[0])] = int(fields[1])
        elif kind == "BRDA":
            file.branches.setdefault(int(fields[0]), []).append(fields[3] not in ("-", "0"))
    return {name: file for name, file in files.items() if is_ours(name)}


def host_files(tools, binaries, profiles, root):
    """{name: File} of what the host's @binaries have; @tools has the paths of llvm-profdata and llvm-cov."""
    merged = profiles / "merged.profdata"
    output_of(tools["llvm-profdata"], "merge", "--output", merged, *sorted(profiles.glob("*.profraw")))
    objects = [word for binary in binaries for word in ("--object", root / binary)]
    output = output_of(tools["llvm-cov"], "export", "--format=lcov", f"--instr-profile={merged}", *objects[1:])
    return without_assertions(read_lcov(output.splitlines(), root), root)


def host_count(file, number):
    """How often the host reached a line that gcc knows. Of a function's name clang says nothing: its brace tells."""
    for candidate in range(number, number + SIGNATURE_LINES):
        if candidate in file.lines:
            return file.lines[candidate]
    return 0


# --- Both


class Both:
    """A file by lines and branches of gcc: what host and target reached, and what either did."""

    def __init__(self, target, host):
        self.host = host
        self.target = target
        self.lines = {number: (host_count(host, number) if host else 0, count)
                      for number, count in sorted(target.lines.items())}
        self.branches = {number: self.taken_of_either(number) for number in sorted(target.branches)}

    def taken_of_either(self, number):
        """
        (taken, all) branches of a line. The two compilers order a line's branches differently, so which ones the other
        one took can't be told: of the two shares the larger one counts, which is the least that is certain.
        """
        taken, count = self.target.branch_counts(number)
        host_taken, host_count_ = self.host.branch_counts(number) if self.host else (0, 0)
        share = host_taken * count // host_count_ if host_count_ else 0
        return max(taken, share), count

    def uncovered_lines(self):
        return [number for number, counts in self.lines.items() if not any(counts)]


def merge(target, host):
    return {name: Both(file, host.get(name)) for name, file in sorted(target.items())}
