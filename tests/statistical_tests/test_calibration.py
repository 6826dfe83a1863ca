"""Calibration: tests that are right come out uniform, tests that are wrong are seen, with any number of processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from math import sqrt

import numpy as np
import pytest
from scipy import stats

from statistical_tests import calibration, ideal, multiplicity
from statistical_tests.errors import BadInput
from statistical_tests.finding import Finding, not_applicable

STREAMS = 2_000


def _uniform(plan: calibration.Plan, stream: int) -> list[float]:
    data = ideal.ideal_bytes(8 * 4, seed=plan.seed, stream=stream, generator=plan.generator)
    return [word / 2**64 for word in np.frombuffer(data, ">u8").tolist()]


def right_battery(plan: calibration.Plan, stream: int) -> list[Finding]:
    """A test with one column, one with two that depend on one another, and one that needs luck to be applicable."""
    first, second, third, fourth = _uniform(plan, stream)
    rare = not_applicable("Rare", "3", "bad luck")
    return [
        Finding("One", "1", {"m": 1}, {}, (first,)),
        Finding("Two", "2", {"m": 2, "n": 9}, {}, (second, 1 - second), ("up", "down")),
        Finding("Two", "2", {"m": 3, "n": 9}, {}, (third,)),
        Finding("Rare", "3", {}, {}, (4 * fourth,)) if fourth <= 0.25 else rare,
        not_applicable("Never", "4", "too short"),
    ]


def wrong_battery(plan: calibration.Plan, stream: int) -> list[Finding]:
    """P-values that are too small, too large, and those of a count, which are discrete and right."""
    first, second, third, _ = _uniform(plan, stream)
    tossed = int(third * 2**10).bit_count()  # of ten fair coins
    return [
        Finding("TooSmall", "1", {}, {}, (first**1.2,)),
        Finding("TooLarge", "2", {}, {}, (second**0.8,)),
        Finding("Discrete", "3", {}, {}, (float(stats.binom.sf(tossed - 1, 10, 0.5)),)),
    ]


def failing_battery(plan: calibration.Plan, stream: int) -> list[Finding]:
    if stream == 11:
        raise ZeroDivisionError("a fault of the test")
    return right_battery(plan, stream)


def dying_battery(plan: calibration.Plan, stream: int) -> list[Finding]:
    if stream == 11:
        os._exit(3)
    return right_battery(plan, stream)


def waiting_battery(plan: calibration.Plan, stream: int) -> list[Finding]:
    """Tell its process, and take long."""
    print(os.getpid(), flush=True)
    time.sleep(60)
    return right_battery(plan, stream)


BATTERIES = {"right": right_battery, "wrong": wrong_battery, "failing": failing_battery, "dying": dying_battery}


def _calibrate(streams: int, *batteries: str, processes: int = 1) -> calibration.Calibration:
    plan = calibration.Plan(streams, batteries)
    return calibration.calibrate(plan, processes=processes, batteries=BATTERIES)


def test_columns_are_gathered_over_the_streams_in_which_they_are_applicable() -> None:
    found = _calibrate(STREAMS, "right")
    assert [(one.name, one.occurrence, one.column) for one in found.columns] == [
        ("One", 0, ""),
        ("Two", 0, "up"),
        ("Two", 0, "down"),
        ("Two", 1, ""),
        ("Rare", 0, ""),
    ]
    rare = sum(_uniform(found.plan, stream)[3] <= 0.25 for stream in range(STREAMS))
    assert [one.streams for one in found.columns] == [STREAMS] * 4 + [rare]
    assert found.inapplicable == (("right", "Never", "too short"),)
    assert [(one.name, one.columns, one.streams) for one in found.summaries] == [
        ("One", 1, STREAMS),
        ("Two", 2, STREAMS),
        ("Two", 1, STREAMS),
        ("Rare", 1, rare),
    ]


def test_each_number_of_a_column_is_that_of_its_p_values() -> None:
    found = _calibrate(STREAMS, "right")
    values = np.array([_uniform(found.plan, stream)[0] for stream in range(STREAMS)])
    one = found.columns[0]
    assert one.uniform == stats.kstest(values, "uniform").pvalue
    assert one.too_small == stats.kstest(values, "uniform", alternative="greater").pvalue
    assert one.bins == pytest.approx(stats.chisquare(np.histogram(values, 10, (0, 1))[0]).pvalue)
    assert one.distinct == STREAMS
    assert [rate.level for rate in one.rates] == [0.01, 0.001, 0.0001]
    for rate in one.rates:
        assert (rate.refused, rate.of) == ((values <= rate.level).sum(), STREAMS)
        assert rate.low <= rate.rate <= rate.high
        exact = stats.binomtest(rate.refused, rate.of).proportion_ci(calibration.CONFIDENCE, "exact")
        assert (rate.low, rate.high) == pytest.approx((exact.low, exact.high), rel=1e-9)


def test_a_family_is_refused_when_its_least_p_value_times_the_columns_is() -> None:
    """The second column is one less the first: at 0.01 the family is refused at either end, with 0.01 in all."""
    found = _calibrate(STREAMS, "right")
    values = np.array([_uniform(found.plan, stream)[1] for stream in range(STREAMS)])
    family = found.summaries[1]
    assert family.family[0].refused == (2 * np.minimum(values, 1 - values) <= 0.01).sum()
    assert family.family[0].of == STREAMS
    assert family.pooled[0] == np.mean([values <= 0.01, values >= 0.99])
    assert abs(family.family[0].rate - 0.01) < 4 * sqrt(0.01 / STREAMS)


def test_right_tests_come_out_uniform_and_wrong_ones_do_not() -> None:
    found = _calibrate(STREAMS, "right", "wrong")
    column = {one.name: one for one in found.columns if one.occurrence == 0}
    for name in ("One", "Two", "Rare"):
        assert min(column[name].uniform, column[name].too_small, column[name].bins) > 0.001
    assert column["TooSmall"].too_small < 1e-6
    assert column["TooSmall"].uniform < 1e-6
    assert column["TooLarge"].uniform < 1e-6
    assert column["TooLarge"].too_small > 0.9
    # A discrete p-value is far from uniform and still never smaller than it says.
    assert column["Discrete"].distinct == 11
    assert column["Discrete"].uniform < 1e-6
    assert column["Discrete"].too_small > 0.001


@pytest.mark.slow
def test_any_number_of_processes_gives_the_same() -> None:
    assert _calibrate(50, "right", "wrong") == _calibrate(50, "right", "wrong", processes=2)


def test_a_test_that_fails_is_named_with_its_stream() -> None:
    with pytest.raises(RuntimeError, match="battery failing, stream 11: ZeroDivisionError: a fault of the test"):
        _calibrate(20, "failing")


@pytest.mark.slow
def test_in_other_processes_a_failure_and_a_death_are_named_too() -> None:
    with pytest.raises(RuntimeError, match="battery failing, stream 11: ZeroDivisionError: a fault of the test"):
        _calibrate(20, "failing", processes=2)
    with pytest.raises(RuntimeError, match=r"a worker died on stream \d+ or one of the 8 after it"):
        _calibrate(20, "dying", processes=2)


@pytest.mark.slow
def test_workers_end_when_the_process_that_started_them_is_killed() -> None:
    program = (
        "from statistical_tests import calibration\n"
        "from tests.statistical_tests.test_calibration import waiting_battery\n"
        "if __name__ == '__main__':\n"
        "    plan = calibration.Plan(10, ('waiting',))\n"
        "    calibration.calibrate(plan, processes=2, batteries={'waiting': waiting_battery})\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        workers = {int(parent.stdout.readline()) for _ in range(2)}
        assert len(workers) == 2
        parent.kill()
        # Each worker holds the pipe open, so that it ends when the last of them has; one that lived on would tell more.
        assert parent.stdout.read() == ""


def test_progress_is_told_after_each_stream() -> None:
    told: list[int] = []
    calibration.calibrate(calibration.Plan(12, ("right",)), progress=told.append, batteries=BATTERIES)
    assert told == list(range(1, 13))


def test_the_table_has_a_row_for_each_test_and_says_what_it_is_of() -> None:
    found = _calibrate(STREAMS, "right", "wrong")
    text = calibration.table(found)
    assert text == calibration.table(_calibrate(STREAMS, "right", "wrong"))
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    assert len({len(row) for row in rows}) == 1
    assert [row[0] for row in rows] == [
        "test",
        "---",
        "**right**",
        "One",
        "Two (m 2)",
        "Two (m 3)",
        "Rare",
        "**wrong**",
        "TooSmall",
        "TooLarge",
        "Discrete",
    ]
    assert "2,000 streams of the generator `shake256`, seed `1`" in text
    assert "Never applicable to so little data:\n\n- Never: too short\n" in text
    rate = found.columns[0].rates[1]
    assert rows[3][4] == f"{rate.rate:.5f} ({rate.low:.5f}-{rate.high:.5f})"
    assert rows[4][3] == f"{found.summaries[1].pooled[0]:.4f}"
    assert rows[10][7] == "11 values"
    assert float(rows[8][-1]) < 1e-4 < float(rows[3][-1])


def test_the_table_says_how_much_data_a_stream_has() -> None:
    plan = calibration.Plan(12, ("outcomes", "draws", "shuffles"), outcomes=500, draws=30, decks=20)
    assert calibration.table(calibration.calibrate(plan)).splitlines()[0] == (
        "12 streams of the generator `shake256`, seed `1`; a stream has 500 outcomes of 37 kinds, 30 draws of 6 balls "
        "out of 49, 20 decks of 52 cards."
    )


def test_a_calibration_travels_as_json() -> None:
    found = _calibrate(20, "right")
    again = json.loads(json.dumps(found.as_json()))
    assert again["plan"]["seed"] == "1"
    assert again["columns"][1]["column"] == "up"
    assert again["columns"][1]["rates"][0]["of"] == 20
    assert again["summaries"][1]["family"][2]["level"] == 0.0001


@pytest.mark.parametrize(("hits", "of"), [(0, 10), (10, 10), (3, 10), (1, 1), (0, 1), (120, 10_000)])
def test_clopper_pearson_agrees_with_scipy(hits: int, of: int) -> None:
    for confidence in (0.9, 0.99):
        exact = stats.binomtest(hits, of).proportion_ci(confidence, "exact")
        assert calibration.clopper_pearson(hits, of, confidence=confidence) == pytest.approx(tuple(exact), rel=1e-9)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"streams": 9}, "streams is 9"),
        ({"streams": 10, "stream_bits": 0}, "stream_bits is 0"),
        ({"streams": 10, "kinds": 1}, "kinds is 1"),
        ({"streams": 10, "drawn": 50}, "drawn is 50: it must be from 1 to 49"),
        ({"streams": 10, "generator": "rand"}, "'rand' is none of"),
    ],
)
def test_a_plan_that_cannot_be_is_said(fields: dict[str, object], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        calibration.Plan(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(("batteries", "said"), [((), "battery '' is none of"), (("dice",), "battery 'dice' is none")])
def test_an_unknown_battery_is_said(batteries: tuple[str, ...], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        calibration.calibrate(calibration.Plan(10, batteries))


def test_bounds_of_what_was_not_counted_are_refused() -> None:
    for hits, of in ((3, 2), (-1, 2), (0, 0)):
        with pytest.raises(BadInput):
            calibration.clopper_pearson(hits, of)
    with pytest.raises(BadInput, match="processes is 0"):
        _calibrate(10, "right", processes=0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("battery", "streams", "tests"),
    [
        ("nist", 60, 12),
        ("nist-compat", 60, 12),
        ("bits", 30, 15),
        ("outcomes", 40, 8),
        ("draws", 60, 4),
        ("shuffles", 60, 6),
    ],
)
def test_each_battery_runs_and_none_of_its_p_values_is_too_small(battery: str, streams: int, tests: int) -> None:
    """On so few streams only what is badly wrong shows; docs/statistics.md has the calibration on many."""
    plan = calibration.Plan(
        streams, (battery,), stream_bits=200_000, outcomes=20_000, draws=2_000, decks=500, generator="sha256-ctr"
    )
    found = calibration.calibrate(plan)
    assert len(found.summaries) >= tests
    assert {one.battery for one in found.summaries} == {battery}
    if battery != "nist-compat":
        assert multiplicity.holm([one.too_small for one in found.columns]).min() > 1e-4
    for one in found.summaries:
        assert one.streams <= streams
        assert one.family[0].low < 0.01
