"""Profiles of a benchmark: of all solvers, the best of them by name, and of two."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from matplotlib.figure import Figure

from gandyn import _canvas as colours
from gandyn.bench.profiles import (
    Profile,
    data_profile,
    indices_of,
    performance_profile,
    wins,
)
from gandyn.bench.ranking import ranks
from gandyn.bench.report._picture import Panel, Picture, Table, levels
from gandyn.bench.report._words import heading, label_of
from gandyn.bench.results import Result

COLOURS = (
    colours.BLUE,
    colours.VERMILION,
    colours.GREEN,
    colours.PURPLE,
    colours.ORANGE,
    colours.SKY,
    colours.BLACK,
)
DASHES = ("", "4 2", "1 2")
"""Of lines whose colours are used up, as SVG has them."""

_MOST_LINES = 12
"""Solvers drawn by name if none are named: the best by mean rank."""

_SHARE = "share of instances solved"


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
    indices_of(result.solvers, solvers)
    best = () if solvers else ranks(result, problems)[:_MOST_LINES]
    return [*solvers, *(row.solver for row in best)]


def calls_profile(result: Result, solvers: Sequence[str] = ()) -> Picture:
    """Return the share of instances solved within so many oracle calls."""
    profile, chosen = data_profile(result), named(result, solvers)
    axis, end = "oracle calls", float(result.protocol.budget)
    return _steps(heading(result, "Data profile"), profile, chosen, axis, end)


def ratio_profile(result: Result, solvers: Sequence[str] = ()) -> Picture:
    """Return the share of instances solved within a multiple of the best's calls."""
    profile, chosen = performance_profile(result), named(result, solvers)
    axis = f"calls over the least of all {len(profile.solvers)}"
    end = profile.at.max(initial=1.0)
    return _steps(heading(result, "Performance profile"), profile, chosen, axis, end)


def pair_profile(result: Result, first: str, second: str) -> Picture:
    """Return the performance profile of two solvers alone.

    Raises
    ------
    UnknownName
        If the result has no such solver.
    """
    pair = (first, second)
    profile, won = performance_profile(result, pair), wins(result, pair).share
    note = (
        f"fewer calls: {label_of(first)} in {won[0, 1]:.0%} of instances, "
        f"{label_of(second)} in {won[1, 0]:.0%}; equal or both fail in "
        f"{1 - won[0, 1] - won[1, 0]:.0%}"
    )
    title = heading(result, "Performance profile of two", note)
    axis, end = "calls over the lesser of the two", profile.at.max(initial=1.0)
    return _steps(title, profile, pair, axis, end)


def _steps(
    title: str, profile: Profile, chosen: Sequence[str], axis: str, end: float
) -> Picture:
    """Return step functions, those of the chosen solvers first and in colour."""
    order = [*chosen, *(name for name in profile.solvers if name not in chosen)]
    table = _corners(profile, order, axis, end)
    draw = partial(_draw, axis=axis, count=len(chosen))
    rows = (len(chosen) + 2) // 2
    panel = Panel(axis, _SHARE, series="solver", reach=0.04)
    return Picture(title, table, draw, (5.6, 4.6 + 0.19 * rows), [panel], len(chosen))


def _corners(profile: Profile, order: Sequence[str], axis: str, end: float) -> Table:
    """Return where each step function rises and what it is from there on."""
    found = []
    for name in order:
        at, share = profile.steps(name)
        at = np.append(np.maximum(at, 1.0), end)  # solved at the start: no calls
        found.append((at, np.append(share, share[-1:] if share.size else 0.0)))
    at, share = (np.concatenate(part) for part in zip(*found, strict=True))
    names = np.repeat(np.array(order, dtype=object), [len(one[0]) for one in found])
    return {"solver": names, axis: at, _SHARE: share}


def _draw(figure: Figure, table: Table, axis: str, count: int) -> None:
    ax, names = figure.add_subplot(), levels(table["solver"])
    handles = []
    for i, name in enumerate(names):
        own = table["solver"] == name
        (line,) = ax.step(table[axis][own], table[_SHARE][own], where="post")
        line.set_gid(f"line{i}")
        if i < count:
            line.set(color=COLOURS[i % len(COLOURS)], label=label_of(name), zorder=3)
            dash = DASHES[i // len(COLOURS) % len(DASHES)].split()
            line.set_linestyle((0, tuple(map(float, dash))) if dash else "-")
        else:
            line.set(color=colours.GREY, lw=0.6, label=f"{len(names) - count} others")
        if i <= count:
            handles.append(line)
    ax.set(xscale="log", ylim=(0, 1.02), xlabel=axis)
    ax.set_ylabel(f"{_SHARE} (problems count alike)")
    legend = figure.legend(
        handles=handles, loc="outside lower center", ncols=2, fontsize="x-small"
    )
    legend.set_gid("legend")
