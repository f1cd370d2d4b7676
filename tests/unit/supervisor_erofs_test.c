/*
 * supervisor/erofs*.c: over images of every layout, over what mkfs.erofs makes, and over broken ones.
 *
 * The tree of tree_start():
 *     /bin/a  /bin/hello  /bin/self -> hello      /etc/deep/er/file  /etc/deep/up -> ../../bin
 *     /etc/loop1 -> loop2  /etc/loop2 -> loop1    /etc/root -> /     /etc/abs -> /bin/hello
 *     /many/000 .. /many/399 (several blocks)     /chunks  /wide  /tail  /empty  /extended  /exact
 */
#include "erofs.h"

#include "abi_errno.h"
#include "abi_types.h"
#include "check.h"
#include "supervisor_erofs_image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANY 400u
#define CONTENT_BYTES 20000u

static struct erofs fs;
static const char *reason;
static uint8_t content[CONTENT_BYTES];
static struct {
    uint64_t root, bin, etc, deep, er, many;
    uint64_t a, hello, self, file, up, loop1, loop2, to_root, absolute;
    uint64_t chunks, wide, tail, empty, extended, exact;
} n;

static uint64_t small(void)
{
    return image_reserve(IMAGE_SHORT, 0, 0);
}

static uint64_t link_to(const char *text)
{
    uint64_t nid = image_reserve(IMAGE_SHORT, 0, (uint32_t)strlen(text));

    image_put_inline(nid, ABI_S_IFLNK | 0777, text, (uint32_t)strlen(text));
    return nid;
}

#define DIRECTORY(nid, ...) \
    image_put_directory(nid, (const struct image_entry[]){ __VA_ARGS__ }, \
                        sizeof((const struct image_entry[]){ __VA_ARGS__ }) / sizeof(struct image_entry), 0)

static void put_many(void)
{
    static char names[MANY][4];
    struct image_entry entries[MANY + 2] = { { ".", n.many, 2 }, { "..", n.root, 2 } };

    for (unsigned i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof(names[i]), "%03u", i);
        entries[i + 2] = (struct image_entry){ names[i], n.a, 1 };
    }
    image_put_directory(n.many, entries, MANY + 2, 100);
}

static void put_files(void)
{
    n.a = small();
    image_put_plain(n.a, ABI_S_IFREG | 0644, "content of a", 12);
    n.hello = small();
    image_put_plain(n.hello, ABI_S_IFREG | 0755, content, 5000);
    n.chunks = image_reserve(IMAGE_SHORT, 0, 5 * 4);
    image_put_chunked(n.chunks, ABI_S_IFREG | 0644, content, CONTENT_BYTES, 0, IMAGE_NARROW);
    n.wide = image_reserve(IMAGE_SHORT, 3, 4 + 3 * 8);
    image_put_chunked(n.wide, ABI_S_IFREG | 0644, content, CONTENT_BYTES, 1, IMAGE_WIDE);
    n.tail = image_reserve(IMAGE_SHORT, 1, 1904);
    image_put_inline(n.tail, ABI_S_IFREG | 0644, content, 2 * EROFS_BLOCK_BYTES + 1904);
    n.empty = small();
    image_put_plain(n.empty, ABI_S_IFREG | 0600, NULL, 0);
    n.extended = image_reserve(IMAGE_EXTENDED, 2, 100);
    image_put_inline(n.extended, ABI_S_IFREG | 0644, content, 100);
    n.exact = small();
    image_put_inline(n.exact, ABI_S_IFREG | 0644, content, EROFS_BLOCK_BYTES);
}

static void put_links(void)
{
    n.self = link_to("hello");
    n.up = link_to("../../bin");
    n.loop1 = link_to("loop2");
    n.loop2 = link_to("loop1");
    n.to_root = link_to("/");
    n.absolute = link_to("/bin//hello");
}

