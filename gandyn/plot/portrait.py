"""The plane of two scalar players: the flow, and the map that an update rule makes."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from gandyn import _canvas as colours
from gandyn._canvas import axes_or_new
from gandyn.errors import GandynError
from gandyn.plot._titles import brief, title

_FLOW_POINTS = 41
"""Points a side at which the flow is sampled for its streamlines."""

_MAP_POINTS = 13
"""Points a side from which one step of the map is drawn."""


def phase_portrait(
    game: Any,
    rule: Any = None,
    ax: Axes | None = None,
    *,
    centre: tuple[float, float] | None = None,
    reach: float = 2.0,
) -> Axes:
    """Draw the flow -v of a game of two scalars, and one step of a rule.

    The flow (streamlines) is what infinitely small learning rates do. The map (arrows,
    in their true length, from a state to the next one) is what the rule does from fresh
    memory.

    Parameters
    ----------
    game : Game
        Of two scalar players.
    rule : Rule, optional
        Without one, only the flow is drawn.
    ax : matplotlib Axes, optional
    centre : (float, float), optional
        Middle of the picture, the first known equilibrium if not given.
    reach : float
        Half the side of the picture.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    GandynError
        If the players are vectors, or the reach is not positive.
    """
    if game.shape != ((), ()):
        raise GandynError(
            f"a phase portrait needs scalar players, {type(game).__name__} has shapes "
            f"{game.shape[0]} and {game.shape[1]}; draw an orbit with trajectory()"
        )
    if not (0 < reach < np.inf):
        raise GandynError(f"reach must be positive and finite, got {reach}")
    known = [(float(x), float(y)) for x, y in game.equilibria()]
    middle = centre or (known[0] if known else (0.0, 0.0))
    ax = axes_or_new(ax, (6.5, 6.5))
    handles = [_draw_flow(ax, game, middle, reach)]
    if rule is not None:
        handles.append(_draw_map(ax, game, rule, middle, reach))
    handles += _draw_equilibria(ax, known, middle, reach)
    _frame(ax, middle, reach)
    ax.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.1))
    words = brief(game) if rule is None else title(rule, game)
    ax.set_title(words, fontsize="medium")
    return ax


def _draw_flow(ax: Axes, game: Any, middle: tuple[float, float], reach: float) -> Any:
    x, y = _grid(middle, reach, _FLOW_POINTS)
    u, w = -game.gx(x, y) + 0 * x, -game.gy(x, y) + 0 * x
    ax.streamplot(x, y, u, w, color="0.6", linewidth=0.8, density=1.2, arrowsize=0.9)
    return Line2D([], [], color="0.6", lw=0.8, label="flow $-v$ (streamlines)")


def _draw_map(
    ax: Axes, game: Any, rule: Any, middle: tuple[float, float], reach: float
) -> Any:
    x, y = _grid(middle, reach * (1 - 1 / _MAP_POINTS), _MAP_POINTS)
    new_x, new_y, _ = rule.step(game, x, y, rule.init(game, x, y))
    ax.quiver(
        x,
        y,
        new_x - x,
        new_y - y,
        angles="xy",
        scale_units="xy",
        scale=1.0,
        width=0.004,
        color=colours.BLUE,
        zorder=3,
    )
    name = type(rule).__name__
    label = f"map: one step of {name} from fresh memory (true length)"
    return Line2D([], [], color=colours.BLUE, marker=">", lw=1.5, label=label)


def _draw_equilibria(
    ax: Axes,
    known: list[tuple[float, float]],
    middle: tuple[float, float],
    reach: float,
) -> list[Any]:
    inside = [
        p for p in known if max(abs(p[0] - middle[0]), abs(p[1] - middle[1])) <= reach
    ]
    if not inside:
        return []
    style = {"ls": "", "marker": "o", "ms": 8, "mfc": colours.VERMILION, "mec": "white"}
    xs, ys = zip(*inside, strict=True)
    ax.plot(xs, ys, zorder=4, **style)
    return [Line2D([], [], label="equilibrium", **style)]


def _grid(middle: tuple[float, float], reach: float, points: int) -> Any:
    side = np.linspace(-reach, reach, points)
    return np.meshgrid(middle[0] + side, middle[1] + side)


def _frame(ax: Axes, middle: tuple[float, float], reach: float) -> None:
    ax.set_xlim(middle[0] - reach, middle[0] + reach)
    ax.set_ylim(middle[1] - reach, middle[1] + reach)
    ax.set_aspect("equal")
    ax.set(xlabel="x (dimensionless)", ylabel="y (dimensionless)")
