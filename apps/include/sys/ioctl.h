#pragma once

#include "abi_types.h"

#define TIOCGWINSZ ABI_TIOCGWINSZ
#define TIOCSWINSZ ABI_TIOCSWINSZ
#define TIOCGPGRP ABI_TIOCGPGRP
#define TIOCSPGRP ABI_TIOCSPGRP
#define FIONREAD ABI_FIONREAD

struct winsize {
    unsigned short ws_row;
    unsigned short ws_col;
    unsigned short ws_xpixel;
    unsigned short ws_ypixel;
};

int ioctl(int fd, unsigned long request, ...);
