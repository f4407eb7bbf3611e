"""``gandyn bench``: update rules and optimizers, compared on games."""

from __future__ import annotations

from typing import Annotated, Any

import click
import msgspec

from gandyn._progress import shown
from gandyn.cli import _options, _output
from gandyn.cli._config import AtLeast1, Settings, settle
from gandyn.cli._group import Command, Group, PartlyDone

_WORSE = 1


class _Run(Settings, kw_only=True):
    """Settings of ``gandyn bench run``."""

    problems: tuple[str, ...] = ()
    rule: tuple[str, ...] = ("built-in",)
    tuning: str = "random"
    measure: str = "default"
    settings: AtLeast1 = 32
    starts: AtLeast1 = 4
    seeds: AtLeast1 = 5
    seed: Annotated[int, msgspec.Meta(ge=0)] = 0
    budget: AtLeast1 = 2000
    processes: AtLeast1 = 1
    output: str | None = None
    overwrite: bool = False
    add: bool = False
    dry_run: bool = False


_DEFAULT = _Run()
_TERMS = ("tuning", "measure", "settings", "starts", "seeds", "seed", "budget")
"""The settings that are a protocol's."""


def _number(name: str, text: str, least: int = 1) -> _options.Decorator:
    default = getattr(_DEFAULT, name)
    shown = f"{text}  [default: {default}]".strip()
    return click.option(f"--{name}", type=click.IntRange(min=least), help=shown)


@click.group(
    "bench",
    cls=Group,
    epilog=_options.examples(
        "gandyn bench run standard --dry-run",
        "gandyn bench run standard --processes 2 -o result",
        "gandyn bench report result",
    ),
)
def command() -> None:
    """Compare update rules and optimizers on many problems.

    The solutions of their games are known. A result is a folder: run makes it, report
    draws it, and compare puts two side by side.
    """


@command.command(
    "run",
    cls=Command,
    epilog=_options.examples(
        "gandyn bench run standard --dry-run",
        "gandyn bench run bilinear --rule extragradient --rule torch.optim.Adam "
        "-o result",
        "gandyn bench run standard --rule built-in --rule optimizers.py:MyOptimizer "
        "-o result",
        "gandyn bench run bilinear --rule optimistic -o result --add",
    ),
)
@click.argument("problems", nargs=-1)
@_options.rules(
    f"Who takes part: {_options.ANY}; or built-in, wrappers or peers for all of these",
    _DEFAULT.rule[0],
)
@click.option(
    "--tuning",
    help="random or grid over declared ranges; theory: the least spectral radius; "
    f"self: rules as they come.  [default: {_DEFAULT.tuning}]",
)
@click.option(
    "--measure",
    help="distance, residual or gap (of linear zero-sum games).  [default: each "
    "problem's own]",
)
@_number("settings", "Hyperparameter settings of each rule.")
@_number(
    "starts",
    "Initial states; the first half chooses the setting, the others are reported.",
)
@_number("seeds", "Draws of the noise from each start, on stochastic problems.")
@_number("seed", "Of starts, random settings and noise.", least=0)
@_number("budget", "Oracle calls of one run.")
@_number("processes", "Workers; the rows do not depend on it.")
@click.option(
    "--add",
    is_flag=True,
    default=None,
    help="Add these rules to the result in the folder, and run no other again.",
)
@click.option(
    "--dry-run",
    is_flag=True,
    default=None,
    help="Print the cost and about how long it takes, from a few jobs.",
)
@_options.folder("Folder of the result.")
@_options.config
@_options.as_json
def run(config: str | None, as_json: bool, **flags: Any) -> None:
    """Run problems and write a result.

    PROBLEMS are standard, a class, names, or a file.py with a tuple PROBLEMS. The same
    command goes on where a killed run stopped; --overwrite begins anew, and --add puts
    further rules beside those of a result.
    """
    from gandyn import bench
    from gandyn.bench.runner import Unfinished
    from gandyn.bench.summary import failures

    settings = settle(_Run, config, flags)
    if not settings.problems:
        raise click.UsageError(
            "say what is run: standard, a class or names of problems"
        )
    terms = {name: getattr(settings, name) for name in _TERMS}
    plan = bench.make_plan(settings.problems, settings.rule, **terms)
    whole = plan
    if settings.add:
        rules = [*_there(settings), *settings.rule]
        whole = bench.make_plan(settings.problems, rules, **terms)
    cost, left_out = plan.cost(), {**plan.missing, **plan.left_out}
    found: dict[str, Any] = {"command": "bench run", "cost": cost, "left out": left_out}
    if not as_json:
        _print_cost(cost, left_out)
    if settings.dry_run:
        found |= {"minutes": bench.estimate(plan).seconds / 60 / settings.processes}
        if not as_json:
            _print_minutes(found["minutes"], settings.processes)
    else:
        if settings.output is None:
            raise click.UsageError("say where the result is to be: -o DIR")
        try:
            with shown("bench", "job") as report:
                bench.run(
                    whole, settings.output, processes=settings.processes,
                    progress=report, overwrite=settings.overwrite,
                    add=settings.add,
                )  # fmt: skip
        except Unfinished as error:
            raise PartlyDone(str(error)) from error
        found |= {"failures": failures(bench.load(settings.output))}
        found |= {"written": [settings.output]}
    _output.tell(found, as_json, lambda: _print_failures(found))


