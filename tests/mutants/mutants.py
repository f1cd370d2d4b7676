"""The table of mistakes: see run.py. A mistake is named after what is wrong.

Not in it, since nothing can go wrong with them; where another rule of the sources would count as broken, it is said:

- give_asid() leaving `stale` as it was. An ASID is given once in a generation, and a hart fences everything before it
  enters its first space of a generation: no hart can have something of a new ASID.
- fence_others() leaving harts that have not started out of `stale`: they start with an empty TLB.
- spaces_flush_all() and spaces_forget_region() leaving the other harts' epochs or generations: what was checked against
  them was checked before, and holds with an empty TLB even more; spaces that show the region's windows there are none.
- own_level0_relock() putting the pristine table in front of the flush: its windows hold it, or the link would be another
  one by now.
- windows_destroy() dropping the tables in front of spaces_forget_region(): harts that have that region run in no space,
  and the lock is held until both are done.
- map_detach() without space_region_changed(): the text window's table always goes, and its flush does the same, since no
  hart runs in the space.
- map_write_private_relock() taking a page in place without a flush: the leaf only gets rights, and a hart that faults
  with the older one is given a flush (hostile case C6).
- entry.S without the fence in front of satp: the one behind it is what counts.
"""


class Mutant:
    """@changes are pairs (old text, new text) of @file, each old text to be found once; @tests run in this order."""

    def __init__(self, name, file, tests, *changes):
        self.name, self.file, self.tests, self.changes = name, file, tests, changes


MUTANTS = []


def seed(file, tests, *rows):
    """Rows (name, old, new, old, new ...)."""
    for name, *texts in rows:
        MUTANTS.append(Mutant(name, file, tests, *zip(texts[::2], texts[1::2])))


SPACE = ["mm_mutants", "mm_space", "mm_window", "mm_map_fault"]
MAP = ["mm_mutants", "mm_map_fault", "mm_window", "mm_space", "mm_map", "mm_map_entries"]
WINDOW = ["mm_mutants", "mm_window", "mm_space", "mm_map_fault", "mm_map_populate"]
TABLE = ["mm_mutants", "mm_table", *MAP]
CONTENT = ["shared_content", "shared_region_load", "shared_program"]

