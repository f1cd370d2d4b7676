/*
 * /dev/shm: names for memory objects, as files.
 *
 * A file is an object and its permission bits; a name leads to one file, and a file has one name at most. What is open
 * is known by its file, never by its name, so a name can go or come to mean another file at any time.
 *
 * There are no users, so permission bits say what anybody may ask for when opening: who has a descriptor keeps what it
 * was opened with. Files have no times.
 *
 * Invariants
 *   shm-names       both trees hold the same names; no two are equal, no two lead to one file
 *   shm-inode       an inode number is never used twice; 1 is the folder's
 *   shm-references  a file's ref_count is the number of its open files and of its names
 *   shm-listed      `files` holds every file
 *
 * Locking: the supervisor's lock; dropped while bytes are copied.
 */
#include "shm_files.h"

#include "abi_errno.h"
#include "abi_types.h"
#include "arch.h"
#include "audit.h"
#include "directory_record.h"
#include "object.h"
#include "pool.h"
#include "scheduler.h"
#include "task.h"
#include "tree.h"

#include <string.h>

#define FOLDER 1u
#define THIS_DEVICE 3 /* st_dev */
#define PERMISSIONS 0777u
/* So much is written in one step: as in calls_file.c. */
#define STEP_BYTES (1u << 20)

struct shm_file {
    struct list link; /* in `files` */
    struct object *object; /* one reference */
    uint64_t inode;
    uint32_t ref_count;
    uint32_t audited; /* open files that the auditor has come upon */
    uint16_t mode;
    bool has_name;
};

struct long_name {
    char text[PLACE_NAME_MAX];
};

struct name {
    struct tree_node by_text; /* in texts */
    struct tree_node by_inode; /* in inodes */
    struct shm_file *file; /* one reference */
    struct account *account; /* the name is charged to it */
    char *text; /* short_text, or a long_name's */
    uint32_t size_bytes;
    char short_text[20];
};

static const struct file_system shm_file_system;
static const struct file_kind regular;
static struct pool file_pool = POOL("shm-file", struct shm_file);
static struct pool name_pool = POOL("shm-name", struct name);
static struct pool long_pool = POOL("shm-long-name", struct long_name);
static struct list files = { &files, &files };
static struct tree texts;
static struct tree inodes;
static uint32_t name_count;
static uint64_t last_inode = FOLDER;

/* --- Files */

static int create_file(uint32_t mode, struct shm_file **out)
{
    struct shm_file *file = pool_alloc(&file_pool);

    if (file == NULL) {
        return -ENOMEM;
    }
    *file = (struct shm_file){ .inode = ++last_inode, .ref_count = 1, .mode = mode & PERMISSIONS };
    int error = object_create_anonymous(0, &file->object);

    if (error) {
        pool_free(&file_pool, file);
        return error;
    }
    list_push_back(&files, &file->link);
    *out = file;
    return 0;
}

static void put_file(struct shm_file *file)
{
    if (--file->ref_count == 0) {
        list_remove(&file->link);
        object_put(file->object);
        pool_free(&file_pool, file);
    }
}

/* Takes a reference on @shm. */
static int open_file(struct shm_file *shm, uint32_t flags, struct file **out)
{
    struct file *file = file_create(&regular, (struct place){ &shm_file_system, shm->inode }, flags);

    if (file == NULL) {
        return -ENOMEM;
    }
    shm->ref_count++;
    file->shm = shm;
    *out = file;
    return 0;
}

bool shm_files_is(const struct file *file)
{
    return file->kind == &regular;
}

int shm_files_create_unnamed(uint32_t memfd_flags, struct file **out)
{
    struct shm_file *shm;
    int error = create_file(PERMISSIONS, &shm);

    if (error) {
        return error;
    }
    if ((memfd_flags & ABI_MFD_ALLOW_SEALING) == 0) {
        shm->object->seals = ABI_F_SEAL_SEAL;
    }
    error = open_file(shm, ABI_O_RDWR, out);
    put_file(shm);
    return error;
}

struct file *shm_files_open_read_only(const struct file *file)
{
    struct file *opened;

    return open_file(file->shm, ABI_O_RDONLY, &opened) == 0 ? opened : NULL;
}

int shm_files_resize(struct file *file, uint64_t size_bytes)
{
    return object_resize(file->shm->object, size_bytes);
}

uint32_t shm_files_mode(const struct file *file)
{
    return file->shm->mode;
}

void shm_files_set_mode(struct file *file, uint32_t mode)
{
    file->shm->mode = mode & PERMISSIONS;
}

static int64_t read_at(struct file *file, uaddr_t to, uint64_t size_bytes, uint64_t position)
{
    arch_lock();
    int64_t moved = object_copy_out_relock(file->shm->object, position, to, size_bytes);

    arch_unlock();
    return moved;
}

