"""A benchmark's report as one HTML page that opens without a network."""

from __future__ import annotations

import dataclasses
import html
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from gandyn._files import atomic, check_target
from gandyn.bench.summary import generated
from gandyn.bench.profiles import reasons
from gandyn.bench.ranking import RankTable, rank_tables
from gandyn.bench.results import Result
from gandyn.plot._bench_words import protocol_line
from gandyn.plot._bokeh import bokeh
from gandyn.plot.bench_bokeh import figures

POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:"
)
"""The browser itself refuses to fetch anything."""

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 1100px;
  padding: 0 1em; }
table { border-collapse: collapse; margin: 0.6em 0; font-size: 13px; }
th, td { border-bottom: 1px solid #ccc; padding: 2px 10px; text-align: left; }
.incomplete { border: 2px solid #D55E00; padding: 0.5em 1em; }
.scroll { max-height: 34em; overflow-y: auto; }
"""


def write_page(
    result: Result,
    path: str | Path,
    solvers: Sequence[str] = (),
    *,
    overwrite: bool = False,
) -> Path:
    """Write a result as one HTML page, with its scripts in it.

    Parameters
    ----------
    result : Result
    path : path
    solvers : sequence of str
        Those that have colours and are compared two at a time; by default the best.
    overwrite : bool

    Returns
    -------
    Path

    Raises
    ------
    MissingExtra
        If Bokeh is not installed.
    GandynError
        If the file cannot be written, or no problem has been run by all solvers.
    """
    bk = bokeh()
    target = check_target(path, (".html",), overwrite)
    drawn = figures(bk, result, solvers)
    inline = bk.resources.Resources(
        mode="inline", components=["bokeh", "bokeh-widgets"]
    )
    script, parts = bk.embed.components(drawn)
    head = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f"<title>gandyn bench report</title><style>{STYLE}</style>\n"
        f"{inline.render()}\n</head><body>\n"
    )
    body = "\n".join([_summary(result), *_sections(parts), _terms(result)])
    with atomic(target) as draft:
        draft.write_text(f"{head}{body}\n{script}\n</body></html>\n", "utf-8")
    return target


def _summary(result: Result) -> str:
    parts = ["<h1>Benchmark report</h1>", f"<p>{_text(protocol_line(result))}</p>"]
    if result.remark:
        words = _text(result.caveat)
        parts.append(f'<p class="incomplete"><b>Incomplete.</b> {words}</p>')
    parts.append("<h2>Ranks</h2>")
    parts += [_ranks(table) for table in rank_tables(result)]
    return "\n".join(parts)


def _sections(parts: dict[str, str]) -> Iterable[str]:
    for title, part in parts.items():
        yield f"<h2>{_text(title)}</h2>\n{part}"


def _ranks(table: RankTable) -> str:
    names = ["solver", "mean rank", "", "solved", "", "failed on"]
    rows = [
        [
            row.solver,
            f"{row.rank:.2f}",
            "{:.2f} to {:.2f}".format(*row.rank_interval) if row.rank_interval else "",
            f"{row.solved:.1%}",
            "{:.1%} to {:.1%}".format(*row.solved_interval)
            if row.solved_interval
            else "",
            f"{row.failed} problems" if row.failed else "",
        ]
        for row in table.rows
    ]
    return f"<p>{_text(table.describe())}.</p>" + _table(names, rows)


def _terms(result: Result) -> str:
    """Return the tables that say what was run, and what went wrong."""
    ready, known = result.covered, result.manifest["problems"]
    problems = [
        [name, *_described(known[name]), "yes" if name in ready else "no"]
        for name in result.problems
    ]
    columns = ["problem", "class", "condition", "measure", "noise", "read"]
    failures = [[*pair, reason] for pair, reason in reasons(result).items()]
    protocol = dataclasses.asdict(result.protocol) | {"chosen per": result.per}
    parts = [
        "<h2>Problems</h2>", _table(columns, problems),
        "<h2>Failures</h2>",
        _table(["problem", "solver", "last line"], failures) if failures
        else "<p>None.</p>",
        "<h2>Protocol</h2>",
        _table(["term", "value"], [[k, str(v)] for k, v in protocol.items()]),
        "<h2>Versions</h2>",
        _table(["of", "version"], list(result.manifest["versions"].items())),
    ]  # fmt: skip
    made = [
        [row.problem, row.solver, f"{row.coverage:.0%}", f"{row.wasserstein:.4g}",
         f"{row.ended} of {row.runs}"]
        for row in generated(result)
    ]  # fmt: skip
    if made:
        columns = ["problem", "solver", "modes covered", "sliced Wasserstein"]
        table = _table([*columns, "runs that ended finite"], made)
        parts = ["<h2>What tuned network GANs generate</h2>", table, *parts]
    return "\n".join(parts)


def _described(record: dict[str, Any]) -> list[str]:
    condition = record.get("condition")
    return [
        record["class"],
        "" if condition is None else f"{condition:.3g}",
        record["measure"],
        record["noise"] or "",
    ]


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{_text(name)}</th>" for name in names)
    lines = [
        "<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>"
        for row in rows
    ]
    body = "\n".join(lines)
    return f'<div class="scroll"><table><tr>{head}</tr>\n{body}</table></div>'


def _text(words: str) -> str:
    return html.escape(words)
