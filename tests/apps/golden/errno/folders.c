/* chdir, getcwd. */
#include <string.h>

#include "golden.h"

static char path_of_4096[4097];

static const struct row before[] = {
    ROW(chdir, "a file", AT("bin/true")),
    ROW(chdir, "a device", AT("/dev/null")),
    ROW(chdir, "a missing folder", AT("none")),
    ROW(chdir, "through a file", AT("bin/true/..")),
    ROW(chdir, "an empty path", AT("")),
    ROW(chdir, "a link to a file", AT("odd/link")),
    ROW(chdir, "a link to itself", AT("odd/loop")),
    ROW(chdir, "a path of 4096 bytes", AT(path_of_4096)),
    ROW(chdir, "a link to a folder", AT("odd/folder")),
    ROW(faccessat, "a file, from where chdir went", HERE, AT("true"), 0),
    ROW(chdir, "..", AT("..")),
    ROW(chdir, ".", AT(".")),
    ROW(faccessat, "a file, from where chdir came back to", HERE, AT("bin/true"), 0),
};

static const struct row after[] = {
    ROW(chdir, "/dev", AT("/dev")),
    ROW(getcwd, "/dev", GOOD, PAGE),
    ROW(getcwd, "/dev, room of -1", GOOD, MINUS(1)),
    ROW(getcwd, "/dev, room of 5", GOOD, 5),
    ROW(getcwd, "/dev, room of 4", GOOD, 4),
    ROW(getcwd, "/dev, room of 1", GOOD, 1),
    ROW(getcwd, "/dev, no room", GOOD, 0),
    ROW(getcwd, "/dev, no room at null", 0, 0),
    ROW(chdir, "/", AT("/")),
    ROW(getcwd, "/", GOOD, PAGE),
    ROW(getcwd, "/, room of 2", GOOD, 2),
    ROW(getcwd, "/, room of 1", GOOD, 1),
    ROW(chdir, "above /", AT("../../..")),
    ROW(getcwd, "above /", GOOD, PAGE),
};

static const struct pointer_row paths[] = { POINTER(PATH, 0, chdir, "path") };
static const struct pointer_row places[] = { POINTER(OUT, 0, getcwd, "/, to", 0, PAGE) };

void try_folders(void)
{
    memset(path_of_4096, '/', sizeof(path_of_4096) - 1);
    RUN(before);
    RUN_POINTERS(paths);
    RUN(after);
    RUN_POINTERS(places);
}
