"""What an audit came to: counts by check, what was not checked, and the exit code."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

EXIT_CODES: Final = {"verified": 0, "refuted": 1, "malformed": 2, "undecided": 3}
"""Status of an audit to exit code, as `fairlot verify` has them."""

STATEMENTS_NOT_CHECKED: Final = (
    "log",
    "witness",
    "beacon: that a beacon is of the epoch's chain and round is checked, its randomness is not",
)
TABLES_NOT_CHECKED: Final = (
    "signatures, order, deadline, receipts root, not voided: a table states none of them",
    "nonce: a table states no final count, so rounds that were cut off at its end do not show",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Hold the result of an audit; the same history, rules, keys and sample give the same one.

    Args:
        files: their names.
        rows: rows of tables and lines of statements.
        rounds: rounds that the engine computed again.
        seeds: server seeds.
        sample_seed: seed of the sample.
        sampled: rounds of the sample, which the verifier judged.
        judged: rounds that the verifier judged, those with a discrepancy among them.
        signatures, unsigned: how many signatures were checked, and how many statements had no pinned key.
        voided: rounds that were voided after their outcome.
        counts: discrepancies by check and status.
        not_checked: what this history cannot show.
    """

    files: tuple[str, ...]
    rows: int
    rounds: int
    seeds: int
    sample_seed: int
    sampled: int
    judged: int
    signatures: int
    unsigned: int
    voided: int
    counts: Counter[tuple[str, str]]
    not_checked: tuple[str, ...]

    def of(self, status: str) -> int:
        """Return how many discrepancies have a status."""
        return sum(many for (_, one), many in self.counts.items() if one == status)

    @property
    def status(self) -> str:
        """`refuted`, else `malformed`, else `undecided`, else `verified`; nothing at all is undecided."""
        for status in ("refuted", "malformed", "undecided"):
            if self.of(status):
                return status
        return "verified" if self.rounds or self.seeds else "undecided"

    @property
    def exit_code(self) -> int:
        """The exit code: 0 verified, 1 refuted, 2 malformed, 3 undecided."""
        return EXIT_CODES[self.status]

    def as_json(self) -> dict[str, Any]:
        """Return the summary as an object for programs."""
        checks: dict[str, dict[str, int]] = {}
        for (check, status), many in sorted(self.counts.items()):
            checks.setdefault(check, {})[status] = many
        return {
            "type": "audit",
            "version": 1,
            "status": self.status,
            "exit_code": self.exit_code,
            "files": list(self.files),
            "rows": self.rows,
            "rounds": self.rounds,
            "seeds": self.seeds,
            "refuted": self.of("refuted"),
            "malformed": self.of("malformed"),
            "undecided": self.of("undecided"),
            "discrepancies": checks,
            "sample": {"seed": self.sample_seed, "rounds": self.sampled},
            "judged_by_verifier": self.judged,
            "signatures": {"checked": self.signatures, "unchecked": self.unsigned},
            "voided_after_outcome": self.voided,
            "not_checked": list(self.not_checked),
        }
