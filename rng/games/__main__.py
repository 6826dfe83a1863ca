"""Lint rules documents: `python -m rng.games FILE ...`; exit code 0 where nothing was found, 1 else."""

from __future__ import annotations

import sys
from pathlib import Path

from rng.games.lint import lint
from rng.games.loader import load_file


def main(paths: list[str]) -> int:
    """Lint the files at these paths, write what was found, and return the exit code."""
    if not paths:
        sys.stderr.write("usage: python -m rng.games FILE ...\n")
        return 2
    code = 0
    for path in paths:
        try:
            report = lint(load_file(Path(path)))
        except (ValueError, OSError) as error:
            sys.stdout.write(f"{path}: {error}\n")
            code = 1
            continue
        for finding in report.findings:
            sys.stdout.write(f"{path}: {finding.path}: {finding.message}\n")
        for note in report.notes:
            sys.stdout.write(f"{path}: note: {note.path}: {note.message}\n")
        code = 1 if report.findings else code
        total = "very many" if report.of is None else report.of
        sys.stdout.write(f"{path}: {len(report.findings)} findings over {report.settings} of {total} settings\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
