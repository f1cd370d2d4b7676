#pragma once

#include <sys/types.h>

#include "abi_types.h"

#define DT_UNKNOWN 0
#define DT_CHR ABI_DT_CHR
#define DT_DIR ABI_DT_DIR
#define DT_REG ABI_DT_REG
#define DT_LNK ABI_DT_LNK

struct dirent {
    ino_t d_ino;
    off_t d_off;
    unsigned short d_reclen;
    unsigned char d_type;
    char d_name[256];
};

/* A directory being read; opaque. */
typedef struct pando_directory DIR;
