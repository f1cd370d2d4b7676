"""What the graph of calls does not show; stack.py explains, uses and checks it."""

# Where calls through pointers go. `FILE EXPRESSION` stands for the calls that are written so in that file,
# `LAYER .MEMBER` for all others of a struct's member in the layer, as file->kind->read() in supervisor/; the name of a
# function that is assembly, or not ours, for those that it makes. A target is NAME or FILE:NAME of a function; `@NAME`
# is every function that the constant table NAME points to, `.MEMBER` every one that an initializer `.MEMBER = function`
# of the layer names.
CALLS = {
    "arch .put": ["console_put"],
    "arch/riscv64/hart.c call": ["fence_ids", "fence_ids_asid", "fence_ids_instructions"],
    "arch/riscv64/hart.c take": ["start_take_frame_relock"],
    "arch/riscv64/panic.c put_bytes": ["console_put_in_panic"],
    "arch/riscv64/panic.c name_function": ["name_own"],
    "arch/riscv64/panic.c stop_machine": ["stop_after_panic"],
    "arch/riscv64/panic.c stop_others": ["harts_stop_others"],
    "arch/riscv64/supervisor_map.c take": ["start_take_frame_relock"],
    "mm .reclaim": ["give_back_caches"],
    "mm .visit": [],  # nobody, but for tests
    "mm/account.c visit": ["add_set_aside", "audit_account", "audit_bounds", "audit_carved", "audit_end_of",
                           "audit_end_of_all", "put_group"],
    "mm/frame.c visit": ["clear_counts", "clear_marks", "end_frame", "forget_counts", "total_frame"],
    "mm/object.c visit": ["audit_object", "end_object", "end_object_with_others", "forget_references"],
    "shared/region.c visit": ["audit_region"],
    "shared/region_chain.c visit": ["add_row_bytes", "write_entry"],
    "mm/table.c visit": ["count_entry", "row_read_only", "row_tables_and_writable"],
    "platform .get": [".get"],
    "platform .handler": ["console_receive"],
    "platform .listen": [".listen"],
    "platform .notify": ["take_from_driver"],
    "platform .open": [".open"],
    "platform .probe": ["@rows"],
    "platform .put": [".put"],
    "platform .unlisten": [".unlisten"],
    "shared/program.c open": ["open_library"],
    "supervisor .audit": [".audit"],
    "supervisor .close": [".close"],
    "supervisor .control": [".control"],
    "supervisor .create": [".create"],
    "supervisor .describe": [".describe"],
    "supervisor .expired": ["time_out", "wake_reader", "wake_sleeper"],
    "supervisor .link_text": [".link_text"],
    "supervisor .list": [".list"],
    "supervisor .lookup": [".lookup"],
    "supervisor .name": [".name"],
    "supervisor .object": [".object"],
    "supervisor .open": [".open"],
    "supervisor .put": ["console_write"],
    "supervisor .read": [".read"],
    "supervisor .read_at": [".read_at"],
    "supervisor .remove": [".remove"],
    "supervisor .rename": [".rename"],
    "supervisor .set": ["@words"],
    "supervisor .set_mode": [".set_mode"],
    "supervisor .signal": ["signal_foreground"],
    "supervisor .size": [".size"],
    "supervisor .write": [".write"],
    "supervisor/calls_audit.c call": [],  # of a debug build
    "supervisor/descriptors.c visit": ["file_audit", "file_audit_end"],
    "supervisor/gift.c visit": ["file_audit", "file_audit_end"],
    "supervisor .write_at": [".write_at"],
    "supervisor/calls_shm.c action": ["change_mode", "supervisor/calls_shm.c:remove_name", "rename_to"],
    "supervisor/device_files.c device->open": ["@devices"],
    "supervisor/gift.c visit": ["file_audit", "file_audit_end"],
    "trap_entry": ["@trap_system_calls"],
    "trap_own_call": ["@trap_own_calls", "trap_unknown_call"],
    "vfprintf": ["__file_str_put"],
    "fdt_next_tag": [],  # a switch
    "lock_take_keeping": [],  # its return is one by t0
    "lock_wait_keeping": [],  # the same
    "memset": [],  # a jump into a run of stores
}

# Instructions that are expected to trap: a user copy meets a page that is not there, start-up tries what a hart has.
TRAPS = {
    "user_copy_start": ["trap_in_supervisor"],
    "user_copy_string": ["trap_in_supervisor"],
    "user_peek": ["trap_in_supervisor"],
    "supervisor_trap_probe_stimecmp": ["trap_in_supervisor"],
    "supervisor_trap_can_read": ["trap_in_supervisor"],
}

# How often a function can be on the stack at once.
BOUNDS = {
    "table_for_each": 3,  # the levels of Sv39
    "table_drop": 3,
    "frame_put": 2,  # an account that goes gives back frames of the supervisor's, whose account never goes
    "mm/page_store.c:drop_under": "mm/page_store.c HEIGHT_MAX",
    "mm/page_store.c:audit_node": "mm/page_store.c HEIGHT_MAX",
    "mm/audit.c:audit_table": 3,
    "task_end": 1,  # it sends the parent SIGCHLD, which ends nobody
    "object_page": 2,  # object-depth: a shadow's parent is no shadow
}

# Lowest address, end, entries that begin at the end, and what must fit on top of the deepest path: a trap by a mistake
# of ours, wherever it happens, is to end in a panic that says what it was, and not in an overrun of the stack.
STACKS = {
    "boot": ("boot_stack_bottom", "boot_stack_top", ["entry", "hart_entry", "trap_entry"], "trap_in_supervisor"),
    "emergency": ("boot_emergency_stack_bottom", "boot_emergency_stack_top", ["trap_overrun"], None),
}
