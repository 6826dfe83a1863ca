"""A player's client holds every answer against what came before it; a lie that is well signed is found all the same."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from cli.client import Service
from cli.errors import EXIT_REFUTED, CliError
from cli.operator_keys import pin_operator
from cli.proofs import check_proofs
from cli.seed import Contradiction, Seed, open_seed
from tests.verifier.builder import (
    CLIENT_SEED,
    NEXT_SERVER_SEED,
    ORIGIN,
    OTHER_KEY,
    PINNED,
    RULES,
    SIGNING_KEY,
    START,
    Document,
    History,
    key_id,
    seal,
    sign,
    statement_digest,
)
from verifier.canonical import Json, digest
from verifier.rules import check_rules

GAME = "little-dice"
PARAMETERS: dict[str, Json] = {"target": 3, "side": "over"}
DIGEST = check_rules(RULES).digest

Lie = Callable[[Any], Any]


class House(Service):
    """A service without a network: it plays one seed by the tests' own builder, and lies where it is told to.

    A lie is a function of the honest answer, by the last part of its path; what it changes is signed again.
    """

    def __init__(self, **lies: Lie) -> None:
        super().__init__("https://casino.example")
        self.history = History()
        self.lies = lies
        self.proof_lies: dict[int, Lie] = {}

    def _lie(self, name: str, answer: Any) -> Any:
        return self.lies[name](answer) if name in self.lies else answer

    def get(self, path: str, *, what: str) -> dict[str, Json]:
        assert path == "/v1/keys"
        key = {"key_id": key_id(SIGNING_KEY), "public_key": bytes(SIGNING_KEY.verify_key).hex(), "current": True}
        return dict(self._lie("keys", {"origin": ORIGIN, "keys": [key]}))

    def send(self, method: str, path: str, body: Mapping[str, Json], *, what: str) -> dict[str, Json]:
        name = path.rsplit("/", 1)[1]
        return dict(self._lie(name.replace("-", "_"), getattr(self, f"_{name.replace('-', '_')}")(body)))

    def get_bytes(self, path: str, *, most_bytes: int, what: str) -> bytes:
        nonce = int(path.split("/")[-2])
        proof = self.history.proof(nonce)
        return seal(self.proof_lies[nonce](proof) if nonce in self.proof_lies else proof)

    def _seeds(self, body: Mapping[str, Json]) -> Document:
        return {"epoch": self.history.epoch}

    def _client_seed(self, body: Mapping[str, Json]) -> Document:
        return {"activation": self.history.activation}

    def _rounds(self, body: Mapping[str, Json]) -> Document:
        return {"receipt": self.history.receipt().records[-1]}

    def _batch(self, body: Mapping[str, Json]) -> Document:
        count = body["count"]
        assert isinstance(count, int)
        first = self.history.next_nonce
        record = self.history.batch(count).records[-1]
        draws = [self.history.compute(nonce)["draws"] for nonce in range(first, first + count)]
        columns = {one["name"]: [row[place]["value"] for row in draws] for place, one in enumerate(draws[0])}
        return {"receipt": record, "draws": columns, "outcomes": {}, "payouts": None}

    def _void(self, body: Mapping[str, Json]) -> Document:
        return {"void": self.history.void_next(reason=body["reason"]).records[-1]}

    def _rotate(self, body: Mapping[str, Json]) -> Document:
        following = {
            **self.history.epoch,
            "sequence": 1,
            "previous_epoch": self.history.seed_id,
            "commitment": hashlib.sha256(NEXT_SERVER_SEED).hexdigest(),
            "next_commitment": "ab" * 32,
            "time": START + 500_000,
        }
        return {"reveal": self.history.reveal(), "next": {"epoch": sign(following)}}


def _signed(name: str, **changes: Any) -> Lie:
    """Return a lie that changes fields of a statement and signs it again."""
    return lambda answer: {**answer, name: sign({**answer[name], **changes})}


def _played(house: House) -> tuple[Seed, dict[int, list[Json]]]:
    """Play a receipt, a void, and a batch, and rotate."""
    seed = open_seed(house, "player-17", policy=PINNED)
    seed.activate(CLIENT_SEED)
    seed.draw(GAME, PARAMETERS, digest=DIGEST)
    seed.void_next("the table was closed")
    record, shown = seed.draw_batch(GAME, PARAMETERS, digest=DIGEST, count=3)
    seed.rotate()
    return seed, dict(enumerate(shown, start=record.first_nonce))


def test_an_honest_house_is_played_and_every_proof_is_verified() -> None:
    house = House()
    seed, batch_draws = _played(house)
    checked = list(check_proofs(house, seed, policy=PINNED, batch_draws=batch_draws))
    assert [one.exit_code for one in checked] == [0] * 5
    assert [one.nonce for one in checked] == [0, 1, 2, 3, 4]
    assert [one.type for one in seed.statements] == ["epoch", "activation", "receipt", "void", "batch", "reveal"]


def _rotated(**changes: Any) -> Lie:
    return lambda answer: {**answer, "next": {"epoch": sign({**answer["next"]["epoch"], **changes})}}


@pytest.mark.parametrize(
    ("place", "lie", "said"),
    [
        ("seeds", lambda answer: {"epoch": sign(answer["epoch"], OTHER_KEY)}, "not pinned"),
        ("seeds", lambda answer: {"epoch": {**answer["epoch"], "max_rounds": 5}}, "signature of the epoch"),
        ("client_seed", _signed("activation", client_seed_digest="ab" * 32), "another client seed"),
        ("client_seed", _signed("activation", client_seed_source="operator"), "the operator chose"),
        ("client_seed", _signed("activation", seed_id="ab" * 32), "another seed"),
        ("client_seed", _signed("activation", origin="casino.example/test"), "not pinned for it"),
        ("client_seed", _signed("activation", previous="ab" * 32), "previous"),
        ("rounds", _signed("receipt", nonce=1), "nonce 1, asked for was 0"),
        ("rounds", _signed("receipt", game="other-dice"), "game"),
        ("rounds", _signed("receipt", rules_digest="ab" * 32), "rules_digest"),
        ("rounds", _signed("receipt", parameters={"target": 4, "side": "over"}), "parameters"),
        ("rounds", _signed("receipt", client_seed="another"), "client_seed"),
        ("rounds", _signed("receipt", client_seed_source="operator"), "client_seed_source"),
        ("rounds", _signed("receipt", scheme="other/v1"), "scheme"),
        ("rounds", _signed("receipt", previous="ab" * 32), "previous"),
        ("rounds", lambda answer: {"receipt": sign(answer["receipt"], OTHER_KEY)}, "not pinned"),
        ("void", _signed("void", nonce=2), "nonce 1"),
        ("void", _signed("void", reason="another reason"), "nonce 1"),
        ("batch", _signed("receipt", count=4), "count 4"),
        ("batch", _signed("receipt", first_nonce=3), "first_nonce 3"),
        ("rotate", _signed("reveal", server_seed="ab" * 32), "committed to"),
        ("rotate", _signed("reveal", rounds=4), "counts 4 rounds"),
        ("rotate", _signed("reveal", rounds=6), "counts 6 rounds"),
        ("rotate", _signed("reveal", documents=2), "in 2 documents"),
        ("rotate", _signed("reveal", receipts_root="ab" * 32), "receipts root"),
        ("rotate", _signed("reveal", previous="ab" * 32), "previous"),
        ("rotate", _rotated(commitment="cd" * 32), "announced was"),
        ("rotate", _rotated(sequence=2), "does not follow"),
        ("rotate", _rotated(previous_epoch="cd" * 32), "does not follow"),
        ("rotate", _rotated(slot="ff" * 16), "does not follow"),
        ("rotate", _rotated(tenant="other"), "does not follow"),
    ],
)
def test_each_lie_is_refuted_when_it_comes(place: str, lie: Lie, said: str) -> None:
    with pytest.raises(Contradiction, match=said) as refused:
        _played(House(**{place: lie}))
    assert refused.value.exit_code == EXIT_REFUTED


@pytest.mark.parametrize(
    ("place", "lie"),
    [
        ("seeds", lambda answer: {}),
        ("seeds", lambda answer: {"epoch": "soon"}),
        ("client_seed", lambda answer: {"activation": None}),
        ("rounds", lambda answer: {"receipt": {"type": "receipt"}}),
        ("rounds", lambda answer: {"receipt": {**answer["receipt"], "mood": "good"}}),
        ("batch", lambda answer: {**answer, "draws": None}),
        ("batch", lambda answer: {**answer, "draws": {"die": [1]}}),
        ("rotate", lambda answer: {**answer, "next": None}),
    ],
)
def test_what_is_no_answer_at_all_is_malformed(place: str, lie: Lie) -> None:
    with pytest.raises(CliError) as refused:
        _played(House(**{place: lie}))
    assert not isinstance(refused.value, Contradiction)
    assert refused.value.exit_code == 2


# --- proof files against what came during play ------------------------------------------------------------------------


def test_a_second_history_in_the_proof_files_is_refuted_by_what_came_during_play() -> None:
    """The operator signs another history of the same seed for the files: each file alone would be verified."""
    house = House()
    seed, batch_draws = _played(house)
    other = History()
    other.receipt(time=START + 2500).void_next(reason="the table was closed").batch(3)
    house.history = other
    checked = list(check_proofs(house, seed, policy=PINNED, batch_draws=batch_draws))
    assert [one.verdict.status if one.verdict else "" for one in checked] == ["verified"] * 5
    assert [one.exit_code for one in checked] == [EXIT_REFUTED] * 5
    assert "the receipt is another one than during play" in checked[0].headline
    assert "the reveal is another one than during play" in checked[1].headline


def test_a_proof_of_another_round_is_refuted() -> None:
    house = House()
    seed, batch_draws = _played(house)
    house.proof_lies[2] = lambda proof: house.history.proof(3)
    checked = list(check_proofs(house, seed, policy=PINNED, batch_draws=batch_draws))
    assert [one.exit_code for one in checked] == [0, 0, EXIT_REFUTED, 0, 0]
    assert "the file is of round 3, asked for was 2" in checked[2].headline


def test_a_batch_that_showed_other_draws_than_it_signed_is_refuted() -> None:
    def lie(answer: Document) -> Document:
        return {**answer, "draws": {**answer["draws"], "die": [(die + 1) % 6 for die in answer["draws"]["die"]]}}

    house = House(batch=lie)
    seed, batch_draws = _played(house)
    checked = list(check_proofs(house, seed, policy=PINNED, batch_draws=batch_draws))
    assert [one.exit_code for one in checked] == [0, 0, EXIT_REFUTED, EXIT_REFUTED, EXIT_REFUTED]
    assert "the answer to the batch showed" in checked[2].headline


def test_a_batch_that_showed_a_boolean_for_an_integer_is_refuted() -> None:
    """In Python true equals 1."""
    house = House(batch=lambda answer: {**answer, "draws": {**answer["draws"], "die": _booleans(answer)}})
    seed, batch_draws = _played(house)
    checked = list(check_proofs(house, seed, policy=PINNED, batch_draws=batch_draws))
    assert EXIT_REFUTED in [one.exit_code for one in checked]


def _booleans(answer: Document) -> list[Any]:
    dice = answer["draws"]["die"]
    assert set(dice) & {0, 1}, "the example has no draw to lie about"
    return [bool(die) if die in (0, 1) else die for die in dice]


def test_an_epoch_that_breaks_its_promise_is_kept_as_evidence() -> None:
    """Both are signed, the announcement and what came instead: together they are proof of fraud."""
    house = House(rotate=lambda answer: {**answer, "next": {"epoch": sign({**answer["next"]["epoch"], "sequence": 7})}})
    with pytest.raises(Contradiction) as caught:
        _played(house)
    assert [one.type for one in caught.value.statements] == ["epoch", "epoch"]
    assert caught.value.statements[0].digest == house.history.seed_id
    assert caught.value.statements[1].number("sequence") == 7


def test_a_malformed_proof_is_no_verdict() -> None:
    house = House()
    seed, batch_draws = _played(house)
    house.proof_lies[0] = lambda proof: {**proof, "mood": "good"}
    first = next(iter(check_proofs(house, seed, policy=PINNED, batch_draws=batch_draws)))
    assert first.verdict is None
    assert first.exit_code == 2
    assert first.headline.startswith("malformed")


# --- the operator's key -----------------------------------------------------------------------------------------------

PUBLIC = bytes(SIGNING_KEY.verify_key).hex()
OTHER = bytes(OTHER_KEY.verify_key).hex()


def test_the_services_own_word_is_pinned_for_its_origin_only() -> None:
    operator = pin_operator(House())
    assert [(key.public_key.hex(), key.origin) for key in operator.policy.keys] == [(PUBLIC, ORIGIN)]
    assert "own word" in operator.pinned_by


def test_a_key_for_any_origin_is_pinned_for_the_one_that_is_played() -> None:
    """Else the statements could be of another operator than the one that the play is said to be with."""
    operator = pin_operator(House(keys=lambda answer: {**answer, "origin": "casino.example/test"}), (PUBLIC,))
    assert [(key.public_key.hex(), key.origin) for key in operator.policy.keys] == [(PUBLIC, "casino.example/test")]
    with pytest.raises(Contradiction, match="not pinned for it"):
        open_seed(House(), "player-17", policy=operator.policy)


@pytest.mark.parametrize("key", [OTHER, f"{OTHER}@{ORIGIN}", f"{PUBLIC}@casino.example/test"])
def test_a_service_that_signs_with_another_key_than_the_given_one_is_not_played(key: str) -> None:
    with pytest.raises(CliError, match="nothing was played"):
        pin_operator(House(), (key,))


@pytest.mark.parametrize(
    "lie",
    [
        lambda answer: {**answer, "origin": "two words"},
        lambda answer: {**answer, "origin": None},
        lambda answer: {**answer, "keys": []},
        lambda answer: {**answer, "keys": ["key"]},
        lambda answer: {**answer, "keys": [{"public_key": "ab", "current": True}]},
        lambda answer: {**answer, "keys": [{**answer["keys"][0], "current": False}]},
        lambda answer: {**answer, "keys": answer["keys"] * 2},
    ],
)
def test_what_is_no_list_of_keys_is_refused(lie: Lie) -> None:
    with pytest.raises(CliError, match="asking for the operator's keys"):
        pin_operator(House(keys=lie))


def test_the_builder_and_the_client_speak_of_the_same_rules() -> None:
    """Else the lies above would be found for another reason than theirs."""
    assert digest(RULES) == DIGEST
    assert statement_digest(History().epoch) == open_seed(House(), "p", policy=PINNED).seed_id
