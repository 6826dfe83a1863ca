"""Rules documents for commands: the bundled ones, read as data and not as code, or a file; and parameters."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from cli.errors import CliError
from cli.sources import read_file
from verifier import Malformed, Rules, TooExpensive, parameter_from_text, read_rules, with_defaults
from verifier.canonical import Json
from verifier.rules import MAX_DOCUMENT_BYTES

_NAME = re.compile(r"[a-z][a-z0-9-]{0,63}\Z")
_PARAMETER = re.compile(r"([a-z][a-z0-9_]{0,31})=(.*)\Z", re.DOTALL)


def documents_folder() -> Path:
    """Return the folder of the bundled documents; the package `rng` is found and not imported.

    Raises:
        CliError: the installation lacks them.
    """
    spec = importlib.util.find_spec("rng")
    for place in (spec.submodule_search_locations or ()) if spec is not None else ():
        folder = Path(place) / "games" / "documents"
        if folder.is_dir():
            return folder
    raise CliError("the bundled games are not installed; install fairlot again, or give a document with --rules FILE")


def bundled_names() -> list[str]:
    """List the names of the bundled games, sorted."""
    return sorted(path.stem for path in documents_folder().glob("*.json"))


def bundled_rules(name: str) -> Rules:
    """Return a bundled game's rules.

    Raises:
        CliError: there is no such game.
    """
    if _NAME.match(name) is None or not (documents_folder() / f"{name}.json").is_file():
        raise CliError(
            f"no game is called {name[:80]!r}; there are: {', '.join(bundled_names())}; or give --rules FILE"
        )
    return rules_from_file(str(documents_folder() / f"{name}.json"))


def rules_from_file(path: str) -> Rules:
    """Return the rules of a file.

    Raises:
        CliError: it cannot be read, or is no rules document.
    """
    try:
        return read_rules(read_file(path, most_bytes=4 * MAX_DOCUMENT_BYTES))
    except (Malformed, TooExpensive) as error:
        raise CliError(f"{path}: is no rules document: {error}") from None


def chosen_rules(game: str | None, rules_file: str | None) -> Rules:
    """Return the rules that `--game` and `--rules` name.

    Raises:
        CliError: neither is given, or the document is of another game.
    """
    if rules_file is None:
        if game is None:
            raise CliError("name a game with --game, or give its document with --rules FILE")
        return bundled_rules(game)
    rules = rules_from_file(rules_file)
    if game is not None and game != rules.name:
        raise CliError(f"{rules_file}: is the document of {rules.name!r}, not of {game[:80]!r}; leave --game out")
    return rules


def given_parameters(rules: Rules, texts: tuple[str, ...]) -> dict[str, Json]:
    """Return the parameters that `--param k=v` gives, typed as the rules declare them; defaults are not filled in.

    Raises:
        CliError: one has another form, is unknown, or is there twice. Ranges are not looked at here.
    """
    given: dict[str, Json] = {}
    for text in texts:
        match = _PARAMETER.match(text)
        if match is None:
            raise CliError(f"--param {text[:100]!r}: give it as name=value, a set as name=1,2,3")
        name, value = match.groups()
        if name in given:
            raise CliError(f"--param {name}: is given twice")
        try:
            given[name] = parameter_from_text(rules.document, name, value)
        except Malformed as error:
            raise CliError(f"--param {text[:100]!r}: {error.reason}") from None
    return given


def all_parameters(rules: Rules, texts: tuple[str, ...]) -> dict[str, Json]:
    """Return every parameter: those that `--param k=v` gives, and the defaults of the others.

    Raises:
        CliError: as `given_parameters`.
    """
    return with_defaults(rules.document, given_parameters(rules, texts))
