"""The supervisor of a debug build, for the tests of what it checks."""

import fcntl
import subprocess

from conftest import ROOT

DEBUG_BUILD = "build/test/debug"


def debug_kernel_path():
    """Build it. Test files run side by side: the first builds, the others wait."""
    lock = ROOT / f"{DEBUG_BUILD}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with open(lock, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = subprocess.run(["make", "-s", "DEBUG=1", f"BUILD={DEBUG_BUILD}", f"{DEBUG_BUILD}/pando.bin"], cwd=ROOT,
                              text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=False)
    assert done.returncode == 0, done.stdout
    return f"{DEBUG_BUILD}/pando.bin"
