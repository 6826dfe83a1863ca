/* The SHA extensions of x86-64, four messages interleaved.
 *
 * One round instruction waits four cycles or more for the one before, so a single message leaves the unit idle most of
 * the time. Four messages in turn keep it busy; two and one are for what remains of a tile.
 *
 * The order below is measured, and compilers keep it: each message makes the words of its next four rounds and goes
 * through four, and then the next message does. AVX spares the copies of registers that older instructions need.
 */
#include "engine.h"

#ifdef FAIRLOT_X86
#include <immintrin.h>

#define TARGET __attribute__((target("sha,sse4.1,ssse3")))
#define TARGET_AVX __attribute__((target("sha,avx")))
#define TARGET_INLINE TARGET static inline __attribute__((always_inline))
#define EACH _Pragma("GCC unroll 4") for (int s = 0; s < streams; s++)

/* Words 4 * i to 4 * i + 3 of a message's schedule, which has room for sixteen. */
#define WORDS(i) words[(i) & 3]

/* Make words 4 * i to 4 * i + 3 out of the sixteen before them, the oldest of which they replace. */
TARGET_INLINE void schedule(__m128i *words, const int i)
{
    const __m128i first = _mm_sha256msg1_epu32(WORDS(i), WORDS(i + 1));
    const __m128i seventh = _mm_alignr_epi8(WORDS(i + 3), WORDS(i + 2), 4);

    WORDS(i) = _mm_sha256msg2_epu32(_mm_add_epi32(first, seventh), WORDS(i + 3));
}

/* Four rounds: the instruction does two, with the sums of words and constants in the low half. */
TARGET_INLINE void four_rounds(__m128i *abef, __m128i *cdgh, const __m128i *words, const int i)
{
    const __m128i sums = _mm_add_epi32(WORDS(i), _mm_load_si128((const __m128i *)SHA256_K + i));

    *cdgh = _mm_sha256rnds2_epu32(*cdgh, *abef, sums);
    *abef = _mm_sha256rnds2_epu32(*abef, *cdgh, _mm_shuffle_epi32(sums, 0x0e));
}

TARGET_INLINE void compress_streams(const int streams, uint32_t *to, size_t to_step, const uint32_t *from,
                                    size_t from_step, const uint32_t *blocks)
{
    __m128i abef[4], cdgh[4], words[4][4];

    EACH {
        const __m128i *start = (const __m128i *)(from + (size_t)s * from_step);
        const __m128i *block = (const __m128i *)(blocks + (size_t)s * BLOCK_WORDS);
        /* The instruction wants the words a b e f and c d g h, each from the highest lane down. */
        __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128(start), 0xb1);
        __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128(start + 1), 0x1b);
        abef[s] = _mm_alignr_epi8(cdab, efgh, 8);
        cdgh[s] = _mm_blend_epi16(efgh, cdab, 0xf0);
        _Pragma("GCC unroll 4") for (int i = 0; i < 4; i++) words[s][i] = _mm_loadu_si128(block + i);
    }
    _Pragma("GCC unroll 16") for (int i = 0; i < 16; i++)
        EACH {
            if (i >= 3 && i < 15)
                schedule(words[s], i + 1);
            four_rounds(&abef[s], &cdgh[s], words[s], i);
        }
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

TARGET_INLINE void compress_all(uint32_t *to, size_t to_step, const uint32_t *from, size_t from_step,
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

TARGET_AVX void compress_sha_ni(uint32_t *to, size_t to_step, const uint32_t *from, size_t from_step,
                                const uint32_t *blocks, size_t groups)
{
    compress_all(to, to_step, from, from_step, blocks, groups);
}

TARGET void compress_sha_ni_sse(uint32_t *to, size_t to_step, const uint32_t *from, size_t from_step,
                                const uint32_t *blocks, size_t groups)
{
    compress_all(to, to_step, from, from_step, blocks, groups);
}
#else
typedef int no_sha_extensions_here; /* a file must declare something */
#endif
