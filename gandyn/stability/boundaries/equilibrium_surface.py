"""An equilibrium over a box of two fields: its maps, in batches."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from gandyn.dynamics.exact.matrix_entries import stacked
from gandyn.dynamics.spectra import eigenvalues
from gandyn.stability.boundaries.continuation import Plane
from gandyn.stability.boundaries.determinants import (
    determinant_rounding,
    determinants,
    pair_test,
)
from gandyn.stability.boundaries.linear_surface import entries_over
from gandyn.stability.continuation.newton import Newton, iterate
from gandyn.stability.maps.derivatives import linearised
from gandyn.stability.maps.maps import NEWTON, SETTLED, STILL
from gandyn.stability.maps.units import measured, state_units

GRID_INTERVALS = 48
"""The grid on which curves are looked for has so many intervals per field: a closed
curve is found if a node is inside it."""
_NEWTON = Newton(most=NEWTON, still=STILL, at_last=math.inf)
"""All equilibria move together, until the farthest rests; each is checked after."""
_WAVER = 0.25
"""Nodes are shifted by up to this part of an interval: thresholds like to be round
numbers, on which a node has no sign."""
_RESTS = 1e-3
"""A last move of Newton's that is larger has not come to rest; rounding's is less."""
_LEAP = 0.25
"""An equilibrium that moves farther from node to node may be another one."""


class _Grid(NamedTuple):
    """The equilibrium on a grid: states NaN where it was not found."""

    nodes: np.ndarray
    states: np.ndarray
    """Shape (S, n, n)."""
    maps: np.ndarray
    """Shape (n, n, S, S)."""


class EquilibriumSurface:
    """The maps of a rule at an equilibrium that is followed over a box."""

    def __init__(self, plane: Plane) -> None:
        self.plane, self.inner = plane, plane.inner
        corner = np.zeros(2)
        line = plane.line(corner, np.zeros(2))
        self._corner = line.fixed_point(plane.start(corner), 0.0)
        self._units = state_units(line.jacobian(self._corner, 0.0), self._corner)
        self.still = True
        """Whether the equilibrium is the same point all over the box."""
        self.grid = self._grid()
        self._entries = entries_over(plane) if self.still else None
        self._tests: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def linearised(
        self, places: np.ndarray, states: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return images (S, points) and maps (points, S, S) of states at places."""
        values = self.plane.values(np.clip(places, 0.0, 1.0).T)
        return linearised(self.plane.map, states, values)

    def settled(
        self, places: np.ndarray, states: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return equilibria and maps by Newton's method, NaN where it finds none."""
        if self.still:
            return states, self.linearised(places, states)[1]
        begin, unit, scale = states, np.eye(len(states)), self._units[:, None]
        last = np.zeros(states.shape[1])

        def move(states: np.ndarray, _: int) -> tuple[np.ndarray, float]:
            nonlocal last
            images, maps = self.linearised(places, states)
            gaps = (images - states) / scale
            sound = np.isfinite(maps).all(axis=(1, 2)) & np.isfinite(gaps).all(axis=0)
            inner = measured(maps - unit, self._units)
            inner = np.where(sound[:, None, None], inner, unit)
            right = np.where(sound, gaps, np.nan).T[..., None]
            moves = (np.linalg.pinv(inner, rcond=1e-13) @ right)[..., 0].T
            states = states - moves * scale
            last = np.linalg.norm(moves, axis=0) / self._sizes(states)
            return states, float(np.max(last, where=sound, initial=0.0))

        found = iterate(move, states, _NEWTON)
        states = begin if found is None else found.at
        images, maps = self.linearised(places, states)
        size = self._sizes(states)
        lost = ~(np.linalg.norm((images - states) / scale, axis=0) <= SETTLED * size)
        lost |= ~(last <= _RESTS)
        lost |= np.linalg.norm((states - begin) / scale, axis=0) > _LEAP * size
        maps[lost] = np.nan
        return np.where(lost, np.nan, states), maps

    def _sizes(self, states: np.ndarray) -> np.ndarray:
        """Return what moves of states (S, N) are measured by."""
        return 1 + np.asarray(np.linalg.norm(states / self._units[:, None], axis=0))

    def at(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return states (S, points) and maps (points, M, M), from the nearest nodes.

        The maps are without the neutral directions, which leave M of S.
        """
        states, maps = self._at(places)
        return states, self._across(maps)

    def _across(self, maps: np.ndarray) -> np.ndarray:
        basis, maps = self.inner.basis, measured(maps, self.inner.units)
        if basis.shape[0] == basis.shape[1]:
            return maps
        return np.asarray(basis.T @ maps @ basis)

    def _at(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if self.still:
            states = np.repeat(self._corner[:, None], len(places), axis=1)
            if self._entries is None:
                return states, self.linearised(places, states)[1]
            inside = np.clip(places, 0.0, 1.0).T
            return states, stacked(self._entries(inside), inside.shape[1:])
        i, j = self._nearest(places)
        return self.settled(places, self.grid.states[:, i, j])

    def test(self, side: int) -> Callable[[np.ndarray], np.ndarray]:
        """Return the function of places that vanishes where something is critical."""
        return lambda places: critical(self.at(places)[1], side)

    def tests(self, side: int) -> tuple[np.ndarray, np.ndarray]:
        """Return that function on the grid, and its rounding."""
        if side not in self._tests:
            maps = self.grid.maps
            with np.errstate(invalid="ignore", over="ignore"):
                both = _critical_rounded(maps.reshape(-1, *maps.shape[2:]), side)
            self._tests[side] = (
                both[0].reshape(maps.shape[:2]),
                both[1].reshape(maps.shape[:2]),
            )
        return self._tests[side]

    def _nearest(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the nearest node where the equilibrium is known."""
        nodes, known = self.grid.nodes, np.isfinite(self.grid.states[0])
        near = np.abs(places[:, :, None] - nodes).argmin(axis=2).T
        missing = np.flatnonzero(~known[near[0], near[1]])
        if missing.size:
            every = np.argwhere(known)
            for k in missing:
                gaps = np.linalg.norm(nodes[every] - places[k], axis=1)
                near[:, k] = every[gaps.argmin()]
        return near[0], near[1]

    def _grid(self) -> _Grid:
        nodes = np.arange(GRID_INTERVALS + 1.0)
        nodes[1:-1] += _WAVER * np.sin(nodes[1:-1])
        nodes /= GRID_INTERVALS
        count = nodes.size
        places = np.stack(np.meshgrid(nodes, nodes, indexing="ij"), -1).reshape(-1, 2)
        states = np.repeat(self._corner[:, None], count**2, axis=1)
        images, maps = self.linearised(places, states)
        if not self._rests(np.abs(images - states), maps):
            self.still = False
            states, maps = self._flooded(places, count, maps)
        shape, maps = (count, count), self._across(maps)
        size = maps.shape[-1]
        return _Grid(
            nodes, states.reshape(-1, *shape), maps.reshape(*shape, size, size)
        )

    def _rests(self, gaps: np.ndarray, maps: np.ndarray) -> bool:
        """Tell whether gaps (S, N) beside the first corner are rounding, all of them.

        It is that of each number: a small one that moves slowly moves by less than the
        rounding of others. Where all are 0 they have no size.
        """
        sizes = np.abs(self._corner)
        if not sizes.any():
            return bool(np.all(gaps <= STILL))
        inner = np.abs(maps - np.eye(len(sizes)))
        return bool(np.all(gaps <= STILL * (sizes + inner @ sizes).T))

    def _flooded(
        self, places: np.ndarray, count: int, maps: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Follow the equilibrium from the first corner to neighbours of known nodes."""
        states = np.full((self._corner.size, count, count), np.nan)
        states[:, 0, 0] = self._corner
        maps = np.where(True, maps, 0.0).reshape(count, count, *maps.shape[1:])
        tried: set[tuple[int, int, int, int]] = set()
        while True:
            known = np.isfinite(states[0])
            fresh = {}
            for i, j in np.argwhere(_beside(known) & ~known).tolist():
                for k, m in ((i - 1, j), (i, j - 1), (i + 1, j), (i, j + 1)):
                    inside = 0 <= k < count and 0 <= m < count
                    if inside and known[k, m] and (i, j, k, m) not in tried:
                        tried.add((i, j, k, m))
                        fresh[i, j] = (k, m)
                        break
            if not fresh:
                break
            (i, j), (k, m) = np.array(list(fresh)).T, np.array(list(fresh.values())).T
            found = self.settled(places.reshape(count, count, 2)[i, j], states[:, k, m])
            states[:, i, j], maps[i, j] = found
        maps[~np.isfinite(states[0])] = np.nan
        return states.reshape(len(states), -1), maps.reshape(-1, *maps.shape[2:])


def _beside(known: np.ndarray) -> np.ndarray:
    near = np.zeros_like(known)
    near[1:] |= known[:-1]
    near[:-1] |= known[1:]
    near[:, 1:] |= known[:, :-1]
    near[:, :-1] |= known[:, 1:]
    return near


def _tested(maps: np.ndarray, side: int) -> np.ndarray:
    r"""Return the matrices that are singular where something is critical.

    For ``side`` ±1 that is A ∓ I; for 0 it is :math:`A^{(2)} - I` with the second
    compound, the matrix of all 2-by-2 minors, whose eigenvalues are the products of
    pairs of multipliers.
    """
    if side:
        return np.asarray(maps - side * np.eye(maps.shape[-1]))
    i, j = np.triu_indices(maps.shape[-1], 1)
    minors = (
        maps[:, i[:, None], i] * maps[:, j[:, None], j]
        - maps[:, i[:, None], j] * maps[:, j[:, None], i]
    )
    return np.asarray(minors - np.eye(i.size))


def critical(maps: np.ndarray, side: int) -> np.ndarray:
    """Return the test function: the determinant of the matrices `_tested`."""
    if not side and maps.shape[-1] == 4:
        return pair_test(maps)[0]
    return determinants(_tested(maps, side))


def _critical_rounded(maps: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the test function and its rounding."""
    if not side and maps.shape[-1] == 4:
        return pair_test(maps)
    matrices = _tested(maps, side)
    return determinants(matrices), determinant_rounding(matrices)


def critical_pair(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the two multipliers whose product is nearest to 1, and all others."""
    values = eigenvalues(maps)
    i, j = np.triu_indices(maps.shape[-1], 1)
    best = np.abs(values[:, i] * values[:, j] - 1).argmin(axis=1)
    return _split(values, np.stack([i[best], j[best]], axis=1))


def critical_real(maps: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the multiplier nearest to ``side``, and all others."""
    values = eigenvalues(maps)
    return _split(values, np.abs(values - side).argmin(axis=1)[:, None])


def _split(values: np.ndarray, own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mask = np.ones(values.shape, bool)
    np.put_along_axis(mask, own, False, axis=1)
    return np.take_along_axis(values, own, axis=1), values[mask].reshape(
        len(values), -1
    )
