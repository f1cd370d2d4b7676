#pragma once

#include_next <sys/wait.h>

#define WCONTINUED 8
#define WIFCONTINUED(status) ((status) == 0xffff)
#define WCOREDUMP(status) (((status)&0x80) != 0)

struct rusage;
pid_t wait3(int *status, int options, struct rusage *usage);
pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage);
