/*
 * The shared-region server: what its parts are, and what they give back when frames are short.
 *
 *     region.c       regions: two windows and what is loaded there; attach and detach
 *     region_load.c  loading an image into a region
 *     program.c      programs: images at their own site, mapped into each task that runs them
 *     load_hash.c    finds what is loaded; load_entry.c, record_pool.c: the records that it is made of
 *     content.c      the pages of an image as they are shown, in place wherever possible
 *     manifest.c     the extents of an image; elf.c, elf_notes.c: the file format; image.c: its bytes
 *
 * Every read-only segment of every image, of programs as well as of libraries, goes through the one hash: whoever
 * loads the same image again maps the frames that are there.
 */
#include "shared.h"

#include "frame.h"
#include "load_hash.h"
#include "pool.h"
#include "program.h"

bool shared_reclaim(void)
{
    uint64_t before = frame_free_count();

    program_reclaim();
    record_pool_reclaim(&load_hash_system()->records);
    pool_reclaim_all();
    return frame_free_count() > before;
}
