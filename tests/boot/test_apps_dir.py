"""Programs that know nothing of Pando: what they print and how they end is what they do on the host."""

import pathlib
import re
import subprocess

import pytest
from conftest import ROOT, build_initrd

FOREIGN = ROOT / "tests" / "apps" / "foreign"
PROGRAMS = sorted([path.stem for path in FOREIGN.glob("*.c")] + [path.parent.name for path in FOREIGN.glob("*/main.c")])


def status_of(program):
    file = FOREIGN / f"{program}.status"
    return int(file.read_text()) if file.exists() else 0


def output_on_the_host(program, folder):
    """Compiled and run where this test runs."""
    source = FOREIGN / program
    sources = sorted(source.glob("*.c")) if source.is_dir() else [source.with_suffix(".c")]
    flags = []
    if (source / "app.mk").exists():
        flags = re.findall(r"-[D]\S+", (source / "app.mk").read_text())
    binary = folder / program
    subprocess.run(["cc", "-w", "-O1", *flags, "-o", binary, *sources, "-lm"], check=True)
    done = subprocess.run([binary], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=100, check=False)
    assert done.returncode == status_of(program)
    return done.stdout.decode()


@pytest.fixture(scope="module")
def console(machine):
    return machine.boot(append="quiet", initrd=build_initrd("foreign-apps", "tests/apps/foreign"))


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_foreign_program_does_what_it_does_on_the_host(console, tmp_path, program):
    output, status = console.run(program, timeout=60)
    assert status == status_of(program)
    assert output == output_on_the_host(program, tmp_path)


def test_the_example_of_the_readme_builds_and_prints_what_the_readme_shows(machine, tmp_path):
    readme = (ROOT / "README.md").read_text()
    source = re.search(r"^```c\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)[1]
    name = re.search(r"APPS_DIR=\S+ RUN='?(\w+)", readme)[1]
    assert len(source.splitlines()) <= 15
    (tmp_path / f"{name}.c").write_text(source)
    output, status = machine.run(name, initrd=build_initrd("readme-app", tmp_path))
    assert status == 0
    assert output.strip()
    for line in output.strip().splitlines():
        assert line in readme


@pytest.mark.parametrize("broken,what", [
    ("int main(void) { return missing(); }\n", "missing"),
    ("int main(void) { return 0 }\n", "broken.c:1"),
])
def test_a_program_that_does_not_build_is_named(tmp_path, broken, what):
    (tmp_path / "broken.c").write_text(broken)
    with pytest.raises(AssertionError, match=what):
        build_initrd("broken-app", tmp_path)


def test_a_folder_that_is_not_there_is_named():
    with pytest.raises(AssertionError, match="no-such-folder"):
        build_initrd("broken-app", pathlib.Path("no-such-folder"))
