#pragma once

#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "abi_pando.h"

/*
 * What Pando offers beyond POSIX. All functions set errno as usual; under another kernel they fail with ENOSYS.
 */

/*
 * posix_spawn(), and when the image is refused (ENOEXEC), words for it in @reason, which is "" otherwise.
 * Returns 0 or an error number, as posix_spawn() does.
 */
int pando_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions, char *const argv[],
                char *const envp[], char reason[ABI_REASON_BYTES]);

/* The same with attributes (NULL: none), as posix_spawn() takes them. */
int pando_spawn_with(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                     const posix_spawnattr_t *attributes, char *const argv[], char *const envp[],
                     char reason[ABI_REASON_BYTES]);

/*
 * The program is to ignore these signals too, beside those that the caller ignores: it does so from its first
 * instruction on, and the caller never does. Returns 0.
 */
int pando_spawnattr_setsigignore(posix_spawnattr_t *attributes, const sigset_t *ignored);

/*
 * The program is to be the first task of a new group with @limits, which stay the caller's and are looked at when it is
 * spawned. Returns 0.
 */
int pando_spawnattr_setlimits(posix_spawnattr_t *attributes, const struct abi_limits *limits);

/*
 * Load an image into the caller's shared region: section 2 of the regions' specification.
 * Returns 0 and fills @loaded, or -1 with errno; @loaded is untouched then.
 */
int region_load(const struct abi_region_load *request, struct abi_region_loaded *loaded);

/*
 * The manifest of the entry that the caller's region sees at @base.
 * Returns the number of its extents, of which the first @capacity are in @extents, or -1 with errno.
 */
int region_info(uint64_t base, struct abi_extent *extents, size_t capacity);

/*
 * Unload an image, go over to a private region, let the next program have a clean one, see pristine data again: sections
 * 3 and 4 of the regions' specification, and abi_pando.h. Return 0, or -1 with errno.
 */
int region_unload(const struct abi_region_load *request);
int region_private(void);
int region_clean(void);
int region_reset(uint64_t base);

/*
 * Who uses which frames, counted by one walk over the real tables.
 * Returns the number of tasks, of which the first @capacity are in @rows, or -1 with errno.
 */
int pando_usage(struct abi_usage *usage, struct abi_task_usage *rows, size_t capacity);

/*
 * A count made inside the supervisor, in instructions.
 * Returns it, or -1 with errno: ENOSYS unless the machine was started with `bench`.
 */
int64_t pando_bench(enum abi_bench what, uint64_t argument);

/*
 * All tasks, in the order of their pids; and the mappings of one (0: the caller), in the order of their addresses.
 * Return their number, of which the first @capacity are in @rows, or -1 with errno.
 */
int pando_tasks(struct abi_task *rows, size_t capacity);
int pando_task_map(pid_t pid, struct abi_mapping *rows, size_t capacity);

/*
 * Let the supervisor look at everything that it keeps for what is broken. Returns 0 and fills @audit, or -1 with errno:
 * EPERM for who is not of init's domain.
 */
int pando_audit(struct abi_audit *audit);

/*
 * The @nth allocation of the caller's next system call is to fail (0: none). Returns how many allocations the last such
 * call did, or -1 with errno: ENOSYS unless the supervisor was built with DEBUG=1.
 */
int64_t pando_fail_nth(uint64_t nth);

/*
 * The groups of tasks, their limits and what they use; the caller's is the first.
 * Returns their number, of which the first @capacity are in @rows, or -1 with errno.
 */
int pando_limits(struct abi_group *rows, size_t capacity);

/*
 * Hand the open file of @fd to the task @pid; with ABI_GIVE_READ_ONLY it can never write it. Returns 0, or -1 with errno.
 */
int pando_give(pid_t pid, int fd, unsigned flags);

/*
 * Wait for what another task gives, with O_NONBLOCK in @flags only look; O_CLOEXEC. @pid (NULL: no matter) is told who
 * gave it. Returns a descriptor, or -1 with errno.
 */
int pando_take(pid_t *pid, int flags);

/*
 * strerror() for the errors of the functions above, in the words of a user whose program runs on another kernel:
 * ENOSYS "needs Pando". The text is static.
 */
const char *pando_strerror(int error);
