"""tests/lint: each check is given something bad, and refuses it in one line with its place; and the good beside it."""

import json
import shutil
import subprocess
import sys

import pytest

from test_build import BUILD, ROOT, make

CROSS = "riscv64-unknown-elf-"
TARGET = f"{CROSS}gcc -march=rv64gc -mabi=lp64d -mcmodel=medany -std=c11 -O2 -ffreestanding -Wall -Wextra -Werror"
HEAD = "/* Head. */\n"
RULES = "Reached: issue 2\n\n| rule | due | tests | what |\n| --- | --- | --- | --- |\n"


class Sources:
    """A small tree to check."""

    def __init__(self, root):
        self.root = root

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return self

    def compiled(self, *names, flags="-Imm/include -Iarch/base/include"):
        """compile_commands.json for these sources."""
        entries = [{"directory": str(self.root), "file": name, "command": f"{TARGET} {flags} -c {name}"}
                   for name in names]
        return self.write("build/compile_commands.json", json.dumps(entries))

    def agree(self, **tables):
        return self.write("tests/lint/agreed.py", "".join(f"{name} = {table!r}\n" for name, table in tables.items()))

    def lint(self, *checks):
        """The lines of `tests/lint CHECK...`, without the last one; that and the exit status must agree with them."""
        done = subprocess.run([sys.executable, str(ROOT / "tests" / "lint"), f"--root={self.root}", "--build=build",
                               *checks], capture_output=True, text=True, check=False)
        assert done.stderr == ""
        *lines, last = done.stdout.splitlines()
        assert done.returncode == (0 if last == "lint: clean" else 1)
        return lines

    def refuses(self, check, *wanted):
        """Exactly these lines, each by its beginning."""
        lines = self.lint(check)
        assert len(lines) == len(wanted) and all(map(str.startswith, lines, wanted)), "\n".join(lines)

    def accepts(self, check):
        assert self.lint(check) == []


@pytest.fixture
def sources(tmp_path):
    return Sources(tmp_path)


def function(body_lines, name="mm_run"):
    return f"void {name}(void)\n{{\n" + "    step();\n" * body_lines + "}\n"


# --- Text

def test_a_file_of_801_lines_is_refused_and_of_800_is_noted(sources):
    sources.write("mm/long.c", HEAD * 801).write("mm/limit.c", HEAD * 800).write("mm/short.c", HEAD * 500)
    lines = sources.lint("text")
    assert lines == ["mm/long.c:801: 801 lines, more than 800", "note: over 500 lines: mm/limit.c (800)"]


@pytest.mark.parametrize("line,wanted", [
    ("/* T" + "ODO: later */", "an issue, or nothing"),
    ("/* see /home" + "/somebody/notes */", "path of one machine"),
    ("int x; ", "blanks at the line's end"),
])
def test_a_line_that_has_no_place_in_any_text_is_refused(sources, line, wanted):
    sources.write("mm/a.c", f"/* Head. */\n{line}\n").refuses("text", f"mm/a.c:2: {wanted}")


def test_a_wide_line_is_refused_where_no_tool_wraps_it(sources):
    sources.write("tests/a.py", "#" * 121 + "\n").write("mm/a.c", "/* " + "x" * 130 + " */\n")
    sources.refuses("text", "tests/a.py:1: 121 columns, more than 120")


def test_sources_that_are_globbed_are_refused(sources):
    sources.write("mm/mm.mk", "MM := a.c\nMM += $(wildcard mm/*.c)\n").refuses("makefiles", "mm/mm.mk:2: ")


# --- Layers

@pytest.fixture
def layered(sources):
    for name in ("arch/base/include/base.h", "arch/riscv64/include/arch.h", "mm/include/frame.h", "mm/private.h",
                 "platform/include/console.h", "supervisor/include/task.h", "apps/abi/abi.h", "apps/include/pando.h",
                 "apps/libc/libc.h", "apps/bin/sh/jobs.h"):
        sources.write(name, "#pragma once\n")
    return sources


