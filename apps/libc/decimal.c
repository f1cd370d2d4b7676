/*
 * A double's decimal digits, exactly: what picolibc's printf family asks for by the name of __dtoa_engine().
 *
 * picolibc's own gives the shortest digits that read back as the same double, so that "%.17g" of 0.1 prints 0.1, and
 * rounds halves up. C programs expect the digits of the value itself, rounded to even at the place they ask for.
 *
 * The value is held in limbs of nine decimal digits around a fixed point: limbs[POINT - 1] are the ones. It starts as
 * the 53-bit mantissa and is doubled or halved, several times a step, as the exponent says; no digit is ever lost,
 * since a double has at most 309 digits before the point and 1,074 behind it.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define LIMB_BASE 1000000000u
#define LIMB_DIGITS 9
#define POINT 36
#define LIMBS (POINT + 121)

#define MANTISSA_BITS 52
#define EXPONENT_MASK 0x7ffu
#define EXPONENT_BIAS 1075 /* of the mantissa as an integer */

/* picolibc's interface. */
#define DIGITS_MAX 17
enum { FLAG_MINUS = 1, FLAG_ZERO = 2, FLAG_INFINITE = 4, FLAG_NAN = 8 };
struct dtoa {
    int32_t exp; /* of the first digit: it counts 10^exp */
    uint8_t flags;
    char digits[DIGITS_MAX + 1];
};
int __dtoa_engine(double value, struct dtoa *out, int max_digits, bool fmode, int max_decimals);

struct decimal {
    uint32_t limbs[LIMBS]; /* good in [first, end) */
    int first; /* limbs[first] is not 0 once decimal_set() is done */
    int end;
};

static void shift_left(struct decimal *decimal, unsigned bits)
{
    uint64_t carry = 0;

    for (int i = decimal->end - 1; i >= decimal->first; i--) {
        uint64_t limb = ((uint64_t)decimal->limbs[i] << bits) + carry;

        decimal->limbs[i] = (uint32_t)(limb % LIMB_BASE);
        carry = limb / LIMB_BASE;
    }
    if (carry != 0) {
        decimal->limbs[--decimal->first] = (uint32_t)carry;
    }
}

/* @bits is at most 9: 10^9 is a multiple of 2^9, so what falls out of a limb is a whole number in the next one. */
static void shift_right(struct decimal *decimal, unsigned bits)
{
    uint32_t carry = 0;

    for (int i = decimal->first; i < decimal->end; i++) {
        uint32_t limb = decimal->limbs[i];

        decimal->limbs[i] = (limb >> bits) + carry;
        carry = (limb & ((1u << bits) - 1)) * (LIMB_BASE >> bits);
    }
    if (carry != 0) {
        decimal->limbs[decimal->end++] = carry;
    }
}

/* @mantissa * 2^@exponent; @mantissa is not 0. */
static void decimal_set(struct decimal *decimal, uint64_t mantissa, int exponent)
{
    decimal->limbs[POINT - 2] = (uint32_t)(mantissa / LIMB_BASE);
    decimal->limbs[POINT - 1] = (uint32_t)(mantissa % LIMB_BASE);
    decimal->first = POINT - 2;
    decimal->end = POINT;
    for (; exponent > 0; exponent -= exponent < 29 ? exponent : 29) {
        shift_left(decimal, exponent < 29 ? (unsigned)exponent : 29);
    }
    for (; exponent<0; exponent += exponent> - 9 ? -exponent : 9) {
        shift_right(decimal, exponent > -9 ? (unsigned)-exponent : 9);
    }
    while (decimal->limbs[decimal->first] == 0) {
        decimal->first++;
    }
}

static int leading_digits(const struct decimal *decimal)
{
    int count = 1;

    for (uint32_t limb = decimal->limbs[decimal->first]; limb >= 10; limb /= 10) {
        count++;
    }
    return count;
}

