/* Counts that need no more than one look at each bit: ones, changes, runs. */
#include "methods.h"

#include "bitwise.h"

/* Ones among bits `from` to `to` - 1. */
static int64_t ones_between(const uint8_t *packed, size_t bytes, size_t from, size_t to)
{
    int64_t count = 0;
    for (; to - from >= 64; from += 64)
        count += ones_of(bits_at(packed, bytes, from));
    return count + ones_of(bits_at(packed, bytes, from) & first_bits(to - from));
}

static int64_t changes(const uint8_t *packed, size_t bytes, size_t length)
{
    int64_t count = 0;
    for (size_t from = 0; from + 1 < length; from += 63) { /* a word shows the changes among its 64 bits */
        const size_t pairs = length - 1 - from < 63 ? length - 1 - from : 63;
        const uint64_t word = bits_at(packed, bytes, from);
        count += ones_of((word ^ word << 1) & first_bits(pairs));
    }
    return count;
}

/* The longest run of ones among bits `from` to `to` - 1. */
static int64_t longest_between(const uint8_t *packed, size_t bytes, size_t from, size_t to)
{
    int64_t longest = 0, open = 0; /* `open` ones stand right before `from` */
    for (; from < to; from += 64) {
        const size_t size = to - from < 64 ? to - from : 64;
        const uint64_t word = bits_at(packed, bytes, from) & first_bits(size);
        uint64_t left = word;
        int64_t inside = 0;
        if (word == ~0ULL) {
            open += 64;
            continue;
        }
        open += __builtin_clzll(~word);
        if (open > longest)
            longest = open;
        for (; left; left &= left << 1) /* each turn takes one off every run */
            inside++;
        if (inside > longest)
            longest = inside;
        /* Ones at the very end go on in the next word; a short word is the last one. */
        open = ~word ? __builtin_ctzll(~word) : 64;
    }
    return open > longest ? open : longest;
}

static PyObject *each_block(PyObject *arguments, int64_t (*count)(const uint8_t *, size_t, size_t, size_t))
{
    PyObject *given, *result;
    long long length, block;
    Py_buffer packed, out;
    if (!PyArg_ParseTuple(arguments, "OLLO", &given, &length, &block, &result))
        return NULL;
    if (length < 0 || block < 1)
        return PyErr_Format(PyExc_ValueError, "a length or a block is out of range");
    if (!take_bits(given, &packed, length))
        return NULL;
    if (!take_output(result, &out, (size_t)(length / block), sizeof(int64_t), "out")) {
        PyBuffer_Release(&packed);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    for (long long i = 0; i < length / block; i++)
        ((int64_t *)out.buf)[i] = count(packed.buf, (size_t)packed.len, (size_t)(i * block), (size_t)((i + 1) * block));
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&out);
    PyBuffer_Release(&packed);
    Py_RETURN_NONE;
}

/* ones(packed, length, block_bits, out: int64[length // block_bits]) */
static PyObject *ones(PyObject *module, PyObject *arguments)
{
    (void)module;
    return each_block(arguments, ones_between);
}

/* longest_runs(packed, length, block_bits, out: int64[length // block_bits]) */
static PyObject *longest_runs(PyObject *module, PyObject *arguments)
{
    (void)module;
    return each_block(arguments, longest_between);
}

/* transitions(packed, length) -> int */
static PyObject *transitions(PyObject *module, PyObject *arguments)
{
    PyObject *given;
    long long length;
    Py_buffer packed;
    int64_t count;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OL", &given, &length))
        return NULL;
    if (!take_bits(given, &packed, length))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    count = changes(packed.buf, (size_t)packed.len, (size_t)length);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&packed);
    return PyLong_FromLongLong(count);
}

PyMethodDef count_methods[] = {
    {"longest_runs", longest_runs, METH_VARARGS, "Find the longest run of ones of each whole block."},
    {"ones", ones, METH_VARARGS, "Count the ones of each whole block."},
    {"transitions", transitions, METH_VARARGS, "Count the places where a bit differs from the one before it."},
    {NULL, NULL, 0, NULL},
};
