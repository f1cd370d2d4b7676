"""The supervisor of a debug build, for the tests of what it checks."""

from conftest import build_apart

DEBUG_BUILD = "build/test/debug"


def debug_kernel_path():
    build_apart(DEBUG_BUILD, "DEBUG=1", f"{DEBUG_BUILD}/pando.bin")
    return f"{DEBUG_BUILD}/pando.bin"
