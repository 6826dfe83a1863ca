"""A strategy for random rules documents, typed so that most of their expressions have values."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

TOP = 2**53 - 1
KINDS = ("int", "bool", "text", "ints", "bools", "texts", "lists")
ELEMENT = {"ints": "int", "bools": "bool", "texts": "text", "lists": "ints"}
LIST_OF = {kind: name for name, kind in ELEMENT.items()}

Names = dict[str, str]
"""The names that an expression may use, with the kinds of their values."""

small = st.integers(-3, 12)
edges = st.sampled_from([TOP, -TOP, TOP - 1, 2**52, -(2**31), 65536, 65537])
texts = st.sampled_from(["", "a", "b", "10", "é", "die"])
table_of: dict[str, st.SearchStrategy[Any]] = {
    "int": small,
    "bool": st.booleans(),
    "text": texts,
    "ints": st.lists(small, max_size=5),
    "bools": st.lists(st.booleans(), max_size=4),
    "texts": st.lists(texts, max_size=4),
    "lists": st.lists(st.lists(small, max_size=3), max_size=3),
    "object": st.dictionaries(st.sampled_from(["a", "b", "10", "2", "-1"]), small, min_size=1, max_size=4),
}


class Maker:
    """Make expressions of a kind; one in many is of another kind or form, on purpose."""

    def __init__(self, draw: st.DrawFn) -> None:
        """Begin with hypothesis's function that draws."""
        self._draw = draw
        self._variables = 0
        # One fault of form makes the whole document malformed, so most documents have none.
        self._careless = draw(st.integers(0, 4)) == 3

    def pick(self, *options: Any) -> Any:
        """Return one of the options."""
        return self._draw(st.sampled_from(options))

    def expression(self, kind: str, names: Names, depth: int = 4) -> Any:
        """Return an expression, mostly one whose value is of the kind."""
        if self._draw(st.integers(0, 79)) == 31:
            return self._odd(names)
        if self._draw(st.integers(0, 39)) == 17:
            kind = self.pick(*KINDS)
        known = [name for name, its in names.items() if its == kind]
        if known and self.pick(True, False, depth < 3):
            return self.pick(*known)
        if depth <= 0 or self.pick(True, False, False, False):
            return self._leaf(kind, names, depth)
        if self.pick(True, False, False, False):
            return self._of_any_kind(kind, names, depth - 1)
        return getattr(self, f"_{kind}")(names, depth - 1)

    def _leaf(self, kind: str, names: Names, depth: int) -> Any:
        if kind == "int":
            return self._draw(st.one_of(small, small, small, edges))
        if kind == "bool":
            return self._draw(st.booleans())
        if kind == "text":
            return {"text": self._draw(texts)}
        size = self._draw(st.integers(0, 3))
        return [self.expression(ELEMENT[kind], names, min(depth, 2) - 1) for _ in range(size)]

    def _of_any_kind(self, kind: str, names: Names, depth: int) -> Any:
        condition = self.expression("bool", names, depth)
        either = {"if": [condition, self.expression(kind, names, depth), self.expression(kind, names, depth)]}
        if kind not in LIST_OF or self.pick(True, False):
            if kind == "int" and "object" in names.values() and self.pick(True, False):
                table = self.pick(*(name for name, its in names.items() if its == "object"))
                return {"at": [table, self.expression(self.pick("int", "text"), names, 1)]}
            return either
        container = self.expression(LIST_OF[kind], names, depth)
        # Mostly an index inside; a list that is empty has none.
        inside = {"mod": [self.expression("int", names, depth), {"max": [1, {"len": [container]}]}]}
        return {"at": [container, self.pick(inside, inside, self.expression("int", names, 1))]}

    def _int(self, names: Names, depth: int) -> Any:
        operator = self.pick(*"add add mul sub div mod min max len sum count leading".split())
        if operator in ("add", "mul", "min", "max"):
            return {operator: [self.expression("int", names, depth) for _ in range(self.pick(2, 2, 3))]}
        if operator == "sub":
            return {operator: [self.expression("int", names, depth), self.expression("int", names, depth)]}
        if operator in ("div", "mod"):
            divisor = self.expression("int", names, depth)
            return {operator: [self.expression("int", names, depth), self.pick({"max": [1, divisor]}, divisor, 3)]}
        kind = {"len": self.pick(*ELEMENT), "sum": "ints", "count": "bools", "leading": "bools"}[operator]
        return {operator: [self.expression(kind, names, depth)]}

    def _bool(self, names: Names, depth: int) -> Any:
        operator = self.pick(*"eq lt le gt ge and or not in".split())
        if operator in ("and", "or"):
            return {operator: [self.expression("bool", names, depth) for _ in range(self.pick(2, 2, 3))]}
        if operator == "not":
            return {operator: [self.expression("bool", names, depth)]}
        kind = self.pick("int", "text", "bool") if operator == "eq" else self.pick("int", "text")
        if operator == "in":
            return {operator: [self.expression(kind, names, depth), self.expression(LIST_OF[kind], names, depth)]}
        kind = kind if operator == "eq" else "int"
        return {operator: [self.expression(kind, names, depth), self.expression(kind, names, depth)]}

    def _text(self, names: Names, depth: int) -> Any:
        return self._of_any_kind("text", names, depth)

    def _ints(self, names: Names, depth: int) -> Any:
        operator = self.pick("sort", "range", "counts", "slice", "map", "map")
        if operator == "sort":
            return {operator: [self.expression("ints", names, depth)]}
        if operator == "range":
            return {operator: [{"mod": [self.expression("int", names, depth), self.pick(5, 9)]}]}
        if operator == "counts":
            n = self.pick(1, 4, 9)
            variable = self._variable()
            wrapped = {"map": [self.expression("ints", names, depth), variable, {"mod": [variable, n]}]}
            return {operator: self.pick([wrapped, n], [wrapped, n], [self.expression("ints", names, depth), 13])}
        return self._sliced("ints", names, depth) if operator == "slice" else self._mapped("ints", names, depth)

    def _bools(self, names: Names, depth: int) -> Any:
        return self.pick(self._sliced, self._mapped, self._mapped)("bools", names, depth)

    def _texts(self, names: Names, depth: int) -> Any:
        return self.pick(self._sliced, self._mapped, self._mapped)("texts", names, depth)

    def _lists(self, names: Names, depth: int) -> Any:
        return self.pick(self._sliced, self._mapped, self._mapped)("lists", names, depth)

    def _sliced(self, kind: str, names: Names, depth: int) -> Any:
        source = self.expression(kind, names, depth)
        length = {"len": [source]}
        start = self.pick(0, {"min": [1, length]}, self.expression("int", names, 1))
        return {"slice": [source, start, self.pick(length, length, self.expression("int", names, 1))]}

    def _mapped(self, kind: str, names: Names, depth: int) -> Any:
        source = self.pick(*ELEMENT)
        variable = self._variable()
        inside = {**names, variable: ELEMENT[source]}
        return {
            "map": [
                self.expression(source, names, depth),
                variable,
                self.expression(ELEMENT[kind], inside, depth),
            ]
        }

    def _variable(self) -> str:
        if self._careless and self.pick(*[False] * 9, True):
            return "v1"  # perhaps taken already
        self._variables += 1
        return f"v{self._variables}"

    def _odd(self, names: Names) -> Any:
        some: Any = self.pick(*names, 1)
        without_value: list[Any] = [
            {"range": [65537]}, {"range": [some]}, {"counts": [[], 65537]}, {"at": [some, some]}, {"eq": [some, some]},
            {"slice": [some, -1, some]}, {"in": [some, some]}, {"if": [some, some, some]}, {"and": [some, some]},
            {"sum": [some]}, {"len": [some]}, {"add": [some, some]}, {"mul": [TOP, some]}, {"div": [some, some]},
            {"text": "a" * 1000},
        ]  # fmt: skip
        malformed: list[Any] = [
            None, "", "nothing", "die", {}, {"text": 1}, {"text": "a" * 1001}, {"add": [1]}, {"not": [True, False]},
            {"add": 1}, {"nothing": []}, {"len": [some], "sum": [some]}, {"map": [[1], some, 1]}, 2**53, -(2**53),
            {"map": [[1], 5, 1]}, {"if": [some, some]},
            {"map": [{"range": [3000]}, "far", {"map": [{"range": [3000]}, "farther", "far"]}]},
        ]  # fmt: skip
        return self.pick(*(malformed if self._careless else without_value))


