"""The return to player of a sample of rounds, against the game's exact expectation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft, special

from statistical_tests import arguments
from statistical_tests.errors import BadInput
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.outcomes.laws import Tails, count_tails
from statistical_tests.outcomes.sample import chunks, numbers

_NAME, _SECTION = "ReturnToPlayer", "GLI-19 3.2.2; GLI-11"
_COLUMNS = ("two-sided",)
_MOST_LATTICE = 1 << 13  # points of the law of the sum that are computed by convolution: all digits of small tails
_MOST_TRANSFORMED = 1 << 22  # and by the characteristic function, with an error near 1e-13 in all
_LEAST_TRANSFORMED = 1e-9
_LEAST_PRIZES = 20
_BERRY_ESSEEN = 0.4690  # Shevtsova 2013, for sums of equal laws


def return_to_player(
    payouts: ArrayLike,
    *,
    expected: Fraction | float,
    variance: Fraction | float,
    third_absolute: Fraction | float | None = None,
) -> Finding:
    """Compare the mean payout with the game's return, given its exact expectation and variance.

    The law is normal as the rounds grow. With the third absolute central moment, the statistic `berry_esseen` bounds
    how far any one-sided p-value is from the truth, and twice that the two-sided one: 0.4690 rho / (sigma^3 sqrt n).
    Where the whole table of payouts is known, `return_to_player_of_table` is better.

    Args:
        payouts: what each round paid, in stakes, shape [rounds].
        expected: the exact return, as a fraction of the stake.
        variance: the exact variance of a round's payout in squared stakes, above zero.
        third_absolute: E |payout - expected|^3.

    Raises:
        BadInput: a payout is not finite or negative, or a moment is not such.
    """
    mean, spread = _moment(expected, "expected"), _moment(variance, "variance")
    if spread <= 0:
        raise BadInput(f"variance is {variance}: it is above 0 in a game of chance")
    total, rounds = _total(payouts)
    parameters: dict[str, Any] = {"rounds": rounds, "expected": mean, "variance": spread}
    if not rounds:
        return not_applicable(_NAME, _SECTION, "there are no rounds", parameters=parameters, columns=_COLUMNS)
    statistic = _statistic(total, rounds, mean, spread)
    if third_absolute is not None:
        third = _moment(third_absolute, "third_absolute")
        if third < spread * math.sqrt(spread) * (1 - 1e-9):
            raise BadInput(f"third_absolute is {third_absolute}: it is at least the variance to the power of 1.5")
        statistic["berry_esseen"] = _BERRY_ESSEEN * (third / spread / math.sqrt(spread) / math.sqrt(rounds))
    p_value = float(special.erfc(abs(statistic["deviations"]) / math.sqrt(2)))
    return Finding(_NAME, _SECTION, parameters | {"law": "normal"}, statistic, (p_value,), _COLUMNS)


def return_to_player_of_table(
    payouts: ArrayLike, *, amounts: Sequence[Fraction | int], probabilities: Sequence[Any]
) -> Finding:
    """Compare the sum of payouts with its law under the game's own table of payouts.

    Two different amounts: exactly binomial. More: the exact law of the sum while it has no more than four million
    steps of the amounts' common measure; beyond that, and for p below 1e-9, the saddle point approximation of
    Lugannani and Rice (1980), whose relative error is small in the tails too, where the normal law fails. It is good
    to a percent when each prize that matters is expected some twenty times; a note says where one is not. p is twice
    the smaller tail.

    Args:
        payouts: what each round paid, in stakes, shape [rounds]; each is one of the amounts (to a relative 1e-9).
        amounts: the possible payouts of a round, different fractions or integers, 0 or more.
        probabilities: one for each amount, floats or fractions; the sum is one.

    Raises:
        BadInput: a payout is not among the amounts, or the table is not such.
    """
    table = [_exact(amount) for amount in amounts]
    law = arguments.probabilities(probabilities)
    if len(table) != len(law):
        raise BadInput(f"there are {len(table)} amounts and {len(law)} probabilities: each amount has one")
    if len(set(table)) != len(table):
        raise BadInput("an amount occurs twice: give each amount once, with the sum of its probabilities")
    counts = _counts(payouts, table)
    never = [place for place in range(len(table)) if counts[place] and law[place] <= 0]
    keep = [place for place in range(len(table)) if law[place] > 0]
    rounds = int(counts.sum())
    values = np.array([float(amount) for amount in table])
    mean = float(law @ values)
    spread = float(law @ (values - mean) ** 2)
    total = float(sum((int(counts[place]) * table[place] for place in range(len(table))), Fraction(0)))
    parameters: dict[str, Any] = {"rounds": rounds, "amounts": len(table), "expected": mean, "variance": spread}
    if not rounds or len(keep) < 2:
        reason = "there are no rounds" if not rounds else "only one payout is possible"
        return not_applicable(_NAME, _SECTION, reason, parameters=parameters, columns=_COLUMNS)
    statistic = _statistic(total, rounds, mean, spread)
    if never:
        note = f"a payout of {table[never[0]]} occurred, which has probability zero"
        return Finding(_NAME, _SECTION, parameters | {"law": "none"}, statistic, (0.0,), _COLUMNS, notes=(note,))
    kept = sorted(keep, key=lambda place: table[place])
    steps, chances = _steps([table[place] for place in kept]), law[kept]
    observed = sum(int(counts[place]) * step for place, step in zip(kept, steps, strict=True))
    tails, name = _sum_tails(observed, rounds, steps, chances / chances.sum())
    rare = [table[place] for place in kept if law[place] * rounds < _LEAST_PRIZES]
    notes: tuple[str, ...] = ()
    if name == "saddle point" and rare:
        notes = (f"{len(rare)} amounts, to {rare[-1]}, are expected less than {_LEAST_PRIZES} times: p is rough",)
    return Finding(_NAME, _SECTION, parameters | {"law": name}, statistic, (tails.both,), _COLUMNS, notes=notes)


def _sum_tails(observed: int, rounds: int, steps: list[int], chances: NDArray[np.float64]) -> tuple[Tails, str]:
    """Return the tails of a sum of independent steps, the smallest of which is 0, and how they were computed."""
    if len(steps) == 2:
        chance = float(chances[1])
        law = count_tails(observed // steps[1], mean=rounds * chance, variance=rounds * chance * (1 - chance))
        return law, "binomial"
    if steps[-1] * rounds < _MOST_LATTICE:
        return _lattice_tails(observed, rounds, steps, chances), "exact"
    if steps[-1] * rounds < _MOST_TRANSFORMED:
        tails = _transformed_tails(observed, rounds, steps, chances)
        if min(tails.more, tails.less) > _LEAST_TRANSFORMED:
            return tails, "characteristic function"
    return _saddle_tails(observed, rounds, steps, chances), "saddle point"


def _lattice_tails(observed: int, rounds: int, steps: list[int], chances: NDArray[np.float64]) -> Tails:
    one = np.zeros(steps[-1] + 1)
    one[steps] = chances
    # Powers by squaring, from sums of positive terms alone, so that small probabilities keep their digits.
    power, result = one, np.ones(1)
    left = rounds
    while left:
        if left & 1:
            result = np.convolve(result, power)
        left >>= 1
        if left:
            power = np.convolve(power, power)
    return Tails(min(float(result[observed:].sum()), 1.0), min(float(result[: observed + 1].sum()), 1.0))


def _transformed_tails(observed: int, rounds: int, steps: list[int], chances: NDArray[np.float64]) -> Tails:
    points = 1 << (steps[-1] * rounds).bit_length()
    one = np.zeros(points)
    one[steps] = chances
    result = fft.irfft(fft.rfft(one) ** rounds, n=points)
    return Tails(min(float(result[observed:].sum()), 1.0), min(float(result[: observed + 1].sum()), 1.0))


def _saddle_tails(observed: int, rounds: int, steps: list[int], chances: NDArray[np.float64]) -> Tails:
    x = np.array(steps, dtype=np.float64)
    x /= x[-1]
    unit = 1 / steps[-1]
    # Half a step on either side, as for any sum on a lattice (Daniels 1987, second correction).
    below, above = (observed - 0.5) * unit / rounds, (observed + 0.5) * unit / rounds
    more = 1.0 if below <= 0 else _saddle(below, rounds, x, chances, unit)
    less = 1.0 if above >= 1 else 1.0 - _saddle(above, rounds, x, chances, unit)
    if less < 1e-3:
        # The lower tail as the upper one of what is missing to the largest payout, which loses no digits.
        less = _saddle(1 - above, rounds, (1 - x)[::-1], chances[::-1], unit)
    return Tails(min(max(more, 0.0), 1.0), min(max(less, 0.0), 1.0))


def _saddle(level: float, rounds: int, x: NDArray[np.float64], chances: NDArray[np.float64], unit: float) -> float:
    """Return the probability that the mean of so many rounds is above `level`, between 0 and 1, off the lattice."""
    if level >= x.max():
        return 0.0

    def tilted(t: float) -> tuple[float, float, float, float]:
        top = float((t * x).max())
        weights = chances * np.exp(t * x - top)
        whole = float(weights.sum())
        weights = weights / whole
        mean = float(weights @ x)
        return top + math.log(whole), mean, float(weights @ (x - mean) ** 2), float(weights @ (x - mean) ** 3)

    low, high = -1.0, 1.0
    while tilted(low)[1] > level:
        low *= 2
    while tilted(high)[1] < level:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        if tilted(middle)[1] < level:
            low = middle
        else:
            high = middle
    t = (low + high) / 2
    cumulant, _, second, third = tilted(t)
    signed = math.copysign(math.sqrt(max(2 * rounds * (t * level - cumulant), 0.0)), t)
    scaled: float = 2 / unit * math.sinh(t * unit / 2) * math.sqrt(rounds * second) if t * unit < 600 else math.inf
    if abs(signed) < 1e-3:
        # Around the mean the formula is 0 / 0; its limit carries the skewness (Daniels 1987).
        skewness = third / (second * math.sqrt(second))
        return 0.5 - (signed + skewness / (6 * math.sqrt(rounds))) / math.sqrt(2 * math.pi)
    density = math.exp(-signed * signed / 2) / math.sqrt(2 * math.pi)
    return float(special.ndtr(-signed) + density * (1 / scaled - 1 / signed))


def _steps(amounts: list[Fraction]) -> list[int]:
    """Return sorted amounts above the smallest, in multiples of their greatest common measure."""
    differences = [amount - amounts[0] for amount in amounts]
    scale = math.lcm(*(one.denominator for one in differences))
    whole = [int(one * scale) for one in differences]
    measure = math.gcd(*whole)
    return [one // measure for one in whole]


def _counts(payouts: ArrayLike, table: list[Fraction]) -> NDArray[np.int64]:
    array = numbers(payouts, dimensions=1, name="payouts")
    order = np.argsort([float(amount) for amount in table])
    known = np.array([float(table[place]) for place in order])
    counts = np.zeros(len(table), dtype=np.int64)
    for part in chunks(len(array)):
        piece = array[part].astype(np.float64)
        right = np.searchsorted(known, piece).clip(max=len(known) - 1)
        left = (right - 1).clip(min=0)
        nearest = np.where(np.abs(piece - known[left]) < np.abs(known[right] - piece), left, right)
        wrong = ~(np.abs(piece - known[nearest]) <= 1e-9 * np.maximum(known[nearest], 1e-3))
        if wrong.any():
            place = part.start + int(np.argmax(wrong))
            raise BadInput(f"payouts[{place}] is {array[place]}: it is none of the {len(table)} amounts of the table")
        counts[order] += np.bincount(nearest, minlength=len(known))
    return counts


def _total(payouts: ArrayLike) -> tuple[float, int]:
    array = numbers(payouts, dimensions=1, name="payouts")
    sums = []
    for part in chunks(len(array)):
        piece = array[part].astype(np.float64)
        wrong = ~(np.isfinite(piece) & (piece >= 0))
        if wrong.any():
            place = part.start + int(np.argmax(wrong))
            raise BadInput(f"payouts[{place}] is {array[place]}: a payout is a number of stakes, 0 or more")
        sums.append(float(piece.sum()))
    return math.fsum(sums), len(array)


def _statistic(total: float, rounds: int, mean: float, spread: float) -> dict[str, float]:
    deviation = math.sqrt(spread / rounds)
    return {
        "return": total / rounds,
        "deviations": (total / rounds - mean) / deviation if deviation else 0.0,
        "band_99_low": mean - 2.5758293035489004 * deviation,
        "band_99_high": mean + 2.5758293035489004 * deviation,
    }


def _moment(value: Fraction | float, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | Fraction | np.floating):
        raise BadInput(f"{name} is a number or a fraction, not {value!r}")
    try:
        number = float(value)
    except OverflowError:  # beyond 10^308
        number = math.inf
    if not math.isfinite(number) or number < 0:
        raise BadInput(f"{name} is {number:g}: it is a finite number, 0 or more")
    return number


def _exact(amount: Fraction | int) -> Fraction:
    if isinstance(amount, bool) or not isinstance(amount, int | Fraction | np.integer):
        raise BadInput(f"amounts are fractions or integers, not {amount!r}: write 1.98 as Fraction(198, 100)")
    if amount < 0:
        raise BadInput(f"an amount is {amount}: a payout is 0 or more")
    return Fraction(int(amount)) if not isinstance(amount, Fraction) else amount
