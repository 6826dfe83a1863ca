/* Engines: the ways in which this processor can compress many SHA-256 blocks at once.
 *
 * Everything above an engine works on tiles. A tile holds a fixed number of words for each of up to TILE messages:
 * 16 for a block, 8 for a state. An engine with L lanes keeps L messages side by side, word by word, so that one vector
 * holds the same word of L messages:
 *
 *     group 0:  word 0 of messages 0..L-1 | word 1 of messages 0..L-1 | ...
 *     group 1:  word 0 of messages L..2L-1 | ...
 *
 * With one lane a tile is simply one message after another, which is what the SHA instructions want. Words are in the
 * byte order of the processor: bytes are turned into words once, when a message is formed.
 */
#ifndef FAIRLOT_ENGINE_H
#define FAIRLOT_ENGINE_H

#include <stddef.h>
#include <stdint.h>

enum {
    BLOCK_BYTES = 64,
    DIGEST_BYTES = 32,
    BLOCK_WORDS = 16,
    STATE_WORDS = 8,
    TILE = 64,      /* messages that are formed, then hashed, together: a multiple of every engine's lanes */
    MAX_LANES = 16,
    FEW = 4,
};

/* Compress one block into each message of `groups` groups.
 *
 * Group g reads the states at from + g * from_step and the blocks at blocks + g * 16 * lanes, and writes the new states
 * to to + g * to_step; steps are in words. from_step 0 starts all groups from the same states. `to` and `from` may be
 * the same tile; `to` and `blocks` may not overlap. All of it is aligned to 64 bytes where there is more than one lane.
 */
typedef void compress_function(uint32_t *to, size_t to_step, const uint32_t *from, size_t from_step,
                               const uint32_t *blocks, size_t groups);

struct engine {
    const char *name;       /* what use() takes */
    const char *text;       /* what engine() says */
    unsigned lane_bits;     /* lanes = 1 << lane_bits */
    int (*runs_here)(void); /* whether this processor and its system support it */
    compress_function *compress;
    const struct engine *for_few; /* does up to FEW messages faster, or NULL */
};

/* Every engine that was built in, the preferred one first. */
extern const struct engine *const ENGINES[];
extern const size_t ENGINE_COUNT;

/* The engine to use where there are only so many messages side by side. */
static inline const struct engine *suited(const struct engine *engine, uint64_t messages)
{
    return messages <= FEW && engine->for_few ? engine->for_few : engine;
}

/* FIPS 180-4 sections 4.2.2 and 5.3.3. */
extern const uint32_t SHA256_K[64];
extern const uint32_t SHA256_INITIAL[STATE_WORDS];

compress_function compress_lanes4;
#if defined(__x86_64__) && defined(__GNUC__)
#define FAIRLOT_X86 1
compress_function compress_sha_ni_avx512, compress_sha_ni, compress_sha_ni_sse, compress_lanes8, compress_lanes16;
#endif
#if defined(__aarch64__) && defined(__GNUC__)
#define FAIRLOT_ARM64 1
compress_function compress_armv8;
#endif

#endif
