# Pando's build: one make, nothing recursive, all output under build/.
#
# Each folder's NAME.mk lists its sources; this file knows how each kind of source is made. A target or variable with
# a `##` comment shows up in `make help`.

MAKEFLAGS += -rR --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := all

# --- What the user may set

BOARD ?= qemu-virt## board to build for
SMP ?= 1## harts that QEMU starts
MEM ?= 128M## RAM that QEMU gives: 16M, 128M, 4G
RUN ?=## shell commands for `make run`; without them it boots to the shell
APPEND ?=## more words for the kernel command line: quiet
APPS_DIR ?=## folder of programs to build into /bin as well
CROSS ?= riscv64-unknown-elf-## prefix of the cross toolchain
PICOLIBC ?= /usr/lib/picolibc/riscv64-unknown-elf## root of picolibc for that toolchain
HOST_CC ?= clang## compiler for unit tests and fuzzers: needs the sanitizers and libFuzzer
PYTHON ?= /usr/bin/python3## Python with pytest and pexpect
QEMU ?= qemu-system-riscv64## emulator
QEMU_FLAGS ?=## more flags for it
APP ?=## program that `make debug` is to have symbols of
GDB_FLAGS ?=## more flags for gdb: -batch -x FILE
K ?=## `make test` runs only the tests with this in their names
FUZZ_SECONDS ?=## seconds that each fuzzer gets: without it 60 from `make fuzz`, 3 from `make test`
V ?=## 1 shows the commands
DEBUG ?=## 1 builds with the expensive checks
COVERAGE ?=## 1 builds with counters, in folders of their own: `make coverage` does that

# What the user types as RUN or APPEND goes to boards/run.py through the environment, never through a recipe's text,
# so that quotes and `$i` survive.
override RUN := $(value RUN)
override APPEND := $(value APPEND)
export RUN APPEND

ifeq ($(wildcard boards/$(BOARD)/board.mk),)
$(error there is no board "$(BOARD)"; `make boards` lists them)
endif

ifneq ($(filter coverage,$(MAKECMDGOALS)),)
override COVERAGE := 1
ifneq ($(filter-out setup clean distclean coverage,$(MAKECMDGOALS)),)
$(error `make coverage` builds everything in a way of its own: other goals in another make)
endif
endif

PANDO_VERSION := 0.1.0
VARIANT := $(if $(filter 1,$(COVERAGE)),-coverage)
BUILD := build/$(BOARD)$(if $(filter 1,$(DEBUG)),-debug)$(VARIANT)
HOST := build/host$(VARIANT)
DEPS := build/deps
INITRD := $(BUILD)/initrd.erofs

# --- How a step is shown, and in what order goals are done

# One line a step, or the command with V=1, or nothing with -s.
Q := $(if $(filter 1,$(V)),,@)
SILENT := $(findstring s,$(filter-out --%,$(firstword -$(MAKEFLAGS))))
step = $(if $(SILENT)$(filter 1,$(V)),:,printf '  %-7s %s\n' '$(1)' '$(2)')
quoted = '$(subst ','\'',$(1))'

