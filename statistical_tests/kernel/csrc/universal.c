/* How far back each block was last seen (SP 800-22 2.9.4). */
#include "methods.h"

#include <stdlib.h>

#include "bitwise.h"

enum { MOST_BLOCK_BITS = 24 };

static size_t distances(const uint8_t *packed, size_t bytes, size_t blocks, unsigned width, size_t initial,
                        uint64_t *last, int64_t *counts)
{
    size_t longest = 0;
    for (size_t i = 0; i < blocks; i++) {
        const uint64_t value = bits_at(packed, bytes, i * width) >> (64 - width);
        const size_t distance = i + 1 - last[value]; /* places are counted from one: 0 means never */
        last[value] = i + 1;
        if (i >= initial) {
            counts[distance]++;
            longest = distance > longest ? distance : longest;
        }
    }
    return longest;
}

/* universal_distances(packed, length, block_bits, initial, out: zeros int64[length // block_bits + 1]) -> longest
 * distance */
static PyObject *universal_distances(PyObject *module, PyObject *arguments)
{
    PyObject *given, *result;
    long long length, width, initial;
    Py_buffer packed, out;
    uint64_t *last;
    size_t longest = 0;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OLLLO", &given, &length, &width, &initial, &result))
        return NULL;
    if (length < 0 || width < 1 || width > MOST_BLOCK_BITS || initial < 0)
        return PyErr_Format(PyExc_ValueError, "a length, a width or a number of blocks is out of range");
    if (!take_bits(given, &packed, length))
        return NULL;
    if (!take_output(result, &out, (size_t)(length / width) + 1, sizeof(int64_t), "out")) {
        PyBuffer_Release(&packed);
        return NULL;
    }
    last = calloc((size_t)1 << width, sizeof *last);
    if (last) {
        Py_BEGIN_ALLOW_THREADS
        longest = distances(packed.buf, (size_t)packed.len, (size_t)(length / width), (unsigned)width,
                            (size_t)initial, last, out.buf);
        Py_END_ALLOW_THREADS
        free(last);
    }
    PyBuffer_Release(&out);
    PyBuffer_Release(&packed);
    if (!last)
        return PyErr_NoMemory();
    return PyLong_FromSize_t(longest);
}

PyMethodDef universal_methods[] = {
    {"universal_distances", universal_distances, METH_VARARGS, "Count blocks by how far back they were last seen."},
    {NULL, NULL, 0, NULL},
};
