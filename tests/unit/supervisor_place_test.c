/* supervisor/place.c, over file systems that are a table of rows here. */
#include "place.h"

#include "abi_errno.h"
#include "check.h"

#include <stdlib.h>
#include <string.h>

/* An inode is the index of its row; row 0 is the root, whose parent is itself. */
struct row {
    unsigned parent;
    const char *name;
    uint32_t type;
    const char *link; /* of a symbolic link */
};

enum { ROOT, BIN, SH, DEV, DEEP, DEEPER, TO_BIN, TO_SH, TO_UP, TO_NOTHING, SELF, PING, PONG, TO_SLASH, LONG, CHAIN };
#define CHAIN_LENGTH 41u

static char long_name[PLACE_NAME_MAX + 1];
static char chain_names[CHAIN_LENGTH][8], chain_links[CHAIN_LENGTH][8];

static struct row main_rows[CHAIN + CHAIN_LENGTH] = {
    [ROOT] = { ROOT, "", ABI_DT_DIR, NULL },
    [BIN] = { ROOT, "bin", ABI_DT_DIR, NULL },
    [SH] = { BIN, "sh", ABI_DT_REG, NULL },
    [DEV] = { ROOT, "dev", ABI_DT_DIR, NULL },
    [DEEP] = { ROOT, "deep", ABI_DT_DIR, NULL },
    [DEEPER] = { DEEP, "deeper", ABI_DT_DIR, NULL },
    [TO_BIN] = { ROOT, "to-bin", ABI_DT_LNK, "bin" },
    [TO_SH] = { DEEPER, "to-sh", ABI_DT_LNK, "/to-bin//sh" },
    [TO_UP] = { DEEPER, "to-up", ABI_DT_LNK, "../.." },
    [TO_NOTHING] = { ROOT, "to-nothing", ABI_DT_LNK, "no/such" },
    [SELF] = { ROOT, "self", ABI_DT_LNK, "self" },
    [PING] = { ROOT, "ping", ABI_DT_LNK, "pong/x" },
    [PONG] = { ROOT, "pong", ABI_DT_LNK, "ping/y" },
    [TO_SLASH] = { BIN, "to-slash", ABI_DT_LNK, "/" },
    [LONG] = { ROOT, long_name, ABI_DT_REG, NULL },
};

static struct row other_rows[] = {
    { 0, "", ABI_DT_DIR, NULL },
    { 0, "null", ABI_DT_CHR, NULL },
    { 0, "sub", ABI_DT_DIR, NULL },
    { 2, "up", ABI_DT_LNK, "../../bin/sh" },
};

struct system {
    struct file_system fs;
    struct row *rows;
    unsigned count;
};

static const struct system *system_of(const struct file_system *fs)
{
    return (const struct system *)fs;
}

static bool has_name(const struct row *row, const char *name, size_t size_bytes)
{
    return row->name != NULL && strlen(row->name) == size_bytes && memcmp(row->name, name, size_bytes) == 0;
}

static int lookup(const struct file_system *fs, uint64_t folder, const char *name, size_t size_bytes, uint64_t *inode,
                  uint32_t *type)
{
    const struct system *system = system_of(fs);

    CHECK(folder < system->count);
    if (system->rows[folder].type != ABI_DT_DIR) {
        return -ENOTDIR;
    }
    *inode = size_bytes == 2 && memcmp(name, "..", 2) == 0 ? system->rows[folder].parent : folder;
    *type = ABI_DT_DIR;
    if (*inode != folder || (size_bytes <= 2 && memcmp(name, "..", size_bytes) == 0)) {
        return 0;
    }
    for (unsigned i = 1; i < system->count; i++) {
        if (system->rows[i].parent == folder && has_name(&system->rows[i], name, size_bytes)) {
            *inode = i;
            *type = system->rows[i].type;
            return 0;
        }
    }
    return -ENOENT;
}

static const char *link_text(const struct file_system *fs, uint64_t inode, size_t *size_bytes)
{
    const struct row *row = &system_of(fs)->rows[inode];

    CHECK_EQUAL(row->type, ABI_DT_LNK);
    *size_bytes = strlen(row->link);
    return row->link;
}

