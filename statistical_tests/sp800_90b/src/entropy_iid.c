/* SP 800-90B section 5.1: a shuffle that a seed decides, and the statistics that are compared before and after it. */
#include "entropy.h"
#include <string.h>

#define STATISTICS 19
static const size_t lags[] = {1, 2, 8, 16, 32};

int take_samples(PyObject *object, Py_buffer *view, int width)
{
    uint8_t all = 0;
    if (!take_input(object, view, 0, 1, "samples"))
        return 0;
    for (Py_ssize_t i = 0; i < view->len; i++)
        all |= ((const uint8_t *)view->buf)[i];
    if (view->len <= MOST_SAMPLES && width >= 1 && width <= 8 && all >> width == 0)
        return 1;
    PyBuffer_Release(view);
    PyErr_SetString(PyExc_ValueError, "samples: too many, or one is too wide");
    return 0;
}

/* SplitMix64's output function: a bijection of 64 bits that leaves no pattern of a counter. */
static uint64_t mixed(uint64_t word)
{
    word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9u;
    word = (word ^ word >> 27) * 0x94d049bb133111ebu;
    return word ^ word >> 31;
}

/* floor(word * bound / 2^64), bound below 2^32: uniform below bound up to a bias of bound / 2^64. */
static uint64_t scaled(uint64_t word, uint64_t bound)
{
    return ((word >> 32) * bound + ((word & 0xffffffffu) * bound >> 32)) >> 32;
}

/* entropy_shuffle(samples, key, out: uint8[samples]) */
static PyObject *shuffle(PyObject *module, PyObject *arguments)
{
    PyObject *given, *result;
    unsigned long long key;
    Py_buffer samples, out;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OKO", &given, &key, &result) || !take_samples(given, &samples, 8))
        return NULL;
    if (!take_output(result, &out, (size_t)samples.len, 1, "out")) {
        PyBuffer_Release(&samples);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    uint8_t *values = out.buf;
    uint64_t counter = key;
    memmove(values, samples.buf, (size_t)samples.len);
    for (size_t i = (size_t)samples.len; i > 1; i--) {
        size_t other = (size_t)scaled(mixed(counter += 0x9e3779b97f4a7c15u), i);
        uint8_t value = values[i - 1];
        values[i - 1] = values[other];
        values[other] = value;
    }
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&out);
    PyBuffer_Release(&samples);
    Py_RETURN_NONE;
}

struct runs {
    int64_t number, longest, positive, length;
    int sign;
};

static inline void go(struct runs *runs, int sign)
{
    int changed = runs->length == 0 || sign != runs->sign;
    runs->sign = sign;
    runs->positive += sign;
    runs->number += changed;
    runs->length = changed ? 1 : runs->length + 1;
    if (runs->length > runs->longest)
        runs->longest = runs->length;
}

/* The largest |n * (sum of the first i) - i * (sum of all)|: n times the excursion, without rounding. */
static int64_t excursion(const uint8_t *samples, size_t length)
{
    int64_t total = 0, sum = 0, largest = 0;
    for (size_t i = 0; i < length; i++)
        total += samples[i];
    for (size_t i = 0; i < length; i++) {
        sum += samples[i];
        int64_t away = (int64_t)length * sum - (int64_t)(i + 1) * total;
        away = away < 0 ? -away : away;
        largest = away > largest ? away : largest;
    }
    return largest;
}

/* Samples up to and with the first that repeats one since the last such: their number, their sum, the most. */
static void collisions(const uint8_t *samples, size_t length, int64_t *out)
{
    int64_t last[256]; /* where a value was seen last, plus one */
    int64_t start = 0;
    memset(last, 0, sizeof last);
    for (size_t i = 0; i < length; i++) {
        if (last[samples[i]] > start) {
            int64_t took = (int64_t)i + 1 - start;
            out[0] += took;
            out[1] += 1;
            out[2] = took > out[2] ? took : out[2];
            start = (int64_t)i + 1;
        }
        last[samples[i]] = (int64_t)i + 1;
    }
}

