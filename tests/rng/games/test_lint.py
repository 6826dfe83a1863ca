"""The linter catches a document that does not keep its claims."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from math import comb
from pathlib import Path
from typing import Any

import pytest

from rng.games import Rules, parse_rules
from rng.games.lint import Report, lint
from rng.games.loader import BUNDLED, bundled_games, read_document
from rng.games.settings import choose_settings

from .builder import document


def findings(**changes: Any) -> dict[str, str]:
    """Return the findings on the coin with some fields replaced, message by path."""
    return {finding.path: finding.message for finding in lint(parse_rules(document(**changes))).findings}


def test_the_coin_is_clean_and_all_of_it_was_checked() -> None:
    assert lint(parse_rules(document())) == Report((), (), 1, 1)


def bundled(name: str) -> dict[str, Any]:
    loaded = read_document(BUNDLED / f"{name}.json")
    assert isinstance(loaded, dict)
    return copy.deepcopy(loaded)


def test_27_instead_of_26_in_the_plinko_table_is_caught_by_its_return() -> None:
    plinko = bundled("plinko")
    assert lint(parse_rules(plinko)).findings == ()
    row = plinko["tables"]["pays"]["high"]["16"]
    assert row[2] == row[-3] == 260000
    row[2] = row[-3] = 270000  # 27 times the stake: still a valley, so only the return can show it
    [finding] = lint(parse_rules(plinko)).findings
    assert finding.path == "/claims/return"
    assert "'rows': 16, 'risk': 'high'" in finding.message


def test_a_wrong_figure_on_one_side_of_a_valley_is_caught_by_its_shape_and_its_place() -> None:
    plinko = bundled("plinko")
    plinko["tables"]["pays"]["high"]["16"][2] = 270000
    assert "/tables/pays/high/16" in {finding.path for finding in lint(parse_rules(plinko)).findings}


@pytest.mark.parametrize(
    ("shape", "row", "kept"),
    [
        ("rising", [1, 1, 2], True),
        ("rising", [1, 2, 1], False),
        ("falling", [2, 1, 1], True),
        ("falling", [1, 2], False),
        ("valley", [3, 1, 3], True),
        ("valley", [3, 1, 1, 3], True),
        ("valley", [3, 1, 2], False),
        ("valley", [1, 3, 1], False),
        ("valley", [3, 1, 2, 1, 3], False),
    ],
)
def test_the_shape_of_a_table_is_held_against_the_claim(shape: str, row: list[int], kept: bool) -> None:
    claims = {"return": [9900, 9900], "shapes": [{"table": "pays", "shape": shape}]}
    found = findings(
        tables={"pays": {"a": [1], "b": [row]}},
        claims=claims,
        outcome={"heads": ["flip", {"len": [{"at": ["pays", {"text": "a"}]}]}]},
    )
    assert ("/tables/pays/b/0" not in found) is kept


def test_a_shape_of_a_table_without_lists_is_a_finding() -> None:
    claims = {"return": [9900, 9900], "shapes": [{"table": "pays", "shape": "rising"}]}
    assert "/claims/shapes/0" in findings(tables={"pays": {"a": 1}}, claims=claims)


@pytest.mark.parametrize(("bounds", "kept"), [([9900, 9900], True), ([0, 9899], False), ([9901, 20000], False)])
def test_the_return_is_held_against_the_claim_ends_included(bounds: list[int], kept: bool) -> None:
    found = findings(claims={"return": bounds, "shapes": []})
    assert ("/claims/return" not in found) is kept


def test_what_is_declared_and_never_used_is_a_finding() -> None:
    found = findings(
        parameters=[{"name": "size", "type": "integer", "min": 0, "max": 1, "default": 0}],
        tables={"pays": [1], "names": {"a": 1}, "limit": 3},
        draws=[{"name": "flip", "primitive": "uniform", "n": 2}, {"name": "idle", "primitive": "bits", "n": 1}],
        let=[{"name": "one", "is": {"add": ["limit", 1]}}],
    )
    assert set(found) == {"/parameters/0", "/tables/pays", "/tables/names", "/draws/1", "/let/0"}


def test_a_table_that_only_lists_choices_is_used() -> None:
    found = findings(
        parameters=[{"name": "side", "type": "choice", "of": "sides", "default": "a"}],
        tables={"sides": {"a": 1, "b": 2}},
        outcome={"heads": {"eq": ["flip", 0]}, "side": "side"},
    )
    assert not found


def test_a_round_without_a_value_under_some_setting_is_found_with_that_setting() -> None:
    found = findings(
        parameters=[{"name": "size", "type": "integer", "min": 0, "max": 3, "default": 1}],
        outcome={"heads": {"div": ["flip", "size"]}},
    )
    assert set(found) == {"/outcome/heads/div"}
    assert "{'size': 0}" in found["/outcome/heads/div"]


def test_the_ends_of_the_draws_are_tried() -> None:
    draws = [{"name": "flip", "primitive": "uniform", "n": 1_000_003}]
    low = {"if": [{"eq": ["flip", 0]}, {"div": [1, 0]}, 0]}
    high = {"if": [{"eq": ["flip", 1_000_002]}, {"div": [1, 0]}, 0]}
    assert set(findings(draws=draws, outcome={"low": low}, payout=0, claims={"return": [0, 0], "shapes": []})) == {
        "/outcome/low/if/1/div"
    }
    assert set(findings(draws=draws, outcome={"high": high}, payout=0, claims={"return": [0, 0], "shapes": []})) == {
        "/outcome/high/if/1/div"
    }


def test_a_negative_payout_is_found() -> None:
    assert "/payout" in findings(payout={"sub": [{"mul": [39600, "flip"]}, 9900]})


def test_arguments_out_of_range_under_some_setting_are_found() -> None:
    found = findings(
        parameters=[{"name": "size", "type": "integer", "min": 0, "max": 3, "default": 2}],
        draws=[{"name": "flip", "primitive": "uniform", "n": "size"}],
        outcome={"heads": "flip"},
        payout=None,
        claims={"return": None, "shapes": []},
    )
    assert set(found) == {"/draws/0/n"}


def test_odds_and_returns_out_of_reach_are_notes_not_findings() -> None:
    draws = [{"name": "flip", "primitive": "sample", "n": 52, "k": 10}]
    changes = {"draws": draws, "odds": [{"name": "all", "of": "flip"}], "outcome": {"cards": "flip"}}
    product: Any = {"mod": [{"mul": [{"at": ["flip", n]} for n in range(8)]}, 7]}
    rules = parse_rules(document(**changes, payout=product, claims={"return": [0, 7], "shapes": []}))
    report = lint(rules, cases=1000)
    assert report.findings == ()
    assert [note.path for note in report.notes] == ["/claims/return", "/odds/0"]


def test_where_there_are_too_many_settings_corners_and_defaults_are_checked_and_the_count_is_told() -> None:
    parameters = [
        {"name": "size", "type": "integer", "min": 0, "max": 10**6, "default": 77},
        {"name": "picks", "type": "set", "min": 1, "max": 40, "at_least": 1, "at_most": 10, "default": [3, 7]},
    ]
    rules = parse_rules(document(parameters=parameters, outcome={"heads": ["flip", "size", "picks"]}))
    chosen = choose_settings(rules, limit=500)
    assert chosen.of is None
    assert not chosen.complete
    assert len(chosen.chosen) <= 500
    assert chosen.chosen[0] == {"size": 77, "picks": [3, 7]}
    sizes = {setting["size"] for setting in chosen.chosen}
    assert {0, 1, 10**6 - 1, 10**6} <= sizes
    assert {1, 10} <= {len(setting["picks"]) for setting in chosen.chosen}
    assert lint(rules).notes[0].path == "/parameters"
    one = parse_rules(document(parameters=parameters[1:], outcome={"heads": ["flip", "picks"]}))
    assert choose_settings(one, limit=10).of == sum(comb(40, size) for size in range(1, 11))


def test_all_settings_are_checked_where_they_are_few() -> None:
    rules = parse_rules(
        document(
            parameters=[
                {"name": "a", "type": "integer", "min": 0, "max": 3, "default": 1},
                {"name": "b", "type": "integer", "min": "a", "max": 3, "default": 2},
                {"name": "c", "type": "set", "min": 1, "max": 3, "at_least": 1, "at_most": 2, "default": [1]},
            ],
            outcome={"heads": ["flip", "a", "b", "c"]},
        )
    )
    chosen = choose_settings(rules, limit=60)
    assert chosen.complete
    assert chosen.of == 10 * 6
    assert len({str(setting) for setting in chosen.chosen}) == 60
    with pytest.raises(ValueError, match="at least 1"):
        choose_settings(rules, limit=0)


@pytest.mark.parametrize("rules", bundled_games().values(), ids=lambda rules: rules.name)
def test_every_bundled_document_is_clean(rules: Rules) -> None:
    report = lint(rules, limit=40, cases=40_000)
    assert report.findings == ()
    assert report.settings >= 1


def test_the_linter_runs_over_files_and_its_exit_code_tells(tmp_path: Path) -> None:
    good, bad, none = tmp_path / "good.json", tmp_path / "bad.json", tmp_path / "none.json"
    good.write_text(json.dumps(document()))
    bad.write_text(json.dumps(document(claims={"return": [1, 2], "shapes": []})))
    none.write_text("{")

    def run(*paths: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "rng.games", *map(str, paths)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert run(good).returncode == 0
    assert "0 findings over 1 of 1 settings" in run(good).stdout
    assert run(good, bad).returncode == 1
    assert "/claims/return" in run(bad).stdout
    assert run(none).returncode == 1
    assert "Traceback" not in run(none).stderr
    assert run().returncode == 2
