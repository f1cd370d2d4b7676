/* openat, faccessat, newfstatat, readlinkat: what is named by a path. */
#include <string.h>

#include "golden.h"

static char name_of_255[256], name_of_256[257], path_of_4095[4096], path_of_4096[4097];

/* Each of these calls with the same paths. */
static const struct {
    const char *words;
    uint64_t path;
} paths[] = {
    { "a file", AT("bin/true") },
    { "a folder", AT("bin") },
    { "a folder with slashes behind it", AT("bin///") },
    { "a file with a slash behind it", AT("bin/true/") },
    { "a missing file", AT("bin/none") },
    { "in a missing folder", AT("none/true") },
    { "through a file", AT("bin/true/x") },
    { "through . and ..", AT("./bin/../bin/./true") },
    { "an empty path", AT("") },
    { "/", AT("/") },
    { "above /", AT("/../../dev/null") },
    { "a device", AT("/dev/null") },
    { "a device with a slash behind it", AT("/dev/null/") },
    { "a link", AT("odd/link") },
    { "a link with a slash behind it", AT("odd/link/") },
    { "a link to a folder", AT("odd/folder") },
    { "a link to a folder with a slash behind it", AT("odd/folder/") },
    { "through a link", AT("odd/folder/true") },
    { "through a link and ..", AT("odd/folder/../bin/true") },
    { "a link to nowhere", AT("odd/nowhere") },
    { "a link to itself", AT("odd/loop") },
    { "through a link to itself", AT("odd/loop/x") },
    { "a chain of 40 links", AT("odd/chain40") },
    { "a chain of 41 links", AT("odd/chain41") },
    { "a name of 255 bytes", AT(name_of_255) },
    { "a name of 256 bytes", AT(name_of_256) },
    { "a path of 4095 bytes", AT(path_of_4095) },
    { "a path of 4096 bytes", AT(path_of_4096) },
};

static void make_long_paths(void)
{
    memset(name_of_255, 'n', sizeof(name_of_255) - 1);
    memset(name_of_256, 'n', sizeof(name_of_256) - 1);
    memset(path_of_4095, '/', sizeof(path_of_4095) - 1);
    memset(path_of_4096, '/', sizeof(path_of_4096) - 1);
}

static void run_paths(const char *call, enum abi_syscall number, enum result result, uint64_t third, uint64_t fourth,
                      const char *words)
{
    for (unsigned i = 0; i < COUNT(paths); i++) {
        char all[128] = "";

        strcat(strcat(all, paths[i].words), words);
        run_row(&(struct row){ call, all, number, result, { HERE, paths[i].path, third, fourth } });
    }
}

#define OPEN(words, path, flags) ROW_OPEN(openat, words, HERE, AT(path), flags)

