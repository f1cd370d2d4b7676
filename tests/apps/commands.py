"""Commands that do the same on Pando and on Linux: the table of tests/boot/test_apps_host.py.

A row is one simple command (a program and its arguments; quotes as the shell has them) that reads nothing from the
console. Absolute paths name the initrd's files on both sides, as long as they exist; that they do not exist on the
workstation either is the row's business. Every program of ours has a row, and the programs of tests/apps/foreign
have one each without being named here.

    Same(command)                      output and status are equal
    Same(command, but=REGEX, why=...)  equal without what the expression matches, which is there on one side at least
    Differs(command, why=..., pando=(REGEX, STATUS), linux=(REGEX, STATUS))
                                       each output, as a whole, and each status is what its own side is to give
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Same:
    command: str
    but: str = ""
    why: str = ""


@dataclasses.dataclass(frozen=True)
class Differs:
    command: str
    why: str
    pando: tuple
    linux: tuple


NEEDS_PANDO = r"needs Pando: this kernel has no such call\n"
OWN_CALL = "Pando's own call"
CRASH_LINES = r"pando: task \d+ \(crash\): .*\nsh: crash: killed by .*\n"
CRASH_WAYS = ("null", "exec", "write-text", "write-libc", "stack", "kernel", "jump", "unaligned", "illegal", "csr")

COMMANDS = [
    Same("bench"),
    Same("cat /no/such /bin"),
    Same("cat /no/such/file"),
    Same("cat ''"),
    *[Same(f"crash {way}", but=CRASH_LINES, why="the supervisor and the shell have each a line for it")
      for way in CRASH_WAYS],
    Same("crash"),
    Same("crash into the wall"),
    Same("echo"),
    Same("echo -n"),
    Same("echo one 'two  three' \"four\" fi\\ ve"),
    Same("echo -n no newline"),
    Same("echo " + 60 * "many words "),
    Same("false"),
    Same("hello", but=r"(?<=from task )\d+", why="every machine numbers its tasks"),
    Same("kill"),
    Same("kill -9"),
    Same("kill -99 2"),
    Same("kill 0"),
    Same("kill 2147483647"),
    Same("kill 2147483647x"),
    Same("ls"),
    Same("ls /"),
    Same("ls /bin /lib /no/such"),
    Same("ls -l /bin /lib"),
    Same("ls -l /", but=r"(?<=r-x) +\d+", why="the size of a directory is its file system's affair"),
    Same("ls /bin/sh /bin/ls"),
    Same("min"),
    Same("sh -c"),
    Same("sh -c ''"),
    Same("sh -c 'exit 3; exit 4'"),
    Same("sh -c 'wait && exit 5 || exit 6'"),
    Same("sh -c 'wait 99; exit $?'"),
    Same("sh -c '; exit'"),
    Same("sh -c '\"open'"),
    Same("sh /no/such/script"),
    Differs("sh -c 'hello; true'", why=f"to start a program is {OWN_CALL}", pando=(r"hello from task \d+\n", 0),
            linux=(r"sh: hello: " + NEEDS_PANDO + r"sh: true: " + NEEDS_PANDO, 126)),
    Differs("share", why=OWN_CALL, pando=(r"Frames of 4 KiB(?:.|\n)* equal\nSaved(?:.|\n)*", 0),
            linux=(r"share: " + NEEDS_PANDO, 1)),
    Differs("share -j", why=OWN_CALL, pando=(r'\{"ram_frames": (?:.|\n)*\}\n', 0), linux=(r"share: " + NEEDS_PANDO, 1)),
    Same("share of the cake"),
    Same("sleep"),
    Same("sleep 0.01"),
    Same("sleep -1"),
    Same("sleep soundly"),
    Same("true"),
    Same("true or not"),
]
