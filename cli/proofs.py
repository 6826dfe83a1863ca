"""Fetch the proof files of a seed that was played, verify each, and hold each against what came during play."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cli.client import Service, seed_path
from cli.errors import EXIT_REFUTED, EXIT_USAGE
from cli.seed import Seed
from verifier import Malformed, Policy, Verdict, verify
from verifier.canonical import Json, encode
from verifier.proof import MAX_BYTES, read_proof
from verifier.statements import Statement


@dataclass(frozen=True, slots=True)
class Checked:
    """Hold what came of one round's proof file.

    `verdict` is None where the file is malformed; `objections` say in what it differs from what came during play.
    """

    nonce: int
    file_name: str
    verdict: Verdict | None
    objections: tuple[str, ...]
    data: bytes = field(repr=False)

    @property
    def headline(self) -> str:
        """The verdict in words, with the objections."""
        words = self.verdict.headline if self.verdict is not None else "malformed"
        return "; ".join([words, *self.objections])

    @property
    def exit_code(self) -> int:
        """The exit code of `fairlot verify`; a file that differs from what came during play is refuted by that."""
        if self.verdict is None:
            return EXIT_USAGE
        return EXIT_REFUTED if self.objections else self.verdict.exit_code


def check_proofs(
    service: Service, seed: Seed, *, policy: Policy, batch_draws: Mapping[int, list[Json]]
) -> Iterator[Checked]:
    """Fetch and check the proof file of every nonce of a revealed seed.

    Args:
        service: where it was played.
        seed: with everything that came.
        policy: what to verify under.
        batch_draws: nonce to the draws that the answer to its batch showed.

    Raises:
        CliError: the service does not give a file.
    """
    for nonce in range(seed.next_nonce):
        data = service.get_bytes(
            seed_path(seed.seed_id, f"/rounds/{nonce}/proof"),
            most_bytes=MAX_BYTES + 1,
            what=f"fetching the proof of round {nonce}",
        )
        file_name = f"{seed.seed_id[:16]}-{nonce}.proof.json"
        try:
            verdict = verify(data, policy)
        except Malformed as error:
            yield Checked(nonce, file_name, None, (str(error),), data)
            continue
        yield Checked(nonce, file_name, verdict, tuple(_objections(seed, nonce, data, batch_draws.get(nonce))), data)


def _objections(seed: Seed, nonce: int, data: bytes, draws: list[Json] | None) -> Iterator[str]:
    proof = read_proof(data)
    if proof.nonce != nonce:
        yield f"the file is of round {proof.nonce}, asked for was {nonce}"
    came = {
        statement.type: statement
        for statement in seed.statements
        if statement.type in ("epoch", "activation", "reveal")
    }
    for stated in (proof.epoch, proof.activation, proof.reveal):
        if stated is not None and stated.digest != came[stated.type].digest:
            yield f"the {stated.type} is another one than during play"
    record = next(one for one in seed.records if one.first_nonce <= nonce < one.end_nonce)
    if proof.record.digest != record.digest:
        yield f"the {proof.record.type} is another one than during play"
    if draws is not None and (proof.row is None or _named(proof.row.draws) != _named(draws)):
        yield "the draws are others than those that the answer to the batch showed"


def _named(draws: list[Json]) -> bytes:
    # As canonical bytes: in Python 1 and true would compare equal.
    return encode({str(draw["name"]): draw["value"] for draw in draws if isinstance(draw, dict)})


def write_statements(path: Path, statements: Iterable[Statement]) -> None:
    """Write statements that came, one canonical document a line, in the order in which they came."""
    lines = [statement.document_bytes + b"\n" for statement in statements]
    path.write_bytes(b"".join(lines))
