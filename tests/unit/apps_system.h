#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What a program gets from the system, as a test wants it. The linker puts this in place of the library (--wrap). */

/* Let @count of malloc(), calloc(), realloc(), reallocarray(), strdup() and strndup() succeed, and the next fail, once. */
void system_fail_after(size_t count);

/* Whether it has failed since then; from now on none does. */
bool system_has_failed(void);

/* Whatever folder opendir() is asked for, it opens @folder; NULL: the one that it is asked for. */
void system_open_only(const char *folder);
