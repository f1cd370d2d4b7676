/*
 * A random-number generator: ChaCha20 (RFC 8439) with a key that is replaced by output after each use, so that what was
 * given out can't be found from what is here now.
 *
 * The state is a key alone. Each request makes one stream of blocks, numbered from 0: the first half of block 0 is the
 * next key, all behind it is given out.
 *
 * Locking: the key is replaced under the supervisor's lock, at the beginning of a stream; so no two streams are alike,
 * and what a stream gives is made without the lock.
 */
#include "random.h"

#include "abi_errno.h"
#include "arch.h"

#include <string.h>

#define KEY_WORDS 8
#define BLOCK_WORDS 16
#define BLOCK_BYTES (BLOCK_WORDS * sizeof(uint32_t))
#define DOUBLE_ROUNDS 10
/* A request for more is cut: the key is replaced in between, and others run. */
#define REQUEST_BYTES_MAX 65536u

static uint32_t key[KEY_WORDS];
static bool is_seeded;

static uint32_t rotated(uint32_t word, unsigned bits)
{
    return word << bits | word >> (32 - bits);
}

static void quarter_round(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
    *a += *b;
    *d = rotated(*d ^ *a, 16);
    *c += *d;
    *b = rotated(*b ^ *c, 12);
    *a += *b;
    *d = rotated(*d ^ *a, 8);
    *c += *d;
    *b = rotated(*b ^ *c, 7);
}

/* Block @number of @stream_key's stream (RFC 8439, 2.3), with a nonce of 0: a key makes one stream. */
static void make_block(const uint32_t stream_key[KEY_WORDS], uint32_t number, uint32_t out[BLOCK_WORDS])
{
    uint32_t start[BLOCK_WORDS] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, [12] = number };

    memcpy(&start[4], stream_key, KEY_WORDS * sizeof(start[0]));
    memcpy(out, start, sizeof(start));
    for (unsigned i = 0; i < DOUBLE_ROUNDS; i++) {
        for (unsigned column = 0; column < 4; column++) {
            quarter_round(&out[column], &out[4 + column], &out[8 + column], &out[12 + column]);
        }
        for (unsigned column = 0; column < 4; column++) {
            quarter_round(&out[column], &out[4 + (column + 1) % 4], &out[8 + (column + 2) % 4],
                          &out[12 + (column + 3) % 4]);
        }
    }
    for (unsigned i = 0; i < BLOCK_WORDS; i++) {
        out[i] += start[i];
    }
}

/* A stream of the key that was the current one at its beginning. */
struct stream {
    uint32_t key[KEY_WORDS];
    uint32_t block[BLOCK_WORDS];
    uint32_t number;
    size_t used_bytes; /* of the block */
};

static void stream_begin(struct stream *stream)
{
    arch_lock();
    memcpy(stream->key, key, sizeof(key));
    make_block(stream->key, 0, stream->block);
    memcpy(key, stream->block, sizeof(key));
    arch_unlock();
    stream->number = 1;
    stream->used_bytes = sizeof(key);
}

/* Up to @size_bytes of the stream. Returns where, and how many. */
static const char *stream_take(struct stream *stream, size_t size_bytes, size_t *taken_bytes)
{
    if (stream->used_bytes == BLOCK_BYTES) {
        make_block(stream->key, stream->number++, stream->block);
        stream->used_bytes = 0;
    }
    const char *at = (const char *)stream->block + stream->used_bytes;
    size_t left = BLOCK_BYTES - stream->used_bytes;

    *taken_bytes = size_bytes < left ? size_bytes : left;
    stream->used_bytes += *taken_bytes;
    return at;
}

static void stream_end(struct stream *stream)
{
    memset(stream, 0, sizeof(*stream));
    __asm__ volatile("" : : "r"(stream) : "memory"); /* the stack keeps none of it */
}

void random_seed(const void *seed, size_t size_bytes)
{
    const uint8_t *bytes = seed;
    uint8_t *mixed = (uint8_t *)key;

    /* Each piece is added to the key, and the key replaced by output: every byte of the seed counts. */
    for (size_t at = 0; at < size_bytes; at += sizeof(key)) {
        struct stream stream;

        for (size_t i = 0; i < sizeof(key) && at + i < size_bytes; i++) {
            mixed[i] ^= bytes[at + i];
        }
        stream_begin(&stream);
        stream_end(&stream);
    }
    is_seeded = is_seeded || size_bytes >= RANDOM_SEED_BYTES_MIN;
}

bool random_is_seeded(void)
{
    return is_seeded;
}

void random_fill(void *bytes, size_t size_bytes)
{
    struct stream stream;
    size_t part;

    stream_begin(&stream);
    for (size_t done = 0; done < size_bytes; done += part) {
        const char *from = stream_take(&stream, size_bytes - done, &part);

        memcpy((char *)bytes + done, from, part);
    }
    stream_end(&stream);
}

int64_t random_copy_out(uaddr_t to, uint64_t size_bytes)
{
    uint64_t done = 0, size = size_bytes < REQUEST_BYTES_MAX ? size_bytes : REQUEST_BYTES_MAX;
    struct stream stream;
    int error = 0;

    if (!is_seeded) {
        return -EAGAIN;
    }
    stream_begin(&stream);
    while (done < size && error == 0) {
        size_t part;
        const char *from = stream_take(&stream, size - done, &part);

        error = arch_copy_out(uaddr(to.value + done), from, part);
        done += error ? 0 : part;
    }
    stream_end(&stream);
    return done > 0 || error == 0 ? (int64_t)done : error;
}