# As many jobs as the machine has processors, unless the user says otherwise.
ifeq ($(filter -j% --jobserver%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif

# Several goals on one command line (`make setup lint test`) are done in that order, although jobs run side by side:
# each of these waits for those named before it, and all that is built waits for those that come first (FIRST).
ORDERED := setup clean distclean all apps-host lint run bench profile fuzz debug unit models mutants test test-long \
    coverage
FIRST :=
STARTED :=
BEFORE :=
$(foreach goal,$(MAKECMDGOALS),$(if $(filter setup clean distclean,$(goal)),\
    $(if $(STARTED),,$(eval FIRST += $(goal))),$(eval STARTED := yes)))
$(foreach goal,$(filter $(ORDERED),$(MAKECMDGOALS)),\
    $(eval $(goal): | $(BEFORE))$(eval BEFORE += $(goal)))

# A file that holds the flags (or other words), rewritten only when they change: what is made with them depends on it.
define stamp
$(1): FORCE | $(FIRST)
	@mkdir -p $$(@D)
	@printf '%s\n' $$(call quoted,$(2)) | cmp -s - $$@ || printf '%s\n' $$(call quoted,$(2)) > $$@
endef
.PHONY: FORCE
FORCE:

# --- Tools and flags

TARGET_CC := $(CROSS)gcc
TARGET_OBJCOPY := $(CROSS)objcopy
TARGET_ARCH := -march=rv64gc -mabi=lp64d -mcmodel=medany -msmall-data-limit=0
# The library that was built for speed; the one in lib/ itself copies byte by byte.
PICOLIBC_LIBRARIES := $(PICOLIBC)/lib/release/rv64imafdc/lp64d
PICOLIBC_INCLUDE := $(PICOLIBC)/include/release
WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
    -Wconversion -Wno-sign-conversion -Wundef -Wvla -Wwrite-strings -Wpointer-arith
# -fbuiltin after -ffreestanding: memcpy of 8 bytes is a load, not a call; the digests count on it.
PANDO_CFLAGS := -std=c11 -D_POSIX_C_SOURCE=200809L $(TARGET_ARCH) -g -ffreestanding -fbuiltin -fno-pic \
    -fno-strict-aliasing -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections \
    -ffile-prefix-map=$(CURDIR)=. -DCONFIG_DEBUG=$(if $(filter 1,$(DEBUG)),1,0)
# Of each source: its calls, and the bytes of stack of each function, in a .ci beside the object; tests/lint reads them.
PANDO_STACK_INFO := -fcallgraph-info=su
PANDO_ASFLAGS := -Wa,--debug-prefix-map=$(CURDIR)=.
# Made fast: what a line of `make bench` counts most of. Lean is what it counts a little of; all others are made small,
# and share the code that saves registers.
FAST_SOURCES := arch/base/lock.c arch/base/tree.c arch/riscv64/sbi.c arch/riscv64/supervisor_map.c \
    arch/riscv64/user_copy.c mm/frame.c mm/map.c mm/map_entries.c mm/map_fault.c mm/page_store.c mm/pool.c mm/space.c \
    mm/table.c platform/device_tree.c shared/image.c shared/load_hash.c shared/program.c shared/record_pool.c \
    shared/region.c shared/region_load.c shared/region_use.c supervisor/arguments.c supervisor/calls_bench.c \
    supervisor/calls_file.c supervisor/calls_region.c supervisor/descriptors.c supervisor/futex.c supervisor/pipe.c \
    supervisor/place.c supervisor/root_files.c supervisor/scheduler.c supervisor/spawn.c supervisor/task.c \
    supervisor/trap_handlers.c
LEAN_SOURCES := mm/account.c mm/map_populate.c mm/object.c supervisor/calls_task.c supervisor/file.c \
    supervisor/loading.c supervisor/timer.c
effort = $(if $(filter $(1),$(FAST_SOURCES)),-O2,-Os $(if $(filter $(1),$(LEAN_SOURCES)),,-msave-restore))
# The host's: the same sources under sanitizers.
HOST_CFLAGS := -std=gnu11 -g -O1 -fno-omit-frame-pointer -fno-strict-aliasing -fsanitize=address,undefined \
    -fno-sanitize-recover=all -DCONFIG_DEBUG=1
HOST_WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes

# Who may include whom: each layer is compiled with its own and the lower layers' folders on the path, no other.
INCLUDES_arch := apps/abi arch/base/include arch/sv39/include arch/riscv64/include
INCLUDES_mm := $(INCLUDES_arch) mm/include
INCLUDES_shared := $(INCLUDES_mm) shared/include
INCLUDES_platform := $(INCLUDES_arch) platform/include
INCLUDES_supervisor := $(INCLUDES_shared) platform/include supervisor/include
# On the host tests/stub stands in for arch/riscv64. A test may look at what a layer keeps beside its sources.
INCLUDES_apps := apps/abi
INCLUDES_tests := tests/unit $(INCLUDES_supervisor) mm shared platform supervisor apps/bin/sh apps/bin/stress
INCLUDES_HOST := tests/stub tests/stub/include
# Other people's headers, without our warnings.
SYSTEM_INCLUDES_platform := $(DEPS)/libfdt/include
SYSTEM_INCLUDES_shared := $(DEPS)/xxhash/include
SYSTEM_INCLUDES_supervisor := $(DEPS)/xxhash/include

layer = $(firstword $(subst /, ,$(1)))
includes = $(addprefix -I,$(INCLUDES_$(call layer,$(1))))
system_includes = $(addprefix -isystem ,$(SYSTEM_INCLUDES_$(call layer,$(1))) $(PICOLIBC_INCLUDE))
pando_compile = $(TARGET_CC) $(PANDO_CFLAGS) $(call effort,$(1)) $(COVERAGE_CFLAGS) \
    $(if $(filter %.c,$(1)),$(WARNINGS),$(PANDO_ASFLAGS)) $(call includes,$(1)) -I$(BUILD)/generated \
    $(call system_includes,$(1))
host_compile = $(HOST_CC) $(HOST_CFLAGS) $(HOST_WARNINGS) $(addprefix -I,$(INCLUDES_HOST)) $(call includes,$(1))

# --- What there is to build

PANDO_SOURCES :=
UNIT_TESTS :=
FUZZ_TARGETS :=
include boards/$(BOARD)/board.mk
include arch/arch.mk
include mm/mm.mk
include shared/shared.mk
include platform/platform.mk
include supervisor/supervisor.mk
include apps/apps.mk
include tests/tests.mk
ifeq ($(COVERAGE),1)
include tests/coverage/coverage.mk
endif

##@ Building
.PHONY: all
all: $(BUILD)/pando.elf $(BUILD)/pando.bin $(INITRD) build/compile_commands.json ## build the supervisor and its initrd

# Programs of an earlier APPS_DIR go.
.PHONY: apps-host
apps-host: $(APPS_HOST_FILES) ## build the programs for Linux: qemu-riscv64 build/apps-host/bin/NAME
	@rm -f $(filter-out $(APPS_HOST_FILES),$(wildcard $(APPS_HOST)/bin/*))

PANDO_OBJECTS := $(patsubst %,$(BUILD)/pando/%.o,$(basename $(PANDO_SOURCES)))
PANDO_SCRIPT := arch/riscv64/pando.lds
PANDO_LDFLAGS := -nostdlib -static -Wl,--gc-sections -Wl,--build-id=sha1 -Wl,--emit-relocs -Wl,--fatal-warnings \
    -Wl,-z,max-page-size=4096 -Wl,--defsym=vfprintf=__i_vfprintf $(COVERAGE_LDFLAGS)

$(eval $(call stamp,$(BUILD)/pando.flags,$$(TARGET_CC) $$(PANDO_CFLAGS) $$(PANDO_STACK_INFO) $$(COVERAGE_CFLAGS) \
    $$(WARNINGS) $$(INCLUDES_supervisor) $$(PICOLIBC) $$(FAST_SOURCES) $$(LEAN_SOURCES)))
$(eval $(call stamp,$(BUILD)/pando.link,$$(PANDO_LDFLAGS) $$(PANDO_OBJECTS)))
$(eval $(call stamp,$(BUILD)/version,$$(PANDO_VERSION)))

$(BUILD)/generated/version.h: $(BUILD)/version
	@mkdir -p $(@D)
	$(Q)printf '#pragma once\n\n#define PANDO_VERSION "%s"\n' '$(PANDO_VERSION)' > $@

# See arch/base/include/offset.h.
$(BUILD)/generated/offsets.h: arch/riscv64/offsets.c $(BUILD)/pando.flags
	@$(call step,GEN,$@)
	@mkdir -p $(@D)
	$(Q)$(call pando_compile,$<) -MMD -MP -MT $@ -MF $(@:.h=.d) -S -o $(@:.h=.s) $<
	$(Q)sed -n 's/^->\([A-Za-z0-9_]*\) \(.*\)$$/#define \1 \2/p' $(@:.h=.s) > $@

$(BUILD)/pando/%.o: %.c $(BUILD)/pando.flags | $(BUILD)/generated/version.h $(DEPS)/xxhash/include/xxhash.h
	@$(call step,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(call pando_compile,$<) $(PANDO_STACK_INFO) -MMD -MP -c -o $@ $<

$(BUILD)/pando/%.o: %.S $(BUILD)/pando.flags | $(BUILD)/generated/offsets.h
	@$(call step,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(call pando_compile,$<) -MMD -MP -c -o $@ $<

# The supervisor prints integers only: __i_vfprintf is a tenth of the full one and has no floating point in it.
# The relocations are there for check_elf.py and for the bound of the stack in tests/lint.
$(BUILD)/pando.linked: $(PANDO_OBJECTS) $(BUILD)/pando.link $(PANDO_SCRIPT) $(DEPS)/libfdt/lib/libfdt.a
	@$(call step,LD,$@)
	$(Q)$(TARGET_CC) $(TARGET_ARCH) $(PANDO_LDFLAGS) -Wl,-Map=$(BUILD)/pando.map -T $(PANDO_SCRIPT) -o $@ \
	    $(PANDO_OBJECTS) -L$(PICOLIBC_LIBRARIES) -Wl,--start-group $(DEPS)/libfdt/lib/libfdt.a -lc -lgcc \
	    $(COVERAGE_LIBRARIES) -Wl,--end-group

$(BUILD)/pando.elf: $(BUILD)/pando.linked arch/riscv64/check_elf.py
	$(Q)$(PYTHON) arch/riscv64/check_elf.py --cross $(CROSS) $(if $(filter 1,$(COVERAGE)),--counted) $<
	$(Q)$(TARGET_OBJCOPY) --remove-section='.rela.*' --remove-section=.comment $< $@

$(BUILD)/pando.bin: $(BUILD)/pando.elf
	@$(call step,BIN,$@)
	$(Q)$(TARGET_OBJCOPY) -O binary $< $@

# What other people made, and setup brought.
$(DEPS)/libfdt/lib/libfdt.a $(DEPS)/xxhash/include/xxhash.h: | $(FIRST)
	@test -e $@ || { echo '$@ is missing: run "make setup" first' >&2; exit 1; }

# --- Unit tests and fuzzers: see tests/tests.mk

$(eval $(call stamp,$(HOST)/host.flags,$$(HOST_CC) $$(HOST_CFLAGS) $$(HOST_WARNINGS) $$(INCLUDES_HOST) \
    $$(INCLUDES_tests)))

$(HOST)/unit/%.o: %.c $(HOST)/host.flags
	@$(call step,HOSTCC,$<)
	@mkdir -p $(@D)
	$(Q)$(call host_compile,$<) -MMD -MP -c -o $@ $<

$(HOST)/fuzz/%.o: %.c $(HOST)/host.flags
	@$(call step,FUZZCC,$<)
	@mkdir -p $(@D)
	$(Q)$(call host_compile,$<) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

# Of the test LAYER_NAME: the sources of its layer, and the host's libraries that they need.
host_sources = $(HOST_SOURCES_$(firstword $(subst _, ,$(1))))
host_libraries = $(HOST_LIBRARIES_$(firstword $(subst _, ,$(1))))
host_objects = $(patsubst %,$(HOST)/$(1)/%.o,$(basename $(2)))
define unit_test
$(HOST)/bin/$(1)_test: $(call host_objects,unit,tests/unit/$(1)_test.c tests/unit/check.c $(call host_sources,$(1)))
	@$$(call step,HOSTLD,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(HOST_CC) $$(HOST_CFLAGS) -o $$@ $$^ $(call host_libraries,$(1))
endef
define fuzz_target
$(HOST)/bin/fuzz_$(1): $(call host_objects,fuzz,tests/fuzz/fuzz_$(1).c $(call host_sources,$(1)))
	@$$(call step,FUZZLD,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(HOST_CC) $$(HOST_CFLAGS) -fsanitize=fuzzer -o $$@ $$^ $(call host_libraries,$(1))
endef
$(foreach name,$(UNIT_TESTS),$(eval $(call unit_test,$(name))))
$(foreach name,$(FUZZ_TARGETS),$(eval $(call fuzz_target,$(name))))
UNIT_BINARIES := $(patsubst %,$(HOST)/bin/%_test,$(UNIT_TESTS))
FUZZ_BINARIES := $(patsubst %,$(HOST)/bin/fuzz_%,$(FUZZ_TARGETS))
UNIT_SOURCES := $(sort tests/unit/check.c $(foreach name,$(UNIT_TESTS),tests/unit/$(name)_test.c \
    $(call host_sources,$(name))))
FUZZ_SOURCES := $(sort $(foreach name,$(FUZZ_TARGETS),tests/fuzz/fuzz_$(name).c $(call host_sources,$(name))))

##@ Running
RUNNER = $(PYTHON) boards/run.py --qemu='$(QEMU) $(BOARD_QEMU_FLAGS) $(QEMU_FLAGS)' --kernel=$(BUILD)/pando.bin \
    --initrd=$(INITRD) --load-address=$(BOARD_LOAD_ADDRESS) --log=$(BUILD)/console.log --smp=$(SMP)

.PHONY: run
run: $(BUILD)/pando.bin $(INITRD) ## boot on QEMU: to the shell (Ctrl-A x leaves), or RUN='cmd; cmd' and power off
	$(Q)$(RUNNER) --mem=$(MEM)

.PHONY: debug
debug: $(BUILD)/pando.bin $(INITRD) ## boot on QEMU under gdb, with the symbols of APP too: docs/debugging.md
	$(Q)$(RUNNER) --mem=$(MEM) --gdb=$(BUILD)/pando.elf --libc=$(APPS)/libc.elf \
	    $(if $(APP),--app=$(call app_elf,$(APP)) $(addprefix --sources=,$(FOREIGN_FOLDER_$(APP)))) \
	    --gdb-flags=$(call quoted,$(GDB_FLAGS))

.PHONY: console
console: ## in another terminal: the console of the machine that `make debug` has started
	$(Q)$(PYTHON) boards/console.py $(BUILD)/console.log

.PHONY: bench
bench: $(BUILD)/pando.bin $(INITRD) ## print one line a figure: bench NAME VALUE UNIT
	$(Q)$(PYTHON) tests/bench/run.py --cross=$(CROSS) --elf=$(BUILD)/pando.elf --runner=$(call quoted,$(RUNNER))

.PHONY: profile
profile: $(BUILD)/pando.bin $(INITRD) $(HOST)/profile_plugin.so ## run RUN and print the instructions of each function
	$(Q)APPEND="bench quiet $$APPEND" $(PYTHON) tests/bench/profile.py --cross=$(CROSS) --elf=$(BUILD)/pando.elf \
	    --plugin=$(HOST)/profile_plugin.so --output=$(BUILD)/profile.txt --runner=$(call quoted,$(RUNNER)) --mem=$(MEM)

$(HOST)/profile_plugin.so: tests/bench/profile_plugin.c
	@$(call step,HOSTCC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOST_CC) -O2 -shared -fPIC -fvisibility=hidden -o $@ $<

##@ Testing
.PHONY: test
test: all $(UNIT_BINARIES) $(FUZZ_BINARIES) ## all tests; the last line is `N passed, N failed`
	$(Q)$(PYTHON) tests/run.py --filter=$(call quoted,$(K)) --build=$(BUILD) --runner=$(call quoted,$(RUNNER)) \
	    --fuzz-seconds=$(or $(FUZZ_SECONDS),3) \
	    $(addprefix --unit=,$(UNIT_BINARIES)) $(addprefix --fuzz=,$(FUZZ_BINARIES))

.PHONY: test-long
test-long: all ## the boot tests with 1, 2, 4 harts, on QEMU 10, and in a debug build
	$(Q)$(PYTHON) tests/long.py --filter=$(call quoted,$(K)) --build=$(BUILD) --runner=$(call quoted,$(RUNNER))

.PHONY: unit
unit: $(UNIT_BINARIES) ## only the tests that run on the host
	$(Q)$(PYTHON) tests/run.py --filter=$(call quoted,$(K)) $(addprefix --unit=,$(UNIT_BINARIES))

.PHONY: coverage
coverage: $(BUILD)/pando.bin $(INITRD) $(UNIT_BINARIES) $(FUZZ_BINARIES) ## lines and branches that the tests reach
	$(Q)$(PYTHON) -B tests/coverage/run.py --filter=$(call quoted,$(K)) --build=$(BUILD) \
	    --runner=$(call quoted,$(RUNNER)) --gcov=$(CROSS)gcov --clang=$(call quoted,$(HOST_CC)) \
	    $(addprefix --unit=,$(UNIT_BINARIES)) $(addprefix --fuzz=,$(FUZZ_BINARIES))

.PHONY: models
models: ## search models of what harts do at the same time, with spin: each state, and each mistake
	$(Q)$(PYTHON) -B tests/models/run.py --only=$(call quoted,$(K))

# Layers whose sources have mistakes seeded, and the tests that are tried on each.
MUTANT_LAYERS := mm shared tests
MUTANT_TESTS := $(filter mm_% shared_%,$(UNIT_TESTS))
.PHONY: mutants
mutants: $(MUTANT_TESTS:%=$(HOST)/bin/%_test) $(BUILD)/generated/offsets.h ## seed mistakes: a test must see each
	$(Q)$(PYTHON) -B tests/mutants/run.py --only=$(call quoted,$(K)) --cross=$(CROSS) --programs=$(HOST)/bin \
	    $(if $(RECORD),--record) \
	    --target-compile=$(call quoted,$(call pando_compile,arch/riscv64/entry.S)) \
	    --host-link=$(call quoted,$(HOST_CC) $(HOST_CFLAGS)) \
	    $(foreach layer,$(MUTANT_LAYERS),--host-compile=$(call quoted,$(layer) $(call host_compile,$(layer)/))) \
	    $(foreach name,$(MUTANT_TESTS),--test=$(call quoted,$(name) $(call host_objects,unit,tests/unit/$(name)_test.c \
	    tests/unit/check.c $(call host_sources,$(name))) $(call host_libraries,$(name))))

.PHONY: fuzz
fuzz: $(FUZZ_BINARIES) ## run each fuzzer for a minute, or FUZZ_SECONDS
	$(Q)$(PYTHON) tests/run.py --filter=$(call quoted,$(K)) --fuzz-seconds=$(or $(FUZZ_SECONDS),60) \
	    $(addprefix --fuzz=,$(FUZZ_BINARIES))

.PHONY: lint
lint: build/compile_commands.json $(BUILD)/pando.elf ## static checks, and the bound of the supervisor's stack
	$(Q)$(PYTHON) tests/lint --build=$(BUILD) --cross=$(CROSS)

.PHONY: format
format: ## lay out the sources as .clang-format says
	$(Q)find arch mm shared platform supervisor apps tests -name '*.[ch]' ! -path '*/foreign/*' \
	    -exec clang-format -i {} +

# For editors, and for the checkers of `make lint`.
libc_compile = $(TARGET_CC) $(LIBC_CFLAGS)
app_compile = $(TARGET_CC) $(APP_CFLAGS_OWN)
comma := ,
entry = {"directory": "$(CURDIR)"$(comma) "file": "$(1)"$(comma) "command": "$(subst ",\",$(2)) -c $(1)"}
entries = $(foreach source,$(sort $(1)),$(file >>$@,$(call entry,$(source),$(call $(2),$(source)))$(comma)))
build/compile_commands.json: Makefile $(wildcard */*.mk) $(BUILD)/pando.flags $(HOST)/host.flags \
    $(APPS)/app.flags $(APPS)/libc.flags
	@mkdir -p $(@D)
	@$(file >$@,[)\
	$(call entries,$(filter %.c,$(PANDO_SOURCES)),pando_compile)\
	$(call entries,$(filter tests/%,$(UNIT_SOURCES) $(FUZZ_SOURCES)),host_compile)\
	$(call entries,$(LIBC_SOURCES),libc_compile)\
	$(call entries,$(foreach name,$(PROGRAMS) $(BARE_PROGRAMS),$(call program_sources,$(name))),app_compile)\
	$(file >>$@,$(call entry,tests/coverage/dump.c,$(call pando_compile,tests/coverage/dump.c))$(comma))\
	$(file >>$@,$(call entry,arch/riscv64/offsets.c,$(call pando_compile,arch/riscv64/offsets.c))])true

##@ Others
.PHONY: docs
docs: ## make the pages of docs/ that come from sources
	$(Q)$(PYTHON) apps/tools/calls_doc.py apps/abi/abi_syscall.h docs/system-calls.md

.PHONY: setup
setup: ## install what is missing (Debian, Ubuntu); quick when all is there
	$(Q)sh boards/setup.sh $(DEPS)

.PHONY: boards
boards: ## list the boards
	@for board in boards/*/board.mk; do \
	    printf '%-20s %s\n' "$$(basename "$$(dirname $$board)")" "$$(sed -n 's/^BOARD_ABOUT := //p' $$board)"; \
	done

.PHONY: clean
clean: ## remove what was built, but not what setup brought
	$(Q)if [ -d build ]; then find build -mindepth 1 -maxdepth 1 ! -name deps -exec rm -rf {} +; fi

.PHONY: distclean
distclean: ## remove build/ altogether
	$(Q)rm -rf build

.PHONY: help
help: ## this list
	@awk '/^##@/ { printf "\n%s\n", substr($$0, 5) } \
	    /^[a-z-]+:.*## / { split($$0, part, /:.*## /); printf "  make %-12s %s\n", part[1], part[2] }' Makefile
	@printf '\nVariables\n'
	@awk '/^[A-Z_]+ \?= ?.*## ?/ { split($$0, part, / \?= ?|## ?/); \
	    printf "  %-12s %s%s\n", part[1], part[3], part[2] == "" ? "" : " (" part[2] ")" }' Makefile

-include $(PANDO_OBJECTS:.o=.d) $(BUILD)/generated/offsets.d
-include $(patsubst %,$(HOST)/unit/%.d,$(basename $(UNIT_SOURCES)))
-include $(patsubst %,$(HOST)/fuzz/%.d,$(basename $(FUZZ_SOURCES)))