static void put_directories(void)
{
    n.root = image_reserve(IMAGE_SHORT, 0, 300);
    n.bin = image_reserve(IMAGE_SHORT, 0, 100);
    n.etc = image_reserve(IMAGE_EXTENDED, 0, 200);
    n.deep = image_reserve(IMAGE_SHORT, 2, 100);
    n.er = image_reserve(IMAGE_SHORT, 0, 100);
    n.many = image_reserve(IMAGE_SHORT, 0, 40);
    n.file = n.a;
    DIRECTORY(n.root, { ".", n.root, 2 }, { "..", n.root, 2 }, { "bin", n.bin, 2 }, { "chunks", n.chunks, 1 },
              { "empty", n.empty, 1 }, { "etc", n.etc, 2 }, { "exact", n.exact, 1 }, { "extended", n.extended, 1 },
              { "many", n.many, 2 }, { "tail", n.tail, 1 }, { "wide", n.wide, 1 });
    DIRECTORY(n.bin, { ".", n.bin, 2 }, { "..", n.root, 2 }, { "a", n.a, 1 }, { "hello", n.hello, 1 },
              { "self", n.self, 7 });
    DIRECTORY(n.etc, { ".", n.etc, 2 }, { "..", n.root, 2 }, { "abs", n.absolute, 7 }, { "deep", n.deep, 2 },
              { "loop1", n.loop1, 7 }, { "loop2", n.loop2, 7 }, { "root", n.to_root, 7 });
    DIRECTORY(n.deep, { "-", n.a, 1 }, { ".", n.deep, 2 }, { "..", n.etc, 2 }, { "er", n.er, 2 }, { "up", n.up, 7 });
    DIRECTORY(n.er, { ".", n.er, 2 }, { "..", n.deep, 2 }, { "file", n.file, 1 });
    put_many();
}

static void tree_start(void)
{
    uint64_t state = 7;

    for (unsigned i = 0; i < CONTENT_BYTES; i++) {
        content[i] = (uint8_t)check_random(&state);
    }
    image_start();
    put_files();
    put_links();
    put_directories();
    image_finish(n.root);
}

static void mounted(void)
{
    reason = "";
    CHECK_EQUAL(erofs_mount(&fs, image, image_bytes, &reason), 0);
}

static void mounted_tree(void)
{
    tree_start();
    mounted();
}

static void check_refused(const char *why, uint64_t nid)
{
    reason = NULL;
    CHECK_EQUAL(erofs_mount(&fs, image, image_bytes, &reason), -EINVAL);
    CHECK_STRING(reason, why);
    CHECK_EQUAL(fs.bad_nid, nid);
}

static int64_t look(const char *path)
{
    uint64_t nid = 0;
    int error = erofs_path_lookup(&fs, fs.root_nid, path, strlen(path), EROFS_FOLLOW, &nid);

    return error == 0 ? (int64_t)nid : error;
}

static void check_holds(uint64_t nid, const void *bytes, size_t size)
{
    static uint8_t buffer[CONTENT_BYTES + 1];
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
    check_holds(n.a, "content of a", 12);
    check_holds(n.hello, content, 5000);
    check_holds(n.chunks, content, CONTENT_BYTES);
    check_holds(n.wide, content, CONTENT_BYTES);
    check_holds(n.tail, content, 2 * EROFS_BLOCK_BYTES + 1904);
    check_holds(n.empty, "", 0);
    check_holds(n.extended, content, 100);
    check_holds(n.exact, content, EROFS_BLOCK_BYTES);
    check_holds(n.self, "hello", 5);
}

TEST(what_lies_in_whole_pages_can_be_mapped_in_place)
{
    struct erofs_inode inode;

    mounted_tree();
    const uint64_t in_place[] = { n.a, n.hello, n.chunks, n.wide, n.empty, n.exact };

    for (size_t i = 0; i < sizeof(in_place) / sizeof(in_place[0]); i++) {
        erofs_inode(&fs, in_place[i], &inode);
        CHECK(inode.in_place);
    }
    erofs_inode(&fs, n.tail, &inode);
    CHECK(!inode.in_place);
    erofs_inode(&fs, n.extended, &inode);
    CHECK(!inode.in_place);
}

TEST(modes_and_link_counts_are_the_inodes)
{
    struct erofs_inode inode;

    mounted_tree();
    erofs_inode(&fs, n.hello, &inode);
    CHECK_EQUAL(inode.mode, ABI_S_IFREG | 0755);
    CHECK_EQUAL(inode.link_count, 1);
    CHECK_EQUAL(inode.nid, n.hello);
    erofs_inode(&fs, n.etc, &inode);
    CHECK_EQUAL(inode.mode, ABI_S_IFDIR | 0755);
    CHECK_EQUAL(inode.link_count, 0x10001);
}

