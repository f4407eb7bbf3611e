"""A branch of fixed points, followed in a parameter with its multipliers."""

from __future__ import annotations

import bisect
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from gandyn.errors import GandynError
from gandyn.stability.calculus.maps import Map, RuleMap

LEAP = 0.1
"""A fixed point that moves farther than this in one step may be another branch's."""
GIVEN = 1e-6
"""A relative residual up to which a given point is a fixed point, to be polished."""
NEUTRAL = 1e-9
"""A multiplier this near to 1 along the whole branch is neutral."""


class Lost(GandynError):
    """No fixed point was found near the last one: the branch may have turned back."""


class Sample(NamedTuple):
    """A fixed point with the map's matrix and multipliers there."""

    parameter: float
    state: np.ndarray
    matrix: np.ndarray
    values: np.ndarray


class Branch:
    """A fixed point as a function of the parameter, from one that is known.

    Parameters
    ----------
    step : Map
    state : ndarray, shape (S,)
        A fixed point, or near one.
    parameter : float
    """

    def __init__(self, step: Map, state: Any, parameter: float) -> None:
        self.step = step
        self._places: list[float] = []
        self._samples: dict[float, Sample] = {}
        self._keep(step.fixed_point(state, parameter), parameter)

    def _keep(self, state: np.ndarray, parameter: float) -> Sample:
        matrix = self.step.jacobian(state, parameter)
        sample = Sample(parameter, state, matrix, np.linalg.eigvals(matrix))
        bisect.insort(self._places, parameter)
        self._samples[parameter] = sample
        return sample

    def at(self, parameter: float) -> Sample:
        """Return the branch at a parameter, by Newton from the nearest known one.

        Raises
        ------
        Lost
            If Newton's method finds no fixed point near it.
        """
        parameter = float(parameter)
        if parameter in self._samples:
            return self._samples[parameter]
        i = bisect.bisect(self._places, parameter)
        near = min(
            self._places[max(i - 1, 0) : i + 1], key=lambda p: abs(p - parameter)
        )
        known = self._samples[near].state
        try:
            state = self.step.fixed_point(known, parameter)
        except GandynError as error:
            raise Lost(str(error)) from None
        if np.linalg.norm(state - known) > LEAP * (1 + np.linalg.norm(known)):
            raise Lost(f"the fixed point leaps at {parameter:.6g}")
        return self._keep(state, parameter)

    def neutral(self) -> int:
        """Return how many multipliers are at 1 wherever the branch was visited."""
        return min(
            int(np.sum(np.abs(sample.values - 1) < NEUTRAL))
            for sample in self._samples.values()
        )


def start_at(
    step: RuleMap, point: tuple[Any, Any] | None, parameter: Any
) -> np.ndarray:
    """Return the state at a point, the game's first equilibrium by default.

    Raises
    ------
    GandynError
        If the point given is no fixed point; with the residual.
    """
    state = step.state(point, parameter)
    if point is not None:
        check_fixed(step, state, parameter)
    return state


def shown(parameter: Any) -> str:
    """Return the value or values of a parameter as text."""
    values = parameter if isinstance(parameter, tuple) else (parameter,)
    return ", ".join(f"{value:.6g}" for value in values)


def check_fixed(step: Map, state: np.ndarray, parameter: Any) -> None:
    """Raise GandynError if a step moves a state."""
    left = step.residual(state, parameter)
    if not left <= GIVEN * (1 + np.linalg.norm(state)):
        raise GandynError(
            f"the point is no fixed point at {step.name} = {shown(parameter)}: "
            f"one step moves it by {left:.3g}"
        )


def matched(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return b in the order that is nearest to a, entry by entry."""
    _, order = linear_sum_assignment(np.abs(a[:, None] - b[None, :]))
    return b[order]


def set_neutral_aside(values: np.ndarray, count: int) -> np.ndarray:
    """Return the multipliers without the ``count`` ones nearest to 1."""
    return values[np.argsort(np.abs(values - 1), kind="stable")[count:]]
