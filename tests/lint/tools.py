"""The checkers that other people made: clang-format, clang-tidy, cppcheck, gcc -fanalyzer, and the compiler itself."""

import os
import re
import shlex
import subprocess
import sys

from cache import run_cached

# What they print around what they found.
NOISE = re.compile(r"^\d+ warnings? |^Suppressed |^Use -header-filter|^$|warnings? treated as error")


def tool(tree, *command, text=None):
    """The lines that a checker prints, when it finds something."""
    done = subprocess.run([str(word) for word in command], cwd=tree.root, input=text or "", stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode == 0:
        return []
    lines = [line.replace(f"{tree.root}/", "") for line in done.stdout.splitlines() if not NOISE.search(line)]
    return lines or [f"{command[0]}: exit status {done.returncode}"]


def check_format(tree):
    """One line a file: `make format` mends all of it."""
    files = tree.code(".c", ".h")
    found = {}
    for line in tool(tree, "clang-format", "--dry-run", "-Werror", *files) if files else []:
        if match := re.match(r"(\S+?):(\d+):\d+: error: code should be clang-formatted", line):
            found.setdefault(match[1], match[2])
    for name, number in found.items():
        yield f"{name}:{number}: not laid out by .clang-format (make format)"


def check_pages(tree):
    """The pages of docs/ that are made from sources."""
    header, page = "apps/abi/abi_syscall.h", "docs/system-calls.md"
    if (tree.root / header).exists():
        yield from tool(tree, sys.executable, "-B", "apps/tools/calls_doc.py", "--check", header, page)


def compiled(tree):
    """Name and compiler's words of each source of the supervisor."""
    for name, command in tree.compile_commands().items():
        if not name.startswith(("tests/", "apps/")):
            yield name, shlex.split(command)[:-2]


def check_all_is_compiled(tree):
    for path in tree.code(".c"):
        name = tree.name(path)
        is_apart = name.startswith(("tests/apps/", "tests/bench/", "tests/mutants/"))
        if not is_apart and name not in tree.compile_commands():
            yield f"{name}:1: no .mk names it"


def check_tidy(tree):
    configuration = [(tree.root / ".clang-tidy").read_text()]
    command = ["clang-tidy", "--quiet", "-p", "build", "--extra-arg-before=--target=riscv64-unknown-elf"]

    def tidy(name):
        lines = tool(tree, *command, name)
        # Without the excerpts and the steps that lead there: clang-tidy by itself shows them.
        return [line for line in lines if re.match(r"\S+:\d+:\d+: (error|warning): ", line)] or lines

    jobs = [([*command, *words], tree.root / name, configuration, lambda name=name: tidy(name))
            for name, words in compiled(tree)]
    yield from run_cached(tree, "clang-tidy", jobs)


def check_cppcheck(tree):
    kept = tree.root / "build" / "lint" / "cppcheck"
    kept.mkdir(parents=True, exist_ok=True)
    yield from tool(tree, "cppcheck", "--quiet", f"--project={tree.root / 'build' / 'compile_commands.json'}",
                    "--inline-suppr", f"--cppcheck-build-dir={kept}", f"-j{os.cpu_count() or 2}",
                    "--error-exitcode=1", "--enable=warning,portability,performance",
                    "--template={file}:{line}: {severity}: {message} [{id}]",
                    # The linker's symbols are compared at start-up; clang and gcc see uninitialised variables better.
                    "--suppress=unmatchedSuppression", "--suppress=comparePointers", "--suppress=uninitvar",
                    f"-i{tree.root / 'tests'}")


def analyze(tree, name, words):
    """[file, line, function, warning, text] of each finding of gcc -fanalyzer."""
    command = [word for word in words if word != "-Werror"]
    command += ["-fanalyzer", "-fdiagnostics-plain-output", "-S", "-o", os.devnull, name]
    done = subprocess.run(command, cwd=tree.root, capture_output=True, text=True, check=False)
    function, found = "", []
    for line in done.stderr.splitlines():
        if match := re.match(r"\S+: In function '(\w+)':", line):
            function = match[1]
        elif match := re.match(r"(\S+?):(\d+):\d+: warning: (.*?)(?: \[CWE-\d+\])? \[(-Wanalyzer-[\w-]+)\]", line):
            found.append([match[1], match[2], function, match[4], match[3]])
    if done.returncode != 0:
        found.append([name, "1", "", "", f"{command[0]}: exit status {done.returncode}"])
    return found


def check_analyzer(tree):
    """What it finds is mended, or agreed on with a reason; what is agreed on and no longer found is an error too."""
    agreed = getattr(tree.table("agreed"), "ANALYZER", {})
    jobs = [([*words, "-fanalyzer"], tree.root / name, [], lambda name=name, words=words: analyze(tree, name, words))
            for name, words in compiled(tree)]
    seen = set()
    for file, line, function, warning, text in run_cached(tree, "analyzer", jobs):
        seen.add((file, function, warning))
        if (file, function, warning) not in agreed:
            yield f"{file}:{line}: {text} [{warning}, in {function}()]"
    for file, function, warning in agreed.keys() - seen:
        yield f"tests/lint/agreed.py: gcc no longer says {warning} of {function}() in {file}"


def flags_for(tree, header):
    """The words that compile what is nearest to a header."""
    def common(name):
        pairs = zip(name.split("/"), tree.name(header).split("/"))
        return next((count for count, (one, other) in enumerate(pairs) if one != other), 0)

    commands = tree.compile_commands()
    return shlex.split(commands[max(commands, key=common)])[:-2] if commands else None


def check_headers(tree):
    """Each header compiles alone."""
    jobs = []
    for header in tree.code(".h"):
        if tree.name(header).startswith(("tests/apps/", "tests/bench/")):
            continue
        # <sys/wait.h> is found from its include folder, any other header beside it.
        folder = next((parent for parent in header.parents if parent.name == "include"), header.parent)
        words = [*flags_for(tree, header), "-iquote", str(folder), "-fsyntax-only", "-x", "c", "-"]

        def compile_alone(header=header, folder=folder, words=words):
            lines = tool(tree, *words, text=f'#include "{header.relative_to(folder)}"\n')
            errors = [line for line in lines if " error: " in line]
            return [f"{tree.name(header)}:1: does not compile alone: {line}" for line in (errors or lines)[:1]]

        jobs.append((words, header, [], compile_alone))
    yield from run_cached(tree, "headers", jobs)
