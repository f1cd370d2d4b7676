"""The C library and the shell as `make apps-host` links them, under qemu-riscv64 on this machine.

Their system calls are Linux's, so a Linux kernel is a judge that nobody here wrote. Pando's own calls answer ENOSYS.
What the board's own images must look like is here too.
"""

import errno
import pathlib
import re
import shutil
import signal
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "apps" / "tools"))
import elf  # noqa: E402

BUILD = ROOT / "build" / "test" / "user-apps"
PAGE = 4096
PICOLIBC_INCLUDE = "/usr/lib/picolibc/riscv64-unknown-elf/include"
SECONDS = 100
ALIGNED_LAYOUTS = {elf.PF_R | elf.PF_X, elf.PF_R, elf.PF_R | elf.PF_W}

pytestmark = pytest.mark.skipif(shutil.which("qemu-riscv64") is None, reason="needs qemu-riscv64")


@pytest.fixture(scope="module")
def build():
    folder = BUILD.relative_to(ROOT)
    command = ["make", "-s", f"BUILD={folder}", f"APPS_HOST={folder}/host", "APPS_DIR=tests/apps/user", "apps-host",
               f"{folder}/initrd.erofs"]
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return BUILD


@pytest.fixture
def root(build):
    """What is in the initrd."""
    return build / "root"


@pytest.fixture
def program(build):
    """A function that gives the path of a program for Linux."""
    return lambda name: build / "host" / "bin" / name


