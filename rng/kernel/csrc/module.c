/* The kernel as a Python module: it checks what memory safety needs, gives up the interpreter lock, and calls the jobs.
 *
 * rng/kernel/__init__.py checks arguments first and says in words what is wrong; nothing from there is refused here but
 * the things that Python code cannot see quickly: offsets, nonces, and memory that overlaps.
 */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000 /* one binary for Python 3.11 and all later ones */
#include <Python.h>
#include <string.h>

#include "jobs.h"

enum { MOST_BUFFERS = 7 };

static const long long MOST = 1LL << MAX_COUNTER_BITS;

/* Bit i is set if engine i runs here. Asked once, since a virtual machine takes microseconds to answer. */
static unsigned runs_here;

/* The buffers of one call. What was never taken is zero. */
struct buffers {
    Py_buffer list[MOST_BUFFERS];
};

static const uint8_t *bytes_of(const Py_buffer *buffer) { return buffer->buf; }
static size_t length_of(const Py_buffer *buffer) { return (size_t)buffer->len; }

/* Set an error; give 0. */
static int refuse(const char *why)
{
    PyErr_SetString(PyExc_ValueError, why);
    return 0;
}

/* Release all buffers; give None, or NULL if an error is set. */
static PyObject *leave(struct buffers *buffers)
{
    for (size_t i = 0; i < MOST_BUFFERS; i++)
        if (buffers->list[i].obj)
            PyBuffer_Release(&buffers->list[i]);
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

/* Each of the checks below gives 1, or sets an error and gives 0. */

static int find_engine(const struct engine **engine, int index, size_t messages)
{
    if (index < 0 || (size_t)index >= ENGINE_COUNT || !(runs_here >> index & 1))
        return refuse("this processor has no such engine");
    *engine = suited(ENGINES[index], messages);
    return 1;
}

static int lengths_agree(int agree) { return agree || refuse("lengths of the buffers do not agree"); }

static int within(long long value, long long most)
{
    return (value >= 0 && value <= most) || refuse("a number is out of range");
}

static int shape_fits(const struct shape *shape)
{
    return (shape->middle_length <= MAX_JOINTS && shape->suffix_length <= MAX_JOINTS - shape->middle_length)
           || refuse("middle and suffix are too long");
}

/* `out` is the last of the buffers that a call takes. */
static int out_is_apart(const struct buffers *buffers, size_t out)
{
    const uintptr_t start = (uintptr_t)buffers->list[out].buf, end = start + length_of(&buffers->list[out]);

    for (size_t i = 0; i < out; i++) {
        const uintptr_t other = (uintptr_t)buffers->list[i].buf, other_end = other + length_of(&buffers->list[i]);
        if (start < end && other < other_end && other < end && start < other_end)
            return refuse("out overlaps an input; give it memory of its own");
    }
    return 1;
}

static int offsets_fit(const struct ragged *rows, size_t count)
{
    const size_t wrong = wrong_offset(rows, count);
    int64_t value;

    if (wrong > count)
        return 1;
    memcpy(&value, rows->offsets + wrong * sizeof value, sizeof value);
    PyErr_Format(PyExc_ValueError, "offsets must run from 0 to %zu without going back; offsets[%zu] is %lld",
                 rows->length, wrong, (long long)value);
    return 0;
}

static int nonces_fit(const uint8_t *nonces, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t value;
        memcpy(&value, nonces + i * sizeof value, sizeof value);
        if (value < 0 || value >= MOST) {
            PyErr_Format(PyExc_ValueError, "a nonce is 0 to 2^53 - 1; nonces[%zu] is %lld", i, (long long)value);
            return 0;
        }
    }
    return 1;
}

static int unchanged(int changed)
{
    return !changed || refuse("offsets were changed by another thread while they were in use");
}

/* `z*` leaves buf NULL for None, which leaves the block's number out. */
static struct shape shape_of(const Py_buffer *middle, const Py_buffer *suffix)
{
    return (struct shape){middle->buf, suffix->buf, length_of(middle), length_of(suffix), middle->buf != NULL};
}

