"""Pictures of the trainings: where they break, what was foretold, what was seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from benchmarks.real_runs.detections import BEFORE, EVERY, judged

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")


def write(found: dict[str, Any], folder: Path) -> None:
    """Write all pictures as PNG."""
    for name, figure in (
        ("breaking", breaking(found["checkpoints"])),
        ("forecast", forecast(found["checkpoints"])),
        ("alarms", alarms(found["runs"])),
    ):
        figure.savefig(
            folder / f"real_runs_{name}.png", dpi=90, metadata={"Software": ""}
        )


def _grid(names: list[str]) -> tuple[Figure, dict[str, Axes]]:
    """Return a figure with one pair of axes for each name."""
    rows = max(1, -(-len(names) // 4))
    figure = Figure(figsize=(12, 2.4 * rows), layout="constrained")
    axes = figure.subplots(rows, 4, squeeze=False).ravel()
    for ax in axes[len(names) :]:
        ax.set_axis_off()
    for name, ax in zip(names, axes, strict=False):
        ax.set_title(name.replace("_", " "), fontsize=9)
        ax.tick_params(labelsize=7)
    return figure, dict(zip(names, axes, strict=False))


def _names(rows: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(row["name"] for row in rows))


def _factors(ax: Axes) -> None:
    """Label an axis of factors by powers of two."""
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_locator(NullLocator())


def _median(scores: list[float | None]) -> float:
    """Return the median of scores; None is what is not finite."""
    return float(np.median([np.inf if s is None else s for s in scores]))


def breaking(rows: list[dict[str, Any]]) -> Figure:
    """Draw scores over factors, relative to the limit, and where they break."""
    figure, axes = _grid(_names(rows))
    colour = dict.fromkeys(axes, 0)
    for row in rows:
        ax, now = axes[row["name"]], colour[row["name"]]
        colour[row["name"]] += 1
        for truth in row["truths"]:
            factors = [float(f) for f in truth["scores"]]
            middle = np.array([_median(s) for s in truth["scores"].values()])
            relative = np.minimum(middle / truth["limit"], 30)
            ax.loglog(factors, relative, color=COLOURS[now % 4], lw=1)
        _factors(ax)
        ax.set_ylim(0.2, 30)
        ax.axhline(1, color="black", lw=0.7)
        told = row.get("rehearsal", {}).get("breaking")
        if told:
            ax.axvline(told, color=COLOURS[now % 4], ls=":", lw=1.2)
    figure.supxlabel(
        "factor of both learning rates (dotted: rehearsed breaking factor)"
    )
    figure.supylabel("score / limit, median of 3 replicas")
    return figure


def forecast(rows: list[dict[str, Any]]) -> Figure:
    """Draw rehearsed breaking factors, and those of other noise, over the true ones."""
    figure = Figure(figsize=(9, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2, sharex=True, sharey=True)
    end = 1.5**8
    for ax in (left, right):
        ends = np.array([1.0, end])
        ax.loglog(ends, ends, color="black", lw=0.8)
        ax.fill_between(ends, ends / 1.5, ends * 1.5, color="0.85", lw=0)
        ax.set_xlabel("true breaking factor")
        _factors(ax)
        ax.set_yscale("log", base=2)
        ax.yaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_minor_locator(NullLocator())
    for row in rows:
        first, second = (min(one["breaking"] or end, end) for one in row["truths"])
        right.plot(first, second, "o", color=COLOURS[1], alpha=0.6)
        if "rehearsal" in row:
            told = min(row["rehearsal"]["breaking"] or end, end)
            left.plot(first, told, "o", color=COLOURS[0], alpha=0.6)
    left.set_ylabel("rehearsed breaking factor")
    right.set_ylabel("true one under other noise")
    return figure


def alarms(rows: list[dict[str, Any]]) -> Figure:
    """Draw the metric of every run; dots are alarms, crosses where it broke."""
    first = [row for row in rows if row["seed"] == min(r["seed"] for r in rows)]
    figure, axes = _grid(_names(first))
    for name, ax in axes.items():
        own = [row for row in first if row["name"] == name]
        for colour, row in zip(COLOURS, own, strict=False):
            metric = np.array(row["metric"], dtype=float)
            steps = EVERY * np.arange(1, len(metric) + 1)
            ax.semilogy(steps, metric, color=colour, lw=0.8)
            for step, *_ in row["alarms"]:
                ax.plot(step, metric[step // EVERY - 1], "o", ms=3.5, color=colour)
            if row["event"] is not None and row["event"] // EVERY < len(metric):
                at = row["event"] // EVERY
                good = judged(row, True)["seen"]
                ax.plot(row["event"], metric[at], "x" if good else "X", color="black")
        ax.axvline(BEFORE, color="black", lw=0.6)
    figure.supxlabel("step (the change is made at the line)")
    figure.supylabel("metric")
    return figure
