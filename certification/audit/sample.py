"""The random sample that the verifier judges again: one round in a thousand, and at least a thousand.

Each round has a pseudo-random number that follows from the sample's seed and its place in the history. Those below a
threshold are in the sample; while these are fewer than a thousand, the rounds with the next smallest numbers are kept
too. So the sample does not depend on how the history was cut into blocks, and an interrupted audit finds it again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from certification.history import Array

LEAST: Final = 1000
ONE_IN: Final = 1000
_THRESHOLD: Final = np.uint64(2**64 // ONE_IN)


def chances(seed: int, first: int, count: int) -> Array:
    """Return the number of each of `count` rounds from place `first` on, uint64 (SplitMix64, Steele et al. 2014).

    Args:
        seed: of the sample, 0 to 2^64 - 1; not to be known to whoever wrote the history.
        first: place of the first round in the history, from 0.
        count: how many.
    """
    with np.errstate(over="ignore"):
        z = np.arange(first + 1, first + 1 + count, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


class Sample:
    """Choose rounds, and keep the spare ones that are judged where the history is short.

    Args:
        seed: of the sample.
        state: from `state` of an interrupted audit.
    """

    def __init__(self, seed: int, state: Sequence[Any] = (0, 0, ())) -> None:
        self.seed = seed
        self.seen, self.chosen = int(state[0]), int(state[1])
        self._spare: list[tuple[int, Any]] = [(int(chance), row) for chance, row in state[2]]

    def choose(self, count: int, keep: Callable[[int], Any]) -> list[int]:
        """Take the next rounds of the history, and return which of them are judged now.

        Args:
            count: how many rounds come.
            keep: gives one of them, by its place among these, in a form for JSON.
        """
        numbers = chances(self.seed, self.seen, count)
        self.seen += count
        chosen: list[int] = np.flatnonzero(numbers < _THRESHOLD).tolist()
        self.chosen += len(chosen)
        wanted = LEAST - self.chosen
        if wanted <= 0:
            self._spare.clear()
            return chosen
        limit = self._spare[wanted - 1][0] if len(self._spare) >= wanted else 2**64 - 1
        rows = np.flatnonzero((numbers >= _THRESHOLD) & (numbers <= np.uint64(limit)))
        rows = rows[np.argsort(numbers[rows], kind="stable")][:wanted]
        # Only those that will stay are put in a form to be kept, which costs more than all the rest.
        before = np.searchsorted(np.array([one[0] for one in self._spare], dtype=np.uint64), numbers[rows], "right")
        rows = rows[before + np.arange(len(rows)) < wanted]
        self._spare += [(int(numbers[row]), keep(int(row))) for row in rows]
        self._spare.sort(key=lambda one: one[0])
        del self._spare[wanted:]
        return chosen

    def spare(self) -> list[Any]:
        """Return the kept rounds that make up a thousand, at the end of the history."""
        kept = [row for _, row in self._spare[: max(0, LEAST - self.chosen)]]
        self._spare.clear()
        self.chosen += len(kept)
        return kept

    def state(self) -> list[Any]:
        """Return what a checkpoint keeps."""
        return [self.seen, self.chosen, [[chance, row] for chance, row in self._spare]]