seed("mm/space.c", SPACE,
     # Epochs
     ("epochs_of_harts_are_alike", "hart->epoch = ++spaces.last_epoch;", "hart->epoch++;"),
     ("a_hart_starts_with_epoch_0", "    renew_epoch(hart);\n}\n\nvoid space_init", "}\n\nvoid space_init"),
     ("a_generation_renews_no_epoch", "        renew_epoch(hart);\n        if (index != arch_hart_index() &&",
      "        if (index != arch_hart_index() &&"),
     ("fence_everything_renews_no_epoch", "    hart->generation = spaces.generation;\n    renew_epoch(hart);\n}",
      "    hart->generation = spaces.generation;\n}"),
     ("fence_everything_fences_nothing", "    fence_ledger_fence_all();\n    hart->generation", "    hart->generation"),
     ("fence_everything_keeps_the_generation", "    fence_ledger_fence_all();\n    hart->generation = spaces.generation;\n",
      "    fence_ledger_fence_all();\n"),
     # Who runs where
     ("others_running_leaves_out_the_last_hart", "for (; others != 0; others &= others - 1)",
      "for (; (others & (others - 1)) != 0; others &= others - 1)"),
     ("others_running_leaves_out_the_first_hart",
      "uint32_t others = arch_harts() & ~bit_of(arch_hart_index()), running = 0;",
      "uint32_t others = arch_harts() & ~bit_of(arch_hart_index()) & ~1u, running = 0;"),
     ("others_running_finds_none", "            running |= bit_of(index);\n", ""),
     ("space_enter_forgets_who_runs", "    hart->space = space;\n", ""),
     ("space_leave_forgets_who_runs", "    arch_translations()->space = NULL;\n", ""),
     # ASIDs and generations
     ("the_first_asid_is_that_of_no_space", "    spaces.next_asid = 1;\n    spaces.reserved_count = 0;\n    fence_ledger_start",
      "    spaces.next_asid = 0;\n    spaces.reserved_count = 0;\n    fence_ledger_start"),
     ("a_generation_begins_with_the_asid_of_no_space",
      "    spaces.next_asid = 1;\n    spaces.reserved_count = 0;\n    for",
      "    spaces.next_asid = 0;\n    spaces.reserved_count = 0;\n    for"),
     ("an_asid_too_many", "asids - 1 : 0;", "asids : 0;"),
     ("asids_where_there_are_too_few", "asids > ARCH_HARTS_MAX ? asids - 1 : 0", "asids - 1"),
     ("no_generation_ends", "    spaces.generation++;\n", ""),
     ("reserved_asids_are_given", "        if (spaces.reserved[i] == asid) {\n            return true;\n        }\n", ""),
     ("reserved_asids_are_given_later", "&& is_reserved(spaces.next_asid)) {", "&& false) {"),
     ("reserved_asids_are_given_first", "            while (is_reserved(spaces.next_asid)) {\n",
      "            while (false) {\n"),
     ("reserved_asids_pile_up", "    spaces.reserved_count = 0;\n    for", "    for"),
     ("this_harts_asid_is_reserved_too", "index != arch_hart_index() && hart->space != NULL", "hart->space != NULL"),
     ("a_running_space_loses_its_asid", "            hart->space->generation = spaces.generation;\n", ""),
     ("asids_of_running_spaces_are_not_reserved",
      "            spaces.reserved[spaces.reserved_count++] = asid_of(hart->space);\n", ""),
     ("an_asid_is_given_twice", "asid = spaces.next_asid++;", "asid = spaces.next_asid;"),
     ("the_last_two_asids_are_one", "        asid = spaces.next_asid++;\n",
      "        asid = spaces.next_asid++;\n        asid -= asid == spaces.asid_max;\n"),
     ("a_space_does_not_keep_its_asid", "    space->generation = spaces.generation;\n    space->stale", "    space->stale"),
     ("space_enter_keeps_an_old_asid", "if (space->generation != spaces.generation) {", "if (space->generation == 0) {"),
     ("a_new_generation_fences_nothing", "hart->region != serial || hart->generation != spaces.generation",
      "hart->region != serial"),
     # Entering and leaving
     ("space_enter_writes_no_satp", "    fence_ledger_set_satp(space->satp);\n", ""),
     ("another_region_fences_nothing", "hart->region != serial || hart->generation", "hart->generation"),
     ("the_harts_region_is_forgotten", "        hart->region = serial;\n", ""),
     ("what_is_stale_is_not_fenced", "(space->stale & bit) != 0 || spaces.asid_max == 0", "spaces.asid_max == 0"),
     ("without_asids_nothing_is_fenced", "(space->stale & bit) != 0 || spaces.asid_max == 0", "(space->stale & bit) != 0"),
     ("tables_that_are_gone_are_walked_under_a_new_satp", """    if (fences_all) {
        arch_fence_all();
    } else if (fences_space) {
        fence_here(space);
    }
    hart->space = space;
""", "    hart->space = space;\n"),
     ("all_is_fenced_behind_satp_only", "    if (fences_all) {\n        arch_fence_all();\n    } else if (fences_space) {",
      "    if (fences_space) {"),
     ("a_space_is_fenced_behind_satp_only", """    } else if (fences_space) {
        fence_here(space);
    }
    hart->space = space;
""", "    }\n    hart->space = space;\n"),
     ("all_is_fenced_in_front_of_satp_only", "        hart->region = serial;\n        fence_everything(hart);\n", """        hart->region = serial;
        hart->generation = spaces.generation;
        renew_epoch(hart);
"""),
     ("a_space_is_fenced_in_front_of_satp_only", """    } else if (fences_space) {
        fence_here(space);
    }
    if ((space->stale_code""", "    }\n    if ((space->stale_code"),
     ("space_enter_leaves_stale_code", "    if ((space->stale_code & bit) != 0) {\n        fence_ledger_fence_instructions();\n    }\n",
      ""),
     ("stale_is_kept_by_who_has_fenced", "    space->stale &= ~bit;\n", ""),
     ("stale_is_forgotten_for_all_harts", "    space->stale &= ~bit;\n", "    space->stale = 0;\n"),
     ("stale_code_is_kept_by_who_has_fenced", "    space->stale_code &= ~bit;\n", ""),
     ("stale_code_is_forgotten_for_all_harts", "    space->stale_code &= ~bit;\n", "    space->stale_code = 0;\n"),
     ("verified_without_asids", "spaces.asid_max == 0 ? 0 : hart->epoch", "hart->epoch"),
     ("nothing_is_ever_verified", "spaces.asid_max == 0 ? 0 : hart->epoch", "0"),
     ("space_leave_writes_no_satp", "    fence_ledger_set_satp(arch_supervisor_satp());\n", ""),
     ("space_leave_fences_nothing_without_asids", "    if (spaces.asid_max == 0) {\n        fence_ledger_fence_asid(0);\n    }\n",
      ""),
     # fence_here()
     ("fence_here_fences_nothing", "        fence_ledger_fence_asid(asid_of(space));\n    } else {", "    } else {"),
     ("fence_here_fences_another_asid", "        fence_ledger_fence_asid(asid_of(space));\n    } else {",
      "        fence_ledger_fence_asid(0);\n    } else {"),
     ("fence_here_trusts_fences_of_an_asid", """        fence_ledger_fence_asid(asid_of(space));
    } else {
        fence_ledger_fence_all();
    }
""", """        fence_ledger_fence_asid(asid_of(space));
    }
"""),
     ("pages_are_fenced_where_they_can_not_be", "spaces.fences_pages = fences == SPACE_FENCES_PAGES;",
      "spaces.fences_pages = true;"),
     # Seeing to other harts
     ("no_hart_is_seen_to", "    if (arch_harts() != bit) {\n        fence_others(space, bit);\n    }\n", "    (void)bit;\n"),
     ("fence_others_fences_nothing", "        fence_ledger_remote_fence_asid(running, asid_of(space));\n", ""),
     ("shootdown_to_one_hart_too_few", "    if (running != 0) {\n        fence_ledger_remote_fence_asid(running, asid_of(space));\n",
      "    if ((running & (running - 1)) != 0) {\n"
      "        fence_ledger_remote_fence_asid(running & (running - 1), asid_of(space));\n"),
     ("shootdown_of_another_asid", "fence_ledger_remote_fence_asid(running, asid_of(space));", "fence_ledger_remote_fence_asid(running, 0);"),
     ("stale_is_not_set", "    space->stale = ~(done | running);\n", ""),
     ("stale_leaves_out_the_first_hart", "space->stale = ~(done | running);", "space->stale = ~(done | running | 1);"),
     ("stale_leaves_out_the_last_hart", "space->stale = ~(done | running);",
      "space->stale = ~(done | running) & arch_harts() >> 1;"),
     ("stale_is_who_has_fenced", "space->stale = ~(done | running);", "space->stale = done | running;"),
     ("fence_others_leaves_it_verified", "    fence_ledger_stale(space);\n    if (done == 0) {\n"
      "        space->verified = 0;\n    }\n", "    fence_ledger_stale(space);\n"),
     # space_flush_page()
     ("flush_page_elsewhere_does_nothing", """void space_flush_page(struct space *space, uint64_t address)
{
    arch_assert_locked();
    if (arch_translations()->space != space) {
        fence_others(space, 0);
""", """void space_flush_page(struct space *space, uint64_t address)
{
    arch_assert_locked();
    if (arch_translations()->space != space) {
"""),
     ("flush_page_fences_nothing", "        fence_ledger_fence_page(address, asid_of(space));\n", ""),
     ("flush_page_swaps_operands", "fence_ledger_fence_page(address, asid_of(space));", "fence_ledger_fence_page(asid_of(space), address);"),
     ("flush_page_fences_the_next_page", "fence_ledger_fence_page(address, asid_of(space));",
      "fence_ledger_fence_page(address + PAGE_SIZE, asid_of(space));"),
     ("flush_page_fences_another_asid", "fence_ledger_fence_page(address, asid_of(space));", "fence_ledger_fence_page(address, 0);"),
     ("flush_page_trusts_fences_of_a_page", """        fence_ledger_fence_page(address, asid_of(space));
    } else {
        fence_ledger_fence_all();
    }
""", """        fence_ledger_fence_page(address, asid_of(space));
    }
"""),
     ("flush_page_sees_to_nobody", """        fence_ledger_fence_all();
    }
    fenced_here(space);
}

void space_flush_pages""", """        fence_ledger_fence_all();
    }
}

void space_flush_pages"""),
     # space_flush_pages()
     ("flush_pages_trusts_fences_of_a_page", "pages > PAGES_MAX || !spaces.fences_pages", "pages > PAGES_MAX"),
     ("flush_pages_flushes_no_long_range", "        space_flush_all(space);\n        return;\n", "        return;\n"),
     ("flush_pages_elsewhere_does_nothing", """    }
    if (arch_translations()->space != space) {
        fence_others(space, 0);
        return;
    }
    for""", """    }
    if (arch_translations()->space != space) {
        return;
    }
    for"""),
     ("flush_pages_fences_nothing", "        fence_ledger_fence_page(start + i * PAGE_SIZE, asid_of(space));\n", ""),
     ("flush_pages_swaps_operands", "fence_ledger_fence_page(start + i * PAGE_SIZE, asid_of(space));",
      "fence_ledger_fence_page(asid_of(space), start + i * PAGE_SIZE);"),
     ("flush_pages_fences_the_first_page_only", "start + i * PAGE_SIZE", "start"),
     ("flush_pages_leaves_out_the_first_page", "for (uint64_t i = 0; i < pages; i++)",
      "for (uint64_t i = 1; i < pages; i++)"),
     ("flush_pages_leaves_out_the_last_page", "for (uint64_t i = 0; i < pages; i++)",
      "for (uint64_t i = 0; i + 1 < pages; i++)"),
     ("flush_pages_sees_to_nobody", """        fence_ledger_fence_page(start + i * PAGE_SIZE, asid_of(space));
    }
    fenced_here(space);
""", """        fence_ledger_fence_page(start + i * PAGE_SIZE, asid_of(space));
    }
"""),
     # space_flush_all()
     ("flush_all_elsewhere_does_nothing", """void space_flush_all(struct space *space)
{
    arch_assert_locked();
    if (arch_translations()->space != space) {
        fence_others(space, 0);
""", """void space_flush_all(struct space *space)
{
    arch_assert_locked();
    if (arch_translations()->space != space) {
"""),
     ("flush_all_fences_nothing", "    fence_here(space);\n    fenced_here(space);\n", "    fenced_here(space);\n"),
     ("flush_all_sees_to_nobody", "    fence_here(space);\n    fenced_here(space);\n", "    fence_here(space);\n"),
     # spaces_flush_all(), spaces_forget_region()
     ("flush_of_every_space_fences_nothing_here", "    fence_everything(arch_translations());\n", ""),
     ("flush_of_every_space_fences_no_other_hart", """    if (others != 0) {
        fence_ledger_remote_fence_all(others);
    }
}

void spaces_forget_region""", """}

void spaces_forget_region"""),
     ("flush_of_every_space_to_one_hart_too_few", """        fence_ledger_remote_fence_all(others);
    }
}

void spaces_forget_region""", """        fence_ledger_remote_fence_all(others & (others - 1));
    }
}

void spaces_forget_region"""),
     ("a_region_that_goes_stays_the_harts", "        hart->region = 0;\n", ""),
     ("forget_region_fences_nothing_here", "            fence_everything(hart);\n        } else {", "        } else {"),
     ("forget_region_fences_no_other_hart", """    if (others != 0) {
        fence_ledger_remote_fence_all(others);
    }
}

void space_code_changed""", """}

void space_code_changed"""),
     ("forget_region_fences_one_hart_too_few", "            others |= bit_of(index);\n", "            others = bit_of(index);\n"),
     # Code
     ("code_changed_fences_nothing_here", "    fence_ledger_fence_instructions();\n    if (running != 0) {", "    if (running != 0) {"),
     ("code_changed_fences_no_other_hart", "        fence_ledger_remote_fence_instructions(running);\n", ""),
     ("code_changed_fences_one_hart_too_few", """    if (running != 0) {
        fence_ledger_remote_fence_instructions(running);
""", """    if ((running & (running - 1)) != 0) {
        fence_ledger_remote_fence_instructions(running & (running - 1));
"""),
     ("stale_code_is_not_set", "    space->stale_code = ~(bit | running);\n", ""),
     ("stale_code_leaves_out_the_first_hart", "space->stale_code = ~(bit | running);",
      "space->stale_code = ~(bit | running | 1);"),
     ("code_changed_leaves_it_verified", """    if (arch_translations()->space != space) {
        space->verified = 0;
    }
}
""", "}\n"),
     ("code_of_all_fences_nothing_here", "    fence_ledger_fence_instructions();\n    if (others != 0) {", "    if (others != 0) {"),
     ("code_of_all_fences_no_other_hart", "        fence_ledger_remote_fence_instructions(others);\n", ""),
     ("code_of_all_fences_one_hart_too_few", """    if (others != 0) {
        fence_ledger_remote_fence_instructions(others);
""", """    if ((others & (others - 1)) != 0) {
        fence_ledger_remote_fence_instructions(others & (others - 1));
"""))

