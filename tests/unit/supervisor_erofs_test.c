/* supervisor/erofs.c: reading images of every layout, and what mkfs.erofs makes. */
#include "erofs.h"

#include "abi_errno.h"
#include "abi_types.h"
#include "check.h"
#include "supervisor_erofs_image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct erofs fs;
static const char *reason;

static void mounted(void)
{
    reason = "";
    CHECK_EQUAL(erofs_mount(&fs, image, image_bytes, &reason), 0);
}

static void mounted_tree(void)
{
    image_sample();
    mounted();
}

static int64_t look(const char *path)
{
    uint64_t nid = 0;
    int error = image_walk(&fs, fs.root_nid, path, strlen(path), PLACE_FOLLOW, &nid);

    return error == 0 ? (int64_t)nid : error;
}

static void check_holds(uint64_t nid, const void *bytes, size_t size)
{
    static uint8_t buffer[IMAGE_CONTENT_BYTES + 1];
    struct erofs_inode inode;

    erofs_inode(&fs, nid, &inode);
    CHECK_EQUAL(inode.size_bytes, size);
    CHECK_EQUAL(erofs_read(&fs, &inode, 0, buffer, sizeof(buffer)), size);
    CHECK_EQUAL(memcmp(buffer, bytes, size), 0);
    for (uint64_t offset = 0; offset < size; offset += 997) {
        memset(buffer, 0, sizeof(buffer));
        size_t part = size - offset < 2500 ? size - offset : 2500;

        CHECK_EQUAL(erofs_read(&fs, &inode, offset, buffer, 2500), part);
        CHECK_EQUAL(memcmp(buffer, (const uint8_t *)bytes + offset, part), 0);
    }
    CHECK_EQUAL(erofs_read(&fs, &inode, size, buffer, 1), 0);
    CHECK_EQUAL(erofs_read(&fs, &inode, UINT64_MAX, buffer, 1), 0);
    if (inode.in_place && size > 0) {
        CHECK(is_page_aligned(inode.data_offset));
        CHECK_EQUAL(memcmp(image + inode.data_offset, bytes, size), 0);
    }
}

TEST(files_of_every_layout_are_read)
{
    mounted_tree();
    check_holds(sample.a, "content of a", 12);
    check_holds(sample.hello, image_content, 5000);
    check_holds(sample.chunks, image_content, IMAGE_CONTENT_BYTES);
    check_holds(sample.wide, image_content, IMAGE_CONTENT_BYTES);
    check_holds(sample.tail, image_content, 2 * EROFS_BLOCK_BYTES + 1904);
    check_holds(sample.empty, "", 0);
    check_holds(sample.extended, image_content, 100);
    check_holds(sample.exact, image_content, EROFS_BLOCK_BYTES);
    check_holds(sample.self, "hello", 5);
}

TEST(what_lies_in_whole_pages_can_be_mapped_in_place)
{
    struct erofs_inode inode;

    mounted_tree();
    const uint64_t in_place[] = { sample.a, sample.hello, sample.chunks, sample.wide, sample.empty, sample.exact };

    for (size_t i = 0; i < sizeof(in_place) / sizeof(in_place[0]); i++) {
        erofs_inode(&fs, in_place[i], &inode);
        CHECK(inode.in_place);
    }
    erofs_inode(&fs, sample.tail, &inode);
    CHECK(!inode.in_place);
    erofs_inode(&fs, sample.extended, &inode);
    CHECK(!inode.in_place);
}

TEST(modes_and_link_counts_are_the_inodes)
{
    struct erofs_inode inode;

    mounted_tree();
    erofs_inode(&fs, sample.hello, &inode);
    CHECK_EQUAL(inode.mode, ABI_S_IFREG | 0755);
    CHECK_EQUAL(inode.link_count, 1);
    CHECK_EQUAL(inode.nid, sample.hello);
    erofs_inode(&fs, sample.etc, &inode);
    CHECK_EQUAL(inode.mode, ABI_S_IFDIR | 0755);
    CHECK_EQUAL(inode.link_count, 0x10001);
}

