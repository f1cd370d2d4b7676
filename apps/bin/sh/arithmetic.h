#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Evaluate an expression of $((...)), after what $ stands for in it was put in: C's operators on 64-bit numbers but ++
 * and --, where a name is a variable's value, 0 if it has none. Assignments set variables. Returns false after a
 * complaint.
 */
bool arithmetic_evaluate(const char *expression, int64_t *value);
