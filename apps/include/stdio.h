#pragma once

/* picolibc has no other programs to talk to. */
#include_next <stdio.h>

FILE *popen(const char *command, const char *mode);
int pclose(FILE *stream);
int renameat(int old_directory, const char *old_path, int directory, const char *path);
