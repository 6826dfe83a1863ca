/* SP 800-90B sections 6.3.9 and 6.3.10: guesses by what followed the last few samples before, MultiMMC and LZ78Y. */
#include "entropy.h"
#include <stdlib.h>
#include <string.h>

#define MOST_DEPTH 16
#define DIRECT_BITS 17 /* contexts of so many bits, their follower included, are places in a table; others are hashed */

/* The last samples: the latest in the lowest bits, `width` bits each, so that 16 of 8 bits are 128. */
struct context {
    uint64_t low, high;
};

/* What followed the contexts of one length. Number 0 stands for none in `slots` and `pair_slots`. */
struct model {
    int depth, width, direct;
    uint32_t contexts, context_room, context_mask; /* hashed contexts */
    struct context *keys;
    uint32_t *slots;
    uint32_t *best; /* by context: how often its most common follower came, 0 if it is not there */
    uint8_t *follower;
    uint32_t pairs, pair_room, pair_mask;
    uint64_t *pair_keys;
    uint32_t *pair_counts, *pair_slots; /* in a direct model, pair_counts is the whole table */
};

static uint64_t hash(uint64_t low, uint64_t high)
{
    uint64_t word = (low ^ high * 0x9e3779b97f4a7c15u ^ high >> 29) * 0xbf58476d1ce4e5b9u;
    word = (word ^ word >> 27) * 0x94d049bb133111ebu;
    return word ^ word >> 31;
}

static void *enlarged(void *block, size_t items, size_t bytes, int *failed)
{
    void *larger = realloc(block, items * bytes);
    if (larger == NULL) {
        *failed = 1;
        return block;
    }
    return larger;
}

static int begin(struct model *model, int depth, int width)
{
    memset(model, 0, sizeof *model);
    model->depth = depth;
    model->width = width;
    model->direct = width * (depth + 1) <= DIRECT_BITS;
    if (model->direct) {
        model->best = calloc((size_t)1 << width * depth, sizeof *model->best);
        model->follower = calloc((size_t)1 << width * depth, 1);
        model->pair_counts = calloc((size_t)1 << width * (depth + 1), sizeof *model->pair_counts);
        return model->best != NULL && model->follower != NULL && model->pair_counts != NULL;
    }
    model->context_mask = model->pair_mask = 1023;
    model->slots = calloc(1024, sizeof *model->slots);
    model->pair_slots = calloc(1024, sizeof *model->pair_slots);
    return model->slots != NULL && model->pair_slots != NULL;
}

static void end(struct model *model)
{
    free(model->keys);
    free(model->slots);
    free(model->best);
    free(model->follower);
    free(model->pair_keys);
    free(model->pair_counts);
    free(model->pair_slots);
}

static struct context last(struct context all, int bits)
{
    if (bits < 64)
        return (struct context){all.low & (((uint64_t)1 << bits) - 1), 0};
    if (bits < 128)
        all.high &= ((uint64_t)1 << (bits - 64)) - 1;
    return all;
}

/* The number of a context, from 0, or -1 if nothing followed it yet. */
static int64_t find(const struct model *model, struct context key)
{
    if (model->direct)
        return model->best[key.low] ? (int64_t)key.low : -1;
    const uint32_t mask = model->context_mask;
    for (uint32_t slot = (uint32_t)hash(key.low, key.high) & mask;; slot = (slot + 1) & mask) {
        uint32_t number = model->slots[slot];
        if (number == 0)
            return -1;
        if (model->keys[number - 1].low == key.low && model->keys[number - 1].high == key.high)
            return number - 1;
    }
}

static void place(uint32_t *slots, uint32_t mask, uint64_t hashed, uint32_t number)
{
    uint32_t slot = (uint32_t)hashed & mask;
    while (slots[slot] != 0)
        slot = (slot + 1) & mask;
    slots[slot] = number;
}

static int more_slots(uint32_t **slots, uint32_t *mask)
{
    uint32_t larger = 2 * *mask + 1;
    uint32_t *fresh = calloc((size_t)larger + 1, sizeof *fresh);
    if (fresh == NULL)
        return 0;
    free(*slots);
    *slots = fresh;
    *mask = larger;
    return 1;
}

