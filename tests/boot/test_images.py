"""Programs that are none: each is refused with a line that says which and why, and leaves nothing behind.

The files are made here, from nothing, and put beside the programs into a copy of the initrd.
"""

import re
import shutil
import struct
import subprocess

import pytest
from conftest import ROOT
from hostile_apps import initrd
from memory_report import free_frames

BUILD = ROOT / "build" / "test" / "hostile-images"
PAGE = 4096
EHDR = struct.Struct("<16sHHIQQQIHHHHHH")
PHDR = struct.Struct("<IIQQQQQQ")
IMAGE = 0xA0100000
X, W, R = 1, 2, 4
LOAD, INTERP, NOTE = 1, 3, 4
# exit_group(0)
CODE = struct.pack("<3I", 0x00000513, 0x05E00893, 0x00000073)
CANNOT_RUN, NOT_FOUND = 126, 127


def segment(vaddr=IMAGE, **other):
    """A PT_LOAD of the one page of text at file offset 4096, but for what @other says."""
    fields = {"type": LOAD, "flags": R | X, "offset": PAGE, "vaddr": vaddr, "paddr": 0, "filesz": PAGE, "memsz": PAGE,
              "align": PAGE}
    return dict(fields, **other)


def image(*segments, **header):
    """An ELF file with one page of text and these segments; @header replaces fields of its header."""
    segments = segments or (segment(),)
    fields = {"ident": b"\x7fELF\2\1\1", "type": 2, "machine": 243, "version": 1, "entry": IMAGE, "phoff": 64,
              "shoff": 0, "flags": 5, "ehsize": 64, "phentsize": 56, "phnum": len(segments), "shentsize": 0,
              "shnum": 0, "shstrndx": 0}
    fields.update(header)
    headers = EHDR.pack(*(field & (1 << 64) - 1 if isinstance(field, int) else field for field in fields.values()))
    headers += b"".join(PHDR.pack(*fields.values()) for fields in segments)
    return headers.ljust(PAGE, b"\0") + CODE.ljust(PAGE, b"\0")


def data(vaddr=IMAGE + PAGE, **other):
    return segment(vaddr, **dict({"flags": R | W}, **other))


def note(content, **other):
    """An image whose header has a note in front of its text."""
    made = bytearray(image(segment(), segment(0, type=NOTE, offset=1024, filesz=len(content), align=4, **other)))
    made[1024:1024 + len(content)] = content
    return bytes(made)


def needs(name):
    return struct.pack("<III", 6, 52, 1) + b"Pando\0\0\0" + name.ljust(32, b"\0") + bytes(20)


GOOD = image()
TOP = 1 << 64

