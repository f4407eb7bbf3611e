"""Spectra of vector players: along rays of constant lr_y/lr_x, or map by map."""

from __future__ import annotations

from typing import Any

import numpy as np

from gandyn._node import leaves
from gandyn.dynamics.engines.cells import Fields
from gandyn.dynamics.exact.linear import dense_jacobian, linear_maps
from gandyn.dynamics.exact.matrix_entries import Alike, stacked
from gandyn.dynamics.spectra import (
    NEAR,
    Spectrum,
    decided,
    eigenvalues,
    inverses,
    leading,
    spectra,
)
from gandyn.games import Game
from gandyn.rules import Rule

_CHUNK = 1 << 22
"""Complex numbers per batch of maps: tens of megabytes."""
_SAME = 16 * np.finfo(float).eps
"""Relative gap under which ratios differ by the rounding of a grid's values."""


def in_chunks(
    rule: Rule,
    game: Game,
    point: tuple[Any, Any],
    own: Fields,
    count: int,
    neutral: int,
) -> Spectrum:
    """Return the spectra of cells from their maps."""
    one = linear_maps(rule, game, point, {k: v[:1] for k, v in own.items()}, 1)
    step = max(1, _CHUNK // one.shape[1] ** 2)
    parts = []
    for i in range(0, count, step):
        fields = {k: v[i : i + step] for k, v in own.items()}
        maps = linear_maps(rule, game, point, fields, min(step, count - i))
        parts.append(spectra(maps, neutral))
    return Spectrum(*(np.concatenate(column) for column in zip(*parts, strict=True)))


class _Rays:
    """Eigenvalues of diag(1, r) J for the distinct ratios r of some cells."""

    def __init__(self, J: np.ndarray, n: int, ratios: np.ndarray) -> None:
        self._J, self._n = J, n
        order = np.argsort(ratios, kind="stable")
        rising = ratios[order]
        first = np.concatenate([[True], np.diff(rising) > _SAME * rising[1:]])
        self.which = np.empty(ratios.size, int)
        self.which[order] = np.cumsum(first) - 1
        self._ratios = rising[first]
        step = max(1, _CHUNK // J.size)
        parts = (
            np.linalg.eigvals(self._scaled(self._ratios[i : i + step]))
            for i in range(0, self._ratios.size, step)
        )
        self.values = np.concatenate(list(parts))

    def _scaled(self, ratios: np.ndarray) -> np.ndarray:
        scaled = np.repeat(self._J[None], ratios.size, axis=0)
        scaled[:, self._n :] *= ratios[:, None, None]
        return scaled

    def conditioned(self, ray: int) -> tuple[np.ndarray, np.ndarray]:
        """Return a ray's eigenvalues and their condition numbers."""
        values, right = np.linalg.eig(self._scaled(self._ratios[ray : ray + 1]))
        with np.errstate(all="ignore"):
            left = inverses(right)[0]
            length = np.linalg.norm(right[0], axis=0)
            return values[0], np.linalg.norm(left, axis=1) * length


def ray_spectra(
    together: Alike,
    game: Game,
    point: tuple[Any, Any],
    own: Fields,
    count: int,
    neutral: int,
) -> Spectrum:
    """Return the spectra of cells of a rule that sees both players alike.

    Along a ray of constant lr_y/lr_x the eigenvalues of D J are those of one matrix,
    times lr_x. Ratios that differ by the rounding of a grid's values, up to 16 units in
    the last place, count as one: an error of the matrix's own rounding. So does the
    condition number of a multiplier: that of the eigenvalue times that in the small
    matrix of one number's step.
    """
    x, y = point
    known = leaves(together.rule) | dict(own)
    lr_x, lr_y = (np.broadcast_to(known[path], count) for path in together.rates)
    rays = _Rays(dense_jacobian(game, x, y), np.size(x), lr_y / lr_x)
    rest = {path: v for path, v in own.items() if path not in together.rates}
    chosen = np.empty(count, complex)
    step = max(1, _CHUNK // (rays.values.shape[1] * together.size**2) // 4)
    for i in range(0, count, step):
        cells = slice(i, i + step)
        mu = lr_x[cells, None] * rays.values[rays.which[cells]]
        values = _multipliers(together, {p: v[cells] for p, v in rest.items()}, mu)
        chosen[cells] = leading(values, neutral)

    def doubts(near: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        worst = np.empty(near.size)
        ids = rays.which[near]
        for ray in np.unique(ids):
            here = np.flatnonzero(ids == ray)
            cells = near[here]
            values, condition = rays.conditioned(int(ray))
            mu = lr_x[cells, None] * values
            fields = {p: v[cells] for p, v in rest.items()}
            worst[here] = _worst(together, fields, mu, condition, neutral)
        fields = {p: v[near] for p, v in own.items()}
        return worst, _norms(together.rule, game, point, fields, near.size)

    radius = np.abs(chosen)
    return decided(chosen.real, chosen.imag, radius, doubts, np.isfinite(chosen))


def _blocks(together: Alike, fields: Fields, mu: np.ndarray) -> np.ndarray:
    fields = {path: values[:, None] for path, values in fields.items()}
    return stacked(together.blocks(fields, mu), mu.shape)


def _multipliers(together: Alike, fields: Fields, mu: np.ndarray) -> np.ndarray:
    blocks = _blocks(together, fields, mu)
    values = blocks[:, 0, 0] if together.size == 1 else _small(blocks)
    return np.asarray(values.reshape(len(mu), -1))


def _small(blocks: np.ndarray) -> np.ndarray:
    finite = np.isfinite(blocks).all(axis=(1, 2), keepdims=True)
    return np.where(finite[:, 0], eigenvalues(np.where(finite, blocks, 0.0)), np.nan)


def _worst(
    together: Alike,
    fields: Fields,
    mu: np.ndarray,
    condition: np.ndarray,
    neutral: int,
) -> np.ndarray:
    """Return each cell's worst condition number of a multiplier near the circle."""
    blocks = _blocks(together, fields, mu)
    if together.size == 1:
        values, inner = blocks[:, 0, 0][:, None], np.ones((len(blocks), 1))
    else:
        values, right = np.linalg.eig(blocks)
        with np.errstate(all="ignore"):
            left = inverses(right)
            inner = np.linalg.norm(left, axis=2) * np.linalg.norm(right, axis=1)
    outer = np.tile(condition, len(mu))[:, None]
    values = values.reshape(len(mu), -1)
    with np.errstate(all="ignore"):
        product = (inner * outer).reshape(len(mu), -1)
    product = np.where(np.isfinite(product), product, np.inf)
    order = np.argsort(np.abs(values - 1), axis=1)[:, neutral:]
    values = np.take_along_axis(values, order, axis=1)
    product = np.take_along_axis(product, order, axis=1)
    near = np.abs(np.abs(values) - 1) < 2 * NEAR
    return np.asarray(np.max(np.where(near, product, 1.0), axis=1, initial=1.0))


def _norms(
    rule: Rule, game: Game, point: tuple[Any, Any], fields: Fields, count: int
) -> np.ndarray:
    one = linear_maps(rule, game, point, {k: v[:1] for k, v in fields.items()}, 1)
    step = max(1, _CHUNK // one.shape[1] ** 2)
    parts = []
    for i in range(0, count, step):
        chosen = {k: v[i : i + step] for k, v in fields.items()}
        maps = linear_maps(rule, game, point, chosen, min(step, count - i))
        parts.append(np.linalg.norm(maps, axis=(1, 2)))
    return np.concatenate(parts)
