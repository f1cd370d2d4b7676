/*
 * audit: let the supervisor look at everything that it keeps, and say what there is, or what is broken.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "pando.h"

static void print_findings(const struct abi_audit *audit)
{
    for (uint32_t i = 0; i < audit->finding_count && i < ABI_AUDIT_FINDINGS; i++) {
        const struct abi_audit_finding *finding = &audit->findings[i];

        printf("audit: %s at 0x%" PRIx64, finding->invariant, finding->where);
        if (finding->pid != 0) {
            printf(", task %" PRId32, finding->pid);
        }
        printf("\n");
    }
    if (audit->finding_count > ABI_AUDIT_FINDINGS) {
        printf("audit: and %" PRIu32 " more\n", audit->finding_count - ABI_AUDIT_FINDINGS);
    }
}

int main(int argc, char **argv)
{
    struct abi_audit audit;

    (void)argv;
    if (argc != 1) {
        fprintf(stderr, "usage: audit\n");
        return 2;
    }
    if (pando_audit(&audit) != 0) {
        fprintf(stderr, "audit: %s\n", pando_strerror(errno));
        return 1;
    }
    print_findings(&audit);
    if (audit.finding_count == 0) {
        printf("audit: all is well: %" PRIu64 " frames, %" PRIu64 " tables, %" PRIu64 " objects, %" PRIu64
               " maps with %" PRIu64 " entries\n",
               audit.frames, audit.tables, audit.objects, audit.maps, audit.entries);
    }
    return fflush(stdout) == 0 && audit.finding_count == 0 ? 0 : 1;
}
