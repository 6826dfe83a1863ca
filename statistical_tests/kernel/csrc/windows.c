/* Overlapping windows: how often each value occurs, and where one template stands. */
#include "methods.h"

#include <stdlib.h>

#include "bitwise.h"

enum {
    MOST_WINDOW_BITS = 24,
    FEW_WINDOW_BITS = 12, /* up to here four histograms take turns */
};

/* What the counters of 32 bits hold for sure; after so many windows they are added to the result. */
static const size_t AT_MOST = (size_t)1 << 31;

/* Windows of up to 24 bits that begin in the first five bytes of a word lie in that word. */
#define COUNT(place) histogram[(place) % 4 * step + (word >> (64 - (place)-width) & mask)]++
#define COUNT_8(place)                                                                                                 \
    COUNT(place), COUNT(place + 1), COUNT(place + 2), COUNT(place + 3), COUNT(place + 4), COUNT(place + 5),            \
        COUNT(place + 6), COUNT(place + 7)

/* Count the windows that begin at bytes `first` to `last` - 1, of which each has 8 bytes behind it and `last` - `first`
 * is a multiple of five. Neighbours that fall on one counter would wait for each other, so with `step` they have four.
 */
static inline __attribute__((always_inline)) void count_words(const uint8_t *packed, size_t first, size_t last,
                                                              unsigned width, uint32_t *histogram, size_t step)
{
    const uint64_t mask = (1ULL << width) - 1;
    for (size_t i = first; i < last; i += 5) {
        const uint64_t word = load_word(packed + i);
        COUNT_8(0);
        COUNT_8(8);
        COUNT_8(16);
        COUNT_8(24);
        COUNT_8(32);
    }
}

static void count_range(const uint8_t *packed, size_t first, size_t last, unsigned width, uint32_t *histogram,
                        size_t step)
{
    if (width == 9) /* the usual widths with constants */
        count_words(packed, first, last, 9, histogram, (size_t)1 << 9);
    else if (width == 16)
        count_words(packed, first, last, 16, histogram, 0);
    else
        count_words(packed, first, last, width, histogram, step);
}

static void add_up(uint32_t *histogram, size_t copies, size_t values, int64_t *out)
{
    for (size_t copy = 0; copy < copies; copy++)
        for (size_t value = 0; value < values; value++)
            out[value] += histogram[copy * values + value];
    memset(histogram, 0, copies * values * sizeof *histogram);
}

/* Count the windows that begin at bits `from` to `to` - 1 and lie in the bits before `to` + width - 1. */
static void count_windows(const uint8_t *packed, size_t bytes, size_t from, size_t to, unsigned width,
                          uint32_t *histogram, int64_t *out)
{
    const size_t values = (size_t)1 << width, copies = width <= FEW_WINDOW_BITS ? 4 : 1;
    const size_t step = copies > 1 ? values : 0;
    for (; from < to && from % 8; from++)
        out[bits_at(packed, bytes, from) >> (64 - width)]++;
    while (from < to) {
        size_t first = from / 8, last = to / 8, most;
        if (bytes < 8 || last <= first)
            break;
        if (last > bytes - 7)
            last = bytes - 7; /* a word is eight bytes */
        most = last > first ? (last - first) / 5 : 0;
        if (most > AT_MOST / 40)
            most = AT_MOST / 40;
        if (!most)
            break;
        last = first + 5 * most;
        count_range(packed, first, last, width, histogram, step);
        add_up(histogram, copies, values, out);
        from = 8 * last;
    }
    for (; from < to; from++)
        out[bits_at(packed, bytes, from) >> (64 - width)]++;
}

/* Count the windows that begin in a block and go on at its start. */
static void count_around(const uint8_t *packed, size_t start, size_t size, unsigned width, int64_t *out)
{
    for (size_t from = size >= width ? size - width + 1 : 0; from < size; from++) {
        size_t value = 0;
        for (size_t i = 0; i < width; i++)
            value = value << 1 | bit_at(packed, start + (from + i) % size);
        out[value]++;
    }
}

