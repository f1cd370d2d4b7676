/* Reads numbers out of a string, sorts them, and prints what a statistics homework would. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(void)
{
    const char *text = "3.5 -1.25 1e3 0x1p4 .5 2.718281828459045 1e-3 42";
    double *values = NULL;
    size_t count = 0;
    char *end;
    for (;;) {
        double value = strtod(text, &end);
        if (end == text)
            break;
        values = realloc(values, (count + 1) * sizeof *values);
        if (!values)
            return 1;
        values[count++] = value;
        text = end;
    }
    qsort(values, count, sizeof *values, compare);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        printf("%zu: %10.4f %g %e\n", i, values[i], values[i], values[i]);
        sum += values[i];
        squares += values[i] * values[i];
    }
    double mean = sum / count;
    printf("n=%zu mean=%.6f sd=%.6f median=%.3f\n", count, mean, sqrt(squares / count - mean * mean),
           (values[count / 2 - 1] + values[count / 2]) / 2);
    free(values);
    return 0;
}