static int64_t write_relock(struct file *file, uaddr_t from, uint64_t size_bytes, uint64_t position)
{
    uint64_t size = size_bytes < STEP_BYTES ? size_bytes : STEP_BYTES;

    return scheduler_again_if_busy(
        object_copy_in_relock(file->shm->object, task_current()->account, position, from, size));
}

static int64_t write_at(struct file *file, uaddr_t from, uint64_t size_bytes, uint64_t position)
{
    arch_lock();
    int64_t moved = write_relock(file, from, size_bytes, position);

    scheduler_unlock();
    return moved;
}

static int64_t write_file(struct file *file, uaddr_t from, uint64_t size_bytes)
{
    arch_lock();
    uint64_t position = (file->flags & ABI_O_APPEND) != 0 ? file->shm->object->size_bytes : file->position;
    int64_t moved = write_relock(file, from, size_bytes, position);

    if (moved > 0) {
        file->position = position + (uint64_t)moved;
    }
    scheduler_unlock();
    return moved;
}

static int64_t size_of_file(const struct file *file)
{
    arch_lock();
    uint64_t size_bytes = file->shm->object->size_bytes;

    arch_unlock();
    return (int64_t)size_bytes;
}

static void describe_shm(const struct shm_file *shm, struct abi_stat *stat)
{
    stat->device = THIS_DEVICE;
    stat->inode = shm->inode;
    stat->mode = ABI_S_IFREG | shm->mode;
    stat->link_count = shm->has_name;
    stat->size_bytes = (int64_t)shm->object->size_bytes;
    stat->block_size_bytes = (int32_t)PAGE_SIZE;
    stat->block_count = (int64_t)(shm->object->pages.count * (PAGE_SIZE / 512));
}

static void describe_file(const struct file *file, struct abi_stat *stat)
{
    arch_lock();
    describe_shm(file->shm, stat);
    arch_unlock();
}

static int object_of_file(struct file *file, struct object **out)
{
    *out = file->shm->object;
    return 0;
}

static void close_file(struct file *file)
{
    put_file(file->shm);
}

__attribute__((cold)) static void audit_open_file(struct file *file, struct audit *audit)
{
    (void)audit;
    file->shm->audited++;
}

static const struct file_kind regular = {
    .read = file_read_on,
    .write = write_file,
    .read_at = read_at,
    .write_at = write_at,
    .size = size_of_file,
    .describe = describe_file,
    .object = object_of_file,
    .close = close_file,
    .audit = audit_open_file,
};

/* --- Names */

static struct name *by_text(struct tree_node *node)
{
    return CONTAINER_OF(node, struct name, by_text);
}

static struct name *by_inode(struct tree_node *node)
{
    return CONTAINER_OF(node, struct name, by_inode);
}

static int compare(const char *text, size_t size_bytes, const struct name *name)
{
    size_t common = size_bytes < name->size_bytes ? size_bytes : name->size_bytes;
    int order = memcmp(text, name->text, common);

    return order != 0 ? order : (size_bytes > name->size_bytes) - (size_bytes < name->size_bytes);
}

/* Where a name is in `texts`, or (a link to NULL) belongs. */
static struct tree_node **find_text(const char *text, size_t size_bytes, struct tree_node **parent)
{
    struct tree_node **link = &texts.root;

    *parent = NULL;
    while (*link != NULL) {
        int order = compare(text, size_bytes, by_text(*link));

        if (order == 0) {
            break;
        }
        *parent = *link;
        link = order < 0 ? &(*link)->left : &(*link)->right;
    }
    return link;
}

static struct name *find_name(const char *text, size_t size_bytes)
{
    struct tree_node *parent, **link = find_text(text, size_bytes, &parent);

    return *link == NULL ? NULL : by_text(*link);
}

/* The name of the file with the lowest inode that is at least @inode, or NULL. */
static struct name *name_from(uint64_t inode)
{
    struct tree_node *node = inodes.root;
    struct name *found = NULL;

    while (node != NULL) {
        if (by_inode(node)->file->inode >= inode) {
            found = by_inode(node);
            node = node->left;
        } else {
            node = node->right;
        }
    }
    return found;
}

/* NULL: it has no name any more. */
static struct shm_file *file_at(uint64_t inode)
{
    struct name *name = name_from(inode);

    return name == NULL || name->file->inode != inode ? NULL : name->file;
}

