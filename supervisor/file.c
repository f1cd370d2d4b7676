/* Open files: their memory and their references. What they do is their kind's matter. */
#include "file.h"

#include "pool.h"

static struct pool pool = POOL("file", struct file);

struct file *file_create(const struct file_kind *kind, uint64_t inode, bool readable, bool writable)
{
    struct file *file = pool_alloc(&pool);

    if (file != NULL) {
        *file =
            (struct file){ .kind = kind, .ref_count = 1, .readable = readable, .writable = writable, .inode = inode };
    }
    return file;
}

void file_put(struct file *file)
{
    if (--file->ref_count == 0) {
        pool_free(&pool, file);
    }
}