@pytest.mark.parametrize("file,header,wanted", [
    ("mm/a.c", '"../platform/include/console.h"', "include by a way upwards: ../platform/include/console.h"),
    ("mm/a.c", '"include/../frame.h"', "include by a way upwards"),
    ("mm/a.c", '"console.h"', "mm may not include console.h, which is of platform"),
    ("mm/a.c", "<console.h>", "mm may not include console.h, which is of platform"),
    ("mm/include/a.h", '"task.h"', "mm may not include task.h, which is of supervisor"),
    ("arch/riscv64/a.S", '"frame.h"', "arch/riscv64 may not include frame.h, which is of mm"),
    ("arch/base/a.c", '"arch.h"', "arch/base may not include arch.h, which is of arch/riscv64"),
    ("platform/a.c", '"frame.h"', "platform may not include frame.h, which is of mm"),
    ("supervisor/a.c", '"private.h"', "private.h is private to mm"),
    ("supervisor/a.c", '"pando.h"', "supervisor may not include pando.h, which is of apps"),
    ("apps/abi/b.h", '"base.h"', "apps/abi may not include base.h, which is of arch/base"),
    ("apps/bin/a.c", '"task.h"', "apps may not include task.h, which is of supervisor"),
    ("apps/bin/a.c", "<arch.h>", "apps may not include arch.h, which is of arch/riscv64"),
    ("apps/bin/a.c", '"libc.h"', "libc.h is private to apps/libc"),
    ("apps/bin/a.c", '"jobs.h"', "jobs.h is private to apps/bin/sh"),
    ("apps/bin/a.c", "<linux/futex.h>", "programs include apps/include, apps/abi, their own folder and the C library"),
])
def test_an_include_of_what_is_not_below_is_refused(layered, file, header, wanted):
    layered.write(file, f"/* Head. */\n#include {header}\n").compiled("mm/a.c")
    layered.refuses("layers", f"{file}:2: {wanted}")


@pytest.mark.parametrize("file,header", [
    ("mm/a.c", '"private.h"'), ("mm/a.c", '"frame.h"'), ("mm/a.c", '"arch.h"'), ("mm/a.c", '"abi.h"'),
    ("mm/a.c", "<string.h>"), ("supervisor/a.c", '"console.h"'), ("supervisor/a.c", '"generated.h"'),
    ("apps/bin/sh/a.c", '"jobs.h"'), ("apps/bin/a.c", "<pando.h>"), ("apps/bin/a.c", '"abi.h"'),
    ("apps/bin/a.c", "<stdbool.h>"), ("apps/libc/a.c", '"libc.h"'),
])
def test_an_include_of_what_is_below_is_accepted(layered, file, header):
    layered.write(file, f"/* Head. */\n#include {header}\n").accepts("layers")


def test_the_c_librarys_headers_are_known_by_the_compilers_search_path(layered):
    folder = layered.root / "picolibc"
    layered.write("picolibc/stdio.h", "").compiled("mm/a.c", flags=f"-isystem {folder}")
    layered.write("apps/bin/a.c", HEAD + "#include <stdio.h>\n").accepts("layers")
    (folder / "stdio.h").unlink()
    layered.refuses("layers", "apps/bin/a.c:2: ")


def test_the_own_header_comes_first(layered):
    layered.write("mm/frame.c", HEAD + '#include <string.h>\n#include "frame.h"\n')
    layered.refuses("layers", "mm/frame.c:3: its own header is not the first one")
    layered.write("mm/frame.c", HEAD + '#include "frame.h"\n#include <string.h>\n').accepts("layers")


# --- The form of C

def test_a_function_of_81_lines_is_refused_and_of_80_is_not(sources):
    sources.write("mm/a.c", HEAD + function(79) + "\n" + function(78))
    sources.refuses("functions", "mm/a.c:2: a function of 81 lines, more than 80")


def test_a_long_switch_is_accepted_if_it_only_dispatches(sources):
    arms = "".join(f"    case {i}:\n        return f{i}();\n" for i in range(60))
    sources.write("mm/a.c", f"{HEAD}int mm_a(int x)\n{{\n    switch (x) {{\n{arms}    }}\n    return 0;\n}}\n")
    sources.accepts("functions")
    sources.write("mm/a.c", f"{HEAD}int mm_a(int x)\n{{\n    switch (x) {{\n    case 1:\n" + "        f();\n" * 80 +
                  "    }\n}\n")
    sources.refuses("functions", "mm/a.c:2: a function of ")


def test_beginnings_of_files_are_checked(sources):
    sources.write("mm/a.h", "/* Comment. */\n#pragma once\n").write("mm/b.c", '#include "a.h"\n')
    sources.refuses("beginnings", "mm/a.h:1: a header starts with #pragma once",
                    "mm/b.c:1: a .c file starts with its head comment")


