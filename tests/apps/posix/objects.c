/*
 * objects: memory objects with and without a name, as POSIX and Linux's manual have them. It runs on Linux too, where
 * the cases that say so differ.
 *
 *     objects              all of it
 *     objects exec         what is there after execve: nothing
 *     objects past END     touch a page behind the end of an object: mapped, or in a private copy
 *     objects write FD     try to write through an inherited descriptor
 */
#include "posix.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define P 4096
#define NAME "/objects-test"
#define PATH "/dev/shm" NAME
#define OTHER_PATH "/dev/shm/objects-other"
#define LONG_BYTES 255

static int make(const char *name, off_t size)
{
    int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);

    if (fd < 0 || ftruncate(fd, size) != 0) {
        printf("FAIL make %s: error %d\n", name, errno);
    }
    return fd;
}

static char *map(int fd, size_t size, int protection, int flags)
{
    return mmap(NULL, size, protection, flags, fd, 0);
}

static off_t size_of(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 ? status.st_size : -1;
}

static void try_names(void)
{
    char name[LONG_BYTES + 3] = "/";
    int fd;

    memset(name + 1, 'n', LONG_BYTES);
    fd = shm_open(name, O_RDWR | O_CREAT, 0600);
    expect_true("name_of_255_bytes", fd >= 0);
    expect("name_of_255_bytes_goes", shm_unlink(name), 0);
    close(fd);
    name[LONG_BYTES + 1] = 'n';
    expect_error("name_of_256_bytes", shm_open(name, O_RDWR | O_CREAT, 0600), ENAMETOOLONG);
    expect_error("name_that_is_missing", shm_open(NAME, O_RDWR, 0), ENOENT);
    expect_error("unlink_of_what_is_missing", shm_unlink(NAME), ENOENT);
    expect_error("empty_name", shm_open("/", O_RDWR | O_CREAT, 0600), EINVAL);
    expect_error("name_with_a_slash", shm_open("/a/b", O_RDWR | O_CREAT, 0600), EINVAL);
    fd = make(NAME, 10);
    expect_error("exclusive", shm_open(NAME, O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
    int again = shm_open(NAME, O_RDWR | O_CREAT, 0);
    expect("opened_again_has_the_size", size_of(again), 10);
    close(again);
    again = shm_open(NAME, O_RDWR | O_TRUNC, 0);
    expect("truncated_when_opened", size_of(fd), 0);
    expect("close_on_exec", fcntl(again, F_GETFD), FD_CLOEXEC);
    close(again);
    expect_error("slash_behind_the_name", open(PATH "/", O_RDONLY), ENOTDIR);
    expect_error("folder_to_be_written", open("/dev/shm", O_RDWR), EISDIR);
    expect_error("folder_to_be_unlinked", unlink("/dev/shm/."), EISDIR);
    expect_error("no_folder", unlinkat(AT_FDCWD, PATH, AT_REMOVEDIR), ENOTDIR);
    expect("rename", rename(PATH, OTHER_PATH), 0);
    expect_error("renamed_is_gone", shm_open(NAME, O_RDONLY, 0), ENOENT);
    close(make(NAME, 3));
    expect("rename_over_another", rename(PATH, OTHER_PATH), 0);
    expect("replaced_has_no_name", size_of(fd), 0);
    again = open(OTHER_PATH, O_RDONLY);
    expect("renamed_has_its_bytes", size_of(again), 3);
    close(again);
    expect_error("rename_of_what_is_missing", rename(PATH, OTHER_PATH), ENOENT);
    expect("remove", remove(OTHER_PATH), 0);
    close(fd);
}

/* Names in the folder that begin as these tests' do. */
static int count_names(void)
{
    DIR *folder = opendir("/dev/shm");
    struct dirent *entry;
    int count = 0;

    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        count += strncmp(entry->d_name, "objects-", 8) == 0;
    }
    closedir(folder);
    return count;
}

static void try_many_names(void)
{
    char path[64];

    for (int i = 0; i < 100; i++) {
        snprintf(path, sizeof(path), "/dev/shm/objects-%d-%.*s", i * 37 % 100, i % 30, "a long name of a file, or so");
        close(open(path, O_RDWR | O_CREAT, 0600));
    }
    expect("list_of_names", count_names(), 100);
    for (int i = 0; i < 100; i++) {
        snprintf(path, sizeof(path), "/dev/shm/objects-%d-%.*s", i * 37 % 100, i % 30, "a long name of a file, or so");
        unlink(path);
    }
    expect("list_of_no_names", count_names(), 0);
}

static void try_modes(void)
{
    int fd = make(NAME, 10);
    struct stat status;

    expect("fchmod", fchmod(fd, 0444), 0);
    fstat(fd, &status);
    expect("mode", status.st_mode, S_IFREG | 0444);
    expect("links", status.st_nlink, 1);
    expect("descriptor_keeps_its_rights", write(fd, "x", 1), 1);
    expect("chmod", chmod(PATH, 0640), 0);
    stat(PATH, &status);
    expect("mode_by_path", status.st_mode & 0777, 0640);
    expect("unlink", shm_unlink(NAME), 0);
    fstat(fd, &status);
    expect("links_of_what_is_unlinked", status.st_nlink, 0);
    close(fd);
}

static void try_bytes(void)
{
    int fd = make(NAME, 0);
    char text[16] = "";

    expect("write", write(fd, "0123456789", 10), 10);
    expect("size_moves", size_of(fd), 10);
    expect("pwrite", pwrite(fd, "ab", 2, 4), 2);
    expect("pread", pread(fd, text, 10, 0), 10);
    expect("bytes", memcmp(text, "0123ab6789", 10), 0);
    expect("read_at_the_end", read(fd, text, 10), 0);
    expect("position", lseek(fd, 0, SEEK_CUR), 10);
    expect("pwrite_behind_the_end", pwrite(fd, "z", 1, 3 * P), 1);
    expect("pread_of_a_hole", pread(fd, text, 10, P), 10);
    expect("hole", memcmp(text, "\0\0\0\0\0\0\0\0\0\0", 10), 0);
    expect("pread_behind_the_end", pread(fd, text, 10, 4 * P), 0);
    expect_error("pread_at_no_place", pread(fd, text, 10, -1), EINVAL);
    expect_error("size_below_zero", ftruncate(fd, -1), EINVAL);
    expect_error("size_beyond_all", ftruncate(fd, LONG_MAX), EFBIG);
    int appended = open(PATH, O_WRONLY | O_APPEND);
    expect("truncate", truncate(PATH, 4), 0);
    expect("append", write(appended, "x", 1), 1);
    expect("appended", size_of(fd), 5);
    expect_error("read_of_what_is_written_only", read(appended, text, 1), EBADF);
    close(appended);
    int read_only = open(PATH, O_RDONLY);
    expect_error("write_of_what_is_read_only", write(read_only, "x", 1), EBADF);
    expect_error("size_of_what_is_read_only", ftruncate(read_only, 0), EINVAL);
    close(read_only);
    expect("fallocate", posix_fallocate(fd, 0, 3 * P), 0);
    expect("fallocate_moves_the_end", size_of(fd), 3 * P);
    expect("fallocate_of_nothing", posix_fallocate(fd, 0, 0), EINVAL);
    expect("hole_punched", fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 1, P), 0);
    expect("pread_around_the_hole", pread(fd, text, 3, 0), 3);
    expect("bytes_around_the_hole", memcmp(text, "0\0\0", 3), 0);
    expect("fsync", fsync(fd), 0);
    shm_unlink(NAME);
    close(fd);
}

