"""Names of functions, in the lines of programs that fail and of a supervisor that does."""

import random
import re
import shutil
import struct
import subprocess

import pexpect
import pytest
from conftest import BUILD, ROOT, build_initrd, without_carriage_returns

FOLDER = ROOT / "build" / "test" / "symbols"
TABLE = "lib/symbols"
SECONDS = 150

# Two files; one of the functions is seen in its own only.
OWN_PROGRAM = {
    "main.c": """
#include <stdio.h>
int pick(const int *numbers, int index);
int main(int argc, char **argv)
{
    (void)argv;
    printf("%d\\n", pick(NULL, argc));
    return 0;
}
""",
    "pick.c": """
static __attribute__((noinline)) int read_number(const int *numbers, int index)
{
    return numbers[index] + 1;
}
int pick(const int *numbers, int index)
{
    return read_number(numbers, index) * 2;
}
""",
}


def test_a_program_of_apps_dir_has_names_too(machine, tmp_path):
    (tmp_path / "own").mkdir()
    for name, text in OWN_PROGRAM.items():
        (tmp_path / "own" / name).write_text(text)
    output, status = machine.run("own", initrd=build_initrd("symbols-app", tmp_path))
    assert status == 128 + 11
    assert re.search(r"^pando: task \d+ \(own\): load page fault at 0x4, pc 0x[0-9a-f]+ \(read_number\+0x[0-9a-f]+\), "
                     r"called from 0x[0-9a-f]+ \(pick\+0x[0-9a-f]+\)$", output, re.MULTILINE), output


# --- Tables that are not the right one


def initrd_with(name, content):
    """The initrd with another table, or with none."""
    root = FOLDER / name
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(ROOT / BUILD / "root", root)
    (root / TABLE).unlink()
    if content is not None:
        (root / TABLE).write_bytes(content)
    flags = re.search(r"^EROFS_FLAGS := (.*)$", (ROOT / "apps" / "apps.mk").read_text(), re.MULTILINE)[1]
    made = FOLDER / f"{name}.erofs"
    subprocess.run(["mkfs.erofs", *flags.split(), str(made), str(root)], check=True, stdout=subprocess.DEVNULL)
    return str(made)


def records(table):
    """The offset of each image's record: build id (20 bytes), how many symbols, where they are, and their names."""
    return [16 + 32 * index for index in range(struct.unpack_from("<I", table, 8)[0])]


def with_words(offset, value):
    """The word at @offset of every image's record changed."""
    def damage(table):
        made = bytearray(table)
        for record in records(table):
            word, = struct.unpack_from("<I", table, record + offset)
            struct.pack_into("<I", made, record + offset, value(word) & 0xFFFFFFFF)
        return bytes(made)
    return damage


def with_names_of(byte):
    def damage(table):
        names = min(struct.unpack_from("<I", table, struct.unpack_from("<I", table, record + 28)[0])[0]
                    for record in records(table))
        return table[:names] + byte * (len(table) - names)
    return damage


