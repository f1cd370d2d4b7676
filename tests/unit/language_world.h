#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "script.h"
#include "text.h"
#include "words.h"

/*
 * The shell's language without anything that runs: what would be run for a $(...) "prints" its own text between < and
 * >, and what is complained about is kept.
 */

/* A shell without variables and parameters, that has said nothing. To be called from the frame that uses it. */
#define language_start() language_start_at(__builtin_frame_address(0))
void language_start_at(const char *stack_base);

/* What has been complained about since, and forget it. */
const char *language_said(void);

/* $1 and on, borrowed. */
void language_set_parameters(char **values, size_t count);

/*
 * Append @node as an expression: (echo a >1 b), (| A B), (A && B), (; A B), (if A B C), (for x in a b A), and so on.
 * All that the tree says is in it but where in the text things are.
 */
void language_print_tree(struct text *text, const struct script *script, const struct node *node);

/* The trees of all complete commands of @commands, each a line, up to the first that can't be read. The caller frees. */
char *language_trees(const char *commands);

/* What @words, one line of them, are expanded to, each in brackets; or "failed". The caller frees it. */
char *language_fields(const char *words);

/* As they are: expand all words of the one simple command @line, into @words. */
bool language_expand(const char *line, struct words *words);
