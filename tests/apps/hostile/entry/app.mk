# Begins at a function of its own, in front of the C library's start.
APP_LDLIBS := -Wl,-e,first_instructions
