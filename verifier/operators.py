"""Apply the operators of the rules language to values: the table in ``spec/rules.md`` R5.

`OPERATORS` says how many arguments each takes. The four that choose what they evaluate (``if``, ``and``, ``or``,
``map``) are carried out in `verifier.expression`; all others here.
"""

from collections.abc import Callable

from verifier.canonical import MAX_INTEGER, Json, Malformed
from verifier.fields import shown

MAX_ELEMENTS = 65_536

OPERATORS: dict[str, tuple[int, int | None]] = {
    "add": (2, None),
    "mul": (2, None),
    "sub": (2, 2),
    "div": (2, 2),
    "mod": (2, 2),
    "min": (2, None),
    "max": (2, None),
    "eq": (2, 2),
    "lt": (2, 2),
    "le": (2, 2),
    "gt": (2, 2),
    "ge": (2, 2),
    "and": (2, None),
    "or": (2, None),
    "not": (1, 1),
    "if": (3, 3),
    "at": (2, None),
    "len": (1, 1),
    "sum": (1, 1),
    "count": (1, 1),
    "in": (2, 2),
    "slice": (3, 3),
    "sort": (1, 1),
    "range": (1, 1),
    "leading": (1, 1),
    "counts": (2, 2),
    "map": (3, 3),
}
"""Operator to the least and the greatest number of arguments; None is no limit."""


def is_integer(value: Json) -> bool:
    """Return whether a value is an integer; a boolean is none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_boolean(value: Json) -> bool:
    """Return whether a value is a boolean."""
    return isinstance(value, bool)


def apply(operator: str, values: list[Json], *, spend: Callable[[int], None]) -> Json:
    """Return the value of an operator over values that are evaluated already.

    Args:
        operator: one of `OPERATORS`, but not ``if``, ``and``, ``or`` or ``map``.
        values: as many as the operator takes.
        spend: counts steps of work, one for each element that is read or made; may raise.

    Raises:
        Malformed: the rules give no value for these arguments.

    Specification: rules.md R5.
    """
    if operator in ("add", "mul", "sub", "div", "mod"):
        return _arithmetic(operator, _integers(operator, values))
    if operator in ("min", "max"):
        numbers = _integers(operator, values)
        return min(numbers) if operator == "min" else max(numbers)
    if operator in ("lt", "le", "gt", "ge"):
        a, b = _integers(operator, values)
        return {"lt": a < b, "le": a <= b, "gt": a > b, "ge": a >= b}[operator]
    if operator == "eq":
        return _equal(values[0], values[1])
    if operator == "not":
        if not is_boolean(values[0]):
            raise Malformed(f"not takes a boolean, not {shown(values[0])}")
        return values[0] is False
    if operator == "at":
        return _at(values[0], values[1:])
    if operator == "range":
        (n,) = _integers(operator, values)
        if not 0 <= n <= MAX_ELEMENTS:
            raise Malformed(f"range takes 0 to {MAX_ELEMENTS}, not {n}")
        spend(n)
        return list(range(n))
    if operator == "in":
        elements = _list(operator, values[1])
        spend(len(elements))
        return _contains(values[0], elements)
    elements = _list(operator, values[0])
    spend(len(elements))
    if operator == "len":
        return len(elements)
    if operator == "sum":
        total = 0
        for number in _integers(operator, elements):
            total = _bounded(operator, total + number)
        return total
    if operator == "sort":
        numbers = _integers(operator, elements)
        numbers.sort()
        return list(numbers)
    if operator == "count":
        return sum(1 for element in _booleans(operator, elements) if element)
    if operator == "leading":
        how_many = 0
        for element in _booleans(operator, elements):
            if not element:
                break
            how_many += 1
        return how_many
    if operator == "slice":
        start, stop = _integers(operator, values[1:])
        if not 0 <= start <= stop <= len(elements):
            raise Malformed(f"slice takes 0 <= from <= to <= {len(elements)}, not {start} and {stop}")
        return elements[start:stop]
    if operator == "counts":
        return _counts(elements, values[1], spend=spend)
    raise Malformed(f"has an unknown operator: {shown(operator)}")


def _arithmetic(operator: str, numbers: list[int]) -> int:
    if operator in ("div", "mod"):
        a, b = numbers
        if b < 1:
            raise Malformed(f"{operator} takes a divisor of at least 1, not {b}")
        # Python's // is the floor of the quotient, also where a is negative.
        quotient = a // b
        return _bounded(operator, quotient if operator == "div" else a - b * quotient)
    if operator == "sub":
        return _bounded(operator, numbers[0] - numbers[1])
    result = numbers[0]
    for number in numbers[1:]:
        result = _bounded(operator, result + number if operator == "add" else result * number)
    return result


def _equal(a: Json, b: Json) -> bool:
    # Python holds True and 1 for equal, so the types are compared first.
    for is_type in (is_boolean, is_integer, _is_text):
        if is_type(a) and is_type(b):
            return a == b
    raise Malformed(f"eq takes two integers, two texts or two booleans, not {shown(a)} and {shown(b)}")


def _at(container: Json, keys: list[Json]) -> Json:
    for key in keys:
        if isinstance(container, list):
            if isinstance(key, bool) or not isinstance(key, int):
                raise Malformed(f"at takes an integer for a list, not {shown(key)}")
            # A negative index would count from the end in Python; in the rules it is outside.
            if not 0 <= key < len(container):
                raise Malformed(f"at takes 0 to {len(container) - 1} here, not {key}")
            container = container[key]
        elif isinstance(container, dict):
            if isinstance(key, bool) or not isinstance(key, int | str):
                raise Malformed(f"at takes a text or an integer for an object, not {shown(key)}")
            member = key if isinstance(key, str) else str(key)
            if member not in container:
                raise Malformed(f"at finds no member {shown(member)}")
            container = container[member]
        else:
            raise Malformed(f"at takes a list or an object, not {shown(container)}")
    return container


def _contains(wanted: Json, elements: list[Json]) -> bool:
    is_type = is_integer if is_integer(wanted) else _is_text
    if not is_type(wanted):
        raise Malformed(f"in takes an integer or a text, not {shown(wanted)}")
    found = False
    for element in elements:
        if not is_type(element):
            raise Malformed(f"in takes a list of the type of {shown(wanted)}, not one with {shown(element)}")
        found = found or element == wanted
    return found


def _counts(elements: list[Json], size: Json, *, spend: Callable[[int], None]) -> Json:
    (n,) = _integers("counts", [size])
    if not 0 <= n <= MAX_ELEMENTS:
        raise Malformed(f"counts takes n from 0 to {MAX_ELEMENTS}, not {n}")
    spend(n)
    how_often = [0] * n
    for number in _integers("counts", elements):
        if not 0 <= number < n:
            raise Malformed(f"counts takes integers from 0 to {n - 1}, not {number}")
        how_often[number] += 1
    return list(how_often)


def _is_text(value: Json) -> bool:
    return isinstance(value, str)


def _integers(operator: str, values: list[Json]) -> list[int]:
    numbers = []
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int):
            raise Malformed(f"{operator} takes integers, not {shown(value)}")
        numbers.append(value)
    return numbers


def _booleans(operator: str, values: list[Json]) -> list[bool]:
    for value in values:
        if not is_boolean(value):
            raise Malformed(f"{operator} takes booleans, not {shown(value)}")
    return [value is True for value in values]


def _list(operator: str, value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise Malformed(f"{operator} takes a list, not {shown(value)}")
    return value


def _bounded(operator: str, value: int) -> int:
    if not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise Malformed(f"{operator} gives an integer beyond 2^53 - 1: {value}")
    return value
