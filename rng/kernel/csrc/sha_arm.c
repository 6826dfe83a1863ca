/* The SHA-2 instructions of ARM64 (FEAT_SHA256), four messages interleaved: see sha_ni.c for why. */
#include "engine.h"

#ifdef FAIRLOT_ARM64
#include <arm_neon.h>

#ifdef __clang__
#define TARGET __attribute__((target("sha2")))
#else
#define TARGET __attribute__((target("+crypto")))
#endif
#define EACH _Pragma("GCC unroll 4") for (int s = 0; s < streams; s++)

/* Four rounds on every stream. */
#define ROUNDS(i, x)                                                                                                   \
    do {                                                                                                               \
        const uint32x4_t constants = vld1q_u32(SHA256_K + 4 * (i));                                                    \
        EACH                                                                                                           \
        {                                                                                                              \
            const uint32x4_t sums = vaddq_u32(x[s], constants), before = abcd[s];                                      \
            abcd[s] = vsha256hq_u32(abcd[s], efgh[s], sums);                                                           \
            efgh[s] = vsha256h2q_u32(efgh[s], before, sums);                                                           \
        }                                                                                                              \
    } while (0)

/* The next four words of the message schedule, in the place of the oldest four. */
#define SCHEDULE(w, x, y, z) EACH w[s] = vsha256su1q_u32(vsha256su0q_u32(w[s], x[s]), y[s], z[s])

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
    uint32x4_t abcd[4], efgh[4], w[4], x[4], y[4], z[4];

    EACH
    {
        const uint32_t *start = from + (size_t)s * from_step, *block = blocks + (size_t)s * BLOCK_WORDS;
        abcd[s] = vld1q_u32(start);
        efgh[s] = vld1q_u32(start + 4);
        w[s] = vld1q_u32(block);
        x[s] = vld1q_u32(block + 4);
        y[s] = vld1q_u32(block + 8);
        z[s] = vld1q_u32(block + 12);
    }
    ROUNDS(0, w);
    ROUNDS(1, x);
    ROUNDS(2, y);
    ROUNDS(3, z);
    SIXTEEN_ROUNDS(4);
    SIXTEEN_ROUNDS(8);
    SIXTEEN_ROUNDS(12);
    EACH
    {
        const uint32_t *start = from + (size_t)s * from_step;
        uint32_t *end = to + (size_t)s * to_step;
        const uint32x4_t low = vaddq_u32(abcd[s], vld1q_u32(start)), high = vaddq_u32(efgh[s], vld1q_u32(start + 4));
        vst1q_u32(end, low);
        vst1q_u32(end + 4, high);
    }
}

TARGET void compress_armv8(uint32_t *to, size_t to_step, const uint32_t *from, size_t from_step,
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
typedef int no_arm_instructions_here; /* a file must declare something */
#endif
