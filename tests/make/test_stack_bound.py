"""The bound of the stack in tests/lint/stack.py: small programs whose depth is known, and tables that are wrong."""

import re
import subprocess
import sys

import pytest

from test_build import BUILD, ROOT
from test_lint import CROSS, Sources

FLAGS = ["-march=rv64gc", "-mabi=lp64d", "-mcmodel=medany", "-O1", "-ffreestanding", "-fno-inline",
         "-fno-optimize-sibling-calls", "-fcallgraph-info=su"]
LINK = ["-Wl,--emit-relocs", "-Wl,-e,entry", "-Wl,--defsym=image_text_end=etext"]
# A stack of 512 bytes, an entry that calls start(), and a function that may trap, with the trap's own entry.
ASSEMBLY = """
    .text
    .global image_start, entry, trap_in_supervisor, copy
image_start:
    nop
entry:
    la sp, stack_top
    call start
1:  j 1b
copy:
    lb a0, 0(a0)
    ret
trap_in_supervisor:
    addi sp, sp, -32
    call trap
    addi sp, sp, 32
    sret
    .bss
    .global stack_bottom, stack_top
stack_bottom:
    .space 512
stack_top:
"""
TAKES_64 = "int use(volatile char *p);\nint use(volatile char *p)\n{\n    volatile char b[64];\n\n    b[0] = *p;\n" \
           "    return b[0];\n}\n"
TRAP = "void trap(void);\nvoid trap(void)\n{\n}\nint copy(const char *p);\n"
START = "int start(void);\nint start(void)\n{\n    char c = 1;\n\n    return %s;\n}\n"


class Program(Sources):
    """A supervisor of one C file."""

    def build(self, text, calls=None, bounds=None, traps=None, stacks=None):
        self.write("supervisor/a.c", "/* Head. */\n" + TRAP + text).write("arch/riscv64/entry.S", ASSEMBLY)
        stacks = stacks or {"boot": ("stack_bottom", "stack_top", ["entry"], None)}
        self.write("tests/lint/stack_table.py", "".join(f"{name} = {value!r}\n" for name, value in (
            ("CALLS", calls or {}), ("BOUNDS", bounds or {}), ("TRAPS", traps or {}), ("STACKS", stacks))))
        (self.root / "build" / "pando" / "supervisor").mkdir(parents=True, exist_ok=True)
        self.run("gcc", *FLAGS, "-c", "-o", "build/pando/supervisor/a.o", "supervisor/a.c")
        self.run("gcc", *FLAGS, "-c", "-o", "build/entry.o", "arch/riscv64/entry.S")
        self.run("gcc", *FLAGS, "-nostdlib", "-static", *LINK, "-o", "build/pando.linked",
                 "build/entry.o", "build/pando/supervisor/a.o", "-lgcc")
        return self

    def run(self, tool, *words):
        subprocess.run([CROSS + tool, *words], cwd=self.root, check=True)

    def frame(self, name):
        """Bytes of stack of one function, from gcc's own file."""
        text = (self.root / "build" / "pando" / "supervisor" / "a.ci").read_text()
        return int(re.search(rf'label: "{name}\\n\S+\\n(\d+) bytes', text)[1])

    def depth(self, name="boot"):
        lines = self.lint("stack")
        assert lines and lines[0].startswith(f"{name} stack: "), "\n".join(lines)
        return int(re.match(r"\w+ stack: (\d+) bytes at most", lines[0])[1])


@pytest.fixture
def program(tmp_path):
    return Program(tmp_path)


def test_the_deepest_path_is_the_sum_of_its_frames(program):
    program.build("int deep(volatile char *p);\n" + TAKES_64 +
                  "int deep(volatile char *p)\n{\n    volatile char b[96];\n\n    b[1] = *p;\n    return use(b);\n}\n" +
                  START % "deep(&c) + use(&c)")
    assert program.frame("use") >= 64 and program.frame("deep") >= 96
    assert program.depth() == program.frame("start") + program.frame("deep") + program.frame("use")


