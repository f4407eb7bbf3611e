"""The interactive figures of a benchmark's page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gandyn.bench.profiles import rates, robustness
from gandyn.bench.protocol import TARGET
from gandyn.bench.results import Result
from gandyn.bench.sensitivities import tuned_solvers
from gandyn.bench.uncertainty import samples
from gandyn.plot import _canvas as colours
from gandyn.plot._bench_words import power
from gandyn.plot._bokeh import TOOLS, WIDTH, name_ticks
from gandyn.plot.bench import named
from gandyn.plot.bench_bokeh_lines import pairs, profiles
from gandyn.plot.bench_bokeh_maps import (
    improvement_matrix,
    sensitivity_map,
    win_matrix,
)
from gandyn.plot.bench_rates import THEORIES, rate_words


def figures(bk: Any, result: Result, solvers: Sequence[str]) -> dict[str, Any]:
    """Return the figures of a page by their titles."""
    chosen = named(result, solvers)
    found = {"Data profile and performance profile": profiles(bk, result, chosen)}
    if len(chosen) > 1:
        found["Performance profile of two"] = pairs(bk, result, chosen)
        title = "Row takes fewer calls than column (% of instances)"
        found[title] = win_matrix(bk, result, chosen)
        if samples(result):
            noisy = named(result, solvers, result.stochastic)
            title = "Stochastic problems: probability that the row is better (%)"
            found[title] = improvement_matrix(bk, result, noisy)
    found["Rates and theory"] = _rates(bk, result)
    found["Robustness"] = _robustness(bk, result)
    if tuned_solvers(result):
        found["Sensitivity to hyperparameters"] = sensitivity_map(bk, result)
    return found


def _rates(bk: Any, result: Result) -> Any:
    found, panels = rates(result), []
    for theory, words in THEORIES.items():
        told = {"exact": found.exact, "worst": found.worst}[theory]
        inside = told < 0
        data = {
            "x": -told[inside], "y": -found.measured[inside],
            "solver": found.solver[inside].tolist(),
            "problem": found.problem[inside].tolist(),
        }  # fmt: skip
        title = rate_words(found.measured, told, theory) if inside.any() else "no runs"
        figure = bk.plotting.figure(
            width=WIDTH // 2, height=480, x_axis_type="log", y_axis_type="log",
            tools=TOOLS, title=title, x_axis_label=f"-log of the radius {words}",
            y_axis_label="measured decay (per step)",
        )  # fmt: skip
        points = figure.scatter(
            "x", "y", source=bk.models.ColumnDataSource(data), size=4, alpha=0.5,
            color=colours.BLUE,
        )  # fmt: skip
        if inside.any():
            both = np.concatenate([data["x"], data["y"]])
            ends = [float(both.min()), float(both.max())]
            figure.line(ends, ends, color=colours.BLACK)
        tips = [("", "@solver"), ("on", "@problem"), ("theory", "@x{0.0000}"),
                ("measured", "@y{0.0000}")]  # fmt: skip
        figure.add_tools(bk.models.HoverTool(tooltips=tips, renderers=[points]))
        panels.append(figure)
    return bk.models.Row(children=panels)


def _robustness(bk: Any, result: Result) -> Any:
    found = robustness(result, TARGET)
    names = sorted(found, key=lambda name: (-found[name], name))
    shares = [found[name] for name in names]
    data = {"share": shares, "name": names, "place": list(range(len(names)))}
    figure = bk.plotting.figure(
        width=WIDTH, height=120 + 16 * len(names), tools="save",
        x_range=(0, 1.05 * max(*shares, 0.05)),
        y_range=(len(names) - 0.4, -0.6),
        x_axis_label=f"share of settings that reach {power(TARGET)} in all runs",
    )  # fmt: skip
    figure.hbar(
        y="place", right="share", height=0.8, color=colours.SKY,
        source=bk.models.ColumnDataSource(data),
    )  # fmt: skip
    tips = [("", "@name"), ("settings", "@share{0.0%}")]
    figure.add_tools(bk.models.HoverTool(tooltips=tips))
    name_ticks(figure.yaxis[0], names)
    figure.ygrid.visible = False
    return figure
