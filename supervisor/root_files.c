/*
 * Files of the initrd: opening, reading, listing, and their objects.
 *
 * The image is read without a lock, since it never changes; objects and the cache are under the supervisor's.
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
#include "audit.h"
#include "directory_record.h"
#include "erofs.h"
#include "file.h"
#include "object.h"
#include "pool.h"
#include "tree.h"

#include <string.h>

enum { CHUNK_BYTES = 512 };

/* st_dev, so that its files are told from those of other file systems. */
#define ROOT_DEVICE 1

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

static const struct file_system root_file_system;
static struct erofs fs;
static paddr_t image_start;
static struct tree objects;
static struct pool pool = POOL("root-object", struct root_object);
static struct cached_name name_cache[NAME_CACHE_SLOTS];

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

/* The object of what is to be executed or loaded, borrowed for ever. */
static int loadable_object(uint64_t nid, struct object **out)
{
    struct erofs_inode inode;

    erofs_inode(&fs, nid, &inode);
    if (is_kind(&inode, ABI_S_IFDIR)) {
        return -EISDIR;
    }
    if (!is_kind(&inode, ABI_S_IFREG)) {
        return -EACCES;
    }
    int error = object_of(&inode, out);

    return error == -EINVAL ? -ENOEXEC : error;
}

static int take_object(const struct file_system *unused, uint64_t nid, struct object **out)
{
    int error = loadable_object(nid, out);

    (void)unused;
    if (error == 0) {
        object_get(*out);
    }
    return error;
}

static int walk_to_object(struct place from, const char *path, bool *is_executable, struct object **out)
{
    struct place place;
    int error = place_walk(from, path, strlen(path), PLACE_FOLLOW, &place);

    if (error) {
        return error;
    }
    *is_executable = (place_stat(place).mode & 0111) != 0;
    return place.fs->object == NULL ? -EACCES : place.fs->object(place.fs, place.inode, out);
}

int root_files_object(struct place from, const char *path, enum root_files_need need, struct object **out)
{
    struct cached_name *slot = path[0] == '/' ? cache_slot(path) : NULL;
    struct object *object;
    bool is_executable;

    if (slot != NULL && slot->object != NULL && strcmp(slot->path, path) == 0) {
        object = slot->object;
        is_executable = slot->is_executable;
        object_get(object);
    } else {
        int error = walk_to_object(from, path, &is_executable, &object);

        if (error) {
            return error;
        }
        if (slot != NULL && object->kind == OBJECT_INITRD) {
            *slot = (struct cached_name){ .is_executable = is_executable, .object = object };
            memcpy(slot->path, path, strlen(path) + 1); /* it fits: cache_slot() has seen to it */
        }
    }
    if (need == ROOT_FILE_EXECUTABLE && !is_executable) {
        object_put(object);
        return -EACCES;
    }
    *out = object;
    return 0;
}

__attribute__((cold)) void root_files_audit(struct audit *audit)
{
    if (tree_audit(&objects) != NULL) {
        audit_find(audit, "root-object", 0);
        return;
    }
    for (struct tree_node *node = tree_first(&objects); node != NULL; node = tree_next(node)) {
        audit_object_owner(CONTAINER_OF(node, struct root_object, node)->object);
    }
}

uint64_t root_files_inode(const struct object *object)
{
    const struct object *of = object->kind == OBJECT_SHADOW ? object->parent : object;

    for (struct tree_node *node = tree_first(&objects); node != NULL; node = tree_next(node)) {
        struct root_object *kept = CONTAINER_OF(node, struct root_object, node);

        if (kept->object == of) {
            return kept->nid;
        }
    }
    return 0;
}

int root_files_bytes(const char *path, const void **bytes, uint64_t *size_bytes)
{
    struct erofs_inode inode;
    struct place place;
    int error = place_walk(place_root(), path, strlen(path), PLACE_FOLLOW, &place);

    if (error) {
        return error;
    }
    if (place.fs != &root_file_system) {
        return -EACCES;
    }
    erofs_inode(&fs, place.inode, &inode);
    if (!is_kind(&inode, ABI_S_IFREG)) {
        return -EACCES;
    }
    if (!inode.in_place) {
        return -EINVAL;
    }
    *bytes = fs.image + inode.data_offset;
    *size_bytes = inode.size_bytes;
    return 0;
}

