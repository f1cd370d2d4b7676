#pragma once

/* picolibc declares lstat() only for systems that it knows by name. */
#include_next <sys/stat.h>

int lstat(const char *__restrict path, struct stat *__restrict stat);