/* Add a context that is not there; its number, or -1 without memory. */
static int64_t add(struct model *model, struct context key)
{
    if (model->direct)
        return (int64_t)key.low;
    if (model->contexts == model->context_room) {
        int failed = 0;
        uint32_t room = model->context_room ? 2 * model->context_room : 512;
        model->keys = enlarged(model->keys, room, sizeof *model->keys, &failed);
        model->best = enlarged(model->best, room, sizeof *model->best, &failed);
        model->follower = enlarged(model->follower, room, 1, &failed);
        if (failed)
            return -1;
        model->context_room = room;
    }
    if (2 * model->contexts > model->context_mask) {
        if (!more_slots(&model->slots, &model->context_mask))
            return -1;
        for (uint32_t i = 0; i < model->contexts; i++)
            place(model->slots, model->context_mask, hash(model->keys[i].low, model->keys[i].high), i + 1);
    }
    model->keys[model->contexts] = key;
    model->best[model->contexts] = 0;
    model->follower[model->contexts] = 0;
    model->contexts++;
    place(model->slots, model->context_mask, hash(key.low, key.high), model->contexts);
    return model->contexts - 1;
}

/* How often `value` followed a context, as a place to count at; NULL if it did not. */
static uint32_t *pair(const struct model *model, int64_t number, int value)
{
    uint64_t key = (uint64_t)number << model->width | (uint64_t)value;
    if (model->direct)
        return model->pair_counts[key] ? &model->pair_counts[key] : NULL;
    for (uint32_t slot = (uint32_t)hash(key, 0) & model->pair_mask;; slot = (slot + 1) & model->pair_mask) {
        uint32_t at = model->pair_slots[slot];
        if (at == 0)
            return NULL;
        if (model->pair_keys[at - 1] == key)
            return &model->pair_counts[at - 1];
    }
}

/* Add a pair with count 0; NULL without memory. */
static uint32_t *add_pair(struct model *model, int64_t number, int value)
{
    uint64_t key = (uint64_t)number << model->width | (uint64_t)value;
    if (model->direct)
        return &model->pair_counts[key];
    if (model->pairs == model->pair_room) {
        int failed = 0;
        uint32_t room = model->pair_room ? 2 * model->pair_room : 512;
        model->pair_keys = enlarged(model->pair_keys, room, sizeof *model->pair_keys, &failed);
        model->pair_counts = enlarged(model->pair_counts, room, sizeof *model->pair_counts, &failed);
        if (failed)
            return NULL;
        model->pair_room = room;
    }
    if (2 * model->pairs > model->pair_mask) {
        if (!more_slots(&model->pair_slots, &model->pair_mask))
            return NULL;
        for (uint32_t i = 0; i < model->pairs; i++)
            place(model->pair_slots, model->pair_mask, hash(model->pair_keys[i], 0), i + 1);
    }
    model->pair_keys[model->pairs] = key;
    model->pair_counts[model->pairs] = 0;
    model->pairs++;
    place(model->pair_slots, model->pair_mask, hash(key, 0), model->pairs);
    return &model->pair_counts[model->pairs - 1];
}

/* Count a follower. Of several most common ones, the largest value is kept as the guess. */
static void count(struct model *model, int64_t number, int value, uint32_t *counter)
{
    uint32_t now = ++*counter;
    if (now > model->best[number] || (now == model->best[number] && value > model->follower[number])) {
        model->best[number] = now;
        model->follower[number] = (uint8_t)value;
    }
}

struct task {
    const uint8_t *values;
    int64_t length, limit;
    int depth, width;
    struct model models[MOST_DEPTH];
    int64_t numbers[MOST_DEPTH]; /* of the contexts that end at the last sample, as a guess found them */
    struct context before, now;
};

static void step(struct task *task, int64_t i)
{
    task->before = task->now;
    task->now.high = task->now.high << task->width | task->now.low >> (64 - task->width);
    task->now.low = task->now.low << task->width | task->values[i];
}

