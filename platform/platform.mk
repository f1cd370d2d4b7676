PANDO_SOURCES += platform/device_tree.c platform/device_node.c platform/device_places.c platform/device_rows.c \
    platform/device_harts.c platform/machine.c platform/memory_spans.c platform/memory_layout.c \
    platform/uart_ns16550.c platform/plic.c platform/console.c platform/power.c platform/quirks.c
