"""Static checks: `make lint` calls this.

Layout (clang-format), the rules of style that a script can see, the table of rules against tests, then clang-tidy and
cppcheck over what is compiled. The exit status is 0 only when nothing was found.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
COMMANDS = ROOT / "build" / "compile_commands.json"
CODE_FOLDERS = ("arch", "mm", "shared", "platform", "supervisor", "apps", "tests")
TEXT_SUFFIXES = {".c", ".h", ".S", ".lds", ".ld", ".mk", ".py", ".sh", ".md", ".svg", ".txt", ""}
# clang-format wraps C.
WRAPPED_SUFFIXES = {".S", ".lds", ".ld", ".mk", ".py", ".sh", ""}

FILE_LINES_MAX = 800
FUNCTION_LINES_MAX = 80
COLUMNS_MAX = 120
CONDITIONALS_PER_1000_LINES = 2

# A layer's headers may be included by itself and by those that name it here.
LOWER_LAYERS = {
    "arch": {"arch", "abi"},
    "mm": {"mm", "arch", "abi"},
    "shared": {"shared", "mm", "arch", "abi"},
    "platform": {"platform", "arch", "abi"},
    "supervisor": {"supervisor", "shared", "mm", "platform", "arch", "abi"},
    "apps": {"apps", "abi"},
    "abi": {"abi"},
}

UNFINISHED = re.compile(r"\b(T[O]DO|F[I]XME|X[X]X|H[A]CK)\b")
MACHINE_PATH = re.compile(r"(?:^|[\s\"'=:])/(?:home|root|work)/")


def relative(path):
    return str(path.relative_to(ROOT))


def is_ours(path):
    return path.is_file() and "__pycache__" not in path.parts


def code_files(*suffixes):
    for folder in CODE_FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in suffixes and is_ours(path) and "foreign" not in path.parts:
                yield path


def text_files():
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        if parts[0] in ("build", ".git") or not is_ours(path) or path.suffix not in TEXT_SUFFIXES:
            continue
        if "corpus" not in parts:
            yield path


def layer_of(path):
    parts = path.relative_to(ROOT).parts
    return "abi" if parts[:2] == ("apps", "abi") else parts[0]


def check_text(path, lines):
    """Every text file of ours."""
    if len(lines) > FILE_LINES_MAX:
        yield f"{relative(path)}: {len(lines)} lines, more than {FILE_LINES_MAX}"
    for number, line in enumerate(lines, 1):
        if UNFINISHED.search(line):
            yield f"{relative(path)}:{number}: an issue, or nothing: {line.strip()}"
        if MACHINE_PATH.search(line):
            yield f"{relative(path)}:{number}: path of one machine: {line.strip()}"
        if len(line) > COLUMNS_MAX and path.suffix in WRAPPED_SUFFIXES:
            yield f"{relative(path)}:{number}: {len(line)} columns, more than {COLUMNS_MAX}"
        if line != line.rstrip():
            yield f"{relative(path)}:{number}: blanks at the line's end"


def function_lengths(lines):
    """(first line's number, lines) of each function: clang-format puts its braces into column 0."""
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start:
            yield start, number - start + 1
            start = None


def only_dispatches(lines):
    """A switch whose arms are a line or two each."""
    cases = sum(bool(re.match(r"\s*(case .*|default):", line)) for line in lines)
    return any(line.strip().startswith("switch") for line in lines) and cases * 3 >= len(lines)


def check_c(path, lines, owners):
    name = relative(path)
    text = "\n".join(lines)
    if path.suffix == ".h" and "#pragma once" not in lines[:1]:
        yield f"{name}:1: a header starts with #pragma once"
    if path.suffix == ".c" and not text.startswith("/*"):
        yield f"{name}:1: a .c file starts with its head comment"
    for number, length in function_lengths(lines):
        if length > FUNCTION_LINES_MAX and not only_dispatches(lines[number - 1:number - 1 + length]):
            yield f"{name}:{number}: a function of {length} lines, more than {FUNCTION_LINES_MAX}"
    includes = [(number, match[1]) for number, line in enumerate(lines, 1)
                if (match := re.match(r'\s*#\s*include\s+"([^"]+)"', line))]
    for number, header in includes:
        if ".." in header.split("/"):
            yield f"{name}:{number}: include by a way upwards: {header}"
        allowed = LOWER_LAYERS.get(layer_of(path))
        owner = owners.get(header)
        if allowed and owner and owner not in allowed:
            yield f"{name}:{number}: {layer_of(path)} may not include {header}, which is of {owner}"
    own = path.stem + ".h"
    if path.suffix == ".c" and layer_of(path) in LOWER_LAYERS and own in owners and owners[own] == layer_of(path):
        first = re.search(r'#\s*include\s+[<"]([^>"]+)', text)
        if own in [header for _, header in includes] and first[1] != own:
            yield f"{name}: its own header is not the first one"


def check_style():
    headers = [path for path in code_files(".h") if layer_of(path) in LOWER_LAYERS]
    # Names that two layers have (private headers) say nothing about the layer.
    names = [path.name for path in headers]
    owners = {path.name: layer_of(path) for path in headers if names.count(path.name) == 1}
    for path in text_files():
        yield from check_text(path, path.read_text(errors="replace").splitlines())
    line_count = conditional_count = 0
    for path in code_files(".c", ".h"):
        lines = path.read_text().splitlines()
        yield from check_c(path, lines, owners)
        if path.suffix == ".c" and layer_of(path) != "tests":
            line_count += len(lines)
            conditional_count += sum(line.lstrip().startswith("#if") for line in lines)
    if conditional_count * 1000 > CONDITIONALS_PER_1000_LINES * line_count:
        yield f"{conditional_count} #if in {line_count} lines of .c, over {CONDITIONALS_PER_1000_LINES} in 1000"


def check_makefiles():
    for path in [ROOT / "Makefile", *ROOT.glob("*/*.mk"), *ROOT.glob("boards/*/board.mk")]:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if re.search(r"\$\(wildcard [^)]*\*\.c", line):
                yield f"{relative(path)}:{number}: sources are listed, not globbed"


def existing_tests():
    """Names of all tests: TEST(name) on the host, test_name in pytest, fuzz_name of the fuzzers."""
    names = set()
    for path in code_files(".c", ".py"):
        if path.suffix == ".c":
            names.update(re.findall(r"^TEST\((\w+)\)", path.read_text(), re.MULTILINE))
        else:
            names.update(re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE))
    return names | {path.stem for path in (ROOT / "tests" / "fuzz").glob("fuzz_*.c")}


