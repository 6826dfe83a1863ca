"""Hold what a verification found: every check, what was compared, and what follows: ``spec/verify.md``."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from verifier.canonical import Json

PASSED: Final = "passed"
FAILED: Final = "failed"
NOT_CHECKED: Final = "not checked"

CheckStatus: TypeAlias = Literal["passed", "failed", "not checked"]
VerdictStatus: TypeAlias = Literal["verified", "refuted", "undecided"]

EXIT_CODES: dict[VerdictStatus, int] = {"verified": 0, "refuted": 1, "undecided": 3}
EXIT_MALFORMED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Hold one numbered check of verify.md.

    ``compared`` says what was held against what; ``expected`` and ``found`` are the two sides where there are two;
    ``note`` says what a reader must know besides, or why the check was not made; ``unless`` says, for a failed check,
    what would have to be false for the claim to hold all the same.
    """

    number: int
    name: str
    status: CheckStatus
    compared: str
    expected: str = ""
    found: str = ""
    note: str = ""
    unless: str = ""

    @property
    def label(self) -> str:
        """The check's number and name, such as ``V7 commitment``."""
        return f"V{self.number} {self.name}"

    def as_json(self) -> dict[str, Json]:
        """Return the check as an object for programs."""
        return {
            "number": self.number,
            "name": self.name,
            "status": self.status,
            "compared": self.compared,
            "expected": self.expected,
            "found": self.found,
            "note": self.note,
            "unless": self.unless,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Hold the verdict on one proof file: all checks, and the SHA-256 of the bytes that were checked.

    ``required`` are the numbers of the checks that had to pass; ``round`` says which round it is and what it shows.
    """

    status: VerdictStatus
    headline: str
    sha256: str
    checks: tuple[Check, ...]
    required: tuple[int, ...]
    round: dict[str, Json]

    @property
    def exit_code(self) -> int:
        """The exit code of ``fairlot verify``: 0 verified, 1 refuted, 3 undecided."""
        return EXIT_CODES[self.status]

    def check(self, number: int) -> Check:
        """Return the check with a number.

        Raises:
            ValueError: verify.md has no such check.
        """
        for check in self.checks:
            if check.number == number:
                return check
        raise ValueError(f"number must be 1 to {len(self.checks)}, not {number!r}")

    def require(self) -> "Verdict":
        """Return the verdict if it is *verified*; a program that goes on after this may rely on it.

        Raises:
            Refuted: the evidence contradicts the claim.
            Undecided: something that the policy requires is missing.
        """
        if self.status == "refuted":
            raise Refuted(self)
        if self.status == "undecided":
            raise Undecided(self)
        return self

    def as_json(self) -> dict[str, Json]:
        """Return the verdict as an object for programs."""
        return {
            "status": self.status,
            "headline": self.headline,
            "exit_code": self.exit_code,
            "sha256": self.sha256,
            "round": self.round,
            "required": [*self.required],
            "checks": [check.as_json() for check in self.checks],
        }


class Refuted(Exception):
    """Say that the evidence contradicts the claim; ``verdict`` has every check."""

    def __init__(self, verdict: Verdict) -> None:
        failed = [check.label for check in verdict.checks if check.status == FAILED]
        super().__init__(f"{verdict.headline} ({', '.join(failed)})")
        self.verdict = verdict


class Undecided(Exception):
    """Say that something which the policy requires is missing; ``verdict`` has every check."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.headline)
        self.verdict = verdict