/* Memory for a name, its text copied, and charged. Returns 0, -ENOMEM or -ENOSPC. */
static int make_name(const char *text, size_t size_bytes, struct name **out)
{
    struct account *account = task_current()->account;
    struct name *name = pool_alloc(&name_pool);
    int error = -ENOMEM;

    if (name == NULL) {
        return error;
    }
    name->text = size_bytes <= sizeof(name->short_text) ? name->short_text : pool_alloc(&long_pool);
    if (name->text == NULL) {
        goto free;
    }
    error = name_count == SHM_FILES_NAMES_MAX ? -ENOSPC : account_charge(account, ACCOUNT_NAMES, 1);
    if (error) {
        goto free_text;
    }
    name->account = account;
    name->size_bytes = (uint32_t)size_bytes;
    memcpy(name->text, text, size_bytes);
    *out = name;
    return 0;

free_text:
    if (name->text != name->short_text) {
        pool_free(&long_pool, name->text);
    }
free:
    pool_free(&name_pool, name);
    return error;
}

static void free_name(struct name *name)
{
    account_uncharge(name->account, ACCOUNT_NAMES, 1);
    if (name->text != name->short_text) {
        pool_free(&long_pool, name->text);
    }
    pool_free(&name_pool, name);
}

/* Let @name, which is new, lead to @file, whose reference is handed over. */
static void link_name(struct name *name, struct shm_file *file)
{
    struct tree_node *parent, **link = find_text(name->text, name->size_bytes, &parent);

    name->file = file;
    tree_insert(&texts, &name->by_text, parent, link);
    parent = NULL;
    link = &inodes.root;
    while (*link != NULL) {
        parent = *link;
        link = file->inode < by_inode(parent)->file->inode ? &parent->left : &parent->right;
    }
    tree_insert(&inodes, &name->by_inode, parent, link);
    file->has_name = true;
    name_count++;
}

/* Its reference on the file is the caller's. */
static struct shm_file *unlink_name(struct name *name)
{
    struct shm_file *file = name->file;

    tree_remove(&texts, &name->by_text);
    tree_remove(&inodes, &name->by_inode);
    file->has_name = false;
    name_count--;
    free_name(name);
    return file;
}

/* --- The file system */

static bool is_this(const char *name, size_t size_bytes)
{
    return size_bytes == 1 && name[0] == '.';
}

static int look_up(const struct file_system *fs, uint64_t folder, const char *text, size_t size_bytes, uint64_t *inode,
                   uint32_t *type)
{
    arch_assert_locked();
    (void)fs;
    if (folder != FOLDER) {
        return -ENOTDIR;
    }
    if (is_this(text, size_bytes)) { /* `..` is looked up where this is mounted */
        *inode = FOLDER;
        *type = ABI_DT_DIR;
        return 0;
    }
    const struct name *name = find_name(text, size_bytes);

    if (name == NULL) {
        return -ENOENT;
    }
    *inode = name->file->inode;
    *type = ABI_DT_REG;
    return 0;
}

static void describe(const struct file_system *fs, uint64_t inode, struct abi_stat *stat)
{
    const struct shm_file *file = file_at(inode);

    (void)fs;
    if (file != NULL) {
        describe_shm(file, stat);
        return;
    }
    stat->device = THIS_DEVICE;
    stat->inode = FOLDER;
    stat->mode = ABI_S_IFDIR | 0777;
    stat->link_count = 2;
    stat->block_size_bytes = (int32_t)PAGE_SIZE;
}

static int64_t size_of_folder(const struct file *file)
{
    (void)file;
    return 0;
}

/* A record for the file with the lowest inode from @inode on, and that inode. Returns 0, -ENOENT, or another error. */
static int list_name(struct directory_writer *writer, uint64_t *inode)
{
    char text[PLACE_NAME_MAX];
    size_t size_bytes = 0;

    arch_lock();
    const struct name *name = name_from(*inode);

    if (name != NULL) {
        *inode = name->file->inode;
        size_bytes = name->size_bytes;
        memcpy(text, name->text, size_bytes);
    }
    arch_unlock();
    return name == NULL ? -ENOENT : directory_record_write(writer, text, size_bytes, *inode, ABI_DT_REG, *inode + 1);
}

/* Position 0 is `.`, 1 is `..`, any other one the inode from which on files are still to be told of. */
static int64_t list_folder(struct file *file, uaddr_t to, uint64_t size_bytes)
{
    struct directory_writer writer = directory_record_writer(to, size_bytes);
    int error = 0;

    while (error == 0) {
        uint64_t position = file->position;

        if (position < 2) {
            error = directory_record_write(&writer, "..", position + 1, FOLDER, ABI_DT_DIR, position + 1);
        } else {
            error = list_name(&writer, &position);
        }
        if (error == 0) {
            file->position = position + 1;
        }
    }
    return directory_record_result(&writer, error == -ENOENT ? 0 : error);
}

static const struct file_kind folder_kind = { .size = size_of_folder, .list = list_folder };

