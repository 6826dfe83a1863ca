/* The kernels of the statistical tests as a Python module: it gathers the methods of all files. */
#include "methods.h"

static int refuse(const char *name, const char *why)
{
    PyErr_Format(PyExc_ValueError, "%s: %s", name, why);
    return 0;
}

static int take(PyObject *object, Py_buffer *view, int flags, size_t item_bytes, const char *name)
{
    if (PyObject_GetBuffer(object, view, flags) < 0)
        return 0;
    if ((uintptr_t)view->buf % item_bytes == 0)
        return 1;
    PyBuffer_Release(view);
    return refuse(name, "the buffer is not aligned to its items");
}

int take_input(PyObject *object, Py_buffer *view, size_t items, size_t item_bytes, const char *name)
{
    if (!take(object, view, PyBUF_SIMPLE, item_bytes, name))
        return 0;
    if ((size_t)view->len / item_bytes >= items)
        return 1;
    PyBuffer_Release(view);
    return refuse(name, "the buffer is too short");
}

int take_output(PyObject *object, Py_buffer *view, size_t items, size_t item_bytes, const char *name)
{
    if (!take(object, view, PyBUF_WRITABLE, item_bytes, name))
        return 0;
    if ((size_t)view->len % item_bytes == 0 && (size_t)view->len / item_bytes == items)
        return 1;
    PyBuffer_Release(view);
    return refuse(name, "the buffer has another size than the result");
}

int holds_bits(const Py_buffer *packed, long long length)
{
    if (length >= 0 && (size_t)length / 8 + (length % 8 != 0) <= (size_t)packed->len)
        return 1;
    return refuse("packed", "there are not so many bits");
}

int take_bits(PyObject *object, Py_buffer *view, long long length)
{
    if (!take_input(object, view, 0, 1, "packed"))
        return 0;
    if (holds_bits(view, length))
        return 1;
    PyBuffer_Release(view);
    return 0;
}

static int gather(PyObject *module)
{
#define ADD(table)                                                                                                     \
    if (PyModule_AddFunctions(module, table) < 0)                                                                      \
        return -1;
    METHOD_TABLES(ADD)
#undef ADD
    return 0;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, gather}, {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "statistical_tests.kernel._native",
    .m_doc = "Kernels of the statistical tests; statistical_tests.kernel checks their arguments.",
    .m_slots = slots,
};

__attribute__((visibility("default"))) PyObject *PyInit__native(void) { return PyModuleDef_Init(&definition); }
