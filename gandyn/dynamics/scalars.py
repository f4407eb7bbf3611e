"""Spectra of linear rules on linear games of two numbers, whole grids at once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from gandyn._node import leaves, replace
from gandyn.dynamics.entries import (
    Alike,
    HomogeneousGame,
    alike,
    homogeneous,
    map_entries,
    stacked,
)
from gandyn.dynamics.spectra import (
    Spectrum,
    conditions,
    decided,
    larger_of_pairs,
    leading_of_pairs,
    spectra,
)
from gandyn.games import Game
from gandyn.rules import Rule

Fields = Mapping[str, np.ndarray]


def scalar_spectra(
    rule: Rule, game: Game, own: Fields, theirs: Fields, shape: tuple[int, ...]
) -> Spectrum:
    """Return the spectra of a grid's cells, flat.

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
    field = homogeneous(game, theirs)
    set_rule = replace(rule, own)
    entries = map_entries(set_rule, field)

    def doubts(near: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        maps = stacked(_picked(entries, near, shape), near.shape)
        return conditions(maps, 0), np.linalg.norm(maps, axis=(1, 2))

    with np.errstate(all="ignore"):
        found = _closed_form(rule, set_rule, field, own, entries, shape)
    if found is None or not np.isfinite(found[1]).all():
        return spectra(stacked(entries, shape))
    return decided(*found, doubts)


def _closed_form(
    rule: Rule,
    set_rule: Rule,
    field: HomogeneousGame,
    own: Fields,
    entries: list[list[Any]],
    shape: tuple[int, ...],
) -> tuple[np.ndarray, np.ndarray] | None:
    if len(entries) == 2:
        return leading_of_pairs(entries, shape)
    together = alike(rule, own) if len(entries) == 4 else None
    if together is None or together.size != 2:
        return None
    return _by_eigenvalues(together, set_rule, field, own, shape)


def _by_eigenvalues(
    together: Alike,
    set_rule: Rule,
    field: HomogeneousGame,
    own: Fields,
    shape: tuple[int, ...],
) -> tuple[np.ndarray, np.ndarray]:
    known = leaves(set_rule)
    lr_x, lr_y = (known[path] for path in together.rates)
    h, k = lr_x * field.xx / 2, lr_y * field.yy / 2
    mean = np.broadcast_to(h + k, shape)
    square = (h - k) ** 2 + lr_x * lr_y * (field.xy * field.yx)
    square = np.broadcast_to(square, shape)
    rest = {path: v for path, v in own.items() if path not in together.rates}
    root = np.sqrt(np.abs(square))
    first = np.empty(shape, complex)
    turning = square < 0
    first.real = np.where(turning, mean, mean + root)
    first.imag = np.where(turning, root, 0.0)
    chosen = larger_of_pairs(together.blocks(rest, first)).ravel()
    radius = np.abs(chosen)
    real = np.flatnonzero(~turning.ravel())
    if real.size:
        at = np.unravel_index(real, shape)
        rest = {path: np.broadcast_to(v, shape)[at] for path, v in rest.items()}
        other = larger_of_pairs(together.blocks(rest, (mean[at] - root[at]) + 0j))
        size = np.abs(other)
        ahead = size > radius[real]
        chosen[real[ahead]], radius[real[ahead]] = other[ahead], size[ahead]
    return chosen, radius


def _picked(
    entries: list[list[Any]], cells: np.ndarray, shape: tuple[int, ...]
) -> list[list[Any]]:
    at = np.unravel_index(cells, shape) if math.prod(shape) else ()
    return [[np.broadcast_to(entry, shape)[at] for entry in row] for row in entries]
