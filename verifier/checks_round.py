"""Make the checks that compute a round again: V7 to V12 of ``spec/verify.md``."""

import hashlib
from dataclasses import dataclass

from verifier import schemes
from verifier.canonical import Json, Malformed
from verifier.checks import NOT_REVEALED, NOTHING_DRAWN, failed, judged, not_checked, passed
from verifier.draws import PlannedDraw
from verifier.expression import Scope, TooExpensive
from verifier.fields import shown
from verifier.merkle import check_inclusion, leaf_hash
from verifier.primitives import Words
from verifier.proof import Proof
from verifier.rounds import (
    bind_draws,
    check_draws,
    make_draws,
    outcome_of,
    parameters_scope,
    payout_of,
    plan_draws,
    row_bytes,
)
from verifier.rules import Rules
from verifier.verdict import Check

_DISPLAYED = 400


@dataclass(frozen=True, slots=True)
class RoundChecks:
    """Hold V7 to V12, and what they found of the round; outcome and payout are those of the rules, or None."""

    checks: tuple[Check, ...]
    draws: list[Json] | None
    outcome: dict[str, Json] | None
    payout: int | None


def check_round(proof: Proof) -> RoundChecks:
    """Make the checks V7 to V12.

    Args:
        proof: a proof file whose form was checked.

    Specification: verify.md V7 to V12, and rules.md.
    """
    record, rules = proof.record, proof.rules
    commitment = check_commitment(proof)
    if rules is None:
        # A void of a nonce that was never drawn.
        rest = tuple(passed(number, "nothing", note=NOTHING_DRAWN) for number in range(8, 13))
        return RoundChecks(checks=(commitment, *rest), draws=None, outcome=None, payout=None)
    client_seed = check_client_seed(proof)
    rules_check, scope = check_rules_in_force(proof, rules)
    draws = _stated_draws(proof)
    if scope is None:
        unknown = "the rules or the parameters are not those of the record: V9"
        rest = tuple(
            not_checked(number, compared, note=unknown)
            for number, compared in ((10, _DRAWS), (11, _OUTCOME), (12, _PAYOUT))
        )
        return RoundChecks(checks=(commitment, client_seed, rules_check, *rest), draws=draws, outcome=None, payout=None)
    draws_check, usable = check_draws_again(proof, rules, scope, draws)
    if not usable:
        note = "that the draws as stated have the form that the rules give was not found: V10"
        rest = (not_checked(11, _OUTCOME, note=note), not_checked(12, _PAYOUT, note=note))
        checks = (commitment, client_seed, rules_check, draws_check, *rest)
        return RoundChecks(checks=checks, draws=draws, outcome=None, payout=None)
    bind_draws(rules, draws, scope)
    stated = record.type == "receipt"
    outcome_check, outcome = check_outcome(rules, scope, stated=record.body["outcome"] if stated else None)
    payout_check, payout = check_payout(rules, scope, is_stated=stated, stated=record.body.get("payout"))
    return RoundChecks(
        checks=(commitment, client_seed, rules_check, draws_check, outcome_check, payout_check),
        draws=draws,
        outcome=outcome,
        payout=payout,
    )


_DRAWS = "the draws, with those that scheme and rules give from the seeds"
_OUTCOME = "the outcome, with the one that the rules give from the draws as stated"
_PAYOUT = "the payout, with the one that the rules give from the draws as stated"
_RULES_OR_SIGNED = "the rules in the operator's signed epoch are not the game's, or the signed record is wrong"


def check_commitment(proof: Proof) -> Check:
    """V7: the revealed server seed is the one that the epoch committed to."""
    compared = "the commitment of the revealed server seed, with the epoch's"
    if proof.reveal is None:
        return not_checked(7, compared, note=NOT_REVEALED)
    name = proof.epoch.text("scheme")
    if name not in schemes.SCHEMES:
        return not_checked(7, compared, note=f"the scheme {shown(name)} is not known to this verifier")
    expected = proof.epoch.text("commitment")
    found = schemes.SCHEMES[name].commitment(bytes.fromhex(proof.reveal.text("server_seed"))).hex()
    if found == expected:
        return passed(7, compared, expected=expected, found=found)
    unless = "SHA-256 is broken, or the operator's signed commitment or its signed reveal is wrong"
    return failed(7, compared, expected=expected, found=found, unless=unless)


