"""What holds for every text file: its size, its columns, no marks of unfinished work, no path of one machine."""

import re

FILE_LINES_MAX = 800
FILE_LINES_NOTED = 500
COLUMNS_MAX = 120
# A program printed it: nobody reads it from its beginning to its end.
PRINTED = {"tests/golden/errno.txt", "tests/golden/memory.txt"}
# clang-format wraps C.
WRAPPED_SUFFIXES = {".S", ".lds", ".ld", ".mk", ".py", ".sh", ""}
# Its rows are pieces of sources, and what they are to be instead.
QUOTING = {"tests/mutants/mutants.py"}
UNFINISHED = re.compile(r"\b(T[O]DO|F[I]XME|X[X]X|H[A]CK)\b")
MACHINE_PATH = re.compile(r"(?:^|[\s\"'=:])/(?:home|root|work)/")


def check_lines(tree, path):
    name = tree.name(path)
    for number, line in enumerate(tree.lines(path), 1):
        if UNFINISHED.search(line):
            yield f"{name}:{number}: an issue, or nothing: {line.strip()}"
        if MACHINE_PATH.search(line):
            yield f"{name}:{number}: path of one machine: {line.strip()}"
        if len(line) > COLUMNS_MAX and path.suffix in WRAPPED_SUFFIXES and name not in QUOTING:
            yield f"{name}:{number}: {len(line)} columns, more than {COLUMNS_MAX}"
        if line != line.rstrip():
            yield f"{name}:{number}: blanks at the line's end"


def check_texts(tree):
    long = {}
    for path in tree.texts():
        yield from check_lines(tree, path)
        size = len(tree.lines(path))
        if tree.name(path) in PRINTED:
            continue
        if size > FILE_LINES_MAX:
            yield f"{tree.name(path)}:{FILE_LINES_MAX + 1}: {size} lines, more than {FILE_LINES_MAX}"
        elif size > FILE_LINES_NOTED:
            long[tree.name(path)] = size
    if long:
        tree.note(f"note: over {FILE_LINES_NOTED} lines: " + ", ".join(f"{name} ({long[name]})" for name in long))


def check_makefiles(tree):
    for path in tree.files():
        if path.name == "Makefile" or path.suffix == ".mk":
            for number, line in enumerate(tree.lines(path), 1):
                if re.search(r"\$\(wildcard [^)]*\*\.c", line):
                    yield f"{tree.name(path)}:{number}: sources are listed, not globbed"
