# Tests on the host. A unit test LAYER_NAME is tests/unit/LAYER_NAME_test.c, a fuzzer LAYER_NAME is
# tests/fuzz/fuzz_LAYER_NAME.c (its first inputs are in tests/fuzz/corpus/LAYER_NAME); both are linked with the sources
# of their layer, HOST_SOURCES_LAYER, and with tests/stub in place of arch/riscv64.

HOST_SOURCES_base := arch/base/log.c arch/base/tree.c
HOST_SOURCES_stub := tests/stub/arch_stub.c tests/stub/panic_stub.c
HOST_SOURCES_mm := $(HOST_SOURCES_base) $(HOST_SOURCES_stub) $(MM_SOURCES) tests/unit/mm_world.c tests/unit/mm_audit.c
HOST_SOURCES_shared := $(HOST_SOURCES_base) $(HOST_SOURCES_stub) $(MM_SOURCES) $(SHARED_SOURCES) \
    tests/unit/shared_world.c

UNIT_TESTS += \
    base_checked \
    base_log \
    base_tree \
    mm_account \
    mm_frame \
    mm_map \
    mm_map_entries \
    mm_object \
    mm_page_store \
    mm_pool \
    mm_table \
    shared_elf \
    shared_load_hash \
    shared_manifest \
    shared_record_pool \
    shared_region_load