TEST(names_are_found_in_directories_of_one_and_of_several_blocks)
{
    struct erofs_entry entry;

    mounted_tree();
    CHECK_EQUAL(fs.entry_count, 9 + 3 + 5 + 3 + 1 + MANY);
    for (unsigned i = 0; i < MANY; i++) {
        char name[8];

        snprintf(name, sizeof(name), "%03u", i);
        CHECK_EQUAL(erofs_lookup(&fs, n.many, name, 3, &entry), 0);
        CHECK_EQUAL(entry.nid, n.a);
        CHECK_EQUAL(entry.type, ABI_DT_REG);
        CHECK_EQUAL(erofs_lookup(&fs, n.many, name, 2, &entry), -ENOENT);
        strcat(name, "x");
        CHECK_EQUAL(erofs_lookup(&fs, n.many, name, 4, &entry), -ENOENT);
    }
    CHECK_EQUAL(erofs_lookup(&fs, n.many, "", 0, &entry), -ENOENT);
    CHECK_EQUAL(erofs_lookup(&fs, n.many, "\xff", 1, &entry), -ENOENT);
    CHECK_EQUAL(erofs_lookup(&fs, n.many, "..", 2, &entry), 0);
    CHECK_EQUAL(entry.nid, n.root);
    CHECK_EQUAL(erofs_lookup(&fs, n.deep, "-", 1, &entry), 0);
    CHECK_EQUAL(erofs_lookup(&fs, n.hello, "x", 1, &entry), -ENOTDIR);
    CHECK_EQUAL(erofs_lookup(&fs, n.self, "x", 1, &entry), -ENOTDIR);
}

TEST(paths_lead_where_posix_says)
{
    mounted_tree();
    CHECK_EQUAL(look("/bin/hello"), n.hello);
    CHECK_EQUAL(look("bin/hello"), n.hello);
    CHECK_EQUAL(look("//bin///hello"), n.hello);
    CHECK_EQUAL(look("/"), n.root);
    CHECK_EQUAL(look("////"), n.root);
    CHECK_EQUAL(look("."), n.root);
    CHECK_EQUAL(look(".."), n.root);
    CHECK_EQUAL(look("/../../bin/./../bin/hello"), n.hello);
    CHECK_EQUAL(look("/bin/"), n.bin);
    CHECK_EQUAL(look("/bin/."), n.bin);
    CHECK_EQUAL(look("/etc/deep/er/../../../bin"), n.bin);
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
    CHECK_EQUAL(look("/bin/self"), n.hello);
    CHECK_EQUAL(look("/bin/self/"), -ENOTDIR);
    CHECK_EQUAL(look("/bin/self/x"), -ENOTDIR);
    CHECK_EQUAL(look("/etc/deep/up"), n.bin);
    CHECK_EQUAL(look("/etc/deep/up/"), n.bin);
    CHECK_EQUAL(look("/etc/deep/up/self"), n.hello);
    CHECK_EQUAL(look("/etc/deep/up/../etc/deep/up/a"), n.a);
    CHECK_EQUAL(look("/etc/root"), n.root);
    CHECK_EQUAL(look("/etc/root/bin"), n.bin);
    CHECK_EQUAL(look("/etc/abs"), n.hello);
    CHECK_EQUAL(look("/etc/abs/x"), -ENOTDIR);
    CHECK_EQUAL(look("/etc/loop1"), -ELOOP);
    CHECK_EQUAL(look("/etc/loop1/x"), -ELOOP);
}

TEST(so_many_links_are_followed_and_no_more)
{
    char path[200] = "";

    mounted_tree();
    for (unsigned i = 0; i < EROFS_LINKS_MAX; i++) {
        strcat(path, "etc/root/");
    }
    CHECK_EQUAL(look(path), n.root);
    strcat(path, "bin");
    CHECK_EQUAL(look(path), n.bin);
    strcat(path, "/self");
    CHECK_EQUAL(look(path), -ELOOP);
}

