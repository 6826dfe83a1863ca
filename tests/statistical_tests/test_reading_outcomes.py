"""Reading outcomes: text, CSV and JSON Lines give the same numbers, and what is none is named with its line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statistical_tests.errors import BadInput
from statistical_tests.reading_outcomes import read_outcomes

DRAWS = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=width, max_size=width), min_size=1)
)


def read(text: str | bytes, **more: Any) -> np.ndarray[Any, np.dtype[np.int64]]:
    data = text.encode() if isinstance(text, str) else text
    return read_outcomes(io.BytesIO(data), **more)


def expected(draws: Sequence[Sequence[int]]) -> list[Any]:
    return [draw[0] for draw in draws] if len(draws[0]) == 1 else [list(draw) for draw in draws]


# --- what is read -----------------------------------------------------------------------------------------------------


@given(DRAWS, st.sampled_from([" ", ",", ", ", "\t"]), st.sampled_from(["\n", "\r\n", "\n\n"]))
def test_text_gives_the_numbers_that_were_written(draws: list[list[int]], between: str, end: str) -> None:
    text = end.join(between.join(map(str, draw)) for draw in draws)
    assert read(text).tolist() == expected(draws)


@given(DRAWS)
def test_json_lines_give_the_numbers_that_were_written(draws: list[list[int]]) -> None:
    assert read("\n".join(json.dumps(draw) for draw in draws)).tolist() == expected(draws)
    members = [{f"d{place}": value for place, value in enumerate(draw)} | {"other": None} for draw in draws]
    names = [f"d{place}" for place in range(len(draws[0]))]
    assert read("\n".join(map(json.dumps, members)), columns=names).tolist() == expected(draws)
    whole = [{"draw": draw} for draw in draws]
    assert read("\n".join(map(json.dumps, whole)), columns=["draw"]).tolist() == expected(draws)


@given(DRAWS)
def test_csv_gives_the_columns_that_are_asked_for(draws: list[list[int]]) -> None:
    names = [f"d {place}" for place in range(len(draws[0]))]
    file = io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerow(["time", *names])
    writer.writerows([["12:00, noon", *draw] for draw in draws])
    assert read(file.getvalue(), columns=names).tolist() == expected(draws)
    assert read(file.getvalue(), columns=names[:1]).tolist() == [draw[0] for draw in draws]


def test_csv_without_a_column_takes_all_of_them() -> None:
    assert read("a,b\n1,2\n3,4\n", layout="csv").tolist() == [[1, 2], [3, 4]]


def test_many_lines_are_read_in_blocks_without_a_loss() -> None:
    values = np.arange(200_001)
    found = read("\n".join(map(str, values.tolist())))
    assert found.dtype == np.int64
    assert np.array_equal(found, values)


def test_labels_give_their_numbers_in_every_layout() -> None:
    labels = ["black", "green", "red"]
    assert read('"red"\n"black"', labels=labels).tolist() == [2, 0]
    assert read('{"colour":"green","win":false}', labels=labels, columns=["colour"]).tolist() == [1]
    assert read("pocket,colour\n5, red\n0,green", labels=labels, columns=["colour"]).tolist() == [2, 1]
    assert read("red black\ngreen red", labels=labels).tolist() == [[2, 0], [1, 2]]
    assert read('{"win":false}\n{"win":true}', labels=[False, True], columns=["win"]).tolist() == [0, 1]
    assert read("win\ntrue\nfalse", labels=[False, True], columns=["win"]).tolist() == [1, 0]
    assert read('{"hits":[5,7]}', labels=[5, 6, 7], columns=["hits"]).tolist() == [[0, 2]]


def test_a_whole_number_that_is_no_label_is_an_outcome_that_cannot_be() -> None:
    assert read("5\n8\n7", labels=[5, 6, 7]).tolist() == [0, 3, 2]


@pytest.mark.parametrize("text", ["\ufeff7\n8", "\n\n7\n\n8\n\n"])
def test_a_mark_and_empty_lines_do_not_count(text: str) -> None:
    assert read(text).tolist() == [7, 8]


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "more", "words"),
    [
        ("", {}, "the input is empty"),
        ("\n \n", {}, "the input is empty"),
        ("1\nnan\n", {}, "line 2: 'nan' is no outcome: an outcome is a whole number"),
        ("1\n\n2.5\n", {}, "line 3: '2.5' is no outcome"),
        ("1_000", {}, "'1_000' is no outcome"),
        ("1\n-\n", {}, "line 2: '-' is no outcome"),
        ("0x10", {}, "no outcome"),
        ("1e3", {}, "no outcome"),
        ("\u0661", {}, "line 1: '\u0661' is no outcome"),
        (b"1\n\xff\n", {}, "line 2: '\ufffd' is no outcome"),
        ("9223372036854775808", {}, "line 1: '9223372036854775808' is no outcome"),
        ("9" * 5000, {}, "line 1: '999.* is no outcome"),
        ("1 2\n3\n", {}, "line 2 holds 1 outcomes, and the lines before it 2"),
        ("0\n" * 70_000 + "x\n", {}, "line 70001: 'x' is no outcome"),
        ("0\n" * 70_000 + "1 2\n", {}, "line 70001 holds 2 outcomes"),
        ("0 " * 100_001, {}, "one outcome a line"),
        ("0" * (2**22 + 1), {}, "line 1 is longer than"),
        ("[1]\n[NaN]\n", {}, "line 2: nan is no outcome"),
        ("[1.0]", {}, "line 1: 1.0 is no outcome"),
        ("[null]", {}, "line 1: None is no outcome"),
        ("[true]", {}, "line 1: True is no outcome: text and truth values need labels"),
        ('["red"]', {}, "line 1: 'red' is no outcome: text and truth values need labels"),
        ("[[1]]", {}, r"line 1: \[1\] is no outcome"),
        ("[]", {}, "line 1 holds no outcome"),
        ("[1\n", {}, "line 1 is no JSON value"),
        ("[1]\n" + "[" * 100_000, {}, "line 2 is no JSON value"),
        ('{"a":1,"b":2}', {}, "line 1 is a JSON object: name the column, there are a, b"),
        ('{"a":1}\n{"b":2}', {"columns": ["a"]}, "line 2 has no member 'a': there are b"),
        ("[1]", {"columns": ["a"]}, "line 1 is no JSON object, and member 'a' is asked for"),
        ("a,b\n1,2", {"columns": ["c"]}, "there is no column 'c': the first line names a, b"),
        ("a,a\n1,2", {"columns": ["a"]}, "two columns are called 'a'"),
        ("a,b\n1,2\n3", {"columns": ["a"]}, "line 3 has 1 cells, and the line of names 2"),
        ("a,b\n", {"columns": ["a"]}, "a line of names, and no outcome after it"),
        ('a\n"1\n', {"columns": ["a"]}, "no line of CSV"),
        ('a,b\n"1\n2",3\n', {"columns": ["a"]}, r"line 3: '1\\n2' is no outcome"),
        ('{"a":1}\n{"a":1,"b":0,"a":2}', {"columns": ["a"]}, "line 2: two members are called 'a'"),
        ('{"a":1,"b":{"c":1,"c":2}}', {"columns": ["a"]}, "line 1: two members are called 'c'"),
        (b"a\n\xff\n", {"columns": ["a"]}, "line 2 is not text in UTF-8"),
        ("1\n2", {"columns": ["a"], "layout": "text"}, "column 'a' is asked for, and plain text has no names"),
        ("1", {"layout": "xml"}, "the layout is 'xml': there are auto, text, csv, jsonl"),
        ("blue", {"labels": ["black", "red"]}, "line 1: 'blue' is no outcome: there are black, red"),
        ("red", {"labels": ["red", "red"]}, "two labels are the same"),
    ],
)
def test_what_is_no_outcome_is_refused_with_its_line(text: str | bytes, more: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        read(text, **more)
