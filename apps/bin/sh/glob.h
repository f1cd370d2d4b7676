#pragma once

#include "words.h"

/*
 * Add the names of all files that @pattern matches to @words, sorted. A name that starts with a dot is matched only
 * by a dot. Adds nothing when there are none.
 */
void glob_expand(const char *pattern, struct words *words);
