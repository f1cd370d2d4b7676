/* Floating point: series, roots, rounding, and what the math library says about a few places. */
#include <fenv.h>
#include <float.h>
#include <math.h>
#include <stdio.h>

int main(void)
{
    double pi = 0;
    for (int k = 0; k < 20; k++)
        pi += (4.0 / (8 * k + 1) - 2.0 / (8 * k + 4) - 1.0 / (8 * k + 5) - 1.0 / (8 * k + 6)) / pow(16, k);
    printf("pi %.15f %s\n", pi, fabs(pi - acos(-1)) < 1e-14 ? "agrees" : "differs");
    for (double x = -2; x <= 2; x += 0.5)
        printf("%5.2f sin %9.6f exp %9.6f cbrt %9.6f atan2 %9.6f\n", x, sin(x), exp(x), cbrt(x), atan2(x, 1));
    printf("%.17g %.17g %g %g\n", 0.1, 1.0 / 3, DBL_MAX, DBL_MIN);
    printf("%f %f %f %d %d\n", INFINITY, -INFINITY, fabs(NAN), isnan(sqrt(-1.0)), signbit(-0.0) != 0);
    printf("%ld %ld %.1f %.1f %.1f\n", lround(2.5), lrint(2.5), floor(-2.5), ceil(-2.5), trunc(-2.5));
    printf("%.6f %.6f %.6f\n", tgamma(5.5), erf(0.5), fmod(10.5, 3));
    float single = 16777216.0f;
    printf("%.1f %.9g\n", single + 1.0f, sqrtf(2.0f));
    return 0;
}
