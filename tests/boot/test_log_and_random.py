"""The supervisor's log as programs read it, and random numbers on a machine that has no seed for them."""

import re
import shlex
import struct
import subprocess

import pytest
from conftest import ROOT, build_initrd
from test_start_up import FOLDER, renamed, runner_option, shim, with_firmware_reserved, with_value

LOG_BYTES_MAX = int(re.search(r"define LOG_BYTES_MAX (\d+)", (ROOT / "arch/base/include/log.h").read_text())[1])
NO_SEED = "pando: random numbers: no seed of 32 bytes in the device tree, so there are none\n"


# --- The log


def test_dmesg_has_what_quiet_has_kept_from_the_console(shell):
    output, status = shell.run("dmesg")
    assert status == 0
    assert output.startswith("pando: Pando ") and re.search(r"^pando: RAM 128 MiB: ", output, re.MULTILINE)


def test_dmesg_ends_with_what_was_logged_last(shell):
    shell.run("crash null")
    crash = re.search(r"^pando: task \d+ \(crash\): .*\n", shell.run("dmesg")[0], re.MULTILINE)
    assert crash and shell.run("dmesg")[0].endswith(crash[0])


def test_the_log_keeps_the_newest_when_it_is_full(shell):
    for _ in range(4):
        shell.run("for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do crash null; done", timeout=60)
    before, _ = shell.run("dmesg")
    shell.run("crash unaligned")
    output, status = shell.run("dmesg")
    assert status == 0
    assert LOG_BYTES_MAX // 2 < len(output) <= LOG_BYTES_MAX
    assert not output.startswith("pando: Pando ")
    last = output.splitlines()[-1]
    assert "(crash)" in last and last not in before


# --- Random numbers


@pytest.fixture(scope="module")
def initrd():
    return build_initrd("posix-apps", "tests/apps/posix")


@pytest.fixture(scope="module")
def tree(initrd):
    """What the machine hands over when it is to run `seedless`."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / "seedless.dtb"
    subprocess.run([*shlex.split(runner_option("qemu")), "-machine", f"dumpdtb={path}", "-m", "128M", "-display",
                    "none", "-kernel", shim("seedless-plain", b""), "-initrd", ROOT / initrd, "-append",
                    'run="seedless"'],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=30)
    return with_firmware_reserved(path.read_bytes())


def with_short_seed(tree):
    """The property's name and length stay in place; what is behind the first 16 bytes is padding of NOP tokens."""
    strings, = struct.unpack_from(">I", tree, 12)
    offset = tree.index(b"rng-seed\0", strings) - strings
    at = tree.index(struct.pack(">III", 3, 32, offset))
    seed = tree[at + 12:at + 28]
    return tree[:at] + struct.pack(">III", 3, 16, offset) + seed + struct.pack(">I", 4) * 4 + tree[at + 44:]


def check_seedless(output):
    lines = re.findall(r"^(?:ok|FAIL) .*$", output, re.MULTILINE)
    assert len(lines) == 7 and all(line.startswith("ok ") for line in lines), output


@pytest.mark.parametrize("name, damage", [("no-seed", renamed(b"rng-seed\0", b"rng-seex\0")),
                                          ("short-seed", with_short_seed)])
def test_without_a_seed_there_is_a_line_at_the_start_and_eagain(machine, initrd, tree, name, damage):
    output, status = machine.run("", append="", initrd=initrd, kernel=shim(name, damage(tree)))
    assert status == 0, output
    assert output.count(NO_SEED) == 1
    check_seedless(output)


def test_with_a_seed_there_is_neither(machine, initrd, tree):
    output, _ = machine.run("", append="", initrd=initrd, kernel=shim("seed", tree))
    assert NO_SEED not in output
    assert "FAIL getrandom: " in output and "FAIL device: " in output


def test_equal_seeds_give_equal_numbers_and_others_others(machine, initrd, tree):
    """So the numbers come from the seed, all of it."""
    command = renamed(b'run="seedless"', b'run="numbers" ')(tree)

    def numbers(name, seed):
        image = shim(name, with_value(command, b"rng-seed", seed))
        output, status = machine.run("", append="", initrd=initrd, kernel=image)
        assert status == 0, output
        return re.search(r"^[0-9a-f]{64}$", output, re.MULTILINE)[0]

    first = numbers("seed-1", bytes(range(32)))
    assert numbers("seed-2", bytes(range(32))) == first
    assert numbers("seed-3", bytes(range(31)) + b"\0") != first