/* entropy_statistics(samples, counted, words, twice_median, out: int64[19]): excursion and runs about the median of
 * samples; directional runs, periodicity and covariance of counted; collisions of words. */
static PyObject *statistics(PyObject *module, PyObject *arguments)
{
    PyObject *given[3], *result;
    int twice_median;
    Py_buffer samples, counted, words, out;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OOOiO", &given[0], &given[1], &given[2], &twice_median, &result) ||
        !take_samples(given[0], &samples, 8))
        return NULL;
    if (samples.len > 1 << 27) { /* so that n times a sum of n samples stays in 64 bits */
        PyBuffer_Release(&samples);
        return PyErr_Format(PyExc_ValueError, "samples: too many");
    }
    if (!take_samples(given[1], &counted, 8)) {
        PyBuffer_Release(&samples);
        return NULL;
    }
    if (!take_samples(given[2], &words, 8)) {
        PyBuffer_Release(&counted);
        PyBuffer_Release(&samples);
        return NULL;
    }
    if (!take_output(result, &out, STATISTICS, sizeof(int64_t), "out")) {
        PyBuffer_Release(&words);
        PyBuffer_Release(&counted);
        PyBuffer_Release(&samples);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    const uint8_t *values = samples.buf, *steps = counted.buf;
    size_t length = (size_t)samples.len, count = (size_t)counted.len;
    int64_t *found = out.buf;
    struct runs up = {0, 0, 0, 0, 0}, above = {0, 0, 0, 0, 0};
    memset(found, 0, STATISTICS * sizeof(int64_t));
    found[0] = excursion(values, length);
    for (size_t i = 1; i < count; i++)
        go(&up, steps[i - 1] <= steps[i]);
    for (size_t i = 0; i < length; i++)
        go(&above, 2 * values[i] >= twice_median);
    found[1] = up.number;
    found[2] = up.longest;
    found[3] = count < 2 ? 0 : up.positive > (int64_t)count - 1 - up.positive ? up.positive : (int64_t)count - 1 - up.positive;
    found[4] = above.number;
    found[5] = above.longest;
    collisions(words.buf, (size_t)words.len, found + 6);
    for (size_t which = 0; which < 5; which++) {
        size_t lag = lags[which];
        int64_t same = 0, product = 0;
        for (size_t i = 0; i + lag < count; i++) {
            same += steps[i] == steps[i + lag];
            product += (int64_t)(steps[i] * steps[i + lag]);
        }
        found[9 + which] = same;
        found[14 + which] = product;
    }
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&out);
    PyBuffer_Release(&words);
    PyBuffer_Release(&counted);
    PyBuffer_Release(&samples);
    Py_RETURN_NONE;
}

/* entropy_binary_collisions(samples) -> (twos, threes): waits until one of two values is there again. */
static PyObject *binary_collisions(PyObject *module, PyObject *arguments)
{
    PyObject *given;
    Py_buffer samples;
    long long twos = 0, threes = 0;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O", &given) || !take_samples(given, &samples, 1))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    const uint8_t *bits = samples.buf;
    size_t length = (size_t)samples.len;
    for (size_t i = 0; i + 1 < length;) {
        int same = bits[i] == bits[i + 1];
        if (!same && i + 2 >= length)
            break;
        twos += same;
        threes += !same;
        i += same ? 2 : 3;
    }
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&samples);
    return Py_BuildValue("LL", twos, threes);
}

PyMethodDef entropy_iid_methods[] = {
    {"entropy_shuffle", shuffle, METH_VARARGS, "Permute samples; a key decides how."},
    {"entropy_statistics", statistics, METH_VARARGS, "Compute what the permutation test compares."},
    {"entropy_binary_collisions", binary_collisions, METH_VARARGS, "Count waits of two and of three."},
    {NULL, NULL, 0, NULL},
};
