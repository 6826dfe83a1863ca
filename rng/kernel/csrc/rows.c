/* Rows that have little in common: keys, messages and nonces of their own. */
#include "decimal.h"
#include "hmac.h"
#include "jobs.h"
#include "message.h"

struct workspace {
    struct hmac_keys keys;
    struct hmac_outer outer;
    struct message messages[TILE];
};

static int64_t load_int64(const uint8_t *rows, size_t index)
{
    int64_t value;

    memcpy(&value, rows + index * sizeof value, sizeof value);
    return value;
}

size_t wrong_offset(const struct ragged *rows, size_t count)
{
    int64_t before = 0;

    for (size_t i = 0; i <= count; i++) {
        const int64_t offset = load_int64(rows->offsets, i);
        if (offset < before || (uint64_t)offset > rows->length || (i == 0 && offset != 0)
            || (i == count && (uint64_t)offset != rows->length))
            return i;
        before = offset;
    }
    return count + 1;
}

/* Point a message's head to row `index`; 1 if the offsets no longer lie within the bytes. */
static int take_row(struct message *message, const struct ragged *rows, size_t index)
{
    const int64_t start = load_int64(rows->offsets, index), end = load_int64(rows->offsets, index + 1);

    if (start < 0 || end < start || (uint64_t)end > rows->length)
        return 1;
    *message = (struct message){rows->bytes + start, (size_t)(end - start), NULL, 0};
    return 0;
}

/* Hash the messages of a tile under its keys. */
static void hash_rows(const struct engine *engine, struct workspace *work, const uint8_t *keys, size_t count,
                      uint8_t *out)
{
    hmac_take_keys(engine, &work->keys, keys, count);
    hash_tile(engine, work->messages, count, work->outer.blocks.words, BLOCK_WORDS, work->keys.inner.words,
              work->keys.step, BLOCK_BYTES);
    hmac_finish(engine, &work->outer, &work->keys, count, out, DIGEST_BYTES);
}

int hmac_rounds(const struct engine *engine, const uint8_t *keys, const struct shape *shape,
                const struct ragged *prefixes, const uint8_t *nonces, uint64_t block, size_t count, uint8_t *out)
{
    uint8_t tails[TILE][2 * MAX_DIGITS + MAX_JOINTS], after[MAX_DIGITS + MAX_JOINTS];
    struct workspace work;
    size_t after_length = 0;
    int changed = 0;

    /* What follows the nonce is the same in every row. */
    if (shape->numbered) {
        if (shape->middle_length)
            memcpy(after, shape->middle, shape->middle_length);
        after_length = shape->middle_length;
        after_length += write_decimal(after + after_length, block);
    }
    if (shape->suffix_length)
        memcpy(after + after_length, shape->suffix, shape->suffix_length);
    after_length += shape->suffix_length;

    hmac_open(engine, &work.outer);
    for (size_t row = 0; row < count && !changed; row += TILE) {
        const size_t rows = count - row < TILE ? count - row : TILE;
        for (size_t i = 0; i < rows && !changed; i++) {
            size_t length = write_decimal(tails[i], (uint64_t)load_int64(nonces, row + i));
            if (after_length)
                memcpy(tails[i] + length, after, after_length);
            changed = take_row(&work.messages[i], prefixes, row + i);
            work.messages[i].tail = tails[i];
            work.messages[i].tail_length = length + after_length;
        }
        if (!changed)
            hash_rows(engine, &work, keys + row * DIGEST_BYTES, rows, out + row * DIGEST_BYTES);
    }
    wipe(&work, sizeof work);
    return changed;
}

int hmac_rows(const struct engine *engine, const uint8_t *keys, const struct ragged *messages, size_t count,
              uint8_t *out)
{
    struct workspace work;
    int changed = 0;

    hmac_open(engine, &work.outer);
    for (size_t row = 0; row < count && !changed; row += TILE) {
        const size_t rows = count - row < TILE ? count - row : TILE;
        for (size_t i = 0; i < rows && !changed; i++)
            changed = take_row(&work.messages[i], messages, row + i);
        if (!changed)
            hash_rows(engine, &work, keys + row * DIGEST_BYTES, rows, out + row * DIGEST_BYTES);
    }
    wipe(&work, sizeof work);
    return changed;
}

void sha256_rows(const struct engine *engine, const uint8_t *prefix, size_t prefix_length, const uint8_t *rows,
                 size_t width, size_t count, uint8_t *out)
{
    struct shared_state start;
    struct state_tile digests;
    size_t absorbed;

    fill_tile(engine, start.words, STATE_WORDS, SHA256_INITIAL, 1);
    absorbed = absorb(engine, start.words, prefix, prefix_length);
    for (size_t row = 0; row < count; row += TILE) {
        const size_t here = count - row < TILE ? count - row : TILE;
        struct message messages[TILE];
        for (size_t i = 0; i < here; i++)
            messages[i] = (struct message){prefix + absorbed, prefix_length - absorbed, rows + (row + i) * width,
                                           width};
        hash_tile(engine, messages, here, digests.words, STATE_WORDS, start.words, 0, absorbed);
        store_digests(engine, out + row * DIGEST_BYTES, DIGEST_BYTES, &digests, here);
    }
    wipe(&digests, sizeof digests);
}
