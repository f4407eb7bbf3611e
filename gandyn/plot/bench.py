"""Pictures of a benchmark's result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from gandyn.bench.profiles import (
    Profile,
    data_profile,
    performance_profile,
    ranks,
    rates,
    robustness,
)
from gandyn.bench.results import Result
from gandyn.errors import GandynError
from gandyn.plot import _canvas as colours
from gandyn.plot._canvas import axes_or_new

COLOURS = (
    colours.BLUE,
    colours.VERMILION,
    colours.GREEN,
    colours.PURPLE,
    colours.ORANGE,
    colours.SKY,
    colours.BLACK,
)
STYLES = ("-", "--", ":")
MOST_LINES = 12
"""Contenders drawn as lines if none are named: the best of the rank table."""


def calls_profile(
    result: Result, ax: Axes | None = None, *, contenders: Sequence[str] = ()
) -> Axes:
    """Draw the share of instances solved within so many oracle calls."""
    ax = _lines(result, data_profile(result), ax, contenders)
    ax.set(xlabel="oracle calls", title=_title(result, "Data profile"))
    return ax


def ratio_profile(
    result: Result, ax: Axes | None = None, *, contenders: Sequence[str] = ()
) -> Axes:
    """Draw the share of instances solved within a multiple of the best's calls."""
    ax = _lines(result, performance_profile(result), ax, contenders)
    ax.set(xlabel="calls over the best's calls", title=_title(result, "Performance"))
    return ax


def rates_against_theory(result: Result, ax: Axes | None = None) -> Axes:
    """Draw measured rates over the exact spectral ones, a point per run."""
    found = rates(result)
    ax = axes_or_new(ax, (6.0, 6.0))
    inside = found.exact < 0
    x, y = -found.exact[inside], -found.measured[inside]
    ax.loglog(x, y, ".", color=colours.BLUE, ms=4, label="a run")
    ends = [min(x.min(), y.min()), max(x.max(), y.max())] if x.size else [1e-2, 1.0]
    ax.loglog(ends, ends, color=colours.BLACK, lw=1, label="equal")
    ax.set(xlabel="-log of the spectral radius (per step)")
    ax.set(ylabel="measured decay (per step)", title=_title(result, "Rate and theory"))
    ax.legend()
    return ax


def robustness_bars(
    result: Result, ax: Axes | None = None, *, target: float = 1e-4
) -> Axes:
    """Draw the share of settings that reach a target, per contender."""
    found = robustness(result, target)
    names = sorted(found, key=lambda name: found[name])
    ax = axes_or_new(ax, (7.0, 1.5 + 0.2 * len(names)))
    ax.barh(names, [found[name] for name in names], color=colours.SKY)
    ax.set(xlim=(0, 1), xlabel=f"share of settings that reach {target:g}")
    ax.set_title(_title(result, "Robustness"))
    ax.tick_params(axis="y", labelsize="x-small")
    return ax


PICTURES: dict[str, Any] = {
    "data-profile": calls_profile,
    "performance-profile": ratio_profile,
    "rates": rates_against_theory,
    "robustness": robustness_bars,
}
"""The pictures of a report, by the name of their file."""


def _title(result: Result, text: str) -> str:
    protocol = result.manifest["protocol"]
    tuned = f"{protocol['tuning']} tuning"
    if protocol["tuning"] != "theory":
        tuned += f", {protocol['settings']} settings"
    lines = [f"{text} ({tuned}, {protocol['budget']} calls a run)"]
    return "\n".join([*lines, *[result.remark] * bool(result.remark)])


def _lines(
    result: Result, profile: Profile, ax: Axes | None, contenders: Sequence[str]
) -> Axes:
    known = profile.contenders
    for name in contenders:
        if name not in known:
            raise GandynError(f"the result has no contender {name!r}")
    chosen = contenders or [row.contender for row in ranks(result)[:MOST_LINES]]
    ax = axes_or_new(ax, (9.0, 5.0))
    for i, name in enumerate(chosen):
        share = profile.share[known.index(name)]
        style = STYLES[i // len(COLOURS) % len(STYLES)]
        at = np.maximum(profile.at, 1.0)  # solved at the start: no calls
        colour = COLOURS[i % len(COLOURS)]
        ax.step(at, share, where="post", color=colour, ls=style, label=name)
    ax.set(xscale="log", ylim=(0, 1.02), ylabel="share of instances solved")
    ax.legend(fontsize="x-small", loc="upper left", bbox_to_anchor=(1.01, 1.0))
    return ax
