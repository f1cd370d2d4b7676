/* shared/content.c: which object shows the content of an extent whose end is inside a page. */
#include "content.h"

#include <string.h>

#include "frame.h"
#include "shared_world.h"
#include "stub.h"

#define END 0x123u /* of the extent, in the object's first page */

static struct object *anonymous(void)
{
    struct object *object;

    CHECK_EQUAL(object_create_anonymous(2 * PAGE_SIZE, &object), 0);
    return object;
}

static struct object *content_of(struct object *object, uint64_t size_bytes, uint32_t protection)
{
    struct image image = image_of(object);
    struct abi_extent extent = { .size_bytes = size_bytes, .protection = protection };
    struct object *content;

    CHECK_EQUAL(content_create_relock(&image, &extent, &account_supervisor, &content), 0);
    return content;
}

TEST(a_page_that_was_never_touched_ends_in_zeros)
{
    world_start();
    struct object *object = anonymous();
    struct object *content = content_of(object, END, ABI_EXTENT_READ);

    CHECK(content == object);
    CHECK_EQUAL(object->pages.count, 0);
    object_put(content);
    object_put(object);
}

/* One byte that is not zero, at every place of the page: behind the end it costs a copy, in front of it it does not. */
TEST(ancestor_d14_any_byte_behind_the_end_is_seen_and_cleared)
{
    paddr_t frame, shown;

    world_start();
    struct object *object = anonymous();

    CHECK_EQUAL(object_page_own_relock(object, 0, account_root(), &frame), 0);
    uint8_t *page = arch_direct(frame);
    uint64_t free_frames = world_free_frames();

    for (uint64_t end = END; end < END + 9; end++) {
        for (uint64_t at = end - 1; at < PAGE_SIZE; at += at < end + 20 ? 1 : 61) {
            page[at] = 7;
            struct object *content = content_of(object, end, ABI_EXTENT_READ);

            CHECK((content == object) == (at < end));
            CHECK_EQUAL(object_page(content, 0, &shown), 0);
            CHECK_EQUAL(((uint8_t *)arch_direct(shown))[at], at < end ? 7 : 0);
            object_put(content);
            page[at] = 0;
        }
    }
    CHECK_EQUAL(world_free_frames(), free_frames);
    object_put(object);
}

TEST(c9_a_copy_that_is_executed_is_fenced)
{
    paddr_t frame;

    world_start();
    struct object *object = anonymous();

    CHECK_EQUAL(object_page_own_relock(object, 0, account_root(), &frame), 0);
    ((uint8_t *)arch_direct(frame))[PAGE_SIZE - 1] = 1;
    uint64_t fences = stub_counts.instruction_fences;

    object_put(content_of(object, END, ABI_EXTENT_READ));
    CHECK_EQUAL(stub_counts.instruction_fences, fences);
    object_put(content_of(object, END, ABI_EXTENT_READ | ABI_EXTENT_EXECUTE));
    CHECK_EQUAL(stub_counts.instruction_fences, fences + 1);
    object_put(object);
}
