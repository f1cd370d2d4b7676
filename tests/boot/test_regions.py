"""region_load as programs see it."""

import pytest
from conftest import build_initrd
from memory_report import share


@pytest.fixture(scope="module")
def console(machine):
    return machine.boot(append="quiet", initrd=build_initrd("own-apps", "tests/apps/own"))


def frames(console):
    return {name: value for name, value in share(console).items() if name.endswith("_frames")}


def test_ancestor_d45_a_load_whose_answer_can_not_be_copied_out_is_not_made(console):
    for _ in range(3):
        assert console.run("region /lib/plain-image bad") == ("Bad address\n", 1)
    assert console.run("region /lib/plain-image") == ("loaded 0x76000000\n", 0)


def test_region_load_answers_previously_loaded_the_second_time(console):
    console.run("region /lib/plain-image")
    before = frames(console)
    assert console.run("region /lib/plain-image") == ("hit 0x76000000\n", 0)
    assert frames(console) == before


def test_the_library_of_every_program_is_a_hit(console):
    assert console.run("region /lib/libc") == ("hit 0x70000000\n", 0)


@pytest.mark.parametrize("path,error", [
    ("/bin/hello", "Exec format error"),
    ("/no/such/image", "No such file or directory"),
])
def test_what_is_no_image_for_the_windows_is_refused(console, path, error):
    before = frames(console)
    output, status = console.run(f"region {path}")
    assert status == 1 and error in output
    assert frames(console) == before
