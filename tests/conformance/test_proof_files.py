"""The way from a store to a verdict: what the generator plays, signs, stores and proves, the verifier verifies."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from rng.epoch import Epoch, activate, reveal
from rng.games.loader import bundled_games
from rng.games.rules import Rules, check_parameters
from rng.history import draw, draw_batch, void
from rng.merkle import inclusion_path, root
from rng.proof import Inclusion, Row, proof_file
from rng.rounds import prepare
from rng.schemes import scheme
from rng.seeds import ClientSeed
from rng.statement import Document
from rng.store import Advance, Command, Found, OpenEpoch, Store
from rng.store.sqlite import open_store
from tests.conformance.test_store import current, sealed
from tests.rng.statements import OPENED, SIGNER, opened, server_seed
from verifier import PinnedKey, Policy, verify

CLIENT_SEED = ClientSeed("seven of nine")
POLICY = Policy(keys=(PinnedKey(SIGNER.public_key),))
COUNT = 5


def playing(rules: Rules) -> Advance:
    """Return the command that plays a round of a game with its default parameters."""

    def decide(epoch: Epoch, _: Found) -> tuple[Epoch, Document]:
        parameters, player = prepared(rules)
        round_ = player.play(epoch.next_nonce)
        return draw(
            epoch,
            nonce=epoch.next_nonce,
            game=rules.name,
            rules_digest=rules.digest,
            parameters=parameters,
            draws=round_.draws,
            outcome=round_.outcome,
            payout=round_.payout,
            time=OPENED + 5,
            signer=SIGNER,
        )

    return Advance(epoch_id(), decide)


def batching(rules: Rules) -> Advance:
    """Return the command that plays a batch of a game."""

    def decide(epoch: Epoch, _: Found) -> tuple[Epoch, Document]:
        parameters, player = prepared(rules)
        first = epoch.next_nonce
        return draw_batch(
            epoch,
            first_nonce=first,
            count=COUNT,
            game=rules.name,
            rules_digest=rules.digest,
            parameters=parameters,
            draws_root=root(player.row(nonce) for nonce in range(first, first + COUNT)),
            time=OPENED + 6,
            signer=SIGNER,
        )

    return Advance(epoch_id(), decide)


def voiding(nonce: int) -> Advance:
    """Return the command that voids a nonce."""

    def decide(epoch: Epoch, found: Found) -> tuple[Epoch, Document]:
        return void(
            epoch,
            nonce=nonce,
            reason="the table was closed",
            time=OPENED + 7,
            signer=SIGNER,
            drawn_by=found.drawn_by,
            voided=found.voided,
        )

    return Advance(epoch_id(), decide, nonce=nonce)


GAMES = bundled_games()
EPOCH = opened(rules={name: rules.digest for name, rules in GAMES.items()})


def epoch_id() -> str:
    """Return the seed id of the one epoch here."""
    return EPOCH.seed_id


def prepared(rules: Rules) -> tuple[dict[str, Any], Any]:
    """Return a game's default parameters and what plays it."""
    parameters = dict(check_parameters(rules, {}, fill_defaults=True))
    player = prepare(
        scheme("hmac-sha256/v1"), server_seed(0), client_seed=CLIENT_SEED, rules=rules, parameters=parameters
    )
    return parameters, player


async def proof(store: Store, nonce: int) -> bytes:
    """Assemble the proof of a nonce out of what the store has."""
    state = await current(store, EPOCH)
    found = await store.find_nonce(state.seed_id, nonce)
    assert state.activation is not None
    assert found.record is not None
    statement = found.record.document().statement
    places: list[Inclusion | None] = []
    for record in (found.record, found.void):
        if record is None or state.reveal is None:
            places.append(None)
        else:
            places.append(Inclusion(record.index, await store.inclusion_path(state.seed_id, record.index)))
    row: Row | None = None
    if found.record.kind == "batch":
        _, player = prepared(GAMES[statement["game"]])
        first = found.record.first_nonce
        rows = [player.row(first + number) for number in range(COUNT)]
        row = Row(player.play(nonce).draws, inclusion_path(rows, nonce - first))
    return proof_file(
        nonce=nonce,
        epoch=state.document,
        activation=state.activation,
        record=found.record.document(),
        rules=None if found.record.kind == "void" else GAMES[statement["game"]].document,
        public_keys=[SIGNER.public_key],
        reveal=state.reveal,
        record_inclusion=places[0],
        row=row,
        void=None if found.void is None else found.void.document(),
        void_inclusion=places[1],
    )


