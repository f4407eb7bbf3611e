"""Spectra of linear rules on linear games of two numbers, whole grids at once."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace as changed
from fractions import Fraction
from typing import Any

import numpy as np

from gandyn._node import leaves, replace
from gandyn.dynamics.engines.cells import Fields
from gandyn.dynamics.exact.matrix_entries import (
    Alike,
    HomogeneousGame,
    alike,
    homogeneous,
    map_entries,
    stacked,
)
from gandyn.dynamics.exact.null_spaces import CLEAR
from gandyn.dynamics.spectra import (
    Spectrum,
    bounded,
    conditions,
    decided,
    larger_of_pairs,
    leading_of_pairs,
    spectra,
)
from gandyn.games import Game
from gandyn.rules import Rule

_Leading = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Real parts, imaginary parts and moduli."""

_BLOCK = 1 << 14
"""Cells whose intermediate results stay in a processor's own cache; half as many where
they are complex."""


def scalar_spectra(
    rule: Rule, game: Game, own: Fields, theirs: Fields, shape: tuple[int, ...]
) -> Spectrum:
    """Return the spectra of a grid's cells, flat; parameters as `scalar_blocks`."""
    blocks = [part for _, part in scalar_blocks(rule, game, own, theirs, shape)]
    return Spectrum(*map(np.concatenate, zip(*blocks, strict=True)))


