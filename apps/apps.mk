# Everything in U-mode: the shared C library, the programs, those of APPS_DIR, and the initrd that holds them.
#
# A program's NAME.elf has symbols and debug information and stays under build/; what pack.py makes of it goes into
# the initrd. Programs are linked against the finished image of the library: its addresses (libc.exports.ld) and its
# build id (libc.glue.S).

APPS := $(BUILD)/apps

# --- Flags

APP_ARCH := -march=rv64gc -mabi=lp64d -mcmodel=medany
APP_INCLUDES := -isystem apps/include -isystem apps/abi -isystem $(PICOLIBC)/include/release
# Foreign programs get these and nothing more.
APP_BASE_CFLAGS := $(APP_ARCH) -O2 -g -fno-pic -ftls-model=local-exec -ffunction-sections -fdata-sections \
    -ffile-prefix-map=$(CURDIR)=. $(APP_INCLUDES)
# posix_spawn() wants char *const argv[], which string literals are to fit without casts.
APP_WARNINGS := $(WARNINGS) -Wno-write-strings
APP_CFLAGS_OWN := -std=gnu11 -D_GNU_SOURCE $(APP_BASE_CFLAGS) -Os -Iapps/bin $(APP_WARNINGS)
# -fPIE puts constants that hold addresses among the data, where the library can slide.
LIBC_CFLAGS := -std=gnu11 -D_GNU_SOURCE $(APP_ARCH) -O2 -g -fPIE -ftls-model=local-exec -msmall-data-limit=0 \
    -ffunction-sections -fdata-sections -ffile-prefix-map=$(CURDIR)=. $(APP_INCLUDES) $(APP_WARNINGS)
APP_LDFLAGS := $(APP_ARCH) -nostdlib -static -Wl,--build-id=sha1 -Wl,-z,max-page-size=4096 -Wl,--no-warn-rwx-segments

# make expands $(call stamp,...) twice, hence the double dollars.
$(eval $(call stamp,$(APPS)/libc.flags,$$(TARGET_CC) $$(LIBC_CFLAGS) $$(LIBC_DROPPED) $$(LIBGCC_DROPPED)))
$(eval $(call stamp,$(APPS)/app.flags,$$(TARGET_CC) $$(APP_CFLAGS_OWN) $$(APP_LDFLAGS)))

# --- The C library's image

LIBC_SOURCES := $(addprefix apps/libc/,clock.c decimal.c descriptors.c directory.c err.c errno_map.c exec.c file.c \
    fork.c machine.c memory.c pando_calls.c popen.c process.c shm.c signals.c spawn.c stack_guard.c start.c \
    streams.c system.c terminal.c)
LIBC_OBJECTS := $(patsubst apps/%.c,$(APPS)/%.o,$(LIBC_SOURCES))
# Members of picolibc's libc.a that have no place here, as patterns of grep -E: what wants tables of 700 KB (iconv) or
# a network (xdr), what needs entropy, and what ours stands in for.
LIBC_DROPPED := iconv|xdr|getpagesize|arc4random|picosbrk|inittls|riscv_tls|pico-exit|libc_misc_(init|fini)| \
    libc_signal_|strsignal|stdlib_(abort|system)|stack_protector|time_(time|clock)\.| \
    tinystdio_(fflush|fopen|fdopen|dtoa_ryu)\.
# Of libgcc.a: unwinding, what runs before main, code on the stack.
LIBGCC_DROPPED := unwind|emutls|__main|ctors|trampoline|enable-execute-stack|clear_cache|eprintf
empty :=
grep_pattern = $(subst $(empty) ,,$(1))