def rules():
    """(line number, id, issue in which it is due, tests) of each row of tests/rules.md."""
    for number, line in enumerate((ROOT / "tests" / "rules.md").read_text().splitlines(), 1):
        row = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(row) >= 3 and row[1].isdigit():
            yield number, row[0], int(row[1]), re.findall(r"`(\w+)`", row[2])


def check_rules():
    text = (ROOT / "tests" / "rules.md").read_text()
    reached = int(re.search(r"^Reached: issue (\d+)", text, re.MULTILINE)[1])
    tests = existing_tests()
    seen = set()
    for number, rule, due, names in rules():
        if rule in seen:
            yield f"tests/rules.md:{number}: {rule} is here twice"
        seen.add(rule)
        if due <= reached and not names:
            yield f"tests/rules.md:{number}: {rule} is due since issue {due} and has no test"
        for name in names:
            if name not in tests:
                yield f"tests/rules.md:{number}: {rule}: there is no test {name}"


def compile_entries():
    """What is compiled, each file once."""
    return {entry["file"]: entry for entry in json.loads(COMMANDS.read_text())}


def check_all_is_compiled():
    compiled = compile_entries()
    for path in code_files(".c"):
        if not relative(path).startswith(("apps/", "tests/apps/", "tests/bench/")) and relative(path) not in compiled:
            yield f"{relative(path)}: no .mk names it"


def tool(*command):
    """The lines that a checker prints, when it finds something."""
    done = subprocess.run([str(word) for word in command], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    noise = re.compile(r"^\d+ warnings? |^Suppressed |^Use -header-filter|^$|warnings? treated as error")
    lines = [line for line in done.stdout.splitlines() if not noise.search(line)]
    return lines or [f"{command[0]}: exit status {done.returncode}"] if done.returncode else []


def clang_format():
    """One line a file: `make format` mends all of it."""
    lines = tool("clang-format", "--dry-run", "-Werror", *code_files(".c", ".h"))
    files = {}
    for line in lines:
        match = re.match(r"(\S+?):(\d+):\d+: error: code should be clang-formatted", line)
        if match:
            files.setdefault(match[1].removeprefix(f"{ROOT}/"), match[2])
    return [f"{name}:{number}: not laid out by .clang-format (make format)" for name, number in files.items()]


def clang_tidy(file):
    return tool("clang-tidy", "--quiet", "-p", COMMANDS.parent, "--extra-arg-before=--target=riscv64-unknown-elf", file)


def cppcheck():
    return tool("cppcheck", "--quiet", f"--project={COMMANDS}", "--enable=warning,portability,performance",
                "--inline-suppr", "--error-exitcode=1", f"-j{os.cpu_count() or 2}",
                "--template={file}:{line}: {severity}: {message} [{id}]", "--suppress=unmatchedSuppression",
                # The linker's symbols are compared at start-up; clang and gcc see uninitialised variables better.
                "--suppress=comparePointers", "--suppress=uninitvar", f"-i{ROOT / 'tests'}")


def run_tools():
    """The checkers that other people made, side by side."""
    product = [file for file in compile_entries() if not file.startswith("tests/")]
    jobs = [clang_format, cppcheck] + [lambda file=file: clang_tidy(file) for file in product]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for lines in pool.map(lambda job: job(), jobs):
            yield from lines


def main():
    is_clean = True
    for check in (check_style, check_makefiles, check_rules, check_all_is_compiled, run_tools):
        for line in check():
            print(line)
            is_clean = False
    print("lint: clean" if is_clean else "lint: see above")
    return 0 if is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
