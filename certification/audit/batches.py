"""Batch receipts: every row computed again by the engine, a sample of them and every false root by the verifier."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from certification.audit.groups import Group
from certification.audit.judge import Judgement, StatedRound
from certification.audit.rules import Shelf
from certification.audit.sample import Sample
from rng.bulk import Columns, leaf_hashes, play_range
from rng.merkle import Frontier
from rng.schemes import SCHEMES
from rng.seeds import ClientSeed, ServerSeed
from verifier import Malformed, TooExpensive, compute_outcome
from verifier.merkle import root

Stated = Callable[[dict[str, Any]], StatedRound]
"""Makes the round to be judged from its nonce, draws, outcome and payout."""


def replay(
    group: Group, server_seed: bytes, body: dict[str, Any], *, sample: Sample, stated: Stated
) -> tuple[str, list[StatedRound]]:
    """Play a batch by the engine.

    A batch states its rows by their root alone, so what the verifier is given of a sampled row is the engine's.

    Args:
        group: scheme, rules and parameters.
        server_seed: 32 bytes.
        body: the batch receipt.
        sample: chooses which rounds the verifier judges too.
        stated: see `Stated`.

    Returns:
        The root over the rows in hex, and the rounds of the sample.

    Raises:
        ExpressionError: the rules give no value for some draws.
        ValueError: the seeds or nonces are none.
    """
    frontier = Frontier()
    chosen: list[StatedRound] = []
    for columns in play_range(
        SCHEMES[group.scheme],
        ServerSeed(server_seed),
        client_seed=ClientSeed(body["client_seed"]),
        first_nonce=body["first_nonce"],
        count=body["count"],
        rules=group.game.engine,
        parameters=group.parameters,
        beacon=group.beacon,
    ):
        hashes = leaf_hashes(columns)
        frontier = frontier.extend((hashes[at : at + 32] for at in range(0, len(hashes), 32)), hashed=True)
        round_at = _rounds(columns)

        def keep(row: int, round_at: Callable[[int], dict[str, Any]] = round_at) -> list[Any]:
            return [stated(round_at(row)).as_json(), False]

        chosen += [stated(round_at(row)) for row in sample.choose(len(columns), keep)]
    return frontier.root().hex(), chosen


def judge_root(stated: dict[str, Any], server_seed: bytes, shelf: Shelf) -> Judgement:
    """Compute the root of a batch by the verifier, round by round, and compare it with the one that is stated.

    Args:
        stated: the batch receipt.
        server_seed: 32 bytes.
        shelf: the rules.
    """
    game = shelf.find(stated["game"], stated["rules_digest"])
    if game is None:
        return Judgement({}, "the rules are not at hand")
    rules = game.verifier

    def rows() -> Iterator[bytes]:
        for nonce in range(stated["first_nonce"], stated["first_nonce"] + stated["count"]):
            found: dict[str, Any] = compute_outcome(
                stated["scheme"],
                server_seed,
                client_seed=stated["client_seed"],
                nonce=nonce,
                rules=rules,
                parameters=stated["parameters"],
                beacon=stated["beacon"],
            )
            values: list[Any] = [draw["value"] for draw in found["draws"]]
            flat = [number for value in values for number in (value if isinstance(value, list) else [value])]
            yield b"".join(number.to_bytes(8, "big") for number in flat)

    try:
        true = root(list(rows())).hex()
    except (Malformed, ValueError, TooExpensive) as error:
        return Judgement({}, str(error))
    return Judgement({} if true == stated["draws_root"] else {"draws": true})


def _rounds(columns: Columns) -> Callable[[int], dict[str, Any]]:
    """Return what gives a row as nonce, draws, outcome and payout; the columns become lists with the first row."""
    lists: dict[str, list[Any]] = {}

    def round_at(row: int) -> dict[str, Any]:
        if not lists:
            lists.update({name: column.to_list() for name, column in columns.outcome.items()})
        return {
            "nonce": int(columns.nonces[row]),
            "draws": [{"name": name, "value": array[row].tolist()} for name, array in columns.draws.items()],
            "outcome": {name: values[row] for name, values in lists.items()},
            "payout": None if columns.payout is None else int(columns.payout[row]),
        }

    return round_at
