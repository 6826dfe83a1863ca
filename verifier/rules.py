"""Check the form of a game's rules document: ``spec/rules.md`` R1 to R7, as far as form goes.

The document comes from a stranger. What passes here can be evaluated by `verifier.rounds` with no other exception
than `Malformed` and `TooExpensive`.
"""

from dataclasses import dataclass

from verifier.canonical import Json, Malformed, digest, encode
from verifier.draws import ARGUMENTS, REPEATABLE, planned_draws
from verifier.expression import MAX_TEXT, Scope, TooExpensive, check_expression
from verifier.fields import game_name, integer, items, members, one_of, printable, shown, text
from verifier.fields import name as name_field
from verifier.operators import MAX_ELEMENTS
from verifier.parameters import check_parameters, with_defaults
from verifier.plain_json import read_json

MAX_DOCUMENT_BYTES = 262_144
MAX_DOCUMENT_DEPTH = 63
MAX_TABLE_DEPTH = 6

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


@dataclass(frozen=True, slots=True)
class Rules:
    """Hold a rules document whose form was checked; ``digest`` is 64 lower-case hex digits."""

    name: str
    digest: str
    document: dict[str, Json]


def read_rules(data: bytes) -> Rules:
    """Read a rules document as people keep it: JSON, with any white space and any order of fields.

    Args:
        data: the file's bytes. The digest is over the canonical form, so how the file is laid out does not matter.

    Raises:
        Malformed: it is no rules document.

    Specification: rules.md R1 to R7.
    """
    return check_rules(read_json(data, most_bytes=4 * MAX_DOCUMENT_BYTES))


def check_rules(value: Json, path: str = "$") -> Rules:
    """Check the form of a rules document that is decoded already.

    Args:
        value: the document.
        path: where it stands, for errors.

    Raises:
        Malformed: it is no rules document.

    Specification: rules.md R1 to R7.
    """
    document = members(value, path, FIELDS)
    one_of(document["type"], f"{path}.type", ("rules",))
    integer(document["version"], f"{path}.version", low=1, high=1)
    size = len(encode(document))
    if size > MAX_DOCUMENT_BYTES:
        raise Malformed(f"must be at most {MAX_DOCUMENT_BYTES} bytes long, not {size}", path)
    _check_depth(document, path, left=MAX_DOCUMENT_DEPTH)
    text(document["summary"], f"{path}.summary", most=500)
    declared = _declared(document, path)
    # R5: what an expression may name grows from part to part, in this order.
    visible: dict[str, int] = {}
    tables = _tables(document["tables"], f"{path}.tables")
    visible.update(dict.fromkeys(tables, 0))
    for index, parameter in enumerate(_entries(document["parameters"])):
        _check_parameter(parameter, f"{path}.parameters[{index}]", tables=tables, visible=visible, declared=declared)
        visible[str(parameter["name"])] = 0
    for index, draw in enumerate(_entries(document["draws"])):
        _check_draw(draw, f"{path}.draws[{index}]", visible=visible, declared=declared)
    visible.update({str(draw["name"]): 0 for draw in _entries(document["draws"])})
    for index, entry in enumerate(_entries(document["let"])):
        members(entry, f"{path}.let[{index}]", ("name", "is"))
        depth = check_expression(entry["is"], f"{path}.let[{index}].is", visible=visible, declared=declared)
        visible[str(entry["name"])] = depth
    _check_results(document, path, visible=visible, declared=declared)
    _check_claims(document, path, tables=tables)
    _check_defaults(document, path)
    return Rules(name=game_name(document["name"], f"{path}.name"), digest=digest(document), document=document)


def _check_depth(value: Json, path: str, *, left: int) -> None:
    # `encode` has seen to it that nothing is nested so deep that this could exhaust the stack.
    if isinstance(value, dict | list):
        if left == 0:
            raise Malformed(f"is nested deeper than {MAX_DOCUMENT_DEPTH} objects and lists", path)
        for inner in value if isinstance(value, list) else value.values():
            _check_depth(inner, path, left=left - 1)


def _check_defaults(document: dict[str, Json], path: str) -> None:
    # R2: with every default taken the parameters are valid and the draws can be made; R9: too expensive is malformed.
    scope = Scope()
    try:
        check_parameters(document, with_defaults(document, {}), scope=scope, path=f"{path}.parameters")
        planned_draws(document, scope)
    except TooExpensive as error:
        raise Malformed(str(error), f"{path}.parameters") from None
    except Malformed as error:
        raise Malformed(error.reason, error.path if error.path.startswith(path) else f"{path}.{error.path}") from None


def _declared(document: dict[str, Json], path: str) -> frozenset[str]:
    # R1: one name space for parameters, tables, draws and `let` entries.
    tables = document["tables"]
    if not isinstance(tables, dict):
        raise Malformed(f"must be an object, not {shown(tables)}", f"{path}.tables")
    places = [(name, f"{path}.tables") for name in tables]
    for part, least in (("parameters", 0), ("draws", 1), ("let", 0)):
        for index, entry in enumerate(items(document[part], f"{path}.{part}", least=least, most=MAX_ELEMENTS)):
            here = f"{path}.{part}[{index}]"
            if not isinstance(entry, dict) or "name" not in entry:
                raise Malformed("must be an object with a name", here)
            places.append((name_field(entry["name"], f"{here}.name"), here))
    declared: set[str] = set()
    for name, here in places:
        if name_field(name, here) in declared:
            raise Malformed(f"declares a name for the second time: {name!r}", here)
        declared.add(name)
    return frozenset(declared)


