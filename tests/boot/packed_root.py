"""Initrds with more in them than programs: what `make` put into one, and what a test adds to it."""

import shutil
import subprocess

from conftest import ROOT

# As apps/apps.mk has them.
EROFS_FLAGS = ["-T0", "-U", "00000000-0000-0000-0000-000000000000", "--all-root", "-x-1", "--quiet", "-E",
               "noinline_data"]


def packed_root(name, root, add):
    """An initrd of the folder @root as @add(folder) leaves a copy of it. Returns its path."""
    folder = ROOT / "build" / "test" / name
    initrd = folder.with_suffix(".erofs")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / root, folder, symlinks=True)
    add(folder)
    subprocess.run(["mkfs.erofs", *EROFS_FLAGS, initrd, folder], check=True, stdout=subprocess.DEVNULL)
    return str(initrd.relative_to(ROOT))
