#pragma once

/*
 * Error numbers that cross the system-call boundary: Linux's for riscv64 (asm-generic), so that a binary that knows
 * Linux knows Pando. Used by everything outside apps/; a C program sees picolibc's own numbers instead, translated
 * by the system-call library with ABI_ERRNO_LIST, which is why the list and the names are kept in one file but apart:
 * where <errno.h> has defined a name already, only the list is taken from here.
 */
#define ABI_ERRNO_LIST(X) \
    X(EPERM, 1) \
    X(ENOENT, 2) \
    X(ESRCH, 3) \
    X(EINTR, 4) \
    X(EIO, 5) \
    X(ENXIO, 6) \
    X(E2BIG, 7) \
    X(ENOEXEC, 8) \
    X(EBADF, 9) \
    X(ECHILD, 10) \
    X(EAGAIN, 11) \
    X(ENOMEM, 12) \
    X(EACCES, 13) \
    X(EFAULT, 14) \
    X(EBUSY, 16) \
    X(EEXIST, 17) \
    X(EXDEV, 18) \
    X(ENODEV, 19) \
    X(ENOTDIR, 20) \
    X(EISDIR, 21) \
    X(EINVAL, 22) \
    X(ENFILE, 23) \
    X(EMFILE, 24) \
    X(ENOTTY, 25) \
    X(ETXTBSY, 26) \
    X(EFBIG, 27) \
    X(ENOSPC, 28) \
    X(ESPIPE, 29) \
    X(EROFS, 30) \
    X(EMLINK, 31) \
    X(EPIPE, 32) \
    X(EDOM, 33) \
    X(ERANGE, 34) \
    X(EDEADLK, 35) \
    X(ENAMETOOLONG, 36) \
    X(ENOLCK, 37) \
    X(ENOSYS, 38) \
    X(ENOTEMPTY, 39) \
    X(ELOOP, 40) \
    X(EPROTO, 71) \
    X(EBADMSG, 74) \
    X(EOVERFLOW, 75) \
    X(EILSEQ, 84) \
    X(EOPNOTSUPP, 95) \
    X(ETIMEDOUT, 110) \
    X(EALREADY, 114) \
    X(EINPROGRESS, 115) \
    X(ESTALE, 116) \
    X(EDQUOT, 122) \
    X(ECANCELED, 125) \
    X(EOWNERDEAD, 130) \
    X(ENOTRECOVERABLE, 131)

#ifndef EPERM
#define EPERM 1
#define ENOENT 2
#define ESRCH 3
#define EINTR 4
#define EIO 5
#define ENXIO 6
#define E2BIG 7
#define ENOEXEC 8
#define EBADF 9
#define ECHILD 10
#define EAGAIN 11
#define ENOMEM 12
#define EACCES 13
#define EFAULT 14
#define EBUSY 16
#define EEXIST 17
#define EXDEV 18
#define ENODEV 19
#define ENOTDIR 20
#define EISDIR 21
#define EINVAL 22
#define ENFILE 23
#define EMFILE 24
#define ENOTTY 25
#define ETXTBSY 26
#define EFBIG 27
#define ENOSPC 28
#define ESPIPE 29
#define EROFS 30
#define EMLINK 31
#define EPIPE 32
#define EDOM 33
#define ERANGE 34
#define EDEADLK 35
#define ENAMETOOLONG 36
#define ENOLCK 37
#define ENOSYS 38
#define ENOTEMPTY 39
#define ELOOP 40
#define EPROTO 71
#define EBADMSG 74
#define EOVERFLOW 75
#define EILSEQ 84
#define EOPNOTSUPP 95
#define ETIMEDOUT 110
#define EALREADY 114
#define EINPROGRESS 115
#define ESTALE 116
#define EDQUOT 122
#define ECANCELED 125
#define EOWNERDEAD 130
#define ENOTRECOVERABLE 131
#endif