def test_a_second_conditional_in_a_short_file_is_refused(sources):
    one = "#if CONFIG_X\n#endif\n"
    sources.write("mm/a.c", HEAD + one).accepts("conditionals")
    sources.write("mm/a.c", HEAD + one + "#ifdef Y\n#endif\n")
    lines = sources.lint("conditionals")
    assert lines[0].startswith("mm/a.c:4: 2 #if in 5 lines, more than 1")
    sources.write("mm/a.c", HEAD * 996 + one + one).accepts("conditionals")


def test_conditionals_of_all_files_together_are_bounded(sources):
    for name in "abcd":
        sources.write(f"mm/{name}.c", HEAD * 100 + "#if CONFIG_X\n#endif\n")
    sources.refuses("conditionals", "4 #if in the 408 lines of all .c files, more than 2 in 1000")


# --- Names

def test_a_public_function_starts_with_its_files_name(sources):
    sources.write("mm/frame.c", HEAD + """
int take_frame(void)
{
    return 0;
}

static int helper(void)
{
    return 0;
}

_Noreturn static void
stop(const char *why)
{
}

__attribute__((format(printf, 1, 2))) int frame_print(const char *format,
                                                      ...)
{
    return 0;
}

struct frame *frame(void)
{
    return 0;
}
""")
    sources.refuses("names", "mm/frame.c:3: take_frame() does not start with frame_, the name of its file")


def test_a_part_of_a_file_has_the_whole_ones_names_if_there_is_such_a_header(sources):
    sources.write("mm/map_fault.c", HEAD + "void map_set(void)\n{\n}\n")
    sources.refuses("names", "mm/map_fault.c:2: map_set() ")
    sources.write("mm/include/map.h", "#pragma once\n").accepts("names")


def test_inline_functions_of_headers_are_checked_too(sources):
    sources.write("mm/include/frame.h", "#pragma once\n\nstatic inline int count(void)\n{\n    return 0;\n}\n")
    sources.refuses("names", "mm/include/frame.h:3: count() does not start with frame_")


def test_a_name_that_is_agreed_on_is_accepted_while_it_is_there(sources):
    sources.write("supervisor/calls_a.c", HEAD + "long call_a(void)\n{\n    return 0;\n}\n")
    sources.agree(NAMES={("supervisor/calls_*.c", "call_*"): "the list's"}).accepts("names")
    sources.agree(NAMES={("supervisor/calls_*.c", "call_*"): "the list's", ("mm/*", "arch_*"): "the stub's"})
    sources.refuses("names", "tests/lint/agreed.py: there is no arch_*() in mm/*")


# --- Rules

@pytest.mark.parametrize("row,wanted", [
    ("| r1 | 2 |  | x |", "tests/rules.md:5: r1 is due since issue 2 and has no test"),
    ("| r1 | 3 | `missing` | x |", "tests/rules.md:5: r1: there is no test missing"),
    ("| r1 | 3 |  | x |\n| r1 | 3 |  | x |", "tests/rules.md:6: r1 is here twice"),
])
def test_a_rule_without_its_test_is_refused(sources, row, wanted):
    sources.write("tests/rules.md", f"{RULES}{row}\n").refuses("rules", wanted)


def test_tests_of_all_kinds_are_found(sources):
    sources.write("tests/unit/a_test.c", "TEST(r1_unit)\n").write("tests/boot/test_a.py", "def test_r1():\n")
    sources.write("tests/fuzz/fuzz_a.c", HEAD)
    sources.write("tests/rules.md", f"{RULES}| r1 | 2 | `r1_unit`, `test_r1`, `fuzz_a` | x |\n").accepts("rules")


def test_a_table_of_rules_without_the_issue_that_is_reached_is_refused(sources):
    sources.write("tests/rules.md", "| r1 | 2 |  | x |\n").refuses("rules", "tests/rules.md:1: ")


# --- Compilers and checkers

def test_a_source_that_no_makefile_names_is_refused(sources):
    sources.write("mm/a.c", HEAD).write("mm/b.c", HEAD).compiled("mm/a.c")
    sources.refuses("compiled", "mm/b.c:1: no .mk names it")


def test_a_header_that_needs_another_one_first_is_refused(sources):
    sources.write("mm/a.c", HEAD).compiled("mm/a.c")
    sources.write("mm/include/a.h", "#pragma once\n\nint a(size_t size);\n")
    sources.refuses("headers", "mm/include/a.h:1: does not compile alone: ")
    sources.write("mm/include/a.h", "#pragma once\n\n#include <stddef.h>\n\nint a(size_t size);\n").accepts("headers")


