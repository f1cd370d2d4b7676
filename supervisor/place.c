/*
 * Paths: from text to places, and back for the current folder.
 *
 * A mount is a pair of places: who walks onto the first is at the second, and `..` from the second is looked up at the
 * first. So no file system knows of another.
 *
 * Typical use:
 *   place_mount((struct place){ 0 }, root) -> place_walk(root, "dev", ...) -> place_mount(dev, devices)
 *   place_walk(task->folder, path, size, PLACE_FOLLOW, &place) -> place.fs->open(place.fs, place.inode, ...)
 */
#include "place.h"

#include "abi_errno.h"

#include <string.h>

struct mount {
    struct place on;
    struct place root;
};

static struct mount mounts[PLACE_MOUNTS_MAX];
static uint32_t mount_count;

int place_mount(struct place on, struct place root)
{
    if (on.fs == NULL) {
        mount_count = 0;
    }
    if (mount_count == PLACE_MOUNTS_MAX) {
        return -ENFILE;
    }
    mounts[mount_count++] = (struct mount){ on, root };
    return 0;
}

struct place place_root(void)
{
    return mounts[0].root;
}

/* Where one is who has walked onto @place. */
static struct place mounted_at(struct place place)
{
    for (uint32_t i = 1; i < mount_count; i++) {
        if (place_is(mounts[i].on, place)) {
            return mounts[i].root;
        }
    }
    return place;
}

/* Where `..` of @place is to be looked up. */
static struct place below_mount(struct place place)
{
    for (uint32_t i = 1; i < mount_count; i++) {
        if (place_is(mounts[i].root, place)) {
            return mounts[i].on;
        }
    }
    return place;
}

/* The text that is left to walk: behind it, what is left of the paths around it that had links in them. */
struct walk {
    const char *text;
    size_t size_bytes;
    struct place at; /* reached so far */
    bool needs_folder; /* a '/' stands behind it */
    unsigned links;
    unsigned pending_count;
    struct {
        const char *text;
        size_t size_bytes;
    } pending[PLACE_LINKS_MAX];
};

/* Skip slashes, and go back to the paths around that are left. Returns whether a name follows. */
static bool find_name(struct walk *walk)
{
    for (;;) {
        while (walk->size_bytes > 0 && walk->text[0] == '/') {
            walk->text++;
            walk->size_bytes--;
            walk->needs_folder = true;
        }
        if (walk->size_bytes > 0) {
            return true;
        }
        if (walk->pending_count == 0) {
            return false;
        }
        walk->pending_count--;
        walk->text = walk->pending[walk->pending_count].text;
        walk->size_bytes = walk->pending[walk->pending_count].size_bytes;
    }
}

static void set_text(struct walk *walk, const char *text, size_t size_bytes)
{
    walk->text = text;
    walk->size_bytes = size_bytes;
    if (text[0] == '/') {
        walk->at = place_root();
    }
}

/* Walk the link's text next, from the folder that it is in. */
static int follow_link(struct walk *walk, struct place link)
{
    if (walk->links == PLACE_LINKS_MAX) {
        return -ELOOP;
    }
    walk->links++;
    if (walk->size_bytes > 0) {
        walk->pending[walk->pending_count].text = walk->text;
        walk->pending[walk->pending_count].size_bytes = walk->size_bytes;
        walk->pending_count++;
    }
    size_t size_bytes;
    const char *text = link.fs->link_text(link.fs, link.inode, &size_bytes);

    set_text(walk, text, size_bytes);
    return 0;
}

static bool is_parent(const char *name, size_t size_bytes)
{
    return size_bytes == 2 && name[0] == '.' && name[1] == '.';
}

static int walk_name(struct walk *walk, enum place_follow follow)
{
    const char *name = walk->text;
    size_t size_bytes = 0;
    uint32_t type;

    while (size_bytes < walk->size_bytes && name[size_bytes] != '/') {
        size_bytes++;
    }
    if (size_bytes > PLACE_NAME_MAX) {
        return -ENAMETOOLONG;
    }
    walk->text += size_bytes;
    walk->size_bytes -= size_bytes;
    walk->needs_folder = false;

    struct place from = is_parent(name, size_bytes) ? below_mount(walk->at) : walk->at;
    struct place found = { .fs = from.fs };
    int error = from.fs->lookup(from.fs, from.inode, name, size_bytes, &found.inode, &type);

    if (error != 0) {
        return error;
    }
    /* Behind the last name there may be nothing, or only slashes: then it is to be a folder, and a link followed. */
    bool is_last = walk->size_bytes == 0 && walk->pending_count == 0;

    if (type == ABI_DT_LNK && (!is_last || follow == PLACE_FOLLOW)) {
        return follow_link(walk, found);
    }
    walk->at = type == ABI_DT_DIR ? mounted_at(found) : found;
    return 0;
}

int place_walk(struct place from, const char *path, size_t size_bytes, enum place_follow follow, struct place *out)
{
    struct walk walk;

    if (size_bytes == 0) {
        return -ENOENT;
    }
    if (size_bytes > PLACE_PATH_MAX) {
        return -ENAMETOOLONG;
    }
    walk.at = from;
    walk.needs_folder = false;
    walk.links = 0;
    walk.pending_count = 0;
    set_text(&walk, path, size_bytes);
    while (find_name(&walk)) {
        int error = walk_name(&walk, follow);

        if (error != 0) {
            return error;
        }
    }
    if (walk.needs_folder && (place_stat(walk.at).mode & ABI_S_IFMT) != ABI_S_IFDIR) {
        return -ENOTDIR;
    }
    *out = walk.at;
    return 0;
}

struct abi_stat place_stat(struct place place)
{
    struct abi_stat stat = { 0 };

    place.fs->describe(place.fs, place.inode, &stat);
    return stat;
}

/* Go up from *@place: its parent, and its name there. Only folders have one parent. */
static void go_up(struct place *place, const char **name, size_t *size_bytes)
{
    struct place child = below_mount(*place);
    struct place parent = { .fs = child.fs };
    uint32_t type;

    if (child.fs->lookup(child.fs, child.inode, "..", 2, &parent.inode, &type) ||
        child.fs->name(child.fs, parent.inode, child.inode, name, size_bytes)) {
        /* A folder has a parent that knows it: mounting a file system checks it. */
        *name = "?";
        *size_bytes = 1;
        parent = place_root();
    }
    *place = mounted_at(parent);
}

int place_path(struct place folder, char *buffer, size_t capacity, char **path)
{
    size_t at = capacity;

    if (capacity < 2) {
        return -ERANGE;
    }
    buffer[--at] = '\0';
    if (place_is(folder, place_root())) {
        buffer[--at] = '/';
    }
    while (!place_is(folder, place_root())) {
        const char *name;
        size_t size_bytes;

        go_up(&folder, &name, &size_bytes);
        if (size_bytes + 1 > at) {
            return -ERANGE;
        }
        at -= size_bytes;
        memcpy(buffer + at, name, size_bytes);
        buffer[--at] = '/';
    }
    *path = buffer + at;
    return 0;
}
