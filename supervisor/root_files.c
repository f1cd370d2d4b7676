/*
 * Files of the initrd: opening, reading, listing, and their objects.
 *
 * Invariants
 *   name-cache    a path in it leads to that object: nothing in the initrd ever changes, so no entry is ever stale
 *   root-object   each inode has at most one object, made when first asked for and kept: so an image is known by its
 *                 object wherever it was opened, and the same program is a hit in the load hash
 */
#include "root_files.h"

#include "abi_errno.h"
#include "abi_types.h"
#include "arch.h"
#include "erofs.h"
#include "object.h"
#include "pool.h"
#include "tree.h"

#include <string.h>

enum { CHUNK_BYTES = 512, RECORD_BYTES_MAX = (ABI_DIRENT64_NAME_OFFSET + EROFS_NAME_MAX + 1 + 7) / 8 * 8 };

struct root_object {
    struct tree_node node; /* by nid */
    uint64_t nid;
    struct object *object; /* one reference */
};

/* Where programs were found, so that starting one again costs no walk through directories. */
#define NAME_CACHE_SLOTS 16
struct cached_name {
    struct object *object; /* borrowed from its root_object; NULL: a free slot */
    bool is_executable;
    char path[31];
};

static struct erofs fs;
static paddr_t image_start;
static struct tree objects;
static struct pool pool = POOL("root-object", struct root_object);
static struct cached_name name_cache[NAME_CACHE_SLOTS];

int root_files_mount(paddr_t start, uint64_t size_bytes, const char **reason)
{
    image_start = start;
    return erofs_mount(&fs, arch_direct(start), size_bytes, reason);
}

static int look_up(const char *path, struct erofs_inode *inode)
{
    uint64_t nid;
    int error = erofs_path_lookup(&fs, fs.root_nid, path, strlen(path), EROFS_FOLLOW, &nid);

    if (error == 0) {
        erofs_inode(&fs, nid, inode);
    }
    return error;
}

static bool is_kind(const struct erofs_inode *inode, uint32_t type)
{
    return (inode->mode & ABI_S_IFMT) == type;
}

/* Make the object of @inode and keep it at @link below @parent. */
static int make_object(const struct erofs_inode *inode, struct tree_node *parent, struct tree_node **link,
                       struct object **out)
{
    struct root_object *kept = pool_alloc(&pool);

    if (kept == NULL) {
        return -ENOMEM;
    }
    kept->nid = inode->nid;
    int error = object_create_initrd(paddr(image_start.value + inode->data_offset), inode->size_bytes, &kept->object);

    if (error) {
        pool_free(&pool, kept);
        return error;
    }
    tree_insert(&objects, &kept->node, parent, link);
    *out = kept->object;
    return 0;
}

/* The object of a regular file, borrowed for ever. */
static int object_of(const struct erofs_inode *inode, struct object **out)
{
    struct tree_node *parent = NULL, **link = &objects.root;

    if (!inode->in_place || inode->size_bytes == 0) {
        return -EINVAL; /* a file of no bytes, or one that has no pages of its own */
    }
    struct object *found = NULL;

    while (*link != NULL && found == NULL) {
        struct root_object *kept = CONTAINER_OF(*link, struct root_object, node);

        parent = *link;
        if (kept->nid == inode->nid) {
            found = kept->object;
        }
        link = inode->nid < kept->nid ? &parent->left : &parent->right;
    }
    if (found == NULL) {
        return make_object(inode, parent, link, out);
    }
    *out = found;
    return 0;
}

/* The slot that @path would be in; NULL when it is too long for any. */
static struct cached_name *cache_slot(const char *path)
{
    uint32_t mixed = 0, length = 0;

    for (; path[length] != '\0'; length++) {
        if (length == sizeof(name_cache[0].path) - 1) {
            return NULL;
        }
        mixed = mixed * 31 + (uint8_t)path[length];
    }
    return &name_cache[(mixed ^ mixed >> 4) % NAME_CACHE_SLOTS];
}

/* Find the object at @path, borrowed, by walking the directories. */
static int find_object(const char *path, bool *is_executable, struct object **out)
{
    struct erofs_inode inode;
    int error = look_up(path, &inode);

    if (error) {
        return error;
    }
    if (is_kind(&inode, ABI_S_IFDIR)) {
        return -EISDIR;
    }
    if (!is_kind(&inode, ABI_S_IFREG)) {
        return -EACCES;
    }
    *is_executable = (inode.mode & 0111) != 0;
    error = object_of(&inode, out);
    return error == -EINVAL ? -ENOEXEC : error;
}

int root_files_object(const char *path, enum root_files_need need, struct object **out)
{
    struct cached_name *slot = cache_slot(path);
    struct object *object;
    bool is_executable;

    if (slot != NULL && slot->object != NULL && strcmp(slot->path, path) == 0) {
        object = slot->object;
        is_executable = slot->is_executable;
    } else {
        int error = find_object(path, &is_executable, &object);

        if (error) {
            return error;
        }
        if (slot != NULL) {
            *slot = (struct cached_name){ .is_executable = is_executable, .object = object };
            strncpy(slot->path, path, sizeof(slot->path) - 1); /* it fits: cache_slot() has seen to it */
        }
    }
    if (need == ROOT_FILE_EXECUTABLE && !is_executable) {
        return -EACCES;
    }
    object_get(object);
    *out = object;
    return 0;
}

