"""A strategy for damaged rules documents: surgery on their JSON, at any place."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

from .rules_documents import TOP

LEAVES: list[Any] = [
    None, True, False, 0, 1, -1, 2, 63, 65536, TOP, 2**53, 1.5, "", "a", "A", "die", "rules", "name\n", "é", "integer",
    "choice", "set", "uniform", "sample", "rising", [], {}, [[]], [1], ["a"], {"text": "a"}, {"range": [3]}, "a" * 1001,
    {"add": [1, 1]}, [1, 1], {"map": [[1], "v", "v"]}, "\ud800", "\0", {"é": 1}, {"": 1},
]  # fmt: skip


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every place in a document as (container, key)."""
    found: list[tuple[Any, Any]] = []
    left = [value]
    while left:
        container = left.pop()
        for key, inner in list(enumerate(container)) if isinstance(container, list) else list(container.items()):
            found.append((container, key))
            if isinstance(inner, list | dict):
                left.append(inner)
    return found


@st.composite
def damaged(draw: st.DrawFn, whole: dict[str, Any], others: list[dict[str, Any]]) -> dict[str, Any]:
    """Draw a document with one to three places replaced, removed, doubled, renamed or exchanged."""
    document = copy.deepcopy(whole)
    for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3]))):
        everywhere = places(document)
        if not everywhere:
            return document
        container, key = draw(st.sampled_from(everywhere))
        what = draw(st.sampled_from(["leaf", "leaf", "part", "part", "remove", "double", "rename", "near"]))
        value = container[key]
        if what == "remove":
            del container[key]
        elif what == "double" and isinstance(container, list):
            container.insert(key, copy.deepcopy(value))
        elif what == "rename" and isinstance(container, dict):
            container[draw(st.sampled_from(["name", "n", "max", "more", "text", "add", "K", "times", key]))] = (
                container.pop(key)
            )
        elif what == "near" and type(value) is int:
            container[key] = value + draw(st.sampled_from([-1, 1, 10**6]))
        elif what == "part":
            source, where = draw(st.sampled_from(places(draw(st.sampled_from([document, *others])))))
            container[key] = copy.deepcopy(source[where])
        else:
            container[key] = copy.deepcopy(draw(st.sampled_from(LEAVES)))
    return document