TEST(names_are_found_in_directories_of_one_and_of_several_blocks)
{
    struct erofs_entry entry;

    mounted_tree();
    CHECK_EQUAL(fs.entry_count, 9 + 3 + 5 + 3 + 1 + IMAGE_MANY);
    for (unsigned i = 0; i < IMAGE_MANY; i++) {
        char name[8];

        snprintf(name, sizeof(name), "%03u", i);
        CHECK_EQUAL(erofs_lookup(&fs, sample.many, name, 3, &entry), 0);
        CHECK_EQUAL(entry.nid, sample.a);
        CHECK_EQUAL(entry.type, ABI_DT_REG);
        CHECK_EQUAL(erofs_lookup(&fs, sample.many, name, 2, &entry), -ENOENT);
        strcat(name, "x");
        CHECK_EQUAL(erofs_lookup(&fs, sample.many, name, 4, &entry), -ENOENT);
    }
    CHECK_EQUAL(erofs_lookup(&fs, sample.many, "", 0, &entry), -ENOENT);
    CHECK_EQUAL(erofs_lookup(&fs, sample.many, "\xff", 1, &entry), -ENOENT);
    CHECK_EQUAL(erofs_lookup(&fs, sample.many, "..", 2, &entry), 0);
    CHECK_EQUAL(entry.nid, sample.root);
    CHECK_EQUAL(erofs_lookup(&fs, sample.deep, "-", 1, &entry), 0);
    CHECK_EQUAL(erofs_lookup(&fs, sample.hello, "x", 1, &entry), -ENOTDIR);
    CHECK_EQUAL(erofs_lookup(&fs, sample.self, "x", 1, &entry), -ENOTDIR);
}

TEST(paths_lead_where_posix_says)
{
    mounted_tree();
    CHECK_EQUAL(look("/bin/hello"), sample.hello);
    CHECK_EQUAL(look("bin/hello"), sample.hello);
    CHECK_EQUAL(look("//bin///hello"), sample.hello);
    CHECK_EQUAL(look("/"), sample.root);
    CHECK_EQUAL(look("////"), sample.root);
    CHECK_EQUAL(look("."), sample.root);
    CHECK_EQUAL(look(".."), sample.root);
    CHECK_EQUAL(look("/../../bin/./../bin/hello"), sample.hello);
    CHECK_EQUAL(look("/bin/"), sample.bin);
    CHECK_EQUAL(look("/bin/."), sample.bin);
    CHECK_EQUAL(look("/etc/deep/er/../../../bin"), sample.bin);
    CHECK_EQUAL(look(""), -ENOENT);
    CHECK_EQUAL(look("/nothing"), -ENOENT);
    CHECK_EQUAL(look("/nothing/hello"), -ENOENT);
    CHECK_EQUAL(look("/bin/hell"), -ENOENT);
    CHECK_EQUAL(look("/bin/helloo"), -ENOENT);
    CHECK_EQUAL(look("/bin/hello/"), -ENOTDIR);
    CHECK_EQUAL(look("/bin/hello/x"), -ENOTDIR);
    CHECK_EQUAL(look("/bin/hello/."), -ENOTDIR);
    CHECK_EQUAL(look("/bin/hello/.."), -ENOTDIR);
    CHECK_EQUAL(look("/empty/"), -ENOTDIR);
}