seed("mm/include/space.h", SPACE,
     ("a_space_is_verified_for_every_hart", "return space->verified == arch_translations()->epoch;",
      "return space->verified != 0;"),
     ("enter_verified_forgets_who_runs", "    arch_translations()->space = space;\n", ""),
     ("enter_verified_writes_no_satp", "    fence_ledger_set_satp(space->satp);\n", ""),
     ("another_region_leaves_it_verified", "    space->verified = 0;\n", "    (void)space;\n"))

seed("mm/map.c", MAP,
     ("attached_and_still_verified", "    space_region_changed(&map->space);\n    list_push_back", "    list_push_back"),
     ("every_space_is_entered_without_a_region", "map->windows == NULL ? 0 : map->windows->serial", "0"),
     ("no_space_is_entered_without_a_region", "map->windows == NULL ? 0 : map->windows->serial",
      "map->windows == NULL ? arch_translations()->region : map->windows->serial"),
     ("detached_from_copies_only", "        gather.takes_shared = true;\n", ""),
     ("the_text_table_is_the_maps_own", "pte_make(windows->text, PTE_V | PTE_SHARED)", "pte_make(windows->text, PTE_V)"),
     ("the_text_window_is_global_as_a_whole", "pte_make(windows->text, PTE_V | PTE_SHARED)", "pte_make(windows->text, PTE_V | PTE_G | PTE_SHARED)"),
     ("detached_without_a_flush", """    table_gather_finish(&gather);
    list_remove(&map->windows_link);
    map->windows = NULL;
""", """    gather.changed = false;
    table_gather_finish(&gather);
    list_remove(&map->windows_link);
    map->windows = NULL;
"""))

