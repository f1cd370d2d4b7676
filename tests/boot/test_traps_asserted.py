"""What stops a supervisor that is wrong: bits of sstatus left on (rule C10), a stack that overruns (rule C15).

No program can bring it there: the debugger does.
"""

import re

import pytest
from conftest import ROOT
from debug_kernel import DEBUG_BUILD, debug_kernel_path
from hostile_apps import Cases, initrd
from packed_root import packed_root
from test_calls import add_files
from wild_machine import (A0, A7, ALL_ONES, CLOCK_GETTIME, DIRECT_BASE, ECALL, GETPID, LOAD, MXR, PAGE, PC, SPIN, SUM,
                          DebuggedMachine, Layout, WildMachine)

GIB = 1 << 30
BITS = {"sum": SUM, "mxr": MXR, "both": SUM | MXR}


@pytest.fixture(scope="module")
def debug_kernel():
    return debug_kernel_path()


def panic_line(output):
    lines = re.findall(r"^pando: panic: (.*?)\r*$", output, re.MULTILINE)
    assert len(lines) == 1, output[-3000:]
    return lines[0]


# --- C10: SUM or MXR left on

@pytest.fixture
def debug_console(machine, booted, debug_kernel):
    if not booted or not booted[-1].process.isalive():
        root = packed_root("asserted-root", (ROOT / initrd()).parent / "root", add_files)
        booted.append(machine.boot(append="quiet", initrd=root, kernel=debug_kernel))
    return booted[-1]


ORDINARY = ["ls /bin", "hello", "echo hello", "cat /bin/true", "share -j", "sleep 0.1", "hello -w & hello -w & share",
            "true; false", "crash null", "crash write-text", "crash stack", "crash illegal", "no-such-program"]


@pytest.mark.parametrize("command", ORDINARY)
def test_c10_a_debug_build_runs_the_ordinary_programs(debug_console, shell, command):
    _, status = shell.run(command)
    output, debug_status = debug_console.run(command)
    assert "panic" not in output
    assert debug_status == status


@pytest.mark.parametrize("command", ["pointers", "windows", "tasks kills", "floating"])
def test_c10_a_debug_build_runs_the_hostile_programs(debug_console, command):
    Cases(debug_console, command).check("", 4)


# What enters the supervisor from U-mode: registers that make it happen.
def enter_by_call(wild):
    wild.stub.set("a7", GETPID)
    wild.stub.set("pc", ECALL)


def enter_by_fault(wild):
    wild.stub.set("s1", wild.fresh_page())
    wild.stub.set("pc", LOAD)


def enter_by_interrupt(wild):
    wild.stub.set("pc", SPIN)
    wild.make_timer_pending()


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("enter", [enter_by_call, enter_by_fault, enter_by_interrupt])
def test_c10_a_trap_from_u_mode_with_a_bit_left_on_is_a_panic(machine, debug_kernel, enter, bits):
    wild = WildMachine(machine, build=DEBUG_BUILD, kernel=debug_kernel)
    wild.stub.set("sstatus", wild.stub.get("sstatus") | BITS[bits])
    enter(wild)
    pc = wild.stub.get("pc")
    status, output = wild.end()
    assert status not in (0, 124)
    assert re.match(rf"sstatus 0x[0-9a-f]+ at a trap, pc {pc:#x}: SUM or MXR was left on \(", panic_line(output))


# A load that nothing answers, at a place of the supervisor that expects it.
def boot_to_a_probe(machine, kernel):
    layout = Layout(DEBUG_BUILD)
    debugged = DebuggedMachine(machine, kernel=kernel)
    debugged.stub.run_to(layout.symbols["supervisor_trap_can_read"])
    debugged.stub.set("a0", DIRECT_BASE + 200 * GIB)
    return debugged


def test_c10_a_trap_from_s_mode_without_bits_left_on_is_none(machine, debug_kernel):
    status, output = boot_to_a_probe(machine, debug_kernel).end()
    assert status not in (0, 124)
    assert "panic" not in output and "pando: the device tree can't be used: it lies out of reach" in output


@pytest.mark.parametrize("bits", BITS)
def test_c10_a_trap_from_s_mode_with_a_bit_left_on_is_a_panic(machine, debug_kernel, bits):
    debugged = boot_to_a_probe(machine, debug_kernel)
    debugged.stub.set("sstatus", debugged.stub.get("sstatus") | BITS[bits])
    status, output = debugged.end()
    assert status not in (0, 124)
    assert re.match(r"sstatus 0x[0-9a-f]+ at a trap, pc 0xf[0-9a-f]+: SUM or MXR was left on \(", panic_line(output))


