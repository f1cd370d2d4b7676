"""boards/run.py: what of the user's words reaches the kernel, and what of its status comes back."""

import importlib.util
import pathlib
import types

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def runner():
    spec = importlib.util.spec_from_file_location("runner", ROOT / "boards" / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def decode_run(words):
    """What the supervisor does with run="...": the inverse of encode_run, written independently."""
    assert words.startswith('run="')
    text, at = "", len('run="')
    while words[at] != '"':
        at += words[at] == "\\"
        text += words[at]
        at += 1
    assert at == len(words) - 1
    return text


@pytest.mark.parametrize("commands", [
    "hello", 'echo "a  b"', "echo '$i' \\$?", '\\', '"', '\\"', '\\\\', "a\\", "x; y & z && w || v", "%d#{}`",
])
def test_encoding_run_keeps_every_character(runner, commands):
    assert decode_run(runner.encode_run(commands)) == commands


def test_without_run_the_command_line_has_no_run(runner):
    assert runner.kernel_command_line("", "") == ""
    assert runner.kernel_command_line("", "quiet") == "quiet"
    assert runner.kernel_command_line("true", "quiet") == 'quiet run="true"'


@pytest.mark.parametrize("text,size", [("16M", 16 << 20), ("128", 128 << 20), ("4G", 4 << 30), ("8192k", 8 << 20)])
def test_sizes_are_read_as_qemu_reads_them(runner, text, size):
    assert runner.size_bytes(text) == size


@pytest.mark.parametrize("text", ["", "M", "x16", "16Q", "-1"])
def test_a_bad_size_is_named(runner, text):
    with pytest.raises(SystemExit, match="MEM="):
        runner.size_bytes(text)


def options_for(tmp_path, mem):
    (tmp_path / "pando.bin").write_bytes(bytes(5000))
    (tmp_path / "initrd").write_bytes(bytes(8192))
    return types.SimpleNamespace(qemu="qemu -M virt", qemu_flags="", smp=1, mem=mem, gdb=None,
                                 kernel=str(tmp_path / "pando.bin"), initrd=str(tmp_path / "initrd"),
                                 load_address="0x80200000", log=str(tmp_path / "log"))


def test_small_machines_get_the_initrd_from_the_loader(runner, tmp_path):
    command = runner.qemu_command(options_for(tmp_path, "8M"), "true", "")
    assert "-initrd" not in command
    assert any(word.startswith("loader,") and word.endswith("addr=0x80280000,force-raw=on") for word in command)
    assert command[command.index("-append") + 1] == 'initrd=0x80280000,0x2000 run="true"'


def test_an_image_that_reaches_into_the_initrd_moves_it_up(runner, tmp_path):
    options = options_for(tmp_path, "8M")
    (tmp_path / "pando.bin").write_bytes(bytes(0x80001))
    command = runner.qemu_command(options, "", "")
    assert command[command.index("-append") + 1].startswith("initrd=0x80281000,")


def test_other_machines_get_the_initrd_from_qemu(runner, tmp_path):
    command = runner.qemu_command(options_for(tmp_path, "16M"), "", "")
    assert "-initrd" in command and "-append" not in command


@pytest.mark.parametrize("output,status", [
    ("hello\r\npando: exit 3\r\n", 3), ("pando: exit 0\r\n", 0), ("pando: exit 3\r\nmore\r\n", 0), ("", 0),
])
def test_a_last_line_carries_the_status_where_the_machine_can_not(runner, tmp_path, output, status):
    (tmp_path / "log").write_text(output)
    assert runner.last_line_status(str(tmp_path / "log")) == status
