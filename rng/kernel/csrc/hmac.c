#include "hmac.h"

#include "message.h"

enum { KEY_BYTES = 32, KEY_WORDS = KEY_BYTES / 4 };

static const uint32_t INNER_PAD = 0x36363636, OUTER_PAD = 0x5c5c5c5c;

/* Compress the padded key of each message, from the initial state. */
static void pad_keys(const struct engine *engine, struct state_tile *states, struct block_tile *blocks, uint32_t change,
                     size_t groups)
{
    const size_t words = groups * BLOCK_WORDS * lanes_of(engine);
    struct shared_state initial;

    for (size_t i = 0; i < words; i++)
        blocks->words[i] ^= change;
    fill_tile(engine, initial.words, STATE_WORDS, SHA256_INITIAL, 1);
    engine->compress(states->words, STATE_WORDS * lanes_of(engine), initial.words, 0, blocks->words, groups);
}

static void pad_both(const struct engine *engine, struct hmac_keys *keys, struct block_tile *blocks, size_t groups)
{
    pad_keys(engine, &keys->inner, blocks, INNER_PAD, groups);
    pad_keys(engine, &keys->outer, blocks, INNER_PAD ^ OUTER_PAD, groups);
    wipe(blocks, sizeof *blocks);
}

void hmac_share_key(const struct engine *engine, struct hmac_keys *keys, const uint8_t *key, size_t length)
{
    uint8_t block[BLOCK_BYTES] = {0};
    uint32_t words[BLOCK_WORDS];
    struct block_tile blocks;

    /* A key longer than a block stands for its digest. */
    if (length > BLOCK_BYTES)
        hash_one(engine, key, length, block);
    else if (length)
        memcpy(block, key, length);
    for (size_t i = 0; i < BLOCK_WORDS; i++)
        words[i] = load_word(block + 4 * i);
    fill_tile(engine, blocks.words, BLOCK_WORDS, words, 1);
    pad_both(engine, keys, &blocks, 1);
    keys->step = 0;
    wipe(block, sizeof block);
    wipe(words, sizeof words);
}

void hmac_take_keys(const struct engine *engine, struct hmac_keys *keys, const uint8_t *rows, size_t count)
{
    const size_t lanes = lanes_of(engine);
    struct block_tile blocks;
    size_t same = 1;

    /* Histories are long runs of one key, and then its two compressions serve the whole tile. */
    while (same < count && !memcmp(rows, rows + same * KEY_BYTES, KEY_BYTES))
        same++;
    if (same == count) {
        hmac_share_key(engine, keys, rows, KEY_BYTES);
        return;
    }
    memset(&blocks, 0, sizeof blocks);
    for (size_t message = 0; message < count; message++) {
        uint32_t *words = blocks.words + place_of(engine, BLOCK_WORDS, message);
        for (size_t i = 0; i < KEY_WORDS; i++)
            words[i * lanes] = load_word(rows + message * KEY_BYTES + 4 * i);
    }
    pad_both(engine, keys, &blocks, groups_of(engine, count));
    keys->step = STATE_WORDS * lanes;
}

void hmac_open(const struct engine *engine, struct hmac_outer *outer)
{
    /* The padded key and the inner digest are 96 bytes. */
    static const uint32_t padded[BLOCK_WORDS] = {[8] = 0x80000000, [15] = (BLOCK_BYTES + DIGEST_BYTES) * 8};

    fill_tile(engine, outer->blocks.words, BLOCK_WORDS, padded, TILE >> engine->lane_bits);
}

void hmac_finish(const struct engine *engine, struct hmac_outer *outer, const struct hmac_keys *keys, size_t count,
                 uint8_t *out, size_t stride)
{
    engine->compress(outer->digests.words, STATE_WORDS * lanes_of(engine), keys->outer.words, keys->step,
                     outer->blocks.words, groups_of(engine, count));
    store_digests(engine, out, stride, &outer->digests, count);
}
