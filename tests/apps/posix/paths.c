/*
 * paths: where paths lead, what descriptors share, and what goes over into another program. The test adds /odd.
 *
 *     paths             all of it
 *     paths WHAT HOW    a child
 */
#include "posix.h"

#include <fcntl.h>
#include <sys/stat.h>

#define PATH_BYTES 4096 /* with the NUL: what the supervisor takes; the C library promises less */

static char long_path[PATH_BYTES + 1];

static bool is_same(const char *one, const char *other)
{
    struct stat first, second;

    return stat(one, &first) == 0 && stat(other, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

static int open_error(const char *path)
{
    int fd = open(path, O_RDONLY);

    if (fd >= 0) {
        close(fd);
        return 0;
    }
    return errno;
}

static int be_child(const char *what, const char *how)
{
    char folder[64];
    int number = atoi(how);

    if (strcmp(what, "is_open") == 0) {
        return fcntl(number, F_GETFD) >= 0;
    } else if (strcmp(what, "execve") == 0) {
        execv("/bin/paths", (char *const[]){ "paths", "is_open", (char *)how, NULL });
    } else if (strcmp(what, "execve_closing") == 0) {
        fcntl(number, F_SETFD, FD_CLOEXEC);
        execv("/bin/paths", (char *const[]){ "paths", "is_open", (char *)how, NULL });
    } else if (strcmp(what, "folder") == 0) {
        return getcwd(folder, sizeof(folder)) == NULL || strcmp(folder, how) != 0;
    } else if (strcmp(what, "digit") == 0) {
        char digit;

        return read(number, &digit, 1) == 1 ? digit : 99;
    }
    return 99;
}

static int ending_of(const char *what, int number)
{
    char how[16];

    snprintf(how, sizeof(how), "%d", number);
    return status_of(start_with("paths", what, how, -1, -1));
}

static void try_walks(void)
{
    expect_true("walk_dot", is_same("/./bin/./true", "/bin/true"));
    expect_true("walk_dot_dot", is_same("/lib/../bin/../bin/true", "/bin/true"));
    expect_true("walk_dot_dot_of_the_root", is_same("/../..", "/"));
    expect_true("walk_dot_dot_of_a_mount", is_same("/dev/..", "/"));
    expect_true("walk_slashes", is_same("//bin////true", "/bin/true"));
    expect_true("walk_a_link_to_a_folder", is_same("/odd/folder/true", "/bin/true"));
    expect_true("walk_dot_dot_behind_a_link", is_same("/odd/folder/..", "/"));
    expect_true("walk_a_link_to_a_link", is_same("/odd/around", "/odd/text"));
    expect_true("walk_an_absolute_link_into_a_mount", is_same("/odd/device", "/dev/zero"));
    expect("walk_a_loop", open_error("/odd/loop"), ELOOP);
    expect("walk_through_a_loop", open_error("/odd/loop/x"), ELOOP);
    expect("walk_through_a_file", open_error("/odd/text/x"), ENOTDIR);
    expect("walk_a_file_as_a_folder", open_error("/odd/text/"), ENOTDIR);
    expect("walk_a_missing_folder", open_error("/none/.."), ENOENT);
    memset(long_path, 'n', 256);
    expect("walk_a_long_name", open_error(long_path), ENAMETOOLONG);
    long_path[255] = '\0';
    expect("walk_the_longest_name", open_error(long_path), ENOENT);
    memset(long_path, '/', PATH_BYTES);
    expect("walk_a_long_path", open_error(long_path), ENAMETOOLONG);
    long_path[PATH_BYTES - 1] = '\0';
    expect("walk_the_longest_path", open_error(long_path), 0);
}

static void try_folders(void)
{
    char path[64];

    expect("folder_goes", chdir("/odd/folder"), 0);
    expect_true("folder_is_told_without_links", getcwd(path, sizeof(path)) != NULL && strcmp(path, "/bin") == 0);
    expect_true("folder_is_where_paths_start", is_same("true", "/bin/true"));
    expect("folder_is_the_childs_too", status_of(start_with("paths", "folder", "/bin", -1, -1)), 0);
    expect_error("folder_that_is_a_file", chdir("true"), ENOTDIR);
    expect_error("folder_that_is_missing", chdir("none"), ENOENT);
    expect_true("folder_stays_after_an_error", getcwd(path, sizeof(path)) != NULL && strcmp(path, "/bin") == 0);
    chdir("../dev");
    expect_true("folder_of_a_mount", getcwd(path, sizeof(path)) != NULL && strcmp(path, "/dev") == 0);
    expect_true("folder_without_room", getcwd(path, 4) == NULL && errno == ERANGE);
    chdir("..");
    expect_true("folder_back_from_a_mount", getcwd(path, sizeof(path)) != NULL && strcmp(path, "/") == 0);
}

static void try_devices(void)
{
    int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR);
    int random = open("/dev/random", O_RDONLY), console = open("/dev/console", O_RDWR);
    char bytes[64], others[64], none[64] = { 0 };

    expect("null_swallows", write(null, bytes, sizeof(bytes)), sizeof(bytes));
    expect("null_gives_nothing", read(null, bytes, sizeof(bytes)), 0);
    memset(bytes, 'x', sizeof(bytes));
    expect("zero_gives", read(zero, bytes, sizeof(bytes)), sizeof(bytes));
    expect_true("zero_gives_zeros", memcmp(bytes, none, sizeof(none)) == 0);
    expect("zero_swallows", write(zero, bytes, sizeof(bytes)), sizeof(bytes));
    expect("random_gives", read(random, bytes, sizeof(bytes)), sizeof(bytes));
    read(random, others, sizeof(others));
    expect_true("random_gives_others_each_time", memcmp(bytes, others, sizeof(bytes)) != 0);
    expect("console_is_a_terminal", isatty(console), 1);
    expect("console_takes_text", write(console, "ok console_itself\n", 18), 18);
    expect_error("device_that_is_missing", open("/dev/none", O_RDONLY), ENOENT);
    close(null);
    close(zero);
    close(random);
    close(console);
}

static void try_sharing(void)
{
    int first = open("/odd/text", O_RDONLY), copy = dup(first), other = open("/odd/text", O_RDONLY);
    char byte = 0;

    lseek(first, 4, SEEK_SET);
    read(copy, &byte, 1);
    expect("copy_shares_the_position", byte, '4');
    read(other, &byte, 1);
    expect("another_open_has_its_own", byte, '0');
    expect("child_reads_on", ending_of("digit", first), '5');
    expect("child_has_moved_the_position", lseek(copy, 0, SEEK_CUR), 6);
    close(first);
    expect("copy_outlives_the_first", read(copy, &byte, 1), 1);

    expect("child_has_what_is_open", ending_of("is_open", copy), 1);
    expect("execve_keeps_what_is_open", ending_of("execve", copy), 1);
    expect("execve_closes_what_is_to_be_closed", ending_of("execve_closing", copy), 0);
    fcntl(copy, F_SETFD, FD_CLOEXEC);
    expect("child_has_not_what_is_to_be_closed", ending_of("is_open", copy), 0);
    int again = dup(copy);

    expect("copy_is_not_to_be_closed", fcntl(again, F_GETFD), 0);
    expect("child_has_the_copy", ending_of("is_open", again), 1);
    int closing = open("/odd/text", O_RDONLY | O_CLOEXEC);

    expect("open_with_cloexec", ending_of("is_open", closing), 0);
    close(copy);
    close(again);
    close(other);
    close(closing);
}

int main(int argc, char **argv)
{
    if (argc == 3) {
        return be_child(argv[1], argv[2]);
    }
    try_walks();
    try_folders();
    try_devices();
    try_sharing();
    return 0;
}
