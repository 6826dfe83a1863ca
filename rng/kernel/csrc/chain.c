/* Hash chains: each link is the digest of a label and the link before. */
#include "jobs.h"
#include "message.h"

enum { PLANES = 2 }; /* a label's last bytes (63 at most), a link and the padding */

struct workspace {
    struct block_tile planes[PLANES];
    struct state_tile links, states;
    struct shared_state start; /* after the label's whole blocks */
};

/* Put the links behind the label, in every message of the tile. `before` is how many bytes stand in front of them.
 *
 * A link of eight words covers eight or nine words of the block, shifted by the bytes that do not fill a word.
 */
static void write_links(const struct engine *engine, struct workspace *work, const uint32_t *around, size_t before,
                        size_t groups)
{
    const size_t lanes = lanes_of(engine);
    const unsigned shift = 8 * (unsigned)(before % 4);

    for (size_t i = 0; i < STATE_WORDS + (shift ? 1 : 0); i++) {
        const size_t word = before / 4 + i;
        uint32_t *to = work->planes[word / BLOCK_WORDS].words + word % BLOCK_WORDS * lanes;
        for (size_t group = 0; group < groups; group++) {
            const uint32_t *link = work->links.words + group * STATE_WORDS * lanes;
            for (size_t lane = 0; lane < lanes; lane++) {
                uint64_t pair = 0; /* the word before and this one */
                if (i > 0)
                    pair = (uint64_t)link[(i - 1) * lanes + lane] << 32;
                if (i < STATE_WORDS)
                    pair |= link[i * lanes + lane];
                to[group * BLOCK_WORDS * lanes + lane] = around[word] | (uint32_t)(pair >> shift);
            }
        }
    }
}

/* Take one step in every chain of the tile. */
static void step(const struct engine *engine, struct workspace *work, const uint32_t *around, size_t before,
                 size_t planes, size_t groups)
{
    const size_t state_step = STATE_WORDS * lanes_of(engine);

    write_links(engine, work, around, before, groups);
    if (planes == 1) {
        engine->compress(work->links.words, state_step, work->start.words, 0, work->planes[0].words, groups);
    } else {
        engine->compress(work->states.words, state_step, work->start.words, 0, work->planes[0].words, groups);
        engine->compress(work->links.words, state_step, work->states.words, state_step, work->planes[1].words, groups);
    }
}

void chain_steps(const struct engine *engine, const uint8_t *label, size_t label_length, const uint8_t *starts,
                 size_t count, uint64_t every, size_t stores, uint8_t *out)
{
    const size_t lanes = lanes_of(engine);
    uint8_t bytes[PLANES * BLOCK_BYTES] = {0}; /* a message with zeros where the link stands */
    uint32_t around[PLANES * BLOCK_WORDS];
    struct workspace work;
    size_t absorbed, before, planes;
    uint64_t bits;

    fill_tile(engine, work.start.words, STATE_WORDS, SHA256_INITIAL, 1);
    absorbed = absorb(engine, work.start.words, label, label_length);
    before = label_length - absorbed;
    if (before)
        memcpy(bytes, label + absorbed, before);
    bytes[before + DIGEST_BYTES] = 0x80;
    planes = blocks_of(before + DIGEST_BYTES);
    bits = ((uint64_t)label_length + DIGEST_BYTES) * 8;
    store_word(bytes + planes * BLOCK_BYTES - 8, (uint32_t)(bits >> 32));
    store_word(bytes + planes * BLOCK_BYTES - 4, (uint32_t)bits);
    for (size_t i = 0; i < PLANES * BLOCK_WORDS; i++)
        around[i] = load_word(bytes + 4 * i);
    for (size_t plane = 0; plane < planes; plane++)
        fill_tile(engine, work.planes[plane].words, BLOCK_WORDS, around + plane * BLOCK_WORDS,
                  TILE >> engine->lane_bits);

    for (size_t chain = 0; chain < count; chain += TILE) {
        const size_t here = count - chain < TILE ? count - chain : TILE, groups = groups_of(engine, here);
        memset(&work.links, 0, sizeof work.links);
        for (size_t i = 0; i < here; i++)
            for (size_t word = 0; word < STATE_WORDS; word++)
                work.links.words[place_of(engine, STATE_WORDS, i) + word * lanes] =
                    load_word(starts + (chain + i) * DIGEST_BYTES + 4 * word);
        for (size_t stored = 0; stored < stores; stored++) {
            for (uint64_t i = 0; i < every; i++)
                step(engine, &work, around, before, planes, groups);
            store_digests(engine, out + (chain * stores + stored) * DIGEST_BYTES, stores * DIGEST_BYTES, &work.links,
                          here);
        }
    }
    wipe(&work, sizeof work);
}
