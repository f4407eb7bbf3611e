"""Profiles with hover, muted by their legend; two solvers by choice."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from gandyn.bench.profiles import (
    Profile,
    data_profile,
    performance_profile,
    ratios,
    wins,
)
from gandyn.bench.results import Result, Settled
from gandyn.plot import _canvas as colours
from gandyn.plot._bokeh import TOOLS, WIDTH, label
from gandyn.plot.bench import COLOURS, SHARE, STYLES, pair_words

DASHES = {"-": [], "--": [6], ":": [2, 4]}

CHOOSE = """
const chosen = cb_obj.value;
for (const lines of figures) {
  for (const [i, line] of lines.entries()) {
    const place = chosen.indexOf(names[i]);
    const on = place >= 0;
    line.glyph.line_color = on ? colours[place % colours.length] : grey;
    line.glyph.line_dash = on ?
      dashes[Math.floor(place / colours.length) % dashes.length] : [];
    line.glyph.line_width = on ? 2 : 0.8;
    line.level = on ? "overlay" : "glyph";
    line.muted = false;
  }
}
for (const items of legends)
  for (const [i, item] of items.entries()) item.visible = chosen.includes(names[i]);
"""

COMPARE = """
const found = pairs[`${first.value} ${second.value}`];
if (found) {
  one.data = found.one;
  two.data = found.two;
  title.text = found.words;
} else {
  one.data = {x: [], y: []};
  two.data = {x: [], y: []};
  title.text = "choose two that differ";
}
"""


def profiles(bk: Any, result: Result, chosen: Sequence[str]) -> Any:
    """Return both profiles, and a list of who has a colour in them."""
    data, ratio = data_profile(result), performance_profile(result)
    budget, most = result.protocol.budget, float(ratio.at.max(initial=1.0))
    order = [*chosen, *(name for name in data.solvers if name not in chosen)]
    drawn = [
        _lines(bk, profile, order, len(chosen), axis, end)
        for profile, axis, end in (
            (data, "oracle calls", budget),
            (ratio, f"calls over the least of all {len(order)}", most),
        )
    ]
    choice = bk.models.MultiSelect(
        title="In colour (several: with Ctrl or Shift; the legend fades one)",
        options=_options(order),
        value=[str(i) for i in range(len(chosen))],
        size=8,
        width=WIDTH // 2,
    )
    args = {
        "figures": [lines for _, lines, _ in drawn],
        "legends": [items for _, _, items in drawn],
        "names": [str(i) for i in range(len(order))],
        "colours": list(COLOURS),
        "dashes": [DASHES[style] for style in STYLES],
        "grey": colours.GREY,
    }
    choice.js_on_change("value", bk.models.CustomJS(args=args, code=CHOOSE))
    return bk.models.Column(children=[choice, *(figure for figure, _, _ in drawn)])


def _lines(
    bk: Any, profile: Profile, order: Sequence[str], bright: int, axis: str, end: float
) -> tuple[Any, list[Any], list[Any]]:
    """Return a figure, its lines and the items of its legend, by solver."""
    figure = bk.plotting.figure(
        width=WIDTH, height=460, x_axis_type="log", y_range=(0, 1.02), tools=TOOLS,
        x_axis_label=axis, y_axis_label=SHARE,
    )  # fmt: skip
    lines, items = [], []
    for i, name in enumerate(order):
        colour = COLOURS[i % len(COLOURS)]
        dash = DASHES[STYLES[i // len(COLOURS) % len(STYLES)]]
        on = {"line_color": colour, "line_dash": dash, "line_width": 2}
        off = {"line_color": colours.GREY, "line_width": 0.8}
        line = figure.line(
            "x", "y", source=bk.models.ColumnDataSource(_corners(profile, name, end)),
            name=name, muted_alpha=0.1, level="overlay" if i < bright else "glyph",
            **(on if i < bright else off),
        )  # fmt: skip
        lines.append(line)
        words = bk.core.properties.value(label(name))
        item = bk.models.LegendItem(label=words, renderers=[line], visible=i < bright)
        items.append(item)
    tips = [("", "$name"), (axis, "@x{0.[00]}"), ("solved", "@y{0.0%}")]
    hover = bk.models.HoverTool(
        tooltips=tips, line_policy="prev", renderers=lines, mode="mouse"
    )
    figure.add_tools(hover)
    figure.add_layout(
        bk.models.Legend(items=items, click_policy="mute", label_text_font_size="11px"),
        "right",
    )
    return figure, lines, items


def pairs(bk: Any, result: Result, chosen: Sequence[str]) -> Any:
    """Return the performance profile of two, which are chosen from lists."""
    known, settled = {}, result.settled()
    won = wins(result, chosen).share
    for i, j in combinations(range(len(chosen)), 2):
        one, two = _corners_of_two(settled, chosen[i], chosen[j])
        for a, b, first, second in ((i, j, one, two), (j, i, two, one)):
            words = pair_words(label(chosen[a]), label(chosen[b]), won[a, b], won[b, a])
            known[f"{a} {b}"] = {"one": first, "two": second, "words": words}
    first, second = (
        bk.models.Select(options=_options(chosen), value=value, width=WIDTH // 3)
        for value in "01"
    )
    one, two = (bk.models.ColumnDataSource(known["0 1"][k]) for k in ("one", "two"))
    figure = bk.plotting.figure(
        width=WIDTH, height=400, x_axis_type="log", y_range=(0, 1.02), tools=TOOLS,
        x_axis_label="calls over the lesser calls of the two", y_axis_label=SHARE,
        title=known["0 1"]["words"],
    )  # fmt: skip
    styles = ((one, COLOURS[0], "the first"), (two, COLOURS[1], "the second"))
    for source, colour, words in styles:
        figure.line(
            "x", "y", source=source, color=colour, line_width=2, legend_label=words,
            muted_alpha=0.1, name=words,
        )  # fmt: skip
    tips = [("", "$name"), ("ratio", "@x{0.[00]}"), ("solved", "@y{0.0%}")]
    figure.add_tools(bk.models.HoverTool(tooltips=tips, line_policy="prev"))
    figure.legend.click_policy = "mute"
    figure.legend.location = "bottom_right"
    args = {
        "pairs": known, "first": first, "second": second, "one": one, "two": two,
        "title": figure.title,
    }  # fmt: skip
    act = bk.models.CustomJS(args=args, code=COMPARE)
    for choice in (first, second):
        choice.js_on_change("value", act)
    row = bk.models.Row(children=[first, second])
    return bk.models.Column(children=[row, figure])


def _corners_of_two(
    settled: Settled, first: str, second: str
) -> list[dict[str, np.ndarray]]:
    profile = ratios(settled, (first, second))
    end = float(profile.at.max(initial=1.0))
    return [_corners(profile, name, end) for name in (first, second)]


def _options(names: Sequence[str]) -> list[tuple[str, str]]:
    """Return choices by number: two names may look alike."""
    return [(str(i), label(name)) for i, name in enumerate(names)]


def _corners(profile: Profile, name: str, end: float) -> dict[str, np.ndarray]:
    """Return the corners of a step function."""
    at, share = profile.steps(name)
    x = np.repeat(np.append(np.maximum(at, 1.0), end), 2)[1:]
    y = np.repeat(share, 2)
    return {"x": x[: y.size], "y": y}
