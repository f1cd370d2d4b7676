"""Start Pando on QEMU: `make run` calls this.

RUN and APPEND come through the environment, so that no shell and no make has touched their quotes. The exit status is
the guest's: QEMU's own where the machine can carry one, else the number in a last line `pando: exit N`.
"""

import argparse
import ctypes
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import termios
import time

# The firmware of small machines leaves this free, and the image with its bss ends below it.
SMALL_RAM_INITRD = 0x80280000
SMALL_RAM_BYTES = 16 << 20
PR_SET_PDEATHSIG = 1
START_SECONDS = 10


def size_bytes(text):
    """Bytes of QEMU's -m notation; plain numbers are MiB."""
    match = re.fullmatch(r"(\d+)([KMGT]?)", text, re.IGNORECASE)
    if not match:
        sys.exit(f"run: MEM={text} is not a size such as 16M or 4G")
    return int(match[1]) << {"K": 10, "": 20, "M": 20, "G": 30, "T": 40}[match[2].upper()]


def encode_run(commands):
    """The kernel's command line has RUN as run="..." with two escapes, for the quote and for the backslash."""
    escaped = commands.replace("\\", "\\\\").replace('"', '\\"')
    return f'run="{escaped}"'


def kernel_command_line(run, append):
    return " ".join(word for word in (append, encode_run(run) if run else "") if word)


def initrd_flags(options, command_line):
    """QEMU's -initrd, or below 16 MiB the loader device: there QEMU's own placement overlaps its device tree."""
    if size_bytes(options.mem) >= SMALL_RAM_BYTES:
        return ["-initrd", options.initrd], command_line
    kernel_end = int(options.load_address, 0) + os.path.getsize(options.kernel)
    address = max(SMALL_RAM_INITRD, (kernel_end + 0xFFF) & ~0xFFF)
    size = os.path.getsize(options.initrd)
    flags = ["-device", f"loader,file={options.initrd},addr={address:#x},force-raw=on"]
    return flags, f"initrd={address:#x},{size:#x} {command_line}".strip()


def qemu_command(options, run, append):
    initrd, command_line = initrd_flags(options, kernel_command_line(run, append))
    command = shlex.split(options.qemu) + shlex.split(options.qemu_flags)
    command += ["-smp", str(options.smp), "-m", options.mem, "-display", "none", "-no-reboot"]
    # What -nographic does, and a copy of every byte that the guest prints.
    console = f"pipe,path={options.log}" if options.gdb else "stdio,signal=off"
    command += ["-chardev", f"{console},id=console,mux=on,logfile={options.log}"]
    command += ["-serial", "chardev:console", "-mon", "chardev=console,mode=readline"]
    command += ["-kernel", options.kernel] + initrd
    if command_line:
        command += ["-append", command_line]
    if options.gdb:
        command += ["-S", "-gdb", f"unix:{options.log}.gdb,server=on,wait=off"]
    return command


def last_line_status(log):
    """A machine that can't carry a status says it in its last line."""
    with open(log, "rb") as console:
        lines = console.read()[-4096:].decode(errors="replace").split()
    tail = " ".join(lines[-3:])
    match = re.fullmatch(r"pando: exit (\d+)", tail)
    return int(match[1]) if match else 0


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def usable_stdin():
    """A job in the background must not read or set its terminal: it would be stopped."""
    try:
        in_background = os.tcgetpgrp(0) != os.getpgrp()
    except OSError:
        in_background = False  # no terminal, or that of another session
    return subprocess.DEVNULL if in_background else None


def start_and_wait(command, timeout):
    """The status of QEMU; the terminal is as it was before, however QEMU ends."""
    saved = termios.tcgetattr(0) if os.isatty(0) else None
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    machine = subprocess.Popen(command, stdin=usable_stdin(), preexec_fn=die_with_parent)
    try:
        return machine.wait(timeout)
    except subprocess.TimeoutExpired:
        print(f"\nrun: no end after {timeout} s", file=sys.stderr)
        return 124
    except KeyboardInterrupt:
        return 130
    finally:
        if machine.poll() is None:
            machine.kill()
            machine.wait()
        if saved and usable_stdin() is None:
            termios.tcsetattr(0, termios.TCSADRAIN, saved)