seed("mm/map.c", ["shared_region_chain"],
     ("changed_to_others_without_a_flush", """    table_gather_finish(&gather);
    list_remove(&map->windows_link);
    link_windows""", """    gather.changed = false;
    table_gather_finish(&gather);
    list_remove(&map->windows_link);
    link_windows"""),
     ("links_to_the_old_windows_stay", "        if ((table_entries(pte_frame(slot))[index] & PTE_SHARED) != 0) {", "        if (false) {"))

seed("mm/map_fault.c", MAP,
     ("a_replaced_leaf_is_not_flushed", "    map_flush_page(map, address);\n    frame_put(old);\n", "    frame_put(old);\n"),
     ("a_replaced_frame_is_put_before_the_flush", "    map_flush_page(map, address);\n    frame_put(old);\n",
      "    frame_put(old);\n    map_flush_page(map, address);\n"),
     ("a_leaf_is_flushed_before_it_is_replaced", """    *leaf = pte_make(frame, PTE_V | PTE_R | PTE_U | PTE_A | WRITABLE); \
/* not 0 before nor after: still counted */
    map_flush_page(map, address);
""", """    map_flush_page(map, address);
    *leaf = pte_make(frame, PTE_V | PTE_R | PTE_U | PTE_A | WRITABLE);
"""),
     ("a_replaced_leaf_is_global", "pte_make(frame, PTE_V | PTE_R | PTE_U | PTE_A | WRITABLE)",
      "pte_make(frame, PTE_V | PTE_R | PTE_U | PTE_A | PTE_G | WRITABLE)"),
     ("a_replaced_leaf_was_never_accessed", "PTE_V | PTE_R | PTE_U | PTE_A | WRITABLE", "PTE_V | PTE_R | PTE_U | WRITABLE"),
     ("a_writable_page_was_never_written", "#define WRITABLE (PTE_W | PTE_D)", "#define WRITABLE PTE_W"),
     ("a_spurious_fault_is_not_flushed", "        space_flush_all(&map->space); /* what is out of date may be more than the leaf */\n",
      ""),
     ("a_spurious_fault_flushes_the_page_only", "space_flush_all(&map->space); /* what is", "map_flush_page(map, address); /* what is"),
     ("code_is_shown_unfenced", """    if ((flags & PTE_X) != 0) {
        map_show_code(map, address, frame);
    }
    return 0;
""", "    return 0;\n"),
     ("a_frame_of_two_is_taken", "descriptor->ref_count == 1 && descriptor->kind", "descriptor->kind"))

