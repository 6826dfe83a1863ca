"""`fairlot stats outcomes`: tests of what a game showed, against the exact probabilities of each outcome."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import click

from cli.errors import CliError
from cli.output import show, show_json, warn
from cli.stats_input import lines_of, need_extra, opened, refusals
from cli.stats_laws import MOST_KINDS, Law, game_column, game_draws, parse_probabilities
from cli.stats_plots import check_folder, finding_pictures, outcome_picture, write_plots
from cli.stats_shown import alpha_option, decision, exit_code, family, show_family, show_findings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from statistical_tests.finding import Finding
    from statistical_tests.reading_outcomes import Layout

_DRAWS: Final = ("replacement", "no-replacement", "sorted", "shuffles")


@click.command(name="outcomes")
@click.argument("file", metavar="FILE|-")
@click.option("--kinds", type=click.IntRange(1, MOST_KINDS), metavar="N", help="N outcomes, each equally likely.")
@click.option("--probabilities", metavar="P,P...", help="One for each outcome: fractions or decimals; the sum is 1.")
@click.option("--game", metavar="NAME", help="The exact law of a bundled game: of --column, or of its draws.")
@click.option("--rules", "rules_file", metavar="FILE", help="The game's rules document, instead of a bundled one.")
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="A parameter of the game.")
@click.option(
    "--column", "columns", multiple=True, metavar="NAME", help="A CSV column or JSON member. May be repeated."
)
@click.option("--labels", metavar="A,B...", help="How outcomes 0, 1, 2 ... are written, where they are no numbers.")
@click.option("--first", type=int, default=0, show_default=True, metavar="N", help="The number of the first outcome.")
@click.option(
    "--draws",
    type=click.Choice(_DRAWS),
    help="Lines hold several numbers that belong together: drawn with or without replacement, without it and sorted "
    "since, or a shuffled deck.",
)
@click.option(
    "--layout",
    type=click.Choice(["auto", "text", "csv", "jsonl"]),
    default="auto",
    show_default=True,
    help="One draw a line: numbers, CSV with a line of names, or JSON.",
)
@alpha_option
@click.option("--plots", metavar="DIR", type=click.Path(path_type=Path), help="Write charts there, as SVG.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with each finding.")
@click.pass_context
def command(
    ctx: click.Context,
    file: str,
    kinds: int | None,
    probabilities: str | None,
    game: str | None,
    rules_file: str | None,
    params: tuple[str, ...],
    columns: tuple[str, ...],
    labels: str | None,
    first: int,
    draws: str | None,
    layout: str,
    alpha: float | None,
    plots: Path | None,
    as_json: bool,
) -> None:
    """Test outcomes of a game: the named tests of GLI-19 3.2.2 and GLI-11, with exact references.

    FILE, or - for standard input, holds one draw a line: a number, several, or a member of CSV or JSON Lines. What they
    should be is given by --kinds, --probabilities or --game. For example:

    \b
      fairlot stream --game roulette-european --as outcome --rounds 100000 |
        fairlot stats outcomes - --game roulette-european --column pocket

    Without --column, --game takes the draws themselves, as `fairlot stream --game NAME` writes them. A whole number
    that cannot be is counted by the test Impossible, with p-value 0; anything else that is no outcome is an error with
    its line.

    Exit codes: 0 the tests were made, whatever they found; 1 with --alpha: Holm's rule over all p-values refuses; 2 bad
    input, and nothing is printed.
    """
    need_extra()
    if plots is not None:
        check_folder(plots)
    laws = _laws(kinds, probabilities, game, rules_file, params, columns, labels, draws)
    if not -(2**63) <= first < 2**63:
        raise CliError(f"--first {first}: outcomes are below 2^63, and so is the first of them")
    if first and (labels is not None or game is not None):
        raise CliError("--first is for plain numbers; labels and games say what their outcomes are")
    judged: list[tuple[Law, list[Finding]]] = []
    pictures: dict[str, str] = {}
    for law, values in _read(file, laws, columns, layout, first):
        if law.missing:
            warn(f"fairlot stats outcomes: {law.title} is not judged: {law.missing}")
            continue
        judged.append((law, _judged(law, values, file)))
        if plots is not None:
            pictures |= outcome_picture(values, law)
    if not judged:
        raise CliError("nothing of this game can be judged by its draws; pick an outcome with --column")
    findings = [one for _, found in judged for one in found]
    together = family(findings)
    decided = decision(together, alpha)
    if plots is not None:
        write_plots(plots, {**finding_pictures(findings), **pictures})
    if as_json:
        listed = [
            {**one.as_json(), **({"of": law.title} if law.title else {})} for law, found in judged for one in found
        ]
        show_json({"findings": listed, "family": together, "decision": decided})
    else:
        for place, (law, found) in enumerate(judged):
            if place:
                show()
            show_findings(found, title=law.title)
        show_family(together, decided)
    ctx.exit(exit_code(decided))


def _laws(
    kinds: int | None,
    probabilities: str | None,
    game: str | None,
    rules_file: str | None,
    params: tuple[str, ...],
    columns: tuple[str, ...],
    labels: str | None,
    draws: str | None,
) -> list[Law]:
    """Return the laws that the options ask for, or say which do not go together."""
    is_game = game is not None or rules_file is not None
    given = [name for name, there in (("--kinds", kinds), ("--probabilities", probabilities)) if there is not None]
    given += ["--game"] if is_game else []
    if params and not is_game:
        raise CliError("--param is for a game; name one with --game")
    if draws == "shuffles":
        if given or labels is not None:
            raise CliError("--draws shuffles stands alone: a deck has as many cards as a line has numbers")
        return [Law(form="shuffles")]
    if len(given) != 1:
        what = "give one of" if not given else f"{' and '.join(given)} contradict one another; give one of"
        raise CliError(f"{what} --kinds, --probabilities and --game: they say what outcomes there are")
    if is_game:
        if draws is not None or labels is not None:
            raise CliError("--draws and --labels follow from the game; leave them out")
        if len(columns) > 1:
            raise CliError("--game has the law of one column; judge one after another")
        return [game_column(game, rules_file, params, columns[0])] if columns else game_draws(game, rules_file, params)
    names = None if labels is None else tuple(part.strip() for part in labels.split(","))
    if probabilities is not None:
        if draws is not None:
            raise CliError("--draws is for equally likely numbers; give --kinds in place of --probabilities")
        chances = parse_probabilities(probabilities)
    else:
        assert kinds is not None
        chances = (Fraction(1, kinds),) * kinds
    if names is not None and len(names) != len(chances):
        raise CliError(f"--labels names {len(names)} outcomes, and there are {len(chances)}")
    if draws is not None:
        together = draws == "replacement"
        return [Law(form="draws", kinds=len(chances), replacement=together, in_order=draws != "sorted", labels=names)]
    return [Law(probabilities=chances, labels=names)]


def _read(
    file: str, laws: list[Law], columns: tuple[str, ...], layout: str, first: int
) -> list[tuple[Law, NDArray[Any]]]:
    """Return each law with its numbers: shape [outcomes] for a column, [draws, positions] else."""
    from statistical_tests.reading_outcomes import read_outcomes

    with opened(file) as source, refusals(file):
        chosen = cast("Layout", layout)
        values = read_outcomes(lines_of(source), layout=chosen, columns=columns, labels=laws[0].labels)
    if first:
        values = _counted_from(values, first)
    width = 1 if values.ndim == 1 else values.shape[1]
    wanted = sum(law.width for law in laws)
    if wanted and width != wanted:
        shown = ", ".join(f"{law.title} {law.width}" for law in laws)
        raise CliError(
            f"a line holds {width} numbers, and the game draws {wanted} ({shown}); are the parameters the same?"
        )
    if not wanted and width > 1 and laws[0].form == "column":
        raise CliError(
            f"a line holds {width} numbers: say with --draws how they belong together, or pick one with --column"
        )
    table = values.reshape(len(values), width)
    parts = []
    at = 0
    for law in laws:
        part = table[:, at : at + (law.width or width)]
        at += law.width
        parts.append((law, part[:, 0] if law.form == "column" else part))
    return parts


def _counted_from(values: NDArray[Any], first: int) -> NDArray[Any]:
    """Return numbers less the first one; what would leave 64 bits becomes -1, which cannot be either."""
    import numpy as np

    limits = np.iinfo(np.int64)
    least, most = max(limits.min, limits.min + first), min(limits.max, limits.max + first)
    fits = (values >= least) & (values <= most)
    return np.where(fits, np.where(fits, values, first) - first, -1)


def _judged(law: Law, values: NDArray[Any], file: str) -> list[Finding]:
    from statistical_tests.outcomes import battery
    from statistical_tests.outcomes.interplay_correlation import interplay_between_draws, interplay_correlation
    from statistical_tests.outcomes.rare_outcomes import rare_outcomes
    from statistical_tests.outcomes.total_distribution import total_distribution

    with refusals(file, of=law.title):
        if law.form == "shuffles":
            return battery.run_shuffles(values)
        if law.form == "draws" and law.probabilities:
            return [
                total_distribution(values.reshape(-1), probabilities=law.probabilities),
                rare_outcomes(values.reshape(-1), probabilities=law.probabilities),
                interplay_correlation(values, probabilities=law.probabilities),
                interplay_between_draws(values, probabilities=law.probabilities),
            ]
        if law.form == "draws":
            return battery.run_draws(values, kinds=law.kinds, replacement=law.replacement, in_order=law.in_order)
        return battery.run(values, probabilities=law.probabilities)
