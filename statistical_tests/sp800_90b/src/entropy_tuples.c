/* SP 800-90B sections 6.3.5, 6.3.6 and 5.2.5: how often tuples of each length are there, by sorting all suffixes. */
#include "entropy.h"
#include <stdlib.h>
#include <string.h>

/* Text of bytes at the top, of names of its own pieces below. */
struct text {
    const uint8_t *bytes;
    const int32_t *names;
    int32_t length, most; /* no value is above `most` */
};

static inline int32_t at(const struct text *text, int32_t i) { return text->bytes ? text->bytes[i] : text->names[i]; }

/* What induced sorting needs of a text: which suffixes are smaller than the next one, and where each value's suffixes
 * begin in the order, the larger ones (`up`, by the next suffix) after the smaller (`down`). */
struct types {
    uint8_t *rising;
    int32_t *down, *up, *place;
};

/* Order all suffixes, given the order of those that begin a rise after a fall (Nong, Zhang, Chan 2009: SA-IS). */
static void induce(const struct text *text, const struct types *types, const int32_t *starts, int32_t number, int32_t *order)
{
    const int32_t n = text->length;
    const size_t places = ((size_t)text->most + 2) * sizeof(int32_t);
    for (int32_t i = 0; i < n; i++)
        order[i] = -1;
    memcpy(types->place, types->up, places);
    for (int32_t i = 0; i < number; i++)
        order[types->place[at(text, starts[i])]++] = starts[i];
    memcpy(types->place, types->down, places);
    order[types->place[at(text, n - 1)]++] = n - 1;
    for (int32_t i = 0; i < n; i++) {
        int32_t before = order[i] - 1;
        if (before >= 0 && !types->rising[before])
            order[types->place[at(text, before)]++] = before;
    }
    memcpy(types->place, types->down, places);
    for (int32_t i = n - 1; i >= 0; i--) {
        int32_t before = order[i] - 1;
        if (before >= 0 && types->rising[before])
            order[--types->place[at(text, before) + 1]] = before;
    }
}

/* Name the pieces between starts by their order, equal pieces alike; the largest name. */
static int32_t name_pieces(const struct text *text, const int32_t *starts, int32_t number, const int32_t *which,
                           const int32_t *sorted, int32_t *names)
{
    int32_t name = 0;
    names[which[sorted[0]]] = 0;
    for (int32_t i = 1; i < number; i++) {
        int32_t left = sorted[i - 1], right = sorted[i];
        int32_t left_end = which[left] + 1 < number ? starts[which[left] + 1] : text->length;
        int32_t right_end = which[right] + 1 < number ? starts[which[right] + 1] : text->length;
        int same = left_end - left == right_end - right;
        if (same) {
            while (left < left_end && at(text, left) == at(text, right))
                left++, right++;
            same = left < text->length && right < text->length && left >= left_end && at(text, left) == at(text, right);
        }
        name += !same;
        names[which[sorted[i]]] = name;
    }
    return name;
}

static int sort_suffixes(const struct text *text, int32_t *order);

/* Order the starts by sorting the text of their names; 1, or 0 without memory. */
static int sort_starts(const struct text *text, const struct types *types, int32_t *starts, int32_t number, int32_t *order)
{
    const int32_t n = text->length;
    int32_t *which = malloc(((size_t)n + 1) * sizeof *which);
    int32_t *sorted = malloc((size_t)number * sizeof *sorted);
    int32_t *names = malloc((size_t)number * sizeof *names);
    int good = which != NULL && sorted != NULL && names != NULL;
    if (good) {
        int32_t found = 0;
        memset(which, 0xff, ((size_t)n + 1) * sizeof *which);
        for (int32_t i = 0; i < number; i++)
            which[starts[i]] = i;
        induce(text, types, starts, number, order);
        for (int32_t i = 0; i < n; i++)
            if (which[order[i]] >= 0)
                sorted[found++] = order[i];
        struct text below = {NULL, names, number, 0};
        below.most = name_pieces(text, starts, number, which, sorted, names);
        free(which);
        which = NULL;
        if (below.most + 1 == number) /* no two alike: their order is known */
            memcpy(starts, sorted, (size_t)number * sizeof *starts);
        else {
            good = sort_suffixes(&below, sorted);
            for (int32_t i = 0; good && i < number; i++)
                sorted[i] = starts[sorted[i]];
            if (good)
                memcpy(starts, sorted, (size_t)number * sizeof *starts);
        }
    }
    free(which);
    free(sorted);
    free(names);
    return good;
}

