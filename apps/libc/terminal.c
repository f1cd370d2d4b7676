/* The terminal: settings, window size, foreground group. All of it is ioctl() with Linux's numbers. */
#include <termios.h>

#include <errno.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "libc.h"

int ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;

    va_start(arguments, request);
    uint64_t argument = va_arg(arguments, uint64_t);

    va_end(arguments);
    return (int)libc_result(raw_syscall3(SYS_ioctl, ARG(fd), request, argument));
}

int tcgetattr(int fd, struct termios *settings)
{
    return ioctl(fd, ABI_TCGETS, settings);
}

int tcsetattr(int fd, int when, const struct termios *settings)
{
    static const uint16_t requests[] = { ABI_TCSETS, ABI_TCSETSW, ABI_TCSETSF };

    if (when < TCSANOW || when > TCSAFLUSH) {
        errno = EINVAL;
        return -1;
    }
    return ioctl(fd, requests[when], settings);
}

int tcflush(int fd, int queue)
{
    return ioctl(fd, ABI_TCFLSH, ARG(queue));
}

/* With an argument that is not 0, Linux's TCSBRK only waits for output. */
int tcdrain(int fd)
{
    return ioctl(fd, ABI_TCSBRK, 1ul);
}

int tcsendbreak(int fd, int duration)
{
    (void)duration;
    return ioctl(fd, ABI_TCSBRK, 0ul);
}

void cfmakeraw(struct termios *settings)
{
    settings->c_iflag &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    settings->c_oflag &= ~(tcflag_t)OPOST;
    settings->c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    settings->c_cflag = (settings->c_cflag & ~(CSIZE | PARENB)) | CS8;
    settings->c_cc[VMIN] = 1;
    settings->c_cc[VTIME] = 0;
}

#define SPEED_MASK 0010017u

speed_t cfgetospeed(const struct termios *settings)
{
    return settings->c_cflag & SPEED_MASK;
}

speed_t cfgetispeed(const struct termios *settings)
{
    return cfgetospeed(settings);
}

int cfsetospeed(struct termios *settings, speed_t speed)
{
    if ((speed & ~SPEED_MASK) != 0) {
        errno = EINVAL;
        return -1;
    }
    settings->c_cflag = (settings->c_cflag & ~SPEED_MASK) | speed;
    return 0;
}

int cfsetispeed(struct termios *settings, speed_t speed)
{
    return speed == B0 ? 0 : cfsetospeed(settings, speed);
}

pid_t tcgetpgrp(int fd)
{
    int32_t group;

    return ioctl(fd, TIOCGPGRP, &group) == 0 ? group : -1;
}

int tcsetpgrp(int fd, pid_t group)
{
    int32_t number = group;

    return ioctl(fd, TIOCSPGRP, &number);
}

int isatty(int fd)
{
    struct termios settings;

    return tcgetattr(fd, &settings) == 0;
}

char *ttyname(int fd)
{
    return isatty(fd) ? (char *)"/dev/console" : NULL;
}
