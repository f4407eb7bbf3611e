"""Rehearsals: how copies of a checkpoint fare under factors of their rates."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from gandyn import _canvas as colours
from gandyn._canvas import axes_or_new
from gandyn.errors import GandynError

_ROOM = 1.25
"""Copies that broke down are drawn this far above the others, on a line."""


def rehearsal(advice: Any, ax: Axes | None = None) -> Axes:
    """Draw how every copy fared: against one field, or the shares in a plane of two.

    Parameters
    ----------
    advice : Advice
        From `gandyn.gans.advise`, rehearsed.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    GandynError
        If the answer is exact: there are no copies to draw.
    """
    if not advice.scores.size:
        raise GandynError(
            "an exact answer has no rehearsal to draw: gandyn.plot.phase_diagram draws "
            "the plane around it"
        )
    if len(advice.axes) == 2:
        return _plane(advice, axes_or_new(ax, (7.0, 5.5)))
    return _line(advice, axes_or_new(ax, (7.5, 5.0)))


def _line(advice: Any, ax: Axes) -> Axes:
    (axis,) = advice.axes
    places = axis.values if axis.relative else np.arange(len(axis.values))
    scores, worse = advice.scores, advice.worse
    sound = scores[np.isfinite(scores)]
    top = sound.max() + (_ROOM - 1) * max(np.ptp(sound), abs(advice.limit))
    usual = advice.usual[np.isfinite(advice.usual)]
    ax.axhspan(
        usual.min(), usual.max(), color=colours.SKY, alpha=0.3, lw=0,
        label=f"trained on as it is, {len(advice.usual)} replicas",
    )  # fmt: skip
    ax.axhline(
        advice.limit, color=colours.BLACK, lw=1, ls="--", label="worse beyond this"
    )
    for inks, here, label in (
        ((colours.BLUE, "o"), ~worse, "as good"),
        ((colours.VERMILION, "X"), worse & np.isfinite(scores), "worse"),
        ((colours.VERMILION, "^"), ~np.isfinite(scores), "broken down"),
    ):
        i, _ = np.nonzero(here)
        if len(i):
            heights = np.where(np.isfinite(scores), scores, top)[here]
            ax.plot(
                places[i], heights, ls="", marker=inks[1], color=inks[0], ms=6,
                mec="white", mew=0.5, label=label,
            )  # fmt: skip
    _answers(advice, ax)
    _scale(ax, axis, places)
    if (sound > 0).all() and sound.max() > 20 * sound.min() and advice.limit > 0:
        ax.set_yscale("log")
    name = "times its allowance (losses and gradients: weak)"
    ax.set_ylabel(name if advice.weak else f"metric ({advice.better} is better)")
    ax.set_title(
        f"{advice.runs} copies of the checkpoint, {advice.steps} steps each",
        fontsize="medium",
    )
    ax.legend(loc="best", fontsize="small")
    return ax


def _answers(advice: Any, ax: Axes) -> None:
    for found in advice.upwards:
        if found.broke:
            ax.axvline(
                found.value, color=colours.VERMILION, lw=1.5, zorder=1,
                label=f"breaking factor ×{found.value:.3g}",
            )  # fmt: skip
            ax.axvline(
                found.recommended, color=colours.GREEN, lw=1.5, ls="-.", zorder=1,
                label=f"recommended at most ×{found.recommended:.3g}",
            )  # fmt: skip


def _scale(ax: Axes, axis: Any, places: np.ndarray) -> None:
    if axis.relative:
        ax.set_xscale("log")
        ax.set_xlabel(f"factor of {axis.name}")
        ax.xaxis.set_major_locator(FixedLocator(list(places)))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: _factor(v)))
        ax.xaxis.set_minor_locator(NullLocator())
    else:
        ax.set_xticks(places, [f"{v:g}" for v in axis.values])
        ax.set_xlabel(f"{axis.name} (now {axis.values[axis.now]:g})")


def _plane(advice: Any, ax: Axes) -> Axes:
    first, second = advice.axes
    inks = LinearSegmentedColormap.from_list("worse", ["white", colours.VERMILION])
    image = ax.imshow(
        advice.share.T, origin="lower", aspect="auto", vmin=0, vmax=1, cmap=inks
    )
    for i, j in np.ndindex(advice.share.shape):
        count = f"{advice.worse[i, j].sum()}/{advice.worse.shape[-1]}"
        ax.text(i, j, count, ha="center", va="center", fontsize="small")
    ax.plot(
        first.now, second.now, "s", ms=26, mfc="none", mec=colours.BLUE, mew=2,
    )  # fmt: skip
    for set_ticks, axis in ((ax.set_xticks, first), (ax.set_yticks, second)):
        shown = [_factor(v) if axis.relative else f"{v:g}" for v in axis.values]
        set_ticks(range(len(shown)), shown)
    ax.set_xlabel(_title(first))
    ax.set_ylabel(_title(second))
    ax.get_figure(root=True).colorbar(  # type: ignore[union-attr]
        image, ax=ax, label="share of replicas worse than training as it is"
    )
    ax.set_title(
        f"{advice.runs} copies of the checkpoint, {advice.steps} steps each; worse "
        "replicas of all\n(framed: training as it is)",
        fontsize="medium",
    )
    return ax


def _title(axis: Any) -> str:
    return f"factor of {axis.name}" if axis.relative else axis.name


def _factor(value: float) -> str:
    return f"×{value:.3g}" if value >= 1 else f"÷{1 / value:.3g}"
