/* Pieces of a sequence in which every value occurs, each as short as it can be (TAOCP 3.3.2 E). */
#include "methods.h"

enum { MOST_KINDS = 64 };

/* Write the lengths of the first whole sets of the values 0 .. kinds - 1, at most `most`, and return how many there are. */
static long long lengths_of_sets(const uint8_t *values, size_t count, unsigned kinds, int64_t *lengths, size_t most)
{
    const uint64_t whole = ~(uint64_t)0 >> (MOST_KINDS - kinds);
    uint64_t seen = 0;
    size_t sets = 0, start = 0;
    for (size_t i = 0; i < count && sets < most; i++) {
        if (values[i] < kinds)
            seen |= (uint64_t)1 << values[i];
        if (seen == whole) {
            lengths[sets++] = (int64_t)(i + 1 - start);
            start = i + 1;
            seen = 0;
        }
    }
    return (long long)sets;
}

/* bit_set_lengths(values: uint8[n], kinds, most, out: int64[most]) -> how many of `out` were written */
static PyObject *bit_set_lengths(PyObject *module, PyObject *arguments)
{
    PyObject *given, *result;
    long long kinds, most, sets;
    Py_buffer values, out;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OLLO", &given, &kinds, &most, &result))
        return NULL;
    if (kinds < 1 || kinds > MOST_KINDS || most < 0)
        return PyErr_Format(PyExc_ValueError, "a number is out of range");
    if (!take_input(given, &values, 0, 1, "values"))
        return NULL;
    if (!take_output(result, &out, (size_t)most, sizeof(int64_t), "out")) {
        PyBuffer_Release(&values);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    sets = lengths_of_sets(values.buf, (size_t)values.len, (unsigned)kinds, out.buf, (size_t)most);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&out);
    PyBuffer_Release(&values);
    return PyLong_FromLongLong(sets);
}

PyMethodDef bit_set_methods[] = {
    {"bit_set_lengths", bit_set_lengths, METH_VARARGS, "Measure the pieces in which every value occurs."},
    {NULL, NULL, 0, NULL},
};
