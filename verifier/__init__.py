"""Check numbers: the second, literal implementation of the specification, which shares nothing with the generator.

`verify` checks a proof file, `compute_outcome` computes what a round must be; the specification is in ``spec/``.
"""

from verifier.canonical import Malformed
from verifier.expression import TooExpensive
from verifier.outcome import compute_outcome
from verifier.parameters import parameter_from_text, with_defaults
from verifier.policy import PinnedKey, Policy, policy_document, read_policy
from verifier.rules import Rules, read_rules
from verifier.verdict import EXIT_MALFORMED, Check, Refuted, Undecided, Verdict
from verifier.verify import verify

__all__ = [
    "EXIT_MALFORMED",
    "Check",
    "Malformed",
    "PinnedKey",
    "Policy",
    "Refuted",
    "Rules",
    "TooExpensive",
    "Undecided",
    "Verdict",
    "compute_outcome",
    "parameter_from_text",
    "policy_document",
    "read_policy",
    "read_rules",
    "verify",
    "with_defaults",
]
