#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a script is parsed into. Words stay as they were typed, quotes and all: they are expanded each time they are
 * run. All of a tree lies in its script's arena; see script.h for what a slice is of.
 */

/* Bytes [start, end) of the script's text. */
struct slice {
    uint32_t start;
    uint32_t end;
};

struct word {
    struct slice slice;
    struct word *next;
};

enum redirection_kind {
    REDIRECT_READ, /* < */
    REDIRECT_WRITE, /* > and >| */
    REDIRECT_APPEND, /* >> */
    REDIRECT_READ_WRITE, /* <> */
    REDIRECT_DUPLICATE, /* <& and >& */
    REDIRECT_DOCUMENT, /* << */
    REDIRECT_DOCUMENT_TABS, /* <<-: tabs at the start of its lines don't count */
};

struct redirection {
    enum redirection_kind kind;
    int fd;
    struct slice word; /* the target, or what ends the document */
    struct redirection *next;
    /* Of a document. */
    struct slice body;
    uint32_t body_end; /* behind the line that ends it */
    bool is_quoted; /* nothing in it is expanded */
    char *delimiter;
    struct redirection *next_document; /* of the whole script, in its order */
};

enum node_kind {
    NODE_SIMPLE,
    NODE_PIPELINE,
    NODE_AND_OR,
    NODE_LIST,
    NODE_GROUP,
    NODE_SUBSHELL,
    NODE_IF,
    NODE_WHILE,
    NODE_UNTIL,
    NODE_FOR,
    NODE_CASE,
    NODE_FUNCTION,
};

/* How a member of an and-or list hangs on those before it. */
enum connector { CONNECT_FIRST, CONNECT_AND, CONNECT_OR };

struct case_item {
    struct word *patterns;
    struct node *body; /* NULL: nothing */
    struct case_item *next;
};

struct node {
    enum node_kind kind;
    enum connector connector;
    bool is_background; /* of a member of a list */
    struct slice text;
    struct redirection *redirections;
    struct node *next; /* the next member of the list, pipeline or and-or list that this one is in */
    union {
        struct {
            struct word *assignments;
            struct word *words;
        } simple;
        struct {
            struct node *stages;
            size_t count;
            bool is_negated;
            bool is_timed;
        } pipeline;
        struct node *members; /* of and-or lists and lists */
        struct node *body; /* of groups and subshells */
        struct {
            struct node *condition;
            struct node *consequence;
            struct node *alternative; /* NULL: none; an elif is an if here */
        } branch;
        struct {
            struct node *condition;
            struct node *body;
        } loop;
        struct {
            struct slice name;
            bool has_words; /* else it goes over "$@" */
            struct word *words;
            struct node *body;
        } for_each;
        struct {
            struct word *subject;
            struct case_item *items;
        } choice;
        struct {
            struct slice name;
            struct node *body;
        } function;
    };
};