TEST(the_last_link_stays_when_it_is_not_to_be_followed)
{
    const struct {
        const char *path;
        uint64_t *nid;
    } cases[] = { { "/bin/self", &n.self },   { "/etc/deep/up/self", &n.self },
                  { "/etc/loop1", &n.loop1 }, { "/etc/root/etc/root", &n.to_root },
                  { "/bin/hello", &n.hello }, { "/etc/deep/up/", &n.bin } };

    mounted_tree();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t nid = 0;

        CHECK_EQUAL(erofs_path_lookup(&fs, n.root, cases[i].path, strlen(cases[i].path), EROFS_NO_FOLLOW, &nid), 0);
        CHECK_EQUAL(nid, *cases[i].nid);
    }
}

TEST(relative_paths_start_where_the_caller_is)
{
    uint64_t nid = 0;

    mounted_tree();
    CHECK_EQUAL(erofs_path_lookup(&fs, n.deep, "up/a", 4, EROFS_FOLLOW, &nid), 0);
    CHECK_EQUAL(nid, n.a);
    CHECK_EQUAL(erofs_path_lookup(&fs, n.deep, "/bin", 4, EROFS_FOLLOW, &nid), 0);
    CHECK_EQUAL(nid, n.bin);
    CHECK_EQUAL(erofs_path_lookup(&fs, n.deep, "../..", 5, EROFS_FOLLOW, &nid), 0);
    CHECK_EQUAL(nid, n.root);
    CHECK_EQUAL(erofs_path_lookup(&fs, n.hello, "x", 1, EROFS_FOLLOW, &nid), -ENOTDIR);
}

TEST(names_and_paths_that_are_too_long_are_refused)
{
    static char path[5000];

    mounted_tree();
    memset(path, 'x', 255);
    CHECK_EQUAL(look(path), -ENOENT);
    path[255] = 'x';
    CHECK_EQUAL(look(path), -ENAMETOOLONG);
    memset(path, '/', EROFS_PATH_MAX);
    CHECK_EQUAL(look(path), n.root);
    path[EROFS_PATH_MAX] = '/';
    CHECK_EQUAL(look(path), -ENAMETOOLONG);
}

