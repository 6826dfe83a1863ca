"""Rounds: a pure function of server seed, client seed, nonce and rules (verifier/spec/rules.md R8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rng.games.draws import maker
from rng.games.rules import Prepared, Rules, prepare_rules, settle
from rng.primitives import Words
from rng.schemes import Scheme
from rng.seeds import ClientSeed, ServerSeed

INTEGER_BYTES = 8


@dataclass(frozen=True, slots=True)
class Round:
    """Hold what a round came to.

    Args:
        draws: list of `{"name", "value"}` in order, as a receipt states them.
        outcome: the shown outcome by field.
        payout: ten-thousandths of the stake, stake included; `None` where the engine settles.
    """

    draws: list[dict[str, Any]]
    outcome: dict[str, Any]
    payout: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Player:
    """Play any number of rounds of one game with one seed; made by `prepare`. It holds the game key, a secret."""

    prepared: Prepared
    _blocks: Callable[[int], Callable[[int], bytes]] = field(repr=False)
    _makers: tuple[Callable[[Words], Any], ...] = field(repr=False)

    def draw(self, nonce: int) -> list[Any]:
        """Return the values of the draws of a round, in order.

        Args:
            nonce: 0 to 2^53 - 1.
        """
        words = Words(self._blocks(nonce))
        return [make(words) for make in self._makers]

    def play(self, nonce: int) -> Round:
        """Return a whole round.

        Raises:
            ExpressionError: the rules give no value for these draws.
        """
        values = self.draw(nonce)
        outcome, payout = settle(self.prepared, values)
        draws = [{"name": draw.name, "value": value} for draw, value in zip(self.prepared.draws, values, strict=True)]
        return Round(draws, outcome, payout)

    def row(self, nonce: int) -> bytes:
        """Return the row of a round in a batch: its draws flattened, 8 bytes each, big-endian (statements.md T4)."""
        parts = []
        for value in self.draw(nonce):
            for number in value if type(value) is list else (value,):
                parts.append(number.to_bytes(INTEGER_BYTES, "big"))
        return b"".join(parts)


def prepare(
    scheme: Scheme,
    server_seed: ServerSeed,
    *,
    client_seed: ClientSeed,
    rules: Rules,
    parameters: Mapping[str, object],
    beacon: str = "",
) -> Player:
    """Return what plays rounds of a game with a seed: the game key is derived and the arguments are evaluated once.

    Args:
        scheme: the scheme of the epoch.
        server_seed: the epoch's server seed.
        client_seed: the player's seed.
        rules: the game's rules.
        parameters: every parameter by name, as `check_parameters` returns them.
        beacon: the beacon in the game key's message, or empty.

    Raises:
        ParameterError: a parameter is missing, unknown or not allowed.
        ExpressionError: an argument of a draw has no value or is out of range.
    """
    prepared = prepare_rules(rules, parameters)
    game_key = scheme.game_key(server_seed, rules_digest=rules.digest, beacon=beacon)

    def blocks(nonce: int) -> Callable[[int], bytes]:
        return scheme.blocks(game_key, client_seed=client_seed, nonce=nonce)

    return Player(prepared, blocks, tuple(maker(draw) for draw in prepared.draws))


def play(
    scheme: Scheme,
    server_seed: ServerSeed,
    *,
    client_seed: ClientSeed,
    nonce: int,
    rules: Rules,
    parameters: Mapping[str, object],
    beacon: str = "",
) -> Round:
    """Return one round; arguments and errors are those of `prepare`, and `nonce` is 0 to 2^53 - 1."""
    return prepare(
        scheme, server_seed, client_seed=client_seed, rules=rules, parameters=parameters, beacon=beacon
    ).play(nonce)
