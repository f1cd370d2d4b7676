# What is above all: start-up, tasks, scheduling, system calls, files.
PANDO_SOURCES += \
    supervisor/arguments.c \
    supervisor/call_table.c \
    supervisor/calls_audit.c \
    supervisor/calls_bench.c \
    supervisor/calls_descriptor.c \
    supervisor/calls_file.c \
    supervisor/calls_memory.c \
    supervisor/calls_pages.c \
    supervisor/calls_path.c \
    supervisor/calls_region.c supervisor/calls_region_life.c \
    supervisor/calls_report.c \
    supervisor/calls_shm.c \
    supervisor/calls_system.c \
    supervisor/calls_task.c \
    supervisor/calls_time.c \
    supervisor/command_line.c \
    supervisor/console_file.c \
    supervisor/descriptors.c \
    supervisor/device_files.c \
    supervisor/directory_record.c \
    supervisor/erofs.c \
    supervisor/erofs_mount.c \
    supervisor/execve.c \
    supervisor/file.c \
    supervisor/fork.c \
    supervisor/futex.c \
    supervisor/gift.c \
    supervisor/harts.c \
    supervisor/limits.c \
    supervisor/loading.c \
    supervisor/pipe.c \
    supervisor/place.c \
    supervisor/random.c \
    supervisor/root_files.c \
    supervisor/scheduler.c \
    supervisor/shm_files.c \
    supervisor/signals.c \
    supervisor/spawn.c \
    supervisor/start.c \
    supervisor/symbolizer.c \
    supervisor/symbols.c \
    supervisor/system_audit.c \
    supervisor/task.c \
    supervisor/terminal.c \
    supervisor/timer.c \
    supervisor/trap_handlers.c
