"""Rules documents: their form, checked from the names to the claims (rules.md R1 to R7)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from rng import canonical
from rng.games.compiler import Compiler, Formula
from rng.games.draws import ARGUMENTS, REPEATABLE
from rng.games.expression import RulesError, Scope, check_name, parse_expression, point
from rng.games.operators import LIST_LIMIT, TEXT_LIMIT, Value, show
from rng.games.parameters import Parameter, ParameterError, parse_parameter
from rng.games.rules import Claims, DrawRule, Rules, check_parameters, width

DOCUMENT_LIMIT = 262_144
DOCUMENT_DEPTH_LIMIT = 63
TABLE_DEPTH_LIMIT = 6
FIELDS = (
    "type",
    "version",
    "name",
    "summary",
    "parameters",
    "tables",
    "draws",
    "let",
    "outcome",
    "payout",
    "odds",
    "claims",
)
SHAPES = ("rising", "falling", "valley")

_GAME = re.compile(r"[a-z][a-z0-9-]{0,63}\Z")
_ODDS = re.compile(r"[ -~]{1,64}\Z")
_SUMMARY = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,500}\Z")


def parse_rules(document: object) -> Rules:
    """Return the rules of a document.

    Args:
        document: the document as JSON values (rules.md). It must not be changed afterwards.

    Raises:
        RulesError: the document is malformed; the error names the place.
    """
    if not isinstance(document, dict):
        raise RulesError("", f"a rules document is an object, this is {show(document)}")
    try:
        encoded = canonical.encode(document)
    except canonical.CanonicalError as error:
        raise RulesError("", f"has no canonical form: {error}") from None
    if len(encoded) > DOCUMENT_LIMIT:
        raise RulesError("", f"is at most {DOCUMENT_LIMIT} bytes long, this is {len(encoded)}")
    _check_depth(document, "", DOCUMENT_DEPTH_LIMIT)
    _exact(document, FIELDS, "")
    if document["type"] != "rules":
        raise RulesError("/type", f'is "rules", this is {show(document["type"])}')
    if type(document["version"]) is not int or document["version"] != 1:
        raise RulesError("/version", f"this language is version 1, this is {show(document['version'])}")
    name, summary = document["name"], document["summary"]
    if not isinstance(name, str) or not _GAME.match(name):
        raise RulesError("/name", f"is 1 to 64 of a-z, 0-9 and -, beginning with a letter; this is {show(name)}")
    if not isinstance(summary, str) or not _SUMMARY.match(summary):
        raise RulesError(
            "/summary", f"is a sentence of 1 to 500 characters, none a control character; this is {show(summary)}"
        )
    return _Parser(document).rules(name, canonical.digest(document))


class _Parser:
    """Go through a document from its names to its claims; each part sees what the parts before it declared."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.tables = _tables(document["tables"])
        names = self._declared()
        self.declared = frozenset(names) | frozenset(self.tables)
        self.visible = dict.fromkeys(self.tables, 1)
        self.compiler = Compiler(self.tables, tuple(names))

    def _declared(self) -> list[str]:
        names: list[str] = []
        taken = set(self.tables)
        for part in ("parameters", "draws", "let"):
            for place, entry in enumerate(_list(self.document[part], point("", part))):
                path = point("", part, place, "name")
                name = check_name(entry.get("name") if isinstance(entry, dict) else None, path)
                if name in taken:
                    raise RulesError(path, f"the name {show(name)} is declared already")
                taken.add(name)
                names.append(name)
        return names

    def rules(self, name: str, digest: str) -> Rules:
        """Return the record."""
        parameters = tuple(
            self._parameter(entry, point("", "parameters", place))
            for place, entry in enumerate(self.document["parameters"])
        )
        if not self.document["draws"]:
            raise RulesError("/draws", "a game makes at least one draw")
        draws = tuple(
            self._draw(entry, point("", "draws", place)) for place, entry in enumerate(self.document["draws"])
        )
        self.visible.update(dict.fromkeys((draw.name for draw in draws), 1))
        lets = tuple(self._let(entry, point("", "let", place)) for place, entry in enumerate(self.document["let"]))
        fields = self.document["outcome"]
        if not isinstance(fields, dict) or not fields:
            raise RulesError("/outcome", f"is an object with at least one field; this is {show(fields)}")
        outcome = tuple(
            self._formula(check_name(field, point("/outcome", field)), expression, point("/outcome", field))
            for field, expression in fields.items()
        )
        payout = (
            None if self.document["payout"] is None else self._formula("payout", self.document["payout"], "/payout")
        )
        rules = Rules(
            name=name,
            digest=digest,
            summary=self.document["summary"],
            document=MappingProxyType(self.document),
            tables=MappingProxyType(self.tables),
            parameters=parameters,
            draws=draws,
            lets=lets,
            outcome=outcome,
            payout=payout,
            odds=self._odds(),
            claims=_claims(self.document["claims"], self.tables, has_payout=payout is not None),
            scope=self._scope(),
            compiler=self.compiler,
        )
        try:
            width(rules, check_parameters(rules, {}, fill_defaults=True))
        except ParameterError as error:
            raise RulesError("/parameters", f"the defaults are not valid: {error}") from None
        return rules

    def _scope(self) -> Scope:
        return Scope(dict(self.visible), self.declared)

    def _formula(self, name: str, expression: object, path: str) -> Formula:
        return self.compiler.compile(name, parse_expression(expression, scope=self._scope(), path=path))

    def _parameter(self, entry: object, path: str) -> Parameter:
        parameter = parse_parameter(entry, compiler=self.compiler, scope=self._scope(), tables=self.tables, path=path)
        self.visible[parameter.name] = 1
        return parameter

    def _draw(self, entry: dict[str, Any], path: str) -> DrawRule:
        primitive = entry.get("primitive")
        if not isinstance(primitive, str) or primitive not in ARGUMENTS:
            raise RulesError(point(path, "primitive"), f"is one of {', '.join(ARGUMENTS)}; this is {show(primitive)}")
        arguments = ARGUMENTS[primitive]
        if "times" in entry:
            if primitive not in REPEATABLE:
                raise RulesError(point(path, "times"), f"repeats {', '.join(sorted(REPEATABLE))} only")
            arguments = (*arguments, "times")
        _exact(entry, ("name", "primitive", *arguments), path)
        formulas = {name: self._formula(name, entry[name], point(path, name)) for name in arguments}
        return DrawRule(entry["name"], primitive, MappingProxyType(formulas), path)

    def _let(self, entry: dict[str, Any], path: str) -> Formula:
        _exact(entry, ("name", "is"), path)
        name = entry["name"]
        node = parse_expression(entry["is"], scope=self._scope(), path=point(path, "is"))
        self.visible[name] = 1 + node.depth
        return self.compiler.define(name, node)

    def _odds(self) -> tuple[Formula, ...]:
        odds: dict[str, Formula] = {}
        for place, entry in enumerate(_list(self.document["odds"], "/odds")):
            path = point("/odds", place)
            _exact(entry, ("name", "of"), path)
            name = entry["name"]
            if not isinstance(name, str) or not _ODDS.match(name):
                raise RulesError(point(path, "name"), f"is 1 to 64 printable ASCII characters; this is {show(name)}")
            if name in odds:
                raise RulesError(point(path, "name"), f"the name {show(name)} is declared already")
            odds[name] = self._formula(name, entry["of"], point(path, "of"))
        return tuple(odds.values())


