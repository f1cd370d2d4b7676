/* The system call that counts inside the supervisor, for `bench`. */
#include "abi_errno.h"
#include "abi_pando.h"
#include "arch.h"
#include "calls.h"
#include "cpu.h"
#include "frame.h"
#include "region.h"
#include "start.h"
#include "task.h"

/* Instructions of one attach, mean of @repetitions. */
static int64_t bench_attach_relock(uint64_t repetitions)
{
    struct region *region = region_of(task_current()->map);
    uint64_t sum = 0, empty = cpu_instructions();
    struct map *map;

    empty = cpu_instructions() - empty;
    if (repetitions == 0 || map_create_relock(task_current()->account, &map)) {
        return repetitions == 0 ? -EINVAL : -ENOMEM;
    }
    for (uint64_t i = 0; i < repetitions; i++) {
        uint64_t start = cpu_instructions();

        if (region_attach(region, map)) {
            map_destroy(map);
            return -ENOMEM;
        }
        sum += cpu_instructions() - start - empty;
        region_detach(map);
    }
    map_destroy(map);
    return (int64_t)(sum / repetitions);
}

int64_t call_bench(uint64_t what, uint64_t argument, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    int64_t result;

    CALL_UNUSED(a2, a3, a4, a5);
    if (!start_facts()->bench) {
        return -ENOSYS;
    }
    switch (what) {
    case ABI_BENCH_REGION_ATTACH:
        arch_lock();
        result = bench_attach_relock(argument < 100000 ? argument : 100000);
        arch_unlock();
        return result;
    case ABI_BENCH_PEAK_FRAMES:
        return (int64_t)(start_facts()->ram_frames - start_facts()->firmware_frames - frame_free_minimum());
    case ABI_BENCH_BOOT:
        return (int64_t)start_facts()->boot_instructions;
    default:
        return -EINVAL;
    }
}
