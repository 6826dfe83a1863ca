"""Make single checks: what all of them share, and those of identity, signatures, binding, order and place.

The numbers are those of ``spec/verify.md``: here V1 to V6 and V13 to V19; V7 to V12 are in `verifier.checks_round`.
"""

import hashlib
from itertools import pairwise

from verifier.canonical import Json
from verifier.fields import shown
from verifier.merkle import check_inclusion, leaf_hash
from verifier.policy import Policy
from verifier.proof import Inclusion, Proof
from verifier.statements import MAX_COUNT, Statement, signature_fault
from verifier.verdict import FAILED, NOT_CHECKED, PASSED, Check

NAMES = {
    1: "form",
    2: "identity",
    3: "signatures",
    4: "binding",
    5: "order",
    6: "deadline",
    7: "commitment",
    8: "client seed",
    9: "rules",
    10: "draws",
    11: "outcome",
    12: "payout",
    13: "nonce",
    14: "receipts root",
    15: "not voided",
    16: "seed choice",
    17: "log",
    18: "witness",
    19: "beacon",
}

NOT_REVEALED = "the server seed is not revealed yet"
NOTHING_DRAWN = "not applicable: nothing was drawn"
VOIDED_AFTER_OUTCOME = "voided after outcome"
WEAK = "weak"


def passed(number: int, compared: str, *, expected: str = "", found: str = "", note: str = "") -> Check:
    """Return a check that passed."""
    return Check(
        number=number,
        name=NAMES[number],
        status=PASSED,
        compared=compared,
        expected=expected,
        found=found,
        note=note,
    )


def failed(number: int, compared: str, *, unless: str, expected: str = "", found: str = "", note: str = "") -> Check:
    """Return a check that failed, with what would have to be false for the claim to hold all the same."""
    return Check(
        number=number,
        name=NAMES[number],
        status=FAILED,
        compared=compared,
        expected=expected,
        found=found,
        note=note,
        unless=unless,
    )


def not_checked(number: int, compared: str, *, note: str) -> Check:
    """Return a check that was not made, with the reason."""
    return Check(number=number, name=NAMES[number], status=NOT_CHECKED, compared=compared, note=note)


def judged(number: int, compared: str, faults: list[str], *, unless: str, note: str = "") -> Check:
    """Return a check that passed where there is no fault, and failed with the faults where there are some."""
    if faults:
        return failed(number, compared, found="; ".join(faults), unless=unless)
    return passed(number, compared, note=note)


def check_form(proof: Proof) -> Check:
    """V1: the file was read, so its form is right; any other file is malformed."""
    return passed(1, "the file's canonical form, its fields and its own SHA-256", found=proof.sha256)


def check_identity(proof: Proof, policy: Policy) -> Check:
    """V2: every statement is signed by a pinned key that is good for its origin."""
    compared = "the key of every statement, with the keys that you pinned"
    if not policy.keys:
        return not_checked(2, compared, note="no key is pinned: that the file contains a key is no reason to trust it")
    faults = []
    for statement in proof.statements():
        key_id, origin = statement.text("key_id"), statement.text("origin")
        pinned = [key for key in policy.keys if key.key_id == key_id]
        if not pinned:
            faults.append(f"the {statement.type} is signed by key {key_id}, which is not pinned")
        elif all(key.origin not in ("", origin) for key in pinned):
            faults.append(f"the {statement.type} is of {origin}, for which key {key_id} is not pinned")
    unless = "the pinned keys are not all the keys of this operator: ask for the others by another way, and pin them"
    return judged(2, compared, faults, unless=unless)


def check_signatures(proof: Proof) -> Check:
    """V3: every key id is the digest of a key of the file, and every signature is good."""
    faults = []
    for statement in proof.statements():
        key_id = statement.text("key_id")
        public_key = proof.keys.get(key_id)
        if public_key is None or hashlib.sha256(public_key).hexdigest() != key_id:
            faults.append(f"no key of the file has the digest {key_id}, which the {statement.type} names")
            continue
        fault = signature_fault(statement, public_key)
        if fault is not None:
            faults.append(f"the signature of the {statement.type} is refused: {fault}")
    return judged(
        3,
        "the Ed25519 signature of every statement, in the strict profile",
        faults,
        unless="Ed25519 (RFC 8032) is broken, or the file was changed after the operator signed: ask for it again",
    )


