"""What a stranger or a hostile client can send: nothing of it stops the service, and nothing of a round leaks early."""

from __future__ import annotations

import pytest

from rng.service import bodies
from rng.service.errors import ServiceError
from tests.service.harness import House, problem

pytestmark = pytest.mark.anyio


class Name(str):
    """A name that counts how often it is compared."""

    compared = 0
    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        Name.compared += 1
        return str.__eq__(self, other) is True

    def __hash__(self) -> int:
        return str.__hash__(self)


def test_a_name_that_occurs_twice_among_many_is_found_without_comparing_all_pairs() -> None:
    names = [Name(f"{number:x}") for number in range(2_000)] + [Name("last"), Name("last")]
    Name.compared = 0
    with pytest.raises(ServiceError, match="'last' occurs twice"):
        bodies._object([(name, 1) for name in names])
    assert Name.compared < 3 * len(names)


@pytest.mark.parametrize("cursor", ["r9007199254740992", "r9999999999999999", "r00000000000000000", "r-1"])
async def test_a_forged_cursor_is_a_problem_and_not_a_mistake_of_the_service(house: House, cursor: str) -> None:
    seed_id = await house.seed()
    problem(await house.get(f"/v1/seeds/{seed_id}/rounds?cursor={cursor}"), 400, "invalid_cursor")
