"""Equilibria that floats do not hit, enclosed in balls."""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx

from gandyn.games import Game
from gandyn.rules.gradient import Simultaneous
from gandyn.stability.certificates.duals import Dual
from gandyn.stability.certificates.exact_maps import dual_map, with_duals

BITS = 256
"""Working precision: its rounding is nothing beside the balls."""
INFLATIONS = (4.0, 64.0)
"""Radii tried, in Newton steps from the point; curvature may ask for a wider box."""
LEAST = 2.0**-100
"""Smallest radius, relative to the coordinates, for a point that is nearly exact."""


def enclose_equilibrium(game: Game, point: tuple[Any, Any]) -> tuple[Any, Any] | None:
    r"""Return a box of balls near a point that holds an equilibrium, or None.

    Krawczyk's test: with Y near :math:`J(c)^{-1}`, if

    .. math:: K = c - Y v(c) + (I - Y J(Z)) (Z - c)

    lies inside the box Z, there is one zero of v in Z, and it lies in K.

    Parameters
    ----------
    game : Game
    point : pair
        Near an equilibrium with regular J.

    Returns
    -------
    pair of ndarray of Dual, or None
        Shaped like the players.

    Raises
    ------
    One of `LEAVES_THE_FIELD`, NonSmooth, ZeroDivisionError
        If the field does not run on balls.

    References
    ----------
    Neumaier, *Interval Methods for Systems of Equations*, 1990, Section 5.1.

    Examples
    --------
    >>> from gandyn.games import from_losses
    >>> game = from_losses("x**3/3 - 2*x", "y**2/2")
    >>> x, y = enclose_equilibrium(game, (1.41421356237, 0.0))
    >>> bool((x.item().value ** 2 - 2).contains(0)), float(x.item().value.rad()) < 1e-20
    (True, True)
    """
    shapes = [np.shape(part) for part in point]
    duals, descent = with_duals(game), with_duals(Simultaneous(lr_x=1.0, lr_y=1.0))
    centre = np.concatenate([np.ravel(part) for part in point]).astype(float)
    size = len(centre)
    unit = arb_mat(np.eye(size, dtype=int).tolist())
    with ctx.workprec(BITS):
        found = dual_map(descent, duals, point)
        push = arb_mat([[arb(move)] for move in found.moved])
        slope = np.array([[float(arb(entry)) for entry in row] for row in found.rows])
        try:
            inverse = np.linalg.inv(np.eye(size) - slope)
        except np.linalg.LinAlgError:
            return None
        solve = arb_mat(inverse.tolist())
        newton = solve * push
        steps = [float(abs(newton[i, 0]).upper()) for i in range(size)]
        for factor in INFLATIONS:
            radii = [
                factor * step + 1e-3 * max(steps) + LEAST * (1 + abs(c))
                for step, c in zip(steps, centre, strict=True)
            ]
            offset = arb_mat([[arb(0, radius)] for radius in radii])
            box = [arb(c) + offset[i, 0] for i, c in enumerate(centre.tolist())]
            rows = dual_map(descent, duals, _shaped(box, shapes)).rows
            jacobian = unit - arb_mat([[arb(entry) for entry in row] for row in rows])
            image = newton + (unit - solve * jacobian) * offset
            if all(offset[i, 0].contains_interior(image[i, 0]) for i in range(size)):
                inside = [arb(c) + image[i, 0] for i, c in enumerate(centre.tolist())]
                return _shaped(inside, shapes)
    return None


def _shaped(balls: list[Any], shapes: list[Any]) -> tuple[Any, Any]:
    entries = np.array([Dual(ball) for ball in balls], dtype=object)
    n = int(np.prod(shapes[0]))
    return entries[:n].reshape(shapes[0]), entries[n:].reshape(shapes[1])