static void describe(const struct file_system *fs, uint64_t inode, struct abi_stat *stat)
{
    uint32_t type = system_of(fs)->rows[inode].type;

    stat->mode = type == ABI_DT_DIR ? ABI_S_IFDIR : type == ABI_DT_LNK ? ABI_S_IFLNK : ABI_S_IFREG;
}

static int name_of(const struct file_system *fs, uint64_t folder, uint64_t inode, const char **name, size_t *size_bytes)
{
    const struct row *row = &system_of(fs)->rows[inode];

    if (row->parent != folder) {
        return -ENOENT;
    }
    *name = row->name;
    *size_bytes = strlen(row->name);
    return 0;
}

#define OPERATIONS \
    { \
        .lookup = lookup, .link_text = link_text, .describe = describe, .name = name_of \
    }
static struct system root_system = { OPERATIONS, main_rows, CHAIN + CHAIN_LENGTH };
static struct system other_system = { OPERATIONS, other_rows, 4 };

static struct place at_main(unsigned inode)
{
    return (struct place){ &root_system.fs, inode };
}

static struct place at_other(unsigned inode)
{
    return (struct place){ &other_system.fs, inode };
}

/* The tree: the first system, and the second one on /dev. */
static void start(void)
{
    memset(long_name, 'n', PLACE_NAME_MAX);
    CHECK_EQUAL(place_mount((struct place){ 0 }, at_main(ROOT)), 0);
    CHECK_EQUAL(place_mount(at_main(DEV), at_other(0)), 0);
}

static struct place found;

static int walk_with(struct place from, const char *path, enum place_follow follow)
{
    /* The path lies at the end of an allocation of its size, so that a byte read behind it is an error. */
    size_t size_bytes = strlen(path);
    char *copy = malloc(size_bytes + 1);

    memcpy(copy + 1, path, size_bytes);
    int error = place_walk(from, copy + 1, size_bytes, follow, &found);

    free(copy);
    return error;
}

static int walk(struct place from, const char *path)
{
    return walk_with(from, path, PLACE_FOLLOW);
}

static void check_leads(struct place from, const char *path, struct place to)
{
    found = (struct place){ 0 };
    if (walk(from, path) != 0 || !place_is(found, to)) {
        check_string(__FILE__, __LINE__, "leads elsewhere", path, "");
    }
}

TEST(a_path_leads_from_its_folder_or_from_the_root)
{
    start();
    check_leads(at_main(DEEP), "/bin/sh", at_main(SH));
    check_leads(at_main(BIN), "sh", at_main(SH));
    check_leads(at_main(BIN), "/", at_main(ROOT));
    check_leads(at_main(BIN), ".", at_main(BIN));
    check_leads(at_main(DEEP), "deeper", at_main(DEEPER));
    CHECK_EQUAL(walk(at_main(DEEP), "sh"), -ENOENT);
}

TEST(slashes_and_dots_change_nothing)
{
    start();
    check_leads(at_main(DEEP), "///bin//.//./sh", at_main(SH));
    check_leads(at_main(DEEP), "./deeper///", at_main(DEEPER));
    check_leads(at_main(DEEPER), "../../bin/../bin/./sh", at_main(SH));
    check_leads(at_main(DEEPER), "../../../../../..", at_main(ROOT));
}

TEST(an_empty_path_leads_nowhere)
{
    start();
    CHECK_EQUAL(walk(at_main(ROOT), ""), -ENOENT);
}

TEST(behind_what_is_no_folder_there_is_nothing)
{
    start();
    CHECK_EQUAL(walk(at_main(ROOT), "bin/sh/x"), -ENOTDIR);
    CHECK_EQUAL(walk(at_main(ROOT), "bin/sh/"), -ENOTDIR);
    CHECK_EQUAL(walk(at_main(ROOT), "bin/sh/."), -ENOTDIR);
    CHECK_EQUAL(walk(at_main(ROOT), "bin/sh/.."), -ENOTDIR);
    CHECK_EQUAL(walk(at_main(ROOT), "no/../bin"), -ENOENT);
}

