/* See mm_audit.h. */
#include "mm_audit.h"

#include <stdio.h>

#include "check.h"
#include "usage.h"

#define MAPS_MAX 64

static struct audit audit;
static struct map *audited_maps[MAPS_MAX];
static size_t audited_count;

void mm_audit_start(void)
{
    audited_count = 0;
    audit_begin(&audit);
}

void mm_audit_map(struct map *map)
{
    audit_map(&audit, map);
    audited_maps[audited_count++] = map;
}

void mm_audit_windows(const struct windows *windows)
{
    audit_windows(&audit, windows);
}

/* Usage counted by mm itself: the sums must be RAM, to the frame. */
static void check_usage(uint64_t total)
{
    struct usage_totals totals;
    uint64_t shares = 0;

    usage_begin();
    for (size_t i = 0; i < audited_count; i++) {
        usage_count(audited_maps[i]);
    }
    for (size_t i = 0; i < audited_count; i++) {
        struct usage_row row;

        usage_of_map(audited_maps[i], &row);
        shares += row.pss_micro_frames;
    }
    usage_totals(&totals);
    if (total != 0) {
        CHECK_EQUAL(totals.supervisor_frames + totals.object_frames + totals.mapped_frames + totals.free_frames, total);
    }
    CHECK((shares + 500000) / 1000000 == totals.mapped_frames);
}

void mm_audit_finish(uint64_t total, uint64_t fixed)
{
    audit_end(&audit, total, fixed, AUDIT_SOME_OWNERS);
    for (uint32_t i = 0; i < audit.finding_count && i < AUDIT_FINDINGS_MAX; i++) {
        fprintf(stderr, "auditor: %s at %#lx\n", audit.findings[i].invariant, (unsigned long)audit.findings[i].where);
    }
    CHECK_EQUAL(audit.finding_count, 0);
    check_usage(total);
}
