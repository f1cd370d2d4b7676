"""A client of the debugger's stub that QEMU has: registers, memory, single steps, breakpoints.

It speaks the remote serial protocol (GDB manual, appendix "GDB Remote Serial Protocol") over a Unix socket. Registers
have the names that the stub's own target description gives them, so control registers work like any other.
"""

import re
import socket
import struct
import subprocess
import time

ANSWER_SECONDS = 300
# What QEMU does in a single step (its maintenance packet Qqemu.sstep): step; without interrupts; with clocks stopped.
STEP, STEP_WITHOUT_INTERRUPTS, STEP_WITHOUT_CLOCKS = 1, 2, 4
X_NAMES = ("zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 "
           "s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6").split()


def flags(path):
    """For `qemu_flags=` of boot() and start(): the machine waits for the debugger before its first instruction."""
    return f"-S -gdb unix:{path},server=on,wait=off"


def symbols(elf, cross="riscv64-unknown-elf-"):
    """{name: address} of an ELF file."""
    lines = subprocess.run([f"{cross}nm", str(elf)], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    return {words[2]: int(words[0], 16) for words in map(str.split, lines) if len(words) == 3}


class Stub:
    """The machine is stopped whenever a method returns, but for resume()."""

    def __init__(self, path):
        self.socket = self.connect(path)
        self.buffer = b""
        self.numbers = {}
        self.ask("qSupported:xmlRegisters=riscv")
        self.ask("QStartNoAckMode")
        self.is_quiet = True
        self.read_description("target.xml")
        # Not in every description, but in every stub whose hart has it: control registers are numbered as in the
        # instruction set.
        self.numbers.setdefault("stimecmp", self.numbers["sstatus"] - 0x100 + 0x14D)

    is_quiet = False

    @staticmethod
    def connect(path):
        end = time.monotonic() + ANSWER_SECONDS
        while True:
            try:
                connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                connected.connect(str(path))
                connected.settimeout(ANSWER_SECONDS)
                return connected
            except OSError:
                connected.close()
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def close(self):
        self.socket.close()

    # --- Packets

    def byte(self):
        if not self.buffer:
            self.buffer = self.socket.recv(1 << 16)
            if not self.buffer:
                raise EOFError("the machine has ended")
        byte, self.buffer = self.buffer[:1], self.buffer[1:]
        return byte

    def send(self, text):
        body = text.encode() if isinstance(text, str) else text
        self.socket.sendall(b"$" + body + b"#%02x" % (sum(body) & 0xFF))

    def receive(self):
        while self.byte() != b"$":
            pass
        while b"#" not in self.buffer:
            more = self.socket.recv(1 << 16)
            if not more:
                raise EOFError("the machine has ended")
            self.buffer += more
        body, _, self.buffer = self.buffer.partition(b"#")
        self.byte()
        self.byte()
        if not self.is_quiet:
            self.socket.sendall(b"+")
        return body

    def ask(self, text):
        self.send(text)
        return self.receive()

    def order(self, text):
        answer = self.ask(text)
        assert answer == b"OK", f"{text}: {answer}"

    # --- Registers

    def read_description(self, annex):
        """Numbers of the registers, which continue over all files of the description unless one says its own."""
        text = b""
        while True:
            part = self.ask(f"qXfer:features:read:{annex}:{len(text):x},ffb")
            text += part[1:]
            if part[:1] == b"l":
                break
        for href, fields in re.findall(r'<(?:xi:include href="([^"]+)"|reg ([^>]*))', text.decode()):
            if href:
                self.read_description(href)
            else:
                field = dict(re.findall(r'(\w+)="([^"]*)"', fields))
                number = int(field.get("regnum", max(self.numbers.values(), default=-1) + 1))
                self.numbers[field["name"]] = number

    def registers(self):
        """[x0 ... x31, pc]"""
        answer = self.ask("g")
        return list(struct.unpack("<33Q", bytes.fromhex(answer[:33 * 16].decode())))

    def set_registers(self, values):
        """The same, for x1 ... x31 and pc."""
        self.order("G" + struct.pack("<33Q", *values).hex())

    def get(self, name):
        answer = self.ask(f"p{self.numbers[name]:x}")
        assert re.fullmatch(rb"[0-9a-f]{8}|[0-9a-f]{16}", answer), f"{name}: {answer}"
        return int.from_bytes(bytes.fromhex(answer.decode()), "little")

    def set(self, name, value):
        self.order(f"P{self.numbers[name]:x}={struct.pack('<Q', value & (1 << 64) - 1).hex()}")

    # --- Memory

    def read(self, address, size):
        answer = self.ask(f"m{address:x},{size:x}")
        assert len(answer) == 2 * size, f"{address:#x}: {answer}"
        return bytes.fromhex(answer.decode())

    def read_physical(self, address, size):
        self.order("Qqemu.PhyMemMode:1")
        content = self.read(address, size)
        self.order("Qqemu.PhyMemMode:0")
        return content

    def read_word(self, address):
        return struct.unpack("<Q", self.read(address, 8))[0]

    def write(self, address, content):
        self.order(f"M{address:x},{len(content):x}:{content.hex()}")

    def write_word(self, address, value):
        self.write(address, struct.pack("<Q", value & (1 << 64) - 1))

    def write_physical(self, address, content):
        self.order("Qqemu.PhyMemMode:1")
        self.write(address, content)
        self.order("Qqemu.PhyMemMode:0")

    # --- Running

    def set_steps(self, how):
        self.order(f"Qqemu.sstep={how:#x}")

    def step(self):
        return self.ask("vCont;s:p1.1;c:p1.-1")

    def resume(self):
        """Go on; wait_for_stop() is the next call."""
        self.send("vCont;c")

    def wait_for_stop(self, seconds=ANSWER_SECONDS):
        self.socket.settimeout(seconds)
        answer = self.receive()
        self.socket.settimeout(ANSWER_SECONDS)
        assert answer[:1] == b"T", f"the machine did not stop: {answer}"

    def interrupt(self):
        """Stop a machine that goes on."""
        self.socket.sendall(b"\x03")
        self.wait_for_stop()

    def set_breakpoint(self, address):
        self.order(f"Z1,{address:x},2")

    def clear_breakpoint(self, address):
        self.order(f"z1,{address:x},2")

    def run_to(self, *addresses, seconds=ANSWER_SECONDS):
        """Go on to the first of these, by one instruction at the least; returns which."""
        self.step()  # a breakpoint at the address where it stands would stop it there again
        at = self.get("pc")
        if at in addresses:
            return at
        for address in addresses:
            self.set_breakpoint(address)
        self.resume()
        self.wait_for_stop(seconds)
        for address in addresses:
            self.clear_breakpoint(address)
        at = self.get("pc")
        assert at in addresses, f"stopped at {at:#x}"
        return at
