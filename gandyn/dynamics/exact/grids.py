"""Cells of linear games, decided by their exact maps."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from gandyn._node import replace
from gandyn.dynamics.axes import Dimension
from gandyn.dynamics.engines._trials import TraitError
from gandyn.dynamics.engines.cells import Fields, Swept
from gandyn.dynamics.engines.traits import is_own
from gandyn.dynamics.exact.linear import multipliers, reference_equilibrium
from gandyn.dynamics.exact.matrix_entries import alike
from gandyn.dynamics.exact.null_spaces import has_known_rank, null_space
from gandyn.dynamics.exact.scalar_spectra import scalar_blocks, scalar_spectra
from gandyn.dynamics.exact.vector_spectra import in_chunks, ray_spectra
from gandyn.dynamics.outcome import Outcome
from gandyn.dynamics.spectra import Spectrum
from gandyn.dynamics.verdicts import Ending, Verdict
from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.games.bilinear import Bilinear
from gandyn.rules import Rule

_SEVERITY = (
    Verdict.DIVERGES_SPIRAL,
    Verdict.DIVERGES_FLIP,
    Verdict.DIVERGES_MONOTONE,
    Verdict.UNDECIDED,
    Verdict.NEUTRAL,
    Verdict.CONVERGES,
)
"""Of decoupled games the worst verdict counts; among diverging ones the fastest."""

_DECOUPLED = 1e-6
"""Multipliers that agree to the root of rounding, as defective ones do, are one."""

_Shape = tuple[int, ...]


def has_exact_map(rule: Rule, game: Game, dimensions: Sequence[Dimension]) -> bool:
    """Tell whether every cell is a linear map with a known fixed point."""
    if not (rule.linear and rule.autonomous and game.linear):
        return False
    if any(d.owner == "start" for d in dimensions):
        return False
    return bool(game.equilibria())


def exact_grid(
    rule: Rule, game: Game, swept: Swept, into: Outcome, radius: np.ndarray
) -> None:
    """Set outcome and radius of a grid's cells that are linear maps.

    Values of swept fields broadcast to the grid's shape, each along its own axes.
    """
    unsolved = Ending.UNSOLVED if rule.inverts else Ending.OVERFLOW
    for rows, found in _parts(rule, game, swept, radius.shape):
        part = Outcome(*(array[rows] for array in into))
        _write(found, unsolved, part, radius[rows])


def _parts(
    rule: Rule, game: Game, swept: Swept, shape: _Shape
) -> Iterator[tuple[slice, Spectrum]]:
    """Yield rows of the grid's first axis with the spectra of their cells, flat."""
    own = {path: v for (owner, path), v in swept.items() if owner == "rule"}
    theirs = {path: v for (owner, path), v in swept.items() if owner == "game"}
    scalar = game.shape == ((), ())
    if theirs and not scalar:
        flat = {k: np.broadcast_to(v, shape).ravel() for k, v in swept.items()}
        yield slice(None), _spectrum(rule, game, flat, math.prod(shape))
    elif not scalar:
        yield slice(None), _of_game(rule, game, own, shape)
    else:
        cells = np.broadcast_arrays(*theirs.values())
        for cell in zip(*(map(float, v.ravel()) for v in cells), strict=True):
            reference_equilibrium(replace(game, dict(zip(theirs, cell, strict=True))))
        yield from scalar_blocks(rule, game, own, theirs, shape)


def _write(
    found: Spectrum, unsolved: Ending, into: Outcome, radius: np.ndarray
) -> None:
    shape = radius.shape
    radius[...] = found.radius.reshape(shape)
    into.rotation[...] = found.rotation.reshape(shape)
    into.verdict[...] = found.verdict.reshape(shape)
    into.ended[...] = found.ended.reshape(shape)
    into.ended[into.ended == Ending.OVERFLOW] = unsolved
    with np.errstate(divide="ignore"):
        np.log(radius, out=into.rate)
    neutral = into.verdict == Verdict.NEUTRAL
    if neutral.any():
        into.rate[neutral] = 0.0
    into.lyapunov[...] = into.rate
    into.amplitude[...] = np.nan
    into.amplitude[into.verdict == Verdict.CONVERGES] = 0.0


def predicted_radius(rule: Rule, game: Game, swept: Swept, count: int) -> np.ndarray:
    """Return the radius at the reference equilibrium, NaN where there is none."""
    if not rule.autonomous or not game.equilibria():
        return np.full(count, np.nan)
    return _spectrum(rule, game, swept, count).radius


