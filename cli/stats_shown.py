"""Findings on their way out: aside until all are there, so that nothing half done is printed; as tables; as JSON."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Final, TypeVar

import click

from cli.errors import EXIT_REFUTED, CliError
from cli.output import bold, coloured, dim, harmless, show, table

if TYPE_CHECKING:
    from statistical_tests.finding import Finding
    from statistical_tests.sp800_90b.assess import Assessment

FC = TypeVar("FC", bound=Callable[..., Any])

_IN_MEMORY: Final = 2**22
_PIECE: Final = 2**20


def alpha_option(command: FC) -> FC:
    """Add the option `--alpha` to a command."""
    return click.option(
        "--alpha",
        type=float,
        callback=_level,
        metavar="A",
        help="Exit with 1 where Holm's rule over all p-values together refuses at this family-wise level.",
    )(command)


def _level(ctx: click.Context, parameter: click.Parameter, value: float | None) -> float | None:
    # Said so that NaN, which is in no range and outside of none, is refused too.
    if value is not None and not 0 < value < 1:
        raise click.BadParameter(f"{value} does not lie between 0 and 1.")
    return value


class Spool:
    """Keep findings as JSON aside, in memory and from 4 MiB on in a file that has no name."""

    def __init__(self) -> None:
        self._file: IO[str] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, mode="w+", encoding="ascii")  # noqa: SIM115
        self._count = 0

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):  # what could not be kept was said when it was to be
            self._file.close()

    def add(self, finding: Finding, **more: object) -> None:
        """Add a finding, and what else is to stand in its object.

        Raises:
            CliError: there is no room for it.
        """
        text = json.dumps({**finding.as_json(), **more}, allow_nan=False)
        try:
            self._file.write(f", {text}" if self._count else text)
        except OSError as error:
            raise self._full(error) from None
        self._count += 1

    def show(self, **more: object) -> None:
        """Write one JSON object to standard output: the findings, and the other members.

        Raises:
            CliError: the last findings could not be kept either; then nothing is written.
        """
        try:
            self._file.seek(0)
        except OSError as error:
            raise self._full(error) from None
        show('{"findings": [', nl=False)
        for piece in self._pieces():
            show(piece, nl=False)
        rest = json.dumps(more, allow_nan=False)
        show("]" + (f", {rest[1:]}" if more else "}"))

    def _full(self, error: OSError) -> CliError:
        return CliError(f"the findings cannot be kept: {error.strerror}; TMPDIR says where there is room for a file")

    def _pieces(self) -> Iterator[str]:
        while piece := self._file.read(_PIECE):
            yield piece


class Family:
    """Weigh all p-values together after Holm, and keep none of them but the smallest.

    Holm's rule multiplies the smallest p-value by their number, and adjusts no other to less. Adjusted values keep the
    family-wise error rate under any dependence between the tests.
    """

    def __init__(self) -> None:
        self._count = 0
        self._smallest: tuple[str, str, int | None, float] | None = None

    def add(self, finding: Finding) -> None:
        """Add the p-values of a finding; one that is not applicable has none."""
        self._count += len(finding.p_values)
        for column, p_value in zip(finding.columns, finding.p_values, strict=False):
            if self._smallest is None or p_value < self._smallest[3]:
                self._smallest = (finding.name, column, finding.stream, p_value)

    def as_json(self) -> dict[str, Any]:
        """Return how many p-values there are, and the smallest with where it stands."""
        smallest = None
        if self._smallest is not None:
            smallest = dict(zip(("name", "column", "stream", "p_value"), self._smallest, strict=True))
            smallest["adjusted"] = min(1.0, self._smallest[3] * self._count)
        return {"rule": "Holm", "p_values": self._count, "smallest": smallest}


def family(findings: Iterable[Finding]) -> dict[str, Any]:
    """Return what all p-values of findings together say, as `Family` does."""
    together = Family()
    for one in findings:
        together.add(one)
    return together.as_json()


def decision(found: dict[str, Any], alpha: float | None) -> dict[str, Any] | None:
    """Return what the family-wise rule says at a level; None where no level is given."""
    if alpha is None:
        return None
    smallest = found["smallest"]
    if smallest is None:
        raise CliError("--alpha: no test was applicable, so that there is no p-value to decide by; give more data")
    return {"alpha": alpha, "refused": smallest["adjusted"] <= alpha}


def exit_code(decided: dict[str, Any] | None) -> int:
    """Return the exit code that goes with a decision."""
    return EXIT_REFUTED if decided is not None and decided["refused"] else 0


def show_family(found: dict[str, Any], decided: dict[str, Any] | None, *, streams: int = 1) -> None:
    """Write the line about all p-values together, and the decision where one was asked for."""
    smallest = found["smallest"]
    show()
    if smallest is None:
        show("no test was applicable")
        return
    where = " ".join(filter(None, (smallest["name"], smallest["column"])))
    if smallest["stream"] is not None and streams > 1:
        where += f" of stream {smallest['stream']}"
    show(
        f"{found['p_values']:,} p-values together (Holm): the smallest is {p_text(smallest['p_value'])}, "
        f"{p_text(smallest['adjusted'])} when adjusted: {harmless(where)}"
    )
    show_decision(decided)


def show_decision(decided: dict[str, Any] | None) -> None:
    """Write what the family-wise rule says, where a level was given."""
    if decided is not None:
        word = coloured("refused", "refuted") if decided["refused"] else coloured("not refused", "verified")
        show(f"at the family-wise level {decided['alpha']:g}: {word}")


def show_findings(findings: Sequence[Finding], *, title: str = "") -> None:
    """Write a table, one row a finding: its smallest p-value and of what that is; then what was not applicable."""
    if title:
        show(bold(harmless(title)))
    rows = []
    for one in findings:
        if one.applicable:
            place = min(range(len(one.p_values)), key=one.p_values.__getitem__)
            rows.append(
                (
                    p_text(one.p_values[place]),
                    f"{len(one.p_values)}",
                    one.name,
                    one.columns[place],
                    differing(one, findings),
                )
            )
    header = ("p-value", "of", "test", "smallest", "parameters")
    for line in table(rows, header=header, right=(0, 1)) if rows else ["no test is applicable"]:
        show(line)
    for one in findings:
        if not one.applicable:
            told = " ".join(filter(None, (one.name, differing(one, findings))))
            show(dim(f"not applicable: {harmless(told)}: {harmless(one.reason)}"))
    for one in findings:
        for note in one.notes:
            show(dim(f"note: {harmless(one.name)}: {harmless(note)}"))


def differing(finding: Finding, findings: Sequence[Finding]) -> str:
    """Return the parameters in which findings of one name differ, for they tell one from the other."""
    alike = [one for one in findings if one.name == finding.name]
    names = [
        name
        for name in finding.parameters
        if any(one.parameters.get(name) != finding.parameters[name] for one in alike)
    ]
    return ", ".join(f"{name} {_short(finding.parameters[name])}" for name in names)


def _short(value: object) -> str:
    text = " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return text if len(text) <= 40 else f"{text[:40]}…"


def p_text(p_value: float) -> str:
    """Return a p-value as text: six decimals, or its power of ten where they would all be zeros."""
    return f"{p_value:.6f}" if p_value >= 1e-6 or p_value == 0 else f"{p_value:.1e}"


def show_assessment(assessed: Assessment, *, title: str) -> None:
    """Write the estimates of min-entropy, and the smallest: what is claimed is no more than that."""
    show()
    show(bold(title))
    parts = (("sample", assessed.original), ("bit", assessed.bitstring))
    rows = [
        ("-" if one.min_entropy is None else f"{one.min_entropy:.6f}", f"a {unit}", one.name, one.section, one.reason)
        for unit, estimates in parts
        for one in estimates
    ]
    for line in table(rows, header=("bits", "", "estimator", "described in", "not applicable"), right=(0,)):
        show(line)
    if assessed.min_entropy is None:
        show("no estimator was applicable")
    else:
        show(
            f"min-entropy: {assessed.min_entropy:.6f} bits a sample of {assessed.width}, the smallest of all estimates"
        )
    for note in assessed.notes:
        show(dim(f"note: {harmless(note)}"))