seed("mm/map_pages.h", MAP,
     ("leaves_were_never_accessed", "PTE_V | PTE_U | PTE_A | readable", "PTE_V | PTE_U | readable"),
     ("private_leaves_are_global", "PTE_V | PTE_U | PTE_A | readable", "PTE_V | PTE_U | PTE_A | PTE_G | readable"),
     ("flush_page_forgets", "    space_flush_page(&map->space, page_round_down(address));\n", "    (void)map, (void)address;\n"),
     ("show_code_fences_nothing", "        space_code_changed(&map->space);\n", ""),
     ("show_code_fences_the_wrong_frames", "->kind != FRAME_INITRD", "->kind == FRAME_INITRD"))

seed("mm/map_pages.c", MAP,
     ("a_range_is_flushed_short", "map->account, start, end);\n    clear(map, start, end, &gather);\n",
      "map->account, start, end - PAGE_SIZE);\n    clear(map, start, end, &gather);\n"),
     ("a_range_is_cleared_without_a_flush", "        start = limit;\n    }\n    table_gather_finish(gather);\n",
      "        start = limit;\n    }\n    gather->changed = false;\n    table_gather_finish(gather);\n"),
     ("a_range_is_taken_back_without_a_flush", "        start = limit;\n    }\n    table_gather_finish(&gather);\n",
      "        start = limit;\n    }\n    gather.changed = false;\n    table_gather_finish(&gather);\n"),
     ("protection_changes_without_a_flush", "        space_flush_pages(&map->space, start, (end - start) >> PAGE_SHIFT);\n", ""),
     ("protection_flushes_the_first_page_only", "(end - start) >> PAGE_SHIFT);\n        if", "1);\n        if"),
     ("protection_changes_unseen", "changed |= protect_leaves(", "changed = protect_leaves("),
     ("protection_changes_unseen_behind", "changed |= protect_tables(", "changed = protect_tables("),
     ("what_becomes_code_is_not_fenced", """        if ((protection & ABI_PROT_EXEC) != 0) {
            fence_ledger_code(&map->space, start, end);
            space_code_changed(&map->space);
        }
""", ""),
     ("what_stays_writable_was_never_written", "(stays_writable ? PTE_W | PTE_D : 0)", "(stays_writable ? PTE_W : 0)"),
     ("what_is_not_accessible_stays_valid", "return frame | PTE_HELD;", "return pte;"))

