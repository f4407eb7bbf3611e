"""``gandyn bench``: update rules and optimizers, compared on games."""

from __future__ import annotations

import json
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
    help="built-in, wrappers, peers, a rule, torch.optim.Adam, or file.py:Name; "
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
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on stdout."
)
def run(
    problems: tuple[str, ...],
    output: str | None,
    dry_run: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Run PROBLEMS: standard, a class, names, or a file.py with a tuple PROBLEMS.

    The same command goes on where a killed run stopped.
    """
    from gandyn import bench
    from gandyn.bench.summary import failures
    from gandyn.cli._progress import progress

    processes = options.pop("processes")
    plan = bench.make_plan(problems, options.pop("contenders"), **options)
    cost, left_out = plan.cost(), {**plan.missing, **plan.left_out}
    found: dict[str, Any] = {"command": "bench run", "cost": cost, "left out": left_out}
    if not as_json:
        click.echo(
            f"{cost['jobs']} jobs, at most {cost['runs']} runs and {cost['calls']} "
            "oracle calls"
        )
        for name, reason in left_out.items():
            click.echo(f"left out: {name}: {reason}", err=True)
    if not dry_run:
        if output is None:
            raise click.UsageError("say where the result is to be: -o DIR")
        with progress("bench") as report:
            bench.run(plan, output, processes=processes, progress=report)
        failed = failures(bench.load(output))
        found |= {"failures": failed, "written": [output]}
        if not as_json:
            for row in failed:
                name, reason = row["solver"], row["last line"]
                click.echo(f"failed: {name} on {row['problem']}: {reason}", err=True)
            click.echo(f"wrote {output}")
    if as_json:
        click.echo(json.dumps(found))


@command.command("report")
@click.argument("folder")
@click.option(
    "-o", "--output", metavar="DIR", help="Folder of the report.  [default: FOLDER]"
)
@click.option(
    "--contenders",
    multiple=True,
    help="Drawn in colour, by default the best; may be repeated.",
)
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
)
@click.option("--overwrite", is_flag=True, help="Replace an existing report.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on stdout."
)
def report(
    folder: str, output: str | None, per: str, as_json: bool, **options: Any
) -> None:
    """Print the rank tables of a result, draw its pictures, write report.html."""
    from gandyn import bench
    from gandyn.bench.report import write_report

    result = bench.load(folder, per)
    if result.remark and not as_json:
        click.echo(f"Note: {result.caveat}", err=True)
    solvers = options.pop("contenders")
    written = write_report(result, output or folder, solvers=solvers, **options)
    paths = [str(path) for path in written.paths]
    if as_json:
        found = {"command": "bench report", **written.summary, "written": paths}
        click.echo(json.dumps(found))
    else:
        for table in bench.rank_tables(result):
            _print(table)
        for path in paths:
            click.echo(f"wrote {path}")


def _print(table: Any) -> None:
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
                f"{word}: {row.solver} on {row.problem} to {row.target:g}: "
                f"{row.before:g} -> {row.after:g} calls"
            )
        click.echo(f"{len(changes)} changes")
    if any(row.is_worse for row in changes):
        raise SystemExit(WORSE)