/* Write where the suffixes begin, the smallest first, a suffix before those it begins; 1, or 0 without memory. */
static int sort_suffixes(const struct text *text, int32_t *order)
{
    const int32_t n = text->length;
    const size_t values = (size_t)text->most + 2;
    if (n == 1)
        order[0] = 0;
    if (n <= 1)
        return 1;
    struct types types = {malloc((size_t)n), calloc(values, sizeof(int32_t)), calloc(values, sizeof(int32_t)),
                          malloc(values * sizeof(int32_t))};
    int32_t *starts = malloc(((size_t)n / 2 + 1) * sizeof *starts), number = 0;
    int good = types.rising != NULL && types.down != NULL && types.up != NULL && types.place != NULL && starts != NULL;
    if (good) {
        types.rising[n - 1] = 0;
        for (int32_t i = n - 2; i >= 0; i--) {
            int32_t here = at(text, i), next = at(text, i + 1);
            types.rising[i] = here == next ? types.rising[i + 1] : here < next;
        }
        for (int32_t i = 0; i < n; i++) /* falling ones of a value lie from `down`, rising ones from `up` to the next */
            if (types.rising[i])
                types.down[at(text, i) + 1]++;
            else
                types.up[at(text, i)]++;
        for (size_t value = 0; value < values; value++) {
            types.up[value] += types.down[value];
            if (value + 1 < values)
                types.down[value + 1] += types.up[value];
        }
        for (int32_t i = 1; i < n; i++)
            if (types.rising[i] && !types.rising[i - 1])
                starts[number++] = i;
        good = number == 0 || sort_starts(text, &types, starts, number, order);
        if (good)
            induce(text, &types, starts, number, order);
    }
    free(types.rising);
    free(types.down);
    free(types.up);
    free(types.place);
    free(starts);
    return good;
}

/* Replace the order by how much each suffix has in common with the one before it (Kasai et al.); the most of that. */
static int32_t common(const uint8_t *text, int32_t n, int32_t *order, int32_t *scratch)
{
    int32_t most = 0, same = 0;
    scratch[order[0]] = -1;
    for (int32_t i = 1; i < n; i++)
        scratch[order[i]] = order[i - 1];
    for (int32_t i = 0; i < n; i++) {
        int32_t other = scratch[i];
        if (other < 0)
            same = 0;
        else {
            while (i + same < n && other + same < n && text[i + same] == text[other + same])
                same++;
            most = same > most ? same : most;
        }
        scratch[i] = same;
        same -= same > 0;
    }
    for (int32_t i = 0; i < n; i++)
        order[i] = scratch[order[i]];
    return most;
}

/* By length from 1: how often the most common tuple is there, and how many pairs of places have the same tuple. */
static void count_tuples(const int32_t *shared, int32_t n, int32_t most, int32_t *depths, int32_t *lefts, int64_t *counts,
                         int64_t *pairs)
{
    int32_t top = 0;
    memset(counts, 0, (size_t)most * sizeof *counts);
    memset(pairs, 0, (size_t)most * sizeof *pairs);
    depths[0] = lefts[0] = 0;
    for (int32_t i = 1; i <= n; i++) {
        int32_t depth = i < n ? shared[i] : 0, left = i - 1;
        while (depths[top] > depth) { /* all suffixes from `left` to i - 1 have depths[top] samples in common */
            int32_t deep = depths[top];
            left = lefts[top--];
            int32_t above = depths[top] > depth ? depths[top] : depth;
            int64_t times = i - left, same = times * (times - 1) / 2;
            if (times > counts[deep - 1])
                counts[deep - 1] = times;
            pairs[deep - 1] += same; /* for the lengths above + 1 to deep: summed up below, from the longest */
            if (above > 0)
                pairs[above - 1] -= same;
        }
        if (depths[top] < depth) {
            depths[++top] = depth;
            lefts[top] = left;
        }
    }
    for (int32_t length = most - 1; length >= 1; length--) {
        pairs[length - 1] += pairs[length];
        if (counts[length] > counts[length - 1])
            counts[length - 1] = counts[length];
    }
}

/* entropy_tuples(samples) -> bytes: int64 [2, longest]: counts of the most common tuple, pairs of equal ones. */
static PyObject *tuples(PyObject *module, PyObject *arguments)
{
    PyObject *given;
    Py_buffer samples;
    int64_t *found = NULL;
    int32_t most = 0, good;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O", &given) || !take_samples(given, &samples, 8))
        return NULL;
    const int32_t n = (int32_t)samples.len;
    Py_BEGIN_ALLOW_THREADS
    int32_t *order = malloc(((size_t)n + 1) * sizeof *order), *scratch = NULL, *stack = NULL;
    struct text text = {samples.buf, NULL, n, 255};
    good = order != NULL && sort_suffixes(&text, order);
    if (good && n > 1) {
        scratch = malloc((size_t)n * sizeof *scratch);
        good = scratch != NULL;
        if (good)
            most = common(samples.buf, n, order, scratch);
        free(scratch);
    }
    if (good && most > 0) {
        stack = malloc(2 * ((size_t)most + 2) * sizeof *stack);
        found = malloc(2 * (size_t)most * sizeof *found);
        good = stack != NULL && found != NULL;
        if (good)
            count_tuples(order, n, most, stack, stack + most + 2, found, found + most);
        free(stack);
    }
    free(order);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&samples);
    PyObject *result = NULL;
    if (!good)
        PyErr_NoMemory();
    else
        result = PyBytes_FromStringAndSize((const char *)found, 2 * (Py_ssize_t)most * (Py_ssize_t)sizeof *found);
    free(found);
    return result;
}

PyMethodDef entropy_tuple_methods[] = {
    {"entropy_tuples", tuples, METH_VARARGS, "Count tuples of every length that is there twice."},
    {NULL, NULL, 0, NULL},
};
