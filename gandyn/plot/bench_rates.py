"""Rates against theory, and how many settings work."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gandyn.bench.profiles import rates, robustness
from gandyn.bench.protocol import TARGET
from gandyn.bench.results import Result
from gandyn.plot import _canvas as colours
from gandyn.plot._bench_words import heading, power, shown
from gandyn.plot._canvas import axes_or_new

CLOSE = 0.1
"""Relative distance of two rates that counts as agreement."""

THEORIES = {"exact": "of this game", "worst": "in the worst case of its class"}


def rates_against_theory(
    result: Result, ax: Axes | None = None, *, theory: str = "exact"
) -> Axes:
    """Draw measured rates over those of theory, a point per run.

    Parameters
    ----------
    result : Result
    ax : matplotlib Axes, optional
    theory : {"exact", "worst"}
        The spectral radius of the game itself, or the largest in its class of games.

    Returns
    -------
    matplotlib Axes
    """
    found = rates(result)
    told = {"exact": found.exact, "worst": found.worst}[theory]
    ax = axes_or_new(ax, (6.5, 6.0))
    inside = told < 0
    x, y = -told[inside], -found.measured[inside]
    ax.set_title(f"{x.size} runs have both rates", fontsize="small")
    if x.size:
        ends = np.array([min(x.min(), y.min()), max(x.max(), y.max())])
        ax.loglog(ends, ends, color=colours.BLACK, lw=1, label="equal")
        ax.loglog(x, y, ".", color=colours.BLUE, ms=4, alpha=0.4, rasterized=True)
        ax.legend(loc="upper left")
        ax.set_title(rate_words(found.measured, told, theory), fontsize="small")
    ax.set(xlabel=f"-log of the spectral radius {THEORIES[theory]} (per step)")
    ax.set(ylabel="measured decay (per step)")
    return ax


def rate_words(measured: np.ndarray, told: np.ndarray, theory: str) -> str:
    """Return how many runs agree with theory, or are slower than it allows."""
    inside = told < 0
    ratio = measured[inside] / told[inside]
    if theory == "exact":
        agree = np.sum(np.abs(ratio - 1) <= CLOSE)
        words = f"{agree} of {ratio.size} runs within {CLOSE:.0%} of the exact rate"
    else:
        slower = np.sum(ratio < 1 - CLOSE)
        words = (
            f"{slower} of {ratio.size} runs over {CLOSE:.0%} slower than the worst case"
        )
    outside = int(np.sum(told >= 0))
    if outside:
        words += f"\n{outside} more arrive where theory has no decay: not drawn"
    return words


def rates_figure(result: Result) -> Figure:
    """Draw measured rates over the exact ones, and over those of the worst case."""
    figure = Figure(figsize=(12.0, 6.2), layout="constrained")
    for ax, theory in zip(figure.subplots(1, 2), THEORIES, strict=True):
        rates_against_theory(result, ax, theory=theory)
    note = "all settings, measured between 1e-4 and 1e-8 of runs that reached 1e-8"
    figure.suptitle(heading(result, "Rates and theory", note), fontsize="small")
    return figure


def robustness_bars(
    result: Result, ax: Axes | None = None, *, target: float = TARGET
) -> Axes:
    """Draw the share of settings that reach a target in all runs, per solver."""
    found = robustness(result, target)
    names = sorted(found, key=lambda name: (found[name], name))
    ax = axes_or_new(ax, (8.0, 1.8 + 0.19 * len(names)))
    shares = [found[name] for name in names]
    at = np.arange(len(names))
    bars = ax.barh(at, shares, color=colours.SKY)
    words = [f"{share:.0%}" for share in shares]
    ax.bar_label(bars, words, padding=3, fontsize="x-small")
    ax.set_yticks(at, [shown(name) for name in names])
    ax.set(xlim=(0, 1.12 * max(*shares, 0.05)), ylim=(-0.7, len(names) - 0.3))
    ax.set_xlabel(f"share of settings that reach {power(target)} in all runs")
    ax.set_title(heading(result, "Robustness"), fontsize="small")
    ax.tick_params(axis="y", labelsize="small", length=0)
    return ax
