/* Prints what the library makes of the supervisor's error numbers 1 to 200: "SUPERVISOR LIBRARY" a line. */
#include <stdio.h>

int errno_map_from_abi(int number);

int main(void)
{
    for (int number = 1; number <= 200; number++) {
        printf("%d %d\n", number, errno_map_from_abi(number));
    }
    return 0;
}
