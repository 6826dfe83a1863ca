"""Draws of many rounds at once: which words each draw takes, and what they come to (rules.md R4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rng.bulk import primitives
from rng.bulk.values import Array, Cells, Lists, NotVectorised, Vector, either
from rng.games.draws import Draw
from rng.games.operators import Value
from rng.primitives import MIN_CAP


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Hold the draws of rounds.

    Args:
        values: for each draw int64 of shape (rounds,), or (width, rounds) where its value is a list.
        again: the rounds in which a word was refused: they have to be drawn one by one.
    """

    values: tuple[Array, ...]
    again: Array


def words_of(draw: Draw) -> int:
    """Return how many words a draw takes if none is refused."""
    return 1 if draw.primitive == "bits" else draw.width


def make_draws(draws: Sequence[Draw], words: Array) -> Drawn:
    """Return what words come to.

    Args:
        draws: the draws of a round in order.
        words: uint64 of shape (words, rounds).

    Raises:
        NotVectorised: a sample is too large; `fits` tells.
    """
    values: list[Array] = []
    again: Array | None = None
    place = 0
    for draw in draws:
        taken = words[place : place + words_of(draw)]
        place += words_of(draw)
        value, refused = _make(draw, taken)
        values.append(value if draw.is_list else value[0])
        if refused is not None:
            again = either(again, np.any(refused, axis=0))
    rounds = words.shape[1]
    return Drawn(tuple(values), np.zeros(rounds, dtype=np.bool_) if again is None else again)


def _make(draw: Draw, words: Array) -> tuple[Array, Array | None]:
    """Return a draw as int64 of shape (width, rounds), and which words were refused, along the first axis too."""
    if draw.primitive == "uniform":
        return primitives.uniform(words, draw.sizes[0])
    if draw.primitive == "weighted":
        return primitives.weighted(words, draw.weights)
    if draw.primitive == "ratio":
        edge, cap = draw.sizes
        return primitives.ratio(words, edge=edge, cap=cap), None
    if draw.primitive == "bits":
        return primitives.bits(words[0], draw.sizes[0]), None
    n, k = draw.sizes if draw.primitive == "sample" else (draw.sizes[0], draw.sizes[0])
    if not primitives.can_sample(n, k):
        raise NotVectorised(f"a sample of {k} out of {n}")
    return primitives.sample(words, n, k)


def empty_draws(draws: Sequence[Draw], rounds: int) -> Drawn:
    """Return draws all of which have to be made one by one."""
    values = tuple(np.zeros((draw.width, rounds) if draw.is_list else (rounds,), dtype=np.int64) for draw in draws)
    return Drawn(values, np.ones(rounds, dtype=np.bool_))


def replace_round(drawn: Drawn, row: int, values: Sequence[Value]) -> None:
    """Put the draws of one round in the place of what stands there."""
    for array, value in zip(drawn.values, values, strict=True):
        array[..., row] = value


def round_of(drawn: Drawn, row: int) -> list[Value]:
    """Return the draws of one round as Python values."""
    return [array[..., row].tolist() for array in drawn.values]


def vectors(draws: Sequence[Draw], values: Sequence[Array]) -> list[Vector]:
    """Return draws as values of the rules language, with their bounds."""
    result: list[Vector] = []
    for draw, data in zip(draws, values, strict=True):
        cells = Cells("integer", data, *_bounds(draw))
        result.append(cells if not draw.is_list else Lists(draw.width, None, cells) if draw.width else [])
    return result


def _bounds(draw: Draw) -> tuple[int, int]:
    if draw.primitive == "weighted":
        return 0, len(draw.weights) - 1
    if draw.primitive == "ratio":
        return MIN_CAP, draw.sizes[1]
    return 0, 1 if draw.primitive == "bits" else max(0, draw.sizes[0] - 1)