TEST(a_directory_is_listed_once_in_order_from_any_cursor)
{
    struct erofs_inode inode;
    struct erofs_entry entry;
    uint64_t cursor = 0, cursors[MANY + 2];
    unsigned count = 0;

    mounted_tree();
    erofs_inode(&fs, n.many, &inode);
    while (erofs_readdir(&fs, &inode, &cursor, &entry) == 0) {
        char name[8];

        snprintf(name, sizeof(name), "%03u", count - 2);
        CHECK(count < 2 || (entry.name_size_bytes == 3 && memcmp(entry.name, name, 3) == 0));
        cursors[count++] = cursor;
    }
    CHECK_EQUAL(count, MANY + 2);
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

TEST(the_checksum_is_checked_when_there_is_one)
{
    tree_start();
    image_sum();
    mounted();
    for (unsigned i = 0; i < 40; i++) {
        uint64_t offset = EROFS_SUPERBLOCK_OFFSET + 128 + 73 * i;

        image[offset] ^= 0x10;
        reason = NULL;
        CHECK_EQUAL(erofs_mount(&fs, image, image_bytes, &reason), -EINVAL);
        CHECK_STRING(reason, "its superblock's checksum is wrong");
        image[offset] ^= 0x10;
    }
    image_superblock()->checksum ^= 1;
    check_refused("its superblock's checksum is wrong", 0);
    image_superblock()->compatible_features = 0;
    mounted();
}

/* --- What mkfs.erofs makes --- */

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

/* --- Hostile images --- */

/* Whatever was accepted can be read, inside the image. */
static void read_everything(uint64_t directory, unsigned depth)
{
    struct erofs_inode inode, child;
    struct erofs_entry entry;
    uint64_t cursor = 0;
    uint8_t buffer[64];

    erofs_inode(&fs, directory, &inode);
    while (erofs_readdir(&fs, &inode, &cursor, &entry) == 0) {
        erofs_inode(&fs, entry.nid, &child);
        for (uint64_t offset = 0; offset < child.size_bytes; offset += 4000) {
            CHECK(erofs_read(&fs, &child, offset, buffer, sizeof(buffer)) > 0);
        }
        bool is_dot = entry.name[0] == '.' && entry.name_size_bytes <= 2;

        if (entry.type == ABI_DT_DIR && !is_dot) {
            CHECK(depth < EROFS_DEPTH_MAX);
            read_everything(entry.nid, depth + 1);
        }
    }
}

TEST(b6_erofs_with_a_foreign_superblock_is_refused)
{
    tree_start();
    image_superblock()->magic ^= 1;
    check_refused("it is no EROFS image: no magic number at byte 1024", 0);
    tree_start();
    image_superblock()->block_shift = 9;
    check_refused("its blocks are not of 4096 bytes", 0);
    for (unsigned bit = 0; bit < 32; bit++) {
        tree_start();
        image_superblock()->incompatible_features = 1u << bit;
        if (bit == 2) {
            mounted();
        } else {
            check_refused("it uses features that are not supported: make it without compression", 0);
        }
    }
    tree_start();
    CHECK_EQUAL(erofs_mount(&fs, image + 32, image_bytes - 32, &reason), -EINVAL);
    CHECK_STRING(reason, "it does not start on a page boundary");
}

TEST(b6_erofs_cut_off_is_refused_and_never_read_behind_its_end)
{
    tree_start();
    for (uint64_t size = 0; size < image_bytes; size += size < 8192 ? 64 : 4096) {
        void *cut;

        CHECK_EQUAL(posix_memalign(&cut, 4096, size == 0 ? 1 : size), 0);
        memcpy(cut, image, size);
        CHECK_EQUAL(erofs_mount(&fs, cut, size, &reason), -EINVAL);
        /* The same, with a superblock that agrees. */
        if (size >= 4096) {
            ((struct erofs_superblock *)((uint8_t *)cut + EROFS_SUPERBLOCK_OFFSET))->block_count =
                (uint32_t)(size / 4096);
            if (erofs_mount(&fs, cut, size, &reason) == 0) {
                read_everything(fs.root_nid, 0);
            }
        }
        free(cut);
    }
    image_superblock()->block_count++;
    check_refused("it is cut off: the superblock counts more blocks than there are", 0);
    image_superblock()->block_count = UINT32_MAX;
    check_refused("it is cut off: the superblock counts more blocks than there are", 0);
}

TEST(b6_erofs_with_a_root_that_is_none_is_refused)
{
    tree_start();
    image_superblock()->root_nid = (uint16_t)n.hello;
    check_refused("its root is no directory", n.hello);
    tree_start();
    image_superblock()->root_nid = UINT16_MAX;
    check_refused("an inode lies outside of the image", UINT16_MAX);
    tree_start();
    image_superblock()->inodes_block = UINT32_MAX;
    check_refused("an inode lies outside of the image", n.root);
}

/* The entry with this name in the directory, to be changed. */
static struct erofs_disk_entry *entry_of(uint64_t directory, const char *name)
{
    struct erofs_inode inode;

    fs = (struct erofs){ .image = image, .size_bytes = image_bytes, .root_nid = n.root };
    erofs_inode(&fs, directory, &inode);
    for (uint64_t i = 0; i < erofs_block_count(inode.size_bytes); i++) {
        struct erofs_block block = erofs_directory_block(&fs, &inode, i);

        for (uint32_t k = 0; k < block.entry_count; k++) {
            struct erofs_entry entry = erofs_block_entry(&block, k);

            if (entry.name_size_bytes == strlen(name) && memcmp(entry.name, name, strlen(name)) == 0) {
                return (struct erofs_disk_entry *)&block.entries[k];
            }
        }
    }
    CHECK(!"no such entry");
    return NULL;
}

TEST(b6_erofs_with_a_huge_nid_is_refused)
{
    static const uint64_t nids[] = { IMAGE_BLOCKS * 128, 1ull << 32, 1ull << 58, (1ull << 59) - 1,
                                     1ull << 59,         1ull << 63, UINT64_MAX };

    for (size_t i = 0; i < sizeof(nids) / sizeof(nids[0]); i++) {
        tree_start();
        entry_of(n.bin, "hello")->nid = nids[i];
        check_refused("an inode lies outside of the image", nids[i]);
    }
}

TEST(b6_erofs_with_a_loop_is_refused)
{
    static const char *const why = "a directory's `.` or `..` leads elsewhere: there is a loop";

    tree_start();
    entry_of(n.er, "file")->nid = n.etc; /* a directory above, as a child */
    entry_of(n.er, "file")->type = 2;
    check_refused(why, n.etc);
    tree_start();
    entry_of(n.er, "file")->nid = n.er; /* itself */
    entry_of(n.er, "file")->type = 2;
    check_refused(why, n.er);
    tree_start();
    entry_of(n.er, "file")->nid = n.root;
    entry_of(n.er, "file")->type = 2;
    check_refused(why, n.root);
    tree_start();
    entry_of(n.bin, "a")->nid = n.er; /* in two directories */
    entry_of(n.bin, "a")->type = 2;
    check_refused(why, n.er);
    tree_start();
    entry_of(n.bin, ".")->nid = n.root;
    check_refused(why, n.bin);
    tree_start();
    entry_of(n.root, "..")->nid = n.bin;
    check_refused(why, n.root);
    tree_start();
    entry_of(n.bin, "..")->type = 1;
    check_refused(why, n.bin);
}

/* A chain of directories, each with @width entries that are all the next one. */
static void chain(unsigned length, unsigned width)
{
    uint64_t nids[64], file;
    char names[4][2] = { "a", "b", "c", "d" };

    image_start();
    file = small();
    image_put_plain(file, ABI_S_IFREG | 0644, "x", 1);
    for (unsigned i = 0; i < length; i++) {
        nids[i] = image_reserve(IMAGE_SHORT, 0, 100);
    }
    for (unsigned i = 0; i < length; i++) {
        struct image_entry entries[6] = { { ".", nids[i], 2 }, { "..", nids[i == 0 ? 0 : i - 1], 2 } };

        for (unsigned k = 0; k < width; k++) {
            entries[2 + k] =
                (struct image_entry){ names[k], i + 1 < length ? nids[i + 1] : file, i + 1 < length ? 2 : 1 };
        }
        image_put_directory(nids[i], entries, 2 + width, 0);
    }
    image_finish(nids[0]);
}

TEST(b6_erofs_that_nests_too_deep_is_refused)
{
    chain(EROFS_DEPTH_MAX, 1);
    mounted();
    chain(EROFS_DEPTH_MAX + 1, 1);
    reason = NULL;
    CHECK_EQUAL(erofs_mount(&fs, image, image_bytes, &reason), -EINVAL);
    CHECK_STRING(reason, "directories nest too deep");
}

TEST(b6_erofs_whose_directories_multiply_is_refused_in_bounded_time)
{
    chain(30, 4); /* 4^30 paths */
    reason = NULL;
    CHECK_EQUAL(erofs_mount(&fs, image, image_bytes, &reason), -EINVAL);
    CHECK_STRING(reason, "a directory is listed many times");
}

TEST(b6_erofs_with_names_past_the_block_is_refused)
{
    static const uint16_t offsets[] = { 0, 1, 11, 13, 0x7fff, 0xffff, 4096 };

    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        tree_start();
        entry_of(n.many, ".")->name_offset = offsets[i]; /* the block's first entry: it tells how many there are */
        reason = NULL;
        CHECK_EQUAL(erofs_mount(&fs, image, image_bytes, &reason), -EINVAL);
        tree_start();
        entry_of(n.many, "050")->name_offset = offsets[i];
        check_refused("a directory's names overlap, or leave their block", n.many);
        tree_start();
        entry_of(n.bin, "self")->name_offset = offsets[i];
        check_refused("a directory's names overlap, or leave their block", n.bin);
    }
}

