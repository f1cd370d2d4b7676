/* Dates: from a fixed moment to text and back. */
#include <stdio.h>
#include <string.h>
#include <time.h>

int main(void)
{
    time_t moments[] = { 0, 951782400, 1234567890, 4102444799 };
    char text[64];
    for (unsigned i = 0; i < sizeof moments / sizeof moments[0]; i++) {
        struct tm *tm = gmtime(&moments[i]);
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %a %j", tm);
        struct tm copy = *tm;
        printf("%s %s\n", text, mktime(&copy) == moments[i] ? "and back" : "but not back");
    }
    printf("%s", asctime(gmtime(&moments[2])));
    printf("%s\n", clock() != (clock_t)-1 && time(NULL) != (time_t)-1 ? "clocks run" : "no clock");
    return 0;
}
