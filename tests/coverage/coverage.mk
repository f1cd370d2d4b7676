# What a build with counters has besides, or does otherwise. On the target: gcc's counters, at -O0, where each
# condition is still a branch of its own; dump.c, which has none, prints them. On the host: clang's.

COVERAGE_CFLAGS := -O0 --coverage -fprofile-info-section -fprofile-update=atomic
PANDO_SOURCES += tests/coverage/dump.c
$(BUILD)/pando/tests/coverage/dump.o: COVERAGE_CFLAGS :=
COVERAGE_LDFLAGS := -Wl,--wrap=power_off -Wl,--wrap=power_restart -Wl,-T,tests/coverage/coverage.lds
COVERAGE_LIBRARIES := -lgcov
HOST_CFLAGS += -fprofile-instr-generate -fcoverage-mapping