@pytest.mark.parametrize("bits", BITS)
def test_c10_in_a_user_copy_sum_is_on_and_mxr_is_not(machine, debug_kernel, bits):
    wild = WildMachine(machine, build=DEBUG_BUILD, kernel=debug_kernel)
    registers = [0] * 33
    registers[A7], registers[A0], registers[A0 + 1], registers[PC] = CLOCK_GETTIME, 1, wild.fresh_page(), ECALL
    wild.stub.set_registers(registers)
    wild.stub.run_to(wild.layout.symbols["user_copy_start"])
    wild.stub.set("sstatus", wild.stub.get("sstatus") | BITS[bits])
    if bits == "sum":
        wild.stub.run_to(ECALL + 4)
        assert wild.stub.get("a0") == 0
        return
    status, output = wild.end()
    assert status not in (0, 124)
    assert "SUM or MXR was left on" in panic_line(output)


@pytest.mark.parametrize("bits", BITS)
def test_c10_a_hart_that_idles_with_a_bit_left_on_is_a_panic(machine, debug_kernel, bits):
    layout = Layout(DEBUG_BUILD)
    debugged = DebuggedMachine(machine, run="sleep 1", kernel=debug_kernel)
    debugged.stub.run_to(layout.symbols["cpu_wait"])
    debugged.stub.set("sstatus", debugged.stub.get("sstatus") | BITS[bits])
    status, output = debugged.end()
    assert status not in (0, 124)
    assert re.match(r"assertion failed: .*SUM.*MXR", panic_line(output))


# --- C15: the supervisor's stack overruns

def in_c(machine):
    """A machine in front of the first instruction of a system call's function, one that pushes registers."""
    wild = WildMachine(machine)
    registers = [0] * 33
    registers[A7], registers[A0], registers[A0 + 1], registers[PC] = CLOCK_GETTIME, 1, wild.fresh_page(), ECALL
    wild.stub.set_registers(registers)
    wild.stub.run_to(wild.layout.symbols["call_clock_gettime"])
    return wild


def check_overrun(wild):
    """It stops, and says whose stack overran, and where."""
    bottom, top = wild.layout.stack.start, wild.layout.stack.stop - 1
    status, output = wild.end()
    assert status not in (0, 124)
    match = re.match(rf"the stack of hart 0 overran: sp (0x[0-9a-f]+) is outside of \[{bottom:#x}, {top:#x}\), "
                     r"pc (0x[0-9a-f]+) \(", panic_line(output))
    assert match, output[-3000:]
    # The registers, and the calls that led there.
    assert re.search(r"^ra +[0-9a-f]{16} .*sp +[0-9a-f]{16}", output, re.MULTILINE)
    assert "calls, innermost first:" in output
    return int(match[1], 16), int(match[2], 16)


# Where the stack pointer is; below the stack is the guard page, above it another.
def stack_pointers(layout):
    bottom, top = layout.stack.start, layout.stack.stop - 1
    return {
        "a-word-left": bottom + 8,
        "none-left": bottom,
        "less-than-a-trap-frame-left": bottom + 16,
        "in-the-guard-page": bottom - PAGE // 2,
        "above": top + PAGE // 2,
        "null": 8,
        "user": 0x98800800,
        "all-ones": ALL_ONES - 15,
        "firmware": DIRECT_BASE + 0x80000800,
    }


@pytest.mark.parametrize("name", stack_pointers(Layout()))
def test_c15_a_stack_pointer_outside_of_the_stack_is_named(machine, name):
    wild = in_c(machine)
    wild.stub.set("sp", stack_pointers(wild.layout)[name])
    check_overrun(wild)


def test_c15_a_call_that_never_returns_runs_into_the_guard_page(machine):
    wild = in_c(machine)
    stub, start = wild.stub, wild.stub.get("pc")
    while stub.get("pc") != wild.layout.entry:
        # It calls itself; it makes its frame and stores the first registers there.
        stub.set("pc", start)
        for _ in range(4):
            if stub.get("pc") != wild.layout.entry:
                stub.step()
        assert stub.get("sp") > wild.layout.stack.start - PAGE
    overrun, pc = check_overrun(wild)
    assert wild.layout.stack.start - PAGE < overrun < wild.layout.stack.start + 512
    # There, or in what saves registers for it.
    save = wild.layout.symbols["__riscv_save_0"]
    assert pc - start < 64 or abs(pc - save) < 64


def test_c15_a_stack_that_overruns_in_the_panic_stops_the_machine(machine):
    wild = in_c(machine)
    wild.stub.set("sp", wild.layout.stack.start)
    wild.stub.run_to(wild.layout.symbols["panic_at"])
    wild.stub.set("sp", wild.layout.symbols["boot_emergency_stack_top"] - PAGE + 16)
    status, output = wild.end()
    assert status not in (0, 124)
    assert len(re.findall("panic:", output)) <= 1