seed("mm/map_populate.c", ["mm_mutants", "mm_map_populate"],
     ("code_is_populated_unfenced", """            if ((flags & PTE_X) != 0) {
                map_show_code(map, address, frame);
            }
""", ""))

seed("mm/map_window.c", WINDOW,
     ("an_own_table_is_shown_before_it_is_zeroed", "    arch_fence_stores(); /* as in table_child_relock() */\n", ""),
     ("a_link_is_replaced_without_a_flush", "        space_flush_all(&map->space);\n        frame_put(pte_frame(pte));\n",
      "        frame_put(pte_frame(pte));\n"),
     ("a_replaced_link_is_flushed_as_a_page", "        space_flush_all(&map->space);\n        frame_put(pte_frame(pte));\n",
      "        space_flush_page(&map->space, WINDOW_DATA_BASE + index * sv39_span(1));\n        frame_put(pte_frame(pte));\n"),
     ("a_read_that_is_out_of_date_is_not_flushed",
      "[page] != 0) {\n        space_flush_all(&map->space);\n        return 0;", "[page] != 0) {\n        return 0;"),
     ("a_write_that_is_out_of_date_is_not_flushed",
      "ABI_PROT_WRITE)) {\n        space_flush_all(&map->space);\n", "ABI_PROT_WRITE)) {\n"),
     ("new_text_is_not_flushed_for", "        space_flush_all(&map->space); /* loaded since this hart last looked */\n", ""),
     ("a_read_links_as_the_maps_own", "        table_set(level1, index, pte_make(pristine, PTE_V | PTE_SHARED));\n        return 0;",
      "        table_set(level1, index, pte_make(pristine, PTE_V));\n        return 0;"),
     ("populate_links_as_the_maps_own", "        table_set(level1, index, pte_make(pristine, PTE_V | PTE_SHARED));\n    }",
      "        table_set(level1, index, pte_make(pristine, PTE_V));\n    }"),
     ("copies_are_global", "            table_store(leaf, *pristine);\n", "            table_store(leaf, *pristine | PTE_G);\n"),
     ("a_link_is_written_through", "if (pte != 0 && (pte & PTE_SHARED) == 0) {", "if (pte != 0) {"))