TEST(symbolic_links_are_followed)
{
    mounted_tree();
    CHECK_EQUAL(look("/bin/self"), sample.hello);
    CHECK_EQUAL(look("/bin/self/"), -ENOTDIR);
    CHECK_EQUAL(look("/bin/self/x"), -ENOTDIR);
    CHECK_EQUAL(look("/etc/deep/up"), sample.bin);
    CHECK_EQUAL(look("/etc/deep/up/"), sample.bin);
    CHECK_EQUAL(look("/etc/deep/up/self"), sample.hello);
    CHECK_EQUAL(look("/etc/deep/up/../etc/deep/up/a"), sample.a);
    CHECK_EQUAL(look("/etc/root"), sample.root);
    CHECK_EQUAL(look("/etc/root/bin"), sample.bin);
    CHECK_EQUAL(look("/etc/abs"), sample.hello);
    CHECK_EQUAL(look("/etc/abs/x"), -ENOTDIR);
    CHECK_EQUAL(look("/etc/loop1"), -ELOOP);
    CHECK_EQUAL(look("/etc/loop1/x"), -ELOOP);
}

TEST(so_many_links_are_followed_and_no_more)
{
    char path[500] = "";

    mounted_tree();
    for (unsigned i = 0; i < PLACE_LINKS_MAX; i++) {
        strcat(path, "etc/root/");
    }
    CHECK_EQUAL(look(path), sample.root);
    strcat(path, "bin");
    CHECK_EQUAL(look(path), sample.bin);
    strcat(path, "/self");
    CHECK_EQUAL(look(path), -ELOOP);
}

TEST(the_last_link_stays_when_it_is_not_to_be_followed)
{
    const struct {
        const char *path;
        uint64_t *nid;
    } cases[] = { { "/bin/self", &sample.self },   { "/etc/deep/up/self", &sample.self },
                  { "/etc/loop1", &sample.loop1 }, { "/etc/root/etc/root", &sample.to_root },
                  { "/bin/hello", &sample.hello }, { "/etc/deep/up/", &sample.bin } };

    mounted_tree();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t nid = 0;

        CHECK_EQUAL(image_walk(&fs, sample.root, cases[i].path, strlen(cases[i].path), PLACE_NO_FOLLOW, &nid), 0);
        CHECK_EQUAL(nid, *cases[i].nid);
    }
}

TEST(relative_paths_start_where_the_caller_is)
{
    uint64_t nid = 0;

    mounted_tree();
    CHECK_EQUAL(image_walk(&fs, sample.deep, "up/a", 4, PLACE_FOLLOW, &nid), 0);
    CHECK_EQUAL(nid, sample.a);
    CHECK_EQUAL(image_walk(&fs, sample.deep, "/bin", 4, PLACE_FOLLOW, &nid), 0);
    CHECK_EQUAL(nid, sample.bin);
    CHECK_EQUAL(image_walk(&fs, sample.deep, "../..", 5, PLACE_FOLLOW, &nid), 0);
    CHECK_EQUAL(nid, sample.root);
    CHECK_EQUAL(image_walk(&fs, sample.hello, "x", 1, PLACE_FOLLOW, &nid), -ENOTDIR);
}

TEST(names_and_paths_that_are_too_long_are_refused)
{
    static char path[5000];

    mounted_tree();
    memset(path, 'x', 255);
    CHECK_EQUAL(look(path), -ENOENT);
    path[255] = 'x';
    CHECK_EQUAL(look(path), -ENAMETOOLONG);
    memset(path, '/', PLACE_PATH_MAX);
    CHECK_EQUAL(look(path), sample.root);
    path[PLACE_PATH_MAX] = '/';
    CHECK_EQUAL(look(path), -ENAMETOOLONG);
}

