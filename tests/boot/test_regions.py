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


# --- Private regions

IMAGE = "/lib/plain-image"
BASE = "0x76000000"


def lines(console, words):
    output, status = console.run(f"regions {words}")
    assert status == 0, output
    return output.rpartition('$?"\n')[2].splitlines()  # the echo of a long line goes on for another


def test_r3_3_what_a_private_region_loads_nobody_else_sees(console):
    assert lines(console, f"private load {IMAGE} load {IMAGE}") == [
        "private: 0", f"load: {BASE} previously-loaded", f"load: {BASE} previously-loaded"]
    assert lines(console, f"private alternate {IMAGE} alternate {IMAGE} table") == [
        "private: 0", "load: 0x79000000", "load: 0x79000000 previously-loaded", "table: private",
        "     0x79000000 1", "    libc 0x70000000 3", f"     {BASE} 1"]
    assert lines(console, "table") == ["table:", "    libc 0x70000000 3", f"     {BASE} 1"]


def test_r4_unload_from_a_private_region_and_from_the_system_region(console):
    assert lines(console, f"private alternate {IMAGE} unload {IMAGE} 0x79000000 unload {IMAGE} 0x79000000 "
                          f"unload {IMAGE} {BASE} unload /lib/libc 0x70000000 alternate {IMAGE}") == [
        "private: 0", "load: 0x79000000", "unload: 0", "unload: No such file or directory",
        "unload: Device or resource busy", "unload: Device or resource busy", "load: 0x79000000"]
    assert lines(console, f"unload {IMAGE} {BASE}") == ["unload: Not owner"]


def test_r4_a_fork_uses_what_its_parent_uses(console):
    assert lines(console, f"private alternate {IMAGE} fork unload {IMAGE} 0x79000000") == [
        "private: 0", "load: 0x79000000", "unload: Device or resource busy"]


def test_r3_1_r3_2_programs_inherit_a_private_region_and_get_a_clean_one_once(console):
    before = frames(console)
    for _ in range(2):
        output = lines(console, f"private alternate {IMAGE} run /bin/hello clean run /bin/hello run /bin/hello")
        assert output[:2] == ["private: 0", "load: 0x79000000"]
        assert [line.partition(" from")[0] for line in output[2:]] == ["hello", "clean: 0", "hello", "hello"]
    assert frames(console)["free_frames"] == before["free_frames"]


def test_r3_4_reset_names_an_entry(console):
    assert lines(console, f"reset {BASE} reset 0x76001000 private reset {BASE}") == [
        "reset: 0", "reset: No such file or directory", "private: 0", "reset: 0"]


def test_ancestor_d28_a_store_to_the_region_table_ends_the_task(console):
    output, status = console.run("regions poke")
    assert status == 128 + 11 and "0x8ff80000" in output
    assert lines(console, "table")[0] == "table:"