TEST(b6_erofs_with_malformed_names_is_refused)
{
    static const char *const why = "a directory has a name that is empty, too long, or has '/' or NUL in it";
    static const char bad[] = { '/', 0 };

    for (size_t i = 0; i < sizeof(bad); i++) {
        tree_start();
        struct erofs_disk_entry *entry = entry_of(n.bin, "hello");
        struct erofs_disk_entry *first = entry_of(n.bin, ".");

        ((char *)first)[entry->name_offset + 2] = bad[i];
        check_refused(why, n.bin);
    }
    tree_start();
    entry_of(n.many, "297")->name_offset = EROFS_BLOCK_BYTES - 1; /* the last of a block, where there is but a NUL */
    check_refused(why, n.many);
}

TEST(b6_erofs_with_names_out_of_order_or_twice_is_refused)
{
    static const char *const why = "a directory's names are not in order, or one is there twice";

    image_start();
    uint64_t root = image_reserve(IMAGE_SHORT, 0, 200), file = small();

    image_put_plain(file, ABI_S_IFREG | 0644, "x", 1);
    DIRECTORY(root, { ".", root, 2 }, { "..", root, 2 }, { "b", file, 1 }, { "a", file, 1 });
    image_finish(root);
    check_refused(why, root);
    image_start();
    root = image_reserve(IMAGE_SHORT, 0, 200), file = small();
    image_put_plain(file, ABI_S_IFREG | 0644, "x", 1);
    DIRECTORY(root, { ".", root, 2 }, { "..", root, 2 }, { "a", file, 1 }, { "a", file, 1 });
    image_finish(root);
    check_refused(why, root);
}

