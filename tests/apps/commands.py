"""Commands that do the same on Pando and on Linux: the table of tests/boot/test_apps_host.py.

A row is one simple command: a program and its arguments, quotes as the shell has them. It reads nothing from the
console. A path names a file of the initrd on both sides, if there is one; that the workstation has none either is
the row's business. Every program of ours has a row, and those of tests/apps/foreign have one each without being named
here.

    Same(command)                      output and status are equal
    Same(command, but=REGEX, why=...)  equal without what the expression matches, which is there on one side at least
    Same(command, on_terminal=True)    standard input is a terminal of 24 lines and 80 columns on Linux too
    Differs(command, why=..., pando=(REGEX, STATUS), linux=(REGEX, STATUS))
                                       each output, as a whole, and each status (None: any) is what its own side gives
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Same:
    command: str
    but: str = ""
    why: str = ""
    on_terminal: bool = False


@dataclasses.dataclass(frozen=True)
class Differs:
    command: str
    why: str
    pando: tuple
    linux: tuple
    on_terminal: bool = False


NEEDS_PANDO = r"needs Pando: this kernel has no such call\n"
OWN_CALL = "Pando's own call"
ANYTHING = r"(?:.|\n)*"
OTHER_MACHINE = "another machine, and another moment"
CRASH_LINES = r"pando: task \d+ \(crash\): .*\nsh: crash .*: killed by .*\n"
CRASH_WAYS = ("null", "exec", "write-text", "write-libc", "stack", "kernel", "jump", "unaligned", "illegal", "csr")

COMMANDS = [
    Differs("audit", why=OWN_CALL, pando=(r"audit: all is well: .*\n" + ANYTHING, 0),
            linux=(r"audit: " + NEEDS_PANDO, 1)),
    Same("bench"),
    Same("cat /no/such /bin"),
    Same("cat /no/such/file"),
    Same("cat ''"),
    *[Same(f"crash {way}", but=CRASH_LINES, why="the supervisor and the shell have each a line for it")
      for way in CRASH_WAYS],
    Same("cat /dev/null"),
    Same("chmod"),
    Same("chmod 644 /dev/shm/no-such"),
    Same("crash"),
    Same("crash into the wall"),
    Same("date", but=r"\d+", why=OTHER_MACHINE),
    Same("date +%s", but=r"\d+", why=OTHER_MACHINE),
    Same("date tomorrow"),
    Differs("dmesg", why="each kernel's own log", pando=(r"pando: Pando " + ANYTHING, 0), linux=(ANYTHING, None)),
    Same("echo"),
    Same("echo -n"),
    Same("echo one 'two  three' \"four\" fi\\ ve"),
    Same("echo -n no newline"),
    Same("echo " + 60 * "many words "),
    Same("elf"),
    Same("elf /bin/hello /bin/min /bin/sh /lib/libc"),
    Same("elf /no/such /bin /dev/null"),
    Same("env -i"),
    Same("env -i ONE=1 TWO= 'THREE=3 3' TWO=2"),
    Same("env A=b /no/such"),
    Same("false"),
    Same("free", but=r" +\d+", why=OTHER_MACHINE),
    Same("head -n 0 /bin/min /dev/zero"),
    Same("head -n"),
    Same("head -n -1 /bin/min"),
    Same("head /no/such /bin"),
    Same("hello", but=r"(?<=from task )\d+", why="every machine numbers its tasks"),
    Same("hexdump /bin/min"),
    Same("hexdump -n 20000 /lib/libc"),
    Same("hexdump -n 100 /dev/zero /bin/hello"),
    Same("hexdump -n"),
    Same("hexdump /no/such"),
    Same("kill"),
    Same("kill -9"),
    Same("kill -99 2"),
    Same("kill 0"),
    Same("kill 2147483647"),
    Same("kill 2147483647x"),
    Differs("ls", why="each is somewhere else", pando=(r"bin\ndev\nlib\n", 0), linux=("", 0)),
    Same("ls /"),
    Same("ls -a1 -l /lib/libc"),
    Same("ls -d /bin /no/such"),
    Same("ls -x"),
    Same("ls /bin /lib /no/such"),
    Same("ls -l /bin /lib"),
    Same("ls -l /", but=r"(?<=r-x) +\d+", why="the size of a directory is its file system's affair"),
    Same("ls /bin/sh /bin/ls"),
    Differs("limits", why=OWN_CALL, pando=(r"group 1, " + ANYTHING, 0), linux=(r"limits: .*" + NEEDS_PANDO, None)),
    Differs("maps", why=OWN_CALL, pando=(r"address " + ANYTHING + r"\n0070000000-" + ANYTHING + r"\ntogether .*\n", 0),
            linux=(r"maps: " + NEEDS_PANDO, 1)),
    Same("maps nobody"),
    Same("min"),
    Differs("ps", why=OWN_CALL, pando=(r"  pid parent " + ANYTHING + r" init\n" + ANYTHING, 0),
            linux=(r"ps: " + NEEDS_PANDO, 1)),
    Same("sh -c"),
    Same("sh -c ''"),
    Same("sh -c 'exit 3; exit 4'"),
    Same("sh -c 'wait && exit 5 || exit 6'"),
    Same("sh -c 'wait 99; exit $?'"),
    Same("sh -c '; exit'"),
    Same("sh -c '\"open'"),
    Same("sh /no/such/script"),
    Differs("sh -c 'hello; true'", why=f"to start a program is {OWN_CALL}", pando=(r"hello from task \d+\n", 0),
            linux=(r"sh: /bin/hello: " + NEEDS_PANDO, 0)),
    Same("rm"),
    Same("rm /dev/shm/no-such"),
    Same("rm -f /dev/shm/no-such"),
    Differs("share", why=OWN_CALL, pando=(r"Frames of 4 KiB" + ANYTHING + r" equal\nSaved" + ANYTHING, 0),
            linux=(r"share: " + NEEDS_PANDO, 1)),
    Differs("share -j", why=OWN_CALL, pando=(r'\{"ram_frames": ' + ANYTHING + r"\}\n", 0),
            linux=(r"share: " + NEEDS_PANDO, 1)),
    Same("share of the cake"),
    Same("sleep"),
    Same("sleep 0.01"),
    Same("sleep -1"),
    Same("sleep soundly"),
    Same("stty", on_terminal=True),
    Same("stty size rows 50 size", on_terminal=True),
    Same("stty -echo size", on_terminal=True),
    Same("stty -icanon -isig isig sane", on_terminal=True),
    Same("stty rows 0", on_terminal=True),
    Same("stty nonsense", on_terminal=True),
    Same("true"),
    Same("true or not"),
    Differs("uname", why="its name", pando=(r"Pando\n", 0), linux=(r"Linux\n", 0)),
    Same("uname -m"),
    Same("uname -x"),
    Same("wc /bin/min /bin/hello /lib/libc"),
    Same("wc -l -w /bin/sh"),
    Same("wc -c /dev/null"),
    Same("wc -x"),
    Same("wc /no/such /bin"),
    Same("shm create"),
    Same("shm dump no-such"),
    Same("stress -z"),
]
