/* Descriptors: copying them, pipes, and their flags. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

#include "abi_types.h"
#include "libc.h"

int dup(int fd)
{
    return (int)libc_result(raw_syscall1(SYS_dup, ARG(fd)));
}

int dup3(int from, int to, int flags)
{
    return (int)libc_result(raw_syscall3(SYS_dup3, ARG(from), ARG(to), libc_open_flags(flags)));
}

int dup2(int from, int to)
{
    /* dup3() refuses what dup2() allows: to itself. */
    if (from == to) {
        return fcntl(from, F_GETFD) < 0 ? -1 : to;
    }
    return dup3(from, to, 0);
}

int pipe2(int ends[2], int flags)
{
    return (int)libc_result(raw_syscall2(SYS_pipe2, ARG(ends), libc_open_flags(flags)));
}

int pipe(int ends[2])
{
    return pipe2(ends, 0);
}

int fcntl(int fd, int command, ...)
{
    va_list arguments;
    uint64_t abi_command = ARG(command);

    va_start(arguments, command);
    uint64_t argument = va_arg(arguments, uint64_t);

    va_end(arguments);
    switch (command) {
    case F_DUPFD_CLOEXEC:
        abi_command = ABI_F_DUPFD_CLOEXEC;
        break;
    case F_SETFL:
        argument = libc_open_flags((int)argument);
        break;
    case F_ADD_SEALS:
    case F_GET_SEALS: /* the supervisor's own numbers */
    case F_DUPFD:
    case F_GETFD:
    case F_SETFD:
    case F_GETFL:
        break;
    default:
        errno = EINVAL;
        return -1;
    }
    long result = libc_result(raw_syscall3(SYS_fcntl, ARG(fd), abi_command, argument));

    return command == F_GETFL && result >= 0 ? libc_flags_of_open((uint64_t)result) : (int)result;
}