def _spectrum(rule: Rule, game: Game, swept: Swept, count: int) -> Spectrum:
    whole = [np.full(count, np.nan), np.full(count, np.nan)]
    whole += [np.zeros(count, np.int8), np.zeros(count, np.int8)]
    own = {path: v for (owner, path), v in swept.items() if owner == "rule"}
    for variant, cells in _games(game, swept, count):
        chosen = {path: values[cells] for path, values in own.items()}
        part = _of_game(rule, variant, chosen, (cells.size,))
        for array, values in zip(whole, part, strict=True):
            array[cells] = values
    return Spectrum(*whole)


def _games(game: Game, swept: Swept, count: int) -> Iterator[tuple[Game, np.ndarray]]:
    """Yield each distinct game of a batch with its cells."""
    theirs = {path: v for (owner, path), v in swept.items() if owner == "game"}
    if not theirs:
        yield game, np.arange(count)
        return
    columns = np.stack(list(theirs.values()), axis=1)
    distinct, which = np.unique(columns, axis=0, return_inverse=True)
    for i, values in enumerate(distinct):
        fields = dict(zip(theirs, map(float, values), strict=True))
        yield replace(game, fields), np.flatnonzero(which.ravel() == i)


def _of_game(rule: Rule, game: Game, own: Fields, shape: _Shape) -> Spectrum:
    if isinstance(game, Bilinear) and np.ndim(game.A) == 2 and rule.orthogonal:
        return _decoupled(rule, game, own, shape)
    scalar, linear = game.shape == ((), ()), rule.linear and game.linear
    if scalar and linear:
        return scalar_spectra(rule, game, own, {}, shape)
    point = reference_equilibrium(game)  # once: some games search for theirs
    null = null_space(game, point)
    flat = {path: np.broadcast_to(v, shape).ravel() for path, v in own.items()}
    together = alike(rule, own)
    aside = null.dimension if linear or null.established else 0
    where = game, point, flat, math.prod(shape), aside
    if together is None:
        found = in_chunks(rule, *where)
    else:
        found = ray_spectra(together, *where)
    return found if null.established else _doubted(found)


def _decoupled(rule: Rule, game: Bilinear, own: Fields, shape: _Shape) -> Spectrum:
    """Combine the 2-D games of a matrix's distinct singular values.

    Those at the rounding of the largest are directions of equilibria if the rank over
    the rationals says so.
    """
    _check_orthogonal(rule, game)
    worst: Spectrum | None = None
    for sigma in game.payoff_directions():
        found = _of_game(rule, Bilinear(float(sigma)), own, shape)
        worst = found if worst is None else _worse(worst, found)
    if worst is None:
        raise GandynError("Bilinear: A is zero, every point is an equilibrium")
    return worst if has_known_rank(game.A, game.couplings().size) else _doubted(worst)


def _check_orthogonal(rule: Rule, game: Bilinear) -> None:
    """Raise TraitError if a user's rule does not decouple by singular values."""
    if is_own(rule):
        return
    whole = multipliers(rule, game)
    sigmas = game.payoff_directions().tolist()
    parts = np.concatenate([multipliers(rule, Bilinear(sigma)) for sigma in sigmas])
    gaps = np.abs(parts[:, None] - whole).min(axis=1)
    if np.any(gaps > _DECOUPLED * (1 + np.abs(parts))):
        name = type(rule).__name__
        raise TraitError(
            f"{name} declares orthogonal = True (the default), but its multipliers on "
            "a matrix game are not those of the singular values: write "
            f"orthogonal = False in the class {name}"
        )


def _doubted(found: Spectrum) -> Spectrum:
    """Return verdicts beside directions that may be equilibria's, or move slowly."""
    settled = (found.verdict == Verdict.CONVERGES) | (found.verdict == Verdict.NEUTRAL)
    verdict = np.where(settled, np.int8(Verdict.UNDECIDED), found.verdict)
    ended = np.where(settled, np.int8(Ending.ROUNDING), found.ended)
    return found._replace(verdict=verdict, ended=ended)


def _worse(one: Spectrum, two: Spectrum) -> Spectrum:
    rank = np.empty(len(Verdict))
    for place, kind in enumerate(_SEVERITY):
        rank[kind] = max(place, 2)  # the three kinds of divergence rank alike
    first, second = rank[one.verdict], rank[two.verdict]
    take = (second < first) | ((second == first) & (two.radius > one.radius))
    radius = np.maximum(one.radius, two.radius)
    rotation = np.where(two.radius > one.radius, two.rotation, one.rotation)
    verdict = np.where(take, two.verdict, one.verdict)
    return Spectrum(rotation, radius, verdict, np.where(take, two.ended, one.ended))
