/* Berlekamp-Massey on many blocks: included by the files lanes_*.c, once for each width of vectors.
 *
 * Sliced: a vector holds one bit of each of LANES blocks, so that one step is done for all blocks at once and in the
 * same way for each: B is multiplied by x; d is the next discrepancy; C takes d * B; and where d is one and 2 L <= n, B
 * becomes the C before. K = n - 2 L needs no comparison: it becomes -K - 1, all its bits turned, where L changes, and K
 * + 1 elsewhere. So the sign of K decides, and L = (n - K) / 2 at the end. K too is sliced.
 *
 * In words: a vector holds many coefficients of one block. This serves few blocks that are long.
 */
#include <stdlib.h>

#include "bitwise.h"

typedef uint64_t vector __attribute__((vector_size(VECTOR_BYTES)));
typedef uint64_t loose_vector __attribute__((vector_size(VECTOR_BYTES), aligned(1), may_alias));

enum {
    WORDS = VECTOR_BYTES / 8,
    LANES = 64 * WORDS,
    COUNTER_BITS = 18, /* K is from -2^17 to 2^17 - 1 */
    MOST_SLICED_BITS = 1 << 16,
};

/* Give memory of zeros, aligned to vectors; `*whole` is what must be freed. */
TARGET static vector *NAMED(vectors)(size_t count, void **whole)
{
    *whole = count < SIZE_MAX / VECTOR_BYTES - 1 ? calloc(count + 1, VECTOR_BYTES) : NULL;
    return (vector *)(((uintptr_t)*whole + VECTOR_BYTES - 1) / VECTOR_BYTES * VECTOR_BYTES);
}

/* Exchange rows and columns of 64 x 64 bits, the highest bit of a word being its first column. */
TARGET static void NAMED(transpose)(uint64_t rows[64])
{
    uint64_t mask = 0x00000000ffffffff;
    for (unsigned half = 32; half; half /= 2, mask ^= mask << half)
        for (unsigned start = 0; start < 64; start += 2 * half)
            for (unsigned i = start; i < start + half; i++) {
                const uint64_t change = (rows[i] ^ rows[i + half] >> half) & mask;
                rows[i] ^= change;
                rows[i + half] ^= change << half;
            }
}

/* Slice `size` bits of blocks `first` and following. Lanes past the last block repeat it, so that they cost nothing of
 * their own. */
TARGET static void NAMED(slice)(const uint8_t *packed, size_t bytes, size_t first, size_t count, size_t size,
                                vector *slices)
{
    for (size_t word = 0; word < WORDS; word++)
        for (size_t from = 0; from < size; from += 64) {
            uint64_t rows[64];
            for (size_t i = 0; i < 64; i++) {
                const size_t block = first + 64 * word + i;
                rows[i] = bits_at(packed, bytes, (block < count ? block : count - 1) * size + from);
            }
            NAMED(transpose)(rows);
            for (size_t i = 0; i < 64 && from + i < size; i++)
                slices[from + i][word] = rows[i];
        }
}

TARGET static int NAMED(is_zero)(vector value)
{
    uint64_t any = 0;
    for (size_t i = 0; i < WORDS; i++)
        any |= value[i];
    return !any;
}

/* Count one more bit: K becomes -K - 1 where L changes, and K + 1 elsewhere. */
TARGET static inline void NAMED(count)(vector counter[COUNTER_BITS], vector change)
{
    vector carry = ~change;
    for (unsigned i = 0; i < COUNTER_BITS; i++) {
        const vector bit = counter[i];
        counter[i] = (bit ^ change) ^ carry;
        carry &= bit;
    }
}

/* Two steps go through the coefficients at once, as reading and writing them is what takes the time. For that, what the
 * second discrepancy will be is summed up in two parts: with C as it is before the first step, and with x B, which the
 * first step may add to it. `c` and `b` have room for size + 6 vectors, all zero; `slices` has three of zeros behind.
 */
