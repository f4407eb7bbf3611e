"""Profiles of a benchmark: of all solvers, the best of them by name, and of two."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from gandyn.bench.profiles import (
    Profile,
    data_profile,
    performance_profile,
    places,
    wins,
)
from gandyn.bench.ranking import ranks
from gandyn.bench.results import Result
from gandyn.plot import _canvas as colours
from gandyn.plot._bench_words import heading, shown
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
"""Solvers drawn by name if none are named: the best by mean rank."""

SHARE = "share of instances solved (problems count alike)"


def named(
    result: Result,
    solvers: Sequence[str] = (),
    problems: Sequence[str] | None = None,
) -> list[str]:
    """Return the solvers that pictures name: those given, or the best on problems.

    Raises
    ------
    UnknownName
        If the result has no such solver.
    """
    places(result.solvers, solvers)
    best = () if solvers else ranks(result, problems)[:MOST_LINES]
    return [*solvers, *(row.solver for row in best)]


def calls_profile(
    result: Result, ax: Axes | None = None, *, solvers: Sequence[str] = ()
) -> Axes:
    """Draw the share of instances solved within so many oracle calls."""
    profile = data_profile(result)
    ax = _lines(profile, ax, named(result, solvers), result.protocol.budget)
    ax.set(xlabel="oracle calls", title=heading(result, "Data profile"))
    return ax


def ratio_profile(
    result: Result, ax: Axes | None = None, *, solvers: Sequence[str] = ()
) -> Axes:
    """Draw the share of instances solved within a multiple of the best's calls."""
    profile = performance_profile(result)
    ax = _lines(profile, ax, named(result, solvers), profile.at.max(initial=1.0))
    ax.set_xlabel(f"calls over the least calls of all {len(profile.solvers)}")
    ax.set_title(heading(result, "Performance profile"))
    return ax


def pair_profile(
    result: Result, first: str, second: str, ax: Axes | None = None
) -> Axes:
    """Draw the performance profile of two solvers alone.

    Raises
    ------
    UnknownName
        If the result has no such solver.
    """
    pair = (first, second)
    profile = performance_profile(result, pair)
    ax = _lines(profile, ax, pair, profile.at.max(initial=1.0))
    won = wins(result, pair).share
    ax.set_xlabel("calls over the lesser calls of the two")
    note = pair_words(shown(first), shown(second), won[0, 1], won[1, 0])
    ax.set_title(heading(result, "Performance profile of two", note))
    return ax


def pair_words(first: str, second: str, won: float, lost: float) -> str:
    """Return in which share of the instances either takes fewer calls."""
    return (
        f"fewer calls: {first} in {won:.0%} of instances, {second} in {lost:.0%}; "
        f"equal or both fail in {1 - won - lost:.0%}"
    )


def _lines(
    profile: Profile, ax: Axes | None, chosen: Sequence[str], end: float
) -> Axes:
    ax = axes_or_new(ax, (10.0, 5.5))
    others = [name for name in profile.solvers if name not in chosen]
    for i, name in enumerate(others):
        label = f"{len(others)} others" if i == 0 else None
        _step(ax, profile, name, end, color=colours.GREY, lw=0.6, label=label)
    for i, name in enumerate(chosen):
        style = STYLES[i // len(COLOURS) % len(STYLES)]
        colour = COLOURS[i % len(COLOURS)]
        _step(ax, profile, name, end, color=colour, ls=style, label=shown(name))
    ax.set(xscale="log", ylim=(0, 1.02), ylabel=SHARE)
    handles, labels = ax.get_legend_handles_labels()
    if others:  # after those that have a name
        handles, labels = handles[1:] + handles[:1], labels[1:] + labels[:1]
    ax.legend(
        handles, labels, fontsize="small", loc="upper left", bbox_to_anchor=(1.01, 1.0)
    )
    ax.title.set_fontsize("small")
    return ax


def _step(ax: Axes, profile: Profile, name: str, end: float, **style: object) -> None:
    at, share = profile.steps(name)
    at = np.append(np.maximum(at, 1.0), end)  # solved at the start: no calls
    share = np.append(share, share[-1:] if share.size else 0.0)
    ax.step(at, share, where="post", **style)
