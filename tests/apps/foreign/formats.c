/* The corners of printf and scanf that programs lean on. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
    printf("[%5d] [%-5d] [%05d] [%+d] [%x] [%#X] [%o] [%c] [%%]\n", 42, 42, 42, 42, 255, 255, 8, 'x');
    printf("[%lld] [%llu] [%zu] [%jd] [%td]\n", LLONG_MIN, ULLONG_MAX, sizeof(int), INTMAX_MAX, (ptrdiff_t)-3);
    printf("[%8.3s] [%-8s] [%.*s] [%p]\n", "abcdef", "ab", 2, "xyz", (void *)0x1234);
    printf("[%f] [%.0f] [%10.2e] [%g] [%g] [%a]\n", 3.14159265, 2.5, 12345.678, 1e20, 0.0001, 1.0);
    printf("[%" PRIx64 "] [%" PRId32 "] [%hhd] [%hd]\n", UINT64_C(0xdeadbeefcafe), INT32_MIN, (signed char)-1, (short)-2);

    int a, n;
    unsigned b;
    char word[16];
    double d;
    int got = sscanf("17 ff hello 2.5e1!", "%d %x %15s %lf%n", &a, &b, word, &d, &n);
    printf("%d: %d %u %s %.1f %d\n", got, a, b, word, d, n);

    errno = 0;
    long big = strtol("99999999999999999999", NULL, 10);
    printf("%d %d\n", big == LONG_MAX, errno == ERANGE);
    printf("%ld %ld %lu\n", strtol("-0x1f", NULL, 0), strtol("077", NULL, 0), strtoul("z", NULL, 36));

    char small[8];
    int wanted = snprintf(small, sizeof small, "%s", "longer than eight");
    printf("%d %s\n", wanted, small);
    printf("%s\n", fopen("/no/such/file", "r") == NULL && errno == ENOENT ? strerror(ENOENT) : "?");
    return 0;
}
