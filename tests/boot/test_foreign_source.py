"""An interpreter that nobody here wrote, from a source package: built with APPS_DIR, used at its prompt."""

import re
import shutil

import pytest

from conftest import ROOT, build_initrd

SOURCE = ROOT / "build" / "deps" / "tinyscheme"
# What its own makefile defines for a program without loadable extensions.
FLAGS = "-w -D_GNU_SOURCE -DSTANDALONE=1 -DUSE_DL=0 -DUSE_STRLWR=0"
PROMPT = r"ts> "


@pytest.fixture(scope="module")
def console(machine, tmp_path_factory):
    if not SOURCE.exists():
        pytest.skip("the source of tinyscheme could not be had: see build/deps/packages.log")
    folder = tmp_path_factory.mktemp("apps") / "scheme"
    shutil.copytree(SOURCE, folder)
    (folder / "app.mk").write_text(f"APP_SOURCES := scheme.c\nAPP_CFLAGS := {FLAGS}\n")
    return machine.boot(append="quiet", initrd=build_initrd("foreign-source", folder.parent))


@pytest.fixture
def scheme(console):
    """The interpreter at its prompt."""
    console.send("scheme\r")
    console.expect(PROMPT)
    yield console
    console.send("(quit)\r")
    console.wait_for_prompt()


def evaluate(console, text):
    """Type an expression; what it printed, without the echo."""
    console.send(text + "\r")
    console.expect(PROMPT)
    return re.sub(r"\r+\n", "\n", console.process.before).partition("\n")[2].strip()


def test_it_computes_what_is_typed(scheme):
    assert evaluate(scheme, "(+ 1 2)") == "3"
    assert evaluate(scheme, "(define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))") == "fib"
    assert evaluate(scheme, "(fib 15)") == "610"
    assert evaluate(scheme, "(sqrt 2.0)").startswith("1.41421356")
    assert evaluate(scheme, '(string-append "pan" "do")') == '"pando"'


def test_its_errors_leave_it_running(scheme):
    assert "unbound variable" in evaluate(scheme, "(no-such-thing)")
    assert evaluate(scheme, "(* 6 7)") == "42"


def test_the_line_can_be_edited_while_it_is_typed(scheme):
    assert evaluate(scheme, "(+ 1 3x\x7f\x7f2)").endswith("3")


def test_it_collects_its_garbage(scheme):
    evaluate(scheme, "(define (spin n) (if (= n 0) 'done (begin (cons n n) (spin (- n 1)))))")
    assert evaluate(scheme, "(spin 20000)") == "done"


def test_ctrl_c_ends_it_and_not_the_shell(console):
    console.send("scheme\r")
    console.expect(PROMPT)
    console.send("(define (loop) (loop)) (loop)\r")
    console.expect(r"\(loop\)\r*\n")
    console.send("\x03")
    console.wait_for_prompt()
    assert console.run("echo on")[0] == "on\n"
