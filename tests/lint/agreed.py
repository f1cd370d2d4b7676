"""Findings of the checks here that are agreed on, each with its reason. One that is no longer found is an error."""

# (files, functions), both patterns: why these do not start with the name of their file.
NAMES = {
    ("arch/riscv64/*.c", "arch_*"): "the host's stub replaces these: arch.h has them all",
    ("supervisor/*.c", "call_*"): "system calls are called as the lists in abi_syscall.h call them",
    ("*/*.c", "trap_*"): "trap.S calls these: trap.h has them all",
    ("supervisor/start.c", "boot_start"): "entry.S calls it",
    ("arch/base/stack_guard.c", "__stack_chk_fail"): "the compiler calls it",
    ("arch/riscv64/include/trap.h", "this_hart"): "everybody's, and a word of the field",
    ("arch/base/include/types.h", "[pu]addr"): "makes a value of the type of that name",
    ("arch/base/include/types.h", "*page_*"): "about the sizes that types.h defines",
    ("arch/base/include/checked.h", "*_overflows"): "reads as what it answers",
    ("arch/base/include/checked.h", "fits_below"): "reads as what it answers",
    ("arch/sv39/include/sv39.h", "pte_*"): "about an entry, the type that sv39.h defines",
    ("arch/riscv64/hart.c", "lock_this_holder"): "lock.c asks for it: lock.h has it",
    ("mm/space.c", "spaces_*"): "about all spaces",
    ("supervisor/harts.c", "hart_main"): "hart.c starts harts with it: hart.h has it",
    ("mm/window.c", "windows_*"): "about struct windows, both windows of a region",
    ("platform/device_node.?", "node_*"): "private to the files that read the device tree",
    ("platform/device_node.?", "cells_value"): "private to the files that read the device tree",
    ("platform/device_node.h", "be32"): "private to the files that read the device tree",
    ("platform/device_node.h", "refuse"): "private to the files that read the device tree",
    ("platform/memory_spans.h", "memory_span_of"): "makes a value of struct memory_span",
    ("supervisor/calls_path.c", "user_path_*"): "user_path.h is for the other calls that take paths",
}

# (file, function, warning): why what gcc -fanalyzer says is not so.
ANALYZER = {
    ("shared/record_pool.c", "take", "-Wanalyzer-null-dereference"): "a page in with_room has a free record",
}
