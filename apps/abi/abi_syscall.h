#pragma once

/*
 * System-call numbers: Linux's for riscv64 (asm-generic/unistd.h), in a7; arguments in a0..a5, result in a0,
 * where [-4095, -1] is a negated error number of abi_errno.h. Every other register is preserved.
 * Pando's own calls lie at 0x4000 + n, where Linux has none.
 *
 * These lists are the one table: X(NUMBER, name), and X(N, name) for our own. docs/system-calls.md is made from them,
 * comments included.
 */
#define ABI_OWN_CALL(n) (0x4000 + (n))

#define ABI_LINUX_CALL_LIST(X) \
    X(17, getcwd) /* the path of the current folder */ \
    X(23, dup) /* another descriptor for an open file */ \
    X(24, dup3) /* the same at a given number, closing what it was */ \
    X(25, fcntl) /* F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_ADD_SEALS, F_GET_SEALS */ \
    X(29, ioctl) /* the console: settings, window size, foreground group, FIONREAD */ \
    X(35, unlinkat) /* take a name of /dev/shm away; who has the file open or maps it keeps it */ \
    X(45, truncate) /* the size of a file of /dev/shm */ \
    X(46, ftruncate) /* the same of an open file, which may have no name */ \
    X(47, fallocate) /* set pages aside, or with PUNCH_HOLE and KEEP_SIZE give them back */ \
    X(48, faccessat) /* whether a file may be read, written or executed */ \
    X(49, chdir) /* change the current folder */ \
    X(52, fchmod) /* the permission bits of an open file of /dev/shm */ \
    X(53, fchmodat) /* the same by its path: what it can be opened for from now on */ \
    X(56, openat) /* open a file of the initrd or of /dev; create one in /dev/shm */ \
    X(57, close) /* close a descriptor */ \
    X(59, pipe2) /* a pipe of 64 KiB; O_CLOEXEC, O_NONBLOCK */ \
    X(61, getdents64) /* the entries of a folder */ \
    X(62, lseek) /* move the position of an open file */ \
    X(63, read) /* read; of the console by lines, or raw as its settings say */ \
    X(64, write) /* write; to a pipe up to 4 KiB as a whole */ \
    X(65, readv) /* read into several pieces */ \
    X(66, writev) /* write several pieces */ \
    X(67, pread64) /* read at a position */ \
    X(68, pwrite64) /* write at a position */ \
    X(78, readlinkat) /* the text of a symbolic link */ \
    X(79, newfstatat) /* what is known of a file by its path */ \
    X(80, fstat) /* what is known of an open file */ \
    X(82, fsync) /* 0: nothing is behind memory */ \
    X(83, fdatasync) /* the same */ \
    X(93, exit) /* end the task */ \
    X(94, exit_group) /* end the task: it is its only thread */ \
    X(96, set_tid_address) /* the caller's pid; there are no threads to tell of their end */ \
    X(98, futex) /* wait for a word to change, wake who waits: WAIT, WAKE, their BITSET forms, REQUEUE, CMP_REQUEUE */ \
    X(101, nanosleep) /* sleep; a signal with a handler ends it */ \
    X(113, clock_gettime) /* time since power-on for all clocks but processor time */ \
    X(114, clock_getres) /* the resolution of a clock */ \
    X(115, clock_nanosleep) /* sleep for a span or until a time */ \
    X(116, syslog) /* 3 reads the supervisor's log, 10 gives its size */ \
    X(123, sched_getaffinity) /* the harts that tasks run on */ \
    X(124, sched_yield) /* let others run */ \
    X(129, kill) /* send a signal to a task, a process group or all; no signal stops a task */ \
    X(130, tkill) /* send a signal to a task */ \
    X(131, tgkill) /* send a signal to a task */ \
    X(133, rt_sigsuspend) /* wait for a signal with another mask */ \
    X(134, rt_sigaction) /* handle, ignore or take by default a signal; faults always end the task */ \
    X(135, rt_sigprocmask) /* block and unblock signals */ \
    X(136, rt_sigpending) /* the blocked signals that wait */ \
    X(139, rt_sigreturn) /* go back from a handler */ \
    X(142, reboot) /* power off (the fourth argument is the exit status) or restart */ \
    X(153, times) /* processor time of the task and its children; all of it counts as the user's */ \
    X(154, setpgid) /* put a task into a process group */ \
    X(155, getpgid) /* the process group of a task */ \
    X(160, uname) /* names and version */ \
    X(165, getrusage) /* processor time; the other counts are 0 */ \
    X(172, getpid) /* who the caller is */ \
    X(173, getppid) /* who its parent is */ \
    X(174, getuid) /* 0: there is one user */ \
    X(175, geteuid) /* 0: there is one user */ \
    X(176, getgid) /* 0: there is one group */ \
    X(177, getegid) /* 0: there is one group */ \
    X(178, gettid) /* who the caller is: a task is its only thread */ \
    X(179, sysinfo) /* RAM, free RAM, tasks, time since power-on */ \
    X(214, brk) /* move the end of the heap */ \
    X(215, munmap) /* take a mapping away */ \
    X(216, mremap) /* make a mapping larger or smaller, or move it; not MREMAP_DONTUNMAP */ \
    X(220, clone) /* fork, and vfork: the child borrows the memory until execve or its end; no threads */ \
    X(221, execve) /* run another program in the same task */ \
    X(222, mmap) /* map memory, a file of the initrd or of /dev/shm; never writable and executable at once */ \
    X(226, mprotect) /* change what a mapping allows */ \
    X(227, msync) /* checks its arguments: what is shared is one memory, and no disk is behind it */ \
    X(232, mincore) /* which pages are in memory */ \
    X(233, madvise) /* NORMAL, RANDOM, SEQUENTIAL, WILLNEED, DONTNEED, FREE, HUGEPAGE, NOHUGEPAGE */ \
    X(260, wait4) /* wait for a child to end */ \
    X(261, prlimit64) /* ask for limits; lower NOFILE of the task, RSS and NPROC of its group */ \
    X(276, renameat2) /* another name for a file of /dev/shm; RENAME_NOREPLACE */ \
    X(278, getrandom) /* random bytes; EAGAIN when the machine gave no seed */ \
    X(279, memfd_create) /* a file without a name; MFD_CLOEXEC, MFD_ALLOW_SEALING */ \
    X(281, execveat) /* execve of a path that starts at a descriptor, or with AT_EMPTY_PATH of its open file */