static int64_t read_at(struct file *file, uaddr_t to, uint64_t size_bytes, uint64_t start)
{
    struct erofs_inode inode;
    uint64_t done = 0;

    erofs_inode(&fs, file->place.inode, &inode);
    while (done < size_bytes && start + done < inode.size_bytes) {
        char bytes[CHUNK_BYTES];
        const char *from = bytes;
        uint64_t size = size_bytes - done, position = start + done, rest = inode.size_bytes - position;

        if (inode.in_place) {
            from = (const char *)fs.image + inode.data_offset + position;
            size = size < rest ? size : rest;
        } else {
            size = erofs_read(&fs, &inode, position, bytes, size < sizeof(bytes) ? size : sizeof(bytes));
        }
        if (arch_copy_out(uaddr(to.value + done), from, size)) {
            return done > 0 ? (int64_t)done : -EFAULT;
        }
        done += size;
    }
    return (int64_t)done;
}

static int64_t size_of_file(const struct file *file)
{
    struct erofs_inode inode;

    erofs_inode(&fs, file->place.inode, &inode);
    return (int64_t)inode.size_bytes;
}

static void describe(const struct file_system *unused, uint64_t nid, struct abi_stat *stat)
{
    struct erofs_inode inode;

    (void)unused;
    erofs_inode(&fs, nid, &inode);
    stat->device = ROOT_DEVICE;
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

        erofs_inode(&fs, file->place.inode, &inode);
        int error = object_of(&inode, &file->object);

        if (error) {
            return error;
        }
    }
    *out = file->object;
    return 0;
}

static int64_t list_directory(struct file *file, uaddr_t to, uint64_t size_bytes)
{
    struct directory_writer writer = directory_record_writer(to, size_bytes);
    struct erofs_inode inode;
    struct erofs_entry entry;
    uint64_t cursor = file->position;

    erofs_inode(&fs, file->place.inode, &inode);
    while (erofs_readdir(&fs, &inode, &cursor, &entry) == 0) {
        int error = directory_record_write(&writer, entry.name, entry.name_size_bytes, entry.nid, entry.type, cursor);

        if (error) {
            return directory_record_result(&writer, error);
        }
        file->position = cursor;
    }
    return directory_record_result(&writer, 0);
}

static const struct file_kind regular = {
    .read = file_read_on,
    .read_at = read_at,
    .size = size_of_file,
    .object = object_of_file,
};

static const struct file_kind directory = {
    .size = size_of_file,
    .list = list_directory,
};

static int open_place(const struct file_system *unused, uint64_t nid, uint32_t flags, struct file **out)
{
    struct erofs_inode inode;

    (void)unused;
    erofs_inode(&fs, nid, &inode);
    bool is_directory = is_kind(&inode, ABI_S_IFDIR);

    if ((flags & ABI_O_ACCMODE) != ABI_O_RDONLY || (flags & ABI_O_TRUNC) != 0) {
        return is_directory ? -EISDIR : -EROFS;
    }
    if (!is_directory && !is_kind(&inode, ABI_S_IFREG)) {
        return -ENXIO; /* a device or pipe in the image has nothing behind it */
    }
    *out = file_create(is_directory ? &directory : &regular, (struct place){ &root_file_system, nid }, flags);
    return *out == NULL ? -ENOMEM : 0;
}

static int look_up(const struct file_system *unused, uint64_t folder, const char *name, size_t name_size_bytes,
                   uint64_t *inode, uint32_t *type)
{
    struct erofs_entry entry;
    int error = erofs_lookup(&fs, folder, name, name_size_bytes, &entry);

    (void)unused;
    if (error == 0) {
        *inode = entry.nid;
        *type = entry.type;
    }
    return error;
}

static const char *link_text(const struct file_system *unused, uint64_t inode, size_t *size_bytes)
{
    (void)unused;
    return erofs_link_text(&fs, inode, size_bytes);
}

static int name_of(const struct file_system *unused, uint64_t folder, uint64_t nid, const char **name,
                   size_t *name_size_bytes)
{
    struct erofs_inode inode;
    struct erofs_entry entry;
    uint64_t cursor = 0;

    (void)unused;
    erofs_inode(&fs, folder, &inode);
    while (erofs_readdir(&fs, &inode, &cursor, &entry) == 0) {
        bool is_dots = entry.name[0] == '.' &&
                       (entry.name_size_bytes == 1 || (entry.name_size_bytes == 2 && entry.name[1] == '.'));

        if (entry.nid == nid && !is_dots) {
            *name = entry.name;
            *name_size_bytes = entry.name_size_bytes;
            return 0;
        }
    }
    return -ENOENT;
}

static const struct file_system root_file_system = {
    .lookup = look_up,
    .link_text = link_text,
    .describe = describe,
    .open = open_place,
    .object = take_object,
    .name = name_of,
};

int root_files_mount(paddr_t start, uint64_t size_bytes, const char **reason)
{
    image_start = start;
    int error = erofs_mount(&fs, arch_direct(start), size_bytes, reason);

    return error ? error : place_mount((struct place){ 0 }, (struct place){ &root_file_system, fs.root_nid });
}
