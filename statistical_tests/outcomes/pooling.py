"""Classes of outcomes, for tests that need each class to be expected some five times.

A function of independent outcomes is independent too, so a test stays exact when rare outcomes become one class. What
may not happen is that the data choose the classes: here only the probabilities and the number of trials do.
"""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

LEAST_EXPECTED = 5.0
"""The count that Pearson's approximation wants of each class (Cochran 1954; TAOCP 3.3.1)."""


def pooled(probabilities: NDArray[np.float64], *, least: float) -> NDArray[np.intp]:
    """Return the class of each outcome, so that each class has at least the probability `least`, where that can be.

    Outcomes that have it alone stay alone. The others are put together in their order, and what is left at the end
    joins the lightest class.
    """
    small = probabilities < least
    classes = np.empty(len(probabilities), dtype=np.intp)
    classes[~small] = np.arange(np.count_nonzero(~small))
    weights = list(probabilities[~small])
    places = np.flatnonzero(small)
    groups, left = _in_order(probabilities[places], least)
    for group in groups:
        classes[places[group]] = len(weights)
        weights.append(probabilities[places[group]].sum())
    if left.stop > left.start:
        if not weights:
            classes[:] = 0
        else:
            classes[places[left]] = int(np.argmin(weights))
    return classes


def pooled_in_order(probabilities: NDArray[np.float64], *, least: float) -> NDArray[np.intp]:
    """Return the class of each outcome as `pooled` does, but of neighbours alone, such as the two tails of a count."""
    classes = np.empty(len(probabilities), dtype=np.intp)
    groups, left = _in_order(probabilities, least)
    for number, group in enumerate(groups):
        classes[group] = number
    classes[left] = max(len(groups) - 1, 0)
    return classes


def _in_order(probabilities: NDArray[np.float64], least: float) -> tuple[list[slice], slice]:
    """Return the shortest groups of neighbours that reach `least`, and the rest."""
    sums = np.concatenate([[0.0], np.cumsum(probabilities)])
    groups, start = [], 0
    while start < len(probabilities):
        # A hair less than `least`, so that equal probabilities make equal groups whatever the sums' last digits.
        stop = int(np.searchsorted(sums, sums[start] + least * (1 - 1e-9), side="left"))
        if stop > len(probabilities):
            break
        stop = max(stop, start + 1)
        groups.append(slice(start, stop))
        start = stop
    return groups, slice(start, len(probabilities))


def balanced(probabilities: NDArray[np.float64], classes: int) -> NDArray[np.intp]:
    """Return the class of each outcome, for so many classes of about equal probability.

    The heaviest outcome comes first, each into the class that is lightest by then (Graham 1969). Of equal ones,
    neighbours are a class.
    """
    if (probabilities == probabilities[0]).all():
        return np.arange(len(probabilities)) * classes // len(probabilities)
    heap = [(0.0, number) for number in range(classes)]
    result = np.empty(len(probabilities), dtype=np.intp)
    for place in np.argsort(-probabilities, kind="stable"):
        weight, number = heap[0]
        heapq.heapreplace(heap, (weight + float(probabilities[place]), number))
        result[place] = number
    return result


def weights_of(classes: NDArray[np.intp], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability of each class."""
    weights: NDArray[np.float64] = np.bincount(classes, weights=probabilities).astype(np.float64)
    return weights
