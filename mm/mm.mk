# The memory layer: frames, pools, objects, tables, windows, maps. No RISC-V in here: arch.h is all it knows of it.
MM_SOURCES := mm/account.c mm/audit.c mm/fence_ledger.c mm/frame.c mm/map.c mm/map_entries.c mm/map_fault.c \
    mm/map_fork.c mm/map_move.c mm/map_pages.c mm/map_populate.c mm/map_window.c mm/object.c mm/object_change.c \
    mm/page_store.c mm/pool.c mm/space.c mm/table.c mm/usage.c mm/window.c
PANDO_SOURCES += $(MM_SOURCES)
