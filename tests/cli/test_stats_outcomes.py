"""`fairlot stats outcomes`: laws from probabilities and from the games' own rules, and every slip in one line."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cli.rules import bundled_names
from cli.stats_laws import parse_probabilities
from statistical_tests.outcomes import battery
from tests.cli.running import fairlot, fairlot_process
from tests.cli.statistics import refused

SEED = bytes(range(32)).hex()
PICKS = np.random.default_rng(20_240_602).integers(0, 6, 3_000)


def lines(values: Any) -> bytes:
    return "\n".join(" ".join(map(str, np.atleast_1d(row))) for row in values).encode()


def found(*arguments: str | Path, data: bytes | None = None, code: int = 0) -> dict[str, Any]:
    result = fairlot("stats", "outcomes", *arguments, "--json", data=data)
    assert result.exit_code == code, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def stream(*arguments: str) -> bytes:
    """Return rounds of a game of our own."""
    done = fairlot_process("stream", "--server-seed", SEED, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


# --- laws that are given ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "law", [("--kinds", "6"), ("--probabilities", ",".join(["1/6"] * 6)), ("--probabilities", "1/6 " * 6)]
)
def test_one_column_has_the_findings_of_the_library(law: tuple[str, ...]) -> None:
    answer = found("-", *law, data=lines(PICKS))
    expected = battery.run(PICKS, probabilities=[Fraction(1, 6)] * 6)
    assert answer["findings"] == [one.as_json() for one in expected]
    assert answer["family"]["p_values"] == sum(len(one.p_values) for one in expected)
    assert answer["decision"] is None


def test_unequal_probabilities_are_taken_exactly_as_they_are_written() -> None:
    assert parse_probabilities("18/37, 18/37 1/37") == (Fraction(18, 37), Fraction(18, 37), Fraction(1, 37))
    assert parse_probabilities("0.1,0.2,0.7") == (Fraction(1, 10), Fraction(1, 5), Fraction(7, 10))
    values = np.repeat([0, 1, 2], [100, 200, 700])
    expected = battery.run(values, probabilities=[Fraction(1, 10), Fraction(1, 5), Fraction(7, 10)])
    answer = found("-", "--probabilities", "0.1,0.2,0.7", data=lines(values))
    assert answer["findings"] == [one.as_json() for one in expected]


def test_a_file_in_any_layout_with_numbers_from_one_or_labels_gives_the_same(tmp_path: Path) -> None:
    expected = found("-", "--kinds", "6", data=lines(PICKS))
    table = tmp_path / "table.csv"
    table.write_text("round,die\n" + "\n".join(f"{place},{pick + 1}" for place, pick in enumerate(PICKS)))
    assert found(table, "--kinds", "6", "--first", "1", "--column", "die") == expected
    names = "one,two,three,four,five,six"
    document = tmp_path / "rounds.jsonl"
    document.write_text("\n".join(json.dumps({"die": names.split(",")[pick], "id": 7}) for pick in PICKS))
    assert found(document, "--kinds", "6", "--labels", names, "--column", "die") == expected
    assert found(document, "--kinds", "6", "--labels", names, "--column", "die", "--layout", "jsonl") == expected


def test_an_outcome_that_cannot_be_is_a_finding_and_no_error() -> None:
    answer = found("-", "--kinds", "5", "--alpha", "0.01", data=lines(PICKS), code=1)
    impossible = answer["findings"][0]
    assert (impossible["name"], impossible["p_values"]) == ("Impossible", [0.0])
    assert impossible["statistic"]["impossible"] == int(np.count_nonzero(PICKS == 5))


@pytest.mark.parametrize("first", [2**63 - 1, -(2**63), 5])
@pytest.mark.parametrize("outcome", [2**63 - 1, -(2**63), 0])
def test_numbers_that_are_counted_from_another_do_not_wrap_around(outcome: int, first: int) -> None:
    """-2^63 less 2^63 - 1 was 1 in 64 bits, an outcome like any other."""
    answer = found("-", "--kinds", "2", "--first", str(first), data=f"{outcome}\n{first}\n".encode())
    assert answer["findings"][0]["statistic"]["impossible"] == (outcome != first)


@pytest.mark.parametrize("form", ["no-replacement", "sorted", "replacement", "shuffles"])
def test_numbers_of_a_line_are_judged_together(form: str) -> None:
    generator = np.random.default_rng(20_240_603)
    if form == "replacement":
        draws = generator.integers(0, 10, (400, 3))
        expected = battery.run_draws(draws, kinds=10, replacement=True)
    else:
        draws = generator.permuted(np.tile(np.arange(10), (400, 1)), axis=1)
        draws = draws if form == "shuffles" else draws[:, :4]
        draws = np.sort(draws, axis=1) if form == "sorted" else draws
        expected = (
            battery.run_shuffles(draws)
            if form == "shuffles"
            else battery.run_draws(draws, kinds=10, in_order=form != "sorted")
        )
    law = [] if form == "shuffles" else ["--kinds", "10"]
    answer = found("-", *law, "--draws", form, data=lines(draws))
    assert answer["findings"] == [one.as_json() for one in expected]


def test_what_is_stuck_is_refused_and_what_is_fair_is_not() -> None:
    fair = fairlot("stats", "outcomes", "-", "--kinds", "6", "--alpha", "0.001", data=lines(PICKS))
    assert (fair.exit_code, "at the family-wise level 0.001: not refused" in fair.stdout) == (0, True)
    stuck = fairlot("stats", "outcomes", "-", "--kinds", "6", "--alpha", "0.001", data=b"3\n" * 3_000)
    assert (stuck.exit_code, "at the family-wise level 0.001: refused" in stuck.stdout) == (1, True)
    assert fairlot("stats", "outcomes", "-", "--kinds", "6", data=b"3\n" * 3_000).exit_code == 0


# --- laws of games ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("game", "column", "kinds"),
    [("roulette-european", "pocket", 37), ("roulette-american", "colour", 3), ("keno", "hits", 6), ("dice", "win", 2)],
)
def test_an_outcome_of_a_game_is_held_against_its_exact_law(game: str, column: str, kinds: int) -> None:
    data = stream("--game", game, "--as", "outcome", "--rounds", "5000")
    answer = found("-", "--game", game, "--column", column, "--alpha", "0.0001", data=data)
    first = answer["findings"][0]
    assert first["parameters"] == {"outcomes": 5000, "kinds": kinds}
    assert first["p_values"] == [1.0]
    assert all(one["of"] == column for one in answer["findings"])


def test_parameters_change_the_law() -> None:
    data = stream("--game", "dice", "--param", "target=2500", "--as", "outcome", "--rounds", "5000")
    options = ["-", "--game", "dice", "--column", "win", "--alpha", "0.0001"]
    assert found(*options, "--param", "target=2500", data=data)["decision"]["refused"] is False
    assert found(*options, data=data, code=1)["decision"]["refused"] is True


def test_an_operators_own_rules_are_taken(tmp_path: Path) -> None:
    document = json.loads(fairlot("games", "coinflip", "--json").stdout)["rules"]
    path = tmp_path / "own.json"
    path.write_text(json.dumps(document))
    data = stream("--game", "coinflip", "--as", "outcome", "--rounds", "500")
    assert found("-", "--rules", path, "--column", "side", data=data)["findings"][0]["parameters"]["kinds"] == 2


@pytest.mark.slow
@pytest.mark.parametrize("game", bundled_names())
def test_the_draws_of_every_game_are_judged_and_not_refused(game: str) -> None:
    data = stream("--game", game, "--rounds", "1000")
    result = fairlot("stats", "outcomes", "-", "--game", game, "--alpha", "0.0001", data=data)
    if game in ("crash", "limbo"):
        assert result.exit_code == 2
        assert "a ratio has 2^52 kinds; judge what follows from it with --column" in result.stderr
    else:
        assert result.exit_code == 0, result.output


def test_rare_numbers_are_looked_for_in_draws_of_several_weighted_ones_too() -> None:
    data = stream("--game", "plinko", "--rounds", "200")
    findings = found("-", "--game", "plinko", data=data)["findings"]
    assert {"TotalDistribution", "RareOutcomes", "InterplayCorrelation"} <= {one["name"] for one in findings}


def test_each_draw_of_a_game_has_a_table_of_its_own() -> None:
    data = stream("--game", "slots-3x3", "--rounds", "500")
    result = fairlot("stats", "outcomes", "-", "--game", "slots-3x3", data=data)
    names = [one["name"] for one in json.loads(fairlot("games", "slots-3x3", "--json").stdout)["rules"]["draws"]]
    assert [line for line in result.stdout.splitlines() if line in names] == names


# --- charts -----------------------------------------------------------------------------------------------------------


def test_charts_show_how_often_each_outcome_came(tmp_path: Path) -> None:
    folder = tmp_path / "plots"
    result = fairlot("stats", "outcomes", "-", "--kinds", "6", "--plots", folder, data=lines(PICKS))
    assert result.exit_code == 0
    assert {"outcomes.svg", "heat-map.svg"} <= {path.name for path in folder.iterdir()}
    assert all(ET.parse(path).getroot().tag.endswith("}svg") for path in folder.iterdir())


# --- slips ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "options", "words"),
    [
        (b"", ("--kinds", "6"), "standard input: the input is empty"),
        (b"1\nnan\n", ("--kinds", "6"), "line 2: 'nan' is no outcome"),
        (b"1\n2.5\n", ("--kinds", "6"), "line 2: '2.5' is no outcome"),
        (b"[NaN]\n", ("--kinds", "6"), "line 1: nan is no outcome"),
        (b"\x00\xff\x80", ("--kinds", "6"), "line 1: .* is no outcome"),
        (b"\x00" * 5_000_000, ("--kinds", "6"), "line 1 is longer than"),
        (b"1 2\n3\n", ("--kinds", "6", "--draws", "replacement"), "line 2 holds 1 outcomes"),
        (b"1 2\n3 4\n", ("--kinds", "6"), "a line holds 2 numbers: say with --draws"),
        (b"1 1\n3 4\n", ("--kinds", "6", "--draws", "no-replacement"), "standard input: "),
        (b"0 0\n1 0\n", ("--draws", "shuffles"), "standard input: "),
        (b"1\n", (), "give one of --kinds, --probabilities and --game"),
        (b"1\n", ("--kinds", "6", "--probabilities", "1"), "--kinds and --probabilities contradict one another"),
        (b"1\n", ("--probabilities", "0.5,0.4"), "sum to 9/10 = 0.9, and must sum to 1 exactly"),
        (b"1\n", ("--probabilities", "0.333,0.333,0.333"), "sum to 999/1000"),
        (b"1\n", ("--probabilities", "nan,1"), "number 1 is 'nan'"),
        (b"1\n", ("--probabilities", "1/0"), "number 1 is '1/0'"),
        (b"1\n", ("--probabilities", "-1,2"), "number 1 is -1, and a probability is not negative"),
        (b"1\n", ("--probabilities", ""), "is empty"),
        (b"1\n", ("--probabilities", "1e400,0"), "number 1 is 1e400: a probability is at most 1"),
        (b"1\n", ("--probabilities", "9e5000,0"), "number 1 is '9e5000': write fractions or decimals"),
        (b"1\n", ("--probabilities", "1e-999999999,1"), "number 1 is '1e-999999999': write fractions or decimals"),
        (b"1\n", ("--probabilities", "\u0661/\u0662,1/2"), "number 1 is .*: write fractions or decimals"),
        (b"1\n", ("--kinds", "2", "--first", str(2**63)), "--first 9223372036854775808: outcomes are below 2\\^63"),
        (b"1\n", ("--kinds", "2", "--first", "-99999999999999999999"), "outcomes are below 2\\^63"),
        (b"1\n", ("--kinds", "0"), "0 is not in the range"),
        (b"1\n", ("--kinds", "2", "--labels", "a"), "--labels names 1 outcomes, and there are 2"),
        (b"red\n", ("--kinds", "2", "--labels", "a,b"), "'red' is no outcome: there are a, b"),
        (b"1\n", ("--kinds", "2", "--param", "a=1"), "--param is for a game"),
        (b"1\n", ("--probabilities", "1", "--draws", "sorted"), "--draws is for equally likely numbers"),
        (b"1\n", ("--kinds", "2", "--draws", "shuffles"), "--draws shuffles stands alone"),
        (b"1\n", ("--game", "dice", "--draws", "sorted"), "follow from the game"),
        (b"1\n", ("--game", "dice", "--column", "a", "--column", "b"), "one column"),
        (b"1\n", ("--game", "dice", "--column", "luck"), "dice has no such outcome; there are roll, win"),
        (b"1\n", ("--game", "diamonds", "--column", "gems"), "shows a list there"),
        (b"1\n", ("--game", "dice", "--first", "1"), "--first is for plain numbers"),
        (b"3 3 1 2 4 5 6 7 8 9\n", ("--game", "keno"), r"standard input: balls: draws\[0\] holds 3 twice"),
        (b"1 2\n", ("--game", "dice"), "a line holds 2 numbers, and the game draws 1"),
        (b"1\n", ("--game", "dicey"), "no game is called 'dicey'"),
        (b"1\n", ("--game", "dice", "--param", "target=0"), "dice: "),
        (b"a,b\n1,2\n", ("--kinds", "6", "--column", "c"), "there is no column 'c'"),
    ],
)
def test_a_slip_is_said_in_one_line_and_nothing_is_printed(data: bytes, options: tuple[str, ...], words: str) -> None:
    refused(fairlot("stats", "outcomes", "-", *options, data=data), words)


@pytest.mark.parametrize(
    ("path", "words"), [("missing", "missing: cannot be read: No such file"), (".", "name a file in it")]
)
def test_a_file_that_cannot_be_read_is_named(path: str, words: str) -> None:
    refused(fairlot("stats", "outcomes", path, "--kinds", "6"), words)


@pytest.mark.slow
def test_a_law_that_is_out_of_reach_is_said_to_be() -> None:
    result = fairlot("stats", "outcomes", "-", "--game", "raffle", "--column", "winners", data=b"1\n")
    refused(result, "the law of 'winners' of raffle is out of reach: there are more than")