static int open_place(const struct file_system *fs, uint64_t inode, uint32_t flags, struct file **out)
{
    struct shm_file *file = file_at(inode);
    bool is_written = (flags & ABI_O_ACCMODE) != ABI_O_RDONLY || (flags & ABI_O_TRUNC) != 0;

    if (file == NULL) {
        if (is_written) {
            return -EISDIR;
        }
        *out = file_create(&folder_kind, (struct place){ fs, FOLDER }, flags);
        return *out == NULL ? -ENOMEM : 0;
    }
    if ((is_written && (file->mode & 0222) == 0) ||
        ((flags & ABI_O_ACCMODE) != ABI_O_WRONLY && (file->mode & 0444) == 0)) {
        return -EACCES;
    }
    int error = (flags & ABI_O_TRUNC) != 0 ? object_resize(file->object, 0) : 0;

    return error ? error : open_file(file, flags, out);
}

static int create(const struct file_system *fs, const char *text, size_t size_bytes, uint32_t mode, uint32_t flags,
                  struct file **out)
{
    struct shm_file *file;
    struct name *name;

    (void)fs;
    int error = make_name(text, size_bytes, &name);

    if (error) {
        return error;
    }
    error = create_file(mode, &file);
    if (error) {
        goto free;
    }
    error = open_file(file, flags, out); /* whatever its permissions are */
    if (error) {
        goto put;
    }
    link_name(name, file);
    return 0;

put:
    put_file(file);
free:
    free_name(name);
    return error;
}

static int remove_name(const struct file_system *fs, const char *text, size_t size_bytes)
{
    struct name *name = find_name(text, size_bytes);

    (void)fs;
    if (name == NULL) {
        return -ENOENT;
    }
    put_file(unlink_name(name));
    return 0;
}

static int rename_name(const struct file_system *fs, const char *old_text, size_t old_size, const char *text,
                       size_t size_bytes)
{
    struct name *old = find_name(old_text, old_size), *replaced = find_name(text, size_bytes);

    (void)fs;
    if (old == NULL || old == replaced) {
        return old == NULL ? -ENOENT : 0;
    }
    struct name *name;
    int error = make_name(text, size_bytes, &name);

    if (error) {
        return error;
    }
    if (replaced != NULL) {
        put_file(unlink_name(replaced));
    }
    link_name(name, unlink_name(old));
    return 0;
}

static void set_mode(const struct file_system *fs, uint64_t inode, uint32_t mode)
{
    struct shm_file *file = file_at(inode);

    (void)fs;
    if (file != NULL) {
        file->mode = mode & PERMISSIONS;
    }
}

/* What is executed must stay what it is. */
static int take_object(const struct file_system *fs, uint64_t inode, struct object **out)
{
    const struct shm_file *file = file_at(inode);

    (void)fs;
    if (file == NULL) {
        return -EISDIR;
    }
    if (!object_is_immutable(file->object)) {
        return -EACCES;
    }
    if (file->object->size_bytes == 0) {
        return -ENOEXEC;
    }
    object_get(file->object);
    *out = file->object;
    return 0;
}

static const struct file_system_changes changes = {
    .create = create,
    .remove = remove_name,
    .rename = rename_name,
    .set_mode = set_mode,
};

static const struct file_system shm_file_system = {
    .lookup = look_up,
    .describe = describe,
    .open = open_place,
    .object = take_object,
    .changes = &changes,
};

/* shm-names: in the order of their texts, each of a file that says that it has one. Returns how many there are. */
__attribute__((cold)) static uint64_t audit_names(struct audit *audit)
{
    const struct name *below = NULL;
    uint64_t count = 0;

    if (tree_audit(&texts) != NULL || tree_audit(&inodes) != NULL) {
        audit_find(audit, "shm-names", 0);
        return 0;
    }
    for (struct tree_node *node = tree_first(&texts); node != NULL; node = tree_next(node)) {
        const struct name *name = by_text(node);

        audit_expect(audit,
                     name->file->has_name && (below == NULL || compare(below->text, below->size_bytes, name) < 0),
                     "shm-names", name->file->inode);
        account_audit_use(name->account, ACCOUNT_NAMES, 1);
        below = name;
        count++;
    }
    return count;
}

/* shm-references, shm-names. */
__attribute__((cold)) void shm_files_audit(struct audit *audit)
{
    uint64_t names = 0, count = 0;

    LIST_FOR_EACH(link, &files) {
        struct shm_file *file = CONTAINER_OF(link, struct shm_file, link);

        audit_object_owner(file->object);
        audit_expect(audit, file->ref_count == file->audited + file->has_name, "shm-references", file->inode);
        audit_expect(audit, file->has_name == (file_at(file->inode) == file), "shm-names", file->inode);
        file->audited = 0;
        names += file->has_name;
        count++;
    }
    audit_expect(audit, names == name_count && audit_names(audit) == names, "shm-names", names);
    pool_audit_used(audit, "shm-file", count, "shm-listed");
    pool_audit_used(audit, "shm-name", names, "shm-names");
}

struct place shm_files_root(void)
{
    return (struct place){ &shm_file_system, FOLDER };
}
