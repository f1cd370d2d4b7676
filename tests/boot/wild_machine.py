"""A machine under the debugger that runs tests/apps/hostile/wild.c: at its mercy are all registers of a task, and of
the supervisor, in front of any instruction.
"""

import os
import re
import struct
import tempfile

import gdb_stub
from conftest import BUILD, ROOT
from hostile_apps import initrd

# See tests/apps/hostile/wild.c.
CODE, MEMORY, PAGE = 0x98760000, 0x98800000, 4096
SPIN, ECALL, LOAD, STORE = CODE, CODE + 8, CODE + 16, CODE + 24
# Indices of registers() of the stub.
SP, TP, S1, A0, A7, PC = 2, 4, 9, 10, 17, 32
GETPID, YIELD, CLOCK_GETTIME, SPAWN, OWN_UNKNOWN = 172, 124, 113, 0x4000, 0x40FF
EFAULT, ENOSYS = 14, 38
# Control registers.
USER, SUPERVISOR = 0, 1
SIE, SPP, SUM, MXR = 1 << 1, 1 << 8, 1 << 18, 1 << 19
STIP = 1 << 5
TIMER_INTERRUPT, ECALL_FROM_USER = 1 << 63 | 5, 8
IMAGE_BASE, DIRECT_BASE = 0xFFFFFFFFC0000000, 0xFFFFFFC000000000
ALL_ONES = (1 << 64) - 1
SRET = b"\x73\x00\x20\x10"


class Layout:
    """What the supervisor's image says about itself."""

    def __init__(self, build=BUILD):
        folder = ROOT / build
        text = (folder / "generated" / "offsets.h").read_text()
        image = (folder / "pando.bin").read_bytes()
        self.symbols = gdb_stub.symbols(folder / "pando.elf")
        self.offsets = {name: int(value) for name, value in re.findall(r"#define (\w+) (\d+)", text)}
        self.hart = self.symbols["boot_hart"]
        self.stack = range(self.symbols["boot_stack_bottom"], self.symbols["boot_stack_top"] + 1)
        self.entry = self.symbols["trap_entry"]
        # trap.S, and all of user_access.S, which the linker puts behind it.
        self.assembly = range(self.entry, self.symbols["user_copy_bytes"])
        self.user_copy = range(self.symbols["user_copy_bytes"], self.symbols["user_copy_failed"] + 8)
        code = image[self.assembly.start - IMAGE_BASE:self.assembly.stop - IMAGE_BASE]
        self.returns = {self.entry + at for at in range(0, len(code), 2) if code[at:at + 4] == SRET}
        assert len(self.returns) == 4


class DebuggedMachine:
    """
    A machine that has not begun. `stub` is the debugger, `console` what it prints; options as of boot(). It has one
    hart however many others have: that one is stepped, and what is looked at is its stack and its structure.
    """

    def __init__(self, machine, **options):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "gdb")
            options = {"append": "quiet", "smp": 1} | options
            self.console = machine.start(qemu_flags=gdb_stub.flags(path), **options)
            self.stub = gdb_stub.Stub(path)

    def is_alive(self):
        return self.console.process.isalive()

    def end(self):
        """Let it run to its end. Returns (its exit status, what it printed)."""
        self.stub.resume()
        status = self.console.end()
        self.stub.close()
        return status, self.console.process.before


class WildMachine(DebuggedMachine):
    """One that was booted and has begun `wild`: it stops in U-mode, at SPIN. @beside is in front of that command."""

    def __init__(self, machine, beside="", build=BUILD, **options):
        super().__init__(machine, initrd=initrd(), **options)
        self.layout = Layout(build)
        self.stub.set_breakpoint(SPIN)
        self.stub.resume()
        self.console.wait_for_prompt()
        self.console.send(f"{beside}wild\r")
        self.stub.wait_for_stop()
        self.stub.clear_breakpoint(SPIN)
        # Interrupts come during a step too.
        self.stub.set_steps(gdb_stub.STEP)
        self.frame = self.stub.get("sscratch")
        self.next_page = MEMORY
        self.pid = self.call(GETPID)[A0]

    def call(self, number, *arguments):
        """The registers behind a system call."""
        registers = [0] * 33
        registers[A7], registers[PC] = number, ECALL
        registers[A0:A0 + len(arguments)] = arguments
        self.stub.set_registers(registers)
        self.stub.run_to(ECALL + 4)
        return self.stub.registers()

    def fresh_page(self):
        self.next_page += PAGE
        return self.next_page

    def make_timer_pending(self):
        self.stub.set("stimecmp", 0)
        assert self.stub.get("sip") & STIP

    def saved(self, frame):
        """The registers that a task's frame holds."""
        content = self.stub.read_physical(frame - DIRECT_BASE, 33 * 8)
        return [0] + [struct.unpack_from("<Q", content, self.layout.offsets[f"FRAME_{name.upper()}"])[0]
                      for name in gdb_stub.X_NAMES[1:] + ["pc"]]
