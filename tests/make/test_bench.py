"""`make bench`: figures that can be compared from one day to the next."""

import re
import subprocess

from test_build import BUILD, ROOT


def bench():
    done = subprocess.run(["make", "-s", f"BUILD={BUILD}", "bench"], cwd=ROOT, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_bench_prints_the_same_lines_twice():
    first = bench()
    assert first == bench()
    for line in first.splitlines():
        assert re.fullmatch(r"bench \w+ [\d.]+ \w+", line)
    assert len(first.splitlines()) >= 15