def test_what_is_kept_of_a_check_goes_when_an_included_file_changes(sources):
    sources.write("mm/a.c", HEAD).compiled("mm/a.c")
    sources.write("arch/base/include/types.h", "#pragma once\ntypedef int T;\n")
    sources.write("mm/include/a.h", '#pragma once\n#include "types.h"\nT mm_a(void);\n').accepts("headers")
    sources.write("arch/base/include/types.h", "#pragma once\n")
    sources.refuses("headers", "mm/include/a.h:1: does not compile alone: ")
    sources.refuses("headers", "mm/include/a.h:1: does not compile alone: ")
    sources.write("arch/base/include/types.h", "#pragma once\ntypedef long T;\n").accepts("headers")


def test_a_file_that_is_not_laid_out_is_refused(sources):
    shutil.copy(ROOT / ".clang-format", sources.root)
    sources.write("mm/a.c", HEAD + "int  a;\n").refuses("format", "mm/a.c:2: not laid out by .clang-format")
    sources.write("mm/a.c", HEAD + "int a;\n").accepts("format")


NULL_DEREFERENCE = HEAD + """
int mm_a(int which)
{
    int *p = which ? &which : (int *)0;

    if (p == (int *)0) {
        return *p;
    }
    return 0;
}
"""


def test_what_gccs_analyzer_finds_is_refused_unless_it_is_agreed_on(sources):
    sources.write("mm/a.c", NULL_DEREFERENCE).compiled("mm/a.c", flags="-O0")
    sources.refuses("analyzer", "mm/a.c:8: dereference of NULL")
    sources.agree(ANALYZER={("mm/a.c", "mm_a", "-Wanalyzer-null-dereference"): "a test"}).accepts("analyzer")
    sources.write("mm/a.c", HEAD + "int mm_a(void);\n")
    sources.refuses("analyzer", "tests/lint/agreed.py: gcc no longer says -Wanalyzer-null-dereference of mm_a()")


def test_what_clang_tidy_finds_is_refused_in_one_line(sources):
    shutil.copy(ROOT / ".clang-tidy", sources.root)
    sources.write("mm/a.c", NULL_DEREFERENCE).compiled("mm/a.c")
    sources.refuses("tidy", "mm/a.c:8:16: error: Dereference of null pointer")
    sources.write("mm/a.c", HEAD + "int mm_a;\n").accepts("tidy")


def test_what_cppcheck_finds_is_refused(sources):
    sources.write("mm/a.c", HEAD + "int mm_a(void)\n{\n    int a[2] = { 0, 1 };\n\n    return a[2];\n}\n")
    sources.compiled("mm/a.c").refuses("cppcheck", "mm/a.c:6: error: ")
    sources.write("mm/a.c", HEAD + "int mm_a;\n").accepts("cppcheck")


def test_a_file_that_does_not_compile_is_no_clean_file(sources):
    shutil.copy(ROOT / ".clang-tidy", sources.root)
    sources.write("mm/a.c", HEAD + "int mm_a\n").compiled("mm/a.c")
    for check in ("analyzer", "tidy"):
        assert sources.lint(check), check


def test_an_unknown_check_is_an_error():
    done = subprocess.run([sys.executable, str(ROOT / "tests" / "lint"), "no-such-check"], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 2 and "no-such-check" in done.stderr


def test_make_lint_runs_every_check_and_fails_with_it():
    """The recipe is one command without arguments that choose, and its status is make's."""
    done = make("-n", "V=1", f"BUILD={BUILD}", "lint")
    command = [line for line in done.stdout.splitlines() if "tests/lint" in line]
    assert len(command) == 1 and all(word.startswith("--") for word in command[0].split("tests/lint ")[1].split())
    assert make("-s", f"BUILD={BUILD}", "lint", "PYTHON=false").returncode != 0


def test_a_page_that_is_older_than_its_source_is_refused(sources):
    for name in ("apps/tools/calls_doc.py", "apps/abi/abi_syscall.h", "docs/system-calls.md"):
        sources.write(name, (ROOT / name).read_text())
    assert sources.lint("pages") == []
    sources.write("docs/system-calls.md", "old\n")
    sources.refuses("pages", "docs/system-calls.md is stale")
