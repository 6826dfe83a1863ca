"""Chi-square tests of independence and of one distribution throughout (SP 800-90B sections 5.2.1 to 5.2.4)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from statistical_tests.errors import BadInput
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.sp800_90b.samples import Samples, require_samples

LEAST_EXPECTED = 5
MOST_TUPLE_BITS = 11
PARTS = 10
_INDEPENDENCE = "ChiSquareIndependence"
MODES = ("corrected", "nist-compat")
_FIT = "ChiSquareGoodnessOfFit"

Parameters = dict[str, int | str]
Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


def independence(samples: Samples, *, mode: str = "corrected") -> Finding:
    """Test whether neighbours that do not overlap come as often as their values' proportions say.

    Of more than two values, pairs are counted (5.2.1), in bins of 5 expected ones or more, filled from the rarest pair
    on; of two values, tuples of as many as 11 bits (5.2.3). The proportions are those of the samples themselves.

    The standard takes a degree of freedom for each value whose proportion it estimates. Where a bin holds several
    pairs, estimating takes less than that (Chernoff and Lehmann 1954): the standard's p-value is then too small, and
    10,000 ideal bytes are refused. `corrected` takes as many as make the mean of the statistic right; `_estimated` says
    how many.

    Args:
        samples: enough for more bins than values, or for every tuple of two bits to be expected five times.
        mode: `corrected`, or `nist-compat` for the standard's degrees of freedom.

    Raises:
        BadInput: there is no such mode.
    """
    samples = require_samples(samples)
    if mode not in MODES:
        raise BadInput(f"mode is {mode!r}: it must be one of {', '.join(MODES)}")
    ranked = samples.ranked()
    parameters: Parameters = {"samples": len(samples), "width": samples.width, "mode": mode}
    if samples.kinds() <= 2:
        return _independent_bits(ranked.values, parameters)
    section, kinds, pairs = "SP 800-90B 5.2.1", samples.kinds(), len(samples) // 2
    shares = ranked.counts()[:kinds] / len(samples)
    bins, expected = _binned(np.outer(shares, shares).reshape(-1) * pairs)
    if len(expected) <= kinds:
        reason = (
            f"{len(expected)} bins of {LEAST_EXPECTED} expected pairs, and {kinds + 1} are needed for {kinds} values"
        )
        return not_applicable(_INDEPENDENCE, section, reason, parameters=parameters)
    values = ranked.values[: 2 * pairs].astype(np.int64)
    observed = np.bincount(bins[values[::2] * kinds + values[1::2]], minlength=len(expected))
    freedom: float = len(expected) - kinds
    if mode == "corrected" and len(expected) < kinds**2:
        freedom = len(expected) - 1 - _estimated(shares, bins, expected / pairs)
    return _finding(_INDEPENDENCE, section, parameters, observed, expected, freedom, bins=len(expected))


def goodness_of_fit(samples: Samples) -> Finding:
    """Test whether ten parts of the samples have the distribution of the whole.

    Of more than two values, bins hold 5 expected ones or more, filled from the rarest value on (5.2.2); of two values
    both are compared as they are (5.2.4).

    Args:
        samples: enough for two bins.
    """
    samples = require_samples(samples)
    kinds, size = samples.kinds(), len(samples) // PARTS
    section = "SP 800-90B 5.2.4" if kinds <= 2 else "SP 800-90B 5.2.2"
    parameters: Parameters = {"samples": len(samples), "width": samples.width}
    ranked = samples.ranked()
    if kinds < 2 or not size:
        reason = f"{kinds} values in {len(samples)} samples, and 2 in {PARTS} are needed"
        return not_applicable(_FIT, section, reason, parameters=parameters)
    expected = ranked.counts()[:kinds] / len(samples) * size
    bins = np.arange(kinds)
    if kinds > 2:
        bins, expected = _binned(expected)
    if len(expected) < 2:
        reason = f"{size} samples a part make one bin of {LEAST_EXPECTED} expected ones, and two are needed"
        return not_applicable(_FIT, section, reason, parameters=parameters)
    placed = bins[ranked.values[: size * PARTS]].reshape(PARTS, size)
    observed = np.stack([np.bincount(part, minlength=len(expected)) for part in placed])
    freedom = (PARTS - 1) * (len(expected) - 1)
    return _finding(_FIT, section, parameters, observed, np.tile(expected, (PARTS, 1)), freedom, bins=len(expected))


def _independent_bits(bits: NDArray[np.uint8], parameters: Parameters) -> Finding:
    section = "SP 800-90B 5.2.3"
    ones = float(bits.mean()) if len(bits) else 0.0
    size = MOST_TUPLE_BITS
    while size > 1 and min(ones, 1 - ones) ** size * (len(bits) // size) < LEAST_EXPECTED:
        size -= 1
    if size < 2:
        reason = f"{len(bits)} bits with {ones:.6g} ones do not make each pair expected {LEAST_EXPECTED} times"
        return not_applicable(_INDEPENDENCE, section, reason, parameters=parameters)
    tuples = len(bits) // size
    numbers = bits[: tuples * size].reshape(tuples, size) @ (1 << np.arange(size - 1, -1, -1))
    weight = np.bitwise_count(np.arange(1 << size))
    expected = ones**weight * (1 - ones) ** (size - weight) * tuples
    observed = np.bincount(numbers, minlength=1 << size)
    freedom = (1 << size) - 2
    return _finding(_INDEPENDENCE, section, parameters, observed, expected, freedom, tuple_bits=size)


def _binned(expected: Floats) -> tuple[Counts, Floats]:
    """Put classes, the rarest first, into bins that expect 5 or more; what is left joins the last bin.

    Returns:
        the bin of each class, and what each bin expects.
    """
    bins, sums = np.zeros(len(expected), dtype=np.int64), [0.0]
    for place in np.argsort(expected, kind="stable").tolist():
        if sums[-1] >= LEAST_EXPECTED:
            sums.append(0.0)
        bins[place] = len(sums) - 1
        sums[-1] += float(expected[place])
    if len(sums) > 1 and sums[-1] < LEAST_EXPECTED:
        last = sums.pop()
        sums[-1] += last
        bins[bins == len(sums)] -= 1
    return bins, np.array(sums)


def _estimated(shares: Floats, bins: Counts, probabilities: Floats) -> float:
    """Return by how much estimating the shares from all samples lowers the mean of the statistic.

    With R[b, i] the derivative of bin b's probability P[b] by share i, and (diag(p) - p p') / 2 the variance of the
    shares for each pair, the mean falls by the trace of R (diag(p) - p p') R' / (2 P): the sum of p[i] R[b, i]^2 /
    (2 P[b]), less 2. It is the number of values less one where each bin holds one pair.
    """
    kinds = len(shares)
    first, second = np.divmod(np.arange(kinds * kinds), kinds)
    places = np.concatenate((bins * kinds + first, bins * kinds + second))
    there, inverse = np.unique(places, return_inverse=True)
    slopes = np.bincount(inverse, weights=np.concatenate((shares[second], shares[first])))
    of_bin, of_share = np.divmod(there, kinds)
    return float((shares[of_share] * slopes**2 / (2 * probabilities[of_bin])).sum()) - 2


def _finding(
    name: str, section: str, parameters: Parameters, observed: Counts, expected: Floats, freedom: float, **chosen: int
) -> Finding:
    statistic = float(((observed - expected) ** 2 / expected).sum())
    p_value = float(special.chdtrc(freedom, statistic))
    found = {"chi_square": statistic, "degrees_of_freedom": freedom, **chosen}
    return Finding(name, section, parameters, found, (p_value,))
