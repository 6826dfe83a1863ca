"""The values a draw can still have, as sets of intervals with exact weights: the ground that exact odds stand on."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from itertools import accumulate
from math import perm, prod
from typing import Any

from rng.games.draws import Draw

RATIO_RANGE = 2**52

_REFINEMENTS = 20_000
_LONG_PRODUCT = 500


class Intractable(Exception):
    """Say that an exact distribution is out of reach, and why; it is never approximated."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


class Region:
    """A set of raw values, as ascending disjoint intervals `start <= value < stop`; made by its universe only.

    Equal regions of one universe are one object, so that they are compared and looked up by identity.
    """

    __slots__ = ("intervals", "size")

    def __init__(self, intervals: tuple[tuple[int, int], ...]) -> None:
        self.intervals = intervals
        self.size = sum(stop - start for start, stop in intervals)


class Universe:
    """All that is known about the values of one draw: how likely each is, and which are left for each of its atoms.

    An atom is one integer of the draw. The atoms of a `sample` or `permutation` are drawn without replacement, so that
    their weight is the number of ways to draw them all; the atoms of any other draw are independent.
    """

    def __init__(self, draw: Draw) -> None:
        """Begin with nothing known."""
        self.name = draw.name
        self.distinct = draw.primitive in ("sample", "permutation")
        self.sums: tuple[int, ...] = ()
        self.read: Callable[[int], Any] = _same
        if draw.primitive == "weighted":
            self.size = len(draw.weights)
            self.sums = (0, *accumulate(draw.weights))
        elif draw.primitive == "ratio":
            self.size, self.read = RATIO_RANGE, _multiplier(*draw.sizes)
        else:
            self.size = 2 if draw.primitive == "bits" else draw.sizes[0]
        self.total = self.sums[-1] if self.sums else self.size
        self._regions: dict[tuple[tuple[int, int], ...], Region] = {}
        self._met: dict[tuple[Region, Region], Region] = {}
        self._weights: dict[frozenset[tuple[Region, int]], tuple[int, int]] = {}
        self._left: dict[tuple[frozenset[tuple[Region, int]], Region, int], Region] = {}
        self._refinements = 0
        self.tally: dict[Region, int] = {}
        """How many atoms were narrowed to each region; atoms of which nothing is known are not in it."""
        occurring: list[tuple[int, int]] = [(0, self.size)] if self.size else []
        if draw.primitive == "weighted":
            occurring = join((raw, raw + 1) for raw, weight in enumerate(draw.weights) if weight)
        self.full = self.region(tuple(occurring))

    def region(self, intervals: tuple[tuple[int, int], ...]) -> Region:
        """Return the region of these intervals, which are ascending, disjoint, not touching and not empty."""
        found = self._regions.get(intervals)
        if found is None:
            found = self._regions[intervals] = Region(intervals)
        return found

    def meet(self, a: Region, b: Region) -> Region:
        """Return what two regions have in common."""
        if a is b or b is self.full:
            return a
        found = self._met.get((a, b))
        if found is None:
            found = self._met[a, b] = self.region(tuple(_meet(a.intervals, b.intervals)))
        return found

    def without(self, a: Region, b: Region) -> Region:
        """Return the values of a that are not in b."""
        gaps, start = [], 0
        for low, high in b.intervals:
            if start < low:
                gaps.append((start, low))
            start = high
        if start < self.size:
            gaps.append((start, self.size))
        return self.region(tuple(_meet(a.intervals, tuple(gaps))))

    def measure(self, region: Region) -> int:
        """Return the weight of one atom's region, out of `total`."""
        if not self.sums:
            return region.size
        return sum(self.sums[stop] - self.sums[start] for start, stop in region.intervals)

    def left(self, region: Region, own: int) -> Region:
        """Return a region without the values that other atoms have used up.

        Args:
            region: what is known of some atoms.
            own: how many atoms of the tally are these themselves.
        """
        atoms = sum(self.tally.values())
        if not self.distinct or all(other.size > atoms for other in self.tally):
            return region
        key = (frozenset(self.tally.items()), region, own)
        found = self._left.get(key)
        if found is None:
            found = region
            for other in self.tally:
                inside = sum(count for inner, count in self.tally.items() if self.meet(inner, other) is inner)
                if self.meet(region, other) is region:
                    inside -= own
                if inside >= other.size:
                    found = self.without(found, other)
            self._left[key] = found
        return found

    def weight(self) -> tuple[int, int]:
        """Return the probability of what is known of the atoms, as numerator and denominator."""
        key = frozenset(self.tally.items())
        found = self._weights.get(key)
        if found is None:
            found = self._weights[key] = self._weigh()
        return found

    def _weigh(self) -> tuple[int, int]:
        if not self.distinct:
            numerator = denominator = 1
            for region, atoms in self.tally.items():
                numerator *= int(self.measure(region) ** atoms)
                denominator *= int(self.total**atoms)
            return numerator, denominator
        atoms = sum(self.tally.values())
        factors = self._factors(self.tally)
        if factors is None:
            return self._ways(dict(self.tally)), perm(self.size, atoms)
        if any(count > left for left, count in factors):
            return 0, 1
        # Of perm(left, count) / perm(size, atoms), most cancels where many atoms were only told to avoid a few values.
        widest = max(range(len(factors)), key=lambda place: factors[place][1], default=0)
        if factors and factors[widest][1] > _LONG_PRODUCT:
            left, count = factors.pop(widest)
            others = prod(perm(left, count) for left, count in factors)
            surplus = (self.size - atoms) - (left - count)
            above = perm(self.size - atoms, surplus) if surplus > 0 else 1
            below = perm(left - count, -surplus) if surplus < 0 else 1
            return others * above, perm(self.size, self.size - left) * below
        return prod(perm(left, count) for left, count in factors), perm(self.size, atoms)

    def _ways(self, tally: dict[Region, int]) -> int:
        """Count the ways to give every atom another value of its region."""
        factors = self._factors(tally)
        if factors is None:
            return self._refine(tally)
        return prod(perm(left, count) if left >= count else 0 for left, count in factors)

    def _factors(self, tally: dict[Region, int]) -> list[tuple[int, int]] | None:
        """Return for each region how many values are left for its atoms, and how many atoms; `None` if some cross.

        Where regions are nested or disjoint, the innermost are served first and each takes from those around it.
        """
        regions = sorted(tally, key=lambda region: region.size)
        factors = []
        for place, region in enumerate(regions):
            taken = 0
            for inner in regions[:place]:
                common = self.meet(inner, region)
                if common is inner:
                    taken += tally[inner]
                elif common.size:
                    return None
            factors.append((region.size - taken, tally[region]))
        return factors

    def _refine(self, tally: dict[Region, int]) -> int:
        """Count the ways where two regions cross: an atom of the one lies either inside or outside the other."""
        self._refinements += 1
        if self._refinements > _REFINEMENTS:
            raise Intractable(f"the values asked of the draw {self.name} overlap in too many ways")
        inner, outer = next(
            (a, b) for a in tally for b in tally if a.size <= b.size and self.meet(a, b).size not in (0, a.size)
        )
        ways = 0
        for part in (self.meet(inner, outer), self.without(inner, outer)):
            finer = dict(tally)
            finer[inner] -= 1
            if not finer[inner]:
                del finer[inner]
            finer[part] = finer.get(part, 0) + 1
            ways += self._ways(finer)
        return ways

    def forget(self) -> None:
        """Go back to the state where nothing is known of the atoms."""
        self.tally.clear()


def join(intervals: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return ascending disjoint intervals with those that touch made one."""
    joined: list[tuple[int, int]] = []
    for start, stop in intervals:
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((start, stop))
    return joined


def _same(raw: int) -> int:
    return raw


def _multiplier(edge: int, cap: int) -> Callable[[int], int]:
    """Return the formula of `ratio` (primitives.md): it never falls as u rises."""

    def read(u: int) -> int:
        return min(max((10_000 - edge) * RATIO_RANGE // (100 * (RATIO_RANGE - u)), 100), cap)

    return read


def _meet(a: tuple[tuple[int, int], ...], b: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
    if len(a) > len(b):
        a, b = b, a
    common = []
    for low, high in a:
        place = max(0, bisect_right(b, (low, low)) - 1)
        while place < len(b) and b[place][0] < high:
            start, stop = max(low, b[place][0]), min(high, b[place][1])
            if start < stop:
                common.append((start, stop))
            place += 1
    return common
