/*
 * shm [list | create NAME SIZE | seal NAME | write NAME | dump NAME | rm NAME]: the memory objects that have a name.
 * `seal` makes one that nobody can change any more, `write` gives it the bytes of the standard input, `dump` prints
 * its bytes.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inputs.h"

#define FOLDER "/dev/shm"
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static char buffer[4096];

static int complain(const char *what)
{
    fprintf(stderr, "shm: %s: %s\n", what, strerror(errno));
    return 1;
}

/* Which seals it has, one letter each. */
static void format_seals(int seals, char text[6])
{
    static const char letters[] = "Sstwf"; /* as their bits: seal, shrink, grow (taller), write, future writes */

    for (int i = 0; i < 5; i++) {
        text[i] = seals >= 0 && (seals >> i & 1) ? letters[i] : '-';
    }
    text[5] = '\0';
}

static int list_one(const char *name)
{
    struct stat status;
    char seals[6];
    int fd = shm_open(name, O_RDONLY, 0);

    if (fd < 0) {
        return errno == ENOENT ? 0 : complain(name); /* gone meanwhile */
    }
    if (fstat(fd, &status) != 0) {
        close(fd);
        return complain(name);
    }
    format_seals(fcntl(fd, F_GET_SEALS), seals);
    close(fd);
    printf("%04o %s %12lld %10lld %s\n", (unsigned)status.st_mode & 0777, seals, (long long)status.st_size,
           (long long)status.st_blocks / 8, name);
    return 0;
}

static int list(void)
{
    DIR *folder = opendir(FOLDER);
    struct dirent *entry;
    int status = 0;

    if (folder == NULL) {
        return complain(FOLDER);
    }
    printf("mode seals         size     frames name\n");
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_type == DT_REG) {
            status |= list_one(entry->d_name);
        }
    }
    closedir(folder);
    return status;
}

static int create(const char *name, const char *size_text)
{
    long size;

    if (!inputs_number(size_text, 0, INT64_MAX, &size)) {
        fprintf(stderr, "shm: %s: not a size in bytes\n", size_text);
        return 2;
    }
    int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0666);

    if (fd < 0) {
        return complain(name);
    }
    if (ftruncate(fd, size) != 0) {
        int status = complain(name);

        shm_unlink(name);
        return status;
    }
    return 0;
}

static int seal(const char *name)
{
    int fd = shm_open(name, O_RDWR, 0);

    return fd < 0 || fcntl(fd, F_ADD_SEALS, SEALS) != 0 ? complain(name) : 0;
}

/* All bytes from one descriptor to another. */
static bool copy(int from, int to)
{
    ssize_t size;

    while ((size = read(from, buffer, sizeof(buffer))) > 0) {
        for (ssize_t done = 0; done < size;) {
            ssize_t moved = write(to, buffer + done, (size_t)(size - done));

            if (moved < 0) {
                return false;
            }
            done += moved;
        }
    }
    return size == 0;
}

static int write_bytes(const char *name)
{
    int fd = shm_open(name, O_RDWR | O_CREAT | O_TRUNC, 0666);

    return fd < 0 || !copy(STDIN_FILENO, fd) ? complain(name) : 0;
}

static int dump(const char *name)
{
    int fd = shm_open(name, O_RDONLY, 0);

    return fd < 0 || !copy(fd, STDOUT_FILENO) ? complain(name) : 0;
}

static int take_away(const char *name)
{
    return shm_unlink(name) != 0 ? complain(name) : 0;
}

static const struct {
    const char *word;
    int (*run)(const char *name);
} commands[] = {
    { "seal", seal }, { "write", write_bytes }, { "dump", dump }, { "rm", take_away }, { "unlink", take_away }
};

int main(int argc, char **argv)
{
    if (argc == 1 || (argc == 2 && strcmp(argv[1], "list") == 0)) {
        return list();
    }
    if (argc == 4 && strcmp(argv[1], "create") == 0) {
        return create(argv[2], argv[3]);
    }
    for (size_t i = 0; argc == 3 && i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(argv[1], commands[i].word) == 0) {
            return commands[i].run(argv[2]);
        }
    }
    fprintf(stderr, "usage: shm [list | create NAME SIZE | seal NAME | write NAME | dump NAME | rm NAME]\n");
    return 2;
}
