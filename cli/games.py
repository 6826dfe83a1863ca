"""`fairlot games`: rules, parameters, exact odds and exact return of games, and the linter for an operator's own."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import click

from cli.errors import EXIT_REFUTED, CliError
from cli.output import bold, coloured, compact, dim, harmless, show, show_json, table
from cli.returns import decimal_text, percent_text
from cli.rules import bundled_names, bundled_rules, chosen_rules, given_parameters
from verifier import Rules

_SHOWN_VALUES = 24


@click.command(name="games")
@click.argument("name", required=False)
@click.option("--rules", "rules_file", metavar="FILE", help="Show an operator's document instead of a bundled one.")
@click.option("--lint", "lint_file", metavar="FILE", help="Check an operator's document: its form and its claims.")
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="Odds and return for this parameter.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with the whole document.")
@click.pass_context
def command(
    ctx: click.Context,
    name: str | None,
    rules_file: str | None,
    lint_file: str | None,
    params: tuple[str, ...],
    as_json: bool,
) -> None:
    """List the bundled games, or show one: its digest, parameters, odds and return, exact fractions all.

    With --lint: exit code 0 where nothing was found, 1 where the document is not what it claims, 2 where it is none.
    """
    if lint_file is not None:
        if name is not None or rules_file is not None or params:
            raise CliError("--lint stands alone; leave NAME, --rules and --param out")
        ctx.exit(_lint(lint_file, as_json=as_json))
    if name is None and rules_file is None:
        if params:
            raise CliError("--param is for one game; name it, or give --rules FILE")
        _list(as_json=as_json)
        return
    _show_game(chosen_rules(name, rules_file), params, as_json=as_json)


def _list(*, as_json: bool) -> None:
    games = [bundled_rules(name) for name in bundled_names()]
    if as_json:
        listed = [{"name": game.name, "digest": game.digest, "summary": game.document["summary"]} for game in games]
        show_json({"games": listed})
        return
    width = max(len(game.name) for game in games)
    for game in games:
        show(f"{bold(game.name.ljust(width))}  {dim(game.digest)}")
        for line in _wrapped(str(game.document["summary"])):
            show(f"{' ' * width}  {harmless(line)}")


def _wrapped(text: str) -> list[str]:
    import textwrap

    return textwrap.wrap(text, 90)


def _show_game(rules: Rules, params: tuple[str, ...], *, as_json: bool) -> None:
    given = given_parameters(rules, params)
    # The odds are the generator's trade: the verifier only checks rounds. This needs no package beyond the standard
    # library, so a player has it too.
    from rng.games import ExpressionError, ParameterError, RulesError, check_parameters, parse_rules, prepare_rules
    from rng.games.odds import published_odds

    try:
        game = parse_rules(rules.document)
        parameters = check_parameters(game, given, fill_defaults=True)
        if not as_json:
            # Before the odds, which take some seconds where there is much to enumerate.
            _show_head(rules, game, parameters, prepare_rules(game, parameters).frame)
        back, reason = _return(game, parameters)
        odds = published_odds(game, parameters)
    except (RulesError, ParameterError, ExpressionError) as error:
        raise CliError(f"{rules.name}: {error}") from None
    if as_json:
        show_json(
            {
                "name": rules.name,
                "digest": rules.digest,
                "summary": rules.document["summary"],
                "parameters": parameters,
                "return": None if back is None else _number(back),
                "return_unknown": reason,
                "odds": [{"name": one.name, "values": _values(one.distribution), "reason": one.reason} for one in odds],
                "rules": rules.document,
            }
        )
        return
    show(
        f"return    {reason}" if back is None else f"return    {bold(percent_text(back))} of the stake = {back} exactly"
    )
    for one in odds:
        show()
        show(bold(harmless(one.name)) + ("" if one.distribution is not None else f": {one.reason}"))
        for line in _odds_lines(one.distribution or {}):
            show(line)


def _show_head(rules: Rules, game: Any, parameters: Any, frame: Any) -> None:
    show(f"{bold(rules.name)}  {rules.digest}")
    for line in _wrapped(str(rules.document["summary"])):
        show(harmless(line))
    show()
    rows = [
        (one.name, one.kind, _range(one, frame), compact(one.default), compact(parameters[one.name]))
        for one in game.parameters
    ]
    for line in table(rows, header=("parameter", "type", "allowed", "default", "here")) if rows else ["no parameters"]:
        show(line)
    show()


def _return(game: Any, parameters: Any) -> tuple[Fraction | None, str | None]:
    from rng.games.odds import expected_payout
    from rng.games.universe import Intractable

    if game.payout is None:
        return None, "the game goes on after the draw; the engine settles"
    try:
        return expected_payout(game, parameters) / 10_000, None
    except Intractable as answer:
        return None, f"out of reach by enumeration: {answer.reason}"


def _odds_lines(distribution: dict[Any, Fraction]) -> list[str]:
    rows = [
        (_text(value), str(chance), percent_text(chance), f"1 in {decimal_text(1 / chance, digits=6)}")
        for value, chance in list(distribution.items())[:_SHOWN_VALUES]
    ]
    lines = [f"  {line}" for line in table(rows, right=(2,))]
    if len(distribution) > _SHOWN_VALUES:
        lines.append(f"  and {len(distribution) - _SHOWN_VALUES} more; --json has all")
    return lines


def _range(parameter: Any, frame: Any) -> str:
    if parameter.kind == "choice":
        shown = ", ".join(parameter.choices[:16])
        return shown if len(parameter.choices) <= 16 else f"{shown} and {len(parameter.choices) - 16} more"
    limits = parameter.limits(frame)
    numbers = f"{limits['min']} to {limits['max']}"
    if parameter.kind == "integer":
        return numbers
    least, most = limits["at_least"], limits["at_most"]
    return f"{least if least == most else f'{least} to {most}'} of {numbers}"


def _values(distribution: dict[Any, Fraction] | None) -> list[dict[str, object]] | None:
    if distribution is None:
        return None
    return [{"value": value, **_number(chance)} for value, chance in distribution.items()]


def _number(value: Fraction) -> dict[str, str]:
    return {"fraction": str(value), "decimal": decimal_text(value)}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return harmless(value if isinstance(value, str) else str(value))


def _lint(path: str, *, as_json: bool) -> int:
    from pathlib import Path

    from rng.games.lint import lint
    from rng.games.loader import LoadError, load_file

    try:
        rules = load_file(Path(path))
    except LoadError as error:
        raise CliError(str(error)) from None
    report = lint(rules)
    checked = {"settings": report.settings, "settings_in_all": report.of}
    if as_json:
        findings, notes = (
            [{"path": one.path, "message": one.message} for one in found] for found in (report.findings, report.notes)
        )
        show_json({"name": rules.name, "digest": rules.digest, **checked, "findings": findings, "notes": notes})
    else:
        for finding in report.findings:
            show(f"{coloured('finding', 'failed')} {harmless(finding.path)}: {harmless(finding.message)}")
        for note in report.notes:
            show(f"{dim('note')}    {harmless(note.path)}: {harmless(note.message)}")
        total = "very many" if report.of is None else report.of
        verdict = coloured(f"{len(report.findings)} findings", "failed" if report.findings else "passed")
        show(f"{bold(rules.name)} {rules.digest}: {verdict} over {report.settings} of {total} settings")
    return EXIT_REFUTED if report.findings else 0
