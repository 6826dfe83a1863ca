"""Charts of findings, written as SVG into a folder once all tests were made."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cli.errors import CliError
from cli.output import harmless, warn

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cli.stats_laws import Law
    from statistical_tests.finding import Finding

_MOST_BARS: Final = 1_000


def check_folder(folder: Path) -> None:
    """Refuse a folder that cannot be written to, or made, before the tests are run.

    Raises:
        CliError: it is a file, its parent is missing, or nothing may be written there.
    """
    shown = harmless(str(folder))
    if folder.exists() and not folder.is_dir():
        raise CliError(f"--plots {shown}: is no folder")
    if not folder.exists() and not folder.parent.is_dir():
        raise CliError(f"--plots {shown}: there is no folder {harmless(str(folder.parent))}")
    if not os.access(folder if folder.exists() else folder.parent, os.W_OK):
        raise CliError(f"--plots {shown}: nothing can be written there")


def write_plots(folder: Path, pictures: Mapping[str, str]) -> None:
    """Write pictures by their file names; those of an earlier run are replaced.

    Raises:
        CliError: one cannot be written.
    """
    try:
        folder.mkdir(exist_ok=True)
        for name, text in pictures.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise CliError(f"--plots {harmless(str(folder))}: cannot be written: {error.strerror}") from None
    warn(f"{len(pictures)} charts are in {harmless(str(folder))}")


def outcome_picture(values: NDArray[Any], law: Law) -> dict[str, str]:
    """Return bars of how often each outcome of a column occurred; nothing where there are too many kinds for bars."""
    import numpy as np

    from statistical_tests.plots import outcome_bars
    from statistical_tests.plots.findings import file_stem

    kinds = len(law.probabilities)
    inside = values[(values >= 0) & (values < kinds)]
    if law.form != "column" or not 2 <= kinds <= _MOST_BARS or not len(inside):
        return {}
    labels = None if law.labels is None else [str(label) for label in law.labels]
    title = f"Outcomes of {law.title}" if law.title else "Outcomes"
    left_out = len(values) - len(inside)
    picture = outcome_bars(
        np.bincount(inside, minlength=kinds),
        probabilities=law.probabilities,
        labels=labels,
        title=title,
        note=f"{left_out} outcomes that cannot be are left out." if left_out else "",
    )
    return {f"{file_stem(title)}.svg": picture}


def finding_pictures(findings: Sequence[Finding]) -> dict[str, str]:
    """Return the charts of findings: a map, the proportions, and the p-values of each test."""
    from statistical_tests.plots import of_findings

    return of_findings(findings)
