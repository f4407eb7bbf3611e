"""A benchmark's report as one HTML page that opens without a network."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import html
import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from gandyn._canvas import GREY
from gandyn._files import atomic, check_target
from gandyn._records import html_table
from gandyn.bench.profiles import reasons
from gandyn.bench.ranking import rank_tables
from gandyn.bench.report._picture import Picture, Table, packed
from gandyn.bench.report._profiles import COLOURS, DASHES
from gandyn.bench.results import Result
from gandyn.bench.summary import generated, tuned_settings

_HERE = Path(__file__).parent

_HEADINGS = {
    "data-profile": "Data profile",
    "performance-profile": "Performance profile",
    "rates": "Rates and theory",
    "robustness": "Robustness",
    "pairs": "Who takes fewer calls",
    "improvement": "Stochastic problems: probability of improvement",
    "pair": "Two at a time",
    "sensitivity": "Sensitivity to hyperparameters",
}
"""By the name of a picture's file up to its own part."""


def write_page(
    result: Result,
    pictures: Mapping[str, Picture],
    path: str | Path,
    *,
    overwrite: bool = False,
) -> Path:
    """Write a result as one HTML page, with its pictures and their numbers in it.

    Pictures are drawn once, as SVG. A script of its own, without dependencies, reads
    their tables: it says what is under the pointer, and chooses what is in colour.

    Parameters
    ----------
    result : Result
    pictures : mapping of str to Picture
        By the names of their files.
    path : path
    overwrite : bool

    Returns
    -------
    Path

    Raises
    ------
    GandynError
        If the file cannot be written, or no problem has been run by all solvers.
    """
    target = check_target(path, (".html",), overwrite)
    script = (_HERE / "page.js").read_text("utf-8")
    style = (_HERE / "page.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; script-src 'sha256-{digest}'; "
    policy += "style-src 'unsafe-inline'; img-src data:"
    lines = {"colours": COLOURS, "dashes": DASHES, "grey": GREY}
    parts = [
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>gandyn bench report</title><style>{style}</style></head><body>",
        _summary(result),
        *_sections(pictures),
        _terms(result),
        f'<div id="lines">{_data(lines)}</div>',
        f"<script>{script}</script>\n</body></html>\n",
    ]
    with atomic(target) as draft:
        draft.write_text("\n".join(parts), "utf-8")
    return target


def _summary(result: Result) -> str:
    parts = ["<h1>Benchmark report</h1>", f"<p>{_text(result.terms)}.</p>"]
    if result.remark:
        words = _text(result.caveat)
        parts.append(f'<p class="incomplete"><b>Incomplete.</b> {words}</p>')
    parts += [_origin(result), "<h2>Ranks</h2>"]
    parts += [table._repr_html_() for table in rank_tables(result)]
    return "\n".join(parts)


def _origin(result: Result) -> str:
    """Return the commands that made the result, when, and on which machine."""
    if not result.origin:
        return "<p>When and where it was run is not recorded.</p>"
    return "\n".join(
        f"<p><code>{_text(one['command'])}</code><br>{one['jobs']} jobs, "
        f"{one['processes']} at a time, from {_text(one['began'])} UTC on; "
        f"{_text(one['machine'])}.</p>"
        for one in result.origin
    )


def _sections(pictures: Mapping[str, Picture]) -> Iterable[str]:
    def kind(name: str) -> str:
        first = name.partition("/")[0]
        return first if first in _HEADINGS else first.partition("-")[0]

    for key, names in groupby(pictures, kind):
        figures = [_figure(name, pictures[name]) for name in names]
        inside = "\n".join(figures)
        if len(figures) > 1:
            inside = f'<div class="one-of">{inside}</div>'
        yield f"<h2>{_text(_HEADINGS[key])}</h2>\n{inside}"


def _figure(name: str, picture: Picture) -> str:
    short = name.rpartition("/")[2]
    svg, data = picture.embedded(name.replace("/", "."))
    return (
        f'<figure data-name="{_text(short)}" aria-label="{_text(picture.title)}">\n'
        f"{svg}\n{_data(data)}</figure>"
    )


def _data(content: Any) -> str:
    """Return JSON as a page holds it; nothing in it can end the element."""
    text = json.dumps(content, allow_nan=False, separators=(",", ":"))
    safe = text.replace("<", "\\u003c")
    return f'<script type="application/json">{safe}</script>'


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
        "<h2>Tuned settings</h2>", _numbers(_tuned(result)),
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


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of words that scrolls."""
    table = html_table([dict(zip(names, row, strict=True)) for row in rows], "")
    return f'<div class="scroll">{table}</div>'


def _numbers(table: Table) -> str:
    """Return a table that the page's script shows, and filters."""
    return f"<figure>{_data({'columns': packed(table)})}</figure>"


def _tuned(result: Result) -> Table:
    """Return the setting that is reported of every solver on every problem."""
    rows = [
        (problem, solver, _words_of(setting))
        for problem, chosen in tuned_settings(result).items()
        for solver, setting in chosen.items()
    ]
    columns = zip(*rows, strict=True) if rows else [(), (), ()]
    names = ("problem", "solver", "tuned setting")
    return {
        name: np.array(column, dtype=object)
        for name, column in zip(names, columns, strict=True)
    }


def _words_of(setting: Mapping[str, float]) -> str:
    words = ", ".join(f"{name} = {value:.4g}" for name, value in setting.items())
    return words or "as it comes"


def _described(record: dict[str, Any]) -> list[str]:
    condition = record.get("condition")
    return [
        record["class"],
        "" if condition is None else f"{condition:.3g}",
        record["measure"],
        record["noise"] or "",
    ]


def _text(words: str) -> str:
    return html.escape(words)