@st.composite
def documents(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Draw a rules document, and parameters for it, mostly allowed ones."""
    maker = Maker(draw)
    tables: dict[str, Any] = {}
    constant: Names = {}
    for kind in draw(st.lists(st.sampled_from([*KINDS, "object"]), max_size=5)):
        name = f"t{len(tables)}"
        tables[name], constant[name] = draw(table_of[kind]), kind
    parameters, given = _parameters(draw, maker, constant, tables)
    names = dict(constant)
    names.update({entry["name"]: _PARAMETER[entry["type"]] for entry in parameters})
    draws = [_draw(draw, maker, f"d{place}", names) for place in range(draw(st.integers(1, 4)))]
    names.update({entry["name"]: _kind_of_draw(entry) for entry in draws})
    lets: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(0, 4))):
        kind, name = draw(st.sampled_from(KINDS)), f"l{len(lets)}"
        lets.append({"name": name, "is": maker.expression(kind, names)})
        names[name] = kind
    kinds = st.lists(st.sampled_from(KINDS), min_size=1, max_size=4)
    outcome = {f"o{place}": maker.expression(kind, names) for place, kind in enumerate(draw(kinds))}
    odds = [{"name": f"q {place}", "of": maker.expression(kind, names)} for place, kind in enumerate(draw(kinds))]
    pays = draw(st.booleans())
    return {
        "type": "rules",
        "version": 1,
        "name": "random",
        "summary": "Made by chance.",
        "parameters": parameters,
        "tables": tables,
        "draws": draws,
        "let": lets,
        "outcome": outcome,
        "payout": {"max": [0, maker.expression("int", names)]} if pays else None,
        "odds": odds,
        "claims": {"return": [0, TOP] if pays else None, "shapes": []},
    }, given


_PARAMETER = {"integer": "int", "choice": "text", "set": "ints"}


def _parameters(
    draw: st.DrawFn, maker: Maker, names: Names, tables: dict[str, Any]
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    given: dict[str, Any] = {}
    names = dict(names)
    for place, kind in enumerate(draw(st.lists(st.sampled_from(["integer", "choice", "set"]), max_size=3))):
        name = f"p{place}"
        entry: dict[str, Any] = {"name": name, "type": kind}
        low, high = (draw(st.integers(-2, 2)), draw(st.integers(3, 9)))
        # Bounds are expressions: about a third are more than a literal, and some of those are beside the default.
        bounds: tuple[Any, Any] = (
            maker.pick(low, low, {"min": [low, maker.expression("int", names, 2)]}),
            maker.pick(high, high, {"max": [high, maker.expression("int", names, 2)]}),
        )
        if kind == "integer":
            entry.update({"min": bounds[0], "max": bounds[1], "default": draw(st.integers(low, high))})
            given[name] = draw(st.integers(low - 1, high + 1) | st.integers(low, high) | edges)
        elif kind == "choice":
            objects = [table for table, its in names.items() if its == "object"]
            of: Any = maker.pick(["a", "b"], ["a"], *objects)
            choices = sorted(tables[of]) if isinstance(of, str) else of
            entry.update({"of": of, "default": draw(st.sampled_from(choices))})
            given[name] = draw(st.sampled_from([*choices, *choices, *choices, "z"]))
        else:
            members = st.lists(st.integers(low, high), min_size=1, max_size=3, unique=True).map(sorted)
            entry.update({"min": bounds[0], "max": bounds[1], "at_least": maker.pick(0, 1), "at_most": 3})
            entry["default"] = draw(members)
            given[name] = draw(members)
        entries.append(entry)
        names[name] = _PARAMETER[kind]
    return entries, given


def _draw(draw: st.DrawFn, maker: Maker, name: str, names: Names) -> dict[str, Any]:
    def whole(low: int, high: int) -> Any:
        wild = maker.expression("int", names, 2)
        number = draw(st.integers(low, high))
        return maker.pick(
            number, number, {"min": [high, {"max": [low, wild]}]}, {"min": [high, {"max": [low, wild]}]}, wild
        )

    primitive = maker.pick("uniform", "bits", "sample", "permutation", "weighted", "ratio")
    entry: dict[str, Any] = {"name": name, "primitive": primitive}
    if primitive in ("uniform", "bits", "permutation"):
        entry["n"] = whole(1, 12)
    elif primitive == "sample":
        entry.update({"n": whole(6, 2000), "k": whole(0, 6)})
    elif primitive == "weighted":
        entry["weights"] = maker.pick([1, whole(0, 5)], maker.expression("ints", names, 2), {"range": [whole(2, 9)]})
    else:
        entry.update({"edge": whole(0, 9999), "cap": whole(100, 10**10)})
    if maker.pick(True, False, False) and primitive in ("uniform", "weighted", "ratio"):
        entry["times"] = whole(1, 8)
    return entry


def _kind_of_draw(entry: dict[str, Any]) -> str:
    single = entry["primitive"] in ("uniform", "weighted", "ratio") and "times" not in entry
    return "int" if single else "ints"
