/* The rank of matrices over GF(2), a row in words; those of 32 x 32 in rank_body.h. */
#include "methods.h"

#include <stdlib.h>

#include "bitwise.h"
#include "lanes.h"

/* Each row that is not zero clears one of its columns from all rows below. */
static int64_t rank_of(uint64_t *cells, size_t rows, size_t words)
{
    int64_t rank = 0;
    for (size_t i = 0; i < rows; i++) {
        const uint64_t *pivot = cells + i * words;
        size_t word = 0;
        uint64_t lowest;
        while (word < words && !pivot[word])
            word++;
        if (word == words)
            continue;
        rank++;
        lowest = pivot[word] & (0 - pivot[word]);
        for (size_t j = i + 1; j < rows; j++) {
            uint64_t *row = cells + j * words;
            if (row[word] & lowest)
                for (size_t k = word; k < words; k++)
                    row[k] ^= pivot[k];
        }
    }
    return rank;
}

static void ranks(const uint8_t *packed, size_t bytes, size_t count, size_t rows, size_t columns, uint64_t *cells,
                  int64_t *out)
{
    const size_t words = (columns + 63) / 64;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < rows; j++)
            for (size_t k = 0; k < words; k++)
                cells[j * words + k] = bits_at(packed, bytes, (i * rows + j) * columns + 64 * k)
                                       & first_bits(columns - 64 * k);
        out[i] = rank_of(cells, rows, words);
    }
}

/* matrix_ranks(packed, length, rows, columns, out: int64[length // (rows * columns)]) */
static PyObject *matrix_ranks(PyObject *module, PyObject *arguments)
{
    PyObject *given, *result;
    long long length, rows, columns, count;
    Py_buffer packed, out;
    uint64_t *cells;
    const struct lanes *lanes = lanes_in_use();
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OLLLO", &given, &length, &rows, &columns, &result))
        return NULL;
    if (length < 0 || rows < 1 || columns < 1 || rows > 1 << 20 || columns > 1 << 20)
        return PyErr_Format(PyExc_ValueError, "a length, rows or columns are out of range");
    if (!take_bits(given, &packed, length))
        return NULL;
    count = length / (rows * columns);
    if (!take_output(result, &out, (size_t)count, sizeof(int64_t), "out")) {
        PyBuffer_Release(&packed);
        return NULL;
    }
    /* Without a whole matrix nothing is needed, however large one would be. */
    cells = malloc(count ? (size_t)rows * (size_t)((columns + 63) / 64) * sizeof *cells : 1);
    if (cells) {
        Py_BEGIN_ALLOW_THREADS
        if (rows == 32 && columns == 32)
            lanes->ranks_32(packed.buf, (size_t)packed.len, (size_t)count, out.buf);
        else
            ranks(packed.buf, (size_t)packed.len, (size_t)count, (size_t)rows, (size_t)columns, cells, out.buf);
        Py_END_ALLOW_THREADS
        free(cells);
    }
    PyBuffer_Release(&out);
    PyBuffer_Release(&packed);
    if (!cells)
        return PyErr_NoMemory();
    Py_RETURN_NONE;
}

PyMethodDef rank_methods[] = {
    {"matrix_ranks", matrix_ranks, METH_VARARGS, "Compute the rank of each whole matrix."},
    {NULL, NULL, 0, NULL},
};
