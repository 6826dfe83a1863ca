"""Audits of tables: honest ones verify in every format, each lie is found at its line, and no bad row costs another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from certification.history import HistoryError, Position, find_sources
from certification.history_csv import read_csv
from tests.certification.histories import Row, changed, checks, csv_bytes, row_of, rows_of, run, write_table

pytest.importorskip("pyarrow", reason="pyarrow, the extra fairlot[audit], is not installed")

FORMATS = ("csv", "parquet")
GAMES = ("dice", "keno", "roulette-american", "crash", "plinko", "mines", "slots-3x3", "blackjack", "coinflip")


@pytest.fixture(scope="module")
def dice() -> list[Row]:
    return rows_of(3, 20)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("game", GAMES)
def test_an_honest_table_of_any_game_verifies(tmp_path: Path, kind: str, game: str) -> None:
    rows = rows_of(2, 12, game=game)
    summary, found = run(write_table(tmp_path / f"history.{kind}", rows))
    assert found == []
    assert (summary.status, summary.exit_code) == ("verified", 0)
    assert (summary.rows, summary.rounds, summary.seeds) == (24, 24, 2)
    assert summary.sampled == summary.judged == 24


@pytest.mark.parametrize("kind", FORMATS)
def test_several_games_and_parameters_stand_in_one_table(tmp_path: Path, kind: str) -> None:
    rows = [
        row_of(0, 0),
        row_of(0, 1, game="keno"),
        row_of(0, 2, direction="over", target=9000),
        row_of(0, 3, game="blackjack"),
        row_of(0, 4),
    ]
    if kind == "parquet":
        rows = [{name: None if value is None else _text(value) for name, value in row.items()} for row in rows]
    summary, found = run(write_table(tmp_path / f"history.{kind}", rows))
    assert found == []
    assert summary.rounds == 5


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"draws.roll": 10_001}, {"draws"}),
        ({"outcome.win": True, "outcome.roll": 10_001}, {"outcome"}),
        ({"payout": 123}, {"payout"}),
        ({"payout": None}, {"payout"}),
        ({"commitment": "0" * 64}, {"commitment"}),
    ],
)
def test_a_lie_about_one_thing_is_found_at_its_line_and_the_verifier_agrees(
    tmp_path: Path, dice: list[Row], kind: str, change: Row, expected: set[str]
) -> None:
    summary, found = run(write_table(tmp_path / f"history.{kind}", changed(dice, 30, **change)))
    line = 31 if kind == "parquet" else 32
    assert {(one["line"], one["check"], one["status"]) for one in found} == {(line, c, "refuted") for c in expected}
    assert {one["nonce"] for one in found} == {10}
    assert {one["seed"] for one in found} == {row_of(1, 0)["commitment"]}
    if expected != {"commitment"}:
        assert {one["judged"] for one in found} == {"verifier agrees"}
    assert (summary.status, summary.exit_code) == ("refuted", 1)


@pytest.mark.parametrize("kind", FORMATS)
def test_another_client_seed_gives_other_draws_and_is_named_itself(tmp_path: Path, dice: list[Row], kind: str) -> None:
    _, found = run(write_table(tmp_path / f"h.{kind}", changed(dice, 5, client_seed="player 9")))
    assert {one["check"] for one in found} >= {"client seed", "draws"}
    assert {one["line"] for one in found} == {6 if kind == "parquet" else 7}


@pytest.mark.parametrize("kind", FORMATS)
def test_a_nonce_used_twice_and_a_gap_are_found(tmp_path: Path, dice: list[Row], kind: str) -> None:
    rows = [*dice[:7], dice[3], *dice[8:]]
    _, found = run(write_table(tmp_path / f"h.{kind}", rows))
    line = 8 if kind == "parquet" else 9
    assert checks(found) == [(line, "nonce", "refuted"), (line + 1, "nonce", "refuted")]
    assert found[1]["note"].startswith("nonces 7 to 7 are missing")


def test_rows_may_come_in_any_order(tmp_path: Path, dice: list[Row]) -> None:
    summary, found = run(
        write_table(tmp_path / "h.csv", dice[::-1]),
    )
    assert (found, summary.exit_code) == ([], 0)
    summary, found = run(write_table(tmp_path / "h.csv", sorted(dice, key=lambda row: int(row["nonce"]))))
    assert (found, summary.exit_code) == ([], 0)


def test_a_history_in_several_files_is_one_history(tmp_path: Path, dice: list[Row]) -> None:
    write_table(tmp_path / "a.csv", dice[:30])
    write_table(tmp_path / "b.parquet", dice[30:])
    summary, found = run(tmp_path, out=tmp_path / "list")
    assert (found, summary.rows, summary.seeds) == ([], 60, 3)
    _, found = run(tmp_path / "b.parquet")
    assert [(one["line"], one["expected"], one["found"]) for one in found] == [(1, 0, 10)]


BAD_LINES = {
    "too few cells": b"a,b,c",
    "an empty line": b"",
    "no UTF-8": b"\xff" * 20,
    "an open quotation mark": b'"abc',
    "a nonce that is a word": b",,,twelve,,,,,,,",
}


@pytest.mark.parametrize("fast", [True, False], ids=["pyarrow", "standard library"])
@pytest.mark.parametrize("bad", BAD_LINES.values(), ids=BAD_LINES)
def test_a_bad_line_is_counted_with_its_number_and_costs_no_other(
    tmp_path: Path, dice: list[Row], bad: bytes, fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = csv_bytes(dice).splitlines()
    lines.insert(40, bad)
    path = tmp_path / "h.csv"
    path.write_bytes(b"\n".join(lines) + b"\n")
    if not fast:
        monkeypatch.setattr("certification.history_csv.find_spec", lambda name: None)
    summary, found = run(path)
    assert checks(found) == [(41, "form", "malformed")]
    assert (summary.rows, summary.rounds, summary.exit_code) == (61, 60, 2)


@pytest.mark.parametrize("column", ["server_seed", "client_seed", "nonce"])
@pytest.mark.parametrize("kind", FORMATS)
def test_a_cell_without_its_form_makes_its_row_malformed_and_shows_no_seed(
    tmp_path: Path, dice: list[Row], column: str, kind: str
) -> None:
    wrong = {"server_seed": "AB" + "c" * 62, "client_seed": "", "nonce": -1}[column]
    summary, found = run(write_table(tmp_path / f"h.{kind}", changed(dice, 59, **{column: wrong})))
    assert [(one["check"], one["status"]) for one in found] == [("form", "malformed")]
    assert column in found[0]["note"]
    assert "cccc" not in json.dumps(found)
    assert (summary.rounds, summary.exit_code) == (59, 2)


@pytest.mark.parametrize(
    ("change", "check", "status"),
    [
        ({"rules_digest": "0" * 64}, "rules", "undecided"),
        ({"game": "no-such-game", "rules_digest": ""}, "rules", "undecided"),
        ({"game": "keno"}, "rules", "refuted"),
        ({"parameters": '{"target":0}'}, "rules", "refuted"),
        ({"parameters": "[]"}, "form", "malformed"),
        ({"parameters": '{"target":1,"target":2}'}, "form", "malformed"),
        ({"beacon": "x"}, "form", "malformed"),
        ({"scheme": "md5/v1"}, "draws", "undecided"),
    ],
)
def test_a_row_that_cannot_be_computed_says_why(
    tmp_path: Path, dice: list[Row], change: Row, check: str, status: str
) -> None:
    summary, found = run(write_table(tmp_path / "h.csv", changed(dice, 4, **change)))
    assert checks(found) == [(6, check, status)]
    assert summary.rounds == 59


@pytest.mark.parametrize("column", ["commitment", "draws.roll", "outcome.win", "payout"])
def test_a_column_that_is_missing_leaves_the_audit_undecided(tmp_path: Path, dice: list[Row], column: str) -> None:
    rows = [{name: value for name, value in row.items() if name != column} for row in dice]
    summary, found = run(write_table(tmp_path / "h.csv", rows))
    assert {one["status"] for one in found} == {"undecided"}
    assert column in found[0]["note"]
    assert summary.exit_code == 3


def test_without_a_required_column_every_row_is_malformed(tmp_path: Path, dice: list[Row]) -> None:
    rows = [{name: value for name, value in row.items() if name != "client_seed"} for row in dice]
    summary, found = run(write_table(tmp_path / "h.csv", rows))
    assert len(found) == 60
    assert summary.exit_code == 2


def test_texts_that_look_like_numbers_are_compared_letter_by_letter(tmp_path: Path) -> None:
    """A pocket `00` of the American wheel is not the pocket `0`, though both are 0 as numbers."""
    rows = rows_of(1, 120, game="roulette-american")
    pockets = [name for name in rows[0] if name.startswith("outcome.") and isinstance(rows[0][name], str)]
    name = next(one for one in pockets if {row[one] for row in rows} >= {"0", "00"})
    numeric = [row for row in rows if row[name].isdigit()]
    place = next(at for at, row in enumerate(rows) if row[name] == "00")
    assert len(numeric) > 1
    summary, found = run(write_table(tmp_path / "h.csv", rows))
    assert (found, summary.exit_code) == ([], 0)
    _, found = run(write_table(tmp_path / "h.csv", changed(rows, place, **{name: "0"})))
    assert checks(found) == [(place + 2, "outcome", "refuted")]


def test_both_readers_of_csv_give_the_same_rows(tmp_path: Path, dice: list[Row]) -> None:
    path = write_table(tmp_path / "h.csv", dice)
    by_reader = []
    for fast in (True, False):
        [(block, position)] = list(read_csv(path, start=Position(), fast=fast))
        rows = [{name: str(cells.at(row)) for name, cells in block.columns.items()} for row in range(len(block))]
        by_reader.append((block.lines.tolist(), rows, position))
    assert by_reader[0] == by_reader[1]


@pytest.mark.parametrize(
    ("name", "content"),
    [("h.txt", b"x"), ("h.parquet", b"PAR1 no"), ("h.csv", b"a,a\n1,2\n"), ("h.csv", b"\xff,b\n")],
)
def test_a_file_that_is_no_history_is_refused_by_name(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(HistoryError, match=name):
        run(path)


def test_a_missing_file_an_empty_folder_and_a_file_named_twice_are_refused(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="cannot be read"):
        find_sources([tmp_path / "none.csv"])
    with pytest.raises(HistoryError, match="holds no file"):
        find_sources([tmp_path])
    path = write_table(tmp_path / "h.csv", rows_of(1, 1))
    with pytest.raises(HistoryError, match="named twice"):
        find_sources([path, path])


def test_an_empty_table_is_undecided(tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.write_bytes(csv_bytes(rows_of(1, 1)).splitlines()[0] + b"\n")
    summary, found = run(path)
    assert (found, summary.rows, summary.exit_code) == ([], 0, 3)
