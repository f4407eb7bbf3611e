"""Iterates of a map, whose fixed points are the map's periodic orbits."""

from __future__ import annotations

from typing import Any

from gandyn.errors import GandynError
from gandyn.stability.maps.maps import Map


class Iterate(Map):
    r"""The map :math:`F^p`, of the same parameter: p steps at once.

    Complex and Taylor numbers go through it as through F, so that whatever is computed
    of a fixed point is computed of a cycle: `bifurcations` of an iterate are the folds,
    period doublings and Neimark–Sacker points of cycles, with their normal forms.

    Parameters
    ----------
    map : Map
    times : int
        p >= 1.

    Raises
    ------
    GandynError
        If ``times`` is no positive whole number.

    Examples
    --------
    The period-2 orbit of the Hénon map with b = 0.3 doubles its period at
    a = (1 - b)² + (1 + b)²/4:

    >>> from gandyn.stability.crossings.thresholds import bifurcations
    >>> henon = Map(lambda z, a: (1 - a * z[0] * z[0] + z[1], 0.3 * z[0]), "a")
    >>> (found,) = bifurcations(Iterate(henon, 2), [1.26, -0.11], 0.8, 1.0)
    >>> found.kind, round(found.value, 12), found.criticality
    ('flip', 0.9125, 'supercritical')
    """

    def __init__(self, map: Map, times: int) -> None:
        self.map, self.times = map, whole(times, "times")
        self.observed = map.observed
        super().__init__(self._iterated, map.name)

    def _iterated(self, state: Any, parameter: Any) -> Any:
        for _ in range(self.times):
            state = self.map(state, parameter)
        return state


def whole(number: Any, name: str) -> int:
    """Return a count of steps as an int.

    Raises
    ------
    GandynError
        If it is no whole number of at least 1.
    """
    try:
        good = int(number) == number >= 1 and not isinstance(number, bool)
    except (TypeError, ValueError, OverflowError):
        good = False
    if not good:
        raise GandynError(f"{name} is {number!r}: it must be a whole number >= 1")
    return int(number)