def check_binding(proof: Proof) -> Check:
    """V4: all statements are of one origin, one seed and one round."""
    faults = []
    epoch, record, void = proof.epoch, proof.record, proof.void
    for statement in proof.statements():
        if statement.text("origin") != epoch.text("origin"):
            faults.append(f"the {statement.type} is of origin {shown(statement.text('origin'))}")
        if statement.seed_id != epoch.digest:
            faults.append(f"the {statement.type} is about seed {statement.seed_id}")
    if record.type != "void" and record.text("scheme") != epoch.text("scheme"):
        faults.append(f"the {record.type} is of scheme {shown(record.text('scheme'))}")
    if not record.first_nonce <= proof.nonce < record.end_nonce:
        faults.append(f"the {record.type} does not cover nonce {proof.nonce}")
    if record.type == "void" and record.text("voids") != "":
        faults.append("the record is a void of a drawn round, which consumes no nonce")
    if void is not None:
        if void.text("voids") != record.digest:
            faults.append("the void is of another record")
        if void.number("nonce") != proof.nonce:
            faults.append(f"the void is of nonce {void.number('nonce')}")
    compared = (
        f"origin, seed id, scheme and nonce of all statements, with the epoch {epoch.digest} and nonce {proof.nonce}"
    )
    if not faults and record.type == "receipt" and record.text("ticket") != "":
        return not_checked(4, compared, note="the receipt names a ticket, which this version of the file cannot hold")
    unless = "SHA-256 is broken, or the operator signed statements that say of which seed and round they are, and err"
    return judged(4, compared, faults, unless=unless)


def check_order(proof: Proof) -> Check:
    """V5: times ascend, and what the chain of digests lets one file see of the order is right."""
    faults = []
    statements = proof.statements()
    for earlier, later in pairwise(statements):
        if later.number("time") < earlier.number("time"):
            faults.append(
                f"the {later.type} (time {later.number('time')}) is before the {earlier.type} "
                f"(time {earlier.number('time')})"
            )
    activation, record, void, reveal = proof.activation, proof.record, proof.void, proof.reveal
    if activation.text("previous") != proof.epoch.digest:
        faults.append("the activation does not follow the epoch")
    # The record that consumes nonce 0 is the first of the seed, and only it follows the activation.
    if (record.first_nonce == 0) is not (record.text("previous") == activation.digest):
        at = "begins with nonce 0 and does not follow" if record.first_nonce == 0 else "begins later and yet follows"
        faults.append(f"the {record.type} {at} the activation")
    if void is not None and proof.record_inclusion is not None and proof.void_inclusion is not None:
        distance = proof.void_inclusion.index - proof.record_inclusion.index
        if distance < 1:
            faults.append("the void stands before the record that it voids")
        elif (distance == 1) is not (void.text("previous") == record.digest):
            faults.append("the void's place and its previous statement do not agree")
    if reveal is not None:
        last = reveal.number("documents") - 1
        for statement, inclusion in ((record, proof.record_inclusion), (void, proof.void_inclusion)):
            if statement is None or inclusion is None:
                continue
            if (inclusion.index == last) is not (reveal.text("previous") == statement.digest):
                faults.append(f"the reveal's previous statement and the place of the {statement.type} do not agree")
    return judged(
        5,
        "the times of all statements, and the previous statement that each names",
        faults,
        unless="the times or the order in the operator's own signed statements are wrong",
    )


def check_deadline(proof: Proof) -> Check:
    """V6: record, void and reveal are not later than the epoch allows."""
    reveal_by = proof.epoch.number("reveal_by")
    faults = [
        f"the {statement.type} is of {statement.number('time')}"
        for statement in (proof.record, proof.void, proof.reveal)
        if statement is not None and statement.number("time") > reveal_by
    ]
    compared = f"the times of record and reveal, with the epoch's reveal_by {reveal_by}"
    if not faults and proof.reveal is None:
        return not_checked(6, compared, note=f"{NOT_REVEALED}; the record itself is in time")
    return judged(6, compared, faults, unless="the deadline or the times that the operator signed are wrong")


def check_nonce(proof: Proof) -> Check:
    """V13: the nonce is one of those that were consumed, and the numbers of nonces and documents fit each other."""
    record, reveal = proof.record, proof.reveal
    first, end = record.first_nonce, record.end_nonce
    max_rounds = proof.epoch.number("max_rounds")
    compared = f"nonces {first} to {end - 1}, with the epoch's max_rounds {max_rounds}"
    unless = "the counts that the operator signed are wrong"
    faults = [] if end <= max_rounds else [f"nonce {end - 1} is not below max_rounds"]
    if reveal is None or proof.record_inclusion is None:
        if faults:
            return failed(13, compared, found="; ".join(faults), unless=unless)
        return not_checked(13, compared, note=f"{NOT_REVEALED}; the nonce is below max_rounds")
    rounds, documents, index = reveal.number("rounds"), reveal.number("documents"), proof.record_inclusion.index
    compared += f", and the reveal's {rounds} rounds and {documents} documents"
    if rounds > max_rounds:
        faults.append(f"{rounds} rounds are more than max_rounds")
    if end > rounds:
        faults.append(f"nonce {end - 1} is not below the {rounds} rounds")
    # Each other record consumes 1 to 1,000,000 nonces or voids one that was drawn, each at most once.
    if not _batches(first) <= index <= 2 * first:
        faults.append(f"{index} documents cannot stand before nonce {first}")
    later = documents - 1 - index
    # At most `first` of the documents before this one consume nonces, so that the others were voids already. A round
    # without a void in the file has none: one that was left out shows where the counts have no place for it elsewhere.
    voidable = end - max(index - first, 0) - (1 if proof.void is None else 0)
    if not _batches(max(rounds - end, 0)) <= later <= 2 * max(rounds - end, 0) + voidable:
        faults.append(f"{later} documents cannot follow nonce {end - 1} of {rounds}")
    return judged(13, compared, faults, unless=unless)