static const struct row opens[] = {
    OPEN("a file, for writing", "odd/text", ABI_O_WRONLY),
    OPEN("a file, for both", "odd/text", ABI_O_RDWR),
    OPEN("a file, O_ACCMODE", "odd/text", ABI_O_ACCMODE),
    OPEN("a file, O_CREAT", "odd/text", ABI_O_CREAT),
    OPEN("a file, O_CREAT and O_EXCL", "odd/text", ABI_O_CREAT | ABI_O_EXCL),
    OPEN("a file, O_TRUNC", "odd/text", ABI_O_TRUNC),
    OPEN("a file, O_APPEND", "odd/text", ABI_O_APPEND),
    OPEN("a file, O_NONBLOCK", "odd/text", ABI_O_NONBLOCK),
    OPEN("a file, O_DIRECTORY", "odd/text", ABI_O_DIRECTORY),
    OPEN("a file, O_NOFOLLOW", "odd/text", ABI_O_NOFOLLOW),
    OPEN("a missing file, O_CREAT", "odd/new", ABI_O_CREAT),
    OPEN("a missing file, O_CREAT and O_EXCL", "odd/newer", ABI_O_CREAT | ABI_O_EXCL),
    OPEN("in a missing folder, O_CREAT", "none/new", ABI_O_CREAT),
    OPEN("a missing file with a slash behind it, O_CREAT", "odd/newest/", ABI_O_CREAT),
    OPEN("a folder, O_DIRECTORY", "bin", ABI_O_DIRECTORY),
    OPEN("a folder, for writing", "bin", ABI_O_WRONLY),
    OPEN("a folder, for both", "bin", ABI_O_RDWR),
    OPEN("a folder, O_CREAT", "bin", ABI_O_CREAT),
    OPEN("a folder, O_TRUNC", "bin", ABI_O_TRUNC),
    OPEN("a link, O_NOFOLLOW", "odd/link", ABI_O_NOFOLLOW),
    OPEN("a link to a folder, O_NOFOLLOW and O_DIRECTORY", "odd/folder", ABI_O_NOFOLLOW | ABI_O_DIRECTORY),
    OPEN("a link to a folder with a slash behind it, O_NOFOLLOW", "odd/folder/", ABI_O_NOFOLLOW),
    OPEN("a link to a folder, O_DIRECTORY", "odd/folder", ABI_O_DIRECTORY),
    OPEN("a link to nowhere, O_CREAT and O_EXCL", "odd/nowhere", ABI_O_CREAT | ABI_O_EXCL),
    OPEN("a device, for both", "/dev/null", ABI_O_RDWR),
    OPEN("a device, O_TRUNC", "/dev/null", ABI_O_WRONLY | ABI_O_TRUNC),
    OPEN("a device, O_CREAT", "/dev/null", ABI_O_RDWR | ABI_O_CREAT),
    OPEN("a device, O_DIRECTORY", "/dev/null", ABI_O_DIRECTORY),
    OPEN("a missing device, O_CREAT", "/dev/none/x", ABI_O_CREAT),
    ROW_OPEN(openat, "from a folder", FOLDER, AT("true"), 0),
    ROW_OPEN(openat, "from a folder, .. of it", FOLDER, AT("../bin"), 0),
    ROW_OPEN(openat, "from a file", FILE_AT, AT("true"), 0),
    ROW_OPEN(openat, "from a file, an empty path", FILE_AT, AT(""), 0),
    ROW_OPEN(openat, "from a pipe", PIPE_IN, AT("true"), 0),
    ROW_OPEN(openat, "from the console", CONSOLE, AT("true"), 0),
    ROW_OPEN(openat, "from a closed one", FREE, AT("true"), 0),
    ROW_OPEN(openat, "from a closed one, /dev/null", FREE, AT("/dev/null"), 0),
    ROW_OPEN(openat, "from a closed one, an empty path", FREE, AT(""), 0),
    ROW_OPEN(openat, "from -1", MINUS(1), AT("true"), 0),
    ROW_OPEN(openat, "from -101", MINUS(101), AT("true"), 0),
};

