#pragma once

#include "lex.h"

/*
 * From tokens to trees.
 */
enum parse_result {
    PARSE_COMMAND,
    PARSE_NOTHING, /* an empty line */
    PARSE_END, /* of the input */
    PARSE_ERROR, /* it has been complained about */
    PARSE_INTERRUPTED,
};

/*
 * Read one complete command, which ends with a line, into the empty script. With PARSE_COMMAND its tree is *@command,
 * which lives as long as the script.
 */
enum parse_result parse_command(struct script *script, struct input *input, struct node **command);

/*
 * The commands of a "$(" that lexer->at is behind; it is left behind the ")". Returns their tree, or NULL: there are
 * none, or the lexer has failed. The token that the lexer looks at stays.
 */
struct node *parse_substitution(struct lexer *lexer);
