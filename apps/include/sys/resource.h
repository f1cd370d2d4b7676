#pragma once

#include <sys/time.h>
#include <sys/types.h>

#include "abi_types.h"

#define RUSAGE_SELF ABI_RUSAGE_SELF
#define RUSAGE_CHILDREN ABI_RUSAGE_CHILDREN
#define RUSAGE_THREAD ABI_RUSAGE_THREAD

/* Times alone are counted, and all of them as the user's. */
struct rusage {
    struct timeval ru_utime;
    struct timeval ru_stime;
    long ru_maxrss;
    long ru_ixrss;
    long ru_idrss;
    long ru_isrss;
    long ru_minflt;
    long ru_majflt;
    long ru_nswap;
    long ru_inblock;
    long ru_oublock;
    long ru_msgsnd;
    long ru_msgrcv;
    long ru_nsignals;
    long ru_nvcsw;
    long ru_nivcsw;
};
_Static_assert(sizeof(struct rusage) == sizeof(struct abi_rusage), "filled by the supervisor");

#define RLIMIT_CPU 0
#define RLIMIT_FSIZE 1
#define RLIMIT_DATA 2
#define RLIMIT_STACK ABI_RLIMIT_STACK
#define RLIMIT_CORE 4
#define RLIMIT_RSS ABI_RLIMIT_RSS
#define RLIMIT_NPROC ABI_RLIMIT_NPROC
#define RLIMIT_NOFILE ABI_RLIMIT_NOFILE
#define RLIMIT_AS 9
#define RLIM_INFINITY ABI_RLIM_INFINITY

typedef unsigned long rlim_t;
struct rlimit {
    rlim_t rlim_cur;
    rlim_t rlim_max;
};

int getrusage(int who, struct rusage *usage);
int getrlimit(int resource, struct rlimit *limit);
int setrlimit(int resource, const struct rlimit *limit);
