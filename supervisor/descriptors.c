/*
 * Descriptor tables: eight slots inside the task, then one bigger table of 32, then of 256.
 *
 * Invariants
 *   descriptor-capacity   capacity is that of the table that slots points to
 *   descriptor-reference  each slot that is not NULL holds one reference of its file
 *   descriptor-charged    an account's used ACCOUNT_DESCRIPTORS are the slots of its tasks that are not NULL
 */
#include "descriptors.h"

#include "abi_errno.h"
#include "audit.h"
#include "file.h"
#include "pool.h"
#include "task.h"

#include <string.h>

struct table32 {
    struct file *slots[32];
};
struct table256 {
    struct file *slots[DESCRIPTORS_MAX];
};

static struct pool pool32 = POOL("descriptors-32", struct table32);
static struct pool pool256 = POOL("descriptors-256", struct table256);

static void free_table(struct descriptors *descriptors)
{
    if (descriptors->capacity == DESCRIPTORS_MAX) {
        pool_free(&pool256, descriptors->slots);
    } else if (descriptors->capacity == 32) {
        pool_free(&pool32, descriptors->slots);
    }
}

/* Who pays for what is open. */
static struct account *payer(const struct descriptors *descriptors)
{
    return CONTAINER_OF(descriptors, struct task, descriptors)->account;
}

void descriptors_init(struct descriptors *descriptors)
{
    *descriptors = (struct descriptors){ .slots = descriptors->inline_slots,
                                         .capacity = DESCRIPTORS_INLINE,
                                         .limit = DESCRIPTORS_MAX };
}

void descriptors_close_all(struct descriptors *descriptors)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < descriptors->capacity; i++) {
        if (descriptors->slots[i] != NULL) {
            file_put(descriptors->slots[i]);
            count++;
        }
    }
    account_uncharge(payer(descriptors), ACCOUNT_DESCRIPTORS, count);
    free_table(descriptors);
    descriptors_init(descriptors);
}

/* Returns 0, -EMFILE or -ENOMEM. */
static int grow(struct descriptors *descriptors)
{
    uint16_t capacity = descriptors->capacity == DESCRIPTORS_INLINE ? 32 : DESCRIPTORS_MAX;

    if (descriptors->capacity == DESCRIPTORS_MAX) {
        return -EMFILE;
    }
    struct file **slots = pool_alloc(capacity == 32 ? &pool32 : &pool256);

    if (slots == NULL) {
        return -ENOMEM;
    }
    memset(slots, 0, capacity * sizeof(*slots));
    memcpy(slots, descriptors->slots, descriptors->capacity * sizeof(*slots));
    free_table(descriptors);
    descriptors->slots = slots;
    descriptors->capacity = capacity;
    return 0;
}

void descriptors_set_on_exec(struct descriptors *descriptors, uint32_t number, enum descriptors_on_exec on_exec)
{
    uint64_t bit = 1ull << (number % 64);

    descriptors->close_on_exec[number / 64] &= ~bit;
    if (on_exec == DESCRIPTORS_CLOSE) {
        descriptors->close_on_exec[number / 64] |= bit;
    }
}

bool descriptors_is_close_on_exec(const struct descriptors *descriptors, uint32_t number)
{
    return (descriptors->close_on_exec[number / 64] >> (number % 64) & 1) != 0;
}

/* Returns 0, -EMFILE or -ENOMEM. */
static int make_room(struct descriptors *descriptors, uint32_t number)
{
    while (number >= descriptors->capacity) {
        int error = grow(descriptors);

        if (error) {
            return error;
        }
    }
    return 0;
}

int descriptors_put(struct descriptors *descriptors, struct file *file, uint32_t lowest,
                    enum descriptors_on_exec on_exec)
{
    for (uint32_t number = lowest; number < descriptors->limit; number++) {
        int error = make_room(descriptors, number);

        if (error == 0 && descriptors->slots[number] != NULL) {
            continue;
        }
        if (error == 0) {
            error = account_charge(payer(descriptors), ACCOUNT_DESCRIPTORS, 1);
        }
        if (error) {
            return error;
        }
        descriptors->slots[number] = file;
        descriptors_set_on_exec(descriptors, number, on_exec);
        return (int)number;
    }
    return -EMFILE;
}

