"""Static checks: `make lint` calls this. Each finding is one line; the exit status is 0 only when there was none."""

import argparse
import pathlib
import sys
import textwrap

sys.dont_write_bytecode = True

import layers
import rules
import stack
import style
import text
import tools
from tree import Tree

WIDTH = 120
# In this order: what is quick first.
CHECKS = {
    "text": text.check_texts,
    "makefiles": text.check_makefiles,
    "layers": layers.check_layers,
    "functions": style.check_functions,
    "beginnings": style.check_beginnings,
    "conditionals": style.check_conditionals,
    "names": style.check_names,
    "rules": rules.check_rules,
    "compiled": tools.check_all_is_compiled,
    "pages": tools.check_pages,
    "format": tools.check_format,
    "headers": tools.check_headers,
    "stack": stack.check_stack,
    "analyzer": tools.check_analyzer,
    "cppcheck": tools.check_cppcheck,
    "tidy": tools.check_tidy,
}


def main():
    parser = argparse.ArgumentParser(prog="tests/lint", description=__doc__)
    parser.add_argument("--root", default=pathlib.Path(__file__).resolve().parent.parent.parent, help="what is checked")
    parser.add_argument("--build", default="build/qemu-virt", help="where it was built")
    parser.add_argument("--cross", default="riscv64-unknown-elf-", help="prefix of the cross toolchain")
    parser.add_argument("checks", nargs="*", metavar="CHECK", help="one of: " + ", ".join(CHECKS))
    options = parser.parse_args()
    unknown = set(options.checks) - set(CHECKS)
    if unknown:
        parser.error(f"no such check: {', '.join(sorted(unknown))}")
    tree = Tree(options.root, options.build, options.cross)
    count = 0
    for check in options.checks or CHECKS:
        for line in CHECKS[check](tree):
            print(line, flush=True)
            count += 1
    for note in tree.notes:
        print(textwrap.fill(note, WIDTH, subsequent_indent="    "))
    print(f"lint: {count} findings" if count else "lint: clean")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
