/* The kernel without Python: it reads jobs from standard input and writes their digests to standard output.
 *
 * arm64.py builds it for ARM64 with the kernel's own sources, all but module.c, and speaks to it. A job is its number
 * in JOBS, the engine's index, its arguments in the order of module.c, and the length of the output. Numbers have 64
 * bits in the byte order of both processors, little-endian; bytes have their length before them, and None is -1.
 *
 * "arm64_driver engines" lists the engines that the processor runs, a line each: index, name, text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "jobs.h"

#define NONE UINT64_MAX

enum { HWCAP_SHA2_BIT = 6 };

struct bytes {
    uint8_t *data;
    uint64_t length;
};

unsigned long __real_getauxval(unsigned long type);
unsigned long __wrap_getauxval(unsigned long type);

/* What the system says of the processor; FAIRLOT_WITHOUT_SHA2 takes the SHA-2 instructions from it, since qemu has no
 * processor that lacks them. The linker's --wrap puts this in the place of the real one. */
unsigned long __wrap_getauxval(unsigned long type)
{
    const unsigned long value = __real_getauxval(type);

    return type == AT_HWCAP && getenv("FAIRLOT_WITHOUT_SHA2") ? value & ~(1UL << HWCAP_SHA2_BIT) : value;
}

static void die(const char *why)
{
    fprintf(stderr, "arm64_driver: %s\n", why);
    exit(1);
}

/* Memory of exactly this size; at least one byte, so that NULL means None. */
static uint8_t *memory(uint64_t length)
{
    uint8_t *found = malloc(length ? length : 1);

    if (!found)
        die("out of memory");
    return found;
}

static void fill(void *to, size_t length)
{
    if (fread(to, 1, length, stdin) != length)
        die("a job ended early");
}

static uint64_t take_number(void)
{
    uint64_t number;

    fill(&number, sizeof number);
    return number;
}

static struct bytes take_bytes(void)
{
    struct bytes bytes = {NULL, take_number()};

    if (bytes.length == NONE)
        return (struct bytes){NULL, 0};
    bytes.data = memory(bytes.length);
    fill(bytes.data, bytes.length);
    return bytes;
}

/* The last field of a job is how long its output is; filled with what no digest is likely to be. */
static struct bytes take_output(void)
{
    struct bytes out = {NULL, take_number()};

    out.data = memory(out.length);
    memset(out.data, 0xa5, out.length);
    return out;
}

static void give(struct bytes out)
{
    if (fwrite(out.data, 1, out.length, stdout) != out.length || fflush(stdout))
        die("the output was closed");
}

/* As module.c finds it. */
static const struct engine *find(uint64_t index, uint64_t messages)
{
    if (index >= ENGINE_COUNT || !ENGINES[index]->runs_here())
        die("this processor has no such engine");
    return suited(ENGINES[index], messages);
}

static struct ragged checked(struct bytes rows, struct bytes offsets, size_t count)
{
    const struct ragged ragged = {rows.data, rows.length, offsets.data};

    if (offsets.length != (count + 1) * sizeof(int64_t) || wrong_offset(&ragged, count) <= count)
        die("offsets are wrong");
    return ragged;
}

static void nonces(uint64_t index)
{
    struct bytes key = take_bytes(), prefix = take_bytes(), middle = take_bytes(), suffix = take_bytes();
    struct nonce_range range = {.prefix = prefix.data, .prefix_length = prefix.length};
    const struct shape shape = {middle.data, suffix.data, middle.length, suffix.length, middle.data != NULL};
    struct bytes out;

    range.first_nonce = take_number();
    range.count = take_number();
    range.first_block = take_number();
    range.blocks = take_number();
    out = take_output();
    hmac_nonces(find(index, out.length / DIGEST_BYTES), key.data, key.length, &shape, &range, out.data);
    give(out);
    free(key.data), free(prefix.data), free(middle.data), free(suffix.data), free(out.data);
}

static void rounds(uint64_t index)
{
    struct bytes keys = take_bytes(), prefixes = take_bytes(), offsets = take_bytes(), numbers = take_bytes();
    struct bytes middle = take_bytes(), suffix = take_bytes();
    const struct shape shape = {middle.data, suffix.data, middle.length, suffix.length, middle.data != NULL};
    const uint64_t block = take_number();
    const struct bytes out = take_output();
    const size_t count = out.length / DIGEST_BYTES;
    const struct ragged rows = checked(prefixes, offsets, count);

    if (hmac_rounds(find(index, count), keys.data, &shape, &rows, numbers.data, block, count, out.data))
        die("offsets changed");
    give(out);
    free(keys.data), free(prefixes.data), free(offsets.data), free(numbers.data);
    free(middle.data), free(suffix.data), free(out.data);
}

static void rows_of_any_length(uint64_t index)
{
    struct bytes keys = take_bytes(), messages = take_bytes(), offsets = take_bytes(), out = take_output();
    const size_t count = out.length / DIGEST_BYTES;
    const struct ragged rows = checked(messages, offsets, count);

    if (hmac_rows(find(index, count), keys.data, &rows, count, out.data))
        die("offsets changed");
    give(out);
    free(keys.data), free(messages.data), free(offsets.data), free(out.data);
}

static void rows_of_one_width(uint64_t index)
{
    struct bytes prefix = take_bytes(), rows = take_bytes();
    const uint64_t width = take_number();
    const struct bytes out = take_output();
    const size_t count = out.length / DIGEST_BYTES;

    sha256_rows(find(index, count), prefix.data, prefix.length, rows.data, width, count, out.data);
    give(out);
    free(prefix.data), free(rows.data), free(out.data);
}

static void chains(uint64_t index)
{
    struct bytes label = take_bytes(), starts = take_bytes();
    const uint64_t every = take_number(), stores = take_number();
    const struct bytes out = take_output();
    const size_t count = starts.length / DIGEST_BYTES;

    chain_steps(find(index, count), label.data, label.length, starts.data, count, every, stores, out.data);
    give(out);
    free(label.data), free(starts.data), free(out.data);
}

static void (*const JOBS[])(uint64_t index) = {nonces, rounds, rows_of_any_length, rows_of_one_width, chains};

int main(int count, char **arguments)
{
    uint64_t job;

    if (count > 1 && !strcmp(arguments[1], "engines")) {
        for (size_t i = 0; i < ENGINE_COUNT; i++)
            if (ENGINES[i]->runs_here())
                printf("%zu\t%s\t%s\n", i, ENGINES[i]->name, ENGINES[i]->text);
        return 0;
    }
    while (fread(&job, sizeof job, 1, stdin) == 1) {
        if (job >= sizeof JOBS / sizeof *JOBS)
            die("there is no such job");
        JOBS[job](take_number());
    }
    return 0;
}
