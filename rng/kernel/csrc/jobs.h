/* What the kernel does: the functions that module.c gives to Python. They know nothing of Python and allocate nothing.
 *
 * Lengths are checked by the caller; offsets are checked here too, because other threads may write to them.
 */
#ifndef FAIRLOT_JOBS_H
#define FAIRLOT_JOBS_H

#include "engine.h"

enum {
    MAX_JOINTS = 64,      /* bytes of middle and suffix together */
    MAX_COUNTER_BITS = 53 /* nonces and blocks */
};

/* The text around the counters: prefix nonce middle block suffix, or prefix nonce suffix where `numbered` is 0. */
struct shape {
    const uint8_t *middle, *suffix;
    size_t middle_length, suffix_length;
    int numbered;
};

struct nonce_range {
    const uint8_t *prefix;
    size_t prefix_length;
    uint64_t first_nonce, count, first_block, blocks;
};

/* Rows of bytes of any length: row i is bytes[offsets[i]] to bytes[offsets[i + 1] - 1]. Offsets need no alignment. */
struct ragged {
    const uint8_t *bytes;
    size_t length;
    const uint8_t *offsets;
};

/* HMAC of every (nonce, block) of a range: 32 bytes each, the blocks of a nonce side by side. */
void hmac_nonces(const struct engine *engine, const uint8_t *key, size_t key_length, const struct shape *shape,
                 const struct nonce_range *range, uint8_t *out);

/* HMAC of row i's prefix, nonce i and one block under the 32-byte key i. Gives 0, or 1 if the offsets became wrong. */
int hmac_rounds(const struct engine *engine, const uint8_t *keys, const struct shape *shape,
                const struct ragged *prefixes, const uint8_t *nonces, uint64_t block, size_t count, uint8_t *out);

/* HMAC of message i under the 32-byte key i. Gives 0, or 1 if the offsets became wrong. */
int hmac_rows(const struct engine *engine, const uint8_t *keys, const struct ragged *messages, size_t count,
              uint8_t *out);

/* SHA-256 of the prefix and each row of `width` bytes. */
void sha256_rows(const struct engine *engine, const uint8_t *prefix, size_t prefix_length, const uint8_t *rows,
                 size_t width, size_t count, uint8_t *out);

/* Advance `count` chains of 32-byte links side by side, x -> SHA-256(label || x): `stores` times `every` steps, and
 * write the link after each `every`. The links of chain i stand together, from out + i * stores * 32. */
void chain_steps(const struct engine *engine, const uint8_t *label, size_t label_length, const uint8_t *starts,
                 size_t count, uint64_t every, size_t stores, uint8_t *out);

/* Give the first of the `count + 1` offsets that is wrong (the first is not 0, one is less than that before or more
 * than `length`, the last is not `length`), or `count + 1` if none is. */
size_t wrong_offset(const struct ragged *rows, size_t count);

#endif
