"""The strict operators of the rules language for many rounds at once (rules.md R5), equal to `rng.games.operators`.

Each takes its arguments and their rank, at least one of them no Python value and none of them `NOWHERE`, and returns
the value and where it has none (`None`: it has one everywhere). `OperatorError` says that no round has a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from rng.bulk import arithmetic, sequences
from rng.bulk.arguments import Function, Outcome
from rng.bulk.lookups import at, by_table
from rng.bulk.values import NOWHERE, Vector, constant
from rng.games.operators import STRICT, OperatorError


def strict(name: str, args: list[Vector], rank: int) -> Outcome:
    """Return the value of an operator, and where it has none.

    Args:
        name: one of `rng.games.operators.STRICT`.
        args: its arguments.
        rank: their rank.

    Raises:
        NotVectorised, TooLarge: it has to be evaluated another way.
    """
    if any(arg is NOWHERE for arg in args):
        return NOWHERE, None
    try:
        if all(map(constant, args)):
            return STRICT[name].function(*args), None
        if name != "at":
            found = by_table(STRICT[name].function, args)
            if found is not None:
                return found
        return _FUNCTIONS[name](args, rank)
    except OperatorError:
        return NOWHERE, None


_FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "add": arithmetic.folded(arithmetic.add),
        "mul": arithmetic.folded(arithmetic.mul),
        "min": arithmetic.folded(arithmetic.least),
        "max": arithmetic.folded(arithmetic.greatest),
        "sub": arithmetic.pairwise(arithmetic.sub),
        "div": arithmetic.pairwise(arithmetic.div),
        "mod": arithmetic.pairwise(arithmetic.mod),
        "eq": arithmetic.eq,
        "lt": arithmetic.compared(np.less),
        "le": arithmetic.compared(np.less_equal),
        "gt": arithmetic.compared(np.greater),
        "ge": arithmetic.compared(np.greater_equal),
        "not": arithmetic.not_,
        "at": at,
        "len": sequences.length,
        "sum": sequences.total,
        "count": sequences.count,
        "in": sequences.contains,
        "slice": sequences.cut,
        "sort": sequences.ascending,
        "range": sequences.first_numbers,
        "leading": sequences.leading,
        "counts": sequences.counts,
    }
)