TABLES = {
    "none": lambda table: None,
    "empty": lambda table: b"",
    "one_byte": lambda table: b"P",
    "zeros": lambda table: bytes(len(table)),
    "ones": lambda table: b"\xff" * len(table),
    "random": lambda table: table[:8] + random.Random(1).randbytes(len(table) - 8),
    "header_only": lambda table: table[:16],
    "cut_in_the_middle": lambda table: table[:len(table) // 2],
    "huge_counts": with_words(20, lambda count: count | 0xF0000000),
    "positions_outside": with_words(24, lambda offset: offset + (1 << 31)),
    "names_outside": with_words(28, lambda offset: -4),
    "odd_offsets": with_words(24, lambda offset: offset + 1),
    "names_that_control_the_terminal": with_names_of(b"\x1b"),
    "names_without_end": with_names_of(b"x"),
    "another_build": with_words(16, lambda last_of_build_id: last_of_build_id ^ 0x55000000),
}


@pytest.mark.parametrize("name", TABLES)
def test_b6_without_the_right_table_the_lines_have_plain_addresses(machine, name):
    table = (ROOT / BUILD / "root" / TABLE).read_bytes()
    initrd = initrd_with(name, TABLES[name](table))
    output, status = machine.run("crash libc; crash null; hello", initrd=initrd)
    assert status == 0, output
    lines = re.findall(r"^pando: .*$", output, re.MULTILINE)
    assert len(lines) == 2
    assert all(re.fullmatch(r"pando: task \d+ \(crash\): load page fault at 0x[0-9a-f]+, pc 0x[0-9a-f]+", line)
               for line in lines), lines


# --- Panics: a debugger makes a mistake for the supervisor


@pytest.fixture
def debugger(tmp_path):
    if not shutil.which("gdb-multiarch"):
        pytest.skip("needs gdb-multiarch")
    return tmp_path / "gdb"


def flags_for(socket):
    return f"-gdb unix:{socket},server=on,wait=off"


def interfere(socket, function, *commands):
    """Wait for the machine to come to @function, and do @commands there."""
    words = ["-nx", "-q", str(ROOT / BUILD / "pando.elf"), "-ex", "set confirm off", "-ex", f"target remote {socket}"]
    for command in (f"hbreak *{function}", "continue", *commands, "detach", "quit"):
        words += ["-ex", command]
    gdb = pexpect.spawn("gdb-multiarch", words, encoding="utf-8", timeout=SECONDS)
    gdb.expect("Continuing")
    return gdb


def panic_at(console, socket, function, *commands, type="/bin/true\r"):
    """What the machine prints when @commands were done at @function, which it comes to when we @type that."""
    gdb = interfere(socket, function, *commands)
    console.send(type)
    status = console.end()
    gdb.expect(pexpect.EOF)
    output = without_carriage_returns(console.process.before)
    assert status not in (0, 124), output
    return output


def calls_in(output):
    """The last list of calls, as (address, what stands behind it)."""
    listed = output.rpartition("calls, innermost first:\n")[2]
    lines = re.findall(r"^    (0x[0-9a-f]+) ?(\S*)$", listed, re.MULTILINE)
    return [(int(address, 16), name) for address, name in lines]


def addresses():
    done = subprocess.run(["nm", ROOT / BUILD / "pando.elf"], check=True, capture_output=True, text=True)
    return {(match[2], int(match[1], 16)) for match in re.finditer(r"^(\w+) [tT] (\S+)$", done.stdout, re.MULTILINE)}


def test_a_panic_names_the_calls_that_led_to_it(machine, debugger):
    console = machine.boot(append="quiet", qemu_flags=flags_for(debugger))
    output = panic_at(console, debugger, "task_reap", "set $a0 = 64")
    assert len(re.findall(r"^pando: panic: load page fault at 0x[0-9a-f]+ in the supervisor, pc 0xffffffffc0", output,
                          re.MULTILINE)) == 1, output
    known, calls = addresses(), calls_in(output)
    for address, name in calls:
        function, _, offset = name.partition("+")
        assert (function, address - int(offset, 16)) in known, name
    functions = [name.partition("+")[0] for _, name in calls]
    assert functions[0] == "task_reap"
    assert "trap_entry" in functions[1:] and "panic_at" not in functions


def test_a_panic_without_a_fault_lists_its_calls_too(machine, debugger):
    console = machine.boot(append="quiet", qemu_flags=flags_for(debugger))
    # An ended task is what it asserts; the caller's own is running.
    output = panic_at(console, debugger, "task_reap", "set $a0 = boot_hart.frame")
    assert re.search(r"^pando: panic: assertion failed: task->state == TASK_ENDED \(supervisor/task.c:\d+, hart \d\)$",
                     output, re.MULTILINE), output
    functions = [name.partition("+")[0] for _, name in calls_in(output)]
    assert "task_reap" in functions and "trap_entry" in functions


def test_c15_a_stack_that_overruns_is_named_with_the_calls_on_it(machine, debugger):
    console = machine.boot(append="quiet", qemu_flags=flags_for(debugger))
    output = panic_at(console, debugger, "task_reap", "set $sp = &boot_stack_bottom")
    assert re.search(r"^pando: panic: the stack of hart 0 overran: sp 0x[0-9a-f]+ is outside", output, re.MULTILINE)
    # What else is on the stack is what was left there: it is not really full.
    functions = [name.partition("+")[0] for _, name in calls_in(output)]
    assert functions[:2] == ["task_reap", "call_wait4"] and len(functions) <= 26


def test_a_panic_before_there_are_files_has_plain_addresses(machine, debugger):
    console = machine.start(append="quiet", qemu_flags=f"-S {flags_for(debugger)}")
    for _ in range(100):
        if debugger.exists():
            break
        console.process.expect(pexpect.TIMEOUT, timeout=0.1)
    output = panic_at(console, debugger, "root_files_mount", "set $pc = 0", type="")
    assert "pando: panic: instruction page fault at 0x0 in the supervisor, pc 0x0, " in output
    calls = calls_in(output)
    assert calls[0] == (0, "") and len(calls) > 1
    assert all(address >> 24 == 0xffffffffc0 and not name for address, name in calls[1:])


@pytest.mark.parametrize("name", ["none", "random", "cut_in_the_middle", "another_build"])
def test_b6_a_panic_without_the_right_table_has_plain_addresses(machine, debugger, name):
    table = (ROOT / BUILD / "root" / TABLE).read_bytes()
    initrd = initrd_with(f"panic-{name}", TABLES[name](table))
    console = machine.boot(append="quiet", initrd=initrd, qemu_flags=flags_for(debugger))
    output = panic_at(console, debugger, "task_reap", "set $a0 = 64")
    calls = calls_in(output)
    assert len(calls) >= 3 and not any(name for _, name in calls)


def test_a_panic_whose_names_fail_lists_the_calls_without_them(machine, debugger):
    console = machine.boot(append="quiet", qemu_flags=flags_for(debugger))
    output = panic_at(console, debugger, "task_reap", "set var symbols.bytes = (unsigned char *)16",
                      "set var symbols.size_bytes = 1 << 20", "set $a0 = 64")
    assert len(re.findall("^pando: panic: load page fault", output, re.MULTILINE)) == 1
    assert output.count("calls, innermost first:\n") == 2
    calls = calls_in(output)
    assert len(calls) >= 3 and not any(name for _, name in calls)
