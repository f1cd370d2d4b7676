/*
 * Shared regions, and what is counted inside the supervisor.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "bench.h"
#include "pando.h"

#define SMALL_IMAGE "/lib/bench-small"
#define LARGE_IMAGE "/lib/bench-large"

static bool bench_inside(const char *name, enum abi_bench what, uint64_t argument)
{
    int64_t count = pando_bench(what, argument);

    return count < 0 ? measure_failed(name) : measure_print(name, (uint64_t)count, "instructions");
}

bool bench_region_attach(const char *name)
{
    return bench_inside(name, ABI_BENCH_REGION_ATTACH, REPETITIONS);
}

bool bench_boot(const char *name)
{
    return bench_inside(name, ABI_BENCH_BOOT, 0);
}

struct loading {
    struct abi_region_load request;
    bool has_missed; /* a load that should have been a hit was none */
};

static void load_again(void *context, size_t index)
{
    struct loading *loading = context;
    struct abi_region_loaded loaded;

    (void)index;
    if (region_load(&loading->request, &loaded) != 0 || !(loaded.answer & ABI_REGION_PREVIOUSLY_LOADED)) {
        loading->has_missed = true;
    }
}

/* The images are there only in an initrd that was made with them; without one there is no line and no failure. */
static bool bench_load_hit(const char *name, const char *path)
{
    int fd = open(path, O_RDONLY);

    if (fd < 0) {
        return errno == ENOENT || measure_failed(name);
    }
    struct loading loading = {
        .request = { .fd = fd, .flags = ABI_REGION_IMAGE_MANIFEST | ABI_REGION_ANY_BASE },
    };
    struct abi_region_loaded loaded;

    if (region_load(&loading.request, &loaded) != 0) {
        close(fd);
        return measure_failed(name);
    }
    uint64_t cost = measure(load_again, &loading, REPETITIONS);

    close(fd);
    if (loading.has_missed) {
        errno = ENOENT;
        return measure_failed(name);
    }
    return measure_print(name, cost, "instructions");
}

bool bench_load_hit_small(const char *name)
{
    return bench_load_hit(name, SMALL_IMAGE);
}

bool bench_load_hit_large(const char *name)
{
    return bench_load_hit(name, LARGE_IMAGE);
}
