# What is RISC-V, and the helpers under base/ that are not.
PANDO_SOURCES += \
    arch/base/lock.c \
    arch/base/log.c \
    arch/base/stack_guard.c \
    arch/base/tree.c \
    arch/riscv64/entry.S \
    arch/riscv64/trap.S \
    arch/riscv64/user_access.S \
    arch/riscv64/page.S \
    arch/riscv64/lock.S \
    arch/riscv64/fp.S \
    arch/riscv64/boot_map.c \
    arch/riscv64/cpu.c \
    arch/riscv64/hart.c \
    arch/riscv64/panic.c \
    arch/riscv64/sbi.c \
    arch/riscv64/supervisor_map.c \
    arch/riscv64/supervisor_trap.c \
    arch/riscv64/user_copy.c
