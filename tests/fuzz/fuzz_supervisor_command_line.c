/* The kernel command line, into a buffer that is just large enough. */
#include "command_line.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), *buffer = malloc(size + 1);
    struct command_line line;
    const char *reason = "";

    memcpy(text, data, size);
    text[size] = 0;
    size_t capacity = strlen(text) + 1;
    int error = command_line_parse(text, buffer, capacity, &line, &reason);

    if (error == 0) {
        size_t kept = strlen(line.ignored) + (line.run ? strlen(line.run) : 0) + (line.init ? strlen(line.init) : 0);

        assert(kept < capacity);
        assert(!line.init || line.init[0] == '/');
        assert(!line.has_initrd || line.initrd_start < line.initrd_end);
    } else {
        assert(reason[0] != 0);
    }
    free(buffer);
    free(text);
    return 0;
}