/* For each i from 2 on: note that samples[i - 1] followed, then guess samples[i]. 1, or 0 without memory. */
static int multi_mmc(struct task *task, struct guesses *all)
{
    int64_t entries[MOST_DEPTH] = {0}, scores[MOST_DEPTH] = {0};
    int guessed[MOST_DEPTH] = {0}, winner = 0;
    if (task->length < 2)
        return 1;
    step(task, 0);
    for (int64_t i = 2; i < task->length; i++) {
        const int value = task->values[i], last_value = task->values[i - 1];
        step(task, i - 1);
        for (int d = 1; d <= task->depth; d++) {
            struct model *model = &task->models[d - 1];
            int64_t number = task->numbers[d - 1];
            if (d < i) {
                uint32_t *counter = number < 0 ? NULL : pair(model, number, last_value);
                if (counter == NULL && entries[d - 1] < task->limit) {
                    if (number < 0 && (number = add(model, last(task->before, d * task->width))) < 0)
                        return 0;
                    if ((counter = add_pair(model, number, last_value)) == NULL)
                        return 0;
                    entries[d - 1]++;
                }
                if (counter != NULL)
                    count(model, number, last_value, counter);
            }
            task->numbers[d - 1] = number = d <= i ? find(model, last(task->now, d * task->width)) : -1;
            guessed[d - 1] = number < 0 ? -1 : model->follower[number];
        }
        guess(all, guessed[winner] == value);
        for (int d = 0; d < task->depth; d++)
            if (guessed[d] == value && ++scores[d] >= scores[winner])
                winner = d;
    }
    return 1;
}

/* The same with one dictionary of `limit` contexts of all lengths, from i = depth + 1; the most frequent guess wins. */
static int lz78y(struct task *task, struct guesses *all)
{
    int64_t contexts = 0;
    for (int64_t i = 0; i < task->depth && i < task->length; i++)
        step(task, i);
    for (int64_t i = task->depth + 1; i < task->length; i++) {
        const int last_value = task->values[i - 1];
        uint32_t most = 0;
        int guessed = -1;
        step(task, i - 1);
        for (int d = task->depth; d >= 1; d--) {
            struct model *model = &task->models[d - 1];
            int64_t number = task->numbers[d - 1];
            if (number < 0 && contexts < task->limit) {
                if ((number = add(model, last(task->before, d * task->width))) < 0)
                    return 0;
                contexts++;
            }
            if (number >= 0) {
                uint32_t *counter = pair(model, number, last_value);
                if (counter == NULL && (counter = add_pair(model, number, last_value)) == NULL)
                    return 0;
                count(model, number, last_value, counter);
            }
        }
        for (int d = task->depth; d >= 1; d--) {
            struct model *model = &task->models[d - 1];
            int64_t number = task->numbers[d - 1] = find(model, last(task->now, d * task->width));
            if (number >= 0 && model->best[number] > most) {
                most = model->best[number];
                guessed = model->follower[number];
            }
        }
        guess(all, guessed == task->values[i]);
    }
    return 1;
}

static PyObject *run(PyObject *arguments, int (*predict)(struct task *, struct guesses *))
{
    PyObject *given;
    Py_buffer samples;
    int width, depth;
    long long limit;
    if (!PyArg_ParseTuple(arguments, "OiiL", &given, &width, &depth, &limit) || !take_samples(given, &samples, width))
        return NULL;
    if (depth < 1 || depth > MOST_DEPTH || limit < 1 || limit > 1 << 28) {
        PyBuffer_Release(&samples);
        return PyErr_Format(PyExc_ValueError, "a depth or a limit is out of range");
    }
    struct guesses all = {0, 0, 0};
    struct task task = {.values = samples.buf, .length = samples.len, .limit = limit, .depth = depth, .width = width};
    int done = 1;
    Py_BEGIN_ALLOW_THREADS
    for (int d = 0; d < depth; d++) {
        task.numbers[d] = -1;
        done = begin(&task.models[d], d + 1, width) && done;
    }
    done = done && predict(&task, &all);
    for (int d = 0; d < depth; d++)
        end(&task.models[d]);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&samples);
    return done ? Py_BuildValue("LL", (long long)all.correct, (long long)all.longest) : PyErr_NoMemory();
}

/* entropy_multi_mmc(samples, width, depth, most entries of a depth) -> (correct, longest run) */
static PyObject *call_multi_mmc(PyObject *module, PyObject *arguments)
{
    (void)module;
    return run(arguments, multi_mmc);
}

/* entropy_lz78y(samples, width, depth, most contexts) -> (correct, longest run) */
static PyObject *call_lz78y(PyObject *module, PyObject *arguments)
{
    (void)module;
    return run(arguments, lz78y);
}

PyMethodDef entropy_context_methods[] = {
    {"entropy_multi_mmc", call_multi_mmc, METH_VARARGS, "Guess what followed the last few samples most often."},
    {"entropy_lz78y", call_lz78y, METH_VARARGS, "Guess by one dictionary of all lengths."},
    {NULL, NULL, 0, NULL},
};
