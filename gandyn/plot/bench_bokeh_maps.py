"""Matrices of pairs, and what the settings of a chosen solver reached."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gandyn.bench.profiles import wins
from gandyn.bench.protocol import TARGET
from gandyn.bench.ranges import Range
from gandyn.bench.results import Result
from gandyn.bench.sensitivities import Sensitivity, sensitivity, tuned_solvers
from gandyn.bench.uncertainty import improvement
from gandyn.plot._bench_words import power
from gandyn.plot._bokeh import TOOLS, WIDTH, label, name_ticks
from gandyn.plot.bench_pairs import DARK

TICKS = np.linspace(0.0, 1.0, 5)

SHOW = """
const found = maps[Number(cb_obj.value)];
source.data = found.data;
for (const [axis, told] of [[x, found.x], [y, found.y]]) {
  axis.axis_label = told.name;
  axis.ticker.ticks = told.ticks;
  axis.major_label_overrides = new Map(told.labels);
}
title.text = found.words;
"""


def win_matrix(bk: Any, result: Result, chosen: Sequence[str]) -> Any:
    """Return in which share of the instances each takes fewer calls than each other."""
    table = 100 * wins(result, chosen).share
    return _matrix(bk, chosen, table, {"of instances": ("@value{0.0} %", table)})


def improvement_matrix(bk: Any, result: Result, chosen: Sequence[str]) -> Any:
    """Return how probably each is better than each other, with intervals."""
    found = improvement(result, chosen)
    tips = {
        "probability": ("@value{0.000}", found.probability),
        "from": ("@from{0.000}", found.low),
        "to": ("@to{0.000}", found.high),
    }
    return _matrix(bk, chosen, 100 * found.probability, tips)


def _matrix(
    bk: Any,
    names: Sequence[str],
    percent: np.ndarray,
    tips: dict[str, tuple[str, np.ndarray]],
) -> Any:
    size = len(names)
    row, column = np.nonzero(~np.eye(size, dtype=bool))
    percents = percent[row, column]
    data: dict[str, Any] = {
        "x": column,
        "y": row,
        "percent": percents,
        "text": [f"{value:.0f}" for value in percents],
        "ink": np.where(percents > 100 * DARK, "black", "white").tolist(),
        "row": [names[int(i)] for i in row],
        "column": [names[int(j)] for j in column],
    }
    told = [("better", "@row"), ("than", "@column")]
    for words, (shape, table) in tips.items():
        key = shape[1 : shape.index("{")]
        data[key] = table[row, column]
        told.append((words, shape))
    figure = bk.plotting.figure(
        width=WIDTH, height=200 + 32 * size, x_range=(-0.5, size - 0.5),
        y_range=(size - 0.5, -0.5), tools="save",
    )  # fmt: skip
    source = bk.models.ColumnDataSource(data)
    mapper = bk.models.LinearColorMapper(bk.palettes.Cividis256, low=0, high=100)
    cells = figure.rect(
        "x", "y", 1, 1, source=source, line_color=None,
        fill_color={"field": "percent", "transform": mapper},
    )  # fmt: skip
    figure.text(
        "x", "y", text="text", text_color="ink", source=source, text_align="center",
        text_baseline="middle", text_font_size="12px",
    )  # fmt: skip
    figure.add_tools(bk.models.HoverTool(tooltips=told, renderers=[cells]))
    for axis in (figure.xaxis[0], figure.yaxis[0]):
        name_ticks(axis, list(names))
    figure.xaxis.major_label_orientation = 0.8
    figure.grid.visible = False
    return figure


def sensitivity_map(bk: Any, result: Result) -> Any:
    """Return the settings of a solver that is chosen from a list, as points."""
    names = tuned_solvers(result)
    maps = [_points(sensitivity(result, name, TARGET)) for name in names]
    first = maps[0]
    choice = bk.models.Select(
        title="Solver",
        options=[(str(i), label(name)) for i, name in enumerate(names)],
        value="0",
        width=WIDTH // 3,
    )
    figure = bk.plotting.figure(
        width=WIDTH, height=520, x_range=(-0.03, 1.03), y_range=(-0.03, 1.03),
        tools=TOOLS, title=first["words"],
    )  # fmt: skip
    source = bk.models.ColumnDataSource(first["data"])
    mapper = bk.models.LinearColorMapper(bk.palettes.Cividis256, low=0, high=1)
    figure.scatter(
        "x", "y", source=source, size=14, marker="square", line_color="black",
        line_width=0.5, fill_color={"field": "share", "transform": mapper},
    )  # fmt: skip
    tips = [("setting", "@setting"), ("", "@problem"), ("reached by", "@share{0.0%}")]
    figure.add_tools(bk.models.HoverTool(tooltips=tips))
    for axis, told in ((figure.xaxis[0], first["x"]), (figure.yaxis[0], first["y"])):
        axis.axis_label = told["name"]
        axis.ticker = bk.models.FixedTicker(ticks=told["ticks"])
        axis.major_label_overrides = dict(told["labels"])
    bar = bk.models.ColorBar(
        color_mapper=mapper, title=f"share of runs that reach {power(TARGET)}"
    )
    figure.add_layout(bar, "right")
    args = {
        "maps": maps, "source": source, "title": figure.title,
        "x": figure.xaxis[0], "y": figure.yaxis[0],
    }  # fmt: skip
    choice.js_on_change("value", bk.models.CustomJS(args=args, code=SHOW))
    return bk.models.Column(children=[choice, figure])


def _points(found: Sensitivity) -> dict[str, Any]:
    """Return what the figure shows: a point per setting, or one per problem too."""
    first, *rest = found.fields
    settings = [
        ", ".join(f"{field.name} = {field.values[i]:.4g}" for field in found.fields)
        for i in range(first.values.size)
    ]
    count, size = found.share.shape
    if rest:
        y, share, rows = rest[0].unit, found.share.mean(axis=0), _axis_of(rest[0])
        problems = [f"mean over {count} problems"] * size
        x = first.unit
    else:
        row = (np.arange(count) + 0.5) / count
        x, y = np.tile(first.unit, count), np.repeat(row[::-1], size)
        share, settings = found.share.ravel(), settings * count
        problems = [name for name in found.problems for _ in range(size)]
        labels = list(zip(row[::-1].tolist(), map(label, found.problems), strict=True))
        rows = {"name": "problem", "ticks": row.tolist(), "labels": labels}
    others = ", ".join(field.name for field in rest[1:])
    data = {
        "x": x, "y": y, "share": share, "setting": settings, "problem": problems,
    }  # fmt: skip
    words = f"{size} settings" + f", which differ in {others} too" * bool(others)
    return {"data": data, "x": _axis_of(first), "y": rows, "words": words}


def _axis_of(field: Any) -> dict[str, Any]:
    """Return an axis over the range: places from 0 to 1, labelled by values."""
    interval: Range = field.range
    texts = [f"{value:.3g}" for value in interval.at(TICKS)]
    labels = list(zip(TICKS.tolist(), texts, strict=True))
    return {"name": field.name, "ticks": TICKS.tolist(), "labels": labels}
