"""arch/riscv64/check_elf.py: what must never be in the linked supervisor is refused, and each link asks it."""

import json
import re
import subprocess
import sys

import pytest

from test_build import BUILD, ROOT, make

CROSS = "riscv64-unknown-elf-"
CHECK = ROOT / "arch" / "riscv64" / "check_elf.py"
FLAGS = ["-march=rv64gc", "-mabi=lp64d", "-mcmodel=medany", "-O1", "-ffreestanding"]
LINK = ["-nostdlib", "-static", "-Wl,--emit-relocs", "-Wl,-e,entry"]
HEAD = "int entry(int x);\n"


def refusal(folder, text, *flags, options=()):
    """What the check says of a program of this C text."""
    (folder / "a.c").write_text(HEAD + text)
    subprocess.run([f"{CROSS}gcc", *FLAGS, *LINK, *flags, "-o", folder / "a.elf", folder / "a.c"], check=True,
                   cwd=ROOT, stderr=subprocess.DEVNULL)
    done = subprocess.run([sys.executable, CHECK, "--cross", CROSS, *options, folder / "a.elf"], capture_output=True,
                          text=True, check=False)
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


# What writes satp, and the two fences, as in arch.h.
SATP = """#define FENCE_ALL() __asm__ volatile("sfence.vma" ::: "memory")
#define FENCE_ASID(asid) __asm__ volatile("sfence.vma zero, %0" ::"r"(asid) : "memory")
static inline __attribute__((always_inline)) void arch_satp_set(long satp)
{
    __asm__ volatile("csrw satp, %0" ::"r"(satp) : "memory");
}
void other(void);
void other(void)
{
    __asm__ volatile("nop");
}
"""


def satp_refusal(folder, function, body):
    text = f"{SATP}void {function}(long x);\nvoid {function}(long x)\n{{\n    {body}\n}}\n"
    return refusal(folder, f"{text}int entry(int x)\n{{\n    {function}(x);\n    return x;\n}}\n", "-g", "-O2",
                   "-fno-inline-functions-called-once", "-fno-inline-small-functions", options=["--fences"])


@pytest.mark.parametrize("function,body", [
    ("f", "arch_satp_set(x); FENCE_ALL();"),
    ("f", "arch_satp_set(x); arch_satp_set(x + 1); FENCE_ALL();"),
    ("f", "arch_satp_set(x); if (x & 8) { FENCE_ALL(); __asm__ volatile(\"nop\"); } else { FENCE_ALL(); }"),
    ("space_enter", "arch_satp_set(x); if (x & 8) { FENCE_ASID(x); }"),
    ("space_leave", "other(); arch_satp_set(x); other(); FENCE_ALL();"),
])
def test_c5_a_write_of_satp_with_its_fence_is_accepted(tmp_path, function, body):
    assert satp_refusal(tmp_path, function, body) == ""


@pytest.mark.parametrize("function,body", [
    ("f", "arch_satp_set(x);"),
    ("f", "FENCE_ALL(); arch_satp_set(x);"),
    ("f", "arch_satp_set(x); FENCE_ASID(x);"),
    ("f", "arch_satp_set(x); other(); FENCE_ALL();"),
    ("f", "arch_satp_set(x); if (x & 8) { FENCE_ALL(); }"),
    ("f", "__asm__ volatile(\"csrs satp, %0\" ::\"r\"(x)); other();"),
    ("f", "__asm__ volatile(\"csrrw %0, satp, %0\" : \"+r\"(x)); other();"),
    ("space_enter", "if (x & 8) { FENCE_ASID(x); } arch_satp_set(x);"),
    ("space_leave", "arch_satp_set(x); other();"),
    ("space_enter_verified", "arch_satp_set(x);"),
])
def test_c5_a_write_of_satp_without_its_fence_is_refused(tmp_path, function, body):
    assert f"satp is written without a fence in {function}: csr" in satp_refusal(tmp_path, function, body)


def test_c5_only_map_enter_may_enter_a_verified_space_without_a_fence(tmp_path):
    inner = "static inline __attribute__((always_inline)) void space_enter_verified(long x) { arch_satp_set(x); }\n"
    outer = "int NAME(int x);\nint NAME(int x)\n{\n    space_enter_verified(x);\n    return x;\n}\n"
    entry = "int entry(int x)\n{\n    return NAME(x);\n}\n"
    for name, refused in [("map_enter", False), ("map_switch", True)]:
        said = refusal(tmp_path, SATP + inner + (outer + entry).replace("NAME", name), "-g", options=["--fences"])
        assert ("satp is written without a fence" in said) == refused


def fence_refusal(folder, *change):
    """What the check says of the fences of arch.h, with one piece of text @change[0] replaced by @change[1]."""
    header = (ROOT / "arch" / "riscv64" / "include" / "arch.h").read_text()
    if change:
        assert header.count(change[0]) == 1
        header = header.replace(*change)
    (folder / "arch.h").write_text(header)
    commands = json.loads((ROOT / "build" / "compile_commands.json").read_text())
    command = next(one["command"] for one in commands if one["file"] == "arch/riscv64/cpu.c")
    paths = [f"-I{folder}", *re.findall(r"-I\S+|-isystem \S+|-DCONFIG\S+", command)]
    text = (ROOT / "tests" / "mutants" / "fences.c").read_text() + "int entry(int x)\n{\n    return x;\n}\n"
    return refusal(folder, text, "-g", "-Wl,--unresolved-symbols=ignore-all", *" ".join(paths).split(),
                   options=["--fences"])


def test_c5_the_fences_of_arch_have_their_operands(tmp_path):
    assert fence_refusal(tmp_path) == ""


@pytest.mark.parametrize("function,old,new", [
    ("arch_fence_page", 'sfence.vma %0, %1', 'sfence.vma %1, %0'),
    ("arch_fence_page", 'sfence.vma %0, %1', 'sfence.vma %0'),
    ("arch_fence_asid", 'sfence.vma zero, %0', 'sfence.vma %0, zero'),
    ("arch_fence_all", '"sfence.vma"', '"sfence.vma zero, tp"'),
    ("arch_fence_instructions", '"fence.i"', '"fence"'),
    ("arch_fence_stores", '"fence w, w"', '"fence r, w"'),
    ("arch_fence_stores", '"fence w, w"', '""'),
])
def test_c5_other_operands_of_a_fence_are_refused(tmp_path, function, old, new):
    assert f"{function} " in fence_refusal(tmp_path, old, new)


def test_every_link_of_the_supervisor_is_checked():
    """The recipe of pando.elf calls the check on the file that has its relocations still."""
    lines = make("-n", "-B", f"BUILD={BUILD}", f"{BUILD}/pando.elf").stdout.splitlines()
    assert any("arch/riscv64/check_elf.py" in line and line.endswith(f"{BUILD}/pando.linked") for line in lines)
    linked = subprocess.run([f"{CROSS}readelf", "--relocs", ROOT / BUILD / "pando.linked"], capture_output=True,
                            text=True, check=True)
    assert "R_RISCV_" in linked.stdout and "TPREL" not in linked.stdout
