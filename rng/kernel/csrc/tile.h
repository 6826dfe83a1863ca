/* Tiles: where a message's words lie, and how bytes come in and out. engine.h describes the layout. */
#ifndef FAIRLOT_TILE_H
#define FAIRLOT_TILE_H

#include <string.h>

#include "engine.h"

struct block_tile {
    _Alignas(64) uint32_t words[TILE * BLOCK_WORDS];
};
struct state_tile {
    _Alignas(64) uint32_t words[TILE * STATE_WORDS];
};
/* One group of states that every group of a tile starts from (from_step 0). */
struct shared_state {
    _Alignas(64) uint32_t words[MAX_LANES * STATE_WORDS];
};

static inline size_t lanes_of(const struct engine *engine) { return (size_t)1 << engine->lane_bits; }

/* Groups that hold `count` messages; the last may have lanes to spare. */
static inline size_t groups_of(const struct engine *engine, size_t count)
{
    return (count + lanes_of(engine) - 1) >> engine->lane_bits;
}

/* Where word 0 of a message lies in a tile of `width` words a message; its next words follow `lanes` words apart. */
static inline size_t place_in(const size_t lanes, size_t width, size_t message)
{
    return (message & ~(lanes - 1)) * width + (message & (lanes - 1));
}

static inline size_t place_of(const struct engine *engine, size_t width, size_t message)
{
    return place_in(lanes_of(engine), width, message);
}

/* Call an inline function with the engine's lanes as a constant first: the compiler then knows all places. */
#define FOR_LANES(engine, function, ...)                                                                               \
    do {                                                                                                               \
        switch (lanes_of(engine)) {                                                                                    \
        case 1:                                                                                                        \
            function(1, __VA_ARGS__);                                                                                  \
            break;                                                                                                     \
        case 4:                                                                                                        \
            function(4, __VA_ARGS__);                                                                                  \
            break;                                                                                                     \
        case 8:                                                                                                        \
            function(8, __VA_ARGS__);                                                                                  \
            break;                                                                                                     \
        default:                                                                                                       \
            function(MAX_LANES, __VA_ARGS__);                                                                          \
        }                                                                                                              \
    } while (0)

static inline uint32_t load_word(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static inline void store_word(uint8_t *bytes, uint32_t word)
{
    bytes[0] = (uint8_t)(word >> 24), bytes[1] = (uint8_t)(word >> 16);
    bytes[2] = (uint8_t)(word >> 8), bytes[3] = (uint8_t)word;
}

/* Forget secrets. The compiler may not see that nobody reads the memory again, hence the barrier. */
static inline void wipe(void *memory, size_t length)
{
    memset(memory, 0, length);
#ifdef __GNUC__
    __asm__ __volatile__("" : : "r"(memory) : "memory");
#else
    volatile uint8_t *byte = memory;
    for (size_t i = 0; i < length; i++)
        byte[i] = 0;
#endif
}

/* Put the same words into every message of the first `groups` groups. */
void fill_tile(const struct engine *engine, uint32_t *tile, size_t width, const uint32_t *words, size_t groups);

/* Put the 64 bytes of a block into a message's place. */
void load_block(const struct engine *engine, uint32_t *tile, size_t message, const uint8_t block[BLOCK_BYTES]);

/* Copy one message's state between tiles that may differ in width. */
void copy_state(const struct engine *engine, uint32_t *to, size_t to_width, size_t to_message, const uint32_t *from,
                size_t from_width, size_t from_message);

/* Write the states of a tile as digests, `stride` bytes apart. */
void store_digests(const struct engine *engine, uint8_t *out, size_t stride, const struct state_tile *states,
                   size_t count);

#endif
