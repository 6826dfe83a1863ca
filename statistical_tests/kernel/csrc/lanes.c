/* Which widths of vectors were built in, which of them this processor runs, and which one is in use. */
#include "methods.h"

#include "lanes.h"

#ifdef FAIRLOT_X86
/* __builtin_cpu_supports also asks whether the operating system keeps the wide registers. */
static int has_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
static int has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq");
}
#endif

static int always(void) { return 1; }

/* The preferred one first. */
static const struct lanes LANES[] = {
#ifdef FAIRLOT_X86
    {"avx512", has_avx512, 64, complexities_avx512, ranks_32_avx512, spectrum_avx512},
    {"avx2", has_avx2, 32, complexities_avx2, ranks_32_avx2, spectrum_avx2},
#endif
    {"128", always, 16, complexities_128, ranks_32_128, spectrum_128},
};
enum { COUNT = sizeof LANES / sizeof *LANES };

static size_t chosen = COUNT; /* none yet */

const struct lanes *lanes_in_use(void)
{
    if (chosen == COUNT)
        for (chosen = 0; !LANES[chosen].runs_here();)
            chosen++;
    return &LANES[chosen];
}

/* lanes() -> names of those that this processor runs, the preferred one first */
static PyObject *lanes(PyObject *module, PyObject *nothing)
{
    PyObject *names = PyList_New(0);
    (void)module;
    (void)nothing;
    for (size_t i = 0; names && i < COUNT; i++)
        if (LANES[i].runs_here()) {
            PyObject *name = PyUnicode_FromString(LANES[i].name);
            if (!name || PyList_Append(names, name) < 0)
                Py_CLEAR(names);
            Py_XDECREF(name);
        }
    return names;
}

/* use_lanes(index in lanes()) */
static PyObject *use_lanes(PyObject *module, PyObject *arguments)
{
    Py_ssize_t index;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "n", &index))
        return NULL;
    for (size_t i = 0; index >= 0 && i < COUNT; i++)
        if (LANES[i].runs_here() && index-- == 0) {
            chosen = i;
            Py_RETURN_NONE;
        }
    return PyErr_Format(PyExc_ValueError, "this processor has no such lanes");
}

PyMethodDef lanes_methods[] = {
    {"lanes", lanes, METH_NOARGS, "List the widths of vectors that this processor runs."},
    {"use_lanes", use_lanes, METH_VARARGS, "Choose one of them."},
    {NULL, NULL, 0, NULL},
};
