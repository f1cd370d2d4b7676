#pragma once

#include <sys/types.h>

#include "abi_types.h"

/*
 * The terminal's settings, with Linux's numbers, which are the supervisor's. What stands here works; the line's speed
 * is kept but changes nothing.
 */
typedef unsigned int tcflag_t;
typedef unsigned char cc_t;
typedef unsigned int speed_t;

#define NCCS ABI_TERMIOS_CC
struct termios {
    tcflag_t c_iflag;
    tcflag_t c_oflag;
    tcflag_t c_cflag;
    tcflag_t c_lflag;
    cc_t c_line;
    cc_t c_cc[NCCS];
};
_Static_assert(sizeof(struct termios) == sizeof(struct abi_termios), "passed to the supervisor as it is");

#define IGNBRK 0000001u
#define BRKINT 0000002u
#define PARMRK 0000010u
#define INPCK 0000020u
#define ISTRIP ABI_ISTRIP
#define INLCR ABI_INLCR
#define IGNCR ABI_IGNCR
#define ICRNL ABI_ICRNL
#define IXON 0002000u
#define IXANY 0004000u
#define IXOFF 0010000u
#define OPOST ABI_OPOST
#define ONLCR ABI_ONLCR
#define CSIZE 0000060u
#define CS7 0000040u
#define CS8 ABI_CS8
#define CSTOPB 0000100u
#define CREAD ABI_CREAD
#define PARENB 0000400u
#define HUPCL 0002000u
#define CLOCAL ABI_CLOCAL
#define B0 0000000u
#define B9600 0000015u
#define B38400 0000017u
#define B115200 ABI_B115200
#define ISIG ABI_ISIG
#define ICANON ABI_ICANON
#define ECHO ABI_ECHO
#define ECHOE ABI_ECHOE
#define ECHOK ABI_ECHOK
#define ECHONL ABI_ECHONL
#define NOFLSH ABI_NOFLSH
#define TOSTOP 0000400u
#define ECHOCTL ABI_ECHOCTL
#define ECHOKE ABI_ECHOKE
#define IEXTEN ABI_IEXTEN

#define VINTR ABI_VINTR
#define VQUIT ABI_VQUIT
#define VERASE ABI_VERASE
#define VKILL ABI_VKILL
#define VEOF ABI_VEOF
#define VTIME ABI_VTIME
#define VMIN ABI_VMIN
#define VSTART ABI_VSTART
#define VSTOP ABI_VSTOP
#define VSUSP ABI_VSUSP
#define VEOL ABI_VEOL
#define VREPRINT ABI_VREPRINT
#define VDISCARD ABI_VDISCARD
#define VWERASE ABI_VWERASE
#define VLNEXT ABI_VLNEXT
#define VEOL2 ABI_VEOL2

#define TCSANOW 0
#define TCSADRAIN 1
#define TCSAFLUSH 2
#define TCIFLUSH 0
#define TCOFLUSH 1
#define TCIOFLUSH 2

int tcgetattr(int fd, struct termios *settings);
int tcsetattr(int fd, int when, const struct termios *settings);
int tcflush(int fd, int queue);
int tcdrain(int fd);
int tcsendbreak(int fd, int duration);
void cfmakeraw(struct termios *settings);
speed_t cfgetispeed(const struct termios *settings);
speed_t cfgetospeed(const struct termios *settings);
int cfsetispeed(struct termios *settings, speed_t speed);
int cfsetospeed(struct termios *settings, speed_t speed);
