#pragma once

#include <assert.h>
#include <stdint.h>

/*
 * Structures and constants of the Linux-numbered calls, laid out as Linux has them for riscv64. Names carry abi_ and
 * ABI_ so that they stand beside picolibc's own in the system-call library.
 */

struct abi_timespec {
    int64_t seconds;
    int64_t nanoseconds;
};
static_assert(sizeof(struct abi_timespec) == 16, "Linux struct timespec");

struct abi_iovec {
    uint64_t base;
    uint64_t size_bytes;
};
static_assert(sizeof(struct abi_iovec) == 16, "Linux struct iovec");

struct abi_stat {
    uint64_t device;
    uint64_t inode;
    uint32_t mode;
    uint32_t link_count;
    uint32_t user_id;
    uint32_t group_id;
    uint64_t special_device;
    uint64_t pad1;
    int64_t size_bytes;
    int32_t block_size_bytes;
    int32_t pad2;
    int64_t block_count;
    struct abi_timespec access_time;
    struct abi_timespec modify_time;
    struct abi_timespec change_time;
    uint32_t unused[2];
};
static_assert(sizeof(struct abi_stat) == 128, "Linux struct stat for riscv64");

/* What TCGETS and TCSETS move: Linux's struct termios of the kernel, not glibc's. */
#define ABI_TERMIOS_CC 19
struct abi_termios {
    uint32_t input;
    uint32_t output;
    uint32_t control;
    uint32_t local;
    uint8_t line;
    uint8_t characters[ABI_TERMIOS_CC];
};
static_assert(sizeof(struct abi_termios) == 36, "Linux struct termios");

struct abi_winsize {
    uint16_t rows;
    uint16_t columns;
    uint16_t width_pixels;
    uint16_t height_pixels;
};
static_assert(sizeof(struct abi_winsize) == 8, "Linux struct winsize");

/* @handler is ABI_SIG_DFL, ABI_SIG_IGN or an address; bit n - 1 of @mask is signal n. */
struct abi_sigaction {
    uint64_t handler;
    uint64_t flags;
    uint64_t mask;
};
static_assert(sizeof(struct abi_sigaction) == 24, "Linux struct sigaction for riscv64: it has no restorer");

struct abi_siginfo {
    int32_t signal;
    int32_t error;
    int32_t code;
    int32_t pad;
    int32_t pid; /* who sent it; of a fault the address lies here */
    uint32_t user_id;
    uint64_t rest[13];
};
static_assert(sizeof(struct abi_siginfo) == 128, "Linux siginfo_t");

/* What lies at the stack pointer when a handler starts, and where rt_sigreturn finds it again. */
struct abi_signal_frame {
    struct abi_siginfo info;
    uint64_t flags; /* from here on Linux's struct ucontext */
    uint64_t link;
    uint64_t stack[3];
    uint64_t mask;
    uint64_t unused[16];
    uint64_t registers[32]; /* pc, then x1 to x31 */
    uint64_t f[32];
    uint32_t fcsr;
    uint32_t has_f; /* in Linux's padding: f and fcsr are those of a task that has used them */
    uint64_t padding[33];
};
static_assert(sizeof(struct abi_signal_frame) == 1088, "Linux struct rt_sigframe for riscv64");

struct abi_timeval {
    int64_t seconds;
    int64_t microseconds;
};

struct abi_rusage {
    struct abi_timeval user;
    struct abi_timeval system;
    int64_t others[14]; /* not counted: 0 */
};
static_assert(sizeof(struct abi_rusage) == 144, "Linux struct rusage");

/* In ticks of ABI_CLOCK_TICKS a second. */
struct abi_tms {
    int64_t user;
    int64_t system;
    int64_t children_user;
    int64_t children_system;
};
#define ABI_CLOCK_TICKS 100

#define ABI_UTSNAME_BYTES 65
struct abi_utsname {
    char system[ABI_UTSNAME_BYTES];
    char node[ABI_UTSNAME_BYTES];
    char release[ABI_UTSNAME_BYTES];
    char version[ABI_UTSNAME_BYTES];
    char machine[ABI_UTSNAME_BYTES];
    char domain[ABI_UTSNAME_BYTES];
};
static_assert(sizeof(struct abi_utsname) == 390, "Linux struct new_utsname");

