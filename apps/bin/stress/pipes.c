/*
 * One pipe, whose two ends are the program's own: what goes in comes out, in pieces of all sizes, and no more fits than
 * it holds.
 */
#include "abi_errno.h"
#include "abi_types.h"
#include "raw_syscall.h"
#include "stress.h"

#define PIPE_BYTES 65536u
#define WHOLE_BYTES 4096u /* a write of so many is done as a whole, or not at all */
#define PIECE_MAX 6000u

static int32_t ends[2];
static uint64_t written, taken; /* bytes, ever */

void pipes_begin(void)
{
    stress_check_equal(raw_syscall2(SYS_pipe2, (uint64_t)ends, ABI_O_CLOEXEC | ABI_O_NONBLOCK), 0, "a pipe");
}

static void put(uint64_t size)
{
    uint8_t piece[PIECE_MAX];
    uint64_t room = PIPE_BYTES - (written - taken);

    for (uint64_t i = 0; i < size; i++) {
        piece[i] = stress_byte(written + i);
    }
    int64_t result = raw_syscall3(SYS_write, (uint64_t)ends[1], (uint64_t)piece, size);

    /* -EAGAIN is what a full pipe gives: no refusal. */
    if (result == -EAGAIN && room < size) {
        return;
    }
    if (stress_is_refused(result)) {
        return;
    }
    stress_check(result > 0 && (uint64_t)result <= size && (uint64_t)result <= room, "a pipe takes what fits");
    stress_check((uint64_t)result == size || size > WHOLE_BYTES, "a pipe takes a short piece as a whole");
    written += (uint64_t)result;
}

static void take(uint64_t size)
{
    uint8_t piece[PIECE_MAX];
    uint64_t held = written - taken, wanted = size < held ? size : held;
    int64_t result = raw_syscall3(SYS_read, (uint64_t)ends[0], (uint64_t)piece, size);

    stress_check_equal(result, held == 0 ? -EAGAIN : (int64_t)wanted, "bytes from a pipe");
    for (uint64_t i = 0; i < wanted; i++) {
        if (piece[i] != stress_byte(taken + i)) {
            stress_fail("byte %llu from a pipe is %#x, not %#x", (unsigned long long)(taken + i), piece[i],
                        stress_byte(taken + i));
        }
    }
    taken += wanted;
}

void pipes_step(void)
{
    uint64_t size = 1 + stress_pick(stress_pick(2) == 0 ? 64 : PIECE_MAX);

    if (stress_pick(2) == 0) {
        put(size);
    } else {
        take(size);
    }
}