def make_debug_files(options):
    """The FIFOs of QEMU's console, see console.py, and gdb.py's copy of the symbols."""
    remove_debug_files(options)
    open(options.log, "wb").close()
    os.mkfifo(f"{options.log}.in")
    os.mkfifo(f"{options.log}.out")
    shutil.copyfile(options.gdb, f"{options.log}.elf")


def remove_debug_files(options):
    for suffix in (".in", ".out", ".elf", ".gdb"):
        if os.path.lexists(options.log + suffix):
            os.unlink(options.log + suffix)


def start_for_gdb(command, socket):
    """QEMU in the background, once it listens to gdb."""
    machine = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent, start_new_session=True)
    end = time.monotonic() + START_SECONDS
    while not os.path.exists(socket):
        if machine.poll() is not None or time.monotonic() > end:
            machine.kill()
            sys.exit(f"run: {command[0]} has not started")
        time.sleep(0.01)
    return machine


def gdb_command(options, socket):
    folder = os.path.dirname(os.path.abspath(__file__))
    settings = {"folder": folder, "socket": socket, "log": options.log, "load_address": int(options.load_address, 0),
                "elf": options.gdb, "elf_copy": f"{options.log}.elf", "libc": options.libc, "app": options.app,
                "sources": options.sources}
    return ["gdb-multiarch", "-q", "-iex", f"python settings = {settings!r}", "-x", os.path.join(folder, "gdb.py"),
            *shlex.split(options.gdb_flags)]


def debug(command, options):
    """QEMU in the background, gdb in the foreground. What each terminal can do for the console is in console.py."""
    socket = f"{options.log}.gdb"
    make_debug_files(options)
    machine = start_for_gdb(command, socket)
    print("run: what you type while the machine runs goes to its console, Ctrl-C comes back to gdb;\n"
          "run: `make console` in another terminal is the console alone", flush=True)
    # Ctrl-C is gdb's affair alone; not ignored, or gdb would inherit that.
    signal.signal(signal.SIGINT, lambda *_: None)
    try:
        return subprocess.call(gdb_command(options, socket))
    except FileNotFoundError as error:
        sys.exit(f"run: {error.filename} is not there: `make setup` brings it")
    finally:
        machine.kill()
        machine.wait()
        remove_debug_files(options)
        print(f"run: what the console printed is in {options.log}")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--qemu", required=True, help="emulator with the board's flags")
    parser.add_argument("--qemu-flags", default="", help="more flags, behind the board's")
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--initrd", required=True)
    parser.add_argument("--load-address", default="0x80200000")
    parser.add_argument("--smp", type=int, default=1)
    parser.add_argument("--mem", default="128M")
    parser.add_argument("--log", required=True, help="file that takes a copy of the console's output")
    parser.add_argument("--timeout", type=float, help="seconds after which the machine is ended")
    parser.add_argument("--gdb", metavar="ELF", help="wait for gdb, and start it with this file's symbols")
    parser.add_argument("--libc", metavar="ELF", help="for gdb: the C library's symbols")
    parser.add_argument("--app", metavar="ELF", default="", help="for gdb: a program's symbols")
    parser.add_argument("--sources", metavar="FOLDER", action="append", default=[], help="for gdb: of that program")
    parser.add_argument("--gdb-flags", default="", help="more flags for gdb")
    return parser.parse_args()


def main():
    options = parse_arguments()
    command = qemu_command(options, os.environ.get("RUN", ""), os.environ.get("APPEND", ""))
    if options.gdb:
        return debug(command, options)
    status = start_and_wait(command, options.timeout)
    if status < 0:
        return 128 - status
    return status or last_line_status(options.log)


if __name__ == "__main__":
    sys.exit(main())
