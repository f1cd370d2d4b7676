#pragma once

/* Linux's syslog call: 3 reads the supervisor's log, 10 tells how large it can be. */
int klogctl(int action, char *buffer, int size_bytes);