def test_c15_a_path_deeper_than_the_stack_is_refused(program):
    text = TAKES_64.replace("64", "%d") + START % "use(&c)"
    assert program.build(text % 400).depth() <= 512
    program.build(text % 512)
    line = program.lint("stack")[0]
    assert re.match(r"tests/lint/stack_table.py: boot stack: \d+ bytes at most, of 512: start \d+, use \d+", line)


def test_c15_a_trap_on_top_of_the_deepest_path_must_fit(program):
    text = TAKES_64.replace("64", "%d") + START % "use(&c)"
    stacks = {"boot": ("stack_bottom", "stack_top", ["entry"], "trap_in_supervisor")}
    program.build(text % 400, stacks=stacks)
    depth = program.depth()
    assert 512 - 64 < depth + 32 <= 512
    program.build(text % (400 + 512 - depth - 16), stacks=stacks)
    line = program.lint("stack")[0]
    assert re.match(r"tests/lint/stack_table.py: boot stack: \d+ bytes at most, and 32 for a trap", line)


def test_an_instruction_that_may_trap_counts_as_a_call_of_the_trap(program):
    text = START % "copy(&c)"
    without = program.build(text).depth()
    assert program.build(text, traps={"copy": ["trap_in_supervisor"]}).depth() == without + 32


def test_a_function_of_unknown_size_is_refused(program):
    program.build("int use(int n);\nint use(int n)\n{\n    volatile char b[n];\n\n"
                  "    b[0] = 1;\n    return b[0];\n}\n" + START % "use(c)")
    assert program.lint("stack")[0].startswith("tests/lint/stack_table.py: supervisor/a.c:8: how much stack use takes")


def test_code_of_others_that_takes_an_unknown_size_is_refused(program):
    program.build(START % "c")
    program.write("build/other.S", ".global other\n.type other, @function\nother:\n sub sp, sp, a0\n ret\n")
    program.run("gcc", *FLAGS, "-nostdlib", "-static", *LINK, "-o", "build/pando.linked",
                "build/entry.o", "build/pando/supervisor/a.o", "build/other.S")
    assert program.lint("stack")[0] == ("tests/lint/stack_table.py: other: how much stack it takes is not known "
                                        "before it runs")


# --- Calls through pointers

POINTER = TAKES_64 + "static int (*volatile chosen)(volatile char *) = use;\n" + START % "chosen(&c)"
MEMBER = TAKES_64 + ("struct kind { int (*read)(volatile char *); };\n"
                     "static const struct kind kind = { .read = use };\n"
                     "const struct kind *volatile file = &kind;\n") + START % "file->read(&c)"


def test_a_call_through_a_pointer_goes_where_its_row_says(program):
    program.build(POINTER, calls={"supervisor/a.c chosen": ["use"]})
    assert program.depth() == program.frame("start") + program.frame("use")


def test_a_call_through_a_pointer_without_a_row_is_refused(program):
    lines = program.build(POINTER).lint("stack")
    assert re.match(r"supervisor/a.c:21: a call through a pointer has no row in \S+: supervisor/a.c chosen$", lines[0])
    assert re.match(r"supervisor/a.c:8: the address of use is taken, and no row of \S+ names it$", lines[1])


def test_a_row_without_a_call_is_refused(program):
    program.build(START % "c", calls={"supervisor/a.c chosen": []})
    assert program.lint("stack")[0] == "tests/lint/stack_table.py: there is no such call: supervisor/a.c chosen"


def test_a_row_with_an_unknown_function_is_refused(program):
    program.build(POINTER, calls={"supervisor/a.c chosen": ["use", "gone"]})
    assert "supervisor/a.c chosen: no functions are called gone" in program.lint("stack")[0]