def run(program, *arguments, **options):
    return subprocess.run(["qemu-riscv64", program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=SECONDS, check=False, **options)


def picolibc_numbers():
    """The names of picolibc's errno.h, as a compiler sees them."""
    command = ["riscv64-unknown-elf-gcc", "-E", "-dM", "-isystem", PICOLIBC_INCLUDE, "-"]
    done = subprocess.run(command, input="#include <errno.h>\n", capture_output=True, text=True, check=True)
    return {name: int(value) for name, value in re.findall(r"^#define (E[A-Z0-9]+) (\d+)$", done.stdout, re.MULTILINE)}


def test_every_error_number_is_translated_by_name(program):
    listed = re.findall(r"X\((E[A-Z0-9]+), (\d+)\)", (ROOT / "apps/abi/abi_errno.h").read_text())
    ours = picolibc_numbers()
    lines = run(program("errno_probe")).stdout.splitlines()
    translated = dict(tuple(map(int, line.split())) for line in lines)
    assert len(listed) > 50
    for name, number in listed:
        assert getattr(errno, name) == int(number), f"{name} is not what Linux has"
        assert translated.pop(int(number)) == ours[name], name
    assert set(translated.values()) == {ours["EIO"]}


def test_files_streams_and_directories(program, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    done = run(program("files_probe"), "folder", cwd=folder)
    assert (done.stdout, done.returncode) == ("", 0)
    assert (folder / "stream").read_text() == "one\ntwo 2\nthree\n"
    assert (folder / "many1").read_text() == "1left to exit"


def test_memory_time_signals_and_processes(program):
    done = run(program("calls_probe"))
    assert (done.stdout, done.returncode) == ("", 0)


@pytest.mark.parametrize("how,status", [
    ("abort", -signal.SIGABRT), ("assert", -signal.SIGABRT), ("raise", -signal.SIGTERM), ("exit", 255), ("_exit", 9),
    ("return", 7),
])
def test_every_way_to_end_has_its_status(program, how, status):
    assert run(program("ends_probe"), how).returncode == status


@pytest.mark.parametrize("how,ending", [
    ("null", signal.SIGSEGV), ("exec", signal.SIGSEGV), ("write-text", signal.SIGSEGV), ("write-libc", signal.SIGSEGV),
    ("libc", signal.SIGSEGV), ("stack", signal.SIGSEGV), ("kernel", signal.SIGSEGV), ("jump", signal.SIGSEGV),
    ("unaligned", signal.SIGBUS), ("illegal", signal.SIGILL), ("csr", signal.SIGILL),
])
def test_crash_does_what_it_says(program, how, ending):
    assert run(program("crash"), how).returncode == -ending


@pytest.mark.parametrize("text,status,output", [
    ("exit 3", 3, ""),
    ("exit 3; exit 4", 3, ""),
    ("# nothing", 0, ""),
    ("", 0, ""),
    ("wait && exit 5 || exit 6", 5, ""),
    ("wait 99 && exit 5 || exit 6", 6, ""),
    ("wait 99; exit $?", 127, ""),
    ("'exit' \"7\" # quoted", 7, ""),
    ("e\\xit 8", 8, ""),
    ("wait\n\n\nexit 9\n", 9, ""),
    ("'open", 2, "sh: syntax error: unbalanced quote '\n"),
    ('exit "open', 2, 'sh: syntax error: unbalanced quote "\n'),
    ("; exit 3", 2, "sh: syntax error: unexpected ;\n"),
    ("exit 3 &&", 2, "sh: syntax error: unexpected end of input\n"),
    ("exit 3 && || exit 4", 2, "sh: syntax error: unexpected ||\n"),
    ("exit 3 & & exit 4", 2, "sh: syntax error: unexpected &\n"),
    ("exit 3 | exit 4", 126, 2 * "sh: /bin/sh: needs Pando: this kernel has no such call\n"),
])
def test_the_shell_understands(program, text, status, output):
    done = run(program("sh"), "-c", text)
    assert (done.returncode, done.stdout) == (status, output)


def test_the_shell_runs_a_file_and_what_it_reads(program, tmp_path):
    script = tmp_path / "script"
    script.write_text("# a script\nwait; exit 11\n")
    assert run(program("sh"), str(script)).returncode == 11
    with open(script, encoding="ascii") as file:
        done = subprocess.run(["qemu-riscv64", program("sh")], stdin=file, timeout=SECONDS, check=False)
    assert done.returncode == 11
    done = run(program("sh"), str(tmp_path / "missing"))
    assert done.returncode == 127 and "No such file or directory" in done.stdout


def test_a_line_of_any_length_is_a_line(program):
    done = run(program("sh"), "-c", "wait " + "1 " * 30000 + "; exit 12")
    assert done.returncode == 12


def test_min_needs_no_library(root, program):
    assert run(program("min")).returncode == run(root / "bin" / "min").returncode == 0
    image = elf.Elf(root / "bin" / "min")
    loads = [s for s in image.segments if s.type == elf.PT_LOAD]
    assert [(s.flags, s.filesz, s.memsz) for s in loads] == [(elf.PF_R | elf.PF_X, PAGE, PAGE)]
    assert all(owner != "Pando" for owner, _, _ in image.notes())


def images(root):
    return sorted(p for p in root.rglob("*") if p.is_file() and p.parts[-2:] != ("lib", "symbols"))


def test_images_are_whole_pages_with_zeros_behind_what_is_used(root):
    for path in images(root):
        image = elf.Elf(path)
        linked = elf.Elf(next(p for p in (BUILD / "apps").rglob(path.name + ".elf")))
        assert len(image.data) % PAGE == 0 and not image.sections
        end = 0
        for load in (s for s in image.segments if s.type == elf.PT_LOAD):
            assert load.flags in ALIGNED_LAYOUTS, path
            assert load.vaddr % PAGE == load.offset % PAGE == load.filesz % PAGE == 0 and load.memsz > 0, path
            assert load.vaddr >= end, path
            end = load.vaddr + load.memsz
            used = next(s.filesz for s in linked.segments if s.type == elf.PT_LOAD and s.vaddr == load.vaddr)
            assert not any(image.data[load.offset + used : load.offset + load.filesz]), path


def test_every_program_asks_for_the_library_that_is_there(root):
    build_id = elf.Elf(root / "lib" / "libc").build_id()
    for path in images(root / "bin"):
        wanted = [desc for owner, kind, desc in elf.Elf(path).notes() if owner == "Pando" and kind == 1]
        if path.name != "min":
            assert wanted == [b"libc".ljust(32, b"\0") + build_id], path


def test_the_library_slides(root):
    """Its list names words of the data window that hold addresses, and text has none."""
    image = elf.Elf(root / "lib" / "libc")
    slides = next(s for s in image.segments if s.type == elf.PT_SLIDES)
    data = next(s for s in image.segments if s.type == elf.PT_LOAD and s.flags & elf.PF_W)
    raw = image.data[slides.offset : slides.offset + slides.filesz]
    offsets = [int.from_bytes(raw[i : i + 4], "little") for i in range(0, len(raw), 4)]
    assert len(offsets) > 100 and offsets == sorted(set(offsets))
    for offset in offsets:
        assert offset % 8 == 0 and offset + 8 <= data.filesz
        at = data.offset + offset
        assert 0x70000000 <= int.from_bytes(image.data[at : at + 8], "little") < 0x90000000


@pytest.mark.parametrize("name", ["with space.c", "semi;colon.c", "dollar$x.c", "-dash.c", "per%cent.c", "quo'te.c"])
def test_a_program_with_an_odd_name_is_refused_by_name(tmp_path, name):
    (tmp_path / name).write_text("int main(void) { return 0; }\n")
    done = subprocess.run(["make", "-n", "BUILD=build/test/odd", f"APPS_DIR={tmp_path}", "build/test/odd/initrd.erofs"],
                          cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert name in done.stderr and "may have letters, digits" in done.stderr


def test_a_file_and_a_folder_of_one_name_are_refused(tmp_path):
    (tmp_path / "twice.c").write_text("int main(void) { return 0; }\n")
    (tmp_path / "twice").mkdir()
    (tmp_path / "twice" / "main.c").write_text("int main(void) { return 0; }\n")
    done = subprocess.run(["make", "-n", "BUILD=build/test/odd", f"APPS_DIR={tmp_path}", "build/test/odd/initrd.erofs"],
                          cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "which one is /bin/twice?" in done.stderr


def test_an_assertion_names_its_place_and_not_the_folder_it_was_built_in(program):
    output = run(program("ends_probe"), "assert").stdout
    assert "argc == 1" in output and "ends_probe.c" in output
    assert str(ROOT) not in output
