"""Tests of shuffled decks: cards by position, first card, neighbours, fixed points, cycles and descents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from statistical_tests.errors import BadInput
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.outcomes.goodness import fit
from statistical_tests.outcomes.laws import count_tails, square_tails
from statistical_tests.outcomes.permutations import (
    cycle_law,
    cycles,
    descent_law,
    fixed_point_law,
    succession_law,
)
from statistical_tests.outcomes.positions import LEAST_DRAWS, position_counts, position_tails, rows_of
from statistical_tests.outcomes.sample import Sample, numbers, sample

_SECTION = "GLI-19 3.2"
_MOST_CARDS = 2080  # forty decks; the laws are exact integers, and matrices have this many rows and columns
_NONE = "there are no decks"


@dataclass(frozen=True, slots=True)
class Counted:
    """Hold how something is counted in each of many decks, and its law by the number of cards."""

    count: Callable[[Sample], NDArray[np.int64]]
    law: Callable[[int], Sequence[Fraction]]


def _fixed_points(rows: Sample) -> NDArray[np.int64]:
    return np.asarray(np.count_nonzero(rows == np.arange(rows.shape[1]), axis=1))


def _descents(rows: Sample) -> NDArray[np.int64]:
    return np.asarray(np.count_nonzero(rows[:, 1:] < rows[:, :-1], axis=1))


def _successions(rows: Sample) -> NDArray[np.int64]:
    return np.asarray(np.count_nonzero(rows[:, 1:] == rows[:, :-1].astype(np.int64) + 1, axis=1))


COUNTED = {
    "fixed points": Counted(_fixed_points, fixed_point_law),
    "cycles": Counted(cycles, cycle_law),
    "descents": Counted(_descents, descent_law),
    "successions": Counted(_successions, succession_law),
}
"""What is counted in each deck and has an exact law."""


def decks_of(decks: ArrayLike) -> Sample:
    """Return decks in the narrowest type.

    Args:
        decks: shape [decks, cards]; each row holds 0 to cards - 1 once each.

    Raises:
        BadInput: a row is no permutation; the message says which, and what is there twice.
    """
    array = numbers(decks, dimensions=2, name="decks")
    cards = array.shape[1]
    if not 2 <= cards <= _MOST_CARDS:
        raise BadInput(f"a deck has {cards} cards: from 2 to {_MOST_CARDS} are taken, one row a deck")
    checked = sample(array, kinds=cards, dimensions=2, name="decks")
    for part in rows_of(checked):
        ordered = np.sort(checked[part], axis=1)
        wrong = (ordered != np.arange(cards)).any(axis=1)
        if wrong.any():
            row = int(np.argmax(wrong))
            twice = int(ordered[row][1:][ordered[row][1:] == ordered[row][:-1]][0])
            raise BadInput(
                f"decks[{part.start + row}] holds card {twice} twice: a deck holds 0 to {cards - 1} once each"
            )
    return checked


def card_positions(decks: ArrayLike) -> Finding:
    """Compare how often each card stands in each place with 1 / cards.

    The chi-square of the whole matrix, with (cards - 1)^2 degrees of freedom, because each row and column has a fixed
    sum: Pearson's sum times (cards - 1) / cards. Mean and variance are exact, see `position_tails`.

    Args:
        decks: shape [decks, cards]; each row holds 0 to cards - 1 once each.

    Raises:
        BadInput: a row is no permutation.
    """
    name, columns = "CardPositions", ("too uneven", "too even")
    checked = decks_of(decks)
    cards = checked.shape[1]
    parameters = {"decks": len(checked), "cards": cards}
    if len(checked) < LEAST_DRAWS:
        reason = f"{len(checked)} decks, and {LEAST_DRAWS} are needed"
        return not_applicable(name, _SECTION, reason, parameters=parameters, columns=columns)
    counts = position_counts(checked, cards)
    square, tails = position_tails(counts, len(checked))
    furthest = np.unravel_index(int(np.argmax(np.abs(counts - len(checked) / cards))), counts.shape)
    return Finding(
        name,
        _SECTION,
        parameters,
        {
            "chi_square": square,
            "degrees_of_freedom": (cards - 1) ** 2,
            "furthest_place": int(furthest[0]),
            "furthest_card": int(furthest[1]),
            "furthest_count": int(counts[furthest]),
            "expected_count": len(checked) / cards,
        },
        (tails.more, tails.less),
        columns,
    )


def first_card(decks: ArrayLike) -> Finding:
    """Compare how often each card is the first, and the last, with 1 / cards, by Pearson's chi-square.

    Args:
        decks: shape [decks, cards]; each row holds 0 to cards - 1 once each.

    Raises:
        BadInput: a row is no permutation.
    """
    checked = decks_of(decks)
    cards = checked.shape[1]
    parameters = {"decks": len(checked), "cards": cards}
    equal = np.full(cards, 1 / cards)
    found = [fit(np.bincount(checked[:, place], minlength=cards), equal) for place in (0, -1)]
    columns = ("first card", "last card")
    if found[0] is None or found[1] is None:
        return not_applicable("FirstCard", _SECTION, _NONE, parameters=parameters, columns=columns)
    return Finding(
        "FirstCard",
        _SECTION,
        parameters,
        {
            "chi_square": [found[0].chi_square, found[1].chi_square],
            "degrees_of_freedom": [found[0].degrees_of_freedom, found[1].degrees_of_freedom],
        },
        (found[0].uneven, found[1].uneven),
        columns,
    )


def neighbours(decks: ArrayLike) -> Finding:
    """Compare how often each card is followed by each other card, and by its successor.

    The matrix of ordered neighbours has cards (cards - 1) cells of probability 1 / cards a deck. Two decks share as
    many of them as a random permutation has successions, so mean and variance of the sum of squares are exact. How
    many successions (a card followed by the next higher one) the decks have, is compared with its exact law.

    Args:
        decks: shape [decks, cards]; each row holds 0 to cards - 1 once each.

    Raises:
        BadInput: a row is no permutation.
    """
    name, columns = "Neighbours", ("pairs of neighbours", "successions")
    checked = decks_of(decks)
    cards = checked.shape[1]
    parameters = {"decks": len(checked), "cards": cards}
    if len(checked) < LEAST_DRAWS or cards < 3:
        reason = f"{len(checked)} decks of {cards} cards, and {LEAST_DRAWS} decks of three are needed"
        return not_applicable(name, _SECTION, reason, parameters=parameters, columns=columns)
    pairs = np.zeros(cards * cards, dtype=np.int64)
    for part in rows_of(checked):
        codes = checked[part, :-1].astype(np.int64) * cards + checked[part, 1:]
        pairs += np.bincount(codes.reshape(-1), minlength=len(pairs))
    table = pairs.reshape(cards, cards)
    law = succession_law(cards)
    mean = sum((j * chance for j, chance in enumerate(law)), Fraction(0))
    variance = float(sum((j * j * chance for j, chance in enumerate(law)), Fraction(0)) - mean**2)
    deviations = (table - len(checked) / cards) ** 2
    np.fill_diagonal(deviations, 0.0)
    squares = float(deviations.sum())
    own = (cards - 1) ** 2 / cards
    tails = square_tails(squares, mean=len(checked) * own, variance=2 * len(checked) * (len(checked) - 1.0) * variance)
    of_each = counts_of_decks(checked, _successions)
    found = _fit_law(of_each, law)
    return Finding(
        name,
        _SECTION,
        parameters,
        {"sum_of_squares": squares, "expected_sum": len(checked) * own, "successions": int(of_each.sum()),
         "chi_square": found[0], "degrees_of_freedom": found[1]},
        (tails.more, found[2]),
        columns,
    )  # fmt: skip


def fixed_points(decks: ArrayLike) -> Finding:
    """Compare how many cards of each deck stay in their place with the exact law (rencontres numbers).

    Sattolo's algorithm, a shuffle with an index off by one, never leaves a card in its place.

    Args:
        decks: shape [decks, cards]; each row holds 0 to cards - 1 once each, 0 being the card that was first.

    Raises:
        BadInput: a row is no permutation.
    """
    return _by_deck("FixedPoints", decks, COUNTED["fixed points"])


def deck_cycles(decks: ArrayLike) -> Finding:
    """Compare the number of cycles of each deck, and how many decks are even permutations, with their exact laws.

    Args:
        decks: shape [decks, cards]; each row holds 0 to cards - 1 once each, 0 being the card that was first.

    Raises:
        BadInput: a row is no permutation.
    """
    name, columns = "Cycles", ("number of cycles", "even permutations")
    checked = decks_of(decks)
    cards = checked.shape[1]
    parameters = {"decks": len(checked), "cards": cards}
    if not len(checked):
        return not_applicable(name, _SECTION, _NONE, parameters=parameters, columns=columns)
    of_each = counts_of_decks(checked, cycles)
    even = int(np.count_nonzero((cards - of_each) % 2 == 0))
    square, degrees, p_value = _fit_law(of_each, cycle_law(cards))
    parity = count_tails(even, mean=len(checked) / 2, variance=len(checked) / 4).both
    return Finding(
        name,
        _SECTION,
        parameters,
        {"chi_square": square, "degrees_of_freedom": degrees, "cycles": int(of_each.sum()), "even": even},
        (p_value, parity),
        columns,
    )


def descents(decks: ArrayLike) -> Finding:
    """Compare how many cards of each deck are followed by a lower one with the exact law (Eulerian numbers).

    Args:
        decks: shape [decks, cards]; each row holds 0 to cards - 1 once each.

    Raises:
        BadInput: a row is no permutation.
    """
    return _by_deck("Descents", decks, COUNTED["descents"])


def _by_deck(name: str, decks: ArrayLike, counted: Counted) -> Finding:
    checked = decks_of(decks)
    parameters = {"decks": len(checked), "cards": checked.shape[1]}
    if not len(checked):
        return not_applicable(name, _SECTION, _NONE, parameters=parameters)
    of_each = counts_of_decks(checked, counted.count)
    chances = counted.law(checked.shape[1])
    square, degrees, p_value = _fit_law(of_each, chances)
    expected = float(len(checked) * sum((j * chance for j, chance in enumerate(chances)), Fraction(0)))
    return Finding(
        name,
        _SECTION,
        parameters,
        {"chi_square": square, "degrees_of_freedom": degrees, "total": int(of_each.sum()), "expected_total": expected},
        (p_value,),
    )


def counts_of_decks(decks: Sample, count: Callable[[Sample], NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return what is counted in each deck, shape [decks]."""
    return np.concatenate([np.asarray(count(decks[part]), dtype=np.int64) for part in rows_of(decks)])


def _fit_law(of_each: NDArray[np.int64], law: Sequence[Fraction]) -> tuple[float, int, float]:
    """Return chi-square, degrees of freedom and p-value of one number a deck against its law."""
    counts = np.bincount(of_each, minlength=len(law)).astype(np.int64)
    found = fit(counts, np.array([float(chance) for chance in law]), in_order=True)
    if found is None:
        raise AssertionError("a law of two values or more, and a deck or more, can be compared")
    return found.chi_square, found.degrees_of_freedom, found.uneven