$(APPS)/libc/%.o: apps/libc/%.c $(APPS)/libc.flags
	@$(call step,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(TARGET_CC) $(LIBC_CFLAGS) -MD -MP -c -o $@ $<

# trimmed_archive(source, dropped members): copy an archive without them.
trimmed_archive = cp $(1) $@ && $(CROSS)ar t $@ | grep -E '$(call grep_pattern,$(2))' | sort -u | xargs $(CROSS)ar d $@

$(APPS)/picolibc/libc.a: $(APPS)/libc.flags
	@$(call step,AR,$@)
	@mkdir -p $(@D)
	$(Q)$(call trimmed_archive,$(PICOLIBC_LIBRARIES)/libc.a,$(LIBC_DROPPED))

$(APPS)/picolibc/libgcc.a: $(APPS)/libc.flags
	@$(call step,AR,$@)
	@mkdir -p $(@D)
	$(Q)$(call trimmed_archive,"$$($(TARGET_CC) $(APP_ARCH) -print-libgcc-file-name)",$(LIBGCC_DROPPED))

$(APPS)/libc.name.o: apps/crt/library_name.S $(APPS)/libc.flags
	@$(call step,AS,$<)
	$(Q)$(TARGET_CC) $(APP_ARCH) -DLIBRARY_NAME='"libc"' -c -o $@ $<

LIBC_PARTS := $(APPS)/libc.name.o $(LIBC_OBJECTS) $(APPS)/picolibc/libc.a $(APPS)/picolibc/libgcc.a
LIBC_LINK = $(TARGET_CC) $(APP_LDFLAGS) -Wl,-q -T apps/libc/libc.ld -o $@ $(APPS)/libc.name.o $(LIBC_OBJECTS) \
    -Wl,--whole-archive \
    $(APPS)/picolibc/libc.a $(APPS)/picolibc/libgcc.a -Wl,--no-whole-archive

# Linked twice: the words that hold addresses are known after the first link, and listed in the second. The list is the
# last thing on the read-only side, so that nothing moves for it.
$(APPS)/libc.draft.elf: $(LIBC_PARTS) apps/libc/libc.ld
	$(Q)$(LIBC_LINK)

$(APPS)/libc.slides.S: $(APPS)/libc.draft.elf apps/tools/slides.py apps/tools/elf.py
	$(Q)$(PYTHON) -B apps/tools/slides.py $< $@

$(APPS)/libc.elf: $(LIBC_PARTS) apps/libc/libc.ld $(APPS)/libc.slides.S
	@$(call step,LD,$@)
	$(Q)$(TARGET_CC) $(APP_ARCH) -c -o $(APPS)/libc.slides.o $(APPS)/libc.slides.S
	$(Q)$(LIBC_LINK) $(APPS)/libc.slides.o -Wl,-Map=$(APPS)/libc.map
	$(Q)$(PYTHON) -B apps/tools/slides.py $@ $(APPS)/libc.slides.check
	$(Q)cmp $(APPS)/libc.slides.S $(APPS)/libc.slides.check

$(APPS)/libc.exports.ld: $(APPS)/libc.glue.S ;
$(APPS)/libc.glue.S: $(APPS)/libc.elf apps/tools/exports.py apps/tools/elf.py
	$(Q)$(PYTHON) -B apps/tools/exports.py $< libc $(APPS)/libc.exports.ld $@

# --- What every program is linked with

$(APPS)/crt0.o: apps/crt/crt0.S $(APPS)/app.flags
	@$(call step,AS,$<)
	$(Q)$(TARGET_CC) $(APP_ARCH) -c -o $@ $<

$(APPS)/libc.glue.o: $(APPS)/libc.glue.S
	$(Q)$(TARGET_CC) $(APP_ARCH) -c -o $@ $<

# For programs whose flags name them; everything in them is in the image.
APP_EMPTY_LIBRARIES := $(APPS)/lib/libc.a $(APPS)/lib/libm.a
$(APP_EMPTY_LIBRARIES): $(APPS)/app.flags
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(CROSS)ar rc $@

APP_GLUE := $(APPS)/crt0.o $(APPS)/libc.glue.o
APP_LINK_INPUTS := $(APP_GLUE) $(APPS)/libc.exports.ld apps/crt/app.ld $(APP_EMPTY_LIBRARIES) $(APPS)/app.flags
# app_link(objects, flags)
app_link = $(TARGET_CC) $(APP_LDFLAGS) -Wl,--gc-sections -T apps/crt/app.ld -o $@ $(APP_GLUE) $(1) -L$(APPS)/lib $(2) \
    $(APPS)/libc.exports.ld

# pack(folder): how its NAME.elf becomes packed/NAME.
define pack
$(1)/packed/%: $(1)/%.elf apps/tools/pack.py apps/tools/elf.py
	@$$(call step,PACK,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(PYTHON) -B apps/tools/pack.py $$< $$@
endef
$(eval $(call pack,$(APPS)))

# --- Our programs

PROGRAMS := audit bench cat chmod crash date dmesg echo elf env false free head hello hexdump init kill limits ls maps \
    poweroff ps rm share sh shm sleep stress stty true uname wc
PROGRAM_SOURCES_bench := $(addprefix apps/bin/bench/,frames.c main.c measure.c memory.c regions.c tasks.c)
# The shell's editor is tested on the host, too.
EDITOR_SOURCES := $(addprefix apps/bin/sh/,candidates.c complete.c edit.c history.c key.c kill.c line.c recall.c \
    screen.c stem.c tty.c utf8.c)
PROGRAM_SOURCES_sh := $(EDITOR_SOURCES) $(addprefix apps/bin/sh/,arena.c arithmetic.c builtin_control.c \
    builtin_help.c builtin_printf.c builtin_programs.c builtin_read.c builtin_test.c builtin_variables.c builtins.c \
    command.c expand.c expand_parameter.c fields.c functions.c glob.c inherit.c input.c jobs.c lex.c main.c output.c \
    parse.c pattern.c pipeline.c program.c redirect.c run.c script.c shell.c table.c terminal.c text.c variables.c \
    words.c) \
    apps/bin/kill_command.c
PROGRAM_SOURCES_stress := $(addprefix apps/bin/stress/,children.c files.c forks.c heap.c locks.c main.c memory.c \
    model.c model_describe.c names.c pipes.c seals.c sharers.c signals.c tasks.c) apps/bin/inputs.c
PROGRAM_SOURCES_kill := $(addprefix apps/bin/,kill.c kill_command.c)
$(foreach name,elf head hexdump maps shm stty wc,\
    $(eval PROGRAM_SOURCES_$(name) := $(addprefix apps/bin/,$(name).c inputs.c)))
# Linked with nothing but itself.
BARE_PROGRAMS := min

program_sources = $(or $(PROGRAM_SOURCES_$(1)),apps/bin/$(1).c)
program_objects = $(patsubst apps/%.c,$(APPS)/%.o,$(call program_sources,$(1)))

$(APPS)/bin/%.o: apps/bin/%.c $(APPS)/app.flags
	@$(call step,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(TARGET_CC) $(APP_CFLAGS_OWN) -MD -MP -c -o $@ $<

define program
$(APPS)/bin/$(1).elf: $$(call program_objects,$(1)) $$(APP_LINK_INPUTS)
	@$$(call step,LD,$$@)
	$$(Q)$$(call app_link,$$(call program_objects,$(1)))
endef
define bare_program
$(APPS)/bin/$(1).elf: $$(call program_objects,$(1)) apps/crt/app.ld $(APPS)/app.flags
	@$$(call step,LD,$$@)
	$$(Q)$$(TARGET_CC) $$(APP_LDFLAGS) -Wl,--gc-sections -T apps/crt/app.ld -o $$@ $$(call program_objects,$(1))
endef
$(foreach name,$(PROGRAMS),$(eval $(call program,$(name))))
$(foreach name,$(BARE_PROGRAMS),$(eval $(call bare_program,$(name))))

# --- Programs of APPS_DIR
#
# A folder's app.mk may set APP_SOURCES (default: its .c files), APP_CFLAGS and APP_LDLIBS. With APP_IMAGE_BASE it is
# no program but an image without data for the text window, at that address, and becomes /lib/NAME.

FOREIGN_PROGRAMS :=
FOREIGN_IMAGES :=
ifneq ($(APPS_DIR),)
FOREIGN_DIR := $(patsubst %/,%,$(APPS_DIR))
# Each folder of programs has objects of its own: a dependency file names sources by their paths.
FOREIGN_BUILD := $(APPS)/foreign-$(firstword $(shell printf '%s' $(call quoted,$(FOREIGN_DIR)) | cksum))
FOREIGN_FOUND := $(shell sh apps/tools/apps_dir.sh $(call quoted,$(FOREIGN_DIR)))
ifneq ($(filter error:,$(FOREIGN_FOUND)),)
$(error $(patsubst error:%,%,$(FOREIGN_FOUND)))
endif

define foreign_folder
APP_SOURCES :=
APP_CFLAGS :=
APP_LDLIBS :=
APP_IMAGE_BASE :=
-include $(FOREIGN_DIR)/$(1)/app.mk
FOREIGN_SOURCES_$(1) := $$(or $$(APP_SOURCES),$$(sort $$(notdir $$(wildcard $(FOREIGN_DIR)/$(1)/*.c))))
FOREIGN_CFLAGS_$(1) := -I$(FOREIGN_DIR)/$(1) $$(APP_CFLAGS)
FOREIGN_LDLIBS_$(1) := $$(APP_LDLIBS)
FOREIGN_BASE_$(1) := $$(APP_IMAGE_BASE)
FOREIGN_FOLDER_$(1) := $(FOREIGN_DIR)/$(1)
FOREIGN_OBJECTS_$(1) := $(FOREIGN_BUILD)/$(1).folder
$$(if $$(APP_IMAGE_BASE),$$(eval FOREIGN_IMAGES += $(1)),$$(eval FOREIGN_PROGRAMS += $(1)))
endef
define foreign_file
FOREIGN_SOURCES_$(1) := $(1).c
FOREIGN_FOLDER_$(1) := $(FOREIGN_DIR)
FOREIGN_OBJECTS_$(1) := $(FOREIGN_BUILD)/$(1).file
FOREIGN_PROGRAMS += $(1)
endef
$(foreach name,$(patsubst %/,%,$(filter %/,$(FOREIGN_FOUND))),$(eval $(call foreign_folder,$(name))))
$(foreach name,$(patsubst %.c,%,$(filter %.c,$(FOREIGN_FOUND))),$(eval $(call foreign_file,$(name))))
endif

$(if $(APPS_DIR),$(eval $(call pack,$(FOREIGN_BUILD))))

foreign_objects = $(patsubst %,$(FOREIGN_OBJECTS_$(1))/%.o,$(basename $(FOREIGN_SOURCES_$(1))))

# foreign_object(name, source)
define foreign_object
$(FOREIGN_OBJECTS_$(1))/$(basename $(2)).o: $(FOREIGN_FOLDER_$(1))/$(2) $(FOREIGN_BUILD)/$(1).flags
	@$$(call step,CC,$$<)
	@mkdir -p $$(@D)
	$$(Q)$$(TARGET_CC) $$(APP_BASE_CFLAGS) -ffile-prefix-map=$(FOREIGN_DIR)=. $$(FOREIGN_CFLAGS_$(1)) \
	    -MD -MP -c -o $$@ $$<
endef
define foreign_program
$(FOREIGN_BUILD)/$(1).elf: $$(call foreign_objects,$(1)) $$(APP_LINK_INPUTS) $(FOREIGN_BUILD)/$(1).flags
	@$$(call step,LD,$$@)
	$$(Q)$$(call app_link,$$(call foreign_objects,$(1)),$$(FOREIGN_LDLIBS_$(1)))
endef
define foreign_image
$(FOREIGN_BUILD)/$(1).elf: $$(call foreign_objects,$(1)) apps/crt/image.ld $(FOREIGN_BUILD)/$(1).flags
	@$$(call step,LD,$$@)
	$$(Q)$$(TARGET_CC) $$(APP_LDFLAGS) -Wl,--defsym=image_base=$$(FOREIGN_BASE_$(1)) -T apps/crt/image.ld -o $$@ \
	    $$(call foreign_objects,$(1))
endef
FOREIGN := $(FOREIGN_PROGRAMS) $(FOREIGN_IMAGES)
$(foreach name,$(FOREIGN),$(eval $(call stamp,$(FOREIGN_BUILD)/$(name).flags,$$(TARGET_CC) $$(APP_BASE_CFLAGS) \
    $$(APP_LDFLAGS) $$(FOREIGN_CFLAGS_$(name)) $$(FOREIGN_LDLIBS_$(name)) $$(FOREIGN_SOURCES_$(name)) \
    $$(FOREIGN_FOLDER_$(name)) $$(FOREIGN_BASE_$(name)))))
$(foreach name,$(FOREIGN),$(foreach source,$(FOREIGN_SOURCES_$(name)),$(eval $(call foreign_object,$(name),$(source)))))
$(foreach name,$(FOREIGN_PROGRAMS),$(eval $(call foreign_program,$(name))))
$(foreach name,$(FOREIGN_IMAGES),$(eval $(call foreign_image,$(name))))

# app_elf(name): the file with a program's symbols.
app_elf = $(if $(filter $(1),$(FOREIGN_PROGRAMS)),$(FOREIGN_BUILD)/$(1).elf,$(if $(filter $(1),$(PROGRAMS) \
    $(BARE_PROGRAMS)),$(APPS)/bin/$(1).elf,$(error there is no program "$(1)")))

# --- The initrd
#
# An EROFS file system, files uncompressed and on page boundaries, so that their pages are mapped where they lie. A
# program of APPS_DIR takes the place of one of ours that has its name. /lib/symbols has the names of the functions in
# everything that runs, the supervisor among it: who only wants another initrd says which supervisor is to read it.

PANDO_ELF ?= $(BUILD)/pando.elf
ROOT_BIN := $(addprefix $(APPS)/packed/bin/,$(filter-out $(FOREIGN_PROGRAMS),$(PROGRAMS) $(BARE_PROGRAMS))) \
    $(addprefix $(FOREIGN_BUILD)/packed/,$(FOREIGN_PROGRAMS))
ROOT_LIB := $(APPS)/packed/libc $(addprefix $(FOREIGN_BUILD)/packed/,$(FOREIGN_IMAGES))
EROFS_FLAGS := -T0 -U 00000000-0000-0000-0000-000000000000 --all-root -x-1 --quiet -E noinline_data

ROOT_ELF := $(patsubst %,%.elf,$(subst /packed/,/,$(ROOT_LIB) $(ROOT_BIN)))

$(eval $(call stamp,$(APPS)/root.list,$$(ROOT_BIN) $$(ROOT_LIB) $$(EROFS_FLAGS) $$(PANDO_ELF)))

$(APPS)/symbols: $(PANDO_ELF) $(ROOT_ELF) $(APPS)/root.list apps/tools/symbols.py apps/tools/elf.py
	@$(call step,SYMBOLS,$@)
	$(Q)$(PYTHON) -B apps/tools/symbols.py $@ $(PANDO_ELF) $(ROOT_ELF)

$(INITRD): $(ROOT_BIN) $(ROOT_LIB) $(APPS)/symbols $(APPS)/root.list apps/tools/check_initrd.sh
	@$(call step,EROFS,$@)
	$(Q)rm -rf $(BUILD)/root
	$(Q)mkdir -p $(BUILD)/root/bin $(BUILD)/root/lib $(BUILD)/root/dev
	$(Q)cp $(ROOT_BIN) $(BUILD)/root/bin
	$(Q)cp $(ROOT_LIB) $(APPS)/symbols $(BUILD)/root/lib
	$(Q)mkfs.erofs $(EROFS_FLAGS) $@ $(BUILD)/root
	$(Q)sh apps/tools/check_initrd.sh $@ $(BUILD)/root

# --- The same programs for Linux: make apps-host
#
# One static file each, from the objects of the board's programs and of the library. Those that end the machine are left
# out: their call is Linux's too, and a privileged user would turn the workstation off.

APPS_HOST := build/apps-host
APPS_HOST_LEFT_OUT := init poweroff
APPS_HOST_BARE := $(filter-out $(FOREIGN_PROGRAMS),$(BARE_PROGRAMS))
APPS_HOST_PROGRAMS := $(filter-out $(FOREIGN_PROGRAMS) $(APPS_HOST_LEFT_OUT),$(PROGRAMS)) $(FOREIGN_PROGRAMS)
APPS_HOST_FILES := $(addprefix $(APPS_HOST)/bin/,$(APPS_HOST_PROGRAMS) $(APPS_HOST_BARE))
APPS_HOST_LINK := $(TARGET_CC) $(APP_LDFLAGS) -Wl,--gc-sections -T apps/crt/host.ld
APPS_HOST_LIBRARY := $(LIBC_OBJECTS) -Wl,--start-group $(APPS)/picolibc/libc.a $(APPS)/picolibc/libgcc.a -Wl,--end-group
APPS_HOST_INPUTS := $(LIBC_PARTS) $(APPS)/crt0.o $(APP_EMPTY_LIBRARIES) apps/crt/host.ld $(APPS_HOST)/link.flags

host_objects = $(if $(filter $(1),$(FOREIGN_PROGRAMS)),$(call foreign_objects,$(1)),$(call program_objects,$(1)))

$(eval $(call stamp,$(APPS_HOST)/link.flags,$$(APPS_HOST_LINK) $$(foreach name,$$(notdir $$(APPS_HOST_FILES)),\
    $$(call host_objects,$$(name)) $$(FOREIGN_LDLIBS_$$(name)))))

# host_program(name, what comes before its objects, what comes behind)
define host_program
$(APPS_HOST)/bin/$(1): $(call host_objects,$(1)) $(APPS_HOST_INPUTS)
	@$$(call step,LD,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(APPS_HOST_LINK) -o $$@ $(2) $(call host_objects,$(1)) $(3)
endef
$(foreach name,$(APPS_HOST_PROGRAMS),$(eval $(call host_program,$(name),$(APPS)/crt0.o,-L$(APPS)/lib \
    $$(FOREIGN_LDLIBS_$(name)) $$(APPS_HOST_LIBRARY))))
$(foreach name,$(APPS_HOST_BARE),$(eval $(call host_program,$(name))))

-include $(LIBC_OBJECTS:.o=.d)
-include $(foreach name,$(PROGRAMS) $(BARE_PROGRAMS),$(patsubst %.o,%.d,$(call program_objects,$(name))))
-include $(foreach name,$(FOREIGN),$(patsubst %.o,%.d,$(call foreign_objects,$(name))))
