/* A walk that goes one up for each one and one down for each zero.
 *
 * Only near zero does each step count. Elsewhere a byte is one step of a table: how far it goes, and the lowest and the
 * highest place on its way.
 */
#include "methods.h"

#include "bitwise.h"

enum {
    NEAR = 9,            /* places that RandomExcursionsVariant counts */
    EXCURSION = 4,       /* places that RandomExcursions counts */
    VISIT_CLASSES = 6,   /* 0, 1, 2, 3, 4, and 5 or more */
    AWAY = NEAR + 8,     /* from farther out no byte comes near */
    RESULTS = 4 + 2 * EXCURSION * VISIT_CLASSES + 2 * NEAR,
};

struct step {
    int8_t sum, lowest, highest;
};

struct walk {
    int64_t place, lowest, highest, cycles;
    int64_t visits[2 * EXCURSION + 1][VISIT_CLASSES]; /* of place p in row p + EXCURSION; row EXCURSION is not used */
    int64_t totals[2 * NEAR + 1];
    int64_t now[2 * EXCURSION + 1]; /* visits in this cycle */
};

static void fill_table(struct step table[256])
{
    for (int byte = 0; byte < 256; byte++) {
        int sum = 0, lowest = 8, highest = -8;
        for (int bit = 7; bit >= 0; bit--) {
            sum += byte >> bit & 1 ? 1 : -1;
            lowest = sum < lowest ? sum : lowest;
            highest = sum > highest ? sum : highest;
        }
        table[byte] = (struct step){(int8_t)sum, (int8_t)lowest, (int8_t)highest};
    }
}

static void close_cycle(struct walk *walk)
{
    walk->cycles++;
    for (int i = 0; i <= 2 * EXCURSION; i++) {
        walk->visits[i][walk->now[i] < VISIT_CLASSES ? walk->now[i] : VISIT_CLASSES - 1]++;
        walk->now[i] = 0;
    }
}

static void step_by_step(struct walk *walk, unsigned byte, size_t bits)
{
    for (size_t i = 0; i < bits; i++) {
        const int64_t place = walk->place += byte >> (7 - i) & 1 ? 1 : -1;
        if (place >= -NEAR && place <= NEAR)
            walk->totals[place + NEAR]++;
        if (place >= -EXCURSION && place <= EXCURSION)
            walk->now[place + EXCURSION]++;
        if (place == 0)
            close_cycle(walk);
        walk->lowest = place < walk->lowest ? place : walk->lowest;
        walk->highest = place > walk->highest ? place : walk->highest;
    }
}

static void go(struct walk *walk, const uint8_t *packed, size_t length)
{
    struct step table[256];
    size_t i = 0;

    fill_table(table);
    while (i < length / 8) {
        int64_t place = walk->place, lowest = walk->lowest, highest = walk->highest;
        for (; i < length / 8 && (place > AWAY || place < -AWAY); i++) {
            const struct step step = table[packed[i]];
            lowest = place + step.lowest < lowest ? place + step.lowest : lowest;
            highest = place + step.highest > highest ? place + step.highest : highest;
            place += step.sum;
        }
        walk->place = place;
        walk->lowest = lowest;
        walk->highest = highest;
        for (; i < length / 8 && walk->place <= AWAY && walk->place >= -AWAY; i++)
            step_by_step(walk, packed[i], 8);
    }
    if (length % 8)
        step_by_step(walk, packed[length / 8], length % 8);
    if (walk->place)
        close_cycle(walk);
}

/* walk(packed, length, out: int64[70]): lowest, highest, final, cycles, visits[8, 6], totals[18] */
static PyObject *walk(PyObject *module, PyObject *arguments)
{
    PyObject *given, *result;
    long long length;
    Py_buffer packed, out;
    struct walk found = {0};
    int64_t *to;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OLO", &given, &length, &result))
        return NULL;
    if (!take_bits(given, &packed, length))
        return NULL;
    if (!take_output(result, &out, RESULTS, sizeof(int64_t), "out")) {
        PyBuffer_Release(&packed);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    go(&found, packed.buf, (size_t)length);
    Py_END_ALLOW_THREADS
    to = out.buf;
    *to++ = found.lowest;
    *to++ = found.highest;
    *to++ = found.place;
    *to++ = found.cycles;
    for (int i = 0; i <= 2 * EXCURSION; i++)
        for (int j = 0; i != EXCURSION && j < VISIT_CLASSES; j++)
            *to++ = found.visits[i][j];
    for (int i = 0; i <= 2 * NEAR; i++)
        if (i != NEAR)
            *to++ = found.totals[i];
    PyBuffer_Release(&out);
    PyBuffer_Release(&packed);
    Py_RETURN_NONE;
}

PyMethodDef walk_methods[] = {
    {"walk", walk, METH_VARARGS, "Walk over the bits and count where the walk was."},
    {NULL, NULL, 0, NULL},
};
