"""Run a command as the foreground job of a terminal of its own, 24 lines of 80 columns, as a shell would run it.

usage: on_terminal.py COMMAND...

Standard input is the terminal, at which nobody types; output and errors go where this program's go. There are 256
descriptors, as many as a task has on Pando, and no core dumps. Ends with the command's status.
"""

import fcntl
import os
import resource
import signal
import struct
import subprocess
import sys
import termios

DESCRIPTORS = 256


def become_the_foreground_job():
    os.setpgid(0, 0)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    os.tcsetpgrp(0, os.getpgrp())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main():
    if os.getsid(0) != os.getpid():
        sys.exit("on_terminal.py: start me in a session of my own")
    _, terminal = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
    done = subprocess.run(sys.argv[1:], stdin=terminal, env={}, preexec_fn=become_the_foreground_job, check=False)
    sys.exit(done.returncode if done.returncode >= 0 else 128 - done.returncode)


main()
