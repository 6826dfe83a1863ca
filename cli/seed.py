"""One seed as its player sees it: every statement that the service answers with, checked when it comes.

What came is the player's own evidence. A proof file that says something else later is held against it.
"""

from __future__ import annotations

import hashlib
from typing import Final

from cli.client import Service, ServiceProblem, seed_path
from cli.errors import EXIT_REFUTED, CliError
from cli.output import one_line
from verifier import Malformed, Policy
from verifier.canonical import Json, encode
from verifier.merkle import root
from verifier.schemes import SCHEMES
from verifier.statements import Statement, check_statement, signature_fault

_RECORDS: Final = ("receipt", "batch", "void")


class Contradiction(CliError):
    """Say that the service's own answers contradict one another: nothing that an honest one gives.

    `statements` are signed ones that contradict one another and stand in no seed's own list.
    """

    exit_code = EXIT_REFUTED

    def __init__(self, message: str, *, statements: tuple[Statement, ...] = ()) -> None:
        super().__init__(f"refuted: {message}; stop playing, the statements are kept as evidence")
        self.statements = statements


class Seed:
    """Hold one seed from its epoch to its reveal; each step asks the service and checks the answer.

    `statements` are all that came, in order: epoch, activation, records, reveal.
    """

    def __init__(self, service: Service, epoch: Statement, *, policy: Policy) -> None:
        self._service = service
        self._policy = policy
        self.epoch = epoch
        self.statements: list[Statement] = [epoch]
        self.client_seed = ""
        self.records: list[Statement] = []
        self.reveal: Statement | None = None

    @property
    def seed_id(self) -> str:
        """The seed's id, the digest of its epoch."""
        return self.epoch.digest

    @property
    def next_nonce(self) -> int:
        """The nonce that the next record begins with."""
        return sum(record.end_nonce - record.first_nonce for record in self.records if not _of_drawn(record))

    def activate(self, client_seed: str) -> None:
        """Set the client seed, chosen by the player after the commitment is known.

        Raises:
            Contradiction: the activation is of another client seed, source or seed.
            CliError: the service refuses, or answers with no activation.
        """
        answer = self._service.send(
            "PUT",
            seed_path(self.seed_id, "/client-seed"),
            {"client_seed": client_seed, "source": "player"},
            what="setting the client seed",
        )
        activation = self._take(answer.get("activation"), ("activation",))
        if activation.text("client_seed_digest") != hashlib.sha256(client_seed.encode("utf-8")).hexdigest():
            raise Contradiction(f"the activation of seed {self.seed_id} is of another client seed than the one sent")
        if activation.text("client_seed_source") != "player":
            raise Contradiction(f"the activation of seed {self.seed_id} says that the operator chose the client seed")
        self.client_seed = client_seed

    def draw(self, game: str, parameters: dict[str, Json], *, digest: str) -> Statement:
        """Draw one round and return its receipt.

        Args:
            game: the game's name.
            parameters: every parameter.
            digest: the digest of the rules that the player means.

        Raises:
            Contradiction: the receipt is of another round than the one asked for.
            CliError: the service refuses, or answers with no receipt.
        """
        answer = self._service.send(
            "POST",
            seed_path(self.seed_id, "/rounds"),
            {"game": game, "params": parameters},
            what=f"drawing round {self.next_nonce}",
        )
        return self._record(answer.get("receipt"), "receipt", game, parameters, digest=digest, count=1)

    def draw_batch(
        self, game: str, parameters: dict[str, Json], *, digest: str, count: int
    ) -> tuple[Statement, list[list[Json]]]:
        """Draw many rounds in one step; return the batch receipt, and for each round the draws that the answer shows.

        Raises:
            Contradiction, CliError: as `draw`.
        """
        answer = self._service.send(
            "POST",
            seed_path(self.seed_id, "/rounds/batch"),
            {"game": game, "params": parameters, "count": count},
            what=f"drawing a batch of {count}",
        )
        record = self._record(answer.get("receipt"), "batch", game, parameters, digest=digest, count=count)
        columns = answer.get("draws")
        if not isinstance(columns, dict):
            raise CliError("drawing a batch: the answer holds no draws in columns; is this a fairlot service?")
        for name, column in columns.items():
            if not isinstance(column, list) or len(column) != count:
                raise CliError(f"drawing a batch: the column {name!r} of the answer has not {count} values")
        shown: list[list[Json]] = [
            [{"name": name, "value": column[row]} for name, column in columns.items() if isinstance(column, list)]
            for row in range(count)
        ]
        return record, shown

    def void_next(self, reason: str) -> Statement:
        """Have the next nonce voided, which uses it up; for operators.

        Raises:
            Contradiction, CliError: as `draw`.
        """
        nonce = self.next_nonce
        answer = self._service.send(
            "POST",
            seed_path(self.seed_id, f"/rounds/{nonce}/void"),
            {"reason": reason},
            what=f"voiding nonce {nonce}",
        )
        void = self._take(answer.get("void"), ("void",))
        if void.first_nonce != nonce or void.text("voids") != "" or void.text("reason") != reason:
            raise Contradiction(f"the void is not the one of the undrawn nonce {nonce} that was asked for")
        self.records.append(void)
        return void

    def rotate(self) -> Seed:
        """Have the server seed revealed, check the reveal against everything that came, and return the next seed.

        Raises:
            Contradiction: commitment, count, receipts root or the chain of epochs is not what was announced.
            CliError: the service refuses, or answers with no reveal.
        """
        answer = self._service.send("POST", seed_path(self.seed_id, "/rotate"), {}, what="rotating the seed")
        reveal = self._take(answer.get("reveal"), ("reveal",))
        server_seed = bytes.fromhex(reveal.text("server_seed"))
        scheme = SCHEMES.get(self.epoch.text("scheme"))
        if scheme is not None and scheme.commitment(server_seed).hex() != self.epoch.text("commitment"):
            raise Contradiction("the revealed server seed is not the one that was committed to")
        if reveal.number("rounds") != self.next_nonce or reveal.number("documents") != len(self.records):
            raise Contradiction(
                f"the reveal counts {reveal.number('rounds')} rounds in {reveal.number('documents')} documents, "
                f"{self.next_nonce} in {len(self.records)} came"
            )
        if reveal.text("receipts_root") != root([record.document_bytes for record in self.records]).hex():
            raise Contradiction("the reveal's receipts root is not over the records that came")
        self.reveal = reveal
        following = answer.get("next")
        following = following.get("epoch") if isinstance(following, dict) else None
        return Seed(self._service, self._follower(following), policy=self._policy)

    def _follower(self, value: Json) -> Statement:
        epoch = signed_statement(value, ("epoch",), policy=self._policy)
        check_follows(self.epoch, epoch)
        return epoch

    def _record(
        self, value: Json, kind: str, game: str, parameters: dict[str, Json], *, digest: str, count: int
    ) -> Statement:
        record = self._take(value, (kind,))
        expected: dict[str, Json] = {
            "first_nonce" if kind == "batch" else "nonce": self.next_nonce,
            "game": game,
            "rules_digest": digest,
            "parameters": parameters,
            "client_seed": self.client_seed,
            "client_seed_source": "player",
            "scheme": self.epoch.text("scheme"),
            **({"count": count} if kind == "batch" else {}),
        }
        for name, wanted in expected.items():
            # As canonical bytes: in Python 1 and true would compare equal.
            if encode(record.body[name]) != encode(wanted):
                raise Contradiction(
                    f"the {kind} has {name} {one_line(str(record.body[name]))[:100]}, "
                    f"asked for was {one_line(str(wanted))[:100]}"
                )
        self.records.append(record)
        return record

    def _take(self, value: Json, types: tuple[str, ...]) -> Statement:
        """Check a statement's form, signature, seed and predecessor, and keep it."""
        statement = signed_statement(value, types, policy=self._policy)
        self.statements.append(statement)
        if statement.seed_id != self.seed_id or statement.text("origin") != self.epoch.text("origin"):
            raise Contradiction(f"the {statement.type} is of another seed or origin than {self.seed_id}")
        before = self.statements[-2]
        if statement.text("previous") != before.digest:
            raise Contradiction(
                f"the {statement.type} does not name the {before.type} before it as its previous statement"
            )
        return statement


