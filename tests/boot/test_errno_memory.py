"""The golden table of the calls on memory: what each gives for every pair of edge values, tests/golden/memory.txt.

As test_errno.py does for all calls; the program is tests/apps/golden/edges. To take over what has changed on purpose:
make test K=errno_memory, look at the difference that is shown, and copy build/test/golden/memory.txt over the table.
"""

import pytest
from conftest import ROOT
from test_errno import BUILD, SECONDS, build, shown, table_of  # noqa: F401

TABLE = ROOT / "tests" / "golden" / "memory.txt"
CALLS = {"mmap", "munmap", "mprotect", "mremap", "madvise", "mincore", "msync", "brk"}


@pytest.fixture(scope="module")
def on_pando(machine, build):  # noqa: F811
    output, status = machine.boot(append="quiet", initrd=f"{BUILD}/initrd.erofs").run("edges", timeout=SECONDS)
    assert status == 0, output[-1000:]
    (build / "memory.txt").write_text(output)
    return output.splitlines()


def test_a2_every_pair_of_edges_gives_what_the_golden_table_says(on_pando):
    golden, now = table_of(TABLE.read_text().splitlines()), table_of(on_pando)
    changed = [case for case in {**golden, **now} if golden.get(case) != now.get(case)]
    assert not changed, shown(changed, golden, now)


def test_the_golden_table_has_all_calls_on_memory():
    assert {case.partition("(")[0] for case in table_of(TABLE.read_text().splitlines())} == CALLS