struct abi_sysinfo {
    int64_t uptime_seconds;
    uint64_t loads[3]; /* not counted: 0 */
    uint64_t total_ram;
    uint64_t free_ram;
    uint64_t shared_ram;
    uint64_t buffer_ram;
    uint64_t total_swap;
    uint64_t free_swap;
    uint16_t task_count;
    uint16_t pad[3];
    uint64_t total_high;
    uint64_t free_high;
    uint32_t unit_bytes;
    uint32_t pad2;
};
static_assert(sizeof(struct abi_sysinfo) == 112, "Linux struct sysinfo");

struct abi_rlimit {
    uint64_t current;
    uint64_t maximum;
};
#define ABI_RLIM_INFINITY UINT64_MAX

/* A record of getdents64; the name follows, NUL-terminated, and record_bytes is a multiple of 8. */
struct abi_dirent64 {
    uint64_t inode;
    int64_t next_offset;
    uint16_t record_bytes;
    uint8_t type;
    char name[5]; /* at least; the true length is in record_bytes */
};
static_assert(sizeof(struct abi_dirent64) == 24, "header of 19 bytes, padded");
#define ABI_DIRENT64_NAME_OFFSET 19

enum {
    ABI_S_IFMT = 0170000,
    ABI_S_IFIFO = 0010000,
    ABI_S_IFCHR = 0020000,
    ABI_S_IFDIR = 0040000,
    ABI_S_IFREG = 0100000,
    ABI_S_IFLNK = 0120000,

    ABI_DT_CHR = 2,
    ABI_DT_DIR = 4,
    ABI_DT_REG = 8,
    ABI_DT_LNK = 10,

    ABI_AT_FDCWD = -100,
    ABI_AT_SYMLINK_NOFOLLOW = 0x100,
    ABI_AT_REMOVEDIR = 0x200,
    ABI_AT_EMPTY_PATH = 0x1000,
    ABI_PATH_MAX = 4096, /* with the NUL */

    ABI_F_OK = 0,
    ABI_X_OK = 1,
    ABI_W_OK = 2,
    ABI_R_OK = 4,

    ABI_O_ACCMODE = 03,
    ABI_O_RDONLY = 00,
    ABI_O_WRONLY = 01,
    ABI_O_RDWR = 02,
    ABI_O_CREAT = 0100,
    ABI_O_EXCL = 0200,
    ABI_O_TRUNC = 01000,
    ABI_O_APPEND = 02000,
    ABI_O_NONBLOCK = 04000,
    ABI_O_DIRECTORY = 0200000,
    ABI_O_NOFOLLOW = 0400000,
    ABI_O_CLOEXEC = 02000000,

    ABI_F_DUPFD = 0,
    ABI_F_GETFD = 1,
    ABI_F_SETFD = 2,
    ABI_F_GETFL = 3,
    ABI_F_SETFL = 4,
    ABI_F_DUPFD_CLOEXEC = 1030,
    ABI_FD_CLOEXEC = 1,
    ABI_F_ADD_SEALS = 1033,
    ABI_F_GET_SEALS = 1034,
    ABI_F_SEAL_SEAL = 0x01,
    ABI_F_SEAL_SHRINK = 0x02,
    ABI_F_SEAL_GROW = 0x04,
    ABI_F_SEAL_WRITE = 0x08,
    ABI_F_SEAL_FUTURE_WRITE = 0x10,
    ABI_MFD_CLOEXEC = 1,
    ABI_MFD_ALLOW_SEALING = 2,
    ABI_FALLOC_FL_KEEP_SIZE = 1,
    ABI_FALLOC_FL_PUNCH_HOLE = 2,
    ABI_RENAME_NOREPLACE = 1,

    ABI_SEEK_SET = 0,
    ABI_SEEK_CUR = 1,
    ABI_SEEK_END = 2,