# name: (the file, what the shell says is wrong with it)
IMAGES = {
    "b5-one-byte": (b"\x7f", r"not an ELF file"),
    "b5-zeros": (bytes(2 * PAGE), r"not an ELF file"),
    "b5-magic-only": (GOOD[:4], r"not an ELF file"),
    "b5-cut-in-the-header": (GOOD[:63], r"not an ELF file|truncated"),
    "b5-cut-behind-the-header": (GOOD[:64], r"truncated"),
    "b5-cut-in-the-program-header": (GOOD[:64 + 55], r"truncated"),
    "b5-cut-behind-the-program-header": (GOOD[:64 + 56], r"truncated"),
    "b5-cut-before-the-text": (GOOD[:PAGE], r"truncated"),
    "b5-cut-in-the-text": (GOOD[:PAGE + 4], r"truncated"),
    "b5-cut-by-a-byte": (GOOD[:-1], r"truncated"),
    "b5-32-bits": (image(ident=b"\x7fELF\1\1\1"), r"64-bit"),
    "b5-big-endian": (image(ident=b"\x7fELF\2\2\1"), r"little-endian"),
    "b5-x86": (image(machine=62), r"machine 62\b.*RISC-V"),
    "b5-arm": (image(machine=183), r"machine 183\b.*RISC-V"),
    "b5-version": (image(version=2), r"version"),
    "b5-object-file": (image(type=1), r"not an executable"),
    "b5-shared-object": (image(type=3), r"position-independent"),
    "b5-core-file": (image(type=4), r"not an executable"),
    "b3-headers-of-55-bytes": (image(phentsize=55), r"program headers of 55"),
    "b3-headers-of-0-bytes": (image(phentsize=0), r"program headers of 0"),
    "b3-no-header": (image(phnum=0), r"\b0 program headers"),
    "b3-65535-headers": (image(phnum=0xFFFF), r"\b65535 program headers"),
    "b3-headers-behind-the-file": (image(phoff=1 << 20), r"truncated"),
    "b3-headers-wrap": (image(phoff=TOP - 8), r"truncated"),
    "b3-empty-segment": (image(segment(memsz=0, filesz=0)), r"segment 0 is empty"),
    "b3-alignment-of-3": (image(segment(align=3)), r"segment 0 .*alignment"),
    "b3-offset-and-address-differ": (image(segment(offset=PAGE + 8, filesz=64)), r"segment 0 lies differently"),
    "b3-empty-interpreter": (image(segment(), segment(type=INTERP, filesz=0, memsz=0)), r"dynamically linked"),
    "b3-interpreter": (image(segment(), segment(type=INTERP, filesz=8)), r"dynamically linked"),
    "b3-nothing-to-load": (image(segment(type=2)), r"nothing to load"),
    "b1-more-in-the-file": (image(segment(memsz=16)), r"segment 0 is larger in the file"),
    "b2-address-wraps": (image(segment(TOP - PAGE, memsz=2 * PAGE)), r"segment 0 wraps"),
    "b2-size-wraps": (image(segment(memsz=TOP - PAGE)), r"segment 0 wraps"),
    "b2-offset-wraps": (image(segment(offset=TOP - PAGE, filesz=PAGE)), r"segment 0 .*truncated"),
    "b2-file-size-wraps": (image(segment(filesz=TOP - 1 - IMAGE, memsz=TOP - 1 - IMAGE)), r"segment 0 "),
    "b4-at-null": (image(segment(0), entry=0), r"no program's place"),
    "b4-below-64k": (image(segment(0xF000), entry=0xF000), r"no program's place"),
    "b4-across-64k": (image(segment(0xF000, filesz=PAGE, memsz=2 * PAGE), entry=0xF000), r"no program's place"),
    "b4-root-slot-1": (image(segment(0x40000000), entry=0x40000000), r"no program's place"),
    "b4-text-window": (image(segment(0x70000000), entry=0x70000000), r"no program's place"),
    "b4-end-of-text-window": (image(segment(0x7FFFF000), entry=0x7FFFF000), r"no program's place"),
    "b4-data-window": (image(segment(), data(0x80000000)), r"no program's place"),
    "b4-into-the-window": (image(segment(), data(0x6FFFF000, memsz=2 * PAGE)), r"no program's place"),
    "b4-stack": (image(segment(), data(0xA00FE000)), r"no program's place"),
    "b4-stack-guard": (image(segment(), data(0xA00FF000)), r"no program's place"),
    "b4-behind-the-images": (image(segment(), data(0xC0000000)), r"no program's place"),
    "b4-across-the-images-end": (image(segment(), data(0xBFFFF000, memsz=2 * PAGE)), r"no program's place"),
    "b4-too-large": (image(segment(), data(memsz=1 << 37)), r"no program's place"),
    "b4-non-canonical": (image(segment(), data(1 << 38)), r"no program's place"),
    "b4-supervisor": (image(segment(), data(0xFFFFFFC080200000)), r"no program's place"),
    "b4-overlap": (image(segment(memsz=3 * PAGE), data(IMAGE + 2 * PAGE)), r"segments 0 and 1 overlap"),
    "b4-same": (image(segment(), segment()), r"segments 0 and 1 overlap"),
    "b4-two-rights-on-a-page": (image(segment(filesz=64, memsz=64), data(IMAGE + 2048, offset=PAGE + 2048, filesz=64,
                                                                        memsz=64)), r"segments 0 and 1 overlap"),
    "b5-w-and-x": (image(segment(flags=R | W | X)), r"segment 0 is writable and executable"),
    "b5-not-readable": (image(segment(flags=X)), r"segment 0 is not readable"),
    "b5-entry-outside": (image(entry=IMAGE + PAGE), r"entry point 0xa0101000"),
    "b5-entry-before": (image(entry=IMAGE - 2), r"entry point 0xa00ffffe"),
    "b5-entry-null": (image(entry=0), r"entry point 0"),
    "b5-entry-odd": (image(entry=IMAGE + 1), r"entry point 0xa0100001"),
    "b5-entry-in-the-data": (image(segment(), data(), entry=IMAGE + PAGE), r"entry point 0xa0101000"),
    "b5-entry-in-the-supervisor": (image(entry=0xFFFFFFC080200000), r"entry point 0xffffffc080200000"),
    "b5-note-cut": (note(needs(b"libc")[:40]), r"broken note"),
    "b5-note-behind-the-file": (image(segment(), segment(0, type=NOTE, offset=1 << 20, align=4)), r"note|truncated"),
    "b5-note-wraps": (image(segment(), segment(0, type=NOTE, offset=TOP - 4, filesz=64, align=4)), r"note|truncated"),
    "b5-note-of-2-gib": (note(struct.pack("<III", 0x7FFFFFFF, 0x7FFFFFFF, 1) + b"Pando\0\0\0"), r"broken note"),
    "b5-library-missing": (note(needs(b"nosuchlib")), r"library nosuchlib is missing"),
    "b5-library-of-another-build": (note(needs(b"libc")), r"libc of build 00000000"),
    "b5-library-upwards": (note(needs(b"../bin/hello")), r"broken note"),
    "b5-library-without-name": (note(needs(b"")), r"broken note"),
    "b5-library-name-without-end": (note(needs(b"a" * 32)), r"broken note"),
    "b5-library-that-is-none": (note(needs(b"garbage")), r"library garbage"),
    "b5-too-many-segments": (image(*[data(IMAGE + n * PAGE, filesz=0) for n in range(40)]),
                             r"segments|program headers"),
}
# These are odd but sound.
SOUND = {
    "plain": GOOD,
    "low": image(segment(0x10000), entry=0x10000),
    "large-bss": image(segment(), data(filesz=0, memsz=256 << 20)),
    "no-paddr-no-align": image(segment(align=0)),
    "unknown-headers": image(segment(), segment(type=0x6474E551, filesz=1 << 60), segment(type=0x70000003)),
    "foreign-note": note(struct.pack("<III", 4, 4, 99) + b"ABC\0" + bytes(4)),
}
# Text that may be executed is for the shell.
SCRIPTS = {
    "script": b"#!/bin/sh\necho \"script of $#: $2\"\nexit 3\n",
    "empty": b"",
}