#define ABI_OWN_CALL_LIST(X) \
    X(0, spawn) /* start a program in a new task: see struct abi_spawn */ \
    X(1, region_load) /* load an image into the shared region */ \
    X(2, region_info) /* the extents of a loaded image */ \
    X(3, usage) /* who uses which frames */ \
    X(4, bench) /* counts made inside the supervisor; ENOSYS unless booted with bench */ \
    X(5, tasks) /* all tasks, without a look at their memory */ \
    X(6, task_map) /* the mappings of a task, and what of each is in memory, shared, private */ \
    X(7, audit) /* look at everything for what is broken; EPERM outside domain 0 */ \
    X(8, fail_nth) /* let an allocation of the next call fail; ENOSYS unless built with DEBUG=1 */ \
    X(9, give) /* hand a descriptor to another task */ \
    X(10, take) /* receive one that was given */ \
    X(11, limits) /* the groups of tasks, their limits and what they use: see struct abi_limits */ \
    X(12, region_unload) /* unload an image from the shared region */ \
    X(13, region_private) /* go over to a private region, chained to the present one */ \
    X(14, region_clean) /* the next program that the caller starts gets an empty private region */ \
    X(15, region_reset) /* see the pristine data of a loaded image again */

#define ABI_LINUX_NUMBER(number, name) SYS_##name = (number),
#define ABI_OWN_NUMBER(n, name) SYS_##name = ABI_OWN_CALL(n),
enum abi_syscall { ABI_LINUX_CALL_LIST(ABI_LINUX_NUMBER) ABI_OWN_CALL_LIST(ABI_OWN_NUMBER) };
#undef ABI_LINUX_NUMBER
#undef ABI_OWN_NUMBER
