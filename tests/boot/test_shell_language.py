"""The shell's language, script by script: on Pando, and by dash on the host, a judge that nobody here wrote."""

import re
import shutil
import subprocess
import sys

import pytest
from conftest import BUILD, ROOT
from packed_root import packed_root

sys.path.insert(0, str(ROOT / "tests" / "apps"))
from shell_language import ROWS  # noqa: E402

DASH = shutil.which("dash")
SECONDS = 120
RUN_ALL = 'for f in /rows/*; do echo "=== $f"; sh $f </dev/null 2>/dev/null; echo "=== $?"; done'


def name_of(number):
    return f"{number:03}"


IDS = [f"{name_of(number)}-{row[0][:30]!r}" for number, row in enumerate(ROWS)]


@pytest.fixture(scope="module")
def results(machine):
    """{name: (output, status)} of all rows, one after the other on one machine."""
    def add_rows(root):
        (root / "rows").mkdir()
        for number, row in enumerate(ROWS):
            (root / "rows" / name_of(number)).write_text(row[0] + "\n")

    root = packed_root("language-root", f"{BUILD}/root", add_rows)
    output, status = machine.run(RUN_ALL, timeout=SECONDS, initrd=root)
    assert status == 0
    return {name: (text, int(number)) for name, text, number in
            re.findall(r"^=== /rows/(\d+)\n((?:(?!=== ).*\n)*)=== (\d+)\n", output, re.MULTILINE)}


@pytest.mark.parametrize("number", range(len(ROWS)), ids=IDS)
def test_a_script_means_what_it_should(results, number):
    assert results[name_of(number)] == ROWS[number][1:3]


@pytest.mark.skipif(DASH is None, reason="needs dash")
@pytest.mark.parametrize("number", range(len(ROWS)), ids=IDS)
def test_dash_agrees_or_there_is_a_reason(tmp_path, number):
    row = ROWS[number]
    script = tmp_path / "script"
    script.write_text(row[0] + "\n")
    done = subprocess.run([DASH, script], cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, env={"PATH": "/bin"}, timeout=SECONDS, check=False)
    expected = row[3][:2] if len(row) > 3 else row[1:3]
    assert (done.stdout.decode(), done.returncode) == expected
    assert len(row) == 3 or row[3][:2] != row[1:3]