seed("mm/window.c", WINDOW,
     ("data_leaves_are_global", "(is_in_data(address) ? 0 : PTE_G)", "PTE_G"),
     ("text_leaves_are_not_global", "(is_in_data(address) ? 0 : PTE_G)", "0"),
     ("leaves_of_windows_were_never_accessed", "flags |= PTE_V | PTE_U | PTE_A |", "flags |= PTE_V | PTE_U |"),
     ("regions_have_the_same_serial", "windows->serial = ++last_serial;", "windows->serial = last_serial = 1;"),
     ("a_region_goes_unforgotten", "    spaces_forget_region(windows->serial);\n", ""),
     ("links_and_copies_stay", "            unmap_from(CONTAINER_OF(link, struct map, windows_link), start, start + size, &gather);\n",
      "            (void)unmap_from;\n"),
     ("links_stay", "            table_gather_cleared_table(gather, level1, index);\n", ""),
     ("copies_stay", "    table_clear_range(level1, start, end, gather);\n", ""),
     ("an_unload_flushes_one_space", """    table_gather_start_every_space(&gather, windows->account);
    table_clear_range(""", """    if (!list_is_empty(&windows->maps)) {
        table_gather_start(&gather, &CONTAINER_OF(windows->maps.next, struct map, windows_link)->space,
                           windows->account, start, start + size);
    } else {
        table_gather_start_every_space(&gather, windows->account);
    }
    table_clear_range("""),
     ("an_unload_flushes_nothing", """start + size, &gather);
        }
    }
    table_gather_finish(&gather);
""", """start + size, &gather);
        }
    }
    gather.changed = false;
    table_gather_finish(&gather);
"""))

seed("mm/table.c", TABLE,
     ("a_table_is_linked_before_it_is_zeroed",
      "            arch_fence_stores(); /* nobody walks on into what the frame held before it was zeroed */\n", ""),
     ("a_shared_table_is_walked_as_an_own", "if (!pte_is_table(pte) || (pte & PTE_SHARED) != 0) {", "if (!pte_is_table(pte)) {"),
     ("a_shared_table_is_dropped_as_an_own", "level > 0 && pte_is_table(pte) && (pte & PTE_SHARED) == 0", "level > 0 && pte_is_table(pte)"),
     ("a_shared_table_is_cleared_as_an_own", "        if ((pte & PTE_SHARED) != 0) {\n            if (gather->takes_shared)",
      "        if (false) {\n            if (gather->takes_shared)"),
     ("a_shared_table_is_always_taken", "            if (gather->takes_shared) {\n", "            if (true) {\n"),
     ("every_space_is_not_flushed", "        spaces_flush_all();\n", ""),
     ("a_space_is_not_flushed", "        space_flush_all(gather->space);\n", ""),
     ("a_range_is_not_flushed",
      "        space_flush_pages(gather->space, gather->start, (gather->end - gather->start) >> PAGE_SHIFT);\n", ""),
     ("pages_are_flushed_where_tables_changed", "} else if (gather->tables_changed) {", "} else if (false) {"),
     ("a_leaf_that_goes_changes_nothing", "    gather->changed = true;\n    gather->frames", "    gather->frames"),
     ("an_entry_that_goes_is_no_table", "    gather->tables_changed |= pte_is_table(pte);\n", ""),
     ("a_cleared_table_is_no_table", "    gather->tables_changed = true;\n", ""),
     ("frames_are_put_without_a_flush", "    if (gather->changed) {\n        flush(gather);\n    }\n", "    (void)flush;\n"),
     ("frames_are_put_before_the_flush", """    if (gather->changed) {
        flush(gather);
    }
    for (unsigned i = 0; i < gather->count; i++) {""", """    for (unsigned i = 0; i < gather->count; i++) {""",
      "    gather->count = 0;\n}\n\nstatic void gather_frame", """    gather->count = 0;
    if (gather->changed) {
        flush(gather);
    }
}

static void gather_frame"""),
     ("what_was_flushed_is_flushed_again", "    gather->changed = false;\n    gather->tables_changed = false;\n}",
      "    gather->tables_changed = false;\n}"))

# What happens while the lock is dropped.
seed("mm/map_window.c", ["mm_interleave"],
     ("a_link_that_went_meanwhile_is_replaced", "    if (table_entries(level1)[index] != pte) {\n", "    if (false) {\n"),
     ("a_write_that_overlaps_an_unload_goes_on", "    if (error != 0 || map->change_count != change_count) {\n",
      "    if (error != 0) {\n"),
     ("a_fault_that_overlaps_an_unload_goes_on", "    if (error == 0 && map->change_count != change_count) {\n",
      "    if (false) {\n"))