    ABI_PROT_NONE = 0,
    ABI_PROT_READ = 1,
    ABI_PROT_WRITE = 2,
    ABI_PROT_EXEC = 4,

    ABI_MAP_SHARED = 0x01,
    ABI_MAP_PRIVATE = 0x02,
    ABI_MAP_TYPE = 0x0f,
    ABI_MAP_FIXED = 0x10,
    ABI_MAP_ANONYMOUS = 0x20,
    ABI_MAP_GROWSDOWN = 0x100,
    ABI_MAP_NORESERVE = 0x4000,
    ABI_MAP_POPULATE = 0x8000,
    ABI_MAP_STACK = 0x20000,
    ABI_MAP_FIXED_NOREPLACE = 0x100000,

    ABI_MREMAP_MAYMOVE = 1,
    ABI_MREMAP_FIXED = 2,

    ABI_MS_ASYNC = 1,
    ABI_MS_INVALIDATE = 2,
    ABI_MS_SYNC = 4,

    ABI_MADV_NORMAL = 0,
    ABI_MADV_RANDOM = 1,
    ABI_MADV_SEQUENTIAL = 2,
    ABI_MADV_WILLNEED = 3,
    ABI_MADV_DONTNEED = 4,
    ABI_MADV_FREE = 8,
    ABI_MADV_HUGEPAGE = 14,
    ABI_MADV_NOHUGEPAGE = 15,

    ABI_SIGHUP = 1,
    ABI_SIGINT = 2,
    ABI_SIGQUIT = 3,
    ABI_SIGILL = 4,
    ABI_SIGTRAP = 5,
    ABI_SIGABRT = 6,
    ABI_SIGBUS = 7,
    ABI_SIGFPE = 8,
    ABI_SIGKILL = 9,
    ABI_SIGUSR1 = 10,
    ABI_SIGSEGV = 11,
    ABI_SIGUSR2 = 12,
    ABI_SIGPIPE = 13,
    ABI_SIGALRM = 14,
    ABI_SIGTERM = 15,
    ABI_SIGCHLD = 17,
    ABI_SIGCONT = 18,
    ABI_SIGSTOP = 19,
    ABI_SIGTSTP = 20,
    ABI_SIGTTIN = 21,
    ABI_SIGTTOU = 22,
    ABI_SIGURG = 23,
    ABI_SIGWINCH = 28,
    ABI_SIGNAL_MAX = 64,

    ABI_SIG_DFL = 0,
    ABI_SIG_IGN = 1,
    ABI_SIG_BLOCK = 0,
    ABI_SIG_UNBLOCK = 1,
    ABI_SIG_SETMASK = 2,
    ABI_SA_SIGINFO = 4,
    ABI_SA_RESTART = 0x10000000,
    ABI_SA_NODEFER = 0x40000000,
    ABI_SA_RESETHAND = (int)0x80000000,
    ABI_SI_USER = 0,
    ABI_SI_KERNEL = 0x80,

    ABI_CLONE_SIGNAL_MASK = 0xff, /* that tells the parent of the child's end */
    ABI_CLONE_VM = 0x100,
    ABI_CLONE_VFORK = 0x4000,
    ABI_CLONE_PARENT_SETTID = 0x100000,
    ABI_CLONE_CHILD_CLEARTID = 0x200000,
    ABI_CLONE_CHILD_SETTID = 0x1000000,

    ABI_FUTEX_WAIT = 0,
    ABI_FUTEX_WAKE = 1,
    ABI_FUTEX_REQUEUE = 3,
    ABI_FUTEX_CMP_REQUEUE = 4,
    ABI_FUTEX_WAIT_BITSET = 9,
    ABI_FUTEX_WAKE_BITSET = 10,
    ABI_FUTEX_PRIVATE = 128,
    ABI_FUTEX_CLOCK_REALTIME = 256,
    ABI_FUTEX_COMMAND_MASK = ~(128 | 256),

    ABI_WNOHANG = 1,
    ABI_WUNTRACED = 2,
    ABI_WCONTINUED = 8,