def _print_minutes(minutes: float, processes: int) -> None:
    words = f"{minutes:.1f} minutes" if minutes >= 1 else f"{60 * minutes:.0f} seconds"
    ways = "one process" if processes == 1 else f"{processes} processes"
    click.echo(f"about {words} with {ways}, by a few jobs tried here")


def _there(settings: _Run) -> list[str]:
    """Return the solvers of the result that is added to."""
    from gandyn import bench

    if settings.output is None:
        raise click.UsageError("say which result is added to: -o DIR")
    if settings.overwrite:
        raise click.UsageError("give --add or --overwrite, not both")
    return bench.load(settings.output).solvers


def _print_cost(cost: dict[str, int], left_out: dict[str, str]) -> None:
    click.echo(
        f"{cost['jobs']} jobs, at most {cost['runs']} runs and {cost['calls']} "
        "oracle calls"
    )
    for name, reason in left_out.items():
        click.echo(f"left out: {name}: {reason}", err=True)


def _print_failures(found: dict[str, Any]) -> None:
    for row in found.get("failures", ()):
        name, reason = row["solver"], row["last line"]
        click.echo(f"failed: {name} on {row['problem']}: {reason}", err=True)


@command.command(
    "report",
    cls=Command,
    epilog=_options.examples(
        "gandyn bench report result",
        "gandyn bench report result -o report --rule Extragradient "
        "--pair Adam torch.optim.Adam --overwrite",
    ),
)
@click.argument("folder")
@_options.rules("Who is drawn in colour, by its name in the result", "the best")
@click.option(
    "--pair",
    "pairs",
    nargs=2,
    multiple=True,
    metavar="A B",
    help="Also draw the performance profile of two; may be repeated.",
)
@click.option(
    "--tuned-per",
    "per",
    type=click.Choice(["problem", "suite"]),
    default="problem",
    show_default=True,
    help="A setting for each problem, or one for all of them.",
)
@click.option(
    "--format",
    "suffix",
    type=click.Choice(["png", "svg"]),
    default="png",
    show_default=True,
    help="Of the pictures.",
)
@_options.folder("Folder of the report.  [default: FOLDER]")
@_options.as_json
def report(
    folder: str,
    output: str | None,
    rule: tuple[str, ...],
    per: str,
    overwrite: bool | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Print and draw what a result says.

    FOLDER is what run has written. The rank tables are printed; pictures, summary.json
    and the page report.html are written.
    """
    from gandyn import bench
    from gandyn.bench.report import write_report

    result = bench.load(folder, per)
    if result.remark and not as_json:
        click.echo(f"Note: {result.caveat}", err=True)
    made = write_report(
        result, output or folder, solvers=rule, overwrite=bool(overwrite), **options
    )
    written = [str(path) for path in made.paths]
    found = {"command": "bench report", **made.summary, "written": written}
    _output.tell(found, as_json, lambda: _print_ranks(bench.rank_tables(result)))


def _print_ranks(tables: Any) -> None:
    for table in tables:
        click.echo(f"{table.describe()}.")
        between = f" {'':16}" if table.intervals else ""
        click.echo(f"{'solver':40} {'mean rank':>9}{between} {'solved':>7}")
        for row in table.rows:
            rank, solved = f"{row.rank:9.2f}", f"{row.solved:7.1%}"
            if table.intervals:
                rank += f" {'{:.2f} to {:.2f}'.format(*row.rank_interval):>16}"
                solved += " {:.1%} to {:.1%}".format(*row.solved_interval)
            failed = f"  failed on {row.failed} problems" if row.failed else ""
            click.echo(f"{row.solver:40} {rank} {solved}{failed}")
        click.echo("")


@command.command(
    "compare",
    cls=Command,
    epilog=_options.examples("gandyn bench compare result newer"),
)
@click.argument("before")
@click.argument("after")
@_options.as_json
def compare(before: str, after: str, as_json: bool) -> None:
    """Say what takes more or fewer calls in one result than in another.

    BEFORE and AFTER are folders that run has written. The exit code is 1 if something
    takes more.
    """
    from gandyn import bench

    results = [bench.load(folder) for folder in (before, after)]
    changes = bench.compare(*results)
    rows = [
        {k: str(v) if v == float("inf") else v for k, v in vars(row).items()}
        for row in changes
    ]
    remarks = [result.remark for result in results]
    found = {"command": "bench compare", "changes": rows, "remarks": remarks}
    _output.tell(found, as_json, lambda: _print_changes(changes, remarks))
    if any(row.is_worse for row in changes):
        raise SystemExit(_WORSE)


def _print_changes(changes: Any, remarks: list[str]) -> None:
    for remark in filter(None, remarks):
        click.echo(f"Note: {remark}", err=True)
    for row in changes:
        word = "worse" if row.is_worse else "better"
        click.echo(
            f"{word}: {row.solver} on {row.problem} to {row.target:g}: "
            f"{row.before:g} -> {row.after:g} calls"
        )
    click.echo(f"{len(changes)} changes")
