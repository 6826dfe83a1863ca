/* What each C file of the statistical tests gives to the module.
 *
 * A file exports one table of methods, `const`-free because Python wants it so, and names it in METHOD_TABLES below:
 * that is all that a new file needs, beside the types in _native.pyi. Each method takes buffers and numbers, checks
 * every length before it touches memory, releases the interpreter lock while it works, and writes to a buffer that its
 * caller made. What gains from wider vectors goes into a file *_body.h and a field of struct lanes: see lanes.h.
 */
#ifndef FAIRLOT_STATISTICS_METHODS_H
#define FAIRLOT_STATISTICS_METHODS_H

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000 /* one binary for Python 3.11 and all later ones */
#include <Python.h>
#include <stddef.h>
#include <stdint.h>

/* One line for each file; keep them in the order of their names. */
#define METHOD_TABLES(X)                                                                                               \
    X(bit_set_methods)                                                                                                 \
    X(complexity_methods)                                                                                              \
    X(count_methods)                                                                                                   \
    X(entropy_context_methods)                                                                                         \
    X(entropy_iid_methods)                                                                                             \
    X(entropy_predictor_methods)                                                                                       \
    X(entropy_tuple_methods)                                                                                           \
    X(lanes_methods)                                                                                                   \
    X(rank_methods)                                                                                                    \
    X(spectrum_methods)                                                                                                \
    X(universal_methods)                                                                                               \
    X(walk_methods)                                                                                                    \
    X(window_methods)

#define DECLARE(table) extern PyMethodDef table[];
METHOD_TABLES(DECLARE)
#undef DECLARE

/* Take a contiguous buffer of at least `items` items of `item_bytes` bytes, aligned to them; 1, or 0 with an error. */
int take_input(PyObject *object, Py_buffer *view, size_t items, size_t item_bytes, const char *name);
/* The same of a writable buffer, of exactly so many items. */
int take_output(PyObject *object, Py_buffer *view, size_t items, size_t item_bytes, const char *name);
/* Take packed bits that hold `length` bits. */
int take_bits(PyObject *object, Py_buffer *view, long long length);
/* 1 if `packed` holds so many bits; else 0 with an error set. */
int holds_bits(const Py_buffer *packed, long long length);

#endif
