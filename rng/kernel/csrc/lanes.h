/* SHA-256 over vector lanes: the text of FIPS 180-4 section 6.2.2, with a vector in the place of each word.
 *
 * Included once for each width, with LANES, COMPRESS (the function's name) and TARGET (its attribute) defined. The
 * vectors are those of GCC and Clang (`vector_size`), so that one source serves every processor: the compiler finds the
 * rotations and three-input operations of AVX-512 in it by itself. All is macros in one function, because a vector may
 * not pass between functions of different targets.
 */
#include "engine.h"

typedef uint32_t lanes_vector __attribute__((vector_size(LANES * 4), may_alias));

#define ROTATE(x, n) (((x) >> (n)) | ((x) << (32 - (n))))
#define SIGMA0(x) (ROTATE(x, 2) ^ ROTATE(x, 13) ^ ROTATE(x, 22))
#define SIGMA1(x) (ROTATE(x, 6) ^ ROTATE(x, 11) ^ ROTATE(x, 25))
#define GAMMA0(x) (ROTATE(x, 7) ^ ROTATE(x, 18) ^ ((x) >> 3))
#define GAMMA1(x) (ROTATE(x, 17) ^ ROTATE(x, 19) ^ ((x) >> 10))
/* Equal to the standard's Ch and Maj. Of Maj, one exclusive or is that of the round before; and AVX-512 does
 * it all in one operation, which compilers do not see in other forms. */
#define CHOOSE(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))
#define MAJORITY(x, y, z) ((y) ^ (((x) ^ (y)) & ((y) ^ (z))))

/* One round; the letters move round by name, not by copies, so eight rounds bring them back to their places. */
#define ROUND(a, b, c, d, e, f, g, h, i)                                                                               \
    do {                                                                                                               \
        lanes_vector t1 = h + SIGMA1(e) + CHOOSE(e, f, g) + (SHA256_K[t + (i)] + w[i]);                                \
        d += t1;                                                                                                       \
        h = t1 + SIGMA0(a) + MAJORITY(a, b, c);                                                                        \
    } while (0)
#define SCHEDULE(i) w[i] += GAMMA1(w[((i) + 14) & 15]) + w[((i) + 9) & 15] + GAMMA0(w[((i) + 1) & 15])
#define NOTHING(i) (void)0
/* NEXT makes the word for sixteen rounds later as soon as this one is used. A round waits for the one before, and the
 * schedule, which does not, fills the time. */
#define EIGHT_ROUNDS(i, NEXT)                                                                                          \
    ROUND(a, b, c, d, e, f, g, h, (i) + 0); NEXT((i) + 0);                                                             \
    ROUND(h, a, b, c, d, e, f, g, (i) + 1); NEXT((i) + 1);                                                             \
    ROUND(g, h, a, b, c, d, e, f, (i) + 2); NEXT((i) + 2);                                                             \
    ROUND(f, g, h, a, b, c, d, e, (i) + 3); NEXT((i) + 3);                                                             \
    ROUND(e, f, g, h, a, b, c, d, (i) + 4); NEXT((i) + 4);                                                             \
    ROUND(d, e, f, g, h, a, b, c, (i) + 5); NEXT((i) + 5);                                                             \
    ROUND(c, d, e, f, g, h, a, b, (i) + 6); NEXT((i) + 6);                                                             \
    ROUND(b, c, d, e, f, g, h, a, (i) + 7); NEXT((i) + 7)

TARGET void COMPRESS(uint32_t *to, size_t to_step, const uint32_t *from, size_t from_step, const uint32_t *blocks,
                     size_t groups)
{
    for (; groups; groups--) {
        const lanes_vector *start = (const lanes_vector *)from;
        const lanes_vector *block = (const lanes_vector *)blocks;
        lanes_vector *end = (lanes_vector *)to;
        lanes_vector a = start[0], b = start[1], c = start[2], d = start[3];
        lanes_vector e = start[4], f = start[5], g = start[6], h = start[7];
        lanes_vector w[BLOCK_WORDS];
        int t;

        for (int i = 0; i < BLOCK_WORDS; i++)
            w[i] = block[i];
        for (t = 0; t < 48; t += BLOCK_WORDS) {
            EIGHT_ROUNDS(0, SCHEDULE);
            EIGHT_ROUNDS(8, SCHEDULE);
        }
        EIGHT_ROUNDS(0, NOTHING);
        EIGHT_ROUNDS(8, NOTHING);
        end[0] = a + start[0], end[1] = b + start[1], end[2] = c + start[2], end[3] = d + start[3];
        end[4] = e + start[4], end[5] = f + start[5], end[6] = g + start[6], end[7] = h + start[7];
        from += from_step;
        blocks += (size_t)BLOCK_WORDS * LANES;
        to += to_step;
    }
}

#undef LANES
#undef COMPRESS
#undef TARGET
