"""The Makefile's own promises."""

import os
import pathlib
import re
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
    done = make("-s", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("pando.bin", "initrd.erofs"):
        assert (folder / BUILD / name).read_bytes() == (ROOT / BUILD / name).read_bytes(), name


def test_a_second_make_does_nothing():
    make("-s")
    done = make()
    assert done.returncode == 0
    assert "  CC " not in done.stdout and "  LD " not in done.stdout


def test_setup_is_quick_when_all_is_there():
    start = time.monotonic()
    done = make("setup")
    assert done.returncode == 0, done.stdout + done.stderr
    assert time.monotonic() - start < 3


def test_help_lists_every_target_and_variable_of_the_design():
    done = make("help")
    for name in ("setup", "all", "run", "test", "bench", "lint", "boards", "debug", "clean", "help"):
        assert re.search(rf"^  make {name} ", done.stdout, re.MULTILINE), name
    for name in ("BOARD", "CROSS", "SMP", "MEM", "RUN", "APPS_DIR", "V", "K", "DEBUG"):
        assert re.search(rf"^  {name} ", done.stdout, re.MULTILINE), name


def test_boards_lists_qemu_virt():
    assert re.search(r"^qemu-virt ", make("boards").stdout, re.MULTILINE)


def test_an_unknown_board_is_named():
    done = make("BOARD=no-such-board")
    assert done.returncode != 0
    assert "no-such-board" in done.stderr
