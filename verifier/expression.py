"""Evaluate expressions of the rules language, one node of the tree after another: ``spec/rules.md`` R5 and R9.

`check_expression` is the form, which holds whether or not an expression is ever evaluated; `evaluate` is the value.
"""

from verifier.canonical import Json, Malformed
from verifier.fields import name as name_field
from verifier.fields import shown
from verifier.operators import MAX_ELEMENTS, OPERATORS, apply, is_boolean

MAX_TEXT = 1000
MAX_NESTING = 32
MAX_NESTING_THROUGH_LETS = 256
MAX_STEPS = 2**22


class TooExpensive(Exception):
    """Say that the rules ask for more work than an evaluator grants: rules.md R9. It refutes nothing."""


class Scope:
    """Hold the values that names have in a round, its ``let`` entries until they are needed, and the work left."""

    __slots__ = ("pending", "steps_left", "values")

    def __init__(self, *, steps: int = MAX_STEPS) -> None:
        self.values: dict[str, Json] = {}
        self.pending: dict[str, Json] = {}
        self.steps_left = steps

    def spend(self, steps: int) -> None:
        """Count steps of work.

        Raises:
            TooExpensive: the work granted is used up.
        """
        self.steps_left -= steps
        if self.steps_left < 0:
            raise TooExpensive("the rules ask for more steps of work than this verifier grants a round")

    def value(self, name: str) -> Json:
        """Return the value that a name has; a ``let`` entry is evaluated when it is first needed.

        Raises:
            Malformed, TooExpensive: as `evaluate`.
        """
        if name not in self.values:
            if name not in self.pending:
                raise Malformed(f"has a name without a value: {shown(name)}")
            # Without the variables of a `map` that happens to need the entry first: it cannot name them, and a `map`
            # inside the entry may use the same name for a variable of its own.
            self.values[name] = evaluate(self.pending[name], self)
        return self.values[name]


_NO_VARIABLES: dict[str, Json] = {}


def evaluate(expression: Json, scope: Scope, variables: dict[str, Json] = _NO_VARIABLES) -> Json:
    """Return the value of an expression whose form `check_expression` has passed.

    Args:
        expression: the expression as it stands in the rules.
        scope: the values of names, and the work left.
        variables: the values of the variables of the ``map``s around the expression.

    Raises:
        Malformed: the rules give no value here.
        TooExpensive: the work granted is used up.

    Specification: rules.md R5.
    """
    scope.spend(1)
    if isinstance(expression, bool | int):
        return expression
    if isinstance(expression, str):
        return variables[expression] if expression in variables else scope.value(expression)
    if isinstance(expression, list):
        # Plain loops here and below: a comprehension would take a second frame of Python's stack for each level.
        values = []
        for element in expression:
            values.append(evaluate(element, scope, variables))
        return values
    if not isinstance(expression, dict) or len(expression) != 1:
        raise Malformed(f"is no expression: {shown(expression)}")
    ((operator, arguments),) = expression.items()
    if operator == "text":
        return arguments
    if not isinstance(arguments, list):
        raise Malformed(f"{operator} takes a list of arguments, not {shown(arguments)}")
    # Four operators decide for themselves which arguments they evaluate.
    if operator == "if":
        condition = _boolean(operator, evaluate(arguments[0], scope, variables))
        return evaluate(arguments[1] if condition else arguments[2], scope, variables)
    if operator in ("and", "or"):
        decides = operator == "or"
        for argument in arguments:
            if _boolean(operator, evaluate(argument, scope, variables)) is decides:
                return decides
        return not decides
    if operator == "map":
        return _map(arguments, scope, variables)
    values = []
    for argument in arguments:
        values.append(evaluate(argument, scope, variables))
    return apply(operator, values, spend=scope.spend)


