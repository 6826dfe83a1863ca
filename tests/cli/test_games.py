"""`fairlot games` shows rules, digests, exact odds and exact returns, and lints an operator's own document."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from cli.returns import decimal_text, percent_text, return_text
from cli.rules import bundled_names, bundled_rules
from rng.games.loader import bundled_games
from tests.cli.running import ROOT, fairlot, fairlot_json, one_line

DICE = ROOT / "rng/games/documents/dice.json"


def test_the_list_has_every_game_with_the_digest_that_the_generator_signs() -> None:
    listed = fairlot_json("games")["games"]
    assert {game["name"]: game["digest"] for game in listed} == {
        name: rules.digest for name, rules in bundled_games().items()
    }
    shown = fairlot("games").stdout
    assert all(game["digest"] in shown and game["name"] in shown for game in listed)


@pytest.mark.parametrize(
    ("name", "params", "back"),
    [
        ("roulette-european", [], Fraction(36, 37)),
        ("roulette-american", [], Fraction(36, 38)),
        ("coinflip", [], Fraction(99, 100)),
        ("dice", ["target=2500"], Fraction(99, 100)),
        ("dice", ["direction=over", "target=199"], Fraction(9800 * (99_000_000 // 9800), 10_000 * 10_000)),
    ],
)
def test_the_return_is_an_exact_fraction(name: str, params: list[str], back: Fraction) -> None:
    options = [option for param in params for option in ("--param", param)]
    found = fairlot_json("games", name, *options)
    assert found["digest"] == bundled_games()[name].digest
    assert Fraction(found["return"]["fraction"]) == back
    assert abs(Fraction(found["return"]["decimal"]) - back) < Fraction(1, 10**11)
    assert f"= {back} exactly" in fairlot("games", name, *options).stdout


def test_the_odds_sum_to_one_and_are_those_of_the_bet() -> None:
    odds = {one["name"]: one["values"] for one in fairlot_json("games", "dice", "--param", "target=2500")["odds"]}
    chances = {value["value"]: Fraction(value["fraction"]) for value in odds["win"]}
    assert chances == {True: Fraction(1, 4), False: Fraction(3, 4)}
    shown = fairlot("games", "dice", "--param", "target=2500").stdout
    assert "1/4  25 %  1 in 4" in shown


def test_a_game_that_goes_on_after_the_draw_says_so() -> None:
    found = fairlot_json("games", "crash")
    assert found["return"] is None
    assert "engine settles" in found["return_unknown"]
    assert "engine settles" in fairlot("games", "crash").stdout


def test_parameters_are_shown_with_what_is_allowed_after_those_before_them() -> None:
    shown = fairlot("games", "dice", "--param", "direction=over").stdout
    assert "199 to 9998" in shown
    assert "under, over" in shown
    assert "1 to 9800" in fairlot("games", "dice").stdout


def test_json_has_the_whole_document_and_every_value_of_the_odds() -> None:
    found = fairlot_json("games", "plinko", "--param", "rows=16")
    assert found["rules"] == json.loads((ROOT / "rng/games/documents/plinko.json").read_text(encoding="utf-8"))
    assert found["parameters"]["rows"] == 16
    assert [len(one["values"]) for one in found["odds"]] == [17]


def test_an_operators_document_is_shown_by_its_file(tmp_path: Path) -> None:
    document = json.loads(DICE.read_text(encoding="utf-8"))
    document["name"] = "house-dice"
    path = tmp_path / "house-dice.json"
    path.write_text(json.dumps(document))
    assert fairlot_json("games", "--rules", path)["name"] == "house-dice"


# --- the linter -------------------------------------------------------------------------------------------------------


def _plinko(change: dict[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((ROOT / "rng/games/documents/plinko.json").read_text(encoding="utf-8"))
    document["name"] = "house-plinko"
    document["tables"]["pays"]["high"]["16"].__setitem__(change["at"], change["pays"])
    return document


def test_a_bundled_document_has_no_findings() -> None:
    result = fairlot("games", "--lint", DICE)
    assert result.exit_code == 0, result.output
    assert "0 findings" in result.stdout
    assert fairlot_json("games", "--lint", DICE)["findings"] == []


def test_a_wrong_figure_in_a_table_is_found(tmp_path: Path) -> None:
    path = tmp_path / "house-plinko.json"
    path.write_text(json.dumps(_plinko({"at": 2, "pays": 270000})))
    result = fairlot("games", "--lint", path)
    assert result.exit_code == 1
    assert "finding" in result.stdout
    found = fairlot_json("games", "--lint", path, code=1)
    assert [finding["path"] for finding in found["findings"]]
    assert found["settings"] > 0


@pytest.mark.parametrize(
    ("content", "said"),
    [("{", "JSON"), ("[]", "Schema"), ('{"type": "rules"}', "Schema"), ('{"a": 1, "a": 2}', "twice")],
)
def test_what_is_no_document_is_no_finding_but_malformed(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "game.json"
    path.write_text(content)
    result = fairlot("games", "--lint", path)
    assert result.exit_code == 2
    assert said in one_line(result.stderr)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no-such-game"], "there are"),
        (["dice", "--param", "target=99999"], "9800"),
        (["dice", "--param", "aim=1"], "its parameters are"),
        (["--param", "target=1"], "one game"),
        (["dice", "--lint", "x.json"], "stands alone"),
        (["--lint", "no-such-file.json"], "no-such-file.json"),
        (["--rules", "no-such-file.json"], "no-such-file.json"),
    ],
)
def test_a_bad_call_is_one_line(arguments: list[str], said: str) -> None:
    result = fairlot("games", *arguments)
    assert result.exit_code == 2
    assert said in one_line(result.stderr)


# --- figures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(1, 3), "0.333333333333"),
        (Fraction(1, 4), "0.25"),
        (Fraction(100), "100"),
        (Fraction(1, 10**15), "0.000000000000001"),
        (Fraction(0), "0"),
        (Fraction(1_234_567), "1234567"),
    ],
)
def test_a_decimal_is_written_without_an_exponent(value: Fraction, text: str) -> None:
    assert decimal_text(value) == text


def test_a_percentage_is_a_hundred_times_the_fraction() -> None:
    assert percent_text(Fraction(36, 37)) == "97.2972973 %"


@pytest.mark.parametrize("name", bundled_names())
def test_every_game_has_a_return_for_the_table_of_the_demo(name: str) -> None:
    text = return_text(bundled_rules(name))
    assert text == "the engine settles" if bundled_games()[name].payout is None else "%" in text