TEST(b6_erofs_without_dots_is_refused)
{
    image_start();
    uint64_t root = image_reserve(IMAGE_SHORT, 0, 200);

    DIRECTORY(root, { ".", root, 2 });
    image_finish(root);
    check_refused("a directory has no `.` or no `..`", root);
    image_start();
    root = image_reserve(IMAGE_SHORT, 0, 200);
    DIRECTORY(root, { "..", root, 2 }, { "...", root, 2 });
    image_finish(root);
    reason = NULL;
    CHECK_EQUAL(erofs_mount(&fs, image, image_bytes, &reason), -EINVAL);
}

TEST(b6_erofs_with_a_compressed_or_unknown_layout_is_refused)
{
    for (unsigned layout = 0; layout < 8; layout++) {
        tree_start();
        image_inode(n.hello)->format = (uint16_t)(layout << 1);
        if (layout == 1 || layout == 3 || layout > 4) {
            check_refused("an inode is compressed, or of an unknown layout", n.hello);
        }
    }
    for (unsigned bit = 4; bit < 16; bit++) {
        tree_start();
        image_inode(n.hello)->format |= (uint16_t)(1u << bit);
        check_refused("an inode is of an unknown format", n.hello);
    }
}

TEST(b6_erofs_with_extents_outside_of_the_image_is_refused)
{
    static const uint32_t blocks[] = { IMAGE_BLOCKS - 1, IMAGE_BLOCKS, 0x100000, 0x7fffffff, UINT32_MAX };

    for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        tree_start();
        image_inode(n.hello)->block = blocks[i];
        check_refused("a file's blocks lie outside of the image", n.hello);
        tree_start();
        image_inode(n.tail)->block = blocks[i];
        check_refused("a file's blocks lie outside of the image", n.tail);
    }
    tree_start();
    image_inode(n.hello)->size_low = UINT32_MAX;
    check_refused("a file is larger than the image", n.hello);
}

TEST(b6_erofs_with_sizes_that_wrap_is_refused)
{
    static const uint32_t sizes[][2] = {
        { UINT32_MAX, UINT32_MAX }, { 0, UINT32_MAX }, { 0xfffff001, UINT32_MAX }, { 0, 1 }, { 0, 0x80000000 }
    };

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (unsigned layout = 0; layout <= 4; layout += 2) {
            tree_start();
            image_inode(n.extended)->format = (uint16_t)(EROFS_FORMAT_EXTENDED | layout << 1);
            image_inode(n.extended)->size_low = sizes[i][0];
            image_inode(n.extended)->extended_size_high = sizes[i][1];
            check_refused("a file is larger than the image", n.extended);
        }
    }
}

TEST(b6_erofs_with_inline_content_across_a_block_is_refused)
{
    tree_start();
    image_inode(n.tail)->size_low = 2 * EROFS_BLOCK_BYTES + 4095;
    check_refused("a file's inline part crosses the end of its block", n.tail);
    tree_start();
    image_inode(n.tail)->attribute_count = UINT16_MAX;
    reason = NULL;
    CHECK_EQUAL(erofs_mount(&fs, image, image_bytes, &reason), -EINVAL);
}

