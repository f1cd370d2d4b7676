"""A broken initrd or device tree: a message that names what is wrong, and a stop with a status, never silence (B6).

A device tree that is broken would stop QEMU or the firmware first. So the supervisor is started by a shim that lies
where its image would: it hands over a tree of ours, which is the firmware's own but for the damage.
"""

import random
import re
import shlex
import struct
import subprocess

import pytest
from conftest import BUILD, ROOT, RUNNER

FOLDER = ROOT / "build" / "test" / "start-up"
INITRD = ROOT / BUILD / "initrd.erofs"
SUPERBLOCK = 1024
SECONDS = 15
TIMED_OUT = 124


def run(machine, **options):
    output, status = machine.run("true", timeout=SECONDS, **options)
    assert status != TIMED_OUT, output
    return output, status


def check_stopped(output, status, what):
    """One line that says what is wrong, and a status; no panic, which only our own bugs may cause."""
    assert status != 0, output
    assert re.search(rf"^pando: {what}", output, re.MULTILINE), output
    assert "panic" not in output.lower()


# --- The initrd


def patched(data, offset, format, value):
    made = bytearray(data)
    struct.pack_into(format, made, offset, value)
    return bytes(made)


def without_checksum(data):
    """A superblock that says it has none: so that what is changed there is looked at."""
    compat, = struct.unpack_from("<I", data, SUPERBLOCK + 8)
    return patched(data, SUPERBLOCK + 8, "<I", compat & ~1)


def root_inode(data):
    """Offset of the root directory's inode, and of its entries."""
    nid, = struct.unpack_from("<H", data, SUPERBLOCK + 14)
    meta, = struct.unpack_from("<I", data, SUPERBLOCK + 40)
    inode = meta * 4096 + nid * 32
    layout, = struct.unpack_from("<H", data, inode)
    if layout >> 1 & 7 == 2:  # the entries follow the inode, compact or extended
        return inode, inode + (64 if layout & 1 else 32)
    block, = struct.unpack_from("<I", data, inode + 16)
    return inode, block * 4096


def superblock(offset, format, value):
    return lambda data: patched(without_checksum(data), SUPERBLOCK + offset, format, value)


def root(offset, format, value):
    return lambda data: patched(data, root_inode(data)[0] + offset, format, value)


def entries(offset, content):
    def damage(data):
        at = root_inode(data)[1] + offset
        return data[:at] + content + data[at + len(content):]
    return damage


