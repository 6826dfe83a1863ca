/* SP 800-90B sections 6.3.7 and 6.3.8: the most common value of a window and the value some places back as guesses. */
#include "entropy.h"
#include <string.h>

#define MOST_WINDOWS 16
#define MOST_LAG 4096

/* The last `size` samples: how often each value is there, and the most common one, of several the latest. */
struct window {
    int64_t size, score;
    int64_t counts[256], seen[256];
    int mode, kinds; /* values are below `kinds` */
};

static void look_again(struct window *window)
{
    int best = 0;
    for (int value = 1; value < window->kinds; value++)
        if (window->counts[value] > window->counts[best] ||
            (window->counts[value] == window->counts[best] && window->seen[value] > window->seen[best]))
            best = value;
    window->mode = best;
}

/* Add samples[i]; the one that is `size` before it goes. */
static void slide(struct window *window, const uint8_t *samples, int64_t i)
{
    int in = samples[i];
    window->seen[in] = i + 1;
    window->counts[in]++;
    if (window->counts[in] >= window->counts[window->mode])
        window->mode = in;
    if (i >= window->size) {
        int out = samples[i - window->size];
        window->counts[out]--;
        if (out == window->mode)
            look_again(window);
    }
}

/* entropy_windows(samples, sizes: int64[windows], ascending) -> (correct, longest run) */
static PyObject *windows(PyObject *module, PyObject *arguments)
{
    PyObject *given, *given_sizes;
    Py_buffer samples, sizes;
    struct guesses all = {0, 0, 0};
    struct window windows[MOST_WINDOWS];
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OO", &given, &given_sizes) || !take_samples(given, &samples, 8))
        return NULL;
    if (!take_input(given_sizes, &sizes, 1, sizeof(int64_t), "sizes")) {
        PyBuffer_Release(&samples);
        return NULL;
    }
    int number = (int)((size_t)sizes.len / sizeof(int64_t));
    int good = (size_t)sizes.len / sizeof(int64_t) <= MOST_WINDOWS, kinds = 1;
    for (Py_ssize_t i = 0; i < samples.len; i++)
        kinds = ((const uint8_t *)samples.buf)[i] >= kinds ? ((const uint8_t *)samples.buf)[i] + 1 : kinds;
    for (int j = 0; good && j < number; j++) {
        memset(&windows[j], 0, sizeof windows[j]);
        windows[j].size = ((const int64_t *)sizes.buf)[j];
        windows[j].kinds = kinds;
        good = windows[j].size >= 1 && (j == 0 || windows[j].size > windows[j - 1].size);
    }
    PyBuffer_Release(&sizes);
    if (!good) {
        PyBuffer_Release(&samples);
        return PyErr_Format(PyExc_ValueError, "sizes: too many, or they do not ascend from 1");
    }
    Py_BEGIN_ALLOW_THREADS
    const uint8_t *values = samples.buf;
    int winner = 0;
    for (int64_t i = 0; i < samples.len; i++) {
        if (i >= windows[0].size) {
            guess(&all, i >= windows[winner].size && windows[winner].mode == values[i]);
            for (int j = 0; j < number && i >= windows[j].size; j++)
                if (windows[j].mode == values[i] && ++windows[j].score >= windows[winner].score)
                    winner = j;
        }
        for (int j = 0; j < number; j++)
            slide(&windows[j], values, i);
    }
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&samples);
    return Py_BuildValue("LL", (long long)all.correct, (long long)all.longest);
}

/* entropy_lag(samples, depth) -> (correct, longest run) */
static PyObject *lag(PyObject *module, PyObject *arguments)
{
    PyObject *given;
    int depth;
    Py_buffer samples;
    struct guesses all = {0, 0, 0};
    /* At k stands the lag depth - k, so that scores lie as the samples do. 32 bits hold MOST_SAMPLES. */
    int32_t scores[MOST_LAG];
    (void)module;
    if (!PyArg_ParseTuple(arguments, "Oi", &given, &depth) || !take_samples(given, &samples, 8))
        return NULL;
    if (depth < 1 || depth > MOST_LAG) {
        PyBuffer_Release(&samples);
        return PyErr_Format(PyExc_ValueError, "depth is out of range");
    }
    memset(scores, 0, sizeof scores);
    Py_BEGIN_ALLOW_THREADS
    const uint8_t *values = samples.buf;
    int winner = depth - 1;
    for (Py_ssize_t i = 1; i < samples.len; i++) {
        const int first = i < depth ? (int)(depth - i) : 0, there = depth - first;
        const uint8_t value = values[i], *before = values + (i - there);
        int32_t *score = scores + first, best = 0;
        guess(&all, winner >= first && before[winner - first] == value);
        for (int k = 0; k < there; k++) {
            int32_t same = before[k] == value;
            score[k] += same;
            int32_t candidate = same ? score[k] : 0;
            best = candidate > best ? candidate : best;
        }
        /* Lags are looked at from 1 up, and one that reaches the winner's score takes its place. So the winner is
         * the largest lag among the right ones with the best score of all, and stays if none has it. */
        if (best > 0 && best >= scores[winner])
            for (int k = 0; k < there; k++)
                if (score[k] == best && before[k] == value) {
                    winner = first + k;
                    break;
                }
    }
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&samples);
    return Py_BuildValue("LL", (long long)all.correct, (long long)all.longest);
}

PyMethodDef entropy_predictor_methods[] = {
    {"entropy_windows", windows, METH_VARARGS, "Guess the most common value of one of several windows."},
    {"entropy_lag", lag, METH_VARARGS, "Guess the value that was some places back."},
    {NULL, NULL, 0, NULL},
};