def build_images():
    """The initrd of hostile_apps, with these files in it too."""
    source = ROOT / initrd()
    root = BUILD / "root"
    shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True)
    shutil.copytree(source.parent / "root", root)
    for name, content in {**SOUND, **SCRIPTS, **{name: row[0] for name, row in IMAGES.items()}}.items():
        (root / "bin" / name).write_bytes(content)
        (root / "bin" / name).chmod(0o755)
    (root / "lib" / "garbage").write_bytes(b"no library" * 1000)
    (root / "bin" / "not-executable").write_bytes(GOOD)
    (root / "bin" / "not-executable").chmod(0o644)
    (root / "bin" / "folder").mkdir()
    flags = re.search(r"^EROFS_FLAGS := (.*)$", (ROOT / "apps" / "apps.mk").read_text(), re.MULTILINE)[1]
    made = BUILD / "initrd.erofs"
    subprocess.run(["mkfs.erofs", *flags.split(), str(made), str(root)], check=True, stdout=subprocess.DEVNULL)
    return str(made)


@pytest.fixture(scope="module")
def images():
    return build_images()


@pytest.fixture
def console(machine, booted, images):
    if not booted or not booted[-1].process.isalive():
        booted.append(machine.boot(append="quiet", initrd=images))
    return booted[-1]


def check_refused(console, name, why):
    output, status = console.run(name)
    assert status == CANNOT_RUN, output
    lines = output.splitlines()
    assert len(lines) == 1, output
    assert re.match(rf"sh: (/bin/)?{name}: ", lines[0])
    assert re.search(why, lines[0])


@pytest.mark.parametrize("name", SOUND)
def test_an_odd_but_sound_image_runs(console, name):
    assert console.run(name) == ("", 0)


@pytest.mark.parametrize("name", [name for name in IMAGES if name[:2] == "b1"])
def test_b1_more_in_the_file_than_in_memory(console, name):
    check_refused(console, name, IMAGES[name][1])


@pytest.mark.parametrize("name", [name for name in IMAGES if name[:2] == "b2"])
def test_b2_sums_that_wrap(console, name):
    check_refused(console, name, IMAGES[name][1])


@pytest.mark.parametrize("name", [name for name in IMAGES if name[:2] == "b3"])
def test_b3_odd_headers(console, name):
    check_refused(console, name, IMAGES[name][1])


@pytest.mark.parametrize("name", [name for name in IMAGES if name[:2] == "b4"])
def test_b4_segments_in_wrong_places(console, name):
    check_refused(console, name, IMAGES[name][1])


@pytest.mark.parametrize("name", [name for name in IMAGES if name[:2] == "b5"])
def test_b5_files_that_are_no_programs(console, name):
    check_refused(console, name, IMAGES[name][1])


def test_files_that_are_no_images_at_all(console):
    assert console.run("no-such-program") == ("sh: no-such-program: not found\n", NOT_FOUND)
    for name, why in {"not-executable": "Permission denied", "folder": "Is a directory"}.items():
        check_refused(console, name, f"(?i){why}")
    output, status = console.run("/bin/plain/more")
    assert status == CANNOT_RUN and re.search("(?i)not a directory", output)


def test_a_file_of_text_is_a_script(console):
    assert console.run("script one 'two three'") == ("script of 2: two three\n", 3)
    assert console.run("empty") == ("", 0)


def test_refused_images_leave_as_many_frames_free(console):
    free = []
    for _ in range(2):
        for start in range(0, len(IMAGES), 8):
            console.run("; ".join(list(IMAGES)[start:start + 8]))
        free.append(free_frames(console))
    assert free[1] == free[0]
    assert console.run("hello")[1] == 0


@pytest.mark.parametrize("name", ["script", "b5-library-missing", "b4-supervisor", "none"])
def test_an_init_that_is_no_program_is_named_and_stops_the_machine(machine, images, name):
    output, status = machine.run("true", append=f"quiet init=/bin/{name}", timeout=15, initrd=images)
    assert status not in (0, 124)
    assert re.search(r"^pando: init can't be started: \S", output, re.MULTILINE)