    ABI_CLOCK_REALTIME = 0,
    ABI_CLOCK_MONOTONIC = 1,
    ABI_CLOCK_PROCESS_CPUTIME_ID = 2,
    ABI_CLOCK_THREAD_CPUTIME_ID = 3,
    ABI_CLOCK_MONOTONIC_RAW = 4,
    ABI_CLOCK_REALTIME_COARSE = 5,
    ABI_CLOCK_MONOTONIC_COARSE = 6,
    ABI_CLOCK_BOOTTIME = 7,
    ABI_TIMER_ABSTIME = 1,

    ABI_RUSAGE_SELF = 0,
    ABI_RUSAGE_CHILDREN = -1,
    ABI_RUSAGE_THREAD = 1,

    ABI_RLIMIT_STACK = 3,
    ABI_RLIMIT_RSS = 5,
    ABI_RLIMIT_NPROC = 6,
    ABI_RLIMIT_NOFILE = 7,
    ABI_RLIMIT_COUNT = 16,

    ABI_GRND_NONBLOCK = 1,
    ABI_GRND_RANDOM = 2,

    ABI_SYSLOG_READ_ALL = 3,
    ABI_SYSLOG_SIZE_BUFFER = 10,

    ABI_TCGETS = 0x5401,
    ABI_TCSETS = 0x5402,
    ABI_TCSETSW = 0x5403,
    ABI_TCSETSF = 0x5404,
    ABI_TCSBRK = 0x5409,
    ABI_TCFLSH = 0x540b,
    ABI_TIOCGPGRP = 0x540f,
    ABI_TIOCSPGRP = 0x5410,
    ABI_TIOCGWINSZ = 0x5413,
    ABI_TIOCSWINSZ = 0x5414,
    ABI_FIONREAD = 0x541b,

    /* struct abi_termios: bits and places of its control characters. */
    ABI_ISTRIP = 0000040,
    ABI_INLCR = 0000100,
    ABI_IGNCR = 0000200,
    ABI_ICRNL = 0000400,
    ABI_OPOST = 0000001,
    ABI_ONLCR = 0000004,
    ABI_CS8 = 0000060,
    ABI_CREAD = 0000200,
    ABI_CLOCAL = 0004000,
    ABI_B115200 = 0010002,
    ABI_ISIG = 0000001,
    ABI_ICANON = 0000002,
    ABI_ECHO = 0000010,
    ABI_ECHOE = 0000020,
    ABI_ECHOK = 0000040,
    ABI_ECHONL = 0000100,
    ABI_NOFLSH = 0000200,
    ABI_ECHOCTL = 0001000,
    ABI_ECHOKE = 0004000,
    ABI_IEXTEN = 0100000,
    ABI_VINTR = 0,
    ABI_VQUIT = 1,
    ABI_VERASE = 2,
    ABI_VKILL = 3,
    ABI_VEOF = 4,
    ABI_VTIME = 5,
    ABI_VMIN = 6,
    ABI_VSTART = 8,
    ABI_VSTOP = 9,
    ABI_VSUSP = 10,
    ABI_VEOL = 11,
    ABI_VREPRINT = 12,
    ABI_VDISCARD = 13,
    ABI_VWERASE = 14,
    ABI_VLNEXT = 15,
    ABI_VEOL2 = 16,

    /* Of the auxiliary vector on a program's first stack. */
    ABI_AT_NULL = 0,
    ABI_AT_PHDR = 3,
    ABI_AT_PHENT = 4,
    ABI_AT_PHNUM = 5,
    ABI_AT_PAGESZ = 6,
    ABI_AT_ENTRY = 9,
    ABI_AT_RANDOM = 25,
};

/* reboot(): Linux's two magic numbers and the commands that Pando knows. */
#define ABI_REBOOT_MAGIC1 0xfee1deadu
#define ABI_REBOOT_MAGIC2 672274793u
#define ABI_REBOOT_POWER_OFF 0x4321fedcu
#define ABI_REBOOT_RESTART 0x01234567u