TARGET static void NAMED(sliced)(const vector *slices, size_t size, vector *c, vector *b, vector counter[COUNTER_BITS])
{
    const vector none = {0}, all = ~none;
    vector discrepancy = slices[0], of_c = slices[1], of_b = slices[0];
    size_t top = 1; /* no coefficient of C or x B above it is one in any lane */

    for (unsigned i = 0; i < COUNTER_BITS; i++)
        counter[i] = none;
    b += size / 2 + 1; /* b[i] is coefficient i of x B: going down by one is multiplying by x */
    c[0] = b[1] = all;
    for (size_t n = 0; n < size; n += 2) {
        const vector d = discrepancy, change = d & ~counter[COUNTER_BITS - 1];
        const vector *next = slices + n + 2;
        vector d2, change2, below = none, later = slices[n + 3];
        NAMED(count)(counter, change);
        if (n + 1 == size)
            break;
        d2 = of_c ^ (d & of_b);
        change2 = d2 & ~counter[COUNTER_BITS - 1];
        NAMED(count)(counter, change2);
        if (n + 2 == size)
            break;
        discrepancy = of_c = of_b = none;
        for (size_t i = 0; i <= top + 1; i++) {
            const vector old = c[i], other = b[i], bit = *(next - i), shifted = below;
            const vector c1 = old ^ (d & other), c2 = c1 ^ (d2 & shifted), b2 = shifted ^ (change2 & (shifted ^ c1));
            below = other ^ (change & (other ^ old));
            c[i] = c2;
            b[i] = b2;
            discrepancy ^= c2 & bit;
            of_c ^= c2 & later;
            of_b ^= b2 & bit;
            later = bit;
        }
        for (top++; top && NAMED(is_zero)(c[top] | b[top]);)
            top--;
        top++;
        b--;
    }
}

TARGET static int NAMED(complexities_sliced)(const uint8_t *packed, size_t bytes, size_t count, size_t size,
                                             int64_t *out)
{
    void *whole;
    vector *slices = NAMED(vectors)(3 * size + 15, &whole), *c = slices + size + 3, *b = c + size + 6;

    if (!whole)
        return -1;
    for (size_t first = 0; first < count; first += LANES) {
        vector counter[COUNTER_BITS];
        NAMED(slice)(packed, bytes, first, count, size, slices);
        memset(c, 0, (2 * size + 12) * sizeof *c);
        NAMED(sliced)(slices, size, c, b, counter);
        for (size_t lane = 0; lane < LANES && first + lane < count; lane++) {
            int64_t k = 0;
            for (unsigned i = 0; i < COUNTER_BITS; i++)
                k |= (int64_t)(counter[i][lane / 64] >> (63 - lane % 64) & 1) << i;
            if (k >> (COUNTER_BITS - 1))
                k -= (int64_t)1 << COUNTER_BITS;
            out[first + lane] = ((int64_t)size - k) / 2;
        }
    }
    free(whole);
    return 0;
}

/* Coefficient i of C and B is bit i % 64 of word i / 64. `reversed[k]` holds the block's bits from its last to its
 * first, from bit k on, so that the bits before any place can be read from a whole byte on. */
struct NAMED(block) {
    vector *c, *b, *spare;
    uint8_t *reversed[8];
};

/* 1 if an odd number of C's first `vectors` vectors and of the bits at `window` are both one. */
TARGET static unsigned NAMED(parity)(const vector *c, const uint8_t *window, size_t vectors)
{
    vector sum = {0};
    uint64_t word = 0;
    for (size_t i = 0; i < vectors; i++)
        sum ^= c[i] & *(const loose_vector *)(window + i * VECTOR_BYTES);
    for (size_t i = 0; i < WORDS; i++)
        word ^= sum[i];
    return ones_of(word) & 1;
}

