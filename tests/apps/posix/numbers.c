/* numbers: 32 random bytes, in hexadecimal. */
#include "posix.h"

#include <sys/random.h>

int main(void)
{
    unsigned char bytes[32];

    if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes)) {
        return 1;
    }
    for (unsigned i = 0; i < sizeof(bytes); i++) {
        printf("%02x", bytes[i]);
    }
    printf("\n");
    return 0;
}
