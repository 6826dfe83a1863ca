#include "tile.h"

void fill_tile(const struct engine *engine, uint32_t *tile, size_t width, const uint32_t *words, size_t groups)
{
    const size_t lanes = lanes_of(engine);

    for (size_t group = 0; group < groups; group++)
        for (size_t i = 0; i < width; i++)
            for (size_t lane = 0; lane < lanes; lane++)
                *tile++ = words[i];
}

void load_block(const struct engine *engine, uint32_t *tile, size_t message, const uint8_t block[BLOCK_BYTES])
{
    const size_t lanes = lanes_of(engine);
    uint32_t *words = tile + place_of(engine, BLOCK_WORDS, message);

    for (size_t i = 0; i < BLOCK_WORDS; i++)
        words[i * lanes] = load_word(block + 4 * i);
}

void copy_state(const struct engine *engine, uint32_t *to, size_t to_width, size_t to_message, const uint32_t *from,
                size_t from_width, size_t from_message)
{
    const size_t lanes = lanes_of(engine);

    to += place_of(engine, to_width, to_message);
    from += place_of(engine, from_width, from_message);
    for (size_t i = 0; i < STATE_WORDS; i++)
        to[i * lanes] = from[i * lanes];
}

/* Write two words as the eight bytes that they are in a digest. */
static inline void store_words(uint8_t *bytes, uint32_t first, uint32_t second)
{
#if defined(__GNUC__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    const uint64_t both = __builtin_bswap64((uint64_t)first << 32 | second);
    memcpy(bytes, &both, sizeof both);
#else
    store_word(bytes, first);
    store_word(bytes + 4, second);
#endif
}

/* With the lanes known to the compiler, all addresses are. */
static inline void store_digests_of(const size_t lanes, uint8_t *out, size_t stride, const uint32_t *words,
                                    size_t count)
{
    for (; count; words += lanes * STATE_WORDS, count -= count < lanes ? count : lanes)
        for (size_t lane = 0; lane < (count < lanes ? count : lanes); lane++, out += stride)
            for (size_t i = 0; i < STATE_WORDS; i += 2)
                store_words(out + 4 * i, words[i * lanes + lane], words[(i + 1) * lanes + lane]);
}

void store_digests(const struct engine *engine, uint8_t *out, size_t stride, const struct state_tile *states,
                   size_t count)
{
    FOR_LANES(engine, store_digests_of, out, stride, states->words, count);
}
