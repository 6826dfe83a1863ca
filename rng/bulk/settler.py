"""From words to columns: draws, outcomes and payouts of rounds, by arrays, and one by one where that cannot be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from rng.bulk.columns import Column, Columns, column_of_values, column_of_vector, join_columns, with_rows
from rng.bulk.draws import Drawn, empty_draws, make_draws, replace_round, round_of, vectors, words_of
from rng.bulk.evaluator import Evaluator, Settled
from rng.bulk.primitives import can_sample
from rng.bulk.values import Array, Cells, NotVectorised, TooLarge
from rng.games import ExpressionError, settle
from rng.games.operators import Value
from rng.games.rules import Prepared

_CHUNK_WORDS: Final = 2**16
_CHUNK_ROUNDS: Final = 2**13

RoundDraws = Callable[[int], list[Value]]
"""Draw one round by the scalar path, given its row."""


@dataclass(frozen=True, slots=True, eq=False)
class Settler:
    """Settle rounds of one game with its parameters; made by `settler_of`.

    Args:
        prepared: the rules with their parameters.
        words: how many words a round takes if none is refused; None where its draws are made one by one.
    """

    prepared: Prepared
    words: int | None
    _evaluator: Evaluator = field(repr=False)

    @property
    def chunk(self) -> int:
        """Return how many rounds are best settled at once."""
        return max(1, min(_CHUNK_ROUNDS, _CHUNK_WORDS // max(1, self.prepared.width)))

    def settle(self, words: Array | None, nonces: Array, draw: RoundDraws) -> Columns:
        """Return what rounds came to.

        Args:
            words: uint64 of shape (words, rounds); None where `self.words` is None.
            nonces: int64 of shape (rounds,), at least one.
            draw: the scalar path to the draws of one round, for those in which a word was refused.

        Raises:
            ExpressionError: the rules give no value for some draws; the message names the first such nonce.
        """
        return self._columns(self._drawn(words, nonces, draw), nonces)

    def draw(self, words: Array | None, nonces: Array, draw: RoundDraws) -> Columns:
        """Return the draws of rounds without outcome and payout; the arguments are those of `settle`."""
        return self._made(self._drawn(words, nonces, draw), nonces, {}, None)

    def _drawn(self, words: Array | None, nonces: Array, draw: RoundDraws) -> Drawn:
        draws = self.prepared.draws
        drawn = empty_draws(draws, len(nonces)) if words is None else make_draws(draws, words)
        for row in np.flatnonzero(drawn.again).tolist():
            replace_round(drawn, row, draw(row))
        return drawn

    def _columns(self, drawn: Drawn, nonces: Array) -> Columns:
        try:
            settled = self._evaluator.settle(vectors(self.prepared.draws, drawn.values), len(nonces))
        except NotVectorised:
            return self._one_by_one(drawn, nonces)
        except TooLarge:
            middle = len(nonces) // 2
            if not middle:
                return self._one_by_one(drawn, nonces)
            parts = [slice(None, middle), slice(middle, None)]
            return join_columns([self._columns(_part(drawn, part), nonces[part]) for part in parts])
        return self._patched(settled, drawn, nonces)

    def _patched(self, settled: Settled, drawn: Drawn, nonces: Array) -> Columns:
        """Return what was settled, with the doubtful rounds settled by the scalar path."""
        rounds = len(nonces)
        payout: Array | None = None
        if settled.payout is not None:
            paid = settled.payout.data if isinstance(settled.payout, Cells) else settled.payout
            payout = np.array(np.broadcast_to(paid, (rounds,)), dtype=np.int64)
        outcome = {name: column_of_vector(value, rounds) for name, value in settled.outcome.items()}
        rows = np.flatnonzero(settled.doubtful).tolist()
        if rows:
            found = [self._round(drawn, row, nonces) for row in rows]
            for name, column in outcome.items():
                outcome[name] = with_rows(column, rows, [shown[name] for shown, _ in found])
            if payout is not None:
                payout[rows] = [paid for _, paid in found]
        return self._made(drawn, nonces, outcome, payout)

    def _one_by_one(self, drawn: Drawn, nonces: Array) -> Columns:
        found = [self._round(drawn, row, nonces) for row in range(len(nonces))]
        rules = self.prepared.rules
        outcome = {shown.name: column_of_values([values[shown.name] for values, _ in found]) for shown in rules.outcome}
        payout = None if rules.payout is None else np.array([paid for _, paid in found], dtype=np.int64)
        return self._made(drawn, nonces, outcome, payout)

    def _round(self, drawn: Drawn, row: int, nonces: Array) -> tuple[dict[str, Value], int | None]:
        try:
            return settle(self.prepared, round_of(drawn, row))
        except ExpressionError as error:
            raise ExpressionError(error.path, f"nonce {int(nonces[row])}: {error.message}") from None

    def _made(self, drawn: Drawn, nonces: Array, outcome: dict[str, Column], payout: Array | None) -> Columns:
        names = (draw.name for draw in self.prepared.draws)
        draws = {name: value.T for name, value in zip(names, drawn.values, strict=True)}
        return Columns(nonces, draws, outcome, payout)


def settler_of(prepared: Prepared) -> Settler:
    """Return what settles rounds of rules with parameters."""
    samples = (draw.sizes for draw in prepared.draws if draw.primitive in ("sample", "permutation"))
    by_arrays = all(can_sample(sizes[0], sizes[-1]) for sizes in samples)
    words = sum(map(words_of, prepared.draws)) if by_arrays else None
    return Settler(prepared, words, Evaluator(prepared))


def _part(drawn: Drawn, part: slice) -> Drawn:
    return Drawn(tuple(value[..., part] for value in drawn.values), drawn.again[part])