TEST(b6_erofs_with_an_inode_at_the_very_end_is_refused_or_read)
{
    uint64_t last = IMAGE_BLOCKS * 128 - 1;

    tree_start();
    *image_inode(last) = (struct erofs_disk_inode){ .mode = ABI_S_IFREG | 0644 };
    entry_of(n.bin, "a")->nid = last;
    mounted();
    check_holds(last, "", 0);
    image_inode(last)->format = EROFS_FORMAT_EXTENDED;
    check_refused("an inode and its attributes lie outside of the image", last);
    image_inode(last)->format = EROFS_CHUNKED << 1;
    mounted();
    check_holds(last, "", 0);
    image_inode(last)->size_low = 1;
    check_refused("a chunked file's table is malformed, or lies outside of the image", last);
}

TEST(b6_erofs_with_chunks_in_pieces_or_holes_is_refused)
{
    static const char *const why = "a chunked file does not lie in one piece";
    static const uint32_t formats[] = { 64, 0x80000000, 0xff00 };

    for (unsigned chunk = 0; chunk < 5; chunk++) {
        tree_start();
        ((uint32_t *)(image_inode(n.chunks) + 1))[chunk] = UINT32_MAX;
        check_refused(why, n.chunks);
        tree_start();
        ((uint32_t *)(image_inode(n.chunks) + 1))[chunk] ^= 4;
        check_refused(why, n.chunks);
    }
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        tree_start();
        image_inode(n.chunks)->block |= formats[i];
        check_refused("a chunked file's table is malformed, or lies outside of the image", n.chunks);
    }
    tree_start();
    ((uint32_t *)(image_inode(n.chunks) + 1))[0] = IMAGE_BLOCKS - 1;
    image_inode(n.chunks)->size_low = EROFS_BLOCK_BYTES + 1;
    image_inode(n.chunks)->block = 31; /* one chunk of 8 TiB */
    check_refused("a file's blocks lie outside of the image", n.chunks);
}

TEST(b6_erofs_with_entries_of_a_wrong_type_is_refused)
{
    for (unsigned type = 0; type < 256; type++) {
        if (type != 1) {
            tree_start();
            entry_of(n.bin, "hello")->type = (uint8_t)type;
            check_refused("an entry's type is not its inode's", n.hello);
        }
    }
}

TEST(b6_erofs_with_odd_inodes_is_refused)
{
    tree_start();
    image_inode(n.hello)->mode = 0;
    check_refused("a file that is no regular one has content", n.hello);
    tree_start();
    image_inode(n.hello)->mode = ABI_S_IFCHR | 0600;
    check_refused("a file that is no regular one has content", n.hello);
    tree_start();
    image_inode(n.bin)->size_low = 0;
    check_refused("a directory is empty, or chunked", n.bin);
    tree_start();
    image_inode(n.many)->size_low = 4 * EROFS_BLOCK_BYTES + 11;
    check_refused("a directory's last block is too short for an entry", n.many);
    tree_start();
    image_inode(n.self)->size_low = 0;
    check_refused("a symbolic link's text is empty, too long, or has a NUL", n.self);
    tree_start();
    ((char *)(image_inode(n.self) + 1))[2] = 0;
    check_refused("a symbolic link's text is empty, too long, or has a NUL", n.self);
}

TEST(devices_in_the_image_are_accepted_and_have_no_content)
{
    tree_start();
    *image_inode(n.empty) = (struct erofs_disk_inode){ .mode = ABI_S_IFCHR | 0600, .block = 0x501 };
    entry_of(n.root, "empty")->type = 3;
    mounted();
    check_holds(n.empty, "", 0);
}

/* Refused, or accepted with everything that can be read inside the image. */
TEST(b6_erofs_with_any_byte_replaced_is_never_read_outside)
{
    static const uint8_t values[] = { 0, 1, 2, 0x7f, 0x80, 0xff };

    tree_start();
    for (uint64_t at = EROFS_SUPERBLOCK_OFFSET; at < 3 * EROFS_BLOCK_BYTES; at++) {
        uint8_t saved = image[at];

        for (size_t i = 0; i < sizeof(values); i++) {
            image[at] = values[i];
            reason = NULL;
            if (erofs_mount(&fs, image, image_bytes, &reason) == 0) {
                read_everything(fs.root_nid, 0);
                (void)look("/etc/deep/up/self");
            } else {
                CHECK(reason != NULL && reason[0] != 0);
            }
        }
        image[at] = saved;
    }
    mounted();
}
