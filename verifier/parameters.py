"""Check the parameters of a round against the rules that declare them: ``spec/rules.md`` R2."""

from verifier.canonical import MAX_INTEGER, Json, Malformed
from verifier.expression import Scope, evaluate
from verifier.fields import integer, items, members, shown
from verifier.operators import MAX_ELEMENTS


def check_parameters(document: dict[str, Json], given: Json, *, scope: Scope, path: str = "parameters") -> None:
    """Check that exactly the declared parameters are given, each in its range, and put their values in the scope.

    Args:
        document: a rules document whose form was checked.
        given: parameter name to value.
        scope: receives tables and parameters; its steps pay for the bounds.
        path: where the parameters stand, for errors.

    Raises:
        Malformed: a parameter is missing, unknown or out of range, or the rules give no bound for it.
        TooExpensive: the bounds ask for more work than the scope has.

    Specification: rules.md R2.
    """
    declared = _declared(document)
    values = members(given, path, [str(parameter["name"]) for parameter in declared])
    tables = document["tables"]
    if isinstance(tables, dict):
        scope.values.update(tables)
    for parameter in declared:
        name = str(parameter["name"])
        value = values[name]
        here = f"{path}.{name}"
        if parameter["type"] == "choice":
            choices = _choices(document, parameter)
            if not isinstance(value, str) or value not in choices:
                raise Malformed(f"must be one of {_listed(choices)}, not {shown(value)}", here)
        elif parameter["type"] == "integer":
            low, high = (_bound(parameter, bound, here, scope=scope) for bound in ("min", "max"))
            integer(value, here, low=low, high=high)
        else:
            _check_set(parameter, value, here, scope=scope)
        scope.values[name] = value


def with_defaults(document: dict[str, Json], given: dict[str, Json]) -> dict[str, Json]:
    """Return the given parameters, and the defaults of those that are not given.

    Args:
        document: a rules document whose form was checked.
        given: parameter name to value; unknown names are kept, so that `check_parameters` can refuse them.
    """
    return {str(parameter["name"]): parameter["default"] for parameter in _declared(document)} | given


def parameter_from_text(document: dict[str, Json], name: str, text: str) -> Json:
    """Read a parameter as people type it: an integer, a choice, or a set such as ``3,7,12``.

    Args:
        document: a rules document whose form was checked.
        name: the parameter.
        text: its value; a set's numbers may come in any order, and the empty text is the empty set.

    Raises:
        Malformed: there is no such parameter, or the text is no value of its type. Its range is not looked at.
    """
    for parameter in _declared(document):
        if parameter["name"] != name:
            continue
        if parameter["type"] == "choice":
            return text
        if parameter["type"] == "integer":
            return _number(text, name)
        numbers = [_number(part, name) for part in text.split(",")] if text.strip() else []
        return [*sorted(numbers)]
    names = ", ".join(str(parameter["name"]) for parameter in _declared(document))
    raise Malformed(f"has no parameter {shown(name)}; its parameters are: {names or 'none'}", "parameters")


def _declared(document: dict[str, Json]) -> list[dict[str, Json]]:
    parameters = document["parameters"]
    return [entry for entry in parameters if isinstance(entry, dict)] if isinstance(parameters, list) else []


def _choices(document: dict[str, Json], parameter: dict[str, Json]) -> list[str]:
    of = parameter["of"]
    if isinstance(of, str):
        tables = document["tables"]
        table = tables.get(of) if isinstance(tables, dict) else None
        return list(table) if isinstance(table, dict) else []
    return [choice for choice in of if isinstance(choice, str)] if isinstance(of, list) else []


def _bound(parameter: dict[str, Json], bound: str, path: str, *, scope: Scope) -> int:
    try:
        return integer(evaluate(parameter[bound], scope), path, low=-MAX_INTEGER)
    except Malformed as error:
        raise Malformed(f"has no value for its bound {bound}: {error.reason}", path) from None


def _check_set(parameter: dict[str, Json], value: Json, path: str, *, scope: Scope) -> None:
    bounds = ("min", "max", "at_least", "at_most")
    low, high, least, most = (_bound(parameter, bound, path, scope=scope) for bound in bounds)
    elements = items(value, path, least=least, most=min(most, MAX_ELEMENTS))
    scope.spend(len(elements))
    before: int | None = None
    for index, element in enumerate(elements):
        number = integer(element, f"{path}[{index}]", low=low, high=high)
        if before is not None and number <= before:
            raise Malformed(f"must be in ascending order, each once: {number} after {before}", f"{path}[{index}]")
        before = number


def _listed(choices: list[str]) -> str:
    few = ", ".join(shown(choice) for choice in choices[:12])
    return few if len(choices) <= 12 else f"{few} and {len(choices) - 12} more"


def _number(text: str, name: str) -> int:
    spelling = text.strip()
    digits = spelling.removeprefix("-")
    # isdecimal alone would let other alphabets' digits through.
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= len(str(MAX_INTEGER))):
        raise Malformed(f"must be an integer, not {shown(text)}", f"parameters.{name}")
    return int(spelling)
