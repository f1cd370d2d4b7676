/* cat [FILE...]: writes the files, or what it reads from descriptor 0, to descriptor 1; - is descriptor 0. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool write_all(const char *data, size_t size_bytes)
{
    while (size_bytes > 0) {
        ssize_t written = write(STDOUT_FILENO, data, size_bytes);

        if (written < 0) {
            return false;
        }
        data += written;
        size_bytes -= (size_t)written;
    }
    return true;
}

static bool copy(int fd, const char *name)
{
    char buffer[1024];
    ssize_t got;

    while ((got = read(fd, buffer, sizeof(buffer))) > 0) {
        if (!write_all(buffer, (size_t)got)) {
            fprintf(stderr, "cat: output: %s\n", strerror(errno));
            return false;
        }
    }
    if (got < 0) {
        fprintf(stderr, "cat: %s: %s\n", name, strerror(errno));
    }
    return got == 0;
}

static bool copy_named(const char *name)
{
    if (strcmp(name, "-") == 0) {
        return copy(STDIN_FILENO, name);
    }
    int fd = open(name, O_RDONLY);

    if (fd < 0) {
        fprintf(stderr, "cat: %s: %s\n", name, strerror(errno));
        return false;
    }
    bool is_done = copy(fd, name);

    close(fd);
    return is_done;
}

int main(int argc, char **argv)
{
    int first = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;

    if (first == 1 && argc > 1 && argv[1][0] == '-' && argv[1][1] != '\0') {
        fprintf(stderr, "usage: cat [FILE...]\n");
        return 2;
    }
    bool is_done = first < argc || copy(STDIN_FILENO, "-");

    for (int i = first; i < argc; i++) {
        is_done &= copy_named(argv[i]);
    }
    return is_done ? 0 : 1;
}
