"""The Makefile's own promises."""

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = os.environ.get("PANDO_BUILD", "build/qemu-virt")


def make(*arguments, folder=ROOT, timeout=600):
    return subprocess.run(["make", *arguments], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=timeout, check=False)


def copy_of_the_sources(folder):
    """Everything but build/, with what setup brought."""
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns("build", ".git", "__pycache__"))
    (folder / "build").mkdir()
    (folder / "build" / "deps").symlink_to(ROOT / "build" / "deps")


def test_two_folders_give_the_same_bytes(tmp_path):
    folder = tmp_path / "a-folder-with-a-longer-name"
    copy_of_the_sources(folder)
    done = make("-s", f"BUILD={BUILD}", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("pando.elf", "pando.bin", "initrd.erofs"):
        assert (folder / BUILD / name).read_bytes() == (ROOT / BUILD / name).read_bytes(), name


def test_a_second_make_does_nothing():
    make("-s", f"BUILD={BUILD}")
    done = make(f"BUILD={BUILD}")
    assert done.returncode == 0
    assert "  CC " not in done.stdout and "  LD " not in done.stdout


def test_setup_is_quick_when_all_is_there():
    start = time.monotonic()
    done = make("setup")
    assert done.returncode == 0, done.stdout + done.stderr
    assert time.monotonic() - start < 3


def test_help_lists_every_target_and_variable_of_the_design():
    done = make("help")
    for name in ("setup", "all", "apps-host", "run", "test", "bench", "lint", "boards", "debug", "clean", "help"):
        assert re.search(rf"^  make {name} ", done.stdout, re.MULTILINE), name
    for name in ("BOARD", "CROSS", "SMP", "MEM", "RUN", "APPS_DIR", "V", "K", "DEBUG"):
        assert re.search(rf"^  {name} ", done.stdout, re.MULTILINE), name


def test_boards_lists_qemu_virt():
    assert re.search(r"^qemu-virt ", make("boards").stdout, re.MULTILINE)


def test_an_unknown_board_is_named():
    done = make("BOARD=no-such-board")
    assert done.returncode != 0
    assert "no-such-board" in done.stderr


def test_a_function_without_a_return_value_does_not_compile():
    """Defect D33 of the ancestor: the flags that compile everything of ours refuse it."""
    commands = json.loads((ROOT / "build" / "compile_commands.json").read_text())
    command = next(entry["command"] for entry in commands if entry["file"] == "shared/region.c")
    words = shlex.split(command)[:-2] + ["-x", "c", "-S", "-o", "/dev/null", "-"]
    done = subprocess.run(words, cwd=ROOT, input="int broken(void);\nint broken(void)\n{\n}\n", capture_output=True,
                          text=True, check=False)
    assert done.returncode != 0
    assert "return-type" in done.stderr