INITRDS = {
    "zeros": lambda data: bytes(65536),
    "text": lambda data: b"no file system\n" * 1000,
    "one_byte": lambda data: b"x",
    "cut_before_the_superblock": lambda data: data[:SUPERBLOCK],
    "cut_in_the_superblock": lambda data: data[:SUPERBLOCK + 127],
    "cut_behind_the_first_block": lambda data: data[:4096],
    "cut_in_the_middle": lambda data: data[:len(data) // 2],
    "cut_by_a_block": lambda data: data[:-4096],
    "flipped_superblock": lambda data: patched(data, SUPERBLOCK + 24, "<I", 0xDEADBEEF),
    "wrong_magic": superblock(0, "<I", 0),
    "other_block_size": superblock(12, "<B", 9),
    "no_block_size": superblock(12, "<B", 255),
    "unknown_feature": superblock(80, "<I", 0x80000000),
    "more_blocks_than_there_are": superblock(36, "<I", 0xFFFFFFFF),
    "root_elsewhere": superblock(14, "<H", 0xFFFF),
    "inodes_elsewhere": superblock(40, "<I", 0xFFFFFFFF),
    "root_of_unknown_layout": root(0, "<H", 0xFFFF),
    "root_is_compressed": root(0, "<H", 1 << 1),
    "root_is_a_file": root(4, "<H", 0o100755),
    "root_is_empty": root(8, "<I", 0),
    "root_is_huge": root(8, "<I", 0xFFFFFFFF),
    "root_entries_elsewhere": root(16, "<I", 0x7FFFFFFF),
    "entries_of_zeros": entries(0, bytes(512)),
    "entries_of_ones": entries(0, b"\xff" * 512),
    "first_name_elsewhere": entries(8, b"\xff\xff"),
    "huge_nid": entries(0, b"\xff" * 8),
    "entry_leads_to_the_root": entries(24, bytes(8)),
}


@pytest.fixture(scope="module")
def sound_initrd():
    FOLDER.mkdir(parents=True, exist_ok=True)
    return INITRD.read_bytes()


def damaged_initrd(name, data):
    path = FOLDER / f"{name}.erofs"
    path.write_bytes(data)
    return str(path)


@pytest.mark.parametrize("name", INITRDS)
def test_b6_a_broken_initrd_is_named_and_stops_the_machine(machine, sound_initrd, name):
    path = damaged_initrd(name, INITRDS[name](sound_initrd))
    check_stopped(*run(machine, initrd=path), r"(the initrd can't be used|memory can't be laid out): \S")


@pytest.mark.parametrize("seed", range(6))
def test_b6_an_initrd_with_bytes_flipped_runs_or_says_why_not(machine, sound_initrd, seed):
    """Not in programs' contents: those are what the file system holds, not what it is."""
    made = bytearray(without_checksum(sound_initrd))
    chance = random.Random(seed)
    inode, entries_start = root_inode(sound_initrd)
    for _ in range(4):
        made[chance.choice((inode, entries_start)) + chance.randrange(256)] ^= 1 << chance.randrange(8)
    output, status = run(machine, initrd=damaged_initrd(f"flipped{seed}", bytes(made)))
    assert "panic" not in output.lower()
    assert status == 0 or re.search(r"^(pando|init|sh): .*\S", output, re.MULTILINE)


# --- The device tree

# Where the trees and the supervisor lie behind the shim: it is loaded at a multiple of 2 MiB, and moved by one.
SHIM = """
    .option norvc
    .globl _start
_start:
    li t0, {address}
    bgez zero, 1f
1:  {choose}
    la t1, supervisor
    jr t1
    .balign 8
tree:
    .incbin "{tree}"
    .balign 8
    .space 4096
    .balign 0x200000
supervisor:
    .incbin "{supervisor}"
"""


def runner_option(name):
    return next(word.partition("=")[2] for word in shlex.split(RUNNER) if word.startswith(f"--{name}="))


def tools():
    cross = re.search(r"^CROSS \?= ([^#\s]*)", (ROOT / "Makefile").read_text(), re.MULTILINE)[1]
    return f"{cross}gcc", f"{cross}objcopy"


# The first 512 bytes of the tree, moved to the address that is handed over.
COPY_HEAD = """mv a1, t0
    la a2, tree
    li a3, 64
2:  ld a4, 0(a2)
    sd a4, 0(t0)
    addi a2, a2, 8
    addi t0, t0, 8
    addi a3, a3, -1
    bnez a3, 2b"""


def shim(name, tree, address=None, choose="mv a1, t0"):
    """An image that starts the supervisor with @tree, or with @address in a1."""
    compiler, objcopy = tools()
    base = FOLDER / f"tree-{name}"
    base.with_suffix(".dtb").write_bytes(tree)
    base.with_suffix(".S").write_text(SHIM.format(
        address=address or 0, choose="la a1, tree" if address is None else choose,
        tree=base.with_suffix(".dtb"), supervisor=ROOT / BUILD / "pando.bin"))
    subprocess.run([compiler, "-march=rv64gc", "-mabi=lp64d", "-mcmodel=medany", "-nostdlib", "-static",
                    "-Wl,-Ttext=0x80200000,--build-id=none", "-o", base.with_suffix(".elf"), base.with_suffix(".S")],
                   check=True)
    subprocess.run([objcopy, "-O", "binary", base.with_suffix(".elf"), base.with_suffix(".bin")], check=True)
    return str(base.with_suffix(".bin"))


def with_firmware_reserved(tree):
    """The firmware would have added what it occupies; here it is one more entry in front of the reservations."""
    header = list(struct.unpack_from(">10I", tree))
    assert header[4] < header[2] < header[3]
    for index in (1, 2, 3):
        header[index] += 16
    entry = struct.pack(">QQ", 0x80000000, 0x80000)
    return struct.pack(">10I", *header) + tree[40:header[4]] + entry + tree[header[4]:]


@pytest.fixture(scope="module")
def sound_tree():
    """What the machine hands over when it is started as the tests below start it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / "sound.dtb"
    plain = shim("plain", b"")
    subprocess.run([*shlex.split(runner_option("qemu")), "-machine", f"dumpdtb={path}", "-m", "128M", "-display",
                    "none", "-kernel", plain, "-initrd", str(INITRD), "-append", 'quiet run="true"'],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=30)
    return with_firmware_reserved(path.read_bytes())


def word(index, value):
    """Of the header's ten big-endian words."""
    return lambda tree: patched(tree, 4 * index, ">I", value)


def renamed(before, after):
    def damage(tree):
        assert before in tree and len(before) == len(after)
        return tree.replace(before, after)
    return damage


def structure_cut(tree):
    start, = struct.unpack_from(">I", tree, 8)
    strings, = struct.unpack_from(">I", tree, 12)
    middle = (start + strings) // 8 * 4
    return tree[:middle] + bytes(strings - middle) + tree[strings:]


def structure_repeated(tree):
    """BEGIN_NODE over and over: it nests deeper and deeper."""
    start, = struct.unpack_from(">I", tree, 8)
    size, = struct.unpack_from(">I", tree, 36)
    return tree[:start] + (struct.pack(">I", 1) + b"a\0\0\0") * (size // 8) + tree[start + size // 8 * 8:]


def with_value(tree, name, value):
    """Replace the value of the first property @name, of the same length."""
    strings, = struct.unpack_from(">I", tree, 12)
    offset = tree.index(name + b"\0", strings) - strings
    at = tree.index(struct.pack(">III", 3, len(value), offset)) + 12
    return tree[:at] + value + tree[at + len(value):]


def initrd_backwards(tree):
    size = 8 if struct.pack(">II", 3, 8) in tree else 4
    try:
        return with_value(tree, b"linux,initrd-end", bytes(size))
    except ValueError:
        return with_value(tree, b"linux,initrd-end", bytes(4))


TREES = {
    "wrong_magic": (word(0, 0x12345678), "the device tree can't be used"),
    "zeros": (lambda tree: bytes(len(tree)), "the device tree can't be used"),
    "ones": (lambda tree: b"\xff" * len(tree), "the device tree can't be used"),
    "size_of_0": (word(1, 0), "the device tree can't be used"),
    "size_of_4_gib": (word(1, 0xFFFFFFFF), "the device tree can't be used"),
    "structure_elsewhere": (word(2, 0x7FFFFFFC), "the device tree can't be used"),
    "strings_elsewhere": (word(3, 0x7FFFFFFC), "the device tree can't be used"),
    "reservations_elsewhere": (word(4, 0x7FFFFFF8), "the device tree can't be used"),
    "version_1": (word(5, 1), "the device tree can't be used"),
    "needs_version_99": (word(6, 99), "the device tree can't be used"),
    "structure_of_4_gib": (word(9, 0xFFFFFFFC), "the device tree can't be used"),
    "structure_cut": (structure_cut, "the device tree can't be used"),
    "structure_too_deep": (structure_repeated, "the device tree can't be used"),
    "no_timebase": (renamed(b"timebase-frequency\0", b"timebase-frequencx\0"), "the device tree can't be used"),
    "no_ram": (renamed(b"memory\0", b"memorx\0"), "memory can't be laid out: the device tree names no RAM"),
    "no_initrd": (lambda tree: renamed(b"linux,initrd-end\0", b"linux,initrd-enx\0")(
        renamed(b"linux,initrd-start\0", b"linux,initrd-starx\0")(tree)), "no initrd"),
    "half_an_initrd": (renamed(b"linux,initrd-end\0", b"linux,initrd-enx\0"), "the device tree can't be used"),
    "initrd_backwards": (initrd_backwards, "the device tree can't be used"),
}

# What the boot loader may leave in a1 by mistake.
ADDRESSES = {
    "null": 0,
    "unaligned": 0x80200004,
    "boot_rom": 0x1000,
    "nothing": 0x50000000,
    "uart": 0x10000000,
    "firmware": 0x80000000,
    "plain_ram": 0x87000000,
    "last_page_of_ram": 0x87FFFFF8,
    "behind_ram": 0x90000000,
    "non_canonical": 1 << 38,
    "largest": (1 << 64) - 8,
}


def test_the_shim_itself_changes_nothing(machine, sound_tree):
    output, status = run(machine, kernel=shim("sound", sound_tree))
    assert status == 0, output


@pytest.mark.parametrize("name", TREES)
def test_b6_a_broken_device_tree_is_named_and_stops_the_machine(machine, sound_tree, name):
    damage, what = TREES[name]
    check_stopped(*run(machine, kernel=shim(name, damage(sound_tree))), what)


@pytest.mark.parametrize("name", ADDRESSES)
def test_b6_a_device_tree_that_is_not_there_is_named_and_stops_the_machine(machine, sound_tree, name):
    image = shim(f"at-{name}", sound_tree, hex(ADDRESSES[name]))
    check_stopped(*run(machine, kernel=image), "the device tree can't be used")


def test_b6_a_device_tree_that_runs_behind_the_end_of_ram_is_named(machine, sound_tree):
    image = shim("cut-by-ram", sound_tree, hex(0x88000000 - 512), COPY_HEAD)
    check_stopped(*run(machine, kernel=image), "the device tree can't be used")


def test_b6_a_command_line_that_is_broken_is_named(machine):
    output, status = run(machine, append='quiet init="/bin/sh')
    assert status != 0
    assert re.search(r"^pando: the command line can't be used: \S", output, re.MULTILINE)


def test_too_little_ram_is_named(machine):
    output, status = run(machine, mem="4M")
    assert status != 0
