"""What gdb does for `make debug`: boards/run.py starts gdb with this script, and with `settings` set.

Symbols. The supervisor's are loaded where it is linked, and, until the MMU is on, a second time where the boot loader
has put it. A program and the C library are where they are linked in every task. Other tasks run other programs at the
same addresses, so a breakpoint in the program of APP= gets a condition, $in_app().

Memory is seen as the hart sees it: the supervisor's data can't be read while a task runs. `supervisor COMMAND` changes
that for one command.

The console. What the machine prints is shown; while it runs, what is typed goes to it, except Ctrl-C.
"""

import contextlib
import os
import select
import signal
import sys
import threading

import gdb

settings = globals()["settings"]
sys.path.insert(0, settings["folder"])
import console as machine_console  # noqa: E402

IMAGE_BASE = 0xFFFFFFFFC0000000  # ARCH_IMAGE_BASE
SUPERVISOR_MODE = 1
KEYBOARD = 0
TASK_NAME_LENGTH = 15  # ABI_TASK_NAME_BYTES and its end; longer ones are cut


def run(command):
    return gdb.execute(command, to_string=True)


def number(expression):
    return int(gdb.parse_and_eval(expression)) & (1 << 64) - 1


@contextlib.contextmanager
def supervisor_mode():
    """Memory as the supervisor sees it: all of it, and the task's."""
    before = number("$priv")
    run(f"set $priv = {SUPERVISOR_MODE}")
    try:
        yield
    finally:
        run(f"set $priv = {before}")


class Supervisor(gdb.Command):
    """supervisor COMMAND: run COMMAND, which sees memory as the supervisor sees it, although a task runs."""

    def __init__(self):
        super().__init__("supervisor", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        if not argument:
            raise gdb.GdbError("usage: supervisor COMMAND")
        try:
            with supervisor_mode():
                gdb.execute(argument, from_tty)
        except gdb.error as error:
            raise gdb.GdbError(str(error)) from None


def task_name():
    """The task that this hart runs, in either mode; "" where there is none yet."""
    if number("$satp") == 0:
        return ""
    frame = number("$sscratch") or number("((struct hart *)$tp)->frame")
    return gdb.parse_and_eval(f"((struct task *){frame:#x})->name").string() if frame else ""


class Task(gdb.Function):
    """$task(): the name of the task that this hart runs, or runs a system call for."""

    def __init__(self):
        super().__init__("task")

    def invoke(self):
        try:
            with supervisor_mode():
                return task_name()
        except (gdb.error, UnicodeDecodeError):
            return ""


class InApp(gdb.Function):
    """$in_app(): whether that is the program of APP=."""

    def __init__(self, task, name):
        super().__init__("in_app")
        self.task, self.name = task, name[:TASK_NAME_LENGTH]

    def invoke(self):
        return self.task.invoke() == self.name


class AppBreakpoints:
    """Breakpoints in the program of APP= stop in that program alone."""

    def __init__(self, elf):
        self.elf = os.path.realpath(elf)
        gdb.events.breakpoint_created.connect(self.created)

    def is_in_app(self, breakpoint):
        try:
            places = gdb.decode_line(breakpoint.location)[1] or ()
        except gdb.error:
            return False
        files = {place.symtab.objfile.filename for place in places if place.symtab}
        return files == {self.elf}

    def created(self, breakpoint):
        if not breakpoint.visible or not breakpoint.location or not self.is_in_app(breakpoint):
            return
        wanted = breakpoint.condition
        breakpoint.condition = f"$in_app() && ({wanted})" if wanted else "$in_app()"


class LoadedSymbols:
    """The supervisor's symbols where the boot loader has put it; gone with the first stop at which the MMU is on.

    @elf is a file of its own: for gdb one file has one place, and would move.
    """

    def __init__(self, elf, load_address):
        self.load_address = load_address
        run(f"add-symbol-file {elf} -o {load_address - IMAGE_BASE & (1 << 64) - 1:#x}")
        gdb.events.stop.connect(self.stopped)

    def stopped(self, _):
        if number("$satp") != 0:
            gdb.events.stop.disconnect(self.stopped)
            run(f"remove-symbol-file -a {self.load_address:#x}")


class Terminal:
    """Shows what the machine prints, and has the keyboard whenever gdb waits for the machine."""

    def __init__(self, log):
        self.console = machine_console.Console(log, f"{log}.out")
        self.keyboard = machine_console.Keyboard(KEYBOARD, has_interrupt=True)
        self.is_running = threading.Event()
        gdb.events.cont.connect(self.resumed)
        gdb.events.stop.connect(self.stopped)
        gdb.events.exited.connect(self.stopped)
        gdb.events.before_prompt.connect(self.stopped)
        gdb.events.gdb_exiting.connect(self.stopped)
        threading.Thread(target=self.forward, daemon=True).start()

    def resumed(self, _):
        self.keyboard.take()
        self.is_running.set()

    def stopped(self, *_):
        self.is_running.clear()
        self.keyboard.give_back()
        self.console.show()

    def forward(self):
        # They are for gdb's own thread.
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        output = [self.console.output]
        while output:
            has_keyboard = self.keyboard.is_terminal and self.is_running.is_set()
            ready = select.select(output + [KEYBOARD] * has_keyboard, [], [], machine_console.POLL_MS / 1000)[0]
            if KEYBOARD in ready and self.is_running.is_set():
                self.console.type(os.read(KEYBOARD, machine_console.CHUNK_BYTES))
            # Nothing to read where there was something: its end, or the other thread was faster.
            if self.console.output in ready and not self.console.show() and not self.console.is_alive():
                output = []


def start():
    for command in ("pagination off", "confirm off", "print thread-events off",
                    # Else gdb reads each place before it sets a breakpoint, and most are not mapped now.
                    "riscv use-compressed-breakpoints on",
                    # Code and constants are read from the files, whatever the hart can see.
                    "trust-readonly-sections on"):
        run(f"set {command}")
    run(f"file {settings['elf']}")
    run(f"target remote {settings['socket']}")
    LoadedSymbols(settings["elf_copy"], settings["load_address"])
    run(f"add-symbol-file {settings['libc']} -o 0")
    Supervisor()
    task = Task()
    if settings["app"]:
        run(f"add-symbol-file {settings['app']} -o 0")
        for folder in settings["sources"]:
            run(f"directory {folder}")
        InApp(task, os.path.basename(settings["app"]).removesuffix(".elf"))
        AppBreakpoints(settings["app"])
    Terminal(settings["log"])
    run(f"thbreak *{settings['load_address']:#x}")
    gdb.execute("continue")


start()