def check_client_seed(proof: Proof) -> Check:
    """V8: the record's client seed is the one that the activation fixed, from the same source."""
    compared = "the SHA-256 and the source of the record's client seed, with the activation's"
    client_seed = proof.record.text("client_seed").encode("utf-8")
    digest, source = hashlib.sha256(client_seed).hexdigest(), proof.record.text("client_seed_source")
    expected = f"{proof.activation.text('client_seed_digest')} of the {proof.activation.text('client_seed_source')}"
    found = f"{digest} of the {source}"
    if found == expected:
        return passed(8, compared, expected=expected, found=found, note=f"its bytes: {client_seed.hex()}")
    unless = "SHA-256 is broken, or the operator's signed activation or its signed record is wrong"
    return failed(8, compared, expected=expected, found=found, unless=unless)


def check_rules_in_force(proof: Proof, rules: Rules) -> tuple[Check, Scope | None]:
    """V9: the rules are those of record and epoch, and allow the parameters; the scope holds these if so."""
    record = proof.record
    game, stated = record.text("game"), record.text("rules_digest")
    compared = f"the digest of the rules document, with that of the record and with the epoch's for {game!r}"
    in_force = proof.epoch.body["rules"]
    faults = []
    if rules.digest != stated:
        faults.append(f"the document's digest is {rules.digest}, the record has {stated}")
    if rules.name != game:
        faults.append(f"the document is of {rules.name!r}")
    if not isinstance(in_force, dict) or in_force.get(game) != stated:
        faults.append("the epoch has not these rules in force under that name")
    scope = None
    if not faults:
        try:
            scope = parameters_scope(rules, record.body["parameters"])
        except Malformed as error:
            faults.append(f"the rules do not allow the parameters: {error}")
        except TooExpensive as error:
            return not_checked(9, compared, note=f"too expensive: {error}"), None
    unless = "SHA-256 is broken, or the operator's signed epoch or its signed record is wrong"
    return judged(9, compared, faults, unless=unless, note=f"rules {rules.digest}"), scope


def check_draws_again(proof: Proof, rules: Rules, scope: Scope, stated: list[Json]) -> tuple[Check, bool]:
    """V10: the draws follow from the seeds; also return whether they have the form that the rules give."""
    record, row = proof.record, proof.row
    unless = "SHA-256 is broken, or one of the operator's signed statements (commitment, rules, record) is wrong"
    try:
        plan = plan_draws(rules, scope)
        check_draws(plan, stated)
    except Malformed as error:
        return failed(10, _DRAWS, found=f"no draws of these rules: {error}", unless=_RULES_OR_SIGNED), False
    except TooExpensive as error:
        return not_checked(10, _DRAWS, note=f"too expensive: {error}"), False
    if row is not None:
        fault = check_inclusion(
            bytes.fromhex(record.text("draws_root")),
            leaf_digest=leaf_hash(row_bytes(stated)),
            # Where the record does not cover the nonce (V4), this index is below 0, which no path proves.
            index=proof.nonce - record.first_nonce,
            size=record.number("count"),
            path=row.path,
        )
        if fault is not None:
            found = f"the row is not under the draws root {record.text('draws_root')}: {fault}"
            return failed(10, _DRAWS, found=found, unless=unless), True
    name = record.text("scheme")
    if name not in schemes.SCHEMES:
        return not_checked(10, _DRAWS, note=f"the scheme {shown(name)} is not known to this verifier"), True
    if record.type == "receipt" and record.text("scheme_proof") != "":
        return failed(10, _DRAWS, found=f"the scheme {name} has no proof, and one is stated", unless=unless), True
    if proof.reveal is None:
        return not_checked(10, _DRAWS, note=f"{NOT_REVEALED}; the draws as stated have the form of the rules"), True
    expected = _make(proof, rules, plan)
    if same(expected, stated):
        return passed(10, _DRAWS, expected=displayed(expected), found=displayed(stated)), True
    return failed(10, _DRAWS, expected=displayed(expected), found=displayed(stated), unless=unless), True


