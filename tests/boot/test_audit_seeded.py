"""
The auditor finds what is broken in what shared/ and the supervisor keep: a debugger breaks one thing at a time in a
machine that is at its prompt, `audit` must name the invariant, and the thing is mended again. What mm keeps is broken
in tests/unit/mm_audit_test.c.
"""

import re
import shutil
import subprocess

import pytest
from conftest import BUILD, ROOT

SECONDS = 120
# Where things are.
PLACES = (
    "$sh = (struct task *)((char *)init->children.next - (unsigned long)&((struct task *)0)->sibling)",
    "$file = $sh->descriptors.slots[0]",
    "$shm = (struct shm_file *)'shm_files.c'::files.next",
    "$name = (struct name *)'shm_files.c'::texts.root",
    "$region = 'region.c'::current",
    "$entry = (struct load_entry *)((char *)$region->entries.next - (unsigned long)&((struct load_entry *)0)->link)",
    "$hash = $region->hash",
    "$program = $sh->program",
    "$accounts = &root_account",
)
# Invariant, what is added to which number.
ADDED = (
    ("task-pid", "init->pid", 100000),
    ("task-family", "*(long *)&$sh->parent", 16),
    ("task-held", "$sh->holds_parent", 1),
    ("task-held", "init->is_held", 1),
    ("one-queue", "init->state", -1),
    ("signal-attention", "init->signals.pending", 2),
    ("signal-kill", "init->signals.blocked", 256),
    ("signal-kill", "init->signals.ignored", 1 << 18),
    ("descriptor-capacity", "init->descriptors.capacity", 1),
    ("file-references", "$file->ref_count", 1),
    ("account-charges", "$accounts->uses[1].used", 1),
    ("account-charges", "$accounts->uses[2].used", 1),
    ("account-charges", "$accounts->uses[3].used", 1),
    ("account-charges", "$accounts->uses[4].used", 1),
    ("account-charges", "$accounts->uses[5].used", 1),
    ("account-limits", "$accounts->uses[4].bound", -1),
    ("account-guarantee", "$accounts->guarantee", 100000),
    ("account-references", "$accounts->ref_count", 1),
    ("shm-names", "'shm_files.c'::name_count", 1),
    ("shm-names", "$name->short_text[0]", 1),
    ("shm-references", "$shm->ref_count", 1),
    ("object-references", "$shm->object->ref_count", 1),
    ("hash-counted", "$hash->entry_count", 1),
    ("hash-own-site", "$program->entry->site", 1),
    ("entry-counted", "$entry->extent_count", 1),
    ("entry-content", "$entry->extents->protection", 32),
    ("program-users", "$program->entry->users", 1),
    ("program-unused", "*(long *)&$program->entry", 16),
    ("record-counted", "$hash->records.page_count", 1),
    ("region-counted", "$region->entry_count", 1),
    ("region-counted", "$region->record_count", 1),
    ("region-references", "$region->ref_count", 1),
    ("region-users", "$entry->users", 1),
    ("region-disjoint", "$entry->extents->node.height", 1),
    ("region-inside", "$entry->extents->size_bytes", 1 << 30),
    ("region-shown", "$entry->extents->protection", 2),
)


@pytest.fixture(scope="module")
def socket(tmp_path_factory):
    if not shutil.which("gdb-multiarch"):
        pytest.skip("needs gdb-multiarch")
    return tmp_path_factory.mktemp("seeded") / "gdb"


@pytest.fixture
def console(machine, booted, socket):
    if not booted or not booted[-1].process.isalive():
        socket.unlink(missing_ok=True)
        booted.append(machine.boot(append="quiet", qemu_flags=f"-gdb unix:{socket},server=on,wait=off"))
        booted[-1].run("shm create kept 4096; shm create kept_too 4096")
    return booted[-1]


def add(socket, number, more):
    """Add @more to @number. Returns what the debugger said."""
    words = ["gdb-multiarch", "-nx", "-q", "-batch", str(ROOT / BUILD / "pando.elf")]
    places = [f"set {place}" for place in PLACES]
    commands = [f"target remote {socket}", *places, f"set var {number} += {more}", "detach"]
    for command in commands:
        words += ["-ex", command]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=SECONDS, check=False)
    return done.stdout


@pytest.mark.parametrize("invariant, number, more", ADDED, ids=[f"{name}-{number}" for name, number, _ in ADDED])
def test_what_is_broken_is_found_by_its_name(console, socket, invariant, number, more):
    said = add(socket, number, more)
    output, status = console.run("audit")
    add(socket, number, -more)
    assert status == 1 and re.search(rf"^audit: {invariant} at 0x", output, re.MULTILINE), said + output
    output, status = console.run("audit")
    assert status == 0, output
