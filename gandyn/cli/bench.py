"""``gandyn bench``: update rules and optimizers, compared on games."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

WORSE = 1


@click.group("bench")
def command() -> None:
    """Compare update rules and optimizers on games with known solutions."""


@command.command("run")
@click.argument("problems", nargs=-1, required=True)
@click.option(
    "--contenders",
    multiple=True,
    default=("built-in",),
    show_default=True,
    help="built-in, wrappers, a rule, torch.optim.Adam, optax.sgd, or file.py:Name; "
    "may be repeated.",
)
@click.option(
    "--tuning",
    default="random",
    show_default=True,
    help="random or grid over declared ranges; theory: the least spectral radius; "
    "self: contenders as they come.",
)
@click.option(
    "--measure",
    default="default",
    show_default=True,
    help="distance, residual or gap (of linear zero-sum games); by default each "
    "problem's own.",
)
@click.option(
    "--settings",
    type=click.IntRange(min=1),
    default=32,
    show_default=True,
    help="Hyperparameter settings of each contender.",
)
@click.option(
    "--starts",
    type=click.IntRange(min=1),
    default=4,
    show_default=True,
    help="Initial states; the first half chooses the setting, the others are reported.",
)
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Draws of the noise from each start, on stochastic problems.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--budget",
    type=click.IntRange(min=1),
    default=2000,
    show_default=True,
    help="Oracle calls of one run.",
)
@click.option("--processes", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("-o", "--output", metavar="DIR", help="Folder of the result.")
@click.option("--dry-run", is_flag=True, help="Print the cost, and run nothing.")
def run(
    problems: tuple[str, ...], output: str | None, dry_run: bool, **options: Any
) -> None:
    """Run PROBLEMS: standard, a class, names, or a file.py with a tuple PROBLEMS.

    The same command goes on where a killed run stopped.
    """
    from gandyn import bench
    from gandyn.cli._progress import progress

    processes = options.pop("processes")
    plan = bench.make_plan(problems, options.pop("contenders"), **options)
    cost = plan.cost()
    click.echo(
        f"{cost['jobs']} jobs, at most {cost['runs']} runs and {cost['calls']} "
        "oracle calls"
    )
    for name, reason in {**plan.missing, **plan.left_out}.items():
        click.echo(f"left out: {name}: {reason}", err=True)
    if dry_run:
        return
    if output is None:
        raise click.UsageError("say where the result is to be: -o DIR")
    with progress("bench") as report:
        bench.run(plan, output, processes=processes, progress=report)
    failed = bench.load(output).failures()
    for (problem, contender), failure in failed.items():
        reason = failure.strip().splitlines()[-1]
        click.echo(f"failed: {contender} on {problem}: {reason}", err=True)
    click.echo(f"wrote {output}")


@command.command("report")
@click.argument("folder")
@click.option(
    "-o", "--output", metavar="DIR", help="Folder of the pictures.  [default: FOLDER]"
)
@click.option("--contenders", multiple=True, help="Drawn as lines; may be repeated.")
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
)
@click.option("--overwrite", is_flag=True, help="Replace existing pictures.")
def report(
    folder: str,
    output: str | None,
    contenders: tuple[str, ...],
    per: str,
    suffix: str,
    overwrite: bool,
) -> None:
    """Print the rank table of a result and draw its profiles."""
    from gandyn import bench
    from gandyn.plot import bench as pictures
    from gandyn.plot import save

    result = bench.load(folder, per)
    if result.remark:
        click.echo(f"Note: {result.remark}", err=True)
    click.echo(f"{'contender':40} {'mean rank':>9} {'solved':>7}")
    for row in bench.ranks(result):
        click.echo(f"{row.contender:40} {row.rank:9.2f} {row.solved:7.1%}")
    for name, draw in pictures.PICTURES.items():
        lines = {"contenders": contenders} if name.endswith("profile") else {}
        target = Path(output or folder) / f"{name}.{suffix}"
        save(draw(result, **lines), target, overwrite=overwrite)
        click.echo(f"wrote {target}")


@command.command("compare")
@click.argument("before")
@click.argument("after")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on stdout."
)
def compare(before: str, after: str, as_json: bool) -> None:
    """Say what takes more or fewer calls in AFTER than in BEFORE.

    Exit code 1: something takes more.
    """
    from gandyn import bench

    results = [bench.load(folder) for folder in (before, after)]
    changes = bench.compare(*results)
    remarks = [result.remark for result in results]
    if as_json:
        rows = [
            {k: str(v) if v == float("inf") else v for k, v in row._asdict().items()}
            for row in changes
        ]
        click.echo(
            json.dumps(
                {"command": "bench compare", "changes": rows, "remarks": remarks}
            )
        )
    else:
        for remark in filter(None, remarks):
            click.echo(f"Note: {remark}", err=True)
        for row in changes:
            word = "worse" if row.is_worse else "better"
            click.echo(
                f"{word}: {row.contender} on {row.problem} to {row.target:g}: "
                f"{row.before:g} -> {row.after:g} calls"
            )
        click.echo(f"{len(changes)} changes")
    if any(row.is_worse for row in changes):
        raise SystemExit(WORSE)