def check_outcome(rules: Rules, scope: Scope, *, stated: Json) -> tuple[Check, dict[str, Json] | None]:
    """V11: the outcome follows from the draws; a batch states none (None), and then the rules' own is shown."""
    try:
        outcome = outcome_of(rules, scope)
    except Malformed as error:
        return failed(11, _OUTCOME, found=f"the rules give none: {error}", unless=_RULES_OR_SIGNED), None
    except TooExpensive as error:
        return not_checked(11, _OUTCOME, note=f"too expensive: {error}"), None
    computed: dict[str, Json] = {**outcome}
    if stated is None:
        return passed(11, _OUTCOME, expected=displayed(computed), note="a batch states no outcome"), outcome
    if same(computed, stated):
        return passed(11, _OUTCOME, expected=displayed(computed), found=displayed(stated)), outcome
    expected, found = displayed(computed), displayed(stated)
    return failed(11, _OUTCOME, expected=expected, found=found, unless=_RULES_OR_SIGNED), outcome


def check_payout(rules: Rules, scope: Scope, *, is_stated: bool, stated: Json) -> tuple[Check, int | None]:
    """V12: the payout follows from the draws, or is null where the rules have none; a batch states none."""
    try:
        payout = payout_of(rules, scope)
    except Malformed as error:
        return failed(12, _PAYOUT, found=f"the rules give none: {error}", unless=_RULES_OR_SIGNED), None
    except TooExpensive as error:
        return not_checked(12, _PAYOUT, note=f"too expensive: {error}"), None
    note = "" if payout is not None else "the rules have no payout; the engine settles"
    if not is_stated:
        return passed(12, _PAYOUT, expected=displayed(payout), note=note or "a batch states no payout"), payout
    if same(payout, stated):
        return passed(12, _PAYOUT, expected=displayed(payout), found=displayed(stated), note=note), payout
    expected, found = displayed(payout), displayed(stated)
    return failed(12, _PAYOUT, expected=expected, found=found, unless=_RULES_OR_SIGNED), payout


def same(a: Json, b: Json) -> bool:
    """Return whether two JSON values are the same; Python's own ``==`` holds true and 1 for equal."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    return type(a) is type(b) and a == b


def displayed(value: Json) -> str:
    """Return the beginning of a value as text for people, in ASCII without control characters."""
    pieces: list[str] = []
    _display(value, pieces)
    text = "".join(pieces)
    return text if len(text) <= _DISPLAYED else text[:_DISPLAYED] + "..."


def _display(value: Json, pieces: list[str]) -> None:
    # An outcome may be very large; what will be cut off is not written out first.
    if isinstance(value, list | dict):
        named = isinstance(value, dict)
        pieces.append("{" if named else "[")
        for index, element in enumerate(value.items() if isinstance(value, dict) else value):
            if len(pieces) > _DISPLAYED:
                break
            pieces.append(", " if index else "")
            if isinstance(element, tuple):
                pieces.append(f"{element[0]}: ")
                _display(element[1], pieces)
            else:
                _display(element, pieces)
        pieces.append("}" if named else "]")
    else:
        pieces.append(shown(value))


def _stated_draws(proof: Proof) -> list[Json]:
    if proof.row is not None:
        return proof.row.draws
    draws = proof.record.body["draws"]
    return draws if isinstance(draws, list) else []


def _make(proof: Proof, rules: Rules, plan: list[PlannedDraw]) -> list[Json]:
    record, scheme = proof.record, schemes.SCHEMES[proof.record.text("scheme")]
    server_seed = bytes.fromhex(proof.reveal.text("server_seed")) if proof.reveal is not None else b""
    game_key = scheme.game_key(server_seed, rules_digest=rules.digest, beacon=record.text("beacon"))
    client_seed = record.text("client_seed").encode("utf-8")
    words = Words(lambda index: scheme.block(game_key, client_seed=client_seed, nonce=proof.nonce, index=index))
    return make_draws(plan, words)
