"""The console of a machine that `make debug` has started: `make console` watches it and types at it.

The machine writes all that it prints to a log and to a FIFO beside it, LOG.out, and reads its keys from another one,
LOG.in. gdb (boards/gdb.py) takes what comes through the FIFO, all others look at the log; everybody may type.
"""

import errno
import os
import select
import sys
import termios
import threading

LEAVE = b"\x1d"  # Ctrl-]
NO_KEY = b"\0"
POLL_MS = 20
CHUNK_BYTES = 65536


class Console:
    """Raises OSError when no machine reads its keys."""

    def __init__(self, log, output):
        self.keys = os.open(f"{log}.in", os.O_WRONLY | os.O_NONBLOCK)
        self.output = os.open(output, os.O_RDONLY | os.O_NONBLOCK)
        self.lock = threading.Lock()

    def read(self):
        try:
            return os.read(self.output, CHUNK_BYTES)
        except BlockingIOError:
            return b""

    def show(self):
        """Print what is there of @output and was not printed before. Returns whether there was something."""
        with self.lock:
            is_first = True
            while output := self.read():
                is_first = False
                while output:
                    output = output[os.write(1, output):]
            return not is_first

    def type(self, keys):
        """Pass keys on; those that the machine does not take, since it stands still or is gone, are lost."""
        try:
            os.write(self.keys, keys)
        except (BlockingIOError, BrokenPipeError):
            pass

    def is_alive(self):
        """A FIFO without a reader is in error."""
        poll = select.poll()
        poll.register(self.keys, 0)
        return not poll.poll(0)


class Keyboard:
    """A terminal whose keys come one by one and unseen, until it is given back. Does nothing on what is none.

    @has_interrupt: Ctrl-C is no key but interrupts the process.
    """

    def __init__(self, fd, has_interrupt):
        self.fd = fd
        self.saved = None
        self.is_terminal = os.isatty(fd)
        self.has_interrupt = has_interrupt

    def take(self):
        if not self.is_terminal or self.saved:
            return
        self.saved = termios.tcgetattr(self.fd)
        raw = termios.tcgetattr(self.fd)
        raw[0] &= ~(termios.ICRNL | termios.INLCR | termios.IGNCR | termios.IXON | termios.ISTRIP)
        raw[3] &= ~(termios.ICANON | termios.ECHO | termios.IEXTEN)
        raw[6][termios.VMIN], raw[6][termios.VTIME] = 1, 0
        raw[6][termios.VQUIT] = raw[6][termios.VSUSP] = NO_KEY
        if not self.has_interrupt:
            raw[6][termios.VINTR] = NO_KEY
        termios.tcsetattr(self.fd, termios.TCSADRAIN, raw)

    def give_back(self):
        if self.saved:
            termios.tcsetattr(self.fd, termios.TCSADRAIN, self.saved)
            self.saved = None


def forward(console, keyboard_fd):
    """Until Ctrl-], or the end of the keys or of the machine. Returns why."""
    while console.is_alive():
        console.show()
        if not select.select([keyboard_fd], [], [], POLL_MS / 1000)[0]:
            continue
        keys = os.read(keyboard_fd, CHUNK_BYTES)
        before, is_left, _ = keys.partition(LEAVE)
        console.type(before)
        if is_left or not keys:
            return "left; the machine goes on"
    console.show()
    return "the machine has ended"


def main():
    try:
        console = Console(sys.argv[1], sys.argv[1])
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENXIO):
            raise
        sys.exit("console: there is no machine to watch: start `make debug` first")
    print("console: Ctrl-] leaves, Ctrl-A x ends the machine", flush=True)
    keyboard = Keyboard(0, has_interrupt=False)
    keyboard.take()
    try:
        reason = forward(console, 0)
    finally:
        keyboard.give_back()
    print(f"\nconsole: {reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
