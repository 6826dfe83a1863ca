"""A fault of the engine cannot vouch for itself: the verifier's second judgement shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from certification.audit import tables
from certification.audit.compare import differing
from rng.bulk import Column, Columns, play_range
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


def test_an_engine_that_plays_a_batch_wrongly_is_found_out_by_the_verifier(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its root refutes a batch that is right: the verifier computes that root as well, and each sampled round."""
    right = play_range

    def wrong(*seed: Any, **words: Any) -> Iterator[Columns]:
        for columns in right(*seed, **words):
            draws = {name: (array + 1) % 2 for name, array in columns.draws.items()}
            yield replace(columns, draws=draws)

    monkeypatch.setattr("certification.audit.batches.play_range", wrong)
    summary, found = run(write_lines(tmp_path / "h.jsonl", lines_of(History().batch(6))), rules=[RULES])
    checks = sorted((one["check"], one["status"], one["judged"]) for one in found)
    disagreement = ("evaluators", "undecided", "verifier disagrees")
    assert checks == [("draws", "undecided", "verifier disagrees"), *[disagreement] * 7]
    assert summary.exit_code == 3


def test_a_batch_with_a_false_root_is_refuted_by_both(tmp_path: Path) -> None:
    lines = lines_of(History().batch(6, draws_root="0" * 64))
    summary, found = run(write_lines(tmp_path / "h.jsonl", lines), rules=[RULES])
    assert [(one["check"], one["status"], one["judged"]) for one in found] == [("draws", "refuted", "verifier agrees")]
    assert (summary.exit_code, summary.judged) == (1, 12)


def test_the_summary_counts_what_each_of_the_two_has_judged(tmp_path: Path) -> None:
    rows = rows_of(2, 600)
    rows = changed(changed(rows, 7, payout=1), 900, payout=1)
    summary, found = run(write_table(tmp_path / "h.csv", rows))
    assert (summary.rounds, summary.sampled, len(found)) == (1200, 1000, 2)
    # The two lies are judged in any case, once each, and whatever else the sample has.
    assert 1000 <= summary.judged <= 1002
    assert summary.as_json()["judged_by_verifier"] == summary.judged
