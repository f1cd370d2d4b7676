"""arch/riscv64/check_elf.py: what must never be in the linked supervisor is refused, and each link asks it."""

import subprocess
import sys

import pytest

from test_build import BUILD, ROOT, make

CROSS = "riscv64-unknown-elf-"
CHECK = ROOT / "arch" / "riscv64" / "check_elf.py"
FLAGS = ["-march=rv64gc", "-mabi=lp64d", "-mcmodel=medany", "-O1", "-ffreestanding"]
LINK = ["-nostdlib", "-static", "-Wl,--emit-relocs", "-Wl,-e,entry"]
HEAD = "int entry(int x);\n"


def refusal(folder, text, *flags):
    """What the check says of a program of this C text."""
    (folder / "a.c").write_text(HEAD + text)
    subprocess.run([f"{CROSS}gcc", *FLAGS, *LINK, *flags, "-o", folder / "a.elf", folder / "a.c"], check=True,
                   stderr=subprocess.DEVNULL)
    done = subprocess.run([sys.executable, CHECK, "--cross", CROSS, folder / "a.elf"], capture_output=True, text=True,
                          check=False)
    assert (done.returncode != 0) == bool(done.stderr)
    return done.stderr


def test_a_sound_program_is_accepted(tmp_path):
    assert refusal(tmp_path, "int entry(int x)\n{\n    return x + 1;\n}\n") == ""


@pytest.mark.parametrize("text,flags,wanted", [
    ("extern _Thread_local int error;\n_Thread_local int error;\nint entry(int x)\n{\n    return error += x;\n}\n", [],
     "thread-local relocation: "),
    ("double d;\nint entry(int x)\n{\n    d = d * x;\n    return 0;\n}\n", [], "floating point in entry: "),
    ("extern char gone[] __attribute__((weak));\nint entry(int x)\n{\n    return gone[x];\n}\n", [],
     "undefined symbol gone"),
    ("int entry(int x)\n{\n    return x;\n}\n", ["-Wl,--omagic"], "segment is writable and executable: "),
])
def test_what_the_supervisor_can_not_have_is_refused(tmp_path, text, flags, wanted):
    assert f"a.elf: {wanted}" in refusal(tmp_path, text, *flags)


def test_every_link_of_the_supervisor_is_checked():
    """The recipe of pando.elf calls the check on the file that has its relocations still."""
    lines = make("-n", "-B", f"BUILD={BUILD}", f"{BUILD}/pando.elf").stdout.splitlines()
    assert any("arch/riscv64/check_elf.py" in line and line.endswith(f"{BUILD}/pando.linked") for line in lines)
    linked = subprocess.run([f"{CROSS}readelf", "--relocs", ROOT / BUILD / "pando.linked"], capture_output=True,
                            text=True, check=True)
    assert "R_RISCV_" in linked.stdout and "TPREL" not in linked.stdout
