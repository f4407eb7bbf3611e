"""Rates against theory, and how many settings work."""

from __future__ import annotations

from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from gandyn import _canvas as colours
from gandyn.bench.profiles import rates, robustness
from gandyn.bench.protocol import TARGET
from gandyn.bench.report._picture import Panel, Picture, Table, codes, levels
from gandyn.bench.report._words import heading, label_of, power
from gandyn.bench.results import Result

_CLOSE = 0.1
"""Relative distance of two rates that counts as agreement."""

_FEW = 200
"""Ratio of a log axis' ends below which powers of ten are too few labels."""

_THEORIES = {"exact": "of this game", "worst": "in the worst case of its class"}
_TOLD, _MEASURED = "decay by theory", "measured decay"
_WORKING = "share of settings"


def rates_against_theory(result: Result) -> Picture:
    """Return measured rates beside the exact ones, and beside those of the worst case.

    A row is a run and a theory: the spectral radius of the game itself, or the largest
    in its class of games. Decay is minus the log growth per step.
    """
    found = rates(result)
    parts = []
    for theory, told in (("exact", found.exact), ("worst", found.worst)):
        kept = np.isfinite(told)
        words = np.full(int(kept.sum()), theory, dtype=object)
        parts.append((words, found.solver[kept].astype(object),
                      found.problem[kept].astype(object), -told[kept],
                      -found.measured[kept]))  # fmt: skip
    columns = ("theory", "solver", "problem", _TOLD, _MEASURED)
    joined = map(np.concatenate, zip(*parts, strict=True))
    table = dict(zip(columns, joined, strict=True))
    note = "all settings, measured between 1e-4 and 1e-8 of runs that reached 1e-8"
    panels = [Panel(_TOLD, _MEASURED, ("theory", t), reach=0.03) for t in _THEORIES]
    title = heading(result, "Rates and theory", note)
    return Picture(title, table, _draw_rates, (5.6, 9.6), panels)


def robustness_bars(result: Result, target: float = TARGET) -> Picture:
    """Return the share of settings that reach a target in all runs, per solver."""
    found = robustness(result, target)
    names = sorted(found, key=lambda name: (-found[name], name))
    table = {
        "solver": np.array(names, dtype=object),
        _WORKING: np.array([found[name] for name in names]),
    }
    label = f"share of settings that reach {power(target)} in all runs"
    size, draw = (5.6, 1.8 + 0.19 * len(names)), partial(_draw_shares, label=label)
    title = heading(result, "Robustness")
    return Picture(title, table, draw, size, [Panel("", "solver")])


def _draw_rates(figure: Figure, table: Table) -> None:
    for ax, theory in zip(figure.subplots(2, 1), _THEORIES, strict=True):
        own = table["theory"] == theory
        _draw_cloud(ax, table[_TOLD][own], table[_MEASURED][own], theory)


def _draw_cloud(ax: Axes, told: np.ndarray, measured: np.ndarray, theory: str) -> None:
    inside = told > 0
    x, y = told[inside], measured[inside]
    ax.set_title(f"{x.size} runs have both rates", fontsize="small")
    if x.size:
        ends = np.array([min(x.min(), y.min()), max(x.max(), y.max())])
        ax.loglog(ends, ends, color=colours.BLACK, lw=1, label="equal")
        ax.loglog(x, y, ".", color=colours.BLUE, ms=4, alpha=0.4, rasterized=True)
        ax.legend(loc="upper left")
        ax.set_title(_rate_words(told, measured, theory), fontsize="small")
        _mark_decades(ax, ends)
    ax.set_xlabel(f"-log of the spectral radius {_THEORIES[theory]} (per step)")
    ax.set_ylabel("measured decay (per step)")


def _mark_decades(ax: Axes, ends: np.ndarray) -> None:
    """Label powers of ten, and 2 and 5 times these where there are few."""
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_minor_formatter(NullFormatter())
        if ends[1] < _FEW * ends[0]:
            axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axis.set_major_formatter("{x:g}")


def _rate_words(told: np.ndarray, measured: np.ndarray, theory: str) -> str:
    """Return how many runs agree with theory, or are slower than it allows."""
    inside = told > 0
    ratio = measured[inside] / told[inside]
    if theory == "exact":
        agree = np.sum(np.abs(ratio - 1) <= _CLOSE)
        words = f"{agree} of {ratio.size} runs within {_CLOSE:.0%} of the exact rate"
    else:
        slower = np.sum(ratio < 1 - _CLOSE)
        words = f"{slower} of {ratio.size} runs over {_CLOSE:.0%} slower than the "
        words += "worst case"
    outside = int(np.sum(~inside))
    if outside:
        words += f"\n{outside} more arrive where theory has no decay: not drawn"
    return words


def _draw_shares(figure: Figure, table: Table, label: str) -> None:
    ax, shares = figure.add_subplot(), table[_WORKING]
    names = levels(table["solver"])
    bars = ax.barh(codes(table["solver"]), shares, color=colours.SKY)
    words = [f"{share:.0%}" for share in shares]
    ax.bar_label(bars, words, padding=3, fontsize="x-small")
    ax.set_yticks(range(len(names)), [label_of(name) for name in names])
    ax.set(xlim=(0, 1.12 * max(*shares, 0.05)), ylim=(len(names) - 0.3, -0.7))
    ax.set_xlabel(label)
    ax.tick_params(axis="y", labelsize="x-small", length=0)
