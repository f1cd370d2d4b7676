/*
 * Arithmetic by operator precedence. What && || and ?: don't evaluate is parsed all the same, with @is_skipped set:
 * it assigns nothing and divides by nothing. Sums and products wrap.
 */
#include "arithmetic.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lex.h"
#include "shell.h"
#include "variables.h"

struct evaluation {
    const char *at;
    const char *start;
    bool is_skipped;
    bool has_failed;
};

enum operation {
    OPERATE_OR,
    OPERATE_AND,
    OPERATE_BIT_OR,
    OPERATE_BIT_XOR,
    OPERATE_BIT_AND,
    OPERATE_EQUAL,
    OPERATE_UNEQUAL,
    OPERATE_LESS,
    OPERATE_LESS_EQUAL,
    OPERATE_GREATER,
    OPERATE_GREATER_EQUAL,
    OPERATE_SHIFT_LEFT,
    OPERATE_SHIFT_RIGHT,
    OPERATE_ADD,
    OPERATE_SUBTRACT,
    OPERATE_MULTIPLY,
    OPERATE_DIVIDE,
    OPERATE_REMAINDER,
    OPERATE_NOTHING,
};

/* In an order that has each before its own beginnings. */
static const struct {
    char text[3];
    unsigned char precedence; /* 1 binds least */
    unsigned char operation;
    bool assigns; /* with a = behind it */
} operators[] = {
    { "||", 1, OPERATE_OR, false },         { "&&", 2, OPERATE_AND, false },
    { "==", 6, OPERATE_EQUAL, false },      { "!=", 6, OPERATE_UNEQUAL, false },
    { "<<", 8, OPERATE_SHIFT_LEFT, true },  { ">>", 8, OPERATE_SHIFT_RIGHT, true },
    { "<=", 7, OPERATE_LESS_EQUAL, false }, { ">=", 7, OPERATE_GREATER_EQUAL, false },
    { "<", 7, OPERATE_LESS, false },        { ">", 7, OPERATE_GREATER, false },
    { "|", 3, OPERATE_BIT_OR, true },       { "^", 4, OPERATE_BIT_XOR, true },
    { "&", 5, OPERATE_BIT_AND, true },      { "+", 9, OPERATE_ADD, true },
    { "-", 9, OPERATE_SUBTRACT, true },     { "*", 10, OPERATE_MULTIPLY, true },
    { "/", 10, OPERATE_DIVIDE, true },      { "%", 10, OPERATE_REMAINDER, true },
};
#define OPERATOR_COUNT (sizeof(operators) / sizeof(operators[0]))

static int64_t assignment(struct evaluation *e);

/* Fail, after a complaint: there is nothing more to evaluate. */
static int64_t stop(struct evaluation *e)
{
    e->has_failed = true;
    e->at = "";
    return 0;
}

static int64_t fail(struct evaluation *e, const char *why)
{
    if (!e->has_failed) {
        shell_complain("arithmetic: %s: %.40s", why, e->start);
    }
    return stop(e);
}

static void skip_blanks(struct evaluation *e)
{
    e->at += strspn(e->at, " \t\r\n");
}

static bool accept(struct evaluation *e, char c)
{
    skip_blanks(e);
    if (*e->at != c) {
        return false;
    }
    e->at++;
    return true;
}

/* The operator at e->at, which is not gone behind; OPERATOR_COUNT: none. */
static size_t find_operator(struct evaluation *e)
{
    size_t i = 0;

    skip_blanks(e);
    while (i < OPERATOR_COUNT && strncmp(e->at, operators[i].text, strlen(operators[i].text)) != 0) {
        i++;
    }
    return i;
}

static int64_t divide(struct evaluation *e, enum operation operation, int64_t left, int64_t right)
{
    if (right == 0) {
        return e->is_skipped ? 0 : fail(e, "division by zero");
    }
    /* The quotient of the least number has no place; that of its wrapped negation is the same. */
    if (right == -1) {
        return operation == OPERATE_DIVIDE ? (int64_t) - (uint64_t)left : 0;
    }
    return operation == OPERATE_DIVIDE ? left / right : left % right;
}

static int64_t operate(struct evaluation *e, enum operation operation, int64_t left, int64_t right)
{
    uint64_t a = (uint64_t)left;
    uint64_t b = (uint64_t)right;

    switch (operation) {
    case OPERATE_OR:
        return left != 0 || right != 0;
    case OPERATE_AND:
        return left != 0 && right != 0;
    case OPERATE_BIT_OR:
        return (int64_t)(a | b);
    case OPERATE_BIT_XOR:
        return (int64_t)(a ^ b);
    case OPERATE_BIT_AND:
        return (int64_t)(a & b);
    case OPERATE_EQUAL:
        return left == right;
    case OPERATE_UNEQUAL:
        return left != right;
    case OPERATE_LESS:
        return left < right;
    case OPERATE_LESS_EQUAL:
        return left <= right;
    case OPERATE_GREATER:
        return left > right;
    case OPERATE_GREATER_EQUAL:
        return left >= right;
    case OPERATE_SHIFT_LEFT:
        return (int64_t)(a << (b & 63));
    case OPERATE_SHIFT_RIGHT:
        return left >> (b & 63);
    case OPERATE_ADD:
        return (int64_t)(a + b);
    case OPERATE_SUBTRACT:
        return (int64_t)(a - b);
    case OPERATE_MULTIPLY:
        return (int64_t)(a * b);
    case OPERATE_DIVIDE:
    case OPERATE_REMAINDER:
        return divide(e, operation, left, right);
    default:
        return right;
    }
}

