/* The SHA extensions for the rounds, AVX-512 for the message schedule: eight messages at a time.
 *
 * The SHA instructions share one execution unit. On Zen 4 a block keeps it busy for 56 cycles: 32 for the rounds
 * and 24 for the message schedule. The schedule of eight messages in vector lanes runs in units that would be idle, so
 * here they work side by side: while four messages, and then the other four, go through eight rounds, the words for
 * the next eight are made. The two meet in `pairs`: a round instruction takes two words with their constants, 64 bits.
 *
 * The vectors have 256 bits: what counts are the rotations and the sixteen more registers of AVX-512. On Zen 4,
 * operations on 512 bits do no more in a cycle, and their stores hold up the SHA unit.
 */
#include "engine.h"

#ifdef FAIRLOT_X86
#include <immintrin.h>

#include "tile.h"

enum { LANES = 8, PAIRS = 4 /* eight rounds */ };

#define TARGET __attribute__((target("sha,avx512f,avx512vl")))
#define TARGET_INLINE TARGET static inline __attribute__((always_inline))
#define EACH _Pragma("GCC unroll 4") for (int s = 0; s < 4; s++)

typedef uint32_t words_vector __attribute__((vector_size(32), may_alias));

struct group {
    _Alignas(64) uint64_t pairs[2][PAIRS][LANES]; /* words for eight rounds, in turns: one is used, one is made */
    __m128i abef[LANES], cdgh[LANES];             /* states, one register a message */
};

/* Message m has its state in place (m % 4) * 2 + m / 4: the order in which transposing four by four leaves them. */
#define STATE_OF(batch, s) ((s) * 2 + (batch))
/* And its pairs where the two halves of an interleaved vector leave them. */
#define PAIR_OF(batch, s) (((s) / 2) * 4 + (batch) * 2 + (s) % 2)

#define ROTATE(x, n) (((x) >> (n)) | ((x) << (32 - (n))))
#define GAMMA0(x) (ROTATE(x, 7) ^ ROTATE(x, 18) ^ ((x) >> 3))
#define GAMMA1(x) (ROTATE(x, 17) ^ ROTATE(x, 19) ^ ((x) >> 10))
#define SCHEDULE(w, i) (w)[i] += GAMMA1((w)[((i) + 14) & 15]) + (w)[((i) + 9) & 15] + GAMMA0((w)[((i) + 1) & 15])

/* Put words i and i + 1 with their constants side by side for each message. */
TARGET_INLINE void store_pair(uint64_t *pairs, const words_vector *w, int i, const uint32_t *constants)
{
    const __m256i first = (__m256i)(w[i] + constants[0]), second = (__m256i)(w[i + 1] + constants[1]);

    _mm256_store_si256((__m256i *)pairs, _mm256_unpacklo_epi32(first, second));
    _mm256_store_si256((__m256i *)(pairs + 4), _mm256_unpackhi_epi32(first, second));
}

/* Take four messages through eight rounds.
 *
 * Written out, because compilers keep the states in registers that these instructions do not reach, and fetch the pairs
 * out of the vectors with shuffles, of which the schedule has many already. The words come in xmm0, as they must.
 */
TARGET_INLINE void eight_rounds(struct group *group, const uint64_t (*pairs)[LANES], const int batch)
{
    __m128i abef[4], cdgh[4];

    EACH abef[s] = group->abef[STATE_OF(batch, s)];
    EACH cdgh[s] = group->cdgh[STATE_OF(batch, s)];
#define TWO_ROUNDS(pair, place, other, state)                                                                          \
    "vmovq " #pair " * 64 + " #place "(%[pairs]), %%xmm0\n\tsha256rnds2 %%xmm0, %[" #other "], %[" #state "]\n\t"
#define FOUR_ROUNDS(first, second)                                                                                     \
    TWO_ROUNDS(first, 0, abef0, cdgh0)                                                                                 \
    TWO_ROUNDS(first, 8, abef1, cdgh1)                                                                                 \
    TWO_ROUNDS(first, 32, abef2, cdgh2)                                                                                \
    TWO_ROUNDS(first, 40, abef3, cdgh3)                                                                                \
    TWO_ROUNDS(second, 0, cdgh0, abef0)                                                                                \
    TWO_ROUNDS(second, 8, cdgh1, abef1)                                                                                \
    TWO_ROUNDS(second, 32, cdgh2, abef2)                                                                               \
    TWO_ROUNDS(second, 40, cdgh3, abef3)
    __asm__(FOUR_ROUNDS(0, 1) FOUR_ROUNDS(2, 3)
            : [abef0] "+x"(abef[0]), [abef1] "+x"(abef[1]), [abef2] "+x"(abef[2]), [abef3] "+x"(abef[3]),
              [cdgh0] "+x"(cdgh[0]), [cdgh1] "+x"(cdgh[1]), [cdgh2] "+x"(cdgh[2]), [cdgh3] "+x"(cdgh[3])
            : [pairs] "r"(&pairs[0][PAIR_OF(batch, 0)]), "m"(*(const uint64_t(*)[PAIRS][LANES])pairs)
            : "xmm0");
    EACH group->abef[STATE_OF(batch, s)] = abef[s];
    EACH group->cdgh[STATE_OF(batch, s)] = cdgh[s];
}

