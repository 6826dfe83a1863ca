"""Cursors: where the next page of a list begins, as clients send it back."""

from __future__ import annotations

import re
from typing import Final

from rng.canonical import MAX_INTEGER
from rng.service.errors import ServiceError

_NUMBER: Final = re.compile(r"[0-9]{1,16}\Z")


def parse_cursor(cursor: str | None, *, letter: str) -> int:
    """Return the place that a cursor names; 0, the beginning, without one.

    A cursor is no secret: whoever makes one up begins elsewhere in a list that may be read whole.

    Args:
        cursor: the list's letter and the place, such as ``r500``.
        letter: of the list, so that the cursor of one is none of another.

    Raises:
        ServiceError: `invalid_cursor`.
    """
    if cursor is None:
        return 0
    number = cursor.removeprefix(letter)
    if number == cursor or _NUMBER.match(number) is None or int(number) > MAX_INTEGER:
        raise ServiceError("invalid_cursor", "a cursor is the next_cursor of an earlier page, sent back as it was")
    return int(number)