static PyObject *py_hmac_nonces(PyObject *self, PyObject *arguments)
{
    struct buffers all = {0};
    Py_buffer *key = &all.list[0], *prefix = &all.list[1], *middle = &all.list[2], *suffix = &all.list[3];
    Py_buffer *out = &all.list[4];
    const struct engine *engine;
    struct shape shape;
    long long first_nonce, count, first_block, blocks;
    int index;

    (void)self;
    if (!PyArg_ParseTuple(arguments, "iy*y*z*y*LLLLw*", &index, key, prefix, middle, suffix, &first_nonce, &count,
                          &first_block, &blocks, out))
        return leave(&all);
    shape = shape_of(middle, suffix);
    if (find_engine(&engine, index, length_of(out) / DIGEST_BYTES) && within(first_nonce, MOST)
        && within(count, MOST - first_nonce) && within(first_block, MOST) && within(blocks, MOST - first_block)
        && shape_fits(&shape)
        && lengths_agree((shape.numbered || blocks <= 1)
                         && (blocks == 0 || count <= PY_SSIZE_T_MAX / DIGEST_BYTES / blocks)
                         && length_of(out) == (size_t)count * (size_t)blocks * DIGEST_BYTES)
        && out_is_apart(&all, 4)) {
        const struct nonce_range range = {
            .prefix = bytes_of(prefix),
            .prefix_length = length_of(prefix),
            .first_nonce = (uint64_t)first_nonce,
            .count = (uint64_t)count,
            .first_block = (uint64_t)first_block,
            .blocks = (uint64_t)blocks,
        };
        Py_BEGIN_ALLOW_THREADS
        hmac_nonces(engine, bytes_of(key), length_of(key), &shape, &range, out->buf);
        Py_END_ALLOW_THREADS
    }
    return leave(&all);
}

static PyObject *py_hmac_rounds(PyObject *self, PyObject *arguments)
{
    struct buffers all = {0};
    Py_buffer *keys = &all.list[0], *prefixes = &all.list[1], *offsets = &all.list[2], *nonces = &all.list[3];
    Py_buffer *middle = &all.list[4], *suffix = &all.list[5], *out = &all.list[6];
    const struct engine *engine;
    struct ragged rows;
    struct shape shape;
    size_t count;
    long long block;
    int index, changed;

    (void)self;
    if (!PyArg_ParseTuple(arguments, "iy*y*y*y*z*y*Lw*", &index, keys, prefixes, offsets, nonces, middle, suffix,
                          &block, out))
        return leave(&all);
    shape = shape_of(middle, suffix);
    rows = (struct ragged){bytes_of(prefixes), length_of(prefixes), bytes_of(offsets)};
    count = length_of(out) / DIGEST_BYTES;
    if (find_engine(&engine, index, count) && within(block, MOST - 1) && shape_fits(&shape)
        && lengths_agree(length_of(out) == count * DIGEST_BYTES && length_of(keys) == length_of(out)
                         && length_of(nonces) == count * sizeof(int64_t)
                         && length_of(offsets) == (count + 1) * sizeof(int64_t))
        && out_is_apart(&all, 6) && offsets_fit(&rows, count) && nonces_fit(bytes_of(nonces), count)) {
        Py_BEGIN_ALLOW_THREADS
        changed = hmac_rounds(engine, bytes_of(keys), &shape, &rows, bytes_of(nonces), (uint64_t)block, count,
                              out->buf);
        Py_END_ALLOW_THREADS
        unchanged(changed);
    }
    return leave(&all);
}

static PyObject *py_hmac_rows(PyObject *self, PyObject *arguments)
{
    struct buffers all = {0};
    Py_buffer *keys = &all.list[0], *messages = &all.list[1], *offsets = &all.list[2], *out = &all.list[3];
    const struct engine *engine;
    struct ragged rows;
    size_t count;
    int index, changed;

    (void)self;
    if (!PyArg_ParseTuple(arguments, "iy*y*y*w*", &index, keys, messages, offsets, out))
        return leave(&all);
    rows = (struct ragged){bytes_of(messages), length_of(messages), bytes_of(offsets)};
    count = length_of(out) / DIGEST_BYTES;
    if (find_engine(&engine, index, count)
        && lengths_agree(length_of(out) == count * DIGEST_BYTES && length_of(keys) == length_of(out)
                         && length_of(offsets) == (count + 1) * sizeof(int64_t))
        && out_is_apart(&all, 3) && offsets_fit(&rows, count)) {
        Py_BEGIN_ALLOW_THREADS
        changed = hmac_rows(engine, bytes_of(keys), &rows, count, out->buf);
        Py_END_ALLOW_THREADS
        unchanged(changed);
    }
    return leave(&all);
}

