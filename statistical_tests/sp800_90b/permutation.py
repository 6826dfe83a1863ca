"""The permutation test: samples against the same samples in other orders (SP 800-90B section 5.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from statistical_tests.arguments import whole_number
from statistical_tests.finding import Finding, Value, not_applicable
from statistical_tests.sp800_90b.permutation_statistics import NAMES, Arrangement, arrangement
from statistical_tests.sp800_90b.samples import Samples, require_samples

NAME = "Permutation"
SECTION = "SP 800-90B 5.1"
PERMUTATIONS = 10_000
ENOUGH = 6
"""A statistic that was reached or passed so often on both sides is decided: the standard asks for more than 5."""


def permutation(
    samples: Samples,
    *,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
    threads: int = 1,
    early: bool = True,
) -> Finding:
    """Compare 19 statistics of samples with those of the same samples in other orders.

    A column's p-value is twice the smaller of two, of statistics as large or larger and of as small or smaller: 6 / l,
    if the sixth such permutation is the l-th of all; (c + 1) / (n + 1), if c of all n are such and c is below 6. Each
    of the two holds its level exactly without ties and is conservative with them (Besag and Clifford, Biometrika 1991);
    doubled, they are exact where small and conservative from about a third on. The standard refuses independence where
    a count of 10,000 is 5 or less: a p-value below 0.0012. Columns depend on one another.

    Args:
        samples: 34 or more (272 of two values), so that each lag has a pair; at most 2^27.
        permutations: how many orders at most, n; 10,000 in the standard.
        seed: decides the orders, so that a finding can be had again.
        threads: how many work at once; it changes nothing in the finding.
        early: stop comparing a statistic that is decided, as the standard allows.

    Raises:
        BadInput: an argument is out of range, or there are too many samples.
    """
    samples = require_samples(samples)
    permutations = whole_number(permutations, "permutations", least=1, most=10**9)
    seed = whole_number(seed, "seed", least=0, most=(1 << 64) - 1)
    threads = whole_number(threads, "threads", least=1, most=1024)
    parameters = {
        "samples": len(samples),
        "width": samples.width,
        "permutations": permutations,
        "seed": seed,
        "early": early,
    }
    given = arrangement(samples)
    if given.shortest < given.needed:
        reason = f"{len(samples)} samples make {given.shortest} numbers, and {given.needed} are needed"
        return not_applicable(NAME, SECTION, reason, parameters=parameters, columns=NAMES)
    counts = _Counts(given.statistics(samples, compressed=True), early=early)
    for values in _shuffled(given, samples, counts, permutations, seed, threads):
        counts.compare(values)
        if counts.decided():
            break
    statistic: dict[str, Value] = {
        "values": counts.values,
        "greater": counts.greater,
        "equal": counts.equal,
        "less": counts.less,
        "permutations": counts.number,
    }
    return Finding(NAME, SECTION, parameters, statistic, counts.p_values(), NAMES)


class _Counts:
    """Count permutations whose statistics are greater, equal and less, and remember when there were enough."""

    def __init__(self, values: list[float], *, early: bool) -> None:
        size = len(values)
        self.values, self._early = values, early
        self.greater, self.equal, self.less = [0] * size, [0] * size, [0] * size
        self.number = 0
        self._above, self._below = [0] * size, [0] * size  # the number of the sixth, 0 before

    def open(self, which: int) -> bool:
        """Say whether this statistic is still to be compared."""
        return not (self._early and self._above[which] and self._below[which])

    def decided(self) -> bool:
        return not any(self.open(which) for which in range(len(self.values)))

    def compare(self, others: list[float]) -> None:
        self.number += 1
        for which, (value, other) in enumerate(zip(self.values, others, strict=True)):
            if not self.open(which):
                continue
            kind = self.greater if other > value else self.less if other < value else self.equal
            kind[which] += 1
            if not self._above[which] and self.greater[which] + self.equal[which] == ENOUGH:
                self._above[which] = self.number
            if not self._below[which] and self.less[which] + self.equal[which] == ENOUGH:
                self._below[which] = self.number

    def p_values(self) -> tuple[float, ...]:
        found = []
        for which in range(len(self.values)):
            sides = []
            for side, sixth in ((self.greater, self._above), (self.less, self._below)):
                count = side[which] + self.equal[which]
                if self._early and sixth[which]:
                    sides.append(ENOUGH / sixth[which])
                else:
                    sides.append((count + 1) / (self.number + 1))
            found.append(min(1.0, 2 * min(sides)))
        return tuple(found)


def _key(seed: int, number: int) -> int:
    """Return the key of a shuffle: each permutation has its own, so that they can be made in any order."""
    digest = hashlib.sha256(seed.to_bytes(8, "big") + number.to_bytes(8, "big")).digest()
    return int.from_bytes(digest[:8], "big")


def _shuffled(
    given: Arrangement, samples: Samples, counts: _Counts, permutations: int, seed: int, threads: int
) -> Iterator[list[float]]:
    """Yield the statistics of one order after another; the size after compression only while it is asked for."""

    def of_order(number: int) -> list[float]:
        return given.of_order(samples, _key(seed, number), compressed=counts.open(len(NAMES) - 1))

    if threads == 1:
        yield from map(of_order, range(permutations))
        return
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, permutations, threads):
            yield from pool.map(of_order, range(start, min(start + threads, permutations)))
