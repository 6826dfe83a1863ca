"""Games as data: rules documents, their exact odds, and the linter that holds a document to its claims.

`rng.games.loader` reads files and is imported by name; everything here is pure.
"""

from rng.games.document import parse_rules
from rng.games.expression import ExpressionError, RulesError
from rng.games.parameters import Parameter, ParameterError
from rng.games.rules import Prepared, Rules, check_parameters, prepare_rules, settle, width

__all__ = [
    "ExpressionError",
    "Parameter",
    "ParameterError",
    "Prepared",
    "Rules",
    "RulesError",
    "check_parameters",
    "parse_rules",
    "prepare_rules",
    "settle",
    "width",
]
