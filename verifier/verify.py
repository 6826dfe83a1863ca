"""Verify a proof file: all numbered checks of ``spec/verify.md``, and the verdict that follows from them."""

from verifier import checks
from verifier.canonical import Json
from verifier.checks_round import RoundChecks, check_round
from verifier.policy import Policy
from verifier.proof import Proof, read_proof
from verifier.verdict import FAILED, PASSED, Check, Verdict

ALWAYS_REQUIRED = tuple(range(1, 17))
REQUIREMENTS = {"log": 17, "witness": 18, "beacon": 19}
"""Requirement of a policy to the number of the check that it makes mandatory."""

_NO_POLICY = Policy()


def verify(data: bytes, policy: Policy = _NO_POLICY) -> Verdict:
    """Verify a proof file under a player's policy.

    A check that fails does not stop the others. There is no other answer than a verdict that lists every check: ask
    it for its ``status``, or call its ``require()``, which raises unless the file is verified.

    Args:
        data: the file's bytes.
        policy: pinned keys and requirements; without a pinned key nothing is ever verified, at best undecided.

    Raises:
        TypeError: an argument has the wrong type.
        Malformed: the file has not the form that the specifications demand; it is no evidence for anything.

    Specification: verify.md V1 to V19.
    """
    if not isinstance(policy, Policy):
        raise TypeError(f"policy must be a Policy, not {type(policy).__name__}; read a policy file with read_policy")
    proof = read_proof(data)
    found = check_round(proof)
    made = (
        checks.check_form(proof),
        checks.check_identity(proof, policy),
        checks.check_signatures(proof),
        checks.check_binding(proof),
        checks.check_order(proof),
        checks.check_deadline(proof),
        *found.checks,
        checks.check_nonce(proof),
        checks.check_receipts_root(proof),
        checks.check_not_voided(proof),
        checks.check_seed_choice(proof),
        checks.check_log(),
        checks.check_witness(),
        checks.check_beacon(proof),
    )
    return _verdict(proof, policy, made, found)


def _verdict(proof: Proof, policy: Policy, made: tuple[Check, ...], found: RoundChecks) -> Verdict:
    required = {*ALWAYS_REQUIRED, *(REQUIREMENTS[requirement] for requirement in policy.require)}
    if proof.epoch.text("beacon_mode") != "none":
        # A beacon that nobody checked is a number of the operator's choice.
        required.add(REQUIREMENTS["beacon"])
    failed = [check for check in made if check.status == FAILED]
    missing = [check for check in made if check.number in required and check.status != PASSED]
    voided = proof.void is not None
    parts = []
    if failed:
        parts.append("refuted by " + ", ".join(check.label for check in failed))
    elif voided:
        parts.append(checks.VOIDED_AFTER_OUTCOME)
    elif proof.record.type == "void":
        parts.append("void, nothing was drawn")
    if not failed:
        parts.extend(_what_is_missing(proof, missing))
        if not missing and not parts:
            parts.append("verified")
        if _is_weak(made):
            parts.append("weak: the operator chose the client seed too")
    return Verdict(
        status="refuted" if failed else "undecided" if missing or voided else "verified",
        headline="; ".join(parts),
        sha256=proof.sha256,
        checks=made,
        required=tuple(sorted(required)),
        round=_round(proof, found),
    )


def _what_is_missing(proof: Proof, missing: list[Check]) -> list[str]:
    identity = [check for check in missing if check.number == 2]
    others = [check for check in missing if check.number != 2]
    parts = []
    if others and proof.reveal is None:
        parts.append(checks.NOT_REVEALED)
    elif others:
        parts.append("not checked: " + ", ".join(check.label for check in others))
    if identity:
        key_ids = sorted({statement.text("key_id") for statement in proof.statements()})
        parts.append(f"consistent with key {' and '.join(key_ids)}, identity not checked")
    return parts


def _is_weak(made: tuple[Check, ...]) -> bool:
    return any(check.number == 16 and check.note.startswith(checks.WEAK) for check in made)


def _round(proof: Proof, found: RoundChecks) -> dict[str, Json]:
    record = proof.record
    result: dict[str, Json] = {
        "origin": proof.epoch.text("origin"),
        "tenant": proof.epoch.text("tenant"),
        "seed_id": proof.epoch.digest,
        "nonce": proof.nonce,
        "record": record.type,
        "time": record.number("time"),
        "key_ids": [*sorted({statement.text("key_id") for statement in proof.statements()})],
    }
    if record.type == "void":
        return {**result, "reason": record.text("reason")}
    draws: list[Json] = found.draws or []
    return {
        **result,
        "scheme": record.text("scheme"),
        "game": record.text("game"),
        "rules_digest": record.text("rules_digest"),
        "parameters": record.body["parameters"],
        "client_seed": record.text("client_seed"),
        "client_seed_bytes": record.text("client_seed").encode("utf-8").hex(),
        "client_seed_source": record.text("client_seed_source"),
        "draws": draws,
        # A batch states neither; then these are what the rules give from the draws.
        "outcome": record.body["outcome"] if record.type == "receipt" else found.outcome,
        "payout": record.body["payout"] if record.type == "receipt" else found.payout,
    }
