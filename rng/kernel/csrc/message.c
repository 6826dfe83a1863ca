#include "message.h"

/* Copy what of a piece, which begins at `offset` in the message, falls into the block that begins at `start`. */
static void copy_piece(uint8_t *block, size_t start, const uint8_t *piece, size_t length, size_t offset)
{
    size_t first = start > offset ? start - offset : 0; /* first byte of the piece that is not before the block */
    size_t at = offset > start ? offset - start : 0;    /* where it lies in the block */

    if (first >= length || at >= BLOCK_BYTES)
        return;
    length -= first;
    if (length > BLOCK_BYTES - at)
        length = BLOCK_BYTES - at;
    memcpy(block + at, piece + first, length);
}

/* Form block `index` of a message with its padding. FIPS 180-4 section 5.1.1. */
static void form_block(uint8_t block[BLOCK_BYTES], const struct message *message, size_t index, size_t before)
{
    const size_t start = index * BLOCK_BYTES, length = message->head_length + message->tail_length;

    memset(block, 0, BLOCK_BYTES);
    copy_piece(block, start, message->head, message->head_length, 0);
    copy_piece(block, start, message->tail, message->tail_length, message->head_length);
    if (length >= start && length - start < BLOCK_BYTES)
        block[length - start] = 0x80;
    if (index + 1 == blocks_of(length)) {
        const uint64_t bits = ((uint64_t)before + length) * 8;
        store_word(block + 56, (uint32_t)(bits >> 32));
        store_word(block + 60, (uint32_t)bits);
    }
}

void hash_tile(const struct engine *engine, const struct message *messages, size_t count, uint32_t *to, size_t to_width,
               const uint32_t *from, size_t from_step, size_t before)
{
    const size_t lanes = lanes_of(engine), step = STATE_WORDS * lanes;
    uint8_t row[TILE]; /* which message is in each place: the finished leave, and the others close the gap */
    uint8_t block[BLOCK_BYTES];
    struct block_tile blocks;
    struct state_tile states;
    size_t active = count;

    memset(&blocks, 0, sizeof blocks); /* the lanes to spare hash zeros */
    for (size_t i = 0; i < count; i++)
        row[i] = (uint8_t)i;
    for (size_t index = 0; active; index++) {
        const size_t groups = groups_of(engine, active);
        size_t left = 0;

        for (size_t i = 0; i < active; i++) {
            form_block(block, &messages[row[i]], index, before);
            load_block(engine, blocks.words, i, block);
            left += index + 1 < blocks_of(messages[row[i]].head_length + messages[row[i]].tail_length);
        }
        if (!left && active == count) { /* all end together, the usual case: no need to sort out who goes where */
            engine->compress(to, to_width * lanes, from, from_step, blocks.words, groups);
            break;
        }
        engine->compress(states.words, step, from, from_step, blocks.words, groups);
        left = 0;
        for (size_t i = 0; i < active; i++) {
            const struct message *message = &messages[row[i]];
            if (index + 1 == blocks_of(message->head_length + message->tail_length)) {
                copy_state(engine, to, to_width, row[i], states.words, STATE_WORDS, i);
            } else {
                if (left != i)
                    copy_state(engine, states.words, STATE_WORDS, left, states.words, STATE_WORDS, i);
                row[left++] = row[i];
            }
        }
        active = left;
        from = states.words;
        from_step = step;
    }
    wipe(block, sizeof block);
    wipe(&blocks, sizeof blocks);
    wipe(&states, sizeof states);
}

size_t absorb(const struct engine *engine, uint32_t *shared, const uint8_t *bytes, size_t length)
{
    const size_t lanes = lanes_of(engine), whole = length / BLOCK_BYTES * BLOCK_BYTES;
    struct block_tile blocks;

    for (size_t done = 0; done < whole; done += BLOCK_BYTES) {
        uint32_t words[BLOCK_WORDS];
        for (size_t i = 0; i < BLOCK_WORDS; i++)
            words[i] = load_word(bytes + done + 4 * i);
        fill_tile(engine, blocks.words, BLOCK_WORDS, words, 1);
        engine->compress(shared, STATE_WORDS * lanes, shared, 0, blocks.words, 1);
    }
    return whole;
}

void hash_one(const struct engine *engine, const uint8_t *bytes, size_t length, uint8_t digest[DIGEST_BYTES])
{
    const struct message message = {bytes, length, NULL, 0};
    struct shared_state initial;
    struct state_tile state;

    fill_tile(engine, initial.words, STATE_WORDS, SHA256_INITIAL, 1);
    hash_tile(engine, &message, 1, state.words, STATE_WORDS, initial.words, 0, 0);
    store_digests(engine, digest, DIGEST_BYTES, &state, 1);
    wipe(&state, sizeof state);
}