static int64_t number(struct evaluation *e)
{
    char *end;
    int64_t value = (int64_t)strtoull(e->at, &end, 0);

    if (lex_is_name_character(*end)) {
        return fail(e, "not a number");
    }
    e->at = end;
    return value;
}

static int64_t value_of(struct evaluation *e, const char *name)
{
    const char *value = variables_get(name);
    char *end;

    if (value == NULL && shell.fails_on_unset && !e->is_skipped) {
        return fail(e, "a variable is not set");
    }
    if (value == NULL) {
        return 0;
    }
    int64_t parsed = (int64_t)strtoll(value, &end, 0);

    end += strspn(end, " \t\r\n");
    return *end == '\0' ? parsed : fail(e, "a variable's value is not a number");
}

/* Behind a name: go behind an assignment operator. Returns what it does before, OPERATE_NOTHING for a plain =. */
static bool accept_assignment(struct evaluation *e, enum operation *operation)
{
    size_t found = find_operator(e);

    if (found == OPERATOR_COUNT && *e->at == '=') {
        e->at++;
        *operation = OPERATE_NOTHING;
        return true;
    }
    if (found == OPERATOR_COUNT || !operators[found].assigns) {
        return false;
    }
    size_t length = strlen(operators[found].text);

    if (e->at[length] != '=') {
        return false;
    }
    e->at += length + 1;
    *operation = operators[found].operation;
    return true;
}

static int64_t assign(struct evaluation *e, const char *name, enum operation operation)
{
    int64_t right = assignment(e);
    int64_t value = operate(e, operation, operation == OPERATE_NOTHING ? 0 : value_of(e, name), right);
    char digits[24];

    snprintf(digits, sizeof(digits), "%" PRId64, value);
    if (!e->is_skipped && !e->has_failed && !variables_set(name, digits)) {
        e->has_failed = true;
    }
    return value;
}

static int64_t variable(struct evaluation *e)
{
    const char *end = lex_name_end(e->at, e->at + strlen(e->at));
    char *name = strndup(e->at, (size_t)(end - e->at));
    enum operation operation;
    int64_t value;

    if (name == NULL) {
        shell_out_of_memory();
        return stop(e);
    }
    e->at = end;
    if (accept_assignment(e, &operation)) {
        value = assign(e, name, operation);
    } else {
        value = value_of(e, name);
    }
    free(name);
    return value;
}

static int64_t unary(struct evaluation *e)
{
    if (shell_stack_is_low()) {
        return fail(e, "nested too deeply");
    }
    if (accept(e, '(')) {
        int64_t value = assignment(e);

        return accept(e, ')') ? value : fail(e, "( without )");
    }
    if (accept(e, '-')) {
        return (int64_t) - (uint64_t)unary(e);
    }
    if (accept(e, '+')) {
        return unary(e);
    }
    if (accept(e, '!')) {
        return !unary(e);
    }
    if (accept(e, '~')) {
        return ~unary(e);
    }
    if (isdigit((unsigned char)*e->at)) {
        return number(e);
    }
    return lex_is_name_start(*e->at) ? variable(e) : fail(e, "a number is missing");
}

/* Operands joined by operators that bind at least as @precedence. */
static int64_t binary(struct evaluation *e, unsigned precedence)
{
    int64_t left = unary(e);
    size_t found;

    while ((found = find_operator(e)) < OPERATOR_COUNT && operators[found].precedence >= precedence) {
        enum operation operation = operators[found].operation;
        bool was_skipped = e->is_skipped;

        e->at += strlen(operators[found].text);
        e->is_skipped =
            was_skipped || (operation == OPERATE_AND && left == 0) || (operation == OPERATE_OR && left != 0);
        int64_t right = binary(e, operators[found].precedence + 1u);

        e->is_skipped = was_skipped;
        left = operate(e, operation, left, right);
    }
    return left;
}

/* What stands on the right of an assignment: all operators but the assignment, which unary() knows from its name. */
static int64_t assignment(struct evaluation *e)
{
    int64_t condition = binary(e, 1);

    if (!accept(e, '?')) {
        return condition;
    }
    bool was_skipped = e->is_skipped;

    e->is_skipped = was_skipped || condition == 0;
    int64_t consequence = assignment(e);

    if (!accept(e, ':')) {
        return fail(e, "? without :");
    }
    e->is_skipped = was_skipped || condition != 0;
    int64_t alternative = assignment(e);

    e->is_skipped = was_skipped;
    return condition != 0 ? consequence : alternative;
}

bool arithmetic_evaluate(const char *expression, int64_t *value)
{
    struct evaluation e = { .at = expression, .start = expression };

    skip_blanks(&e);
    int64_t result = *e.at == '\0' ? 0 : assignment(&e);

    skip_blanks(&e);
    if (*e.at != '\0') {
        fail(&e, "an operator is missing");
    }
    if (!e.has_failed) {
        *value = result;
    }
    return !e.has_failed;
}
