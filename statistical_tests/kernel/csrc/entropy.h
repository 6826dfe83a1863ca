/* What the files of SP 800-90B share: samples of 1 to 8 bits, one a byte, and what a predictor did. */
#ifndef FAIRLOT_STATISTICS_ENTROPY_H
#define FAIRLOT_STATISTICS_ENTROPY_H

#include "methods.h"

#define MOST_SAMPLES 0x3fffffff /* places are int32, and so are twice that */

/* Guesses of a predictor: how many were right, and how many in a row at most. */
struct guesses {
    int64_t correct, run, longest;
};

static inline void guess(struct guesses *all, int right)
{
    all->correct += right;
    all->run = right ? all->run + 1 : 0;
    if (all->run > all->longest)
        all->longest = all->run;
}

/* Take samples below 2^width; 1, or 0 with an error set. */
int take_samples(PyObject *object, Py_buffer *view, int width);

#endif
