"""`make coverage`: one boot and one unit test, built with counters, and what is read from them.

The whole of it takes minutes; this takes the parts that must agree with each other: dump.c with counters.py, and gcc's
and clang's figures with the lines that are known to run, or not to.
"""

import os
import pathlib
import subprocess
import sys

import pytest
from test_build import ROOT, make

sys.path.insert(0, str(ROOT / "tests" / "coverage"))

import counters  # noqa: E402
import measure  # noqa: E402
import report  # noqa: E402

TARGET = pathlib.Path("build/qemu-virt-coverage")
UNIT_TEST = pathlib.Path("build/host-coverage/bin/base_tree_test")
END_LINE = b"pando: coverage: end"


@pytest.fixture(scope="module")
def transcript():
    """Of a machine that ran `true` and powered off."""
    done = make("-s", "COVERAGE=1", "APPEND=quiet", "RUN=true", "run", timeout=300)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    return (ROOT / TARGET / "console.log").read_bytes()


@pytest.fixture(scope="module")
def target(transcript):
    sums = {}
    for dump in counters.find_dumps(transcript):
        counters.add_dump(sums, dump)
    return measure.target_files("riscv64-unknown-elf-gcov", counters.write_gcda(sums, ROOT / TARGET / "pando"), ROOT)


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    profiles = tmp_path_factory.mktemp("profiles")
    assert make("-s", "COVERAGE=1", str(UNIT_TEST), timeout=300).returncode == 0
    subprocess.run([ROOT / UNIT_TEST], env=dict(os.environ, LLVM_PROFILE_FILE=str(profiles / "%m.profraw")),
                   stdout=subprocess.DEVNULL, check=True)
    tools = {name: name for name in ("llvm-profdata", "llvm-cov")}
    return measure.host_files(tools, [UNIT_TEST], profiles, ROOT)


def line_of(name, text):
    lines = [number for number, line in enumerate((ROOT / name).read_text().splitlines(), 1) if text in line]
    assert len(lines) == 1, f"{name} has {len(lines)} lines with {text}"
    return lines[0]


def test_a_machine_prints_its_counters_once(transcript):
    assert len(list(counters.find_dumps(transcript))) == 1


def test_the_targets_counters_tell_what_ran_and_what_did_not(target):
    power_off = line_of("platform/power.c", "_Noreturn void power_off(")
    restart = line_of("platform/power.c", "_Noreturn void power_restart(")
    panic = line_of("arch/riscv64/panic.c", "_Noreturn void panic_at(")
    boot_map = line_of("arch/riscv64/boot_map.c", "uint64_t boot_map_build(")
    # The counters are taken on the way into power_off(), so it has not run yet.
    assert target["platform/power.c"].lines[power_off] == 0
    assert target["platform/power.c"].lines[restart] == 0
    assert target["arch/riscv64/panic.c"].lines[panic] == 0
    assert target["arch/riscv64/boot_map.c"].lines[boot_map] == 1
    assert target["supervisor/calls_system.c"].lines[line_of("supervisor/calls_system.c", "int64_t call_reboot(")] == 1


def test_a_branch_that_went_one_way_only_is_half_taken(target):
    magic = line_of("supervisor/calls_system.c", "if ((uint32_t)magic1 != ABI_REBOOT_MAGIC1")
    taken, count = target["supervisor/calls_system.c"].branch_counts(magic)
    assert (taken, count) == (2, 4)


def test_branches_of_assertions_do_not_count(target):
    assertion = line_of("mm/window.c", "ASSERT(is_in_data(address) ? flags == PTE_R : !writable);")
    file = target["mm/window.c"]
    assert file.lines[assertion] > 0 and assertion not in file.branches


def test_the_hosts_profile_tells_what_a_unit_test_reached(host):
    file = host["arch/base/tree.c"]
    assert sum(count > 0 for count in file.lines.values()) > 0.9 * len(file.lines)


def test_a_line_is_reached_when_either_side_reached_it(target, host):
    files = measure.merge(target, host)
    lines, branches = report.lines_of(files["arch/base/tree.c"]), report.branches_of(files["arch/base/tree.c"])
    for on_host, on_target, both in (lines, branches):
        assert both.part >= on_target.part > 0 and on_host.part > 0
    assert lines[2].part >= max(lines[0].part, lines[1].part)
    assert files["mm/map.c"].host is None


@pytest.mark.parametrize("name,damage", {
    "no_end": lambda text: text[:text.index(END_LINE)],
    "lost_line": lambda text: b"\n".join(text.split(b"\n")[:-10] + text.split(b"\n")[-9:]),
    "lost_digit": lambda text: text[:text.index(END_LINE) - 3] + text[text.index(END_LINE) - 2:],
    "other_digit": lambda text: text.replace(b"61646367", b"61646368", 1),
    "something_printed_between": lambda text: text.replace(b"\r\n" + END_LINE, b"\r\nhello\r\n" + END_LINE, 1),
}.items())
def test_a_damaged_dump_is_refused(transcript, name, damage):
    damaged = damage(transcript)
    assert damaged != transcript
    with pytest.raises(ValueError, match="dump"):
        list(counters.find_dumps(damaged))


def test_counters_that_did_not_fit_are_refused(transcript):
    with pytest.raises(ValueError, match="fit"):
        list(counters.find_dumps(b"pando: coverage: 400000 bytes do not fit\r\n"))


def test_dumps_of_two_builds_are_not_added(transcript):
    dump, = counters.find_dumps(transcript)
    sums = {}
    counters.add_dump(sums, dump)
    path, gcda = next(counters.split_files(dump))
    stamp = gcda.index(sums[path].stamp.to_bytes(4, "little"))
    with pytest.raises(ValueError, match="two builds"):
        counters.add_dump(sums, dump.replace(gcda, gcda[:stamp] + b"\0\0\0\0" + gcda[stamp + 4:], 1))


def test_two_boots_count_twice(transcript):
    dump, = counters.find_dumps(transcript)
    once, twice = {}, {}
    counters.add_dump(once, dump)
    for _ in range(2):
        counters.add_dump(twice, dump)
    assert once.keys() == twice.keys()
    for path in once:
        for function, counts in once[path].functions.items():
            assert twice[path].functions[function] == [2 * count for count in counts]


def test_coverage_is_a_goal_of_its_own():
    done = make("coverage", "test")
    assert done.returncode != 0 and "coverage" in done.stderr
