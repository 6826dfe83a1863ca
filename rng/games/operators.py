"""The strict operators of the rules language: every argument is evaluated before they are called (rules.md R5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

INTEGER_LIMIT = 2**53 - 1
LIST_LIMIT = 65_536
TEXT_LIMIT = 1_000
DEPTH_LIMIT = 32
DEPTH_THROUGH_LIMIT = 256

Value = Any
"""An integer, boolean, text, list of values, or (from tables only) an object. Lists are never changed in place."""


class OperatorError(ValueError):
    """Say what is wrong with the values an operator was given; whoever called it knows the place in the document."""


def show(value: object) -> str:
    """Return a short text of a value of the rules language, for messages; it costs little whatever the value is."""
    text = ""
    # Written piece by piece and no further than it is shown: a value can hold one list so many times over that in full
    # it is longer than any memory.
    for piece in _pieces(value):
        text += piece
        if len(text) > 60:
            return f"{text[:56]} ..."
    return text


def _pieces(value: object) -> Iterator[str]:
    if isinstance(value, list):
        yield "["
        for place, item in enumerate(value):
            yield ", " if place else ""
            yield from _pieces(item)
        yield "]"
    elif isinstance(value, dict):
        yield "{"
        for place, (key, item) in enumerate(value.items()):
            yield f"{', ' if place else ''}{str(key)[:64]!r}: "
            yield from _pieces(item)
        yield "}"
    elif isinstance(value, bool):
        yield str(value).lower()
    elif isinstance(value, int) and value.bit_length() > 64:
        # Python refuses to print an integer of more than a few thousand digits.
        yield f"an integer of {value.bit_length()} bits"
    else:
        yield repr(value[:64] if isinstance(value, str) else value)


def bounded(value: int) -> int:
    """Return the integer if it lies in -(2^53 - 1) .. 2^53 - 1, else raise `OperatorError`."""
    if -INTEGER_LIMIT <= value <= INTEGER_LIMIT:
        return value
    raise OperatorError(f"the result {value} lies outside -(2^53 - 1) .. 2^53 - 1")


def integer(value: Value) -> int:
    """Return the value if it is an integer (a boolean is none), else raise `OperatorError`."""
    if type(value) is int:
        return value
    raise OperatorError(f"needs an integer, was given {show(value)}")


def boolean(value: Value) -> bool:
    """Return the value if it is a boolean, else raise `OperatorError`."""
    if value is True or value is False:
        return bool(value)
    raise OperatorError(f"needs a boolean, was given {show(value)}")


def sequence(value: Value) -> list[Value]:
    """Return the value if it is a list, else raise `OperatorError`."""
    if type(value) is list:
        return value
    raise OperatorError(f"needs a list, was given {show(value)}")


def integers(value: Value) -> list[int]:
    """Return the value if it is a list of integers, else raise `OperatorError`."""
    for item in sequence(value):
        if type(item) is not int:
            raise OperatorError(f"needs a list of integers, one element is {show(item)}")
    return list(value)


def booleans(value: Value) -> list[bool]:
    """Return the value if it is a list of booleans, else raise `OperatorError`."""
    for item in sequence(value):
        if type(item) is not bool:
            raise OperatorError(f"needs a list of booleans, one element is {show(item)}")
    return list(value)


def add(*terms: Value) -> int:
    """Return the sum of two or more integers; partial sums obey the bound, left to right."""
    total = integer(terms[0])
    for term in terms[1:]:
        total = bounded(total + integer(term))
    return total


def mul(*factors: Value) -> int:
    """Return the product of two or more integers; partial products obey the bound, left to right."""
    product = integer(factors[0])
    for factor in factors[1:]:
        product = bounded(product * integer(factor))
    return product


def sub(a: Value, b: Value) -> int:
    """Return a - b."""
    return bounded(integer(a) - integer(b))


def div(a: Value, b: Value) -> int:
    """Return floor(a / b) for b >= 1."""
    if integer(b) < 1:
        raise OperatorError(f"needs a divisor of at least 1, was given {b}")
    return int(integer(a) // b)


def mod(a: Value, b: Value) -> int:
    """Return a - b * floor(a / b) for b >= 1."""
    if integer(b) < 1:
        raise OperatorError(f"needs a divisor of at least 1, was given {b}")
    return int(integer(a) % b)


def least(*values: Value) -> int:
    """Return the smallest of two or more integers (`min`)."""
    return min(integer(value) for value in values)


def greatest(*values: Value) -> int:
    """Return the greatest of two or more integers (`max`)."""
    return max(integer(value) for value in values)


def eq(a: Value, b: Value) -> bool:
    """Return whether two integers, two texts or two booleans are equal."""
    if type(a) is type(b) and type(a) in (int, str, bool):
        return bool(a == b)
    raise OperatorError(f"compares two integers, two texts or two booleans, was given {show(a)} and {show(b)}")


def lt(a: Value, b: Value) -> bool:
    """Return whether a < b."""
    return integer(a) < integer(b)


def le(a: Value, b: Value) -> bool:
    """Return whether a <= b."""
    return integer(a) <= integer(b)


def gt(a: Value, b: Value) -> bool:
    """Return whether a > b."""
    return integer(a) > integer(b)


def ge(a: Value, b: Value) -> bool:
    """Return whether a >= b."""
    return integer(a) >= integer(b)


def not_(a: Value) -> bool:
    """Return the opposite of a boolean."""
    return not boolean(a)


def step(container: Value, key: Value) -> Value:
    """Return one element: a list takes an integer from 0, an object a text or an integer in plain decimal."""
    if type(container) is list:
        if 0 <= integer(key) < len(container):
            return container[key]
        raise OperatorError(f"index {key} is outside a list of {len(container)}")
    if type(container) is dict:
        if type(key) is not str and type(key) is not int:
            raise OperatorError(f"a key of an object is a text or an integer, was given {show(key)}")
        text = str(key)
        if text in container:
            return container[text]
        raise OperatorError(f"the object has no key {show(text)}")
    raise OperatorError(f"needs a list or an object to look into, was given {show(container)}")


def at(container: Value, *keys: Value) -> Value:
    """Return what the keys lead to, element by element inward."""
    for key in keys:
        container = step(container, key)
    return container


def length(items: Value) -> int:
    """Return the length of a list (`len`)."""
    return len(sequence(items))


def total(items: Value) -> int:
    """Return the sum of a list of integers, 0 if it is empty; partial sums obey the bound (`sum`)."""
    result = 0
    for item in integers(items):
        result = bounded(result + item)
    return result


def count(items: Value) -> int:
    """Return how many of a list of booleans are true."""
    return booleans(items).count(True)


def contains(a: Value, items: Value) -> bool:
    """Return whether some element of a list equals an integer or a text (`in`)."""
    if type(a) is not int and type(a) is not str:
        raise OperatorError(f"looks for an integer or a text, was given {show(a)}")
    for item in sequence(items):
        if type(item) is not type(a):
            raise OperatorError(f"looks for {show(a)} in a list that holds {show(item)}: types differ")
    return a in items


def cut(items: Value, start: Value, stop: Value) -> list[Value]:
    """Return the elements start <= i < stop of a list (`slice`)."""
    size, first, last = len(sequence(items)), integer(start), integer(stop)
    if not 0 <= first <= last <= size:
        raise OperatorError(f"needs 0 <= from <= to <= {size}, was given {start} and {stop}")
    return list(items[first:last])


def ascending(items: Value) -> list[int]:
    """Return a list of integers in ascending order (`sort`)."""
    return sorted(integers(items))


def first_numbers(n: Value) -> list[int]:
    """Return [0, 1, ..., n - 1] for 0 <= n <= 65,536 (`range`)."""
    if not 0 <= integer(n) <= LIST_LIMIT:
        raise OperatorError(f"needs a length of 0 to {LIST_LIMIT}, was given {n}")
    return list(range(n))


def leading(items: Value) -> int:
    """Return how many of a list of booleans are true before the first that is false."""
    flags = booleans(items)
    return flags.index(False) if False in flags else len(flags)


def counts(items: Value, n: Value) -> list[int]:
    """Return for each of 0 .. n - 1 how often it occurs in a list of integers of that range."""
    result = [0] * len(first_numbers(n))
    for item in integers(items):
        if not 0 <= item < n:
            raise OperatorError(f"needs integers in 0 .. {n - 1}, one element is {item}")
        result[item] += 1
    return result


@dataclass(frozen=True, slots=True)
class Operator:
    """Hold an operator: its function, and the least and the greatest number of arguments (`None`: no limit)."""

    function: Callable[..., Value]
    least: int
    most: int | None


STRICT: Mapping[str, Operator] = MappingProxyType(
    {
        "add": Operator(add, 2, None),
        "mul": Operator(mul, 2, None),
        "sub": Operator(sub, 2, 2),
        "div": Operator(div, 2, 2),
        "mod": Operator(mod, 2, 2),
        "min": Operator(least, 2, None),
        "max": Operator(greatest, 2, None),
        "eq": Operator(eq, 2, 2),
        "lt": Operator(lt, 2, 2),
        "le": Operator(le, 2, 2),
        "gt": Operator(gt, 2, 2),
        "ge": Operator(ge, 2, 2),
        "not": Operator(not_, 1, 1),
        "at": Operator(at, 2, None),
        "len": Operator(length, 1, 1),
        "sum": Operator(total, 1, 1),
        "count": Operator(count, 1, 1),
        "in": Operator(contains, 2, 2),
        "slice": Operator(cut, 3, 3),
        "sort": Operator(ascending, 1, 1),
        "range": Operator(first_numbers, 1, 1),
        "leading": Operator(leading, 1, 1),
        "counts": Operator(counts, 2, 2),
    }
)
ARITY: Mapping[str, tuple[int, int | None]] = MappingProxyType(
    {
        **{name: (operator.least, operator.most) for name, operator in STRICT.items()},
        "and": (2, None),
        "or": (2, None),
        "if": (3, 3),
        "map": (3, 3),
    }
)
LIST_OPERATORS = frozenset({"len", "sum", "count", "in", "slice", "sort", "range", "leading", "counts"})
"""The operators whose work is counted by the length of their lists (rules.md R9), `len` among them."""