static PyObject *py_sha256_rows(PyObject *self, PyObject *arguments)
{
    struct buffers all = {0};
    Py_buffer *prefix = &all.list[0], *rows = &all.list[1], *out = &all.list[2];
    const struct engine *engine;
    Py_ssize_t width;
    size_t count;
    int index;

    (void)self;
    if (!PyArg_ParseTuple(arguments, "iy*y*nw*", &index, prefix, rows, &width, out))
        return leave(&all);
    count = length_of(out) / DIGEST_BYTES;
    if (find_engine(&engine, index, count)
        && lengths_agree(width > 0 && length_of(rows) % (size_t)width == 0 && length_of(rows) / (size_t)width == count
                         && length_of(out) == count * DIGEST_BYTES)
        && out_is_apart(&all, 2)) {
        Py_BEGIN_ALLOW_THREADS
        sha256_rows(engine, bytes_of(prefix), length_of(prefix), bytes_of(rows), (size_t)width, count, out->buf);
        Py_END_ALLOW_THREADS
    }
    return leave(&all);
}

static PyObject *py_chain_steps(PyObject *self, PyObject *arguments)
{
    struct buffers all = {0};
    Py_buffer *label = &all.list[0], *starts = &all.list[1], *out = &all.list[2];
    const struct engine *engine;
    long long every;
    Py_ssize_t stores;
    size_t count;
    int index;

    (void)self;
    if (!PyArg_ParseTuple(arguments, "iy*y*Lnw*", &index, label, starts, &every, &stores, out))
        return leave(&all);
    count = length_of(starts) / DIGEST_BYTES;
    if (find_engine(&engine, index, count) && within(every, MOST) && within(stores, PY_SSIZE_T_MAX)
        && lengths_agree(length_of(starts) == count * DIGEST_BYTES
                         && (stores == 0 || length_of(starts) <= (size_t)(PY_SSIZE_T_MAX / stores))
                         && length_of(out) == length_of(starts) * (size_t)stores)
        && out_is_apart(&all, 2)) {
        Py_BEGIN_ALLOW_THREADS
        chain_steps(engine, bytes_of(label), length_of(label), bytes_of(starts), count, (uint64_t)every, (size_t)stores,
                    out->buf);
        Py_END_ALLOW_THREADS
    }
    return leave(&all);
}

/* The engines that this processor runs: tuples of name, text and the index that the other functions take. */
static PyObject *py_engines(PyObject *self, PyObject *nothing)
{
    PyObject *found = PyList_New(0), *answer;

    (void)self;
    (void)nothing;
    for (size_t i = 0; found && i < ENGINE_COUNT; i++) {
        PyObject *entry;
        if (!(runs_here >> i & 1))
            continue;
        entry = Py_BuildValue("(ssn)", ENGINES[i]->name, ENGINES[i]->text, (Py_ssize_t)i);
        if (!entry || PyList_Append(found, entry) < 0)
            Py_CLEAR(found);
        Py_XDECREF(entry);
    }
    answer = found ? PyList_AsTuple(found) : NULL;
    Py_XDECREF(found);
    return answer;
}

static PyMethodDef methods[] = {
    {"engines", py_engines, METH_NOARGS, NULL},
    {"hmac_nonces", py_hmac_nonces, METH_VARARGS, NULL},
    {"hmac_rounds", py_hmac_rounds, METH_VARARGS, NULL},
    {"hmac_rows", py_hmac_rows, METH_VARARGS, NULL},
    {"sha256_rows", py_sha256_rows, METH_VARARGS, NULL},
    {"chain_steps", py_chain_steps, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static int ask_processor(PyObject *module)
{
    (void)module;
    for (size_t i = 0; i < ENGINE_COUNT; i++)
        runs_here |= (unsigned)!!ENGINES[i]->runs_here() << i;
    return 0;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void *)ask_processor}, {0, NULL}};

static struct PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "rng.kernel._native",
    .m_doc = "The compiled part of rng.kernel.",
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__native(void) { return PyModuleDef_Init(&definition); }
