/* Messages of any length, hashed a tile at a time. */
#ifndef FAIRLOT_MESSAGE_H
#define FAIRLOT_MESSAGE_H

#include "tile.h"

/* Two pieces of memory, one after the other: nothing is copied together to be hashed. */
struct message {
    const uint8_t *head;
    size_t head_length;
    const uint8_t *tail;
    size_t tail_length;
};

/* Blocks that a message of `length` bytes takes with its padding: one byte 0x80 and eight of length at least. */
static inline size_t blocks_of(size_t length) { return length / BLOCK_BYTES + (length % BLOCK_BYTES > 55 ? 2 : 1); }

/* Hash up to TILE messages to states of `to_width` words a message (8, or 16 to put them at the start of blocks).
 *
 * Message i starts from the state at place i of `from`, or all from the same group if from_step is 0. `before` counts
 * the bytes that these states have already hashed, a multiple of 64.
 */
void hash_tile(const struct engine *engine, const struct message *messages, size_t count, uint32_t *to, size_t to_width,
               const uint32_t *from, size_t from_step, size_t before);

/* Hash one message to its digest. */
void hash_one(const struct engine *engine, const uint8_t *bytes, size_t length, uint8_t digest[DIGEST_BYTES]);

/* Advance a shared state by the whole blocks of `bytes`; return how many bytes that were. */
size_t absorb(const struct engine *engine, uint32_t *shared, const uint8_t *bytes, size_t length);

#endif
