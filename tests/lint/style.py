"""What holds for our C: sizes of functions, few `#if`, head comments, `#pragma once`, names of public functions."""

import fnmatch
import re

from tree import functions

FUNCTION_LINES_MAX = 80
CONDITIONALS_PER_1000_LINES = 2
# A file so short may have one all the same.
CONDITIONALS_FLOOR = 1
NAMED_LAYERS = ("arch/base", "arch/sv39", "arch/riscv64", "mm", "shared", "platform", "supervisor")


def only_dispatches(lines):
    """A switch whose arms are a line or two each."""
    cases = sum(bool(re.match(r"\s*(case .*|default):", line)) for line in lines)
    return any(line.strip().startswith("switch") for line in lines) and cases * 3 >= len(lines)


def check_functions(tree):
    for path in tree.code(".c", ".h"):
        lines = tree.lines(path)
        for first, start, end, _ in functions(lines):
            length = end - start + 1
            if length > FUNCTION_LINES_MAX and not only_dispatches(lines[start - 1:end]):
                yield f"{tree.name(path)}:{first}: a function of {length} lines, more than {FUNCTION_LINES_MAX}"


def check_beginnings(tree):
    for path in tree.code(".c", ".h"):
        lines = tree.lines(path)
        if path.suffix == ".h" and lines[:1] != ["#pragma once"]:
            yield f"{tree.name(path)}:1: a header starts with #pragma once"
        if path.suffix == ".c" and not "".join(lines[:1]).startswith("/*"):
            yield f"{tree.name(path)}:1: a .c file starts with its head comment"


def check_conditionals(tree):
    """Each file alone, and all of the product together."""
    line_count = conditional_count = 0
    for path in tree.code(".c"):
        lines = tree.lines(path)
        found = [number for number, line in enumerate(lines, 1) if re.match(r"\s*#\s*if", line)]
        allowed = max(CONDITIONALS_FLOOR, len(lines) * CONDITIONALS_PER_1000_LINES // 1000)
        if len(found) > allowed:
            yield (f"{tree.name(path)}:{found[allowed]}: {len(found)} #if in {len(lines)} lines, more than {allowed}: "
                   "choose by file in the Makefile, or by if (CONFIG_X)")
        if tree.layer(path) != "tests":
            line_count += len(lines)
            conditional_count += len(found)
    if conditional_count > max(CONDITIONALS_FLOOR, line_count * CONDITIONALS_PER_1000_LINES // 1000):
        yield (f"{conditional_count} #if in the {line_count} lines of all .c files, "
               f"more than {CONDITIONALS_PER_1000_LINES} in 1000")


def public_names(lines):
    """(line, name) of each function that other files see: in a header those that are `static inline` too."""
    for first, _, _, head in functions(lines):
        bare = re.sub(r"__attribute__\(\((?:[^()]|\([^()]*\))*\)\)", "", head)
        match = re.search(r"(\w+)\s*\(", bare)
        if match and "static" not in bare[:match.start()].split():
            yield first, match[1]


def header_names(lines):
    for first, _, _, head in functions(lines):
        match = re.search(r"\bstatic inline\b.*?(\w+)\s*\(", head)
        if match:
            yield first, match[1]


def check_names(tree):
    """
    A public function starts with the name of its file: region_load() is in region.c. A file may be one part of several:
    map_entries.c has functions of map.h, if the layer has a header of that name. All else is agreed on, by a pattern of
    files and a prefix.
    """
    agreed = getattr(tree.table("agreed"), "NAMES", {})
    used = set()
    headers = {layer: set() for layer in NAMED_LAYERS}
    for path in tree.code(".h"):
        headers.setdefault(tree.layer(path), set()).add(path.stem)
    for path in tree.code(".c", ".h"):
        layer = tree.layer(path)
        if layer not in NAMED_LAYERS:
            continue
        words = path.stem.split("_")
        prefixes = {"_".join(words[:count]) for count in range(1, len(words))} & headers[layer] | {path.stem}
        for number, name in (public_names if path.suffix == ".c" else header_names)(tree.lines(path)):
            if any(f"{name}_".startswith(f"{prefix}_") for prefix in prefixes):
                continue
            rows = [row for row in agreed
                    if fnmatch.fnmatch(tree.name(path), row[0]) and fnmatch.fnmatchcase(name, row[1])]
            used.update(rows)
            if not rows:
                yield f"{tree.name(path)}:{number}: {name}() does not start with {path.stem}_, the name of its file"
    for row in agreed:
        if row not in used:
            yield f"tests/lint/agreed.py: there is no {row[1]}() in {row[0]}"
