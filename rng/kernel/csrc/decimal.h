/* Decimal numbers in ASCII, without leading zeros. */
#ifndef FAIRLOT_DECIMAL_H
#define FAIRLOT_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

enum { MAX_DIGITS = 20 }; /* of 2^64 - 1 */

static inline size_t digits_of(uint64_t value)
{
    size_t digits = 1;

    while (value >= 10)
        value /= 10, digits++;
    return digits;
}

/* Write a number and return its length, at most MAX_DIGITS. */
static inline size_t write_decimal(uint8_t *out, uint64_t value)
{
    const size_t digits = digits_of(value);

    for (size_t i = digits; i--; value /= 10)
        out[i] = (uint8_t)('0' + value % 10);
    return digits;
}

#endif