/* A file's bytes and what is mapped of it are the same. */
static void try_maps(void)
{
    int fd = make(NAME, 2 * P);
    char *shared = map(fd, 2 * P, PROT_READ | PROT_WRITE, MAP_SHARED), text[4] = "";
    char *copy = map(fd, 2 * P, PROT_READ | PROT_WRITE, MAP_PRIVATE);

    strcpy(shared, "one");
    expect("shared_is_the_file", pread(fd, text, 4, 0), 4);
    expect("shared_bytes", strcmp(text, "one"), 0);
    pwrite(fd, "two", 4, P);
    expect("file_is_the_shared", strcmp(shared + P, "two"), 0);
    expect("a4_private_shows_the_file", strcmp(copy, "one"), 0);
    strcpy(copy, "own");
    pwrite(fd, "new", 4, 0);
    expect("a4_private_copy_is_unchanged", strcmp(copy, "own"), 0);
    expect("a4_file_is_unchanged_by_it", strcmp(shared, "new"), 0);
    close(fd);
    shm_unlink(NAME);
    expect("unlinked_lives_while_mapped", strcmp(shared, "new"), 0);
    munmap(shared, 2 * P);
    munmap(copy, 2 * P);
}

static void try_ends(void)
{
    int fd = make(NAME, 2 * P);
    char *shared = map(fd, 3 * P, PROT_READ | PROT_WRITE, MAP_SHARED);

    shared[P] = 7;
    shared[10] = 8;
    ftruncate(fd, 10);
    ftruncate(fd, 2 * P);
    expect("a4_cut_bytes_are_zero", shared[10] | shared[P], 0);
    expect("shared_page_ends_the_task", status_of(start_with("objects", "past", "shared", -1, -1)), 128 + 7);
    expect("private_page_ends_the_task", status_of(start_with("objects", "past", "private", -1, -1)), 128 + 7);
    munmap(shared, 3 * P);
    shm_unlink(NAME);
    close(fd);
}

