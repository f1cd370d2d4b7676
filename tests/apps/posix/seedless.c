/* seedless: what random numbers are like on a machine that has no seed for them. */
#include "posix.h"

#include <fcntl.h>
#include <sys/random.h>

int main(void)
{
    char bytes[64], before[64];
    int device = open("/dev/random", O_RDONLY);

    memset(bytes, 'x', sizeof(bytes));
    memset(before, 'x', sizeof(before));
    expect_error("getrandom", getrandom(bytes, sizeof(bytes), 0), EAGAIN);
    expect_error("getrandom_at_once", getrandom(bytes, sizeof(bytes), GRND_NONBLOCK), EAGAIN);
    expect_error("getrandom_from_the_best", getrandom(bytes, sizeof(bytes), GRND_RANDOM), EAGAIN);
    expect_error("getrandom_unknown_flag", getrandom(bytes, sizeof(bytes), 8), EINVAL);
    expect_true("device_is_there", device >= 0);
    expect_error("device", read(device, bytes, sizeof(bytes)), EAGAIN);
    expect_true("nothing_is_written", memcmp(bytes, before, sizeof(bytes)) == 0);
    return 0;
}