int descriptors_put_new(struct descriptors *descriptors, struct file *file, enum descriptors_on_exec on_exec)
{
    int number = descriptors_put(descriptors, file, 0, on_exec);

    if (number < 0) {
        file_put(file);
    }
    return number;
}

int descriptors_replace(struct descriptors *descriptors, uint32_t number, struct file *file,
                        enum descriptors_on_exec on_exec)
{
    int error = make_room(descriptors, number);

    if (error == 0 && descriptors->slots[number] == NULL) {
        error = account_charge(payer(descriptors), ACCOUNT_DESCRIPTORS, 1);
    }
    if (error) {
        return error;
    }
    file_get(file);
    if (descriptors->slots[number] != NULL) {
        file_put(descriptors->slots[number]);
    }
    descriptors->slots[number] = file;
    descriptors_set_on_exec(descriptors, number, on_exec);
    return 0;
}

void descriptors_take(struct descriptors *descriptors, uint32_t number)
{
    descriptors->slots[number] = NULL;
    account_uncharge(payer(descriptors), ACCOUNT_DESCRIPTORS, 1);
}

void descriptors_close_on_exec(struct descriptors *descriptors)
{
    for (uint32_t i = 0; i < descriptors->capacity; i++) {
        if (descriptors->slots[i] != NULL && descriptors_is_close_on_exec(descriptors, i)) {
            (void)descriptors_close(descriptors, i);
        }
    }
}

int descriptors_close(struct descriptors *descriptors, uint64_t number)
{
    struct file *file = descriptors_get(descriptors, number);

    if (file == NULL) {
        return -EBADF;
    }
    descriptors_take(descriptors, (uint32_t)number);
    file_put(file);
    return 0;
}

/* @to has descriptor @number free, and gets its own reference on @file. */
static int share(struct descriptors *to, struct file *file, uint32_t number)
{
    int error = make_room(to, number);

    if (error == 0) {
        error = account_charge(payer(to), ACCOUNT_DESCRIPTORS, 1);
    }
    if (error) {
        return error;
    }
    to->slots[number] = file;
    file_get(file);
    return 0;
}

int descriptors_inherit(struct descriptors *to, const struct descriptors *from)
{
    to->limit = from->limit;
    for (uint32_t i = 0; i < from->capacity; i++) {
        if (from->slots[i] != NULL && !descriptors_is_close_on_exec(from, i)) {
            int error = share(to, from->slots[i], i);

            if (error) {
                return error;
            }
        }
    }
    return 0;
}

int descriptors_fork(struct descriptors *to, const struct descriptors *from)
{
    to->limit = from->limit;
    memcpy(to->close_on_exec, from->close_on_exec, sizeof(to->close_on_exec));
    for (uint32_t i = 0; i < from->capacity; i++) {
        int error = from->slots[i] == NULL ? 0 : share(to, from->slots[i], i);

        if (error) {
            return error;
        }
    }
    return 0;
}

int descriptors_select(struct descriptors *to, const struct descriptors *from, const int32_t *numbers, uint32_t count)
{
    to->limit = from->limit;
    for (uint32_t i = 0; i < count; i++) {
        if (numbers[i] == -1) {
            continue;
        }
        struct file *file = numbers[i] < 0 ? NULL : descriptors_get(from, (uint64_t)numbers[i]);

        if (file == NULL) {
            return -EBADF;
        }
        int error = share(to, file, i);

        if (error) {
            return error;
        }
    }
    return 0;
}

__attribute__((cold)) void descriptors_audit(const struct descriptors *descriptors, struct audit *audit,
                                             bool (*visit)(struct file *file, struct audit *audit), uint64_t *count)
{
    bool is_inline = descriptors->slots == descriptors->inline_slots;

    if (is_inline != (descriptors->capacity == DESCRIPTORS_INLINE) || descriptors->capacity > DESCRIPTORS_MAX) {
        audit_find(audit, "descriptor-capacity", descriptors->capacity);
        return;
    }
    for (uint32_t i = 0; i < descriptors->capacity; i++) {
        if (descriptors->slots[i] == NULL) {
            continue;
        }
        bool is_new = visit(descriptors->slots[i], audit);

        if (count != NULL) {
            account_audit_use(payer(descriptors), ACCOUNT_DESCRIPTORS, 1);
            *count += is_new;
        }
    }
}
