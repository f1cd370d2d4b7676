"""The table of function names, against what the ELF files themselves say."""

import bisect
import os
import pathlib
import struct
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / os.environ.get("PANDO_BUILD", "build/qemu-virt")
TOOL = ROOT / "apps" / "tools" / "symbols.py"
sys.path.insert(0, str(TOOL.parent))
import elf  # noqa: E402

STT_FUNC = 2
GROUP = 16


class Table:
    """/lib/symbols, read as supervisor/include/symbols.h draws it."""

    def __init__(self, data):
        magic, count, size = struct.unpack_from("<8sII", data)
        assert magic == b"PandoSy1" and size == len(data)
        self.images = {}
        for index in range(count):
            build_id, symbols, starts, groups = struct.unpack_from("<20sIII", data, 16 + 32 * index)
            assert starts % 4 == groups % 4 == 0
            assert not self.images or build_id > max(self.images)
            positions = list(struct.unpack_from(f"<{symbols}I", data, starts))
            assert positions == sorted(positions)
            names = []
            for number in range(symbols):
                if number % GROUP == 0:
                    at, = struct.unpack_from("<I", data, groups + number // GROUP * 4)
                end = data.index(b"\0", at)
                names.append(data[at:end].decode("ascii"))
                at = end + 1
            self.images[build_id] = positions, names

    def find(self, build_id, position):
        positions, names = self.images[build_id]
        index = bisect.bisect_right(positions, position) - 1
        return (names[index], positions[index]) if index >= 0 else ("", 0)


def build_id_of(path):
    """As readelf prints it."""
    done = subprocess.run(["readelf", "--notes", "--wide", path], check=True, capture_output=True, text=True)
    return bytes.fromhex(done.stdout.partition("Build ID: ")[2].split()[0])


def programs():
    paths = [BUILD / "pando.elf", BUILD / "apps" / "libc.elf"]
    return paths + sorted((BUILD / "apps" / "bin" / name.name).with_suffix(".elf") for name in
                          (BUILD / "root" / "bin").iterdir())


@pytest.fixture(scope="module")
def table():
    return Table((BUILD / "root" / "lib" / "symbols").read_bytes())


@pytest.mark.parametrize("path", programs(), ids=lambda path: path.stem)
def test_every_function_is_found_from_its_first_byte_to_its_last(table, path):
    image, build_id = elf.Elf(path), build_id_of(path)
    base = min(s.vaddr for s in image.segments if s.type == elf.PT_LOAD)
    symbols = list(image.symbols())
    functions = [s for s in symbols if s.type == STT_FUNC and s.section and s.size]
    assert functions
    for function in functions:
        if path.stem == "pando":
            position = function.value - base
        else:
            segment = next(s for s in image.segments if s.type == elf.PT_LOAD and
                           s.vaddr <= function.value < s.vaddr + s.filesz)
            position = function.value - segment.vaddr + segment.offset
        here = {s.name for s in symbols if s.value == function.value}
        name, start = table.find(build_id, position)
        assert name in here and start == position
        inside = [s for s in functions if function.value < s.value < function.value + function.size]
        assert inside or table.find(build_id, position + function.size - 1) == (name, start)


def test_what_is_behind_the_last_function_has_no_name(table):
    for positions, names in table.images.values():
        assert names[-1] == "" and all(0 < len(name) < 64 for name in names if name)
        assert len(positions) == len(set(positions))


def test_the_packed_images_have_the_same_build_ids(table):
    packed = [*(BUILD / "root" / "bin").iterdir(), BUILD / "root" / "lib" / "libc"]
    for path in packed:
        assert elf.Elf(path).build_id() in table.images, path


def compiled(folder, name, source, *flags):
    (folder / f"{name}.c").write_text(source)
    made = folder / f"{name}.elf"
    subprocess.run(["riscv64-unknown-elf-gcc", "-nostdlib", "-static", "-Wl,-e,0", *flags, "-o", made,
                    folder / f"{name}.c"], check=True)
    return made


def test_odd_images(tmp_path):
    long_name = "a" * 100
    first = compiled(tmp_path, "first", f"int {long_name}(void) {{ return 1; }}", "-Wl,--build-id=sha1")
    twin = tmp_path / "twin.elf"
    twin.write_bytes(first.read_bytes())
    without_id = compiled(tmp_path, "without-id", "int f(void) { return 1; }", "-Wl,--build-id=none")
    without_code = compiled(tmp_path, "without-code", "int data = 1;", "-Wl,--build-id=sha1")
    aliases = compiled(tmp_path, "aliases", "int __f(void) { return 1; } int f(void) __attribute__((alias(\"__f\")));",
                       "-Wl,--build-id=sha1")
    out = tmp_path / "symbols"
    subprocess.run([sys.executable, "-B", TOOL, out, first, twin, without_id, without_code, aliases], check=True)
    table = Table(out.read_bytes())
    assert set(table.images) == {build_id_of(path) for path in (first, without_code, aliases)}
    assert table.images[build_id_of(first)][1] == ["a" * 63, ""]
    assert table.images[build_id_of(without_code)] == ([], [])
    assert table.images[build_id_of(aliases)][1] == ["f", ""]
