"""The loops of SP 800-90B without a compiler: a second way to the same numbers; kernels checks the arguments."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.uint8]
Counts = NDArray[np.int64]

LAGS = (1, 2, 8, 16, 32)
_GAMMA = 0x9E3779B97F4A7C15


class _Guesses:
    """Count guesses: how many were right, and how many in a row at most."""

    __slots__ = ("correct", "longest", "run")

    def __init__(self) -> None:
        self.correct = self.run = self.longest = 0

    def add(self, right: bool) -> None:
        self.correct += right
        self.run = self.run + 1 if right else 0
        self.longest = max(self.longest, self.run)


def windows(values: Values, sizes: tuple[int, ...]) -> tuple[int, int]:
    """See kernels.windows."""
    guesses = _Guesses()
    samples = values.tolist()
    scores = [0] * len(sizes)
    counts: list[dict[int, int]] = [defaultdict(int) for _ in sizes]
    seen: dict[int, int] = {}
    winner = 0
    for i, value in enumerate(samples):
        if i >= sizes[0]:
            modes = [
                max(there, key=lambda one: (there[one], seen[one])) if i >= size else None
                for size, there in zip(sizes, counts, strict=True)
            ]
            guesses.add(modes[winner] == value)
            for j, mode in enumerate(modes):
                if mode == value:
                    scores[j] += 1
                    if scores[j] >= scores[winner]:
                        winner = j
        seen[value] = i
        for size, there in zip(sizes, counts, strict=True):
            there[value] += 1
            if i >= size:
                gone = samples[i - size]
                there[gone] -= 1
                if not there[gone]:
                    del there[gone]
    return guesses.correct, guesses.longest


def lag(values: Values, depth: int) -> tuple[int, int]:
    """See kernels.lag."""
    guesses = _Guesses()
    samples = values.tolist()
    scores = [0] * (depth + 1)
    winner = 1
    for i in range(1, len(samples)):
        value = samples[i]
        guesses.add(winner <= i and samples[i - winner] == value)
        for distance in range(1, min(i, depth) + 1):
            if samples[i - distance] == value:
                scores[distance] += 1
                if scores[distance] >= scores[winner]:
                    winner = distance
    return guesses.correct, guesses.longest


def _most(followers: dict[int, int]) -> tuple[int, int]:
    """Return how often the most common follower came, and which it is: of several, the largest."""
    return max((times, value) for value, times in followers.items())


def multi_mmc(values: Values, depth: int, most_entries: int) -> tuple[int, int]:
    """See kernels.multi_mmc."""
    guesses = _Guesses()
    samples = values.tobytes()
    models: list[dict[bytes, dict[int, int]]] = [{} for _ in range(depth + 1)]
    entries, scores, winner = [0] * (depth + 1), [0] * (depth + 1), 1
    for i in range(2, len(samples)):
        guessed: list[int | None] = [None] * (depth + 1)
        for d in range(1, min(depth, i - 1) + 1):
            context, follower = samples[i - 1 - d : i - 1], samples[i - 1]
            followers = models[d].get(context, {})
            if follower in followers:
                followers[follower] += 1
            elif entries[d] < most_entries:
                models[d].setdefault(context, {})[follower] = 1
                entries[d] += 1
        for d in range(1, min(depth, i) + 1):
            followers = models[d].get(samples[i - d : i], {})
            guessed[d] = _most(followers)[1] if followers else None
        guesses.add(guessed[winner] == samples[i])
        for d in range(1, depth + 1):
            if guessed[d] == samples[i]:
                scores[d] += 1
                if scores[d] >= scores[winner]:
                    winner = d
    return guesses.correct, guesses.longest


def lz78y(values: Values, depth: int, most_contexts: int) -> tuple[int, int]:
    """See kernels.lz78y."""
    guesses = _Guesses()
    samples = values.tobytes()
    dictionary: dict[bytes, dict[int, int]] = {}
    for i in range(depth + 1, len(samples)):
        for d in range(depth, 0, -1):
            context, follower = samples[i - 1 - d : i - 1], samples[i - 1]
            if context not in dictionary and len(dictionary) < most_contexts:
                dictionary[context] = {}
            if context in dictionary:
                dictionary[context][follower] = dictionary[context].get(follower, 0) + 1
        most, guessed = 0, -1
        for d in range(depth, 0, -1):
            followers = dictionary.get(samples[i - d : i])
            if followers and _most(followers)[0] > most:
                most, guessed = _most(followers)
        guesses.add(guessed == samples[i])
    return guesses.correct, guesses.longest


def tuples(values: Values) -> tuple[Counts, Counts]:
    """See kernels.tuples."""
    shared = _shared(values)
    longest = max(shared, default=0)
    counts, pairs = np.zeros(longest, dtype=np.int64), np.zeros(longest, dtype=np.int64)
    stack = [(0, 0)]  # how many samples suffixes have in common, and from which place of the order on
    for i in range(1, len(shared) + 1):
        depth, left = shared[i] if i < len(shared) else 0, i - 1
        while stack[-1][0] > depth:
            deep, left = stack.pop()
            above = max(depth, stack[-1][0])
            counts[deep - 1] = max(counts[deep - 1], i - left)
            pairs[above:deep] += (i - left) * (i - left - 1) // 2
        if stack[-1][0] < depth:
            stack.append((depth, left))
    return np.maximum.accumulate(counts[::-1])[::-1], pairs


def _shared(values: Values) -> list[int]:
    """Return what each suffix has in common with the one before it in order: rank by 1, 2, 4 … samples, then look."""
    n = len(values)
    ranks = values.astype(np.int64)
    order = np.argsort(ranks, kind="stable")
    width = 1
    while width < n:
        following = np.full(n, -1, dtype=np.int64)
        following[:-width] = ranks[width:]
        order = np.lexsort((following, ranks))
        changed = (np.diff(ranks[order]) != 0) | (np.diff(following[order]) != 0)
        fresh = np.empty(n, dtype=np.int64)
        fresh[order] = np.concatenate(([0], np.cumsum(changed)))
        ranks = fresh
        if ranks[order[-1]] == n - 1:
            break
        width *= 2
    before = np.full(n, -1, dtype=np.int64)
    before[order[1:]] = order[:-1]
    places, text = before.tolist(), values.tobytes()
    by_place, same = [0] * n, 0
    for i, other in enumerate(places):
        same = 0 if other < 0 else same
        while other >= 0 and i + same < n and other + same < n and text[i + same] == text[other + same]:
            same += 1
        by_place[i] = same
        same = max(same - 1, 0)
    return [by_place[i] for i in order.tolist()]


def shuffle(values: Values, key: int) -> Values:
    """See kernels.shuffle."""
    n = len(values)
    with np.errstate(over="ignore"):
        words = np.uint64(key) + np.arange(1, max(n, 1), dtype=np.uint64) * np.uint64(_GAMMA)
        words = (words ^ words >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        words = (words ^ words >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        words ^= words >> np.uint64(31)
    bounds = np.arange(n, 1, -1, dtype=np.uint64)
    half, low = np.uint64(32), np.uint64(0xFFFFFFFF)
    others = ((words >> half) * bounds + ((words & low) * bounds >> half)) >> half
    shuffled = bytearray(values.tobytes())
    for i, other in zip(range(n - 1, 0, -1), others.tolist(), strict=True):
        shuffled[i], shuffled[other] = shuffled[other], shuffled[i]
    return np.frombuffer(bytes(shuffled), dtype=np.uint8)


def _runs(signs: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the number of runs and the length of the longest."""
    if not len(signs):
        return 0, 0
    ends = np.concatenate(([-1], np.flatnonzero(signs[1:] != signs[:-1]), [len(signs) - 1]))
    return len(ends) - 1, int(np.diff(ends).max())


