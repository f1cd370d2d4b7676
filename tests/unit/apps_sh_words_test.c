/* Lists of strings as argv wants them. */
#include "words.h"

#include <string.h>

#include "apps_system.h"
#include "check.h"

TEST(words_keep_their_order_and_end_with_null)
{
    struct words words = { 0 };

    for (int i = 0; i < 100; i++) {
        char word[] = { (char)('a' + i % 26), '\0' };

        words_add(&words, strdup(word));
        CHECK_EQUAL(words.count, i + 1);
        CHECK(words.items[words.count] == NULL);
    }
    CHECK_STRING(words.items[27], "b");
    words_free(&words);
    CHECK(words.items == NULL && words.count == 0);
}

TEST(sorting_starts_where_it_is_told)
{
    struct words words = { 0 };

    words_add(&words, strdup("z"));
    words_add(&words, strdup("c"));
    words_add(&words, strdup("B"));
    words_add(&words, strdup("a"));
    words_sort(&words, 1);
    CHECK_STRING(words.items[0], "z");
    CHECK_STRING(words.items[1], "B");
    CHECK_STRING(words.items[2], "a");
    CHECK_STRING(words.items[3], "c");
    CHECK(words.items[4] == NULL);
    words_free(&words);
}

TEST(a_word_that_is_null_counts_as_memory_that_was_short)
{
    struct words words = { 0 };

    words_add(&words, strdup("kept"));
    words_add(&words, NULL);
    CHECK(words.has_failed);
    words_add(&words, strdup("refused"));
    CHECK_EQUAL(words.count, 1);
    words_free(&words);
}

TEST(each_allocation_that_fails_loses_no_memory)
{
    for (size_t count = 0;; count++) {
        struct words words = { 0 };

        system_fail_after(count);
        for (int i = 0; i < 40; i++) {
            words_add(&words, strdup("word"));
        }
        bool has_failed = system_has_failed();

        CHECK_EQUAL(words.has_failed, has_failed);
        words_free(&words);
        if (!has_failed) {
            break;
        }
    }
}