def _check_depth(value: object, path: str, left: int) -> None:
    # A proof file carries the rules in one of its fields and has 64 levels for itself and the rules (canonical.md C7).
    if not isinstance(value, (dict, list)):
        return
    if left == 0:
        raise RulesError(path, f"a rules document nests at most {DOCUMENT_DEPTH_LIMIT} objects and lists deep")
    for item in value.values() if isinstance(value, dict) else value:
        _check_depth(item, path, left - 1)


def _exact(entry: object, fields: tuple[str, ...], path: str) -> None:
    if not isinstance(entry, dict):
        raise RulesError(path, f"is an object with the fields {', '.join(fields)}; this is {show(entry)}")
    for name in fields:
        if name not in entry:
            raise RulesError(path, f"lacks the field {name}")
    for name in entry:
        if name not in fields:
            raise RulesError(point(path, name), f"is no field of this object; there are {', '.join(fields)}")


def _list(value: object, path: str) -> list[Any]:
    if isinstance(value, list):
        return value
    raise RulesError(path, f"is a list; this is {show(value)}")


def _tables(document: object) -> dict[str, Value]:
    if not isinstance(document, dict):
        raise RulesError("/tables", f"is an object from table name to data; this is {show(document)}")
    for name, table in document.items():
        path = point("/tables", name)
        check_name(name, path)
        _check_table(table, path, 0)
    return document


def _check_table(value: object, path: str, depth: int) -> None:
    if isinstance(value, str) and len(value) > TEXT_LIMIT:
        raise RulesError(path, f"a text has at most {TEXT_LIMIT} characters, this has {len(value)}")
    if isinstance(value, (str, int)):
        return
    if not isinstance(value, (list, dict)):
        raise RulesError(path, f"a table holds integers, texts, booleans, lists and objects; this is {show(value)}")
    if depth == TABLE_DEPTH_LIMIT:
        raise RulesError(path, f"a table nests at most {TABLE_DEPTH_LIMIT} deep")
    if isinstance(value, list) and len(value) > LIST_LIMIT:
        raise RulesError(path, f"a list has at most {LIST_LIMIT} elements, this one has {len(value)}")
    for key, item in enumerate(value) if isinstance(value, list) else value.items():
        _check_table(item, point(path, key), depth + 1)


def _claims(document: object, tables: Mapping[str, Value], *, has_payout: bool) -> Claims:
    _exact(document, ("return", "shapes"), "/claims")
    assert isinstance(document, dict)
    bounds = document["return"]
    least = most = None
    if has_payout:
        form = isinstance(bounds, list) and len(bounds) == 2 and all(type(bound) is int for bound in bounds)
        if not form or not 0 <= bounds[0] <= bounds[1]:
            raise RulesError("/claims/return", f"is [least, most] in ten-thousandths; this is {show(bounds)}")
        least, most = bounds
    elif bounds is not None:
        raise RulesError("/claims/return", f"is null where the payout is null; this is {show(bounds)}")
    shapes = []
    for place, entry in enumerate(_list(document["shapes"], "/claims/shapes")):
        path = point("/claims/shapes", place)
        _exact(entry, ("table", "shape"), path)
        if not isinstance(entry["table"], str) or entry["table"] not in tables:
            raise RulesError(point(path, "table"), f"there is no table {show(entry['table'])}")
        if not isinstance(entry["shape"], str) or entry["shape"] not in SHAPES:
            raise RulesError(point(path, "shape"), f"is one of {', '.join(SHAPES)}; this is {show(entry['shape'])}")
        shapes.append((entry["table"], entry["shape"]))
    return Claims(least, most, tuple(shapes))