/* to = c + x^shift * b, in the first `vectors` vectors; before b stands a vector of zeros. */
TARGET static void NAMED(add_shifted)(vector *to, const vector *c, const vector *b, size_t shift, size_t vectors)
{
    const unsigned bits = shift % 64;
    const size_t skip = shift / 64 / WORDS; /* whole vectors that get nothing */
    const uint8_t *from = (const uint8_t *)b - shift / 64 % WORDS * 8;

    if (to != c)
        memcpy(to, c, (skip < vectors ? skip : vectors) * VECTOR_BYTES);
    for (size_t i = skip; i < vectors; i++, from += VECTOR_BYTES) {
        const vector here = *(const loose_vector *)from, below = *(const loose_vector *)(from - 8);
        to[i] = c[i] ^ (here << bits | below >> 1 >> (63 - bits));
    }
}

TARGET static int64_t NAMED(in_words)(struct NAMED(block) * block, size_t size)
{
    size_t length = 0, shift = 0;
    block->c[0][0] = block->b[0][0] = 1;
    for (size_t n = 0; n < size; n++) {
        const size_t at = size - 1 - n, vectors = length / LANES + 1;
        shift++;
        if (!NAMED(parity)(block->c, block->reversed[at % 8] + at / 8, vectors))
            continue;
        if (2 * length > n) {
            NAMED(add_shifted)(block->c, block->c, block->b, shift, vectors);
        } else {
            vector *before = block->c;
            length = n + 1 - length;
            NAMED(add_shifted)(block->spare, before, block->b, shift, length / LANES + 1);
            block->c = block->spare;
            block->spare = block->b;
            block->b = before;
            shift = 0;
        }
    }
    return (int64_t)length;
}

TARGET static void NAMED(reverse)(const uint8_t *packed, size_t from, size_t size, struct NAMED(block) * block)
{
    uint8_t *plain = block->reversed[0];
    memset(plain, 0, (size + 7) / 8);
    for (size_t i = 0; i < size; i++)
        plain[(size - 1 - i) / 8] |= (uint8_t)(bit_at(packed, from + i) << (size - 1 - i) % 8);
    for (size_t k = 1; k < 8; k++)
        for (size_t i = 0; i < (size + 7) / 8; i++) /* behind the bits there are zeros */
            block->reversed[k][i] = (uint8_t)(plain[i] >> k | plain[i + 1] << (8 - k));
}

TARGET static int NAMED(complexities_in_words)(const uint8_t *packed, size_t count, size_t size, int64_t *out)
{
    const size_t vectors = size / LANES + 3; /* one of zeros before, one behind, since reading goes in whole vectors */
    void *whole;
    vector *memory = NAMED(vectors)(11 * vectors, &whole);

    if (!whole)
        return -1;
    for (size_t i = 0; i < count; i++) {
        struct NAMED(block) block = {memory + 1, memory + vectors + 1, memory + 2 * vectors + 1, {0}};
        memset(memory, 0, 3 * vectors * VECTOR_BYTES);
        for (size_t k = 0; k < 8; k++)
            block.reversed[k] = (uint8_t *)(memory + (3 + k) * vectors);
        NAMED(reverse)(packed, i * size, size, &block);
        out[i] = NAMED(in_words)(&block, size);
    }
    free(whole);
    return 0;
}

TARGET int NAMED(complexities)(const uint8_t *packed, size_t bytes, size_t count, size_t size, int64_t *out)
{
    /* Vector operations, about: each costs the square of the size, the one for LANES blocks, the other for one block
     * but LANES coefficients, with a fixed cost for each step. */
    const size_t groups = (count + LANES - 1) / LANES;
    const double sliced = (double)groups * (double)size, words = (double)count * ((double)size / LANES + 100);

    if (!count)
        return 0;
#if VECTOR_BYTES > 32
    if (count <= LANES / 2) /* half the vectors would be idle, and their memory is what takes the time */
        return complexities_avx2(packed, bytes, count, size, out);
#endif
    if (size <= MOST_SLICED_BITS && sliced < words)
        return NAMED(complexities_sliced)(packed, bytes, count, size, out);
    return NAMED(complexities_in_words)(packed, count, size, out);
}