def check_expression(
    expression: Json, path: str, *, visible: dict[str, int], declared: frozenset[str], around: int = 0
) -> int:
    """Check the form of an expression and return how deep it nests, counted through the ``let`` entries it names.

    Args:
        expression: a value from a stranger's document.
        path: where it stands, for errors.
        visible: the names that it may use; a ``let`` entry with its depth, any other name with 0.
        declared: every name that the document declares anywhere, which no ``map`` may take for its variable.
        around: how many expressions there are around this one.

    Raises:
        Malformed: the form is another.

    Specification: rules.md R1 and R5.
    """
    if around >= MAX_NESTING:
        raise Malformed(f"nests deeper than {MAX_NESTING} expressions", path)
    depth = _check_node(expression, path, visible=visible, declared=declared, around=around)
    if depth > MAX_NESTING_THROUGH_LETS:
        raise Malformed(f"nests deeper than {MAX_NESTING_THROUGH_LETS} expressions, counted through `let`", path)
    return depth


def _check_node(expression: Json, path: str, *, visible: dict[str, int], declared: frozenset[str], around: int) -> int:
    if isinstance(expression, bool | int):
        return 1
    if isinstance(expression, str):
        if expression not in visible:
            raise Malformed(f"uses a name that is not visible here: {shown(expression)}", path)
        return 1 + visible[expression]
    if isinstance(expression, list):
        if len(expression) > MAX_ELEMENTS:
            raise Malformed(f"is a list of more than {MAX_ELEMENTS} elements: {len(expression)}", path)
        children = expression
    elif isinstance(expression, dict):
        if len(expression) != 1:
            raise Malformed(f"must be an object with exactly one operator, not {len(expression)} members", path)
        ((operator, arguments),) = expression.items()
        path = f"{path}.{operator}" if operator in OPERATORS or operator == "text" else path
        if operator == "text":
            if not isinstance(arguments, str):
                raise Malformed(f"must be a text, not {shown(arguments)}", path)
            if len(arguments) > MAX_TEXT:
                raise Malformed(f"must have at most {MAX_TEXT} characters, not {len(arguments)}", path)
            return 1
        if operator not in OPERATORS:
            raise Malformed(f"has an unknown operator: {shown(operator)}", path)
        least, most = OPERATORS[operator]
        if not isinstance(arguments, list):
            raise Malformed(f"must be a list of arguments, not {shown(arguments)}", path)
        if len(arguments) < least or (most is not None and len(arguments) > most):
            raise Malformed(f"has a wrong number of arguments: {len(arguments)}", path)
        children = arguments
        if operator == "map":
            variable = name_field(arguments[1], f"{path}[1]")
            if variable in declared or variable in visible:
                raise Malformed(f"takes a name for its variable that is declared already: {variable!r}", f"{path}[1]")
            over = check_expression(arguments[0], f"{path}[0]", visible=visible, declared=declared, around=around + 1)
            visible[variable] = 0
            body = check_expression(arguments[2], f"{path}[2]", visible=visible, declared=declared, around=around + 1)
            del visible[variable]
            return 1 + max(over, body)
    else:
        raise Malformed(f"is no expression: {shown(expression)}", path)
    deepest = 0
    for index, child in enumerate(children):
        depth = check_expression(child, f"{path}[{index}]", visible=visible, declared=declared, around=around + 1)
        deepest = max(deepest, depth)
    return 1 + deepest


def _map(arguments: list[Json], scope: Scope, variables: dict[str, Json]) -> Json:
    elements = evaluate(arguments[0], scope, variables)
    if not isinstance(elements, list):
        raise Malformed(f"map takes a list first, not {shown(elements)}")
    variable, body = arguments[1], arguments[2]
    if not isinstance(variable, str):
        raise Malformed(f"map takes the name of a variable second, not {shown(variable)}")
    inside = dict(variables)
    results: list[Json] = []
    for element in elements:
        scope.spend(1)
        inside[variable] = element
        results.append(evaluate(body, scope, inside))
    return results


def _boolean(operator: str, value: Json) -> bool:
    if not is_boolean(value):
        raise Malformed(f"{operator} takes booleans, not {shown(value)}")
    return value is True
