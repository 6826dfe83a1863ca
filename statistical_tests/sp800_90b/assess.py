"""How much min-entropy a noise source has: the smallest of all estimates (SP 800-90B sections 3.1.3, 6.1 and 6.2)."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, cast

from statistical_tests.arguments import whole_number
from statistical_tests.errors import BadInput
from statistical_tests.sp800_90b.collision import collision
from statistical_tests.sp800_90b.compression import compression
from statistical_tests.sp800_90b.estimate import Estimate
from statistical_tests.sp800_90b.lag import lag
from statistical_tests.sp800_90b.longest_repeated_substring import longest_repeated_substring
from statistical_tests.sp800_90b.lz78y import lz78y
from statistical_tests.sp800_90b.markov import markov
from statistical_tests.sp800_90b.most_common_value import most_common_value
from statistical_tests.sp800_90b.multi_mmc import multi_mmc
from statistical_tests.sp800_90b.multi_most_common import multi_most_common
from statistical_tests.sp800_90b.samples import Samples, require_samples
from statistical_tests.sp800_90b.t_tuple import t_tuple
from statistical_tests.sp800_90b.tuple_counts import tuple_counts

ENOUGH_SAMPLES = 1_000_000
_Estimates = Callable[[], tuple[Estimate, ...]]


@dataclass(frozen=True, slots=True)
class Assessment:
    """Hold the estimates of some samples and of their bits, and what follows.

    Args:
        samples: how many there were.
        width: bits of a sample, n.
        original: estimates of the samples as they are, in bits a sample.
        bitstring: estimates of the samples' bits, in bits a bit; none where samples are single bits.
        submitted: what the source's designer claims, in bits a sample; None without such a claim.
        notes: what a reader must know.
    """

    samples: int
    width: int
    original: tuple[Estimate, ...]
    bitstring: tuple[Estimate, ...]
    submitted: float | None
    notes: tuple[str, ...] = ()

    @property
    def h_original(self) -> float | None:
        """The smallest estimate of the samples, bits a sample; None if no estimator was applicable."""
        return smallest(self.original)

    @property
    def h_bitstring(self) -> float | None:
        """The smallest estimate of the bits, bits a bit; None if there is none."""
        return smallest(self.bitstring)

    @property
    def min_entropy(self) -> float | None:
        """The assessment, min(H_original, n H_bitstring, H_submitter), bits a sample; None if there is no estimate."""
        if self.h_original is None:
            return None
        bits = math.inf if self.h_bitstring is None else self.width * self.h_bitstring
        return min(self.h_original, bits, math.inf if self.submitted is None else self.submitted)

    def as_json(self) -> dict[str, Any]:
        """Return the assessment as JSON can hold it."""
        return {
            "section": "SP 800-90B 3.1.3",
            "samples": self.samples,
            "width": self.width,
            "h_original": self.h_original,
            "h_bitstring": self.h_bitstring,
            "h_submitter": self.submitted,
            "min_entropy": self.min_entropy,
            "original": [one.as_json() for one in self.original],
            "bitstring": [one.as_json() for one in self.bitstring],
            "notes": list(self.notes),
        }


def assess(
    samples: Samples, *, independent: bool = False, submitted: float | None = None, threads: int = 1
) -> Assessment:
    """Estimate the min-entropy of samples, of more than one bit also of their bits one after another.

    Args:
        samples: a million or more in the standard; fewer are estimated with a note.
        independent: the samples were found independent (`iid`): then the most common value alone is counted (6.1).
        submitted: the designer's claim, bits a sample, 0 or more.
        threads: how many estimators work at once; it changes nothing in the estimates.

    Raises:
        BadInput: a claim is negative or not a number, or threads are not 1 or more.
    """
    samples = require_samples(samples)
    threads = whole_number(threads, "threads", least=1, most=1024)
    claim = cast("Any", submitted)
    if claim is not None and (
        isinstance(claim, bool) or not isinstance(claim, int | float) or not 0 <= claim < math.inf
    ):
        raise BadInput(f"submitted is {claim!r}: bits a sample are 0 or more")
    of_bits = () if samples.width == 1 else (samples.bitstring(),)
    original, *rest = estimates((samples, *of_bits), independent=independent, threads=threads)
    bitstring = rest[0] if rest else ()
    notes: tuple[str, ...] = ()
    if len(samples) < ENOUGH_SAMPLES:
        notes = (f"{len(samples)} samples: the standard asks for {ENOUGH_SAMPLES} or more",)
    return Assessment(len(samples), samples.width, original, bitstring, submitted, notes)


def estimates(
    sequences: tuple[Samples, ...], *, independent: bool = False, threads: int = 1
) -> list[tuple[Estimate, ...]]:
    """Return what every estimator that takes such samples says of each sequence, in the order of the standard."""
    tasks = [_tasks(samples, independent=independent) for samples in sequences]
    with ThreadPoolExecutor(threads) as pool:
        found = pool.map(lambda task: task(), [task for of_one in tasks for task in of_one])
        return [tuple(one for _ in of_one for one in next(found)) for of_one in tasks]


def smallest(found: tuple[Estimate, ...]) -> float | None:
    """Return the smallest min-entropy of estimates; None if none was applicable."""
    return min((one.min_entropy for one in found if one.min_entropy is not None), default=None)


def _tasks(samples: Samples, *, independent: bool) -> tuple[_Estimates, ...]:
    """List what is to be computed of the samples, in the order of the standard's sections."""

    def tuples() -> tuple[Estimate, ...]:
        counts = tuple_counts(samples)
        return t_tuple(samples, counts=counts), longest_repeated_substring(samples, counts=counts)

    first: tuple[_Estimates, ...] = (lambda: (most_common_value(samples),),)
    if independent:
        return first
    if samples.width == 1:
        first += (lambda: (collision(samples),), lambda: (markov(samples),), lambda: (compression(samples),))
    return (
        *first,
        tuples,
        lambda: (multi_most_common(samples),),
        lambda: (lag(samples),),
        lambda: (multi_mmc(samples),),
        lambda: (lz78y(samples),),
    )