def _batches(nonces: int) -> int:
    """Return the least number of records that consume so many nonces."""
    return -(-nonces // MAX_COUNT)


def check_receipts_root(proof: Proof) -> Check:
    """V14: record and void stand in the receipts root, each at its index."""
    if proof.reveal is None:
        return not_checked(14, "the record, with the reveal's receipts root", note=NOT_REVEALED)
    root, size = proof.reveal.text("receipts_root"), proof.reveal.number("documents")
    faults = []
    places: tuple[tuple[Statement | None, Inclusion | None], ...] = (
        (proof.record, proof.record_inclusion),
        (proof.void, proof.void_inclusion),
    )
    for statement, inclusion in places:
        if statement is None or inclusion is None:
            continue
        fault = check_inclusion(
            bytes.fromhex(root),
            leaf_digest=leaf_hash(statement.document_bytes),
            index=inclusion.index,
            size=size,
            path=inclusion.path,
        )
        if fault is not None:
            faults.append(f"the {statement.type} is not at index {inclusion.index}: {fault}")
    return judged(
        14,
        f"the record (and its void), with the receipts root {root} over {size} documents",
        faults,
        unless="SHA-256 is broken, or the receipts root that the operator signed is wrong, or the path in the file is",
    )


def check_not_voided(proof: Proof) -> Check:
    """V15: what the file shows of a void."""
    compared = "the file, for a void of the round"
    if proof.record.type == "void":
        return passed(15, compared, note=f"the record itself is a void: {shown(proof.record.text('reason'))}")
    if proof.void is not None:
        reason = shown(proof.void.text("reason"))
        return passed(15, compared, found=f"a void with the reason {reason}", note=VOIDED_AFTER_OUTCOME)
    if proof.reveal is not None and proof.reveal.number("documents") == 1:
        return passed(15, compared, note="the record is the only document of the seed")
    return passed(
        15, compared, note="no void is known; the seed's whole history would show one that the file leaves out"
    )


def check_seed_choice(proof: Proof) -> Check:
    """V16: who chose the client seed, as the operator signed it."""
    compared = "the source of the client seed, as the operator signed it"
    if proof.activation.text("client_seed_source") == "player":
        note = "the operator says that you chose it after the commitment; you know whether it is yours"
        return passed(16, compared, found="player", note=note)
    note = f"{WEAK}: the operator chose the server seed and the client seed"
    if proof.epoch.text("beacon_mode") == "epoch":
        note += "; the epoch's beacon would heal that, and is not checked in this version"
    return passed(16, compared, found="operator", note=note)


def check_log() -> Check:
    """V17: the transparency log, of which this version of the file holds nothing."""
    return not_checked(17, "the epoch's place in the transparency log", note="this version of the file holds no log")


def check_witness() -> Check:
    """V18: cosignatures, of which this version of the file holds none."""
    return not_checked(18, "witnesses' cosignatures", note="this version of the file holds no cosignatures")


def check_beacon(proof: Proof) -> Check:
    """V19: without a beacon there is nothing to check; what contradicts the epoch's mode is refuted."""
    mode, chain = proof.epoch.text("beacon_mode"), proof.epoch.text("beacon_chain")
    beacon = proof.record.text("beacon") if proof.record.type != "void" else ""
    round_number = proof.activation.number("beacon_round")
    compared = f"the beacon, with the epoch's beacon mode {mode!r}"
    faults = []
    if (mode == "epoch") is not (round_number > 0):
        faults.append(f"the activation names round {round_number} of a beacon")
    if mode == "none" and beacon != "":
        faults.append(f"the {proof.record.type} has the beacon {shown(beacon)}")
    if mode != "none" and proof.record.type != "void":
        stated: list[Json] = [*beacon.split(":")]
        if beacon == "" or stated[0] != chain:
            faults.append(f"the {proof.record.type} has no beacon of chain {chain}")
        elif mode == "epoch" and stated[1] != str(round_number):
            faults.append(f"the {proof.record.type} has round {stated[1]}, the activation names {round_number}")
    if faults:
        unless = "the operator's own signed statements contradict each other on the beacon, and one of them is wrong"
        return failed(19, compared, found="; ".join(faults), unless=unless)
    if mode == "none":
        return not_checked(19, compared, note="no beacon")
    return not_checked(19, compared, note="this version of the file holds no beacon to check the randomness against")