def test_a_function_whose_address_is_taken_must_be_in_a_row(program):
    other = TAKES_64.replace("use", "other") + "int (*volatile second)(volatile char *) = other;\n"
    lines = program.build(other + POINTER, calls={"supervisor/a.c chosen": ["use"]}).lint("stack")
    assert lines[0].startswith("supervisor/a.c:8: the address of other is taken")


def test_members_are_resolved_by_their_initializers(program):
    program.build(MEMBER, calls={"supervisor .read": [".read"]})
    assert program.depth() == program.frame("start") + program.frame("use")
    program.build(MEMBER, calls={"supervisor .read": [".write"]})
    assert "nothing in supervisor/ initializes a member write" in program.lint("stack")[0]


def test_tables_are_resolved_by_the_addresses_in_them(program):
    text = TAKES_64 + ("int (*const calls[2])(volatile char *) = { use, use };\n"
                       "int start(int);\nint start(int i)\n{\n    volatile char c = 1;\n\n"
                       "    return calls[i](&c);\n}\n")
    program.build(text, calls={"supervisor/a.c calls[i]": ["@calls"]})
    assert program.depth() == program.frame("start") + program.frame("use")


# --- Recursion

RECURSION = "int down(volatile char *p, int n);\nint down(volatile char *p, int n)\n{\n    volatile char b[32];\n\n" \
            "    b[0] = *p;\n    return n == 0 ? 0 : down(b, n - 1) + 1;\n}\n" + START % "down(&c, 3)"
MUTUAL = "int one(int n);\nint two(int n);\nint one(int n)\n{\n    return n ? two(n - 1) + 1 : 0;\n}\n" \
         "int two(int n)\n{\n    return n ? one(n - 1) + 2 : 0;\n}\n" + START % "one(c)"


def test_recursion_without_a_bound_is_refused(program):
    assert "a cycle of calls has no bound: down, down" in program.build(RECURSION).lint("stack")[0]
    assert "a cycle of calls has no bound: one, two, one" in program.build(MUTUAL).lint("stack")[0]


def test_recursion_counts_as_often_as_its_bound_says(program):
    program.build(RECURSION, bounds={"down": 4})
    assert program.depth() == program.frame("start") + 4 * program.frame("down")
    program.build(MUTUAL, bounds={"one": 2})
    assert program.depth() == program.frame("start") + 2 * program.frame("one") + 2 * program.frame("two")


def test_a_bound_may_be_a_number_of_the_source(program):
    program.build("#define DEPTH_MAX 3u\n" + RECURSION, bounds={"down": "supervisor/a.c DEPTH_MAX"})
    assert program.depth() == program.frame("start") + 3 * program.frame("down")
    program.build(RECURSION, bounds={"down": "supervisor/a.c DEPTH_MAX"})
    assert "supervisor/a.c defines no number DEPTH_MAX" in program.lint("stack")[0]


def test_a_bound_on_what_is_in_no_cycle_is_refused(program):
    program.build(START % "c", bounds={"start": 2})
    assert program.lint("stack")[0] == "tests/lint/stack_table.py: start is in no cycle of calls"


# --- The supervisor itself

def test_c15_the_deepest_path_of_the_supervisor_fits_its_stacks():
    done = subprocess.run([sys.executable, "-B", str(ROOT / "tests" / "lint"), f"--build={BUILD}", "stack"],
                          cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    text = " ".join(done.stdout.split())
    boot = re.search(r"boot stack: (\d+) bytes at most, and (\d+) for a trap on top of that, of (\d+): (.*?) emerg",
                     text)
    deepest, trap, size = map(int, boot.groups()[:3])
    assert 2048 < deepest < deepest + trap <= size == 12288
    # The paths are those that one expects: what starts a program, and down to where a panic formats its message.
    assert "call_spawn" in boot[4] and "panic_at" in boot[4]
    assert re.search(r"emergency stack: \d+ bytes at most, of 4096: trap_overrun \d+, trap_supervisor \d+", text)
