/* The SHA extensions of x86-64, four messages interleaved.
 *
 * One round instruction waits four cycles or more for the one before, so a single message leaves the unit idle most of
 * the time. Four messages in turn keep it busy; two and one are for what remains of a tile.
 */
#include "engine.h"

#ifdef FAIRLOT_X86
#include <immintrin.h>

#define TARGET __attribute__((target("sha,sse4.1,ssse3")))
#define EACH _Pragma("GCC unroll 4") for (int s = 0; s < streams; s++)

/* Four rounds on every stream: the instruction does two, with the sums of words and constants in the low half. */
#define ROUNDS(i, x)                                                                                                   \
    do {                                                                                                               \
        const __m128i constants = _mm_load_si128((const __m128i *)SHA256_K + (i));                                     \
        EACH sums[s] = _mm_add_epi32(x[s], constants);                                                                 \
        EACH cdgh[s] = _mm_sha256rnds2_epu32(cdgh[s], abef[s], sums[s]);                                               \
        EACH sums[s] = _mm_shuffle_epi32(sums[s], 0x0e);                                                               \
        EACH abef[s] = _mm_sha256rnds2_epu32(abef[s], cdgh[s], sums[s]);                                               \
    } while (0)

/* The next four words of the message schedule, in the place of the oldest four. */
#define SCHEDULE(w, x, y, z)                                                                                           \
    EACH w[s] = _mm_sha256msg2_epu32(                                                                                  \
        _mm_add_epi32(_mm_sha256msg1_epu32(w[s], x[s]), _mm_alignr_epi8(z[s], y[s], 4)), z[s])

#define SIXTEEN_ROUNDS(i)                                                                                              \
    SCHEDULE(w, x, y, z);                                                                                              \
    ROUNDS((i), w);                                                                                                    \
    SCHEDULE(x, y, z, w);                                                                                              \
    ROUNDS((i) + 1, x);                                                                                                \
    SCHEDULE(y, z, w, x);                                                                                              \
    ROUNDS((i) + 2, y);                                                                                                \
    SCHEDULE(z, w, x, y);                                                                                              \
    ROUNDS((i) + 3, z)

TARGET static inline __attribute__((always_inline)) void compress_streams(const int streams, uint32_t *to,
                                                                          size_t to_step, const uint32_t *from,
                                                                          size_t from_step, const uint32_t *blocks)
{
    __m128i abef[4], cdgh[4], w[4], x[4], y[4], z[4], sums[4];

    EACH {
        const __m128i *start = (const __m128i *)(from + (size_t)s * from_step);
        const __m128i *block = (const __m128i *)(blocks + (size_t)s * BLOCK_WORDS);
        /* The instruction wants the words a b e f and c d g h, each from the highest lane down. */
        __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128(start), 0xb1);
        __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128(start + 1), 0x1b);
        abef[s] = _mm_alignr_epi8(cdab, efgh, 8);
        cdgh[s] = _mm_blend_epi16(efgh, cdab, 0xf0);
        w[s] = _mm_loadu_si128(block);
        x[s] = _mm_loadu_si128(block + 1);
        y[s] = _mm_loadu_si128(block + 2);
        z[s] = _mm_loadu_si128(block + 3);
    }
    ROUNDS(0, w);
    ROUNDS(1, x);
    ROUNDS(2, y);
    ROUNDS(3, z);
    SIXTEEN_ROUNDS(4);
    SIXTEEN_ROUNDS(8);
    SIXTEEN_ROUNDS(12);
    EACH {
        const __m128i *start = (const __m128i *)(from + (size_t)s * from_step);
        __m128i *end = (__m128i *)(to + (size_t)s * to_step);
        __m128i feba = _mm_shuffle_epi32(abef[s], 0x1b);
        __m128i dchg = _mm_shuffle_epi32(cdgh[s], 0xb1);
        __m128i abcd = _mm_add_epi32(_mm_blend_epi16(feba, dchg, 0xf0), _mm_loadu_si128(start));
        __m128i efgh = _mm_add_epi32(_mm_alignr_epi8(dchg, feba, 8), _mm_loadu_si128(start + 1));
        _mm_storeu_si128(end, abcd);
        _mm_storeu_si128(end + 1, efgh);
    }
}

TARGET void compress_sha_ni(uint32_t *to, size_t to_step, const uint32_t *from, size_t from_step,
                            const uint32_t *blocks, size_t groups)
{
    for (; groups >= 4; groups -= 4) {
        compress_streams(4, to, to_step, from, from_step, blocks);
        to += 4 * to_step, from += 4 * from_step, blocks += 4 * BLOCK_WORDS;
    }
    if (groups >= 2) {
        compress_streams(2, to, to_step, from, from_step, blocks);
        to += 2 * to_step, from += 2 * from_step, blocks += 2 * BLOCK_WORDS, groups -= 2;
    }
    if (groups)
        compress_streams(1, to, to_step, from, from_step, blocks);
}
#else
typedef int no_sha_extensions_here; /* a file must declare something */
#endif