def test_every_round_of_every_game_is_verified_from_its_file_alone(tmp_path: Path) -> None:
    async def body(store: Store) -> None:
        commands: list[Command] = [
            OpenEpoch(EPOCH, (sealed(0), sealed(1))),
            Advance(
                epoch_id(),
                lambda state, _: activate(
                    state, client_seed=CLIENT_SEED, source="player", time=OPENED + 4, signer=SIGNER
                ),
            ),
        ]
        for rules in GAMES.values():
            commands += [playing(rules), batching(rules)]
        # A nonce that is used up undrawn, a round and a batch's round that are taken back, and rounds after them.
        nonces = len(GAMES) * (1 + COUNT)
        commands += [voiding(nonces), voiding(nonces - 1), voiding(0), playing(GAMES["dice"])]
        await store.commit(commands)
        before = verify(await proof(store, 1), POLICY)
        assert before.exit_code == 3
        assert [check.label for check in before.checks if check.status == "failed"] == []
        await store.commit(
            [
                Advance(
                    epoch_id(),
                    lambda state, _: reveal(state, server_seed=server_seed(0), time=OPENED + 8, signer=SIGNER),
                )
            ]
        )
        headlines: dict[int, str] = {}
        for nonce in range(nonces + 2):
            verdict = verify(await proof(store, nonce), POLICY)
            assert [check.label for check in verdict.checks if check.status == "failed"] == []
            headlines[nonce] = verdict.headline
            assert verdict.exit_code == (3 if nonce in {0, nonces - 1} else 0), verdict.headline
        for nonce in (0, nonces - 1):
            assert "voided after outcome" in headlines[nonce]
        assert "nothing was drawn" in headlines[nonces]

    async def whole() -> None:
        store = await open_store(tmp_path / "fairlot.db")
        try:
            await body(store)
        finally:
            await store.close()

    asyncio.run(whole())


@pytest.mark.parametrize(
    ("event", "check"),
    [
        ({"payout": 1}, 12),
        ({"outcome": {"roll": 1, "win": True}}, 11),
        ({"draws": [{"name": "roll", "value": 1}]}, 10),
    ],
)
def test_a_generator_that_lies_is_refuted_by_the_check_for_that_lie(event: dict[str, Any], check: int) -> None:
    rules = GAMES["dice"]
    parameters, player = prepared(rules)
    round_ = player.play(0)
    epoch, activation = activate(EPOCH, client_seed=CLIENT_SEED, source="player", time=OPENED, signer=SIGNER)
    arguments: dict[str, Any] = {"draws": round_.draws, "outcome": round_.outcome, "payout": round_.payout}
    epoch, record = draw(
        epoch,
        nonce=0,
        game="dice",
        rules_digest=rules.digest,
        parameters=parameters,
        time=OPENED,
        signer=SIGNER,
        **(arguments | event),
    )
    _, revealed = reveal(epoch, server_seed=server_seed(0), time=OPENED, signer=SIGNER)
    data = proof_file(
        nonce=0,
        epoch=epoch.document,
        activation=activation,
        record=record,
        rules=rules.document,
        public_keys=[SIGNER.public_key],
        reveal=revealed,
        record_inclusion=Inclusion(0, []),
    )
    verdict = verify(data, POLICY)
    assert verdict.exit_code == 1
    assert verdict.check(check).status == "failed"
    assert json.loads(data)["record"]["nonce"] == 0
