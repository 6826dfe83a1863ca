"""Request and answer models of the API, with examples: what OpenAPI shows is what the routes check and send."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MAX_BATCH = 1_000_000
"""Most rounds in one batch (`statements.md` T4)."""

_SEED_ID = "9f2c7d0b5c0e4b8f6a1d3e5f7a9b1c3d5e7f9a0b2c4d6e8f0a1b3c5d7e9f0a2b"
_DIGEST = "1b4f0e9851971998e732078544c96b36c3d01cedf7caa332359d6f1d83567014"

Text = Annotated[str, StringConstraints(min_length=1, max_length=256)]
GameName = Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9-]{0,63}$")]
Integer = Annotated[int, Field(ge=-(2**53) + 1, le=2**53 - 1)]
ParameterName = Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_]{0,31}$")]
ParameterValue = (
    Integer | Annotated[str, StringConstraints(max_length=256)] | Annotated[list[Integer], Field(max_length=65_536)]
)
Parameters = Annotated[dict[ParameterName, ParameterValue], Field(max_length=64)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class OpenSeed(_Request):
    """Ask for a seed for a player. The player's id is hashed into a slot and kept nowhere."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"player": "player-17"}]})
    player: Text = Field(description="the operator's own id of the player; opaque, never stored or shown")


class SetClientSeed(_Request):
    """Set a seed's client seed, once. With source `operator` it may be left out; the service then makes one."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"client_seed": "my lucky horse 42", "source": "player"}]}
    )
    client_seed: Text | None = Field(
        None, description="1 to 256 bytes of UTF-8 in normal form C, no control characters, no space at either end"
    )
    source: Literal["player", "operator"] = Field("player", description="who chose it; `operator` is shown as weak")


class PlayRound(_Request):
    """Ask for one round."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"game": "dice", "params": {"direction": "under", "target": 4950}}]}
    )
    game: GameName = Field(description="a game in force under the seed")
    params: Parameters = Field(
        default_factory=dict, description="the game's parameters; what is left out takes its default"
    )


class PlayBatch(PlayRound):
    """Ask for many rounds of one game in one step."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"game": "dice", "params": {"direction": "over"}, "count": 1000}]}
    )
    count: int = Field(ge=1, le=MAX_BATCH, description="how many rounds")


class VoidRound(_Request):
    """Ask to void a round, or the next nonce."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "the table was closed by the floor manager"}]})
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500)] = Field(
        description="shown to the player: 1 to 500 characters, no control characters"
    )


class Nothing(_Request):
    """Send no body, or an empty object."""


Statement = Annotated[dict[str, Any], Field(description="a signed statement; see verifier/spec/statements.md")]


class SeedAnswer(BaseModel):
    """Describe a seed: its statements so far, and the figures an engine asks for first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "seed_id": _SEED_ID,
                    "status": "committed",
                    "commitment": _DIGEST,
                    "next_commitment": _SEED_ID,
                    "rules": {"dice": _DIGEST},
                    "reveal_by": 1_767_312_000_000,
                    "max_rounds": 9_007_199_254_740_991,
                    "next_nonce": 0,
                    "records": 0,
                    "epoch": {"type": "epoch", "origin": "example.org/main"},
                    "activation": None,
                    "reveal": None,
                }
            ]
        }
    )
    seed_id: str = Field(description="digest of the epoch, 64 hex characters")
    status: Literal["committed", "active", "closed", "revealed"]
    commitment: str = Field(description="SHA-256 of the server seed")
    next_commitment: str = Field(description="SHA-256 of the next epoch's server seed")
    rules: dict[str, str] = Field(description="games in force: name to rules digest")
    reveal_by: int = Field(description="Unix time in milliseconds; the seed is revealed by then")
    max_rounds: int = Field(description="no nonce is this high")
    next_nonce: int = Field(description="nonce of the next round; how many are used up")
    records: int = Field(description="how many receipts, batches and voids there are")
    epoch: Statement
    activation: Statement | None
    reveal: Statement | None


class RevealedSeed(BaseModel):
    """Name a revealed seed; `GET /v1/seeds/{seed_id}` and its rounds have the rest."""

    position: int = Field(description="its place in the order of reveals, from 0; it never changes")
    seed_id: str = Field(description="digest of the epoch, 64 hex characters")
    rounds: int = Field(description="how many nonces it used up")
    records: int = Field(description="how many receipts, batches and voids there are")
    revealed_at: int = Field(description="Unix time of the reveal in milliseconds")


class SeedsAnswer(BaseModel):
    """Show one page of the revealed seeds, in the order of their reveals."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "seeds": [
                        {
                            "position": 0,
                            "seed_id": _SEED_ID,
                            "rounds": 250,
                            "records": 12,
                            "revealed_at": 1_767_311_000_000,
                        }
                    ],
                    "total": 1,
                    "next_cursor": None,
                }
            ]
        }
    )
    seeds: list[RevealedSeed]
    total: int = Field(description="how many seeds are revealed at this moment, over all pages")
    next_cursor: str | None = Field(description="give it as `cursor` for the next page; null at the end")


