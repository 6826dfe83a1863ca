/* HMAC over a range of nonces and blocks under one key: the hot path of the whole project.
 *
 * The messages of a range differ in a few digits. So they are formed once, as words, in a tile that is used again and
 * again; from one tile to the next only the words that hold the changing number are written. One of the two numbers
 * runs, the other rests while it does: whichever has the longer range runs.
 */
#include "decimal.h"
#include "hmac.h"
#include "jobs.h"
#include "message.h"

enum {
    MAX_TEXT = BLOCK_BYTES - 1 + 2 * MAX_DIGITS + MAX_JOINTS, /* what follows the prefix's whole blocks */
    MAX_PLANES = (MAX_TEXT + 9 + BLOCK_BYTES - 1) / BLOCK_BYTES,
    CHUNK = 1024, /* numbers that run before the resting one moves on: their results stay in the cache */
};

struct workspace {
    struct block_tile planes[MAX_PLANES]; /* plane p holds block p of every message */
    struct state_tile states;
    struct hmac_outer outer;
    struct hmac_keys keys;
};

/* Messages of one length, all alike but for the running number. */
struct template {
    uint8_t bytes[MAX_PLANES * BLOCK_BYTES]; /* with padding */
    size_t planes;
    size_t place, digits; /* of the running number */
};

struct run {
    uint64_t first; /* the running number's first value; all values of a run have the same number of digits */
    size_t count;
    uint8_t *out;
    size_t stride;
};

/* "00" to "99". */
static const uint16_t PAIRS[100] = {
#define PAIR(tens, ones) (0x3030 + ((tens) << 8) + (ones))
#define TEN(tens)                                                                                                      \
    PAIR(tens, 0), PAIR(tens, 1), PAIR(tens, 2), PAIR(tens, 3), PAIR(tens, 4), PAIR(tens, 5), PAIR(tens, 6),           \
        PAIR(tens, 7), PAIR(tens, 8), PAIR(tens, 9)
    TEN(0), TEN(1), TEN(2), TEN(3), TEN(4), TEN(5), TEN(6), TEN(7), TEN(8), TEN(9),
#undef TEN
#undef PAIR
};

static uint8_t *append(uint8_t *to, const uint8_t *bytes, size_t length)
{
    if (length)
        memcpy(to, bytes, length);
    return to + length;
}

/* Form the message of a run's first value. `absorbed` bytes of the prefix are in the keys' states already. */
static void form_template(struct template *form, const struct shape *shape, const struct nonce_range *range,
                          size_t absorbed, uint64_t nonce, uint64_t block, int block_runs)
{
    uint8_t *end = form->bytes;
    uint64_t bits;
    size_t length;

    memset(form->bytes, 0, sizeof form->bytes);
    end = append(end, range->prefix + absorbed, range->prefix_length - absorbed);
    form->place = (size_t)(end - form->bytes);
    form->digits = write_decimal(end, nonce);
    end += form->digits;
    if (shape->numbered) {
        size_t digits;
        end = append(end, shape->middle, shape->middle_length);
        digits = write_decimal(end, block);
        if (block_runs)
            form->place = (size_t)(end - form->bytes), form->digits = digits;
        end += digits;
    }
    end = append(end, shape->suffix, shape->suffix_length);
    *end = 0x80;
    length = (size_t)(end - form->bytes);
    form->planes = blocks_of(length);
    bits = ((uint64_t)BLOCK_BYTES + absorbed + length) * 8;
    store_word(form->bytes + form->planes * BLOCK_BYTES - 8, (uint32_t)(bits >> 32));
    store_word(form->bytes + form->planes * BLOCK_BYTES - 4, (uint32_t)bits);
}

static void fill_planes(const struct engine *engine, struct workspace *work, const struct template *form, size_t count)
{
    for (size_t plane = 0; plane < form->planes; plane++) {
        uint32_t words[BLOCK_WORDS];
        for (size_t i = 0; i < BLOCK_WORDS; i++)
            words[i] = load_word(form->bytes + plane * BLOCK_BYTES + 4 * i);
        fill_tile(engine, work->planes[plane].words, BLOCK_WORDS, words, groups_of(engine, count));
    }
}

