"""Build proof files as an operator would, with the verifier's own evaluator and PyNaCl: good ones, and signed lies."""

from __future__ import annotations

import copy
import hashlib
from dataclasses import dataclass, field
from typing import Any

from nacl.signing import SigningKey

from verifier import Policy, compute_outcome
from verifier.canonical import digest, encode
from verifier.merkle import root
from verifier.policy import PinnedKey
from verifier.rounds import row_bytes
from verifier.rules import check_rules

Document = dict[str, Any]

SIGNING_KEY = SigningKey(bytes(range(32)))
OTHER_KEY = SigningKey(bytes(range(1, 33)))
ORIGIN = "casino.example/main"
PINNED = Policy(keys=(PinnedKey(public_key=bytes(SIGNING_KEY.verify_key), origin=ORIGIN),))

SERVER_SEED = hashlib.sha256(b"a server seed of the tests").digest()
NEXT_SERVER_SEED = hashlib.sha256(b"the one after it").digest()
CLIENT_SEED = "ein Würfel, bitte"
START = 1_800_000_000_000

RULES: Document = {
    "type": "rules",
    "version": 1,
    "name": "little-dice",
    "summary": "A die and two cards out of five.",
    "parameters": [
        {"name": "target", "type": "integer", "min": 1, "max": 5, "default": 3},
        {"name": "side", "type": "choice", "of": ["over", "under"], "default": "over"},
    ],
    "tables": {"suits": ["hearts", "spades", "clubs", "stars", "moons"]},
    "draws": [
        {"name": "die", "primitive": "uniform", "n": 6},
        {"name": "cards", "primitive": "sample", "n": 5, "k": 2},
    ],
    "let": [
        {
            "name": "won",
            "is": {"if": [{"eq": ["side", {"text": "over"}]}, {"gt": ["die", "target"]}, {"lt": ["die", "target"]}]},
        }
    ],
    "outcome": {
        "die": {"add": ["die", 1]},
        "won": "won",
        "cards": {"map": ["cards", "card", {"at": ["suits", "card"]}]},
    },
    "payout": {"if": ["won", 19800, 0]},
    "odds": [{"name": "win", "of": "won"}],
    "claims": {"return": [3000, 19800], "shapes": []},
}


def key_id(key: SigningKey) -> str:
    """Return the id of a key."""
    return hashlib.sha256(bytes(key.verify_key)).hexdigest()


def signed_bytes(statement: Document) -> bytes:
    """Return the bytes that a statement's signature covers, made from the specification's words alone."""
    unsigned = {name: member for name, member in statement.items() if name != "signature"}
    return f"fairlot/{statement['type']}/v1\n".encode() + encode(unsigned)


def statement_digest(statement: Document) -> str:
    """Return a statement's digest."""
    return hashlib.sha256(signed_bytes(statement)).hexdigest()


def sign(statement: Document, key: SigningKey = SIGNING_KEY) -> Document:
    """Return the statement signed by a key, whatever it says."""
    body = {**statement, "key_id": key_id(key)}
    return {**body, "signature": key.sign(signed_bytes(body)).signature.hex()}


def inclusion_path(leaves: list[bytes], index: int) -> list[str]:
    """Return the path of a leaf, as hex: RFC 6962 section 2.1.1."""
    if len(leaves) == 1:
        return []
    split = 1
    while 2 * split < len(leaves):
        split *= 2
    near, far, place = (
        (leaves[:split], leaves[split:], index) if index < split else (leaves[split:], leaves[:split], index - split)
    )
    return [*inclusion_path(near, place), root(far).hex()]


def seal(proof: Document) -> bytes:
    """Return the proof file's bytes with its own digest made good."""
    body = {name: member for name, member in proof.items() if name != "sha256"}
    return encode({**body, "sha256": digest(body)})


