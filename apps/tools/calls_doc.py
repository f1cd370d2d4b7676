"""Make docs/system-calls.md from apps/abi/abi_syscall.h: calls_doc.py HEADER PAGE, or --check to compare only."""

import argparse
import pathlib
import re
import sys

HEAD = """# System calls

Made from `apps/abi/abi_syscall.h` by `make docs`: change it there.

Numbers, registers, error numbers and structures are Linux's for riscv64: the number is in `a7`, arguments are in `a0`
to `a5`, the result is in `a0`, where -4095 to -1 is a negated error number (`apps/abi/abi_errno.h`). Every other
register is kept. Structures are in `apps/abi/abi_types.h`; what Linux's manual says of a call holds for its row here,
as far as the row says nothing else. `tests/golden/errno.txt` has what each call gives for the edge values of its
arguments, `tests/golden/differences.md` where Linux gives something else, and why.

| number | call | what |
| --- | --- | --- |
"""

OWN = """
Pando's own calls begin at 0x4000, where Linux has none. Their structures and errors are in `apps/abi/abi_pando.h`,
their C functions in `<pando.h>`.

| number | call | what |
| --- | --- | --- |
"""

TAIL = """
Any other number is `ENOSYS`.
"""


def rows_of(text, name):
    body = re.search(rf"#define {name}\(X\) \\\n((?:.*\\\n)*.*\n)", text)[1]
    return re.findall(r"X\((\d+), (\w+)\) /\* (.*?) \*/", body), len(re.findall(r"X\(", body))


def page(header):
    text = header.read_text()
    result = HEAD
    for name, between, base in (("ABI_LINUX_CALL_LIST", OWN, 0), ("ABI_OWN_CALL_LIST", TAIL, 0x4000)):
        rows, count = rows_of(text, name)
        if len(rows) != count:
            sys.exit(f"calls_doc: {header}: a row of {name} has no comment")
        for number, call, what in rows:
            shown = f"0x{base + int(number):x}" if base else number
            result += f"| {shown} | `{call}` | {what} |\n"
        result += between
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("header", type=pathlib.Path)
    parser.add_argument("page", type=pathlib.Path)
    options = parser.parse_args()

    text = page(options.header)
    if not options.check:
        options.page.write_text(text)
    elif not options.page.exists() or options.page.read_text() != text:
        sys.exit(f"{options.page} is stale: run `make docs`")


if __name__ == "__main__":
    main()