TEST(a_directory_is_listed_once_in_order_from_any_cursor)
{
    struct erofs_inode inode;
    struct erofs_entry entry;
    uint64_t cursor = 0, cursors[IMAGE_MANY + 2];
    unsigned count = 0;

    mounted_tree();
    erofs_inode(&fs, sample.many, &inode);
    while (erofs_readdir(&fs, &inode, &cursor, &entry) == 0) {
        char name[8];

        snprintf(name, sizeof(name), "%03u", count - 2);
        CHECK(count < 2 || (entry.name_size_bytes == 3 && memcmp(entry.name, name, 3) == 0));
        cursors[count++] = cursor;
    }
    CHECK_EQUAL(count, IMAGE_MANY + 2);
    for (unsigned i = 0; i + 1 < count; i++) {
        cursor = cursors[i];
        CHECK_EQUAL(erofs_readdir(&fs, &inode, &cursor, &entry), 0);
        CHECK_EQUAL(cursor, cursors[i + 1]);
    }
    for (uint64_t any = 0; any < 6 * EROFS_BLOCK_BYTES; any++) {
        cursor = any;
        CHECK(erofs_readdir(&fs, &inode, &cursor, &entry) == -ENOENT || cursor > any);
    }
    cursor = UINT64_MAX;
    CHECK_EQUAL(erofs_readdir(&fs, &inode, &cursor, &entry), -ENOENT);
}

static void run(const char *format, const char *folder, const char *options)
{
    char command[2000];

    snprintf(command, sizeof(command), format, folder, options);
    CHECK_EQUAL(system(command), 0);
}

static void load(const char *folder)
{
    char path[300];

    snprintf(path, sizeof(path), "%s/image", folder);
    FILE *file = fopen(path, "rb");

    CHECK(file != NULL);
    CHECK_EQUAL(fseek(file, 0, SEEK_END), 0);
    image_bytes = (uint64_t)ftell(file);
    rewind(file);
    free(image);
    image = aligned_alloc(4096, image_bytes);
    CHECK_EQUAL(fread(image, 1, image_bytes, file), image_bytes);
    fclose(file);
}

static void check_big_directory(void)
{
    char path[64];

    for (unsigned i = 0; i < 300; i++) {
        snprintf(path, sizeof(path), "/many/a-rather-long-name-of-a-file-%u", i);
        CHECK(look(path) > 0);
    }
}

TEST(images_of_mkfs_erofs_are_read)
{
    static const char *const options[] = { "-E noinline_data", "", "-E noinline_data --chunksize=4096",
                                           "-E noinline_data --chunksize=1048576", "-x2 -E force-inode-extended" };
    char folder[] = "/tmp/pando-erofs-XXXXXX";

    CHECK(mkdtemp(folder) != NULL);
    run("cd %s && mkdir -p root/bin root/etc/a/b root/many && seq 1 20000 > root/bin/big && echo hi > root/etc/small"
        " && : > root/empty && ln -s ../../bin/big root/etc/a/link && head -c 8192 root/bin/big > root/exact"
        " && for i in $(seq 0 299); do : > root/many/a-rather-long-name-of-a-file-$i; done",
        folder, "");
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        run("cd %s && rm -f image && mkfs.erofs -T0 --all-root --quiet %s image root > log 2>&1", folder, options[i]);
        load(folder);
        mounted();
        CHECK_EQUAL(look("/etc/a/link"), look("/bin/big"));
        check_holds((uint64_t)look("/etc/small"), "hi\n", 3);
        check_holds((uint64_t)look("/empty"), "", 0);
        struct erofs_inode inode;
        char start[16];

        erofs_inode(&fs, (uint64_t)look("/bin/big"), &inode);
        CHECK_EQUAL(inode.size_bytes, 108894);
        CHECK_EQUAL(erofs_read(&fs, &inode, 108894 - 6, start, 16), 6);
        CHECK_EQUAL(memcmp(start, "20000\n", 6), 0);
        CHECK(inode.in_place == (i == 0 || i == 2 || i == 3));
        check_big_directory();
    }
    run("rm -rf %s%s", folder, "");
}

TEST(devices_in_the_image_are_accepted_and_have_no_content)
{
    image_sample();
    *image_inode(sample.empty) = (struct erofs_disk_inode){ .mode = ABI_S_IFCHR | 0600, .block = 0x501 };
    image_entry_of(sample.root, "empty")->type = 3;
    mounted();
    check_holds(sample.empty, "", 0);
}
