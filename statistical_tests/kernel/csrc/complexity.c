/* Linear complexity of blocks (SP 800-22 2.10): complexity_body.h computes it. */
#include "methods.h"

#include "lanes.h"

enum { MOST_BLOCK_BITS = 1 << 24 };

/* linear_complexities(packed, length, block_bits, out: int64[length // block_bits]) */
static PyObject *linear_complexities(PyObject *module, PyObject *arguments)
{
    PyObject *given, *result;
    long long length, block;
    Py_buffer packed, out;
    const struct lanes *lanes = lanes_in_use();
    int failed;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OLLO", &given, &length, &block, &result))
        return NULL;
    if (length < 0 || block < 1 || block > MOST_BLOCK_BITS)
        return PyErr_Format(PyExc_ValueError, "a length or a block is out of range");
    if (!take_bits(given, &packed, length))
        return NULL;
    if (!take_output(result, &out, (size_t)(length / block), sizeof(int64_t), "out")) {
        PyBuffer_Release(&packed);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    failed = lanes->complexities(packed.buf, (size_t)packed.len, (size_t)(length / block), (size_t)block, out.buf);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&out);
    PyBuffer_Release(&packed);
    if (failed)
        return PyErr_NoMemory();
    Py_RETURN_NONE;
}

PyMethodDef complexity_methods[] = {
    {"linear_complexities", linear_complexities, METH_VARARGS, "Compute the linear complexity of each whole block."},
    {NULL, NULL, 0, NULL},
};
