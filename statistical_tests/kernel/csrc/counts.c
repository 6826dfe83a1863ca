/* Counts that need no more than one look at each bit. */
#include "methods.h"

static uint64_t word_at(const uint8_t *bytes)
{
    uint64_t word = 0;
    for (int i = 0; i < 8; i++)
        word = word << 8 | bytes[i];
    return word;
}

/* Ones among bits `from` to `to` - 1 of packed bits, the most significant bit of a byte first. */
static int64_t ones_between(const uint8_t *packed, size_t from, size_t to)
{
    int64_t count = 0;
    for (; from < to && from % 8; from++)
        count += packed[from / 8] >> (7 - from % 8) & 1;
    for (; to - from >= 64; from += 64)
        count += __builtin_popcountll(word_at(packed + from / 8));
    for (; to - from >= 8; from += 8)
        count += __builtin_popcount(packed[from / 8]);
    for (; from < to; from++)
        count += packed[from / 8] >> (7 - from % 8) & 1;
    return count;
}

/* ones(packed, length, block_bits, out: int64[length // block_bits]) */
static PyObject *ones(PyObject *module, PyObject *arguments)
{
    PyObject *given, *result;
    long long length, block;
    Py_buffer packed, out;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OLLO", &given, &length, &block, &result))
        return NULL;
    if (length < 0 || block < 1)
        return PyErr_Format(PyExc_ValueError, "a length or a block is out of range");
    if (!take_input(given, &packed, 0, 1, "packed"))
        return NULL;
    if (!holds_bits(&packed, length) || !take_output(result, &out, (size_t)(length / block), sizeof(int64_t), "out")) {
        PyBuffer_Release(&packed);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    for (long long i = 0; i < length / block; i++)
        ((int64_t *)out.buf)[i] = ones_between(packed.buf, (size_t)(i * block), (size_t)((i + 1) * block));
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&out);
    PyBuffer_Release(&packed);
    Py_RETURN_NONE;
}

PyMethodDef count_methods[] = {
    {"ones", ones, METH_VARARGS, "Count the ones of each whole block."},
    {NULL, NULL, 0, NULL},
};