TEST(links_are_followed_from_the_folder_they_are_in)
{
    start();
    check_leads(at_main(DEEP), "/to-bin", at_main(BIN));
    check_leads(at_main(DEEP), "deeper/to-sh", at_main(SH));
    check_leads(at_main(DEEP), "deeper/to-up", at_main(ROOT));
    check_leads(at_main(DEEP), "deeper/to-up/bin/to-slash/deep", at_main(DEEP));
    CHECK_EQUAL(walk(at_main(ROOT), "to-nothing"), -ENOENT);
    CHECK_EQUAL(walk(at_main(ROOT), "deep/deeper/to-sh/x"), -ENOTDIR);
    CHECK_EQUAL(walk(at_main(ROOT), "deep/deeper/to-sh/"), -ENOTDIR);
}

TEST(the_last_link_is_followed_unless_it_is_asked_for_itself)
{
    start();
    CHECK_EQUAL(walk_with(at_main(ROOT), "to-bin", PLACE_NO_FOLLOW), 0);
    CHECK(place_is(found, at_main(TO_BIN)));
    CHECK_EQUAL(walk_with(at_main(ROOT), "self", PLACE_NO_FOLLOW), 0);
    CHECK(place_is(found, at_main(SELF)));
    /* With a slash behind it, it is the folder that is meant; and a link on the way is never meant itself. */
    CHECK_EQUAL(walk_with(at_main(ROOT), "to-bin/", PLACE_NO_FOLLOW), 0);
    CHECK(place_is(found, at_main(BIN)));
    CHECK_EQUAL(walk_with(at_main(ROOT), "to-bin/to-slash", PLACE_NO_FOLLOW), 0);
    CHECK(place_is(found, at_main(TO_SLASH)));
}

TEST(links_in_a_circle_are_eloop)
{
    start();
    CHECK_EQUAL(walk(at_main(ROOT), "self"), -ELOOP);
    CHECK_EQUAL(walk(at_main(ROOT), "self/x"), -ELOOP);
    CHECK_EQUAL(walk(at_main(ROOT), "ping"), -ELOOP);
    CHECK_EQUAL(walk_with(at_main(ROOT), "ping/", PLACE_NO_FOLLOW), -ELOOP);
}

/* A chain of links, chain0 -> chain1 -> ... -> bin, has CHAIN_LENGTH of them. */
TEST(so_many_links_are_followed_and_no_more)
{
    start();
    CHECK_EQUAL(CHAIN_LENGTH, PLACE_LINKS_MAX + 1);
    for (unsigned i = 0; i < CHAIN_LENGTH; i++) {
        chain_names[i][0] = chain_links[i][0] = 'c';
        chain_names[i][1] = (char)('0' + i);
        chain_links[i][1] = (char)('1' + i);
        main_rows[CHAIN + i] = (struct row){ ROOT, chain_names[i], ABI_DT_LNK, chain_links[i] };
    }
    main_rows[CHAIN + CHAIN_LENGTH - 1].link = "bin";
    check_leads(at_main(DEEP), "/c1", at_main(BIN));
    check_leads(at_main(DEEP), "/c1/sh", at_main(SH));
    CHECK_EQUAL(walk(at_main(DEEP), "/c0"), -ELOOP);
    /* They count over the whole path. */
    CHECK_EQUAL(walk(at_main(DEEP), "/c2/../c2/sh"), -ELOOP);
}

TEST(names_and_paths_have_a_longest)
{
    static char path[PLACE_PATH_MAX + 2];

    start();
    check_leads(at_main(ROOT), long_name, at_main(LONG));
    memset(path, 'n', PLACE_NAME_MAX + 1);
    CHECK_EQUAL(walk(at_main(ROOT), path), -ENAMETOOLONG);
    memset(path, '/', PLACE_PATH_MAX + 1);
    memcpy(path + PLACE_PATH_MAX - 3, "bin", 4);
    check_leads(at_main(ROOT), path, at_main(BIN));
    memcpy(path + PLACE_PATH_MAX - 3, "bin/", 5);
    CHECK_EQUAL(walk(at_main(ROOT), path), -ENAMETOOLONG);
}