static int touch_past(const char *how)
{
    int fd = open("/dev/shm/objects-past", O_RDWR | O_CREAT, 0600);

    unlink("/dev/shm/objects-past");
    ftruncate(fd, 2 * P);
    volatile char *bytes =
        map(fd, 2 * P, PROT_READ | PROT_WRITE, strcmp(how, "shared") == 0 ? MAP_SHARED : MAP_PRIVATE);

    if (bytes[P] != 0) {
        return 1;
    }
    ftruncate(fd, 1);
    if (bytes[0] != 0) {
        return 2;
    }
    return bytes[P] + 3;
}

static void try_rights(void)
{
    int fd = make(NAME, P), read_only = shm_open(NAME, O_RDONLY, 0), copy = dup(read_only);
    char number[12];

    expect_error("a9_shared_for_writing", (long long)map(read_only, P, PROT_READ | PROT_WRITE, MAP_SHARED), EACCES);
    expect_error("a9_copied_descriptor", (long long)map(copy, P, PROT_WRITE, MAP_SHARED), EACCES);
    char *shared = map(read_only, P, PROT_READ, MAP_SHARED);
    expect_error("a9_mprotect", mprotect(shared, P, PROT_READ | PROT_WRITE), EACCES);
    char *private = map(read_only, P, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    private[0] = 1;
    expect("a9_private_is_a_copy", shared[0], 0);
    fcntl(copy, F_SETFD, 0);
    snprintf(number, sizeof(number), "%d", copy);
    expect("a9_inherited", status_of(start_with("objects", "write", number, -1, -1)), 0);
    expect("a9_file_is_unchanged", shared[0], 0);
    munmap(shared, P);
    munmap(private, P);
    shm_unlink(NAME);
    close(copy);
    close(read_only);
    close(fd);
}

/* 0 when every way to write is refused. */
static int write_inherited(int fd)
{
    if (write(fd, "x", 1) != -1 || errno != EBADF) {
        return 1;
    }
    if (map(fd, P, PROT_WRITE, MAP_SHARED) != MAP_FAILED || errno != EACCES) {
        return 2;
    }
    char *shared = map(fd, P, PROT_READ, MAP_SHARED);

    if (shared == MAP_FAILED || mprotect(shared, P, PROT_WRITE) != -1 || errno != EACCES) {
        return 3;
    }
    return ftruncate(fd, 0) != -1 || errno != EINVAL ? 4 : 0;
}

static void try_seals(void)
{
    int fd = memfd_create("sealed", MFD_ALLOW_SEALING), plain = memfd_create("plain", MFD_CLOEXEC);

    ftruncate(fd, P);
    expect("memfd_close_on_exec", fcntl(plain, F_GETFD), FD_CLOEXEC);
    expect("memfd_has_no_seals", fcntl(fd, F_GET_SEALS), 0);
    expect("memfd_that_can_not_be_sealed", fcntl(plain, F_GET_SEALS), F_SEAL_SEAL);
    expect_error("seal_of_it", fcntl(plain, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
    expect_error("seal_of_no_kind", fcntl(fd, F_ADD_SEALS, 0x1000), EINVAL);
    expect_error("seal_of_a_console", fcntl(STDOUT_FILENO, F_GET_SEALS), EINVAL);
    char *shared = map(fd, P, PROT_READ | PROT_WRITE, MAP_SHARED);
    expect_error("seal_while_it_is_mapped", fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
    expect("seal_of_future_writes", fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), 0);
    shared[0] = 'a';
    expect_error("future_write", write(fd, "x", 1), EPERM);
    expect_error("future_map", (long long)map(fd, P, PROT_WRITE, MAP_SHARED), EPERM);
    munmap(shared, P);
    expect("seal", fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL), 0);
    expect_error("sealed_shrink", ftruncate(fd, 0), EPERM);
    expect_error("sealed_growth", ftruncate(fd, 2 * P), EPERM);
    expect_error("sealed_write", pwrite(fd, "x", 1, 0), EPERM);
    expect_error("sealed_hole", fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, P), EPERM);
    expect_error("sealed_seal", fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
    char *private = map(fd, P, PROT_READ | PROT_WRITE, MAP_PRIVATE), byte = 0;
    private[0] = 'b';
    pread(fd, &byte, 1, 0);
    expect("a4_sealed_never_changes", byte, 'a');
    expect_error("memfd_flags", memfd_create("x", 0x100), EINVAL);
    munmap(private, P);
    close(plain);
    close(fd);
}

/* This program's own image, in an object; sealed. */
static int copy_of_program(int fd)
{
    static char bytes[P];
    int from = open("/bin/objects", O_RDONLY);
    ssize_t size;

    while ((size = read(from, bytes, sizeof(bytes))) > 0) {
        write(fd, bytes, (size_t)size);
    }
    close(from);
    return fd;
}

static void try_images(void)
{
    int fd = copy_of_program(memfd_create("image", MFD_ALLOW_SEALING));
    char *const arguments[] = { "objects", "exec", NULL };
    pid_t pid;

    expect_error("a8_image_that_may_change", fexecve(fd, arguments, environ), EACCES);
    expect_error("a8_map_of_it", (long long)map(fd, P, PROT_READ | PROT_EXEC, MAP_SHARED), EACCES);
    expect_error("a8_private_map_of_it", (long long)map(fd, P, PROT_READ | PROT_EXEC, MAP_PRIVATE), EACCES);
    char *readable = map(fd, P, PROT_READ, MAP_SHARED);
    expect_error("a8_mprotect_of_it", mprotect(readable, P, PROT_READ | PROT_EXEC), EACCES);
    munmap(readable, P);
    close(fd);
    fd = copy_of_program(open("/dev/shm/objects-image", O_RDWR | O_CREAT | O_EXCL, 0777));
    expect("a8_start_of_it", posix_spawn(&pid, "/dev/shm/objects-image", NULL, NULL, arguments, environ), EACCES);
    expect("seal_of_an_image", fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE), 0);
    expect("sealed_image", posix_spawn(&pid, "/dev/shm/objects-image", NULL, NULL, arguments, environ), 0);
    expect("sealed_image_ran", status_of(pid), 42);
    expect("sealed_image_again", posix_spawn(&pid, "/dev/shm/objects-image", NULL, NULL, arguments, environ), 0);
    unlink("/dev/shm/objects-image");
    expect("sealed_image_ran_again", status_of(pid), 42);
    expect_error("a8_text_of_it_by_another_name", (long long)map(fd, P, PROT_WRITE, MAP_SHARED), EPERM);
    close(fd);
    expect("image_by_descriptor", status_of(start_with("objects", "become", "", -1, -1)), 42);
}

static int become(void)
{
    int fd = copy_of_program(memfd_create("image", MFD_ALLOW_SEALING | MFD_CLOEXEC));
    char *const arguments[] = { "objects", "exec", NULL };

    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
    fexecve(fd, arguments, environ);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "exec") == 0) {
        return 42;
    }
    if (argc == 3 && strcmp(argv[1], "past") == 0) {
        return touch_past(argv[2]);
    }
    if (argc == 3 && strcmp(argv[1], "write") == 0) {
        return write_inherited(atoi(argv[2]));
    }
    if (argc == 3 && strcmp(argv[1], "become") == 0) {
        return become();
    }
    try_names();
    try_many_names();
    try_modes();
    try_bytes();
    try_maps();
    try_ends();
    try_rights();
    try_seals();
    if (argc == 1) {
        try_images();
    }
    return 0;
}