class ActivationAnswer(BaseModel):
    """Answer a client seed that was set."""

    seed_id: str
    client_seed: str = Field(description="as it was set, or as the service made it")
    activation: Statement


class ReceiptAnswer(BaseModel):
    """Answer a round with its signed receipt, which holds draws, outcome and payout."""

    receipt: Statement


class BatchAnswer(BaseModel):
    """Answer a batch in columns: element i of each list belongs to nonce `first_nonce + i`."""

    receipt: Statement
    draws: dict[str, list[Any]] = Field(description="draw name to one value a round")
    outcomes: dict[str, list[Any]] = Field(description="outcome field to one value a round")
    payouts: list[int] | None = Field(description="ten-thousandths of the stake, or null where the engine settles")


class RotateAnswer(BaseModel):
    """Answer a rotation: the old seed's reveal, and the next seed."""

    reveal: Statement
    next: SeedAnswer


class VoidAnswer(BaseModel):
    """Answer a void."""

    void: Statement


class RoundAnswer(BaseModel):
    """Show one round: the record that used up its nonce, its void, and in a batch its row."""

    seed_id: str
    nonce: int
    status: Literal["drawn", "void", "voided after outcome"]
    record: Statement
    void: Statement | None
    draws: list[dict[str, Any]] | None = Field(description="null for a void of an undrawn nonce")
    outcome: dict[str, Any] | None
    payout: int | None


class HistoryAnswer(BaseModel):
    """Show one page of a seed's records, in order."""

    seed_id: str
    records: list[Statement]
    next_cursor: str | None = Field(description="give it as `cursor` for the next page; null at the end")


class GameSummary(BaseModel):
    """Name a game that the service offers."""

    name: str
    digest: str = Field(description="SHA-256 of the canonical rules document")
    summary: str


class GamesAnswer(BaseModel):
    """List the games that new seeds have in force."""

    games: list[GameSummary]


class GameAnswer(BaseModel):
    """Show one game's rules document as it is digested."""

    name: str
    digest: str
    rules: dict[str, Any] = Field(description="see verifier/spec/rules.md")


class PublicKey(BaseModel):
    """Show one public key of the operator."""

    key_id: str = Field(description="SHA-256 of the public key")
    public_key: str = Field(description="Ed25519, 64 hex characters")
    current: bool = Field(description="whether new statements are signed with it")


class KeysAnswer(BaseModel):
    """List the operator's public keys. Pin them from another place than this service."""

    origin: str
    keys: list[PublicKey]


class EntropyAnswer(BaseModel):
    """Show the state of the entropy source and of the draws."""

    ready: bool
    draws: Literal["allowed", "stopped"]
    reason: str | None


class HealthAnswer(BaseModel):
    """Say that the process answers."""

    status: Literal["ok"]


class ReadyAnswer(BaseModel):
    """Say whether the service can do its work, and what keeps it from it."""

    ready: bool
    entropy: str
    draws: str
    store: str
    deadlines: str


class FaultPlace(BaseModel):
    """Point at one field that is not valid."""

    at: str
    message: str


class Problem(BaseModel):
    """Explain an error (RFC 9457)."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:fairlot:problem:no_client_seed",
                    "title": "The seed has no client seed yet",
                    "status": 409,
                    "detail": "set it with PUT /v1/seeds/{id}/client-seed before the first round",
                    "code": "no_client_seed",
                }
            ]
        },
    )
    type: str
    title: str
    status: int
    detail: str
    code: str = Field(description="stable; what a program should look at")
    errors: list[FaultPlace] | None = None