/* Digit @index from the first that is not 0; 0 behind the last. */
static unsigned digit_at(const struct decimal *decimal, int index)
{
    int place = index + LIMB_DIGITS - leading_digits(decimal);
    int limb_index = decimal->first + place / LIMB_DIGITS;

    if (limb_index >= decimal->end) {
        return 0;
    }
    uint32_t limb = decimal->limbs[limb_index];

    for (int below = LIMB_DIGITS - 1 - place % LIMB_DIGITS; below > 0; below--) {
        limb /= 10;
    }
    return limb % 10;
}

/* Whether any digit from @index on is not 0. */
static bool has_rest(const struct decimal *decimal, int index)
{
    int place = index + LIMB_DIGITS - leading_digits(decimal);
    int limb_index = decimal->first + place / LIMB_DIGITS;

    for (; place % LIMB_DIGITS != 0; place++, index++) {
        if (digit_at(decimal, index) != 0) {
            return true;
        }
    }
    limb_index = decimal->first + place / LIMB_DIGITS;
    for (; limb_index < decimal->end; limb_index++) {
        if (decimal->limbs[limb_index] != 0) {
            return true;
        }
    }
    return false;
}

/* Whether the value, cut to @count digits, is to be rounded up: to the nearer one, a half to the even one. */
static bool rounds_up(const struct decimal *decimal, int count)
{
    unsigned next = digit_at(decimal, count);
    bool is_odd = count > 0 && digit_at(decimal, count - 1) % 2 != 0;

    return next > 5 || (next == 5 && (is_odd || has_rest(decimal, count + 1)));
}

/* Add one at the last digit. Returns true when all were nines: they are zeros now, with a 1 to come before them. */
static bool increment(char *digits, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        if (digits[i] != '9') {
            digits[i]++;
            return false;
        }
        digits[i] = '0';
    }
    return true;
}

/*
 * Nothing of the value is in front of the place to round at. The caller takes a first digit below 5 there as 0.
 */
static int below_last_place(const struct decimal *decimal, struct dtoa *out, int count, int max_decimals)
{
    bool is_up = count == 0 && rounds_up(decimal, 0);

    out->digits[0] = is_up ? '1' : '4';
    out->exp = is_up ? -max_decimals : -max_decimals - 1;
    return 1;
}

static int put_digits(const struct decimal *decimal, struct dtoa *out, int count)
{
    for (int i = 0; i < count; i++) {
        out->digits[i] = (char)('0' + digit_at(decimal, i));
    }
    if (rounds_up(decimal, count) && increment(out->digits, count)) {
        out->digits[0] = '1';
        out->exp++;
    }
    while (count > 1 && out->digits[count - 1] == '0') {
        count--;
    }
    return count;
}

/*
 * Write the first digits of @value to @out: at most @max_digits, and with @fmode none behind the place @max_decimals.
 * Returns their number, without zeros at the end; 0 for what has no digits.
 */
int __dtoa_engine(double value, struct dtoa *out, int max_digits, bool fmode, int max_decimals)
{
    struct decimal decimal;
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    uint64_t mantissa = bits & ((1ull << MANTISSA_BITS) - 1);
    unsigned exponent = (unsigned)(bits >> MANTISSA_BITS) & EXPONENT_MASK;

    out->flags = bits >> 63 ? FLAG_MINUS : 0;
    if (exponent == EXPONENT_MASK) {
        out->flags |= mantissa != 0 ? FLAG_NAN : FLAG_INFINITE;
        return 0;
    }
    if (exponent == 0 && mantissa == 0) {
        out->flags |= FLAG_ZERO;
        out->digits[0] = '0';
        out->exp = 0;
        return 1;
    }
    if (exponent != 0) {
        mantissa |= 1ull << MANTISSA_BITS;
    } else {
        exponent = 1;
    }
    decimal_set(&decimal, mantissa, (int)exponent - EXPONENT_BIAS);
    out->exp = (POINT - 1 - decimal.first) * LIMB_DIGITS + leading_digits(&decimal) - 1;

    int count = max_digits < DIGITS_MAX ? max_digits : DIGITS_MAX;

    if (fmode && out->exp + 1 + max_decimals < count) {
        count = out->exp + 1 + max_decimals;
    }
    if (fmode && count <= 0) {
        return below_last_place(&decimal, out, count, max_decimals);
    }
    return put_digits(&decimal, out, count);
}
