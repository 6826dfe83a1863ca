"""The second judgement: single rounds computed again by the verifier, which shares nothing with the engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, Final

from certification.audit.compare import cell_says, same
from certification.audit.discrepancy import Discrepancy
from certification.audit.rules import Shelf
from verifier import Malformed, TooExpensive, compute_outcome


@dataclass(frozen=True, slots=True)
class StatedRound:
    """Hold a round as the history states it.

    Args:
        file, line, seed: as in a discrepancy.
        scheme, server_seed (hex), client_seed, nonce, game, rules_digest, parameters, beacon: what it was made from.
        draws, outcome, payout: what came of it, as a receipt has it; of a table the cells by name, as far as the table
            has columns for them.
        cells: whether the three are the cells of a table.
    """

    file: str
    line: int
    seed: str
    scheme: str
    server_seed: str
    client_seed: str
    nonce: int
    game: str
    rules_digest: str
    parameters: dict[str, Any]
    beacon: str
    draws: Any
    outcome: Any
    payout: Any
    cells: bool

    def as_json(self) -> list[Any]:
        """Return the fields in order, for a checkpoint."""
        return list(_FIELDS(self))


_FIELDS: Final = attrgetter(*StatedRound.__slots__)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Hold which checks the verifier finds false (`draws`, `outcome`, `payout`), with what it expects instead.

    `error` says why it cannot judge; then `wrong` is empty.
    """

    wrong: dict[str, Any]
    error: str = ""


def judge(stated: StatedRound, shelf: Shelf) -> Judgement:
    """Compute a round by the verifier and compare it with what the history states of it."""
    game = shelf.find(stated.game, stated.rules_digest)
    if game is None:
        return Judgement({}, "the rules are not at hand")
    try:
        found = compute_outcome(
            stated.scheme,
            bytes.fromhex(stated.server_seed),
            client_seed=stated.client_seed,
            nonce=stated.nonce,
            rules=game.verifier,
            parameters=stated.parameters,
            beacon=stated.beacon,
        )
    except (Malformed, ValueError, TooExpensive) as error:
        return Judgement({}, str(error))
    true: dict[str, Any] = {check: found[check] for check in ("draws", "outcome", "payout")}
    wrong: dict[str, Any] = {}
    for check, value in true.items():
        said = getattr(stated, check)
        if not (_cells_say(check, said, value) if stated.cells else same(said, value)):
            wrong[check] = value
    return Judgement(wrong)


def _cells_say(check: str, cells: dict[str, Any], value: Any) -> bool:
    named: dict[str, Any] = {"payout": value}
    if check == "draws":
        named = {draw["name"]: draw["value"] for draw in value}
    elif check == "outcome":
        named = value
    return all(cell_says(cell, named.get(name)) for name, cell in cells.items())


def judge_discrepancy(one: Discrepancy, judgement: Judgement) -> Iterator[Discrepancy]:
    """Yield a discrepancy with what the verifier says of it; where it does not agree, that is another one.

    Args:
        one: a discrepancy of the check `draws`, `outcome` or `payout`, found by the engine.
        judgement: the verifier's, on the same round.
    """
    if judgement.error:
        yield replace(one, status="undecided", judged=f"verifier cannot judge: {judgement.error}"[:500])
    elif one.check in judgement.wrong:
        yield replace(one, judged="verifier agrees")
    else:
        yield replace(one, status="undecided", judged="verifier disagrees")
        yield replace(
            one,
            check="evaluators",
            status="undecided",
            note=f"engine (expected) and verifier (as found) do not agree on the {one.check}; please report this",
            judged="verifier disagrees",
        )


def judge_sampled(stated: StatedRound, judgement: Judgement) -> Iterator[Discrepancy]:
    """Yield what the verifier finds wrong in a round in which the engine found nothing."""
    wrong = {"round": judgement.error} if judgement.error else judgement.wrong
    sides = {"draws": stated.draws, "outcome": stated.outcome, "payout": stated.payout}
    for check, verifiers in wrong.items():
        yield Discrepancy(
            file=stated.file,
            line=stated.line,
            seed=stated.seed,
            nonce=stated.nonce,
            check="evaluators",
            status="undecided",
            expected=verifiers,
            found=sides.get(check),
            note=f"verifier (expected) and engine (as found) do not agree on the {check}; please report this",
            judged="verifier disagrees",
        )
