/*
 * Directories: opendir() and its family over getdents64.
 *
 * A directory being read is a descriptor and the records that the last call brought, of which the first @taken bytes
 * have been handed out. The entry that readdir() returns lives in it and is overwritten by the next one.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi_types.h"
#include "libc.h"

#define RECORDS_BYTES 1024

struct pando_directory {
    int fd;
    size_t filled;
    size_t taken; /* <= filled */
    struct dirent entry;
    _Alignas(8) char records[RECORDS_BYTES];
};

DIR *fdopendir(int fd)
{
    DIR *directory = malloc(sizeof(*directory));

    if (directory != NULL) {
        directory->fd = fd;
        directory->filled = 0;
        directory->taken = 0;
    }
    return directory;
}

DIR *opendir(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0) {
        return NULL;
    }
    DIR *directory = fdopendir(fd);

    if (directory == NULL) {
        close(fd);
        errno = ENOMEM;
    }
    return directory;
}

static bool refill(DIR *directory)
{
    long got = libc_result(
        raw_syscall3(SYS_getdents64, ARG(directory->fd), ARG(directory->records), sizeof(directory->records)));

    directory->taken = 0;
    directory->filled = got > 0 ? (size_t)got : 0;
    return got > 0;
}

struct dirent *readdir(DIR *directory)
{
    if (directory->taken == directory->filled && !refill(directory)) {
        return NULL;
    }
    const char *record = directory->records + directory->taken;
    struct abi_dirent64 head;

    memcpy(&head, record, ABI_DIRENT64_NAME_OFFSET);
    directory->taken += head.record_bytes;

    struct dirent *entry = &directory->entry;

    entry->d_ino = (ino_t)head.inode;
    entry->d_off = head.next_offset;
    entry->d_reclen = head.record_bytes;
    entry->d_type = head.type;
    strlcpy(entry->d_name, record + ABI_DIRENT64_NAME_OFFSET, sizeof(entry->d_name));
    return entry;
}

void rewinddir(DIR *directory)
{
    lseek(directory->fd, 0, SEEK_SET);
    directory->filled = 0;
    directory->taken = 0;
}

int dirfd(DIR *directory)
{
    return directory->fd;
}

int closedir(DIR *directory)
{
    int fd = directory->fd;

    free(directory);
    return close(fd);
}