static int64_t read_file(struct file *file, uaddr_t to, uint64_t size_bytes)
{
    struct erofs_inode inode;
    uint64_t done = 0;

    erofs_inode(&fs, file->inode, &inode);
    while (done < size_bytes) {
        char bytes[CHUNK_BYTES];
        const char *from = bytes;
        uint64_t size = size_bytes - done;

        if (file->position >= inode.size_bytes) {
            break;
        }
        if (inode.in_place) {
            uint64_t rest = inode.size_bytes - file->position;

            from = (const char *)fs.image + inode.data_offset + file->position;
            size = size < rest ? size : rest;
        } else {
            size = erofs_read(&fs, &inode, file->position, bytes, size < sizeof(bytes) ? size : sizeof(bytes));
        }
        if (arch_copy_out(uaddr(to.value + done), from, size)) {
            return done > 0 ? (int64_t)done : -EFAULT;
        }
        file->position += size;
        done += size;
    }
    return (int64_t)done;
}

static int64_t size_of_file(const struct file *file)
{
    struct erofs_inode inode;

    erofs_inode(&fs, file->inode, &inode);
    return (int64_t)inode.size_bytes;
}

static void describe_file(const struct file *file, struct abi_stat *stat)
{
    struct erofs_inode inode;

    erofs_inode(&fs, file->inode, &inode);
    stat->inode = inode.nid;
    stat->mode = inode.mode;
    stat->link_count = inode.link_count;
    stat->size_bytes = (int64_t)inode.size_bytes;
    stat->block_size_bytes = (int32_t)PAGE_SIZE;
    stat->block_count = (int64_t)((inode.size_bytes + 511) / 512);
}

static int object_of_file(struct file *file, struct object **out)
{
    if (file->object == NULL) {
        struct erofs_inode inode;

        erofs_inode(&fs, file->inode, &inode);
        int error = object_of(&inode, &file->object);

        if (error) {
            return error;
        }
    }
    *out = file->object;
    return 0;
}

/* One record, padded with zeros. Returns its length. */
static uint16_t make_record(const struct erofs_entry *entry, uint64_t next, char *bytes)
{
    struct abi_dirent64 *record = (struct abi_dirent64 *)bytes;
    size_t length = (ABI_DIRENT64_NAME_OFFSET + entry->name_size_bytes + 1 + 7) / 8 * 8;

    memset(bytes, 0, length);
    record->inode = entry->nid;
    record->next_offset = (int64_t)next;
    record->record_bytes = (uint16_t)length;
    record->type = (uint8_t)entry->type;
    memcpy(bytes + ABI_DIRENT64_NAME_OFFSET, entry->name, entry->name_size_bytes);
    return (uint16_t)length;
}

static int64_t list_directory(struct file *file, uaddr_t to, uint64_t size_bytes)
{
    _Alignas(struct abi_dirent64) char record[RECORD_BYTES_MAX];
    struct erofs_inode inode;
    struct erofs_entry entry;
    uint64_t done = 0, cursor = file->position;

    erofs_inode(&fs, file->inode, &inode);
    while (erofs_readdir(&fs, &inode, &cursor, &entry) == 0) {
        uint16_t length = make_record(&entry, cursor, record);

        if (length > size_bytes - done) {
            return done > 0 ? (int64_t)done : -EINVAL;
        }
        if (arch_copy_out(uaddr(to.value + done), record, length)) {
            return done > 0 ? (int64_t)done : -EFAULT;
        }
        file->position = cursor;
        done += length;
    }
    return (int64_t)done;
}

static const struct file_kind regular = {
    .read = read_file,
    .size = size_of_file,
    .describe = describe_file,
    .object = object_of_file,
};

static const struct file_kind directory = {
    .size = size_of_file,
    .list = list_directory,
    .describe = describe_file,
};

int root_files_open(const char *path, uint32_t flags, struct file **out)
{
    struct erofs_inode inode;
    int error = look_up(path, &inode);

    if (error) {
        return error == -ENOENT && (flags & ABI_O_CREAT) != 0 ? -EROFS : error;
    }
    if ((flags & ABI_O_CREAT) != 0 && (flags & ABI_O_EXCL) != 0) {
        return -EEXIST;
    }
    bool is_directory = is_kind(&inode, ABI_S_IFDIR);

    if ((flags & ABI_O_ACCMODE) != ABI_O_RDONLY || (flags & ABI_O_TRUNC) != 0) {
        return is_directory ? -EISDIR : -EROFS;
    }
    if ((flags & ABI_O_DIRECTORY) != 0 && !is_directory) {
        return -ENOTDIR;
    }
    if (!is_directory && !is_kind(&inode, ABI_S_IFREG)) {
        return -ENXIO; /* a device or pipe in the image has nothing behind it */
    }
    *out = file_create(is_directory ? &directory : &regular, inode.nid, true, false);
    return *out == NULL ? -ENOMEM : 0;
}
