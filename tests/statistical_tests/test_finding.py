"""A finding holds plain values and no verdict, goes into JSON and to other processes, and a faulty one is refused."""

from __future__ import annotations

import copy
import json
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statistical_tests.finding import Finding, not_applicable


def finding(**more: Any) -> Finding:
    fields: dict[str, Any] = {
        "name": "Runs",
        "section": "SP 800-22 2.3",
        "parameters": {},
        "statistic": {"runs": 52},
        "p_values": (0.5,),
    }
    return Finding(**{**fields, **more})


SKIPPED = not_applicable(
    "RandomExcursions",
    "SP 800-22 2.14",
    "378 cycles, and 500 are needed",
    parameters={"n": 10_000},
    statistic={"cycles": 378},
    columns=("x = -1", "x = 1"),
)


def test_a_finding_as_json_has_the_fields_that_readers_are_promised() -> None:
    found = finding(parameters={"m": 3}, p_values=(0.25, 1), columns=("forward", "backward"), notes=("n",), stream=4)
    assert found.as_json() == {
        "name": "Runs",
        "section": "SP 800-22 2.3",
        "stream": 4,
        "parameters": {"m": 3},
        "statistic": {"runs": 52},
        "p_values": [0.25, 1.0],
        "columns": ["forward", "backward"],
        "applicable": True,
        "notes": ["n"],
    }


def test_a_test_that_cannot_be_made_has_a_reason_and_no_p_value() -> None:
    assert not SKIPPED.applicable
    assert SKIPPED.p_values == ()
    assert SKIPPED.columns == ("x = -1", "x = 1")
    assert SKIPPED.as_json() == {
        "name": "RandomExcursions",
        "section": "SP 800-22 2.14",
        "stream": None,
        "parameters": {"n": 10_000},
        "statistic": {"cycles": 378},
        "p_values": [],
        "columns": ["x = -1", "x = 1"],
        "applicable": False,
        "reason": "378 cycles, and 500 are needed",
    }


def test_numbers_of_numpy_become_plain_ones() -> None:
    found = finding(
        parameters={"m": np.int64(3), "exact": np.True_, "name": np.str_("a")},
        statistic={
            "counts": np.arange(3),
            "share": np.float32(0.5),
            "rows": [np.int8(1), np.int8(2)],
            "none": np.array([]),
            "table": np.eye(2),
        },
        p_values=np.array([0.5, 1.0]),
        columns=("a", "b"),
    )
    assert dict(found.parameters) == {"m": 3, "exact": 1, "name": "a"}
    assert dict(found.statistic) == {
        "counts": (0, 1, 2),
        "share": 0.5,
        "rows": (1, 2),
        "none": (),
        "table": ((1.0, 0.0), (0.0, 1.0)),
    }
    kinds = {type(value) for value in (*found.parameters.values(), found.statistic["share"], *found.p_values)}
    assert kinds == {int, str, float}
    assert json.loads(json.dumps(found.as_json(), allow_nan=False))["statistic"]["table"] == [[1.0, 0.0], [0.0, 1.0]]


def test_numbers_that_json_has_not_become_text() -> None:
    found = finding(statistic={"ratio": math.inf, "rows": [-math.inf, math.nan, 1.0]})
    assert json.loads(json.dumps(found.as_json(), allow_nan=False))["statistic"] == {
        "ratio": "inf",
        "rows": ["-inf", "nan", 1.0],
    }


@pytest.mark.parametrize("found", [finding(stream=3, notes=("a",), parameters={"m": [1, 2]}), SKIPPED])
def test_a_finding_travels_to_another_process_and_can_be_copied(found: Finding) -> None:
    made: list[Any] = [pickle.loads(pickle.dumps(found)), copy.deepcopy(found), copy.copy(found)]
    for arrived in made:
        assert arrived == found
        assert arrived.as_json() == found.as_json()
        with pytest.raises(TypeError):
            arrived.statistic["runs"] = 1


def test_the_same_finding_of_a_stream_differs_in_its_number_alone() -> None:
    first = finding(notes=("a",))
    moved = first.of_stream(7)
    assert (first.stream, moved.stream) == (None, 7)
    assert moved.as_json() == {**first.as_json(), "stream": 7}
    assert SKIPPED.of_stream(1).as_json() == {**SKIPPED.as_json(), "stream": 1}


def test_a_finding_cannot_be_changed_afterwards() -> None:
    given_values = {"runs": 52}
    found = finding(statistic=given_values)
    given_values["runs"] = 0
    assert found.statistic["runs"] == 52
    with pytest.raises(TypeError):
        found.statistic["runs"] = 1  # type: ignore[index]
    with pytest.raises(AttributeError):
        found.p_values = (1.0,)  # type: ignore[misc]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_p_values_from_zero_to_one_stand_as_they_were_given(values: list[float]) -> None:
    columns = tuple(f"column {number}" for number in range(len(values)))
    assert list(finding(p_values=tuple(values), columns=columns).p_values) == values


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"p_values": (math.nan,)}, "nan is no p-value"),
        ({"p_values": (-1e-300,)}, "is no p-value"),
        ({"p_values": (1.0000000000000002,)}, "is no p-value"),
        ({"p_values": (math.inf,)}, "inf is no p-value"),
        ({"p_values": (0.5, 2.0), "columns": ("a", "b")}, "Runs b: 2.0 is no p-value"),
        ({"p_values": ()}, "0 p-values in 1 columns"),
        ({"p_values": (0.5, 0.5)}, "2 p-values in 1 columns"),
        ({"p_values": (), "columns": ()}, "neither p-values nor a reason"),
        ({"p_values": (0.5, 0.5), "columns": ("a", "a")}, "two columns are called 'a'"),
        ({"reason": "too short"}, "not applicable"),
    ],
)
def test_a_faulty_finding_is_refused(more: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        finding(**more)


@pytest.mark.parametrize("value", [None, 1j, object(), {"a": 1}, b"bytes", [None]])
def test_what_json_cannot_hold_is_no_statistic(value: object) -> None:
    with pytest.raises(TypeError, match="a finding holds numbers, text and lists of them"):
        finding(statistic={"odd": value})
