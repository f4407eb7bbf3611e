"""Cells of linear games, decided by their exact maps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gandyn._node import replace
from gandyn.dynamics.axes import Dimension
from gandyn.dynamics.cells import Swept
from gandyn.dynamics.linear import (
    linear_maps,
    null_directions,
    reference_equilibrium,
)
from gandyn.dynamics.outcome import Outcome
from gandyn.dynamics.spectra import Spectrum, spectra
from gandyn.dynamics.verdicts import Verdict
from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.games.bilinear import Bilinear
from gandyn.rules import Rule

SEVERITY = (
    Verdict.DIVERGES_SPIRAL,
    Verdict.DIVERGES_FLIP,
    Verdict.DIVERGES_MONOTONE,
    Verdict.UNDECIDED,
    Verdict.NEUTRAL,
    Verdict.CONVERGES,
)
"""Of decoupled games the worst verdict counts; among diverging ones the fastest."""
CHUNK = 1 << 22
"""Complex numbers per batch of maps: tens of megabytes."""


def has_exact_map(rule: Rule, game: Game, dimensions: Sequence[Dimension]) -> bool:
    """Tell whether every cell is a linear map with a known fixed point."""
    if not (rule.linear and rule.autonomous and game.linear):
        return False
    if any(d.owner == "start" for d in dimensions):
        return False
    return bool(game.equilibria())


def exact_cells(
    rule: Rule, game: Game, swept: Swept, count: int
) -> tuple[Outcome, np.ndarray]:
    """Return outcome and spectral radius of cells that are linear maps."""
    found = _spectrum(rule, game, swept, count)
    outcome = Outcome.blank(count)
    with np.errstate(divide="ignore"):
        rate = np.log(found.radius)
    turning = np.abs(np.angle(found.leading)) / (2 * np.pi)
    neutral = found.verdict == Verdict.NEUTRAL
    outcome.write(
        np.arange(count),
        verdict=found.verdict,
        ended=found.ended,
        rate=np.where(neutral, 0.0, rate),
        lyapunov=np.where(neutral, 0.0, rate),
        rotation=turning,
        amplitude=np.where(found.verdict == Verdict.CONVERGES, 0.0, np.nan),
    )
    return outcome, found.radius


def predicted_radius(rule: Rule, game: Game, swept: Swept, count: int) -> np.ndarray:
    """Return the radius at the reference equilibrium, NaN where there is none."""
    if not rule.autonomous or not game.equilibria():
        return np.full(count, np.nan)
    return _spectrum(rule, game, swept, count).radius


def _spectrum(rule: Rule, game: Game, swept: Swept, count: int) -> Spectrum:
    whole = [np.full(count, np.nan), np.full(count, np.nan, complex)]
    whole += [np.zeros(count, np.int8), np.zeros(count, np.int8)]
    own = {path: v for (owner, path), v in swept.items() if owner == "rule"}
    for variant, cells in _games(game, swept, count):
        chosen = {path: values[cells] for path, values in own.items()}
        part = _of_game(rule, variant, chosen, cells.size)
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


def _of_game(
    rule: Rule, game: Game, own: Mapping[str, np.ndarray], count: int
) -> Spectrum:
    if isinstance(game, Bilinear) and np.ndim(game.A) == 2 and rule.orthogonal:
        return _decoupled(rule, game, own, count)
    point = reference_equilibrium(game)  # once: some games search for theirs
    neutral = null_directions(game, point) if game.shape != ((), ()) else 0
    return _in_chunks(rule, game, point, own, count, neutral)


def _decoupled(
    rule: Rule, game: Bilinear, own: Mapping[str, np.ndarray], count: int
) -> Spectrum:
    """Combine the 2-D games of a matrix's distinct singular values."""
    worst: Spectrum | None = None
    for sigma in game.payoff_directions():
        scalar = Bilinear(float(sigma))
        found = _in_chunks(rule, scalar, (0.0, 0.0), own, count, 0)
        worst = found if worst is None else _worse(worst, found)
    if worst is None:
        raise GandynError("Bilinear: A is zero, every point is an equilibrium")
    return worst


def _worse(one: Spectrum, two: Spectrum) -> Spectrum:
    rank = np.empty(len(Verdict))
    for place, kind in enumerate(SEVERITY):
        rank[kind] = max(place, 2)  # the three kinds of divergence rank alike
    first, second = rank[one.verdict], rank[two.verdict]
    take = (second < first) | ((second == first) & (two.radius > one.radius))
    radius = np.maximum(one.radius, two.radius)
    leading = np.where(two.radius > one.radius, two.leading, one.leading)
    verdict = np.where(take, two.verdict, one.verdict)
    return Spectrum(radius, leading, verdict, np.where(take, two.ended, one.ended))


def _in_chunks(
    rule: Rule,
    game: Game,
    point: tuple[Any, Any],
    own: Mapping[str, np.ndarray],
    count: int,
    neutral: int,
) -> Spectrum:
    size = linear_maps(rule, game, point, {k: v[:1] for k, v in own.items()}, 1).shape[
        1
    ]
    step = max(1, CHUNK // size**2)
    parts = [
        spectra(
            linear_maps(
                rule, game, point,
                {k: v[i : i + step] for k, v in own.items()}, min(step, count - i),
            ),
            neutral,
        )
        for i in range(0, count, step)
    ]  # fmt: skip
    return Spectrum(*(np.concatenate(column) for column in zip(*parts, strict=True)))
