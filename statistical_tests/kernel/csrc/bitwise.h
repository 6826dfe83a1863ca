/* Reading packed bits, the most significant bit of a byte first, without going past their bytes. */
#ifndef FAIRLOT_STATISTICS_BITWISE_H
#define FAIRLOT_STATISTICS_BITWISE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "written for little-endian processors; elsewhere numpy computes"
#endif

static inline uint64_t load_word(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return __builtin_bswap64(word);
}

/* The 64 bits from bit `at` on, the first one highest; what lies past `bytes` bytes is zero. */
static inline uint64_t bits_at(const uint8_t *packed, size_t bytes, size_t at)
{
    const size_t first = at / 8;
    const unsigned shift = at % 8;
    uint64_t word = 0;

    if (first + 9 <= bytes) /* the usual case, without branches inside */
        return load_word(packed + first) << shift | packed[first + 8] >> (8 - shift);
    for (size_t i = 0; i < 8; i++)
        word = word << 8 | (first + i < bytes ? packed[first + i] : 0);
    return word << shift; /* there is no ninth byte */
}

/* The first `count` bits of a word, 0 to 64. */
static inline uint64_t first_bits(size_t count) { return count >= 64 ? ~0ULL : count ? ~0ULL << (64 - count) : 0; }

static inline unsigned bit_at(const uint8_t *packed, size_t at) { return packed[at / 8] >> (7 - at % 8) & 1; }

/* Ones in a word, in the processor's own instruction where the compiler may use it, else in eight steps. */
static inline unsigned ones_of(uint64_t word)
{
#if defined(__POPCNT__) || defined(__aarch64__)
    return (unsigned)__builtin_popcountll(word);
#else
    word -= word >> 1 & 0x5555555555555555;
    word = (word & 0x3333333333333333) + (word >> 2 & 0x3333333333333333);
    word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0f;
    return (unsigned)(word * 0x0101010101010101 >> 56);
#endif
}

#endif