def _of_drawn(record: Statement) -> bool:
    return record.type == "void" and record.text("voids") != ""


def signed_statement(value: Json, types: tuple[str, ...], *, policy: Policy) -> Statement:
    """Return a statement that a pinned key signed.

    Args:
        value: the statement as the service answered it.
        types: which may come.
        policy: the pinned keys.

    Raises:
        CliError: it is no such statement.
        Contradiction: it is signed by another key, or not at all.
    """
    try:
        statement = check_statement(value, "$", types=types)
    except Malformed as error:
        raise CliError(f"the answer holds no {' or '.join(types)}: {error}; is this a fairlot service?") from None
    origin, key_id = statement.text("origin"), statement.text("key_id")
    pinned = [key for key in policy.keys if key.key_id == key_id and key.origin in ("", origin)]
    if not pinned:
        raise Contradiction(f"the {statement.type} of {origin} is signed by key {key_id}, which is not pinned for it")
    if (fault := signature_fault(statement, pinned[0].public_key)) is not None:
        raise Contradiction(f"the signature of the {statement.type} is refused: {fault}")
    return statement


def check_follows(before: Statement, after: Statement) -> None:
    """Check that an epoch is the announced successor of another.

    Raises:
        Contradiction: it is not.
    """
    found, announced = after.text("commitment"), before.text("next_commitment")
    if found != announced:
        raise Contradiction(
            f"the next epoch's commitment is {found}, announced was {announced}",
            statements=(before, after),
        )
    same = all(after.body[name] == before.body[name] for name in ("origin", "tenant", "slot"))
    if (
        not same
        or after.text("previous_epoch") != before.digest
        or after.number("sequence") != before.number("sequence") + 1
    ):
        raise Contradiction(
            f"the next epoch does not follow epoch {before.digest} in its place", statements=(before, after)
        )


def open_seed(service: Service, player: str, *, policy: Policy) -> Seed:
    """Open a seed for a player, or take the one that is open and not yet in play.

    A player who comes back finds the seed that the last rotation opened. Its commitment is held against the one that
    the epoch before it announced.

    Raises:
        Contradiction: the epoch is not the announced one, or not signed by a pinned key.
        CliError: the service refuses; with `seed_open` where the open seed is in play already.
    """
    try:
        answer = service.send("POST", "/v1/seeds", {"player": player}, what="opening a seed")
    except ServiceProblem as problem:
        seed_id = problem.members.get("seed_id")
        if problem.code != "seed_open" or not isinstance(seed_id, str):
            raise
        answer = service.get(seed_path(seed_id), what="asking for the open seed")
        if answer.get("activation") is not None:
            raise CliError(
                f"{problem.message}; it is in play and its client seed was not made here: "
                f"rotate it, or play as another player with --player"
            ) from None
    epoch = signed_statement(answer.get("epoch"), ("epoch",), policy=policy)
    if epoch.number("sequence") > 0:
        before = service.get(seed_path(epoch.text("previous_epoch")), what="asking for the epoch before it")
        announced = signed_statement(before.get("epoch"), ("epoch",), policy=policy)
        check_follows(announced, epoch)
    return Seed(service, epoch, policy=policy)
