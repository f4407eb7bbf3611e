"""The multipliers of a fixed point as functions of a field, each followed."""

from __future__ import annotations

import dataclasses
from typing import Any, overload

import numpy as np

from gandyn._arguments import checked
from gandyn._records import Record
from gandyn.errors import FieldError
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.stability.crossings.branches import (
    Branch,
    follow,
    matched,
    set_neutral_aside,
)
from gandyn.stability.crossings.records import Bifurcations
from gandyn.stability.crossings.scan import nodes
from gandyn.stability.crossings.subjects import as_map
from gandyn.stability.crossings.thresholds import check_interval, located
from gandyn.stability.maps.maps import Map

_LONGEST_MOVE = 0.02
"""A multiplier that moves farther between two points is sampled more finely."""
_MOST = 4096
"""Points of a path."""


class MultiplierPath(Record):
    """The multipliers along a branch of fixed points.

    Attributes
    ----------
    field : str
        The field that varies.
    values : ndarray, shape (N,)
        Its values, increasing.
    multipliers : ndarray of complex, shape (N, M)
        A column is one multiplier, followed; neutral ones are left out.
    neutral : int
        How many multipliers stay at 1 all along.
    crossings : Bifurcations
        Where a multiplier crosses the unit circle.
    """

    field: str
    values: np.ndarray
    multipliers: np.ndarray = dataclasses.field(repr=False)
    neutral: int
    crossings: Bifurcations

    derived = ("radius",)
    pairs = ("multipliers",)

    @property
    def radius(self) -> np.ndarray:
        """The spectral radius at each value, shape (N,)."""
        return np.abs(self.multipliers).max(axis=1)


@overload
def multiplier_path(
    subject: Map, at: Any, *, low: float, high: float
) -> MultiplierPath: ...


@overload
def multiplier_path(
    subject: Rule,
    at: Game,
    field: str = "lr",
    low: float = 1e-3,
    high: float = 10.0,
    point: tuple[Any, Any] | None = None,
) -> MultiplierPath: ...


@checked
def multiplier_path(
    subject: Map | Rule,
    at: Any,
    field: str | None = None,
    low: float = 1e-3,
    high: float = 10.0,
    point: tuple[Any, Any] | None = None,
) -> MultiplierPath:
    """Return how the multipliers of a fixed point move with a field or a parameter.

    Parameters
    ----------
    subject : Map, or Rule
        An autonomous rule.
    at : array_like of shape (S,), or Game
        The map's fixed point at ``low``, or near it; of a rule the game that it plays.
    field : str
        A numeric field of the rule or the game, named as in `sweep`; ``"lr"`` by
        default. A map has its own parameter.
    low, high : float
        The interval; of more than a decade it is sampled evenly in the logarithm.
    point : pair, optional
        The game's equilibrium at ``low``; by default its first one.

    Raises
    ------
    GandynError
        As `critical_learning_rates`.
    FieldError
        If the field's values leave its domain, or every multiplier is neutral.

    Examples
    --------
    >>> from gandyn.games.dirac import R1, DiracGAN
    >>> from gandyn.rules import Simultaneous
    >>> game = DiracGAN(regulariser=R1(0.3))
    >>> path = multiplier_path(Simultaneous(), game, "lr", 0.1, 2.0)
    >>> path.multipliers.shape[1], [round(c.value, 9) for c in path.crossings]
    (2, [1.2])
    >>> henon = Map(lambda z, a: (1 - a * z[0] * z[0] + z[1], 0.3 * z[0]), "a")
    >>> path = multiplier_path(henon, [0.9, 0.3], low=0.1, high=1.0)
    >>> [round(one.value, 4) for one in path.crossings]
    [0.3675]
    """
    map, state, _ = as_map(subject, at, low, point, field)
    check_interval(map.name, low, high)
    branch = Branch(map, state, low, high - low)
    samples, lost = follow(branch, nodes(low, high))
    crossings = located(branch, samples, lost)
    neutral = branch.neutral()
    if neutral == len(samples[0].state):
        raise FieldError(f"{map.name}: every multiplier is neutral, none moves")
    places = [sample.parameter for sample in samples]
    rows = [set_neutral_aside(samples[0].values, neutral)]
    for sample in samples[1:]:
        rows.append(matched(rows[-1], set_neutral_aside(sample.values, neutral)))
    i = 1
    while i < len(places):
        wide = np.abs(rows[i] - rows[i - 1]).max() > _LONGEST_MOVE
        middle = (places[i] + places[i - 1]) / 2
        if wide and len(places) < _MOST and places[i - 1] < middle < places[i]:
            values = set_neutral_aside(branch.at(middle).values, neutral)
            places.insert(i, middle)
            rows.insert(i, matched(rows[i - 1], values))
            continue
        rows[i] = matched(rows[i - 1], rows[i])
        i += 1
    return MultiplierPath(
        map.name, np.array(places), np.array(rows), neutral, crossings
    )