/* window_counts(packed, length, window_bits, blocks, cyclic, out: zeros int64[blocks, 2**window_bits]) */
static PyObject *window_counts(PyObject *module, PyObject *arguments)
{
    PyObject *given, *result;
    long long length, width, blocks;
    Py_buffer packed, out;
    uint32_t *histogram;
    int cyclic;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OLLLpO", &given, &length, &width, &blocks, &cyclic, &result))
        return NULL;
    if (length < 0 || width < 1 || width > MOST_WINDOW_BITS || blocks < 1 || blocks > PY_SSIZE_T_MAX >> 32)
        return PyErr_Format(PyExc_ValueError, "a length, a width or a number of blocks is out of range");
    if (!take_bits(given, &packed, length))
        return NULL;
    if (!take_output(result, &out, (size_t)blocks << width, sizeof(int64_t), "out")) {
        PyBuffer_Release(&packed);
        return NULL;
    }
    histogram = calloc((width <= FEW_WINDOW_BITS ? 4 : 1) * ((size_t)1 << width), sizeof *histogram);
    if (histogram) {
        Py_BEGIN_ALLOW_THREADS
        const size_t size = (size_t)(length / blocks);
        for (size_t block = 0; block < (size_t)blocks; block++) {
            int64_t *counts = (int64_t *)out.buf + (block << width);
            if (size >= (size_t)width)
                count_windows(packed.buf, (size_t)packed.len, block * size, (block + 1) * size - (size_t)width + 1,
                              (unsigned)width, histogram, counts);
            if (cyclic)
                count_around(packed.buf, block * size, size, (unsigned)width, counts);
        }
        Py_END_ALLOW_THREADS
        free(histogram);
    }
    PyBuffer_Release(&out);
    PyBuffer_Release(&packed);
    if (!histogram)
        return PyErr_NoMemory();
    Py_RETURN_NONE;
}

/* Places among bits `from` to `to` - 1 where the `width` bits of `template` begin, 64 places at a time: bit i of `here`
 * says that all bits up to now agree with the template laid at the i-th place. */
static int64_t occurrences(const uint8_t *packed, size_t bytes, size_t from, size_t to, uint64_t template,
                           unsigned width)
{
    int64_t count = 0;
    for (; from < to; from += 64) {
        const uint64_t word = bits_at(packed, bytes, from), next = bits_at(packed, bytes, from + 64);
        uint64_t here = first_bits(to - from);
        here &= template >> (width - 1) & 1 ? word : ~word;
        for (unsigned i = 1; i < width && here; i++) {
            const uint64_t shifted = word << i | next >> (64 - i);
            here &= shifted ^ ((template >> (width - 1 - i) & 1) - 1);
        }
        count += ones_of(here);
    }
    return count;
}

/* template_counts(packed, length, block_bits, template, template_bits, out: int64[length // block_bits]) */
static PyObject *template_counts(PyObject *module, PyObject *arguments)
{
    PyObject *given, *result;
    long long length, block, template, width;
    Py_buffer packed, out;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OLLLLO", &given, &length, &block, &template, &width, &result))
        return NULL;
    if (length < 0 || block < 1 || width < 1 || width > 63 || template < 0 || template >> width)
        return PyErr_Format(PyExc_ValueError, "a length, a block, a template or its width is out of range");
    if (!take_bits(given, &packed, length))
        return NULL;
    if (!take_output(result, &out, (size_t)(length / block), sizeof(int64_t), "out")) {
        PyBuffer_Release(&packed);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    for (long long i = 0; i < length / block; i++)
        ((int64_t *)out.buf)[i] =
            block < width ? 0
                          : occurrences(packed.buf, (size_t)packed.len, (size_t)(i * block),
                                        (size_t)((i + 1) * block - width + 1), (uint64_t)template, (unsigned)width);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&out);
    PyBuffer_Release(&packed);
    Py_RETURN_NONE;
}

PyMethodDef window_methods[] = {
    {"template_counts", template_counts, METH_VARARGS, "Count the places of a template in each whole block."},
    {"window_counts", window_counts, METH_VARARGS, "Count the values of all windows of each block."},
    {NULL, NULL, 0, NULL},
};
