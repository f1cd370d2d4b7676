/*
 * files_probe FOLDER: files, streams and directories in FOLDER, which is empty and may be written. Prints the name of
 * each check that fails. Runs where there is a file system that can be written.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define CHECK(condition) \
    ((condition) ? (void)0 : (void)(printf("%d: %s (errno %d)\n", __LINE__, #condition, errno), failed = 1))
#define ENTRIES 300

static int failed;

static void check_open_flags(void)
{
    int fd = open("new", O_RDWR | O_CREAT | O_EXCL, 0640);
    struct stat status;

    CHECK(fd >= 0);
    CHECK(open("new", O_RDWR | O_CREAT | O_EXCL, 0640) == -1 && errno == EEXIST);
    CHECK(write(fd, "0123456789", 10) == 10);
    CHECK(fstat(fd, &status) == 0 && status.st_size == 10 && S_ISREG(status.st_mode) &&
          (status.st_mode & 0777) == 0640);
    CHECK(status.st_nlink == 1 && status.st_mtime > 1000000000 && status.st_blksize > 0);
    CHECK(lseek(fd, -3, SEEK_END) == 7);
    char tail[4] = { 0 };
    CHECK(read(fd, tail, 3) == 3 && strcmp(tail, "789") == 0);
    CHECK(close(fd) == 0 && close(fd) == -1 && errno == EBADF);

    fd = open("new", O_WRONLY | O_APPEND);
    struct iovec pieces[2] = { { "ab", 2 }, { "cd", 2 } };
    CHECK(writev(fd, pieces, 2) == 4 && lseek(fd, 0, SEEK_CUR) == 14);
    CHECK(close(fd) == 0);
    fd = open("new", O_WRONLY | O_TRUNC);
    CHECK(fstat(fd, &status) == 0 && status.st_size == 0);
    CHECK(close(fd) == 0);
    CHECK(open("new", O_RDONLY | O_DIRECTORY) == -1 && errno == ENOTDIR);
    CHECK(open("missing", O_RDONLY) == -1 && errno == ENOENT);
    CHECK(stat("missing/x", &status) == -1 && errno == ENOENT);
    CHECK(access("new", R_OK) == 0 && access("new", X_OK) == -1 && errno == EACCES);
    CHECK(isatty(open("new", O_RDONLY)) == 0 && errno == ENOTTY);
}

static void check_streams(void)
{
    FILE *file = fopen("stream", "w");
    char line[32];

    CHECK(file != NULL && fprintf(file, "one\ntwo %d\n", 2) == 10 && fclose(file) == 0);
    file = fopen("stream", "r");
    CHECK(fgets(line, sizeof(line), file) != NULL && strcmp(line, "one\n") == 0);
    CHECK(ftell(file) == 4 && ungetc('X', file) == 'X' && fgetc(file) == 'X');
    CHECK(fseek(file, 0, SEEK_SET) == 0 && fgetc(file) == 'o');
    CHECK(fread(line, 1, sizeof(line), file) == 9 && feof(file) && fclose(file) == 0);
    file = fopen("stream", "a");
    CHECK(fputs("three\n", file) >= 0 && ftell(file) == 16 && fclose(file) == 0);
    CHECK(fopen("missing", "r") == NULL && errno == ENOENT);
    CHECK(fopen("stream", "z") == NULL);

    FILE *open_ones[5];
    for (int i = 0; i < 5; i++) {
        snprintf(line, sizeof(line), "many%d", i);
        open_ones[i] = fopen(line, "w");
        CHECK(open_ones[i] != NULL && fprintf(open_ones[i], "%d", i) == 1);
    }
    CHECK(fclose(open_ones[2]) == 0 && fclose(open_ones[4]) == 0 && fclose(open_ones[0]) == 0);
    struct stat status;
    CHECK(stat("many1", &status) == 0 && status.st_size == 0);
    CHECK(fflush(NULL) == 0);
    CHECK(stat("many1", &status) == 0 && status.st_size == 1 && stat("many3", &status) == 0 && status.st_size == 1);
    CHECK(fputs("left to exit", open_ones[1]) >= 0);
}

static void check_directory(void)
{
    char seen[ENTRIES] = { 0 };
    char name[64];
    struct dirent *entry;
    int rounds = 0;

    for (int i = 0; i < ENTRIES; i++) {
        snprintf(name, sizeof(name), "entry-with-a-rather-long-name-%03d", i);
        close(open(name, O_WRONLY | O_CREAT, 0600));
    }
    DIR *directory = opendir(".");
    CHECK(directory != NULL && dirfd(directory) > 2);
    for (; rounds < 2; rounds++, rewinddir(directory)) {
        while ((entry = readdir(directory)) != NULL) {
            if (strncmp(entry->d_name, "entry-with", 10) == 0) {
                CHECK(entry->d_type == DT_REG && entry->d_ino != 0);
                seen[atoi(entry->d_name + 30)]++;
            }
        }
    }
    CHECK(closedir(directory) == 0);
    for (int i = 0; i < ENTRIES; i++) {
        CHECK(seen[i] == rounds);
    }
    CHECK(opendir("missing") == NULL && errno == ENOENT);
    CHECK(opendir("new") == NULL && errno == ENOTDIR);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        return 2;
    }
    /* There is no chdir(): the caller has made FOLDER the current one. */
    check_open_flags();
    check_streams();
    check_directory();
    CHECK(fclose(stdin) == 0 && getchar() == EOF);
    return failed;
}