def _entries(value: Json) -> list[dict[str, Json]]:
    # `_declared` has seen to it that these are lists of objects with names.
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _tables(value: Json, path: str) -> dict[str, Json]:
    tables = value if isinstance(value, dict) else {}
    for name, table in tables.items():
        _check_constant(table, f"{path}.{name}", depth=0)
    return tables


def _check_constant(value: Json, path: str, *, depth: int) -> None:
    if isinstance(value, bool | int):
        return
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            raise Malformed(f"must have at most {MAX_TEXT} characters, not {len(value)}", path)
        return
    if value is None:
        raise Malformed("must not be null", path)
    if depth == MAX_TABLE_DEPTH:
        raise Malformed(f"is nested deeper than {MAX_TABLE_DEPTH} lists and objects", path)
    if isinstance(value, list):
        for index, element in enumerate(items(value, path, most=MAX_ELEMENTS)):
            _check_constant(element, f"{path}[{index}]", depth=depth + 1)
    else:
        for name, member in value.items():
            _check_constant(member, f"{path}.{name}", depth=depth + 1)


def _check_parameter(
    parameter: dict[str, Json],
    path: str,
    *,
    tables: dict[str, Json],
    visible: dict[str, int],
    declared: frozenset[str],
) -> None:
    kind = one_of(parameter.get("type"), f"{path}.type", ("integer", "choice", "set"))
    default = parameter.get("default")
    if kind == "choice":
        members(parameter, path, ("name", "type", "of", "default"))
        _check_choices(parameter["of"], f"{path}.of", tables=tables)
        if not isinstance(default, str):
            raise Malformed(f"must be a text, not {shown(default)}", f"{path}.default")
        return
    bounds = ("min", "max") if kind == "integer" else ("min", "max", "at_least", "at_most")
    members(parameter, path, ("name", "type", *bounds, "default"))
    for bound in bounds:
        check_expression(parameter[bound], f"{path}.{bound}", visible=visible, declared=declared)
    if kind == "integer":
        integer(default, f"{path}.default", low=-(2**53 - 1))
    else:
        for index, element in enumerate(items(default, f"{path}.default", most=MAX_ELEMENTS)):
            integer(element, f"{path}.default[{index}]", low=-(2**53 - 1))


def _check_choices(of: Json, path: str, *, tables: dict[str, Json]) -> None:
    if isinstance(of, str):
        if not isinstance(tables.get(of), dict):
            raise Malformed(f"must name a table that is an object, not {shown(of)}", path)
        return
    choices: set[str] = set()
    for index, choice in enumerate(items(of, path, least=1, most=MAX_ELEMENTS)):
        if not isinstance(choice, str) or len(choice) > MAX_TEXT or choice in choices:
            raise Malformed(f"must be a text that occurs once, not {shown(choice)}", f"{path}[{index}]")
        choices.add(choice)


def _check_draw(draw: dict[str, Json], path: str, *, visible: dict[str, int], declared: frozenset[str]) -> None:
    primitive = one_of(draw.get("primitive"), f"{path}.primitive", tuple(ARGUMENTS))
    expressions = ARGUMENTS[primitive]
    if "times" in draw:
        if primitive not in REPEATABLE:
            raise Malformed(f"{primitive} cannot be repeated", f"{path}.times")
        expressions = (*expressions, "times")
    members(draw, path, ("name", "primitive", *expressions))
    for argument in expressions:
        check_expression(draw[argument], f"{path}.{argument}", visible=visible, declared=declared)


def _check_results(document: dict[str, Json], path: str, *, visible: dict[str, int], declared: frozenset[str]) -> None:
    outcome = document["outcome"]
    if not isinstance(outcome, dict) or not outcome:
        raise Malformed("must be an object with at least one field", f"{path}.outcome")
    for field, expression in outcome.items():
        name_field(field, f"{path}.outcome")
        check_expression(expression, f"{path}.outcome.{field}", visible=visible, declared=declared)
    if document["payout"] is not None:
        check_expression(document["payout"], f"{path}.payout", visible=visible, declared=declared)
    quantities: set[str] = set()
    for index, entry in enumerate(items(document["odds"], f"{path}.odds", most=MAX_ELEMENTS)):
        here = f"{path}.odds[{index}]"
        quantity = members(entry, here, ("name", "of"))
        called = printable(quantity["name"], f"{here}.name", most=64)
        if called in quantities:
            raise Malformed(f"declares a name for the second time: {called!r}", here)
        quantities.add(called)
        check_expression(quantity["of"], f"{here}.of", visible=visible, declared=declared)


def _check_claims(document: dict[str, Json], path: str, *, tables: dict[str, Json]) -> None:
    # R7: evaluators carry the claims; only their form is looked at.
    claims = members(document["claims"], f"{path}.claims", ("return", "shapes"))
    here = f"{path}.claims.return"
    if (claims["return"] is None) is not (document["payout"] is None):
        raise Malformed("must be null exactly where the payout is null", here)
    if claims["return"] is not None:
        least, most = items(claims["return"], here, least=2, most=2)
        integer(most, f"{here}[1]", low=integer(least, f"{here}[0]"))
    for index, entry in enumerate(items(claims["shapes"], f"{path}.claims.shapes", most=MAX_ELEMENTS)):
        here = f"{path}.claims.shapes[{index}]"
        shape = members(entry, here, ("table", "shape"))
        if not isinstance(shape["table"], str) or shape["table"] not in tables:
            raise Malformed(f"must name a table, not {shown(shape['table'])}", f"{here}.table")
        one_of(shape["shape"], f"{here}.shape", SHAPES)
