/* HMAC-SHA256 (RFC 2104) over tiles: keys become pairs of states once, then a message costs its own blocks and one. */
#ifndef FAIRLOT_HMAC_H
#define FAIRLOT_HMAC_H

#include "tile.h"

/* The states after the inner and the outer padded key, for a tile of messages: either the same for all of them (step 0)
 * or one a message. Secret. */
struct hmac_keys {
    struct state_tile inner, outer;
    size_t step;
};

/* The second pass of a tile: its blocks hold the inner digests, followed by the padding, which never changes. */
struct hmac_outer {
    struct block_tile blocks;
    struct state_tile digests;
};

/* Prepare one key of any length for all messages. */
void hmac_share_key(const struct engine *engine, struct hmac_keys *keys, const uint8_t *key, size_t length);

/* Prepare the 32-byte keys of `count` messages, a row each. */
void hmac_take_keys(const struct engine *engine, struct hmac_keys *keys, const uint8_t *rows, size_t count);

/* Set the padding of the outer blocks; once for any number of tiles. */
void hmac_open(const struct engine *engine, struct hmac_outer *outer);

/* Hash the inner digests, which stand in outer->blocks, and write `count` results, `stride` bytes apart. */
void hmac_finish(const struct engine *engine, struct hmac_outer *outer, const struct hmac_keys *keys, size_t count,
                 uint8_t *out, size_t stride);

#endif