/* Transpose four by four in each half of the registers: from words to messages, and back. */
TARGET_INLINE void transpose(__m256i *a, __m256i *b, __m256i *c, __m256i *d)
{
    const __m256i ab_low = _mm256_unpacklo_epi32(*a, *b), ab_high = _mm256_unpackhi_epi32(*a, *b);
    const __m256i cd_low = _mm256_unpacklo_epi32(*c, *d), cd_high = _mm256_unpackhi_epi32(*c, *d);

    *a = _mm256_unpacklo_epi64(ab_low, cd_low);
    *b = _mm256_unpackhi_epi64(ab_low, cd_low);
    *c = _mm256_unpacklo_epi64(ab_high, cd_high);
    *d = _mm256_unpackhi_epi64(ab_high, cd_high);
}

/* The words of a state in the order of the instruction's registers, from the lowest lane up: f e b a and h g d c. */
#define WORD(states, i) ((__m256i *)(states) + (i))

TARGET_INLINE void load_states(__m128i *rows, const uint32_t *states, int i, int j, int k, int l)
{
    __m256i a = *WORD(states, i), b = *WORD(states, j), c = *WORD(states, k), d = *WORD(states, l);
    __m256i *to = (__m256i *)rows;

    transpose(&a, &b, &c, &d);
    to[0] = a, to[1] = b, to[2] = c, to[3] = d;
}

TARGET_INLINE void add_states(uint32_t *to, const uint32_t *start, const __m128i *rows, int i, int j, int k, int l)
{
    /* In halves, as they were stored: a wider load would wait until all of it has reached the cache. */
    __m256i a = _mm256_set_m128i(rows[1], rows[0]), b = _mm256_set_m128i(rows[3], rows[2]);
    __m256i c = _mm256_set_m128i(rows[5], rows[4]), d = _mm256_set_m128i(rows[7], rows[6]);

    transpose(&a, &b, &c, &d);
    *WORD(to, i) = _mm256_add_epi32(a, *WORD(start, i));
    *WORD(to, j) = _mm256_add_epi32(b, *WORD(start, j));
    *WORD(to, k) = _mm256_add_epi32(c, *WORD(start, k));
    *WORD(to, l) = _mm256_add_epi32(d, *WORD(start, l));
}

/* Eight rounds of all eight messages with one half of the schedule, while the other half moves on by eight words. */
#define TWO_WORDS(pair, make, schedule, constants)                                                                     \
    do {                                                                                                               \
        if (schedule) {                                                                                                \
            SCHEDULE(w, 8 * (make) + 2 * (pair));                                                                      \
            SCHEDULE(w, 8 * (make) + 2 * (pair) + 1);                                                                  \
        }                                                                                                              \
        store_pair(group.pairs[make][pair], w, 8 * (make) + 2 * (pair), (constants) + 2 * (pair));                     \
    } while (0)
#define OCTET(use, make, schedule, constants)                                                                          \
    do {                                                                                                               \
        TWO_WORDS(0, make, schedule, constants);                                                                       \
        eight_rounds(&group, group.pairs[use], 0);                                                                     \
        TWO_WORDS(1, make, schedule, constants);                                                                       \
        TWO_WORDS(2, make, schedule, constants);                                                                       \
        eight_rounds(&group, group.pairs[use], 1);                                                                     \
        TWO_WORDS(3, make, schedule, constants);                                                                       \
    } while (0)

TARGET void compress_sha_ni_avx512(uint32_t *to, size_t to_step, const uint32_t *from, size_t from_step,
                                   const uint32_t *blocks, size_t groups)
{
    struct group group;

    for (; groups; groups--) {
        words_vector w[BLOCK_WORDS];

        for (int i = 0; i < BLOCK_WORDS; i++)
            w[i] = ((const words_vector *)blocks)[i];
        load_states(group.abef, from, 5, 4, 1, 0);
        load_states(group.cdgh, from, 7, 6, 3, 2);
        for (int i = 0; i < PAIRS; i++)
            store_pair(group.pairs[0][i], w, 2 * i, SHA256_K + 2 * i);
        OCTET(0, 1, 0, SHA256_K + 8);
        for (int t = 16; t < 64; t += 16) {
            OCTET(1, 0, 1, SHA256_K + t);
            OCTET(0, 1, 1, SHA256_K + t + 8);
        }
        eight_rounds(&group, group.pairs[1], 0);
        eight_rounds(&group, group.pairs[1], 1);
        add_states(to, from, group.abef, 5, 4, 1, 0);
        add_states(to, from, group.cdgh, 7, 6, 3, 2);
        from += from_step;
        blocks += (size_t)BLOCK_WORDS * LANES;
        to += to_step;
    }
    wipe(&group, sizeof group);
}
#else
typedef int no_sha_extensions_and_avx512_here; /* a file must declare something */
#endif