static const struct row asked[] = {
    ROW(faccessat, "a file, R_OK", HERE, AT("bin/true"), ABI_R_OK),
    ROW(faccessat, "a file, X_OK", HERE, AT("bin/true"), ABI_X_OK),
    ROW(faccessat, "a file, W_OK", HERE, AT("bin/true"), ABI_W_OK),
    ROW(faccessat, "a file that can't be executed, X_OK", HERE, AT("odd/plain"), ABI_X_OK),
    ROW(faccessat, "a folder, X_OK", HERE, AT("bin"), ABI_X_OK),
    ROW(faccessat, "a folder, W_OK", HERE, AT("bin"), ABI_W_OK),
    ROW(faccessat, "a device, R_OK and W_OK", HERE, AT("/dev/null"), ABI_R_OK | ABI_W_OK),
    ROW(faccessat, "a device, X_OK", HERE, AT("/dev/null"), ABI_X_OK),
    ROW(faccessat, "a missing file, W_OK", HERE, AT("bin/none"), ABI_W_OK),
    ROW(faccessat, "a file, mode 8", HERE, AT("bin/true"), 8),
    ROW(faccessat, "a file, mode -1", HERE, AT("bin/true"), MINUS(1)),
    ROW(faccessat, "a missing file, mode -1", HERE, AT("bin/none"), MINUS(1)),
    ROW(faccessat, "from a folder", FOLDER, AT("true"), 0),
    ROW(faccessat, "from a file", FILE_AT, AT("true"), 0),
    ROW(faccessat, "from a closed one", FREE, AT("true"), 0),
    ROW(faccessat, "from -1", MINUS(1), AT("true"), 0),
    ROW(newfstatat, "an empty path, AT_EMPTY_PATH", HERE, AT(""), GOOD, ABI_AT_EMPTY_PATH),
    ROW(newfstatat, "from a file, an empty path, AT_EMPTY_PATH", FILE_AT, AT(""), GOOD, ABI_AT_EMPTY_PATH),
    ROW(newfstatat, "from a pipe, an empty path, AT_EMPTY_PATH", PIPE_IN, AT(""), GOOD, ABI_AT_EMPTY_PATH),
    ROW(newfstatat, "from a closed one, an empty path, AT_EMPTY_PATH", FREE, AT(""), GOOD, ABI_AT_EMPTY_PATH),
    ROW(newfstatat, "from a file, AT_EMPTY_PATH", FILE_AT, AT("true"), GOOD, ABI_AT_EMPTY_PATH),
    ROW(newfstatat, "a file, flag 1", HERE, AT("bin/true"), GOOD, 1),
    ROW(newfstatat, "a file, all flags", HERE, AT("bin/true"), GOOD, MINUS(1)),
    ROW(newfstatat, "from a folder", FOLDER, AT("true"), GOOD, 0),
    ROW(newfstatat, "from a file", FILE_AT, AT("true"), GOOD, 0),
    ROW(newfstatat, "from a closed one", FREE, AT("true"), GOOD, 0),
    ROW(newfstatat, "from -1", MINUS(1), AT("true"), GOOD, 0),
    ROW(readlinkat, "a link, room of 1", HERE, AT("odd/link"), GOOD, 1),
    ROW(readlinkat, "a link, no room", HERE, AT("odd/link"), GOOD, 0),
    ROW(readlinkat, "a link, room of -1", HERE, AT("odd/link"), GOOD, MINUS(1)),
    ROW(readlinkat, "a link, room of INT_MIN", HERE, AT("odd/link"), GOOD, 1ull << 31),
    ROW(readlinkat, "a missing file, no room", HERE, AT("odd/none"), GOOD, 0),
    ROW(readlinkat, "from a folder", FOLDER, AT("true"), GOOD, 64),
    ROW(readlinkat, "from a file", FILE_AT, AT("true"), GOOD, 64),
    ROW(readlinkat, "from a file, an empty path", FILE_AT, AT(""), GOOD, 64),
    ROW(readlinkat, "from a closed one", FREE, AT("true"), GOOD, 64),
    ROW(readlinkat, "from -1", MINUS(1), AT("true"), GOOD, 64),
};

static const struct pointer_row pointers[] = {
    POINTER(PATH, 1, openat, "path", HERE),
    POINTER(PATH, 1, openat, "path, from a closed one", FREE),
    POINTER(PATH, 1, faccessat, "path", HERE),
    POINTER(PATH, 1, newfstatat, "path", HERE, 0, GOOD),
    POINTER(PATH, 1, readlinkat, "path", HERE, 0, GOOD, 64),
    POINTER(OUT, 2, newfstatat, "a file, to", HERE, AT("bin/true")),
    POINTER(OUT, 2, readlinkat, "a link, to", HERE, AT("odd/link"), 0, 64),
};

void try_paths(void)
{
    make_long_paths();
    run_paths("openat", SYS_openat, RESULT_DESCRIPTOR, 0, 0, "");
    RUN(opens);
    run_paths("faccessat", SYS_faccessat, RESULT_VALUE, ABI_F_OK, 0, "");
    run_paths("newfstatat", SYS_newfstatat, RESULT_VALUE, GOOD, 0, "");
    run_paths("newfstatat", SYS_newfstatat, RESULT_VALUE, GOOD, ABI_AT_SYMLINK_NOFOLLOW, ", AT_SYMLINK_NOFOLLOW");
    run_paths("readlinkat", SYS_readlinkat, RESULT_VALUE, GOOD, 64, "");
    RUN(asked);
    RUN_POINTERS(pointers);
}
