"""Cursors: what is read from them, and what is none."""

from __future__ import annotations

import pytest

from rng.canonical import MAX_INTEGER
from rng.service.errors import ServiceError
from rng.service.usecases.cursors import parse_cursor


def test_without_a_cursor_a_list_begins_at_its_beginning() -> None:
    assert parse_cursor(None, letter="r") == 0


@pytest.mark.parametrize("place", [0, 7, 500, MAX_INTEGER])
def test_a_cursor_names_a_place(place: int) -> None:
    assert parse_cursor(f"s{place}", letter="s") == place


@pytest.mark.parametrize(
    "cursor",
    ["", "r", "5", "s5", "rr5", "r-5", "r 5", "r5 ", "r5\n", "r٥", "R5", f"r{MAX_INTEGER + 1}", "r" + "0" * 17],
)
def test_what_is_none_is_refused_and_the_cursor_of_another_list_too(cursor: str) -> None:
    with pytest.raises(ServiceError) as raised:
        parse_cursor(cursor, letter="r")
    assert raised.value.code == "invalid_cursor"
