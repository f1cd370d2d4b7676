# QEMU's virt machine: where `make run` and the tests happen.
BOARD_ABOUT := QEMU virt, 1 to 8 harts, any RAM from 16M
BOARD_RAM_BASE := 0x80000000
BOARD_LOAD_ADDRESS := 0x80200000
BOARD_QEMU_FLAGS := -M virt -bios default