def scalar_blocks(
    rule: Rule, game: Game, own: Fields, theirs: Fields, shape: tuple[int, ...]
) -> Iterator[tuple[slice, Spectrum]]:
    """Yield rows of a grid's first axis with the spectra of their cells, flat.

    Two-by-two maps have a closed form. Of rules that see both players alike the
    leading multiplier is that of one number's step, for each eigenvalue of D J: closed
    forms too, where that step has one memory. Other maps go to LAPACK.

    Parameters
    ----------
    rule, game : Node
    own, theirs : mapping of path to ndarray
        Swept fields of either, that broadcast to the shape.
    shape : tuple of int
    """
    grid = _Grid(rule, homogeneous(game, theirs), own, shape)
    rows, *rest = shape
    step = max(1, grid.block // max(1, math.prod(rest)))
    for first in range(0, rows, step):
        part = slice(first, min(first + step, rows))
        yield part, grid.spectrum(part)


class _Grid:
    """Maps of a grid of cells by their entries, which broadcast to its shape."""

    def __init__(
        self, rule: Rule, field: HomogeneousGame, own: Fields, shape: tuple[int, ...]
    ) -> None:
        set_rule = replace(rule, own)
        self._shape, self._field = shape, field
        self._null = _null_dimensions(field)
        self._entries = map_entries(set_rule, field)
        self._closed = len(self._entries) == 2 and bounded(self._entries)
        self._alike = alike(rule, own) if len(self._entries) == 4 else None
        if self._alike is not None:
            known = leaves(set_rule)
            self._rates = [known[path] for path in self._alike.rates]
            rates = self._alike.rates
            self._rest = {path: v for path, v in own.items() if path not in rates}

    @property
    def block(self) -> int:
        """How many cells to work on at once."""
        return _BLOCK if self._closed else _BLOCK // 2

    def spectrum(self, rows: slice) -> Spectrum:
        """Return the spectra of the cells in some rows of the first axis, flat."""
        shape = (rows.stop - rows.start, *self._shape[1:])
        entries = [[self._part(entry, rows) for entry in row] for row in self._entries]
        found = self._all_counting(rows, shape, entries)
        if np.any(self._null):
            null = np.broadcast_to(self._part(self._null, rows), shape).ravel()
            for dimension in (1, 2):
                cells = np.flatnonzero(null == dimension)
                maps = stacked(_picked(entries, cells, shape), cells.shape)
                for whole, part in zip(found, spectra(maps, dimension), strict=True):
                    whole[cells] = part
        return found

    def _all_counting(
        self, rows: slice, shape: tuple[int, ...], entries: list[list[Any]]
    ) -> Spectrum:
        """Return spectra in which all multipliers count, as if J were regular."""

        def doubts(near: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            maps = stacked(_picked(entries, near, shape), near.shape)
            return conditions(maps, 0), np.linalg.norm(maps, axis=(1, 2))

        if self._closed:
            return decided(*leading_of_pairs(entries, shape), doubts)
        if self._alike is not None and self._alike.size == 2:
            with np.errstate(all="ignore"):
                found = self._by_eigenvalues(self._alike, rows, shape)
            if np.isfinite(found[2]).all():
                return decided(*found, doubts)
        return spectra(stacked(entries, shape))

    def _part(self, values: Any, rows: slice) -> Any:
        along = np.ndim(values) == len(self._shape) and len(values) > 1
        return values[rows] if along else values

    def _by_eigenvalues(
        self, together: Alike, rows: slice, shape: tuple[int, ...]
    ) -> _Leading:
        field = changed(
            self._field,
            **{k: self._part(getattr(self._field, k), rows) for k in _BLOCKS},
        )
        lr_x, lr_y = (self._part(rate, rows) for rate in self._rates)
        rest = {path: self._part(v, rows) for path, v in self._rest.items()}
        h, k = lr_x * field.xx / 2, lr_y * field.yy / 2
        mean = np.broadcast_to(h + k, shape).ravel()
        square = (h - k) ** 2 + lr_x * lr_y * (field.xy * field.yx)
        square = np.broadcast_to(square, shape).ravel()
        root = np.sqrt(np.abs(square))
        flat = {path: np.broadcast_to(v, shape).ravel() for path, v in rest.items()}
        found = np.empty((3, mean.size))
        turning = square < 0
        for cells, leading in (
            (np.flatnonzero(turning), _of_conjugates),
            (np.flatnonzero(~turning), _of_reals),
        ):
            if cells.size:
                own = {path: v[cells] for path, v in flat.items()}
                found[:, cells] = leading(together, own, mean[cells], root[cells])
        return found[0], found[1], found[2]


def _of_conjugates(
    together: Alike, own: Fields, mean: np.ndarray, root: np.ndarray
) -> _Leading:
    """Return the leading multipliers for eigenvalues mean ± i root of D J."""
    chosen = larger_of_pairs(together.blocks(own, mean + 1j * root))
    return chosen.real, chosen.imag, np.abs(chosen)


def _of_reals(
    together: Alike, own: Fields, mean: np.ndarray, root: np.ndarray
) -> _Leading:
    """Return the leading multipliers for eigenvalues mean ± root, by real numbers."""
    one, other = (
        leading_of_pairs(together.blocks(own, value), mean.shape)
        for value in (mean + root, mean - root)
    )
    ahead = other[2] > one[2]
    pairs = zip(one, other, strict=True)
    real, imag, radius = (np.where(ahead, b, a) for a, b in pairs)
    return real, imag, radius


_BLOCKS = ("xx", "xy", "yx", "yy")


def _null_dimensions(field: HomogeneousGame) -> np.ndarray:
    """Return the dimension of the manifold of equilibria for each J: 0, 1 or 2.

    A determinant that floats can't tell from 0 is worked out over the rationals.

    >>> _null_dimensions(HomogeneousGame(1.0, np.array([0.5, 2.0]), 1.0, 0.5)).tolist()
    [1, 0]
    """
    a, b, c, d = np.broadcast_arrays(*(getattr(field, name) for name in _BLOCKS))
    with np.errstate(all="ignore"):
        terms = np.abs(a * d) + np.abs(b * c)
        near = ~(np.abs(a * d - b * c) > CLEAR * terms)
    found = np.zeros(np.shape(a), int)
    for place in map(tuple, np.argwhere(near)):
        xx, xy, yx, yy = (Fraction(float(block[place])) for block in (a, b, c, d))
        if xx * yy == xy * yx:
            found[place] = 1 if xx or xy or yx or yy else 2
    return found


def _picked(
    entries: list[list[Any]], cells: np.ndarray, shape: tuple[int, ...]
) -> list[list[Any]]:
    at = np.unravel_index(cells, shape) if math.prod(shape) else ()
    return [[np.broadcast_to(entry, shape)[at] for entry in row] for row in entries]
