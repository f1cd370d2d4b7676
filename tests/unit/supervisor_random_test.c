/* supervisor/random.c. Known answers: RFC 8439, A.1, test vectors 1 and 2 (key and nonce 0, blocks 0 and 1). */
#include "random.h"

#include "abi_errno.h"
#include "check.h"
#include "stub.h"

#include <string.h>

#define KEY_BYTES 32

static const uint8_t blocks[2][64] = {
    { 0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90, 0x40, 0x5d, 0x6a, 0xe5, 0x53, 0x86, 0xbd, 0x28,
      0xbd, 0xd2, 0x19, 0xb8, 0xa0, 0x8d, 0xed, 0x1a, 0xa8, 0x36, 0xef, 0xcc, 0x8b, 0x77, 0x0d, 0xc7,
      0xda, 0x41, 0x59, 0x7c, 0x51, 0x57, 0x48, 0x8d, 0x77, 0x24, 0xe0, 0x3f, 0xb8, 0xd8, 0x4a, 0x37,
      0x6a, 0x43, 0xb8, 0xf4, 0x15, 0x18, 0xa1, 0x1c, 0xc3, 0x87, 0xb6, 0x69, 0xb2, 0xee, 0x65, 0x86 },
    { 0x9f, 0x07, 0xe7, 0xbe, 0x55, 0x51, 0x38, 0x7a, 0x98, 0xba, 0x97, 0x7c, 0x73, 0x2d, 0x08, 0x0d,
      0xcb, 0x0f, 0x29, 0xa0, 0x48, 0xe3, 0x65, 0x69, 0x12, 0xc6, 0x53, 0x3e, 0x32, 0xee, 0x7a, 0xed,
      0x29, 0xb7, 0x21, 0x76, 0x9c, 0xe6, 0x4e, 0x43, 0xd5, 0x71, 0x33, 0xb0, 0x74, 0xd8, 0x39, 0xd5,
      0x31, 0xed, 0x1f, 0x28, 0x51, 0x0a, 0xfb, 0x45, 0xac, 0xe1, 0x0a, 0x1f, 0x4b, 0x79, 0x4d, 0x6f },
};

static bool is_equal(const void *a, const void *b, size_t size_bytes)
{
    return memcmp(a, b, size_bytes) == 0;
}

/* Before it has a seed the key is 0. */
TEST(a_stream_is_chacha20_behind_the_next_key)
{
    uint8_t bytes[96];

    random_fill(bytes, sizeof(bytes));
    CHECK(is_equal(bytes, blocks[0] + KEY_BYTES, 32));
    CHECK(is_equal(bytes + 32, blocks[1], 64));
}

/* These known answers were made with `openssl enc -chacha20`, a key at a time. */
TEST(each_request_replaces_the_key_by_the_first_half_of_block_0)
{
    static const uint8_t second[] = { 0xaf, 0xbd, 0xad, 0x28, 0x45, 0xb9, 0x3c, 0xdb };
    uint8_t bytes[sizeof(second)];

    random_fill(bytes, 1);
    random_fill(bytes, sizeof(bytes));
    CHECK(is_equal(bytes, second, sizeof(second)));
}

TEST(every_byte_of_a_seed_counts)
{
    static const uint8_t given[] = { 0xd3, 0x41, 0xee, 0x75, 0xdb, 0xf0, 0x82, 0xc7 };
    uint8_t seed[40], bytes[sizeof(given)];

    for (unsigned i = 0; i < sizeof(seed); i++) {
        seed[i] = (uint8_t)(i + 1);
    }
    random_seed(seed, sizeof(seed));
    random_fill(bytes, sizeof(bytes));
    CHECK(is_equal(bytes, given, sizeof(given)));
}

TEST(so_many_bytes_in_one_piece_are_a_seed)
{
    CHECK(!random_is_seeded());
    random_seed(blocks[0], RANDOM_SEED_BYTES_MIN - 1);
    random_seed(blocks[0], RANDOM_SEED_BYTES_MIN - 1);
    CHECK(!random_is_seeded());
    random_seed(blocks[0], RANDOM_SEED_BYTES_MIN);
    CHECK(random_is_seeded());
    random_seed(blocks[0], 1);
    CHECK(random_is_seeded());
}

TEST(no_two_requests_give_the_same_bytes)
{
    uint8_t given[64][16];

    random_seed(blocks[1], 64);
    for (unsigned i = 0; i < 64; i++) {
        random_fill(given[i], sizeof(given[i]));
        for (unsigned j = 0; j < i; j++) {
            CHECK(!is_equal(given[i], given[j], sizeof(given[i])));
        }
    }
}

/* One user page at USER_PAGE, and nothing behind it; the space is entered. */
#define USER_PAGE 0x10000ull

static uint8_t *start_user_page(void)
{
    stub_start(1 << 20);
    for (unsigned level = 0; level < 3; level++) {
        pte_t *table = arch_direct(paddr(STUB_RAM_BASE + (2 - level) * PAGE_SIZE));
        pte_t below = pte_make(paddr(STUB_RAM_BASE + (3 - level) * PAGE_SIZE), PTE_V);

        table[sv39_index(USER_PAGE, level)] = level > 0 ? below : below | PTE_U | PTE_R | PTE_W | PTE_A | PTE_D;
    }
    arch_satp_set(sv39_satp(paddr(STUB_RAM_BASE), 1));
    arch_unlock(); /* the generator takes it */
    return arch_direct(paddr(STUB_RAM_BASE + 3 * PAGE_SIZE));
}

TEST(without_a_seed_a_user_gets_eagain_and_no_byte)
{
    const uint8_t *page = start_user_page();

    CHECK_EQUAL(random_copy_out(uaddr(USER_PAGE), 8), -EAGAIN);
    CHECK_EQUAL(random_copy_out(uaddr(USER_PAGE), 0), -EAGAIN);
    CHECK(page[0] == 0 && page[7] == 0);
}

TEST(a_user_gets_what_the_generator_gives)
{
    uint8_t *page = start_user_page(), zeros[KEY_BYTES] = { 0 };

    random_seed(zeros, sizeof(zeros)); /* the key is what the first request would have left */
    CHECK_EQUAL(random_copy_out(uaddr(USER_PAGE + 8), 100), 100);
    CHECK_EQUAL(page[8], 0xaf);
    CHECK(page[7] == 0 && page[108] == 0);
    CHECK_EQUAL(random_copy_out(uaddr(USER_PAGE), 0), 0);
}

TEST(where_the_users_memory_ends_the_request_is_cut)
{
    start_user_page();
    random_seed(blocks[0], sizeof(blocks[0]));
    CHECK_EQUAL(random_copy_out(uaddr(USER_PAGE + PAGE_SIZE), 1), -EFAULT);
    int64_t got = random_copy_out(uaddr(USER_PAGE + PAGE_SIZE - 200), 1000);

    CHECK(got > 0 && got <= 200);
    CHECK_EQUAL(random_copy_out(uaddr(0), 1), -EFAULT);
}

TEST(a_users_request_replaces_the_key_even_when_it_fails)
{
    uint8_t zeros[KEY_BYTES] = { 0 }, byte;

    start_user_page();
    random_seed(zeros, sizeof(zeros));
    CHECK_EQUAL(random_copy_out(uaddr(0), 1), -EFAULT);
    random_fill(&byte, 1);
    CHECK(byte != 0xaf); /* what it would be without the request */
}
