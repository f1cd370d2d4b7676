# Tests on the host. A unit test LAYER_NAME is tests/unit/LAYER_NAME_test.c, a fuzzer LAYER_NAME is
# tests/fuzz/fuzz_LAYER_NAME.c; both are linked with the sources of their layer, HOST_SOURCES_LAYER, and with tests/stub
# in place of arch/riscv64.

WRAP := -Wl,--wrap=
HOST_SOURCES_base := $(addprefix arch/base/,lock.c log.c tree.c) $(addprefix tests/stub/,lock_stub.c panic_stub.c)
HOST_LIBRARIES_base := -pthread
HOST_SOURCES_stub := tests/stub/arch_stub.c tests/stub/tlb_stub.c
HOST_SOURCES_mm := $(HOST_SOURCES_base) $(HOST_SOURCES_stub) $(MM_SOURCES) \
    $(addprefix tests/unit/,harts.c interleave.c mm_audit.c mm_world.c) \
    $(addprefix apps/bin/stress/,model.c model_describe.c)
HOST_LIBRARIES_mm := $(addprefix $(WRAP),map_attach map_destroy map_detach)
HOST_SOURCES_shared := $(HOST_SOURCES_base) $(HOST_SOURCES_stub) $(MM_SOURCES) $(SHARED_SOURCES) \
    $(addprefix tests/unit/,harts.c interleave.c shared_world.c)
HOST_LIBRARIES_shared := $(HOST_LIBRARIES_mm)
HOST_SOURCES_platform := $(HOST_SOURCES_base) $(filter platform/%.c,$(PANDO_SOURCES)) \
    tests/unit/platform_tree.c tests/unit/platform_world.c
HOST_LIBRARIES_platform := -lfdt
# Of the supervisor, what parses and decides.
HOST_SOURCES_supervisor := $(HOST_SOURCES_base) supervisor/command_line.c supervisor/erofs.c supervisor/erofs_mount.c \
    supervisor/place.c supervisor/random.c supervisor/symbols.c supervisor/terminal.c $(HOST_SOURCES_stub) \
    tests/unit/supervisor_erofs_image.c

# The shell's editor, on a terminal that is a model of one, and (layer pty) on a real one; parts of its language.
HOST_SOURCES_apps := $(filter-out %/tty.c,$(EDITOR_SOURCES)) $(addprefix apps/bin/sh/,pattern.c words.c) \
    $(addprefix tests/unit/apps_,system.c terminal.c vt100.c)
HOST_LIBRARIES_apps := $(addprefix $(WRAP),malloc calloc realloc reallocarray strdup strndup opendir)
HOST_SOURCES_pty := $(EDITOR_SOURCES)
# Its language, with nothing that runs.
HOST_SOURCES_language := $(addprefix apps/bin/sh/,arena.c arithmetic.c expand.c expand_parameter.c fields.c glob.c \
    input.c lex.c parse.c pattern.c script.c shell.c table.c text.c variables.c words.c) \
    tests/unit/apps_system.c tests/unit/language_world.c
HOST_LIBRARIES_language := $(HOST_LIBRARIES_apps)

UNIT_TESTS += \
    apps_sh_complete \
    apps_sh_edit \
    apps_sh_history \
    apps_sh_memory \
    apps_sh_pattern \
    apps_sh_screen \
    apps_sh_words \
    base_checked \
    base_lock \
    base_log \
    base_tree \
    language_sh_arithmetic \
    language_sh_expand \
    language_sh_parse \
    mm_account \
    mm_audit \
    mm_fence_ledger \
    mm_frame \
    mm_interleave \
    mm_map \
    mm_map_entries \
    mm_map_fault \
    mm_map_fork \
    mm_map_model \
    mm_map_move \
    mm_map_populate \
    mm_mutants \
    mm_object \
    mm_object_change \
    mm_page_store \
    mm_pool \
    mm_sharers_model \
    mm_space \
    mm_table \
    mm_usage \
    mm_window \
    platform_console \
    platform_device_rows \
    platform_device_tree \
    platform_device_tree_hostile \
    platform_memory_layout \
    platform_memory_spans \
    platform_plic \
    platform_power \
    platform_quirks \
    platform_uart_ns16550 \
    pty_sh_edit \
    shared_content \
    shared_elf \
    shared_image \
    shared_interleave \
    shared_load_hash \
    shared_manifest \
    shared_model \
    shared_program \
    shared_record_pool \
    shared_region \
    shared_region_chain \
    shared_region_load \
    shared_region_place \
    shared_region_table \
    shared_region_unload \
    supervisor_command_line \
    supervisor_erofs \
    supervisor_erofs_mount \
    supervisor_place \
    supervisor_random \
    supervisor_symbols \
    supervisor_terminal

FUZZ_TARGETS += \
    apps_sh_edit \
    language_sh_script \
    platform_device_tree \
    shared_elf \
    supervisor_command_line \
    supervisor_erofs \
    supervisor_symbols

# First inputs of these, from the tools that make the real ones.
FUZZ_SEEDED := apps_sh_edit language_sh_script platform_device_tree supervisor_command_line supervisor_erofs \
    supervisor_symbols
$(FUZZ_SEEDED:%=$(HOST)/bin/fuzz_%): $(HOST)/bin/fuzz_%: | build/fuzz/%.seeded
build/fuzz/%.seeded: tests/fuzz/make_corpus.sh
	@$(call step,SEED,$*)
	$(Q)HOST_CC=$(HOST_CC) PYTHON=$(PYTHON) sh tests/fuzz/make_corpus.sh $* build/fuzz/$*
	@touch $@