@dataclass
class History:
    """The life of one server seed, as an honest operator signs it; `proof` gives the file for one nonce."""

    rules: Document = field(default_factory=lambda: copy.deepcopy(RULES))
    parameters: Document = field(default_factory=lambda: {"target": 3, "side": "over"})
    source: str = "player"
    key: SigningKey = SIGNING_KEY
    origin: str = ORIGIN
    beacon: str = ""
    epoch_fields: Document = field(default_factory=dict)
    activation_fields: Document = field(default_factory=dict)
    records: list[Document] = field(default_factory=list)
    next_nonce: int = 0
    batch_rows: dict[int, range] = field(default_factory=dict)

    def __post_init__(self) -> None:
        game = check_rules(self.rules)
        self.epoch = self.sign(
            {
                "type": "epoch",
                "time": START,
                "tenant": "house",
                "slot": "00112233445566778899aabbccddeeff",
                "sequence": 0,
                "previous_epoch": "",
                "scheme": "hmac-sha256/v1",
                "beacon_mode": "none",
                "beacon_chain": "",
                "beacon_delay": 0,
                "commitment": hashlib.sha256(SERVER_SEED).hexdigest(),
                "next_commitment": hashlib.sha256(NEXT_SERVER_SEED).hexdigest(),
                "rules": {game.name: game.digest},
                "not_before": "",
                "log_by": 0,
                "reveal_by": START + 1_000_000,
                "max_rounds": 2_000_000,
                **self.epoch_fields,
            }
        )
        self.seed_id = statement_digest(self.epoch)
        self.activation = self.sign(
            {
                "type": "activation",
                "seed_id": self.seed_id,
                "time": START + 1000,
                "client_seed_digest": hashlib.sha256(CLIENT_SEED.encode()).hexdigest(),
                "client_seed_source": self.source,
                "beacon_round": 0,
                "previous": self.seed_id,
                **self.activation_fields,
            }
        )

    def sign(self, statement: Document) -> Document:
        return sign({"origin": self.origin, **statement}, self.key)

    def compute(self, nonce: int) -> Document:
        return compute_outcome(
            "hmac-sha256/v1",
            SERVER_SEED,
            client_seed=CLIENT_SEED,
            nonce=nonce,
            rules=check_rules(self.rules),
            parameters=self.parameters,
            beacon=self.beacon,
        )

    def _append(self, record: Document, *, nonces: int) -> Document:
        previous = statement_digest(self.records[-1] if self.records else self.activation)
        time = START + 2000 + 1000 * len(self.records)
        self.records.append(self.sign({"seed_id": self.seed_id, "time": time, "previous": previous, **record}))
        self.next_nonce += nonces
        return self.records[-1]

    def _play_fields(self) -> Document:
        game = check_rules(self.rules)
        return {
            "scheme": "hmac-sha256/v1",
            "client_seed": CLIENT_SEED,
            "client_seed_source": self.source,
            "game": game.name,
            "rules_digest": game.digest,
            "parameters": self.parameters,
            "beacon": self.beacon,
        }

    def receipt(self, **changes: Any) -> History:
        found = self.compute(self.next_nonce)
        fields = {name: found[name] for name in ("draws", "outcome", "payout")}
        fixed = {"type": "receipt", "nonce": self.next_nonce, "scheme_proof": "", "ticket": ""}
        self._append({**self._play_fields(), **fields, **fixed, **changes}, nonces=1)
        return self

    def batch(self, size: int, **changes: Any) -> History:
        first = self.next_nonce
        rows = [row_bytes(self.compute(nonce)["draws"]) for nonce in range(first, first + size)]
        fields = {"type": "batch", "first_nonce": first, "count": size, "draws_root": root(rows).hex()}
        self._append({**self._play_fields(), **fields, **changes}, nonces=size)
        self.batch_rows[len(self.records) - 1] = range(first, first + size)
        return self

    def void_next(self, **changes: Any) -> History:
        fields = {"type": "void", "nonce": self.next_nonce, "voids": "", "reason": "the table was closed"}
        self._append({**fields, **changes}, nonces=1)
        return self

    def void_drawn(self, nonce: int, **changes: Any) -> History:
        voids = statement_digest(self.record_of(nonce))
        fields = {"type": "void", "nonce": nonce, "voids": voids, "reason": "a display showed another card"}
        self._append({**fields, **changes}, nonces=0)
        return self

    def record_of(self, nonce: int) -> Document:
        for record in self.records:
            first: int = record["first_nonce"] if record["type"] == "batch" else record["nonce"]
            if first <= nonce < first + record.get("count", 1) and record.get("voids", "") == "":
                return record
        raise LookupError(nonce)

    def reveal(self, **changes: Any) -> Document:
        leaves = [encode(record) for record in self.records]
        previous = statement_digest(self.records[-1] if self.records else self.activation)
        fields: Document = {
            "type": "reveal",
            "seed_id": self.seed_id,
            "time": START + 500_000,
            "server_seed": SERVER_SEED.hex(),
            "rounds": self.next_nonce,
            "documents": len(leaves),
            "receipts_root": root(leaves).hex(),
            "previous": previous,
        }
        return self.sign({**fields, **changes})

    def proof(self, nonce: int, *, revealed: bool = True, **reveal_changes: Any) -> Document:
        record = self.record_of(nonce)
        leaves = [encode(document) for document in self.records]

        def place(document: Document) -> Document | None:
            index = self.records.index(document)
            return {"index": index, "path": inclusion_path(leaves, index)} if revealed else None

        row = None
        if record["type"] == "batch":
            rows = self.batch_rows[self.records.index(record)]
            draws = [self.compute(one)["draws"] for one in rows]
            place_in_batch = nonce - rows.start
            path = inclusion_path([row_bytes(one) for one in draws], place_in_batch)
            row = {"draws": draws[place_in_batch], "path": path}
        voids = [
            document for document in self.records if document.get("voids", "") != "" and document["nonce"] == nonce
        ]
        void = voids[0] if voids else None
        return copy.deepcopy(
            {
                "type": "proof",
                "version": 1,
                "nonce": nonce,
                "epoch": self.epoch,
                "activation": self.activation,
                "record": record,
                "record_inclusion": place(record),
                "row": row,
                "void": void,
                "void_inclusion": place(void) if void is not None else None,
                "reveal": self.reveal(**reveal_changes) if revealed else None,
                "rules": None if record["type"] == "void" else self.rules,
                "keys": [{"key_id": key_id(self.key), "public_key": bytes(self.key.verify_key).hex()}],
                "ticket": None,
                "log": None,
                "beacon": None,
                "anchors": [],
            }
        )


def examples() -> dict[str, Document]:
    """Return a proof of each kind, by name, unsealed."""
    alone = History().receipt()
    mixed = History().receipt().batch(5).void_next().receipt().void_drawn(0).void_drawn(3)
    return {
        "receipt": alone.proof(0),
        "receipt_before_reveal": alone.proof(0, revealed=False),
        "later_receipt": mixed.proof(7),
        "batch": mixed.proof(4),
        "void_undrawn": mixed.proof(6),
        "voided_receipt": mixed.proof(0),
        "voided_in_batch": mixed.proof(3),
    }
