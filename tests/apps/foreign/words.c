/* Counts words with a hash table of linked lists, and prints the most frequent. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 64

struct word {
    struct word *next;
    int count;
    char text[];
};

static struct word *table[BUCKETS];

static unsigned hash(const char *s)
{
    unsigned h = 5381;
    while (*s)
        h = h * 33 ^ (unsigned char)*s++;
    return h;
}

static void add(const char *s)
{
    struct word **p = &table[hash(s) % BUCKETS];
    for (; *p; p = &(*p)->next)
        if (strcmp((*p)->text, s) == 0) {
            (*p)->count++;
            return;
        }
    *p = calloc(1, sizeof **p + strlen(s) + 1);
    if (!*p)
        abort();
    (*p)->count = 1;
    strcpy((*p)->text, s);
}

static int by_count(const void *a, const void *b)
{
    const struct word *x = *(struct word *const *)a, *y = *(struct word *const *)b;
    return x->count != y->count ? y->count - x->count : strcmp(x->text, y->text);
}

int main(void)
{
    static const char poem[] = "The aspen grove is one tree. Many trunks, one root: the grove is old, and the trunks "
                               "come and go, but the root of the grove is one and the same.";
    char *copy = strdup(poem), *save;
    for (char *w = strtok_r(copy, " .,:", &save); w; w = strtok_r(NULL, " .,:", &save)) {
        for (char *c = w; *c; c++)
            *c = tolower((unsigned char)*c);
        add(w);
    }
    struct word *all[64];
    int n = 0;
    for (int i = 0; i < BUCKETS; i++)
        for (struct word *w = table[i]; w; w = w->next)
            all[n++] = w;
    qsort(all, n, sizeof all[0], by_count);
    for (int i = 0; i < n && i < 6; i++)
        printf("%-8s %2d %.*s\n", all[i]->text, all[i]->count, all[i]->count, "##########");
    printf("%d different words\n", n);
    return 0;
}
