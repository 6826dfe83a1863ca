/* The spectral test's count (SP 800-22 2.6): spectrum_body.h transforms, this file checks what Python planned. */
#include "methods.h"

#include "bitwise.h"
#include "lanes.h"

enum { BUFFERS = 8 };

/* Numbers of double of all factors but those of the last pass; 0 if the radices do not make up `size`. */
static int factors_fit(const Py_buffer *radices, const Py_buffer *twiddles, size_t size, struct dft_factors *factors)
{
    size_t sub = size, numbers = 0;
    *factors = (struct dft_factors){(size_t)radices->len, radices->buf, twiddles->buf};
    if (factors->count < 2)
        return 0;
    for (size_t i = 0; i < factors->count; i++) {
        const unsigned radix = factors->radices[i];
        if ((radix != 8 && (radix < 2 || radix > 5)) || sub % radix)
            return 0;
        sub /= radix;
        numbers += 2 * sub * (radix - 1);
    }
    return sub == 1 && (size_t)twiddles->len == numbers * sizeof(double);
}

static int positions_fit(const Py_buffer *positions, size_t size)
{
    const int64_t *place = positions->buf;
    if ((size_t)positions->len != size * sizeof *place)
        return 0;
    for (size_t i = 0; i < size; i++)
        if (place[i] < 0 || (size_t)place[i] >= size)
            return 0;
    return 1;
}

/* The bins 0 and n / 2 are sums of integers: of all values, and of all with their signs in turns. */
static void real_bins(const uint8_t *packed, size_t bytes, size_t length, double *zero, double *half)
{
    int64_t even = 0, odd = 0;
    for (size_t from = 0; from < length; from += 64) {
        const uint64_t word = bits_at(packed, bytes, from) & first_bits(length - from);
        even += ones_of(word & 0xaaaaaaaaaaaaaaaa);
        odd += ones_of(word & 0x5555555555555555);
    }
    *zero = (double)(2 * (even + odd) - (int64_t)length);
    *half = (double)(2 * (even - odd));
}

static int below(double value, double bound) { return value * value < bound; }

/* spectrum_below(packed, length, n1, n2, radices of n1, twiddles, positions, radices of n2, twiddles, coarse, fine,
 * low, high) -> how many of the first length / 2 bins have a squared modulus below low, or -1 if some are from low to
 * high */
static PyObject *spectrum_below(PyObject *module, PyObject *arguments)
{
    static const size_t item[BUFFERS] = {1, 1, 8, 8, 1, 8, 8, 8};
    PyObject *given[BUFFERS];
    Py_buffer view[BUFFERS];
    long long length, n1, n2, count = -1;
    struct dft_plan plan;
    struct dft_counts counts = {{0, 0}, {0, 0}};
    const struct lanes *lanes = lanes_in_use();
    double zero, half;
    int taken = 0, failed = 0;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OLLLOOOOOOOdd", &given[0], &length, &n1, &n2, &given[1], &given[2], &given[3],
                          &given[4], &given[5], &given[6], &given[7], &plan.low, &plan.high))
        return NULL;
    while (taken < BUFFERS && take_input(given[taken], &view[taken], 0, item[taken], "a part of the plan"))
        taken++;
    if (taken == BUFFERS) {
        plan.n1 = (size_t)n1;
        plan.n2 = (size_t)n2;
        plan.rows = plan.n1 / 2 + 1;
        plan.positions = view[3].buf;
        plan.coarse = view[6].buf;
        plan.fine = view[7].buf;
        if (n1 < 2 || n2 < 2 || n1 % 2 || n1 > 1 << 20 || n2 > 1 << 20 || length != n1 * n2
            || !factors_fit(&view[1], &view[2], plan.n1, &plan.columns)
            || !factors_fit(&view[4], &view[5], plan.n2, &plan.along_rows) || !positions_fit(&view[3], plan.n1)
            || (size_t)view[6].len != (plan.n2 / 8 + 3) * plan.rows * 2 * sizeof(double)
            || (size_t)view[7].len != plan.rows * 16 * sizeof(double)) {
            PyErr_SetString(PyExc_ValueError, "the plan's parts do not fit each other");
        } else if (holds_bits(&view[0], length)) {
            Py_BEGIN_ALLOW_THREADS
            failed = lanes->spectrum(&plan, view[0].buf, (size_t)view[0].len, &counts);
            real_bins(view[0].buf, (size_t)view[0].len, (size_t)length, &zero, &half);
            Py_END_ALLOW_THREADS
            if (failed)
                PyErr_NoMemory();
            else if (counts.below_low[0] == counts.below_high[0] && counts.below_low[1] == counts.below_high[1])
                count = counts.below_low[0]
                        + (counts.below_low[1] + below(zero, plan.low) - below(half, plan.low)) / 2;
        }
    }
    while (taken)
        PyBuffer_Release(&view[--taken]);
    if (PyErr_Occurred())
        return NULL;
    return PyLong_FromLongLong(count);
}

PyMethodDef spectrum_methods[] = {
    {"spectrum_below", spectrum_below, METH_VARARGS, "Count the moduli below a bound."},
    {NULL, NULL, 0, NULL},
};
