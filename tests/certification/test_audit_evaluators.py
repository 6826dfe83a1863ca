"""A fault of the engine cannot vouch for itself: the verifier's second judgement shows it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from certification.audit import tables
from certification.audit.compare import differing
from rng.bulk import Column
from tests.certification.histories import changed, lines_of, rows_of, run, write_lines, write_table
from tests.verifier.builder import RULES, History

pytest.importorskip("pyarrow", reason="pyarrow, the extra fairlot[audit], is not installed")


def test_an_engine_that_finds_nothing_is_found_out_by_the_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "differing", lambda cells, truth, *, typed: np.zeros(len(truth), dtype=np.bool_))
    rows = changed(rows_of(1, 10), 4, payout=123)
    summary, found = run(write_table(tmp_path / "h.csv", rows))
    assert [(one["line"], one["check"], one["status"], one["judged"]) for one in found] == [
        (6, "evaluators", "undecided", "verifier disagrees")
    ]
    assert (found[0]["expected"], found[0]["found"]) == (rows_of(1, 5)[4]["payout"], {"payout": 123})
    assert summary.exit_code == 3


def test_an_engine_that_finds_fault_with_what_is_right_refutes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = differing

    def wrong(cells: Any, truth: Column, *, typed: bool) -> Any:
        mask = right(cells, truth, typed=typed)
        mask[3] = True
        return mask

    monkeypatch.setattr(tables, "differing", wrong)
    summary, found = run(write_table(tmp_path / "h.csv", rows_of(1, 10)))
    assert {(one["line"], one["status"], one["judged"]) for one in found} == {(5, "undecided", "verifier disagrees")}
    assert {one["check"] for one in found} == {"draws", "outcome", "payout", "evaluators"}
    assert summary.exit_code == 3


@pytest.mark.parametrize("fault", [lambda lines, columns: iter(())], ids=["finds nothing"])
def test_an_engine_that_finds_nothing_in_receipts_is_found_out_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Callable[..., Any]
) -> None:
    monkeypatch.setattr("certification.audit.statements._wrong", fault)
    lines = lines_of(History().receipt().receipt(payout=1))
    summary, found = run(write_lines(tmp_path / "h.jsonl", lines), rules=[RULES])
    assert [(one["line"], one["check"]) for one in found] == [(4, "evaluators")]
    assert summary.exit_code == 3


def test_the_summary_counts_what_each_of_the_two_has_judged(tmp_path: Path) -> None:
    rows = rows_of(2, 600)
    rows = changed(changed(rows, 7, payout=1), 900, payout=1)
    summary, found = run(write_table(tmp_path / "h.csv", rows))
    assert (summary.rounds, summary.sampled, len(found)) == (1200, 1000, 2)
    # The two lies are judged in any case, once each, and whatever else the sample has.
    assert 1000 <= summary.judged <= 1002
    assert summary.as_json()["judged_by_verifier"] == summary.judged