TEST(a_mount_stands_in_the_place_of_its_folder)
{
    start();
    check_leads(at_main(DEEP), "/dev", at_other(0));
    check_leads(at_main(DEEP), "/dev/null", at_other(1));
    check_leads(at_other(0), "../bin/sh", at_main(SH));
    check_leads(at_other(2), "../..", at_main(ROOT));
    check_leads(at_other(2), "up", at_main(SH));
    check_leads(at_main(ROOT), "bin/../dev/sub/../..", at_main(ROOT));
}

TEST(there_are_only_so_many_mounts)
{
    start();
    for (unsigned i = 2; i < PLACE_MOUNTS_MAX; i++) {
        CHECK_EQUAL(place_mount(at_main(DEEP), at_other(2)), 0);
    }
    CHECK_EQUAL(place_mount(at_main(BIN), at_other(0)), -ENFILE);
    check_leads(at_main(ROOT), "bin", at_main(BIN));
    /* A new root forgets them all. */
    CHECK_EQUAL(place_mount((struct place){ 0 }, at_other(0)), 0);
    check_leads(at_main(BIN), "/null", at_other(1));
}

static char buffer[64];

static const char *path_of(struct place folder, size_t capacity)
{
    char *path = NULL;

    /* The end of the buffer is where the capacity is: what is in front of it must stay. */
    memset(buffer, '#', sizeof(buffer));
    int error = place_path(folder, buffer + 8, capacity, &path);

    for (unsigned i = 0; i < 8; i++) {
        CHECK_EQUAL(buffer[i], '#');
    }
    CHECK(error == 0 || error == -ERANGE);
    CHECK(error != 0 || path + strlen(path) + 1 == buffer + 8 + capacity);
    return error == 0 ? path : NULL;
}

TEST(a_folders_path_leads_back_to_it)
{
    start();
    CHECK_STRING(path_of(at_main(ROOT), 40), "/");
    CHECK_STRING(path_of(at_main(DEEPER), 40), "/deep/deeper");
    CHECK_STRING(path_of(at_other(0), 40), "/dev");
    CHECK_STRING(path_of(at_other(2), 40), "/dev/sub");
}

TEST(a_path_that_does_not_fit_is_erange)
{
    start();
    for (size_t capacity = 0; capacity < sizeof("/deep/deeper"); capacity++) {
        CHECK(path_of(at_main(DEEPER), capacity) == NULL);
        CHECK(capacity >= 2 || path_of(at_main(ROOT), capacity) == NULL);
    }
    CHECK_STRING(path_of(at_main(DEEPER), sizeof("/deep/deeper")), "/deep/deeper");
    CHECK_STRING(path_of(at_main(ROOT), 2), "/");
}

/* Where the path that is walked names what it can, and where it ends, is a matter of the tree alone. */
TEST(random_paths_lead_where_their_parts_do)
{
    static const char *const parts[] = {
        "bin", "..", ".", "dev", "to-bin", "deep", "deeper", "to-up", "sub", "up", "/"
    };
    uint64_t seed = 7;

    start();
    for (unsigned round = 0; round < 20000; round++) {
        char path[128] = "";
        struct place step = at_main(DEEP);
        int error = 0;

        for (unsigned i = 0; i < 8; i++) {
            const char *part = parts[check_random(&seed) % 11];

            strcat(strcat(path, i == 0 && part[0] == '/' ? "" : part), "/");
            if (error == 0 && (i == 0 || part[0] != '/')) {
                error = walk(step, part);
                step = found;
            }
        }
        if (error == 0 && (place_stat(step).mode & ABI_S_IFMT) != ABI_S_IFDIR) {
            error = -ENOTDIR;
        }
        CHECK_EQUAL(walk(at_main(DEEP), path), error);
        CHECK(error != 0 || place_is(found, step));
    }
}
