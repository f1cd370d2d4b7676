/* Open files: their memory and their references. What they do is their kind's matter. */
#include "file.h"

#include "audit.h"
#include "pool.h"

static struct pool pool = POOL("file", struct file);

struct file *file_create(const struct file_kind *kind, struct place place, uint32_t flags)
{
    struct file *file = pool_alloc(&pool);
    uint32_t mode = flags & ABI_O_ACCMODE;

    if (file != NULL) {
        *file = (struct file){
            .kind = kind,
            .ref_count = 1,
            .readable = mode == ABI_O_RDONLY || mode == ABI_O_RDWR,
            .writable = mode == ABI_O_WRONLY || mode == ABI_O_RDWR,
            .flags = flags & (ABI_O_APPEND | ABI_O_NONBLOCK),
            .place = place,
        };
    }
    return file;
}

int64_t file_read_on(struct file *file, uaddr_t to, uint64_t size_bytes)
{
    uint64_t position = file->position; /* looked at once: a task on another hart may share it */
    int64_t moved = file->kind->read_at(file, to, size_bytes, position);

    if (moved > 0) {
        file->position = position + (uint64_t)moved;
    }
    return moved;
}

void file_put(struct file *file)
{
    if (--file->ref_count == 0) {
        if (file->kind->close != NULL) {
            file->kind->close(file);
        }
        pool_free(&pool, file);
    }
}

__attribute__((cold)) bool file_audit(struct file *file, struct audit *audit)
{
    if (file->audited++ == 0 && file->kind->audit != NULL) {
        file->kind->audit(file, audit);
    }
    return file->audited == 1;
}

__attribute__((cold)) bool file_audit_end(struct file *file, struct audit *audit)
{
    bool is_first = file->audited != 0;

    audit_expect(audit, !is_first || file->ref_count == file->audited, "file-references", (uint64_t)file);
    file->audited = 0;
    return is_first;
}
