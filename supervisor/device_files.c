/*
 * /dev: console, tty, null, zero, random and urandom, with Linux's device numbers.
 *
 * A file system of one folder: inode 1 is the folder, and row n of the table is inode n + 2. The row without a way to be
 * opened is a folder that another file system is mounted on.
 */
#include "device_files.h"

#include "abi_errno.h"
#include "arch.h"
#include "console_file.h"
#include "directory_record.h"
#include "random.h"
#include "shm_files.h"

#include <string.h>

#define FOLDER 1u
#define FIRST_DEVICE 2u
#define DEVICE_NUMBER(major, minor) ((major) << 8 | (minor))
#define THIS_DEVICE 2 /* st_dev */

enum { CHUNK_BYTES = 256 };

static int64_t read_nothing(struct file *file, uaddr_t to, uint64_t size_bytes)
{
    (void)file;
    (void)to;
    (void)size_bytes;
    return 0;
}

static int64_t swallow(struct file *file, uaddr_t from, uint64_t size_bytes)
{
    (void)file;
    (void)from;
    return (int64_t)size_bytes;
}

static int64_t no_size(const struct file *file)
{
    (void)file;
    return 0;
}

static int64_t read_zeros(struct file *file, uaddr_t to, uint64_t size_bytes)
{
    static const char zeros[CHUNK_BYTES];
    uint64_t done = 0;

    (void)file;
    while (done < size_bytes) {
        size_t part = size_bytes - done < sizeof(zeros) ? size_bytes - done : sizeof(zeros);

        if (arch_copy_out(uaddr(to.value + done), zeros, part)) {
            return done > 0 ? (int64_t)done : -EFAULT;
        }
        done += part;
    }
    return (int64_t)done;
}

static int64_t read_random(struct file *file, uaddr_t to, uint64_t size_bytes)
{
    (void)file;
    return random_copy_out(to, size_bytes);
}

static const struct file_kind null_kind = { .read = read_nothing, .write = swallow, .size = no_size };
static const struct file_kind zero_kind = { .read = read_zeros, .write = swallow, .size = no_size };
static const struct file_kind random_kind = { .read = read_random, .write = swallow };

static struct file *open_null(struct place place, uint32_t flags)
{
    return file_create(&null_kind, place, flags);
}

static struct file *open_zero(struct place place, uint32_t flags)
{
    return file_create(&zero_kind, place, flags);
}

static struct file *open_random(struct place place, uint32_t flags)
{
    return file_create(&random_kind, place, flags);
}

struct device {
    const char *name;
    uint32_t mode;
    uint32_t number;
    struct file *(*open)(struct place place, uint32_t flags); /* NULL: of the folder that is mounted on */
};

/* In the order of their names. */
static const struct device devices[] = {
    { "console", 0620, DEVICE_NUMBER(5, 1), console_file_open },
    { "null", 0666, DEVICE_NUMBER(1, 3), open_null },
    { "random", 0666, DEVICE_NUMBER(1, 8), open_random },
    { "shm", 0777, 0, NULL },
    { "tty", 0666, DEVICE_NUMBER(5, 0), console_file_open },
    { "urandom", 0666, DEVICE_NUMBER(1, 9), open_random },
    { "zero", 0666, DEVICE_NUMBER(1, 5), open_zero },
};

/* NULL: the folder. */
static const struct device *device_of(uint64_t inode)
{
    return inode == FOLDER ? NULL : &devices[inode - FIRST_DEVICE];
}

static uint32_t type_of(const struct device *device)
{
    return device->open == NULL ? ABI_DT_DIR : ABI_DT_CHR;
}

static bool is_dots(const char *name, size_t size)
{
    return name[0] == '.' && (size == 1 || (size == 2 && name[1] == '.'));
}

static int look_up(const struct file_system *fs, uint64_t folder, const char *name, size_t name_size_bytes,
                   uint64_t *inode, uint32_t *type)
{
    (void)fs;
    /* `..` is looked up where this is mounted; what is mounted here looks up its own here. */
    if (is_dots(name, name_size_bytes) && (folder == FOLDER || device_of(folder)->open == NULL)) {
        *inode = FOLDER;
        *type = ABI_DT_DIR;
        return 0;
    }
    if (folder != FOLDER) {
        return -ENOTDIR;
    }
    for (uint32_t i = 0; i < ARRAY_COUNT(devices); i++) {
        if (strlen(devices[i].name) == name_size_bytes && memcmp(devices[i].name, name, name_size_bytes) == 0) {
            *inode = FIRST_DEVICE + i;
            *type = type_of(&devices[i]);
            return 0;
        }
    }
    return -ENOENT;
}

static void describe(const struct file_system *fs, uint64_t inode, struct abi_stat *stat)
{
    const struct device *device = device_of(inode);

    (void)fs;
    stat->device = THIS_DEVICE;
    stat->inode = inode;
    stat->mode = device == NULL         ? ABI_S_IFDIR | 0755
                 : device->open == NULL ? ABI_S_IFDIR | device->mode
                                        : ABI_S_IFCHR | device->mode;
    stat->link_count = device == NULL || device->open == NULL ? 2 : 1;
    stat->special_device = device == NULL ? 0 : device->number;
    stat->block_size_bytes = (int32_t)PAGE_SIZE;
}

static int64_t list_folder(struct file *file, uaddr_t to, uint64_t size_bytes)
{
    struct directory_writer writer = directory_record_writer(to, size_bytes);

    /* Position 0 is `.`, 1 is `..`, then the devices. */
    for (uint64_t row = file->position; row < ARRAY_COUNT(devices) + 2; file->position = ++row) {
        const char *name = row == 0 ? "." : row == 1 ? ".." : devices[row - 2].name;
        int error = directory_record_write(&writer, name, strlen(name), row < 2 ? FOLDER : FIRST_DEVICE + row - 2,
                                           row < 2 ? ABI_DT_DIR : type_of(&devices[row - 2]), row + 1);

        if (error) {
            return directory_record_result(&writer, error);
        }
    }
    return directory_record_result(&writer, 0);
}

static const struct file_kind folder_kind = { .size = no_size, .list = list_folder };

static int open_device(const struct file_system *fs, uint64_t inode, uint32_t flags, struct file **out)
{
    const struct device *device = device_of(inode);
    struct place place = { fs, inode };

    if (device == NULL && ((flags & ABI_O_ACCMODE) != ABI_O_RDONLY || (flags & ABI_O_TRUNC) != 0)) {
        return -EISDIR;
    }
    *out = device == NULL ? file_create(&folder_kind, place, flags) : device->open(place, flags);
    return *out == NULL ? -ENOMEM : 0;
}

static int name_of(const struct file_system *fs, uint64_t folder, uint64_t inode, const char **name,
                   size_t *name_size_bytes)
{
    (void)fs;
    if (folder != FOLDER || inode == FOLDER) {
        return -ENOENT;
    }
    *name = device_of(inode)->name;
    *name_size_bytes = strlen(*name);
    return 0;
}

static const struct file_system device_file_system = {
    .lookup = look_up,
    .describe = describe,
    .open = open_device,
    .name = name_of,
};

/* Mount @root where @path leads, if that is a folder. */
static void mount(const char *path, struct place root)
{
    struct place on;

    if (place_walk(place_root(), path, strlen(path), PLACE_NO_FOLLOW, &on) == 0 &&
        (place_stat(on).mode & ABI_S_IFMT) == ABI_S_IFDIR) {
        (void)place_mount(on, root);
    }
}

void device_files_mount(void)
{
    mount("/dev", (struct place){ &device_file_system, FOLDER });
    mount("/dev/shm", shm_files_root());
}
