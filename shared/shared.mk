# The shared-region server: see the head comment of shared/shared.c.
SHARED_SOURCES := shared/content.c shared/elf.c shared/elf_notes.c shared/image.c shared/load_entry.c \
    shared/load_hash.c shared/manifest.c shared/program.c shared/reason.c shared/record_pool.c shared/region.c \
    shared/region_chain.c shared/region_load.c shared/region_private.c shared/region_table.c shared/region_unload.c \
    shared/region_use.c shared/shared.c shared/shared_audit.c
PANDO_SOURCES += $(SHARED_SOURCES)
