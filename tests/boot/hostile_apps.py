"""What the tests of hostile programs share: their initrd, and the lines `ok NAME` and `FAIL NAME: ...`."""

import re

from conftest import build_initrd

APPS = "tests/apps/hostile"


def initrd():
    return build_initrd("hostile-apps", APPS)


class Cases:
    """The cases that one run of a program has printed."""

    def __init__(self, console, command, timeout=60):
        self.output, self.status = console.run(command, timeout=timeout)
        self.lines = re.findall(r"^(?:ok|FAIL) .*$", self.output, re.MULTILINE)

    def check(self, prefix, at_least):
        """Every case whose name begins so is ok, the program ended well, and no case is missing."""
        mine = [line for line in self.lines if line.split()[1].startswith(prefix)]
        failed = [line for line in mine if not line.startswith("ok ")]
        assert not failed, "\n".join(failed)
        assert self.status == 0, self.output[-2000:]
        assert len(mine) >= at_least, f"only {len(mine)} cases begin with {prefix}"