def _collisions(words: Values) -> tuple[int, int, int]:
    total = number = largest = start = 0
    there: set[int] = set()
    for i, value in enumerate(words.tolist()):
        if value in there:
            total, number, largest = total + i + 1 - start, number + 1, max(largest, i + 1 - start)
            start = i + 1
            there.clear()
        else:
            there.add(value)
    return total, number, largest


def statistics(values: Values, counted: Values, words: Values, twice_median: int) -> Counts:
    """See kernels.statistics."""
    n, whole = len(values), values.astype(np.int64)
    sums = np.cumsum(whole)
    away = n * sums - np.arange(1, n + 1) * (sums[-1] if n else 0)
    rises = counted[1:] >= counted[:-1]
    up = int(rises.sum())
    found = [
        int(np.abs(away).max(initial=0)),
        *_runs(rises),
        max(up, len(rises) - up),
        *_runs(2 * whole >= twice_median),
    ]
    found += _collisions(words)
    steps = counted.astype(np.int64)
    found += [int((steps[:-one] == steps[one:]).sum()) for one in LAGS]
    found += [int((steps[:-one] * steps[one:]).sum()) for one in LAGS]
    return np.array(found, dtype=np.int64)


def binary_collisions(values: Values) -> tuple[int, int]:
    """See kernels.binary_collisions."""
    bits, i, twos, threes = values.tobytes(), 0, 0, 0
    while i + 1 < len(bits):
        if bits[i] == bits[i + 1]:
            twos, i = twos + 1, i + 2
        elif i + 2 < len(bits):
            threes, i = threes + 1, i + 3
        else:
            break
    return twos, threes