/* Write `count` consecutive numbers into the messages of a tile of so many lanes. */
static inline void write_numbers_of(const size_t lanes, struct workspace *work, struct template *form, uint64_t value,
                                    size_t count)
{
    /* The last one or two digits come from a table; they lie in word `low` and sometimes in the next, `last`. */
    const size_t pair = form->digits > 1 ? 2 : 1;
    const size_t at = form->place + form->digits - pair;
    const size_t first = form->place / 4, low = at / 4, last = (at + pair - 1) / 4;
    const unsigned shift = (unsigned)(64 - 8 * pair - 8 * (at % 4));
    const uint64_t mask = pair == 2 ? 0xffff : 0xff;

    for (size_t message = 0, end; message < count; message = end) {
        /* The digits above them stay for up to a hundred numbers. */
        const size_t ones = (size_t)(value % 100), start = message;

        end = count - start < 100 - ones ? count : start + 100 - ones;
        write_decimal(form->bytes + form->place, value);
        memset(form->bytes + at, 0, pair);
        for (size_t i = first; i <= last; i++) {
            const uint32_t word = load_word(form->bytes + 4 * i);
            const unsigned half = i == low ? 32 : 0;
            uint32_t *to = work->planes[i / BLOCK_WORDS].words + i % BLOCK_WORDS * lanes;
            if (i < low)
                for (message = start; message < end; message++)
                    to[place_in(lanes, BLOCK_WORDS, message)] = word;
            else
                for (message = start; message < end; message++)
                    to[place_in(lanes, BLOCK_WORDS, message)] =
                        word | (uint32_t)((PAIRS[ones + message - start] & mask) << shift >> half);
        }
        value += end - start;
    }
}

static void write_numbers(const struct engine *engine, struct workspace *work, struct template *form, uint64_t value,
                          size_t count)
{
    FOR_LANES(engine, write_numbers_of, work, form, value, count);
}

/* Hash the messages of a run, a tile at a time. */
static void hash_run(const struct engine *engine, struct workspace *work, struct template *form, struct run run)
{
    const size_t lanes = lanes_of(engine), step = STATE_WORDS * lanes;

    fill_planes(engine, work, form, run.count < TILE ? run.count : TILE);
    while (run.count) {
        const size_t count = run.count < TILE ? run.count : TILE, groups = groups_of(engine, count);
        const uint32_t *from = work->keys.inner.words;
        size_t from_step = 0;

        write_numbers(engine, work, form, run.first, count);
        for (size_t plane = 0; plane + 1 < form->planes; plane++) {
            engine->compress(work->states.words, step, from, from_step, work->planes[plane].words, groups);
            from = work->states.words, from_step = step;
        }
        engine->compress(work->outer.blocks.words, BLOCK_WORDS * lanes, from, from_step,
                         work->planes[form->planes - 1].words, groups);
        hmac_finish(engine, &work->outer, &work->keys, count, run.out, run.stride);
        run.first += count, run.count -= count, run.out += count * run.stride;
    }
}

/* Values from `first` on that have as many digits as it, at most `most`. */
static size_t alike(uint64_t first, uint64_t most)
{
    uint64_t end = 10;

    while (end <= first)
        end *= 10;
    return (size_t)(end - first < most ? end - first : most);
}

void hmac_nonces(const struct engine *engine, const uint8_t *key, size_t key_length, const struct shape *shape,
                 const struct nonce_range *range, uint8_t *out)
{
    const int block_runs = range->blocks > range->count;
    const uint64_t running = block_runs ? range->blocks : range->count;
    const uint64_t resting = block_runs ? range->count : range->blocks;
    const uint64_t first = block_runs ? range->first_block : range->first_nonce;
    const size_t running_stride = DIGEST_BYTES * (size_t)(block_runs ? 1 : range->blocks);
    const size_t resting_stride = DIGEST_BYTES * (size_t)(block_runs ? range->blocks : 1);
    struct workspace work;
    struct template form;
    size_t absorbed;

    hmac_share_key(engine, &work.keys, key, key_length);
    absorbed = absorb(engine, work.keys.inner.words, range->prefix, range->prefix_length);
    hmac_open(engine, &work.outer);
    for (uint64_t chunk = 0, chunk_end; chunk < running; chunk = chunk_end) {
        chunk_end = resting == 1 || running - chunk < CHUNK ? running : chunk + CHUNK;
        for (uint64_t rest = 0; rest < resting; rest++) {
            struct run run = {0, 0, out + chunk * running_stride + rest * resting_stride, running_stride};
            for (uint64_t done = chunk; done < chunk_end; done += run.count) {
                const uint64_t nonce = range->first_nonce + (block_runs ? rest : done);
                const uint64_t block = range->first_block + (block_runs ? done : rest);
                run.first = first + done;
                run.count = alike(run.first, chunk_end - done);
                form_template(&form, shape, range, absorbed, nonce, block, block_runs);
                hash_run(engine, &work, &form, run);
                run.out += run.count * running_stride;
            }
        }
    }
    wipe(&work, sizeof work);
}