seed("mm/window.c", ["mm_interleave"],
     ("an_unload_is_not_counted", "    map->change_count++;\n", ""))

seed("mm/map_fault.c", ["mm_interleave"],
     ("a_page_that_was_unloaded_meanwhile_is_shown", "    }\n    if (map->change_count != change_count) {\n",
      "    }\n    if (false) {\n"),
     ("a_copy_of_a_page_that_went_meanwhile_is_shown", "        if (map->change_count != change_count) {\n",
      "        if (false) {\n"))

seed("mm/object.c", ["mm_interleave"],
     ("a_page_is_kept_behind_an_end_that_came_meanwhile", "    if (index >= object_page_count(object)) {\n        frame_put",
      "    if (false) {\n        frame_put"))

seed("mm/map_pages.c", ["mm_interleave"],
     ("pages_that_are_taken_back_are_not_counted", "    map->change_count++;\n", ""))

seed("shared/content.c", CONTENT,
     ("a_copy_that_is_executed_is_not_fenced", "        spaces_code_changed();\n", "        ;\n"),
     ("a_copy_is_fenced_that_is_not_executed", "(extent->protection & ABI_EXTENT_EXECUTE) != 0", "(extent->protection & ABI_EXTENT_EXECUTE) == 0"))

# On the target; the emulator shows none of these.
seed("arch/riscv64/entry.S", [],
     ("boot_without_a_fence_behind_satp", "    csrw satp, a0\n    sfence.vma\n", "    csrw satp, a0\n"),
     ("a_hart_starts_without_a_fence_behind_satp", "    csrw satp, t1\n    sfence.vma\n", "    csrw satp, t1\n"),
     ("a_hart_starts_with_a_fence_of_an_asid", "    csrw satp, t1\n    sfence.vma\n", "    csrw satp, t1\n    sfence.vma zero, t1\n"),
     ("a_hart_starts_with_the_mapping_half_made", "    csrw satp, t1\n    sfence.vma\n    .balign 4\nhart_mapped:\n",
      "    csrw satp, t1\n    .balign 4\nhart_mapped:\n    ld sp, HART_STACK_TOP(a1)\n    call hart_main\n    sfence.vma\n"),
     ("a_hart_starts_without_a_fence_of_instructions", "    fence.i /* what the initrd holds is executed where it lies */\n", ""))

seed("arch/riscv64/cpu.c", [],
     ("probing_leaves_satp_unfenced", '    __asm__ volatile("sfence.vma" ::: "memory");\n', ""),
     ("probing_fences_in_front_of_satp", '    csr_write(satp, satp);\n    __asm__ volatile("sfence.vma" ::: "memory");\n',
      '    __asm__ volatile("sfence.vma" ::: "memory");\n    csr_write(satp, satp);\n'))

seed("arch/riscv64/supervisor_map.c", [],
     ("the_exact_map_is_not_fenced", "    find_root_runs();\n    arch_fence_all();\n", "    find_root_runs();\n"),
     ("the_rough_map_is_not_fenced", "        }\n    }\n    arch_fence_all();\n}\n", "        }\n    }\n}\n"),
     ("a_page_of_the_supervisors_is_not_fenced", "pte_make(frame, SUPERVISOR_DATA);\n    arch_fence_all();\n    return 0;",
      "pte_make(frame, SUPERVISOR_DATA);\n    return 0;"),
     ("a_page_of_descriptors_is_not_fenced", '    __asm__ volatile("sfence.vma %0" ::"r"(page) : "memory");\n', ""),
     ("a_device_is_not_fenced", "    arch_fence_all();\n    return window", "    return window"))

seed("arch/riscv64/include/arch.h", [],
     ("fence_all_is_of_an_asid", '"sfence.vma" ::', '"sfence.vma zero, tp" ::'),
     ("fence_asid_is_of_an_address", '"sfence.vma zero, %0"', '"sfence.vma %0, zero"'),
     ("fence_page_has_its_operands_swapped", '"sfence.vma %0, %1"', '"sfence.vma %1, %0"'),
     ("fence_page_is_of_every_asid", '"sfence.vma %0, %1" ::"r"(address), "r"(asid)', '"sfence.vma %0" ::"r"(address)'),
     ("fence_instructions_is_of_memory", '"fence.i"', '"fence"'),
     ("fence_stores_orders_loads", '"fence w, w"', '"fence r, r"'))
