"""Affine steps in closed form: by eigenvalues, in 50 digits where they are close."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from tests.judge.play import Play
from tests.judge.precise import big, enlarged, matrix
from tests.judge.truth import DIVERGES, Truth

AFFINE = 1e-9
"""Deviation from the affine map, relative, that rounding explains."""
CLEAR = 1e-6
"""Distance from the circle, and size of a part of the start, that floats tell."""


def affine_maps(play: Play, size: int, width: int) -> Any:
    """Return matrices and offsets of the step, None if it is not affine in z."""
    points = np.concatenate([np.zeros((size, 1)), np.eye(size)], axis=1)
    rng = np.random.default_rng(7)
    probes = rng.normal(size=(size, 3)) * [1e-2, 1.0, 1e2]
    columns = np.concatenate([points, probes], axis=1)
    wide = play.repeated(columns.shape[1])
    found = wide.step(np.repeat(columns, width, axis=1))
    found = found.reshape(size, -1, width)
    offset = found[:, 0]
    matrices = (found[:, 1 : size + 1] - offset[:, None]).transpose(2, 0, 1)
    wanted = np.einsum("cij,jk->ikc", matrices, probes) + offset[:, None]
    with np.errstate(all="ignore"):
        off = np.abs(wanted - found[:, size + 1 :]).max((0, 1))
        fits = off <= AFFINE * np.abs(wanted).max((0, 1))
    return (matrices, offset) if fits.all() else None


def judge_affine(rule: Any, game: Any, play: Play, found: Any, z: np.ndarray) -> Truth:
    """Return what an affine step does from z."""
    steps, offset = found
    quick = _in_floats(steps, offset, z)
    return quick if quick is not None else _precisely(rule, game, play, z)


def _in_floats(a: np.ndarray, c: np.ndarray, z: np.ndarray) -> Truth | None:
    n = len(a)
    if np.linalg.cond(np.eye(n) - a) > 1e6:
        return None
    values, vectors = np.linalg.eig(a)
    condition = np.linalg.cond(vectors)
    radii = np.abs(values)
    if condition > 1e6 or (np.abs(radii - 1) < CLEAR * condition).any():
        return None
    limit = np.linalg.solve(np.eye(n) - a, c)
    parts = np.abs(np.linalg.solve(vectors, (z - limit).astype(complex)))
    parts = parts / max(parts.max(), 1e-300)
    if ((parts < CLEAR * condition) & (radii > 1)).any() or parts.max() == 0:
        return None
    seen = parts > CLEAR * condition
    return _say(values, seen, limit, "eigenvalues")


def _precisely(rule: Any, game: Any, play: Play, z: np.ndarray) -> Truth:
    exact = Play(enlarged(rule), enlarged(game), {})
    exact.layout = play.layout
    n = len(z)
    zero = exact.step(big(np.zeros((n, 1))))
    columns = [exact.step(big(np.eye(n)[:, [j]])) - zero for j in range(n)]
    a = matrix(np.concatenate(columns, axis=1))
    whole = mpmath.matrix(n + 1, n + 1)
    whole[:n, :n], whole[:n, n] = a, matrix(zero)
    whole[n, n] = 1
    try:
        values, vectors = mpmath.eig(whole)
    except RuntimeError:  # of the iteration, which may not end
        return Truth("unknown", "eigenvalues that are not found in 50 digits")
    tiny = mpmath.mpf(10) ** -15
    try:
        inverse = mpmath.inverse(vectors)
        defective = mpmath.norm(inverse, 1) * mpmath.norm(vectors, 1) > 10**18
    except ZeroDivisionError:
        defective = True
    near = [abs(abs(v) - 1) < tiny for v in values]
    radius = max(abs(v) for v in values)
    if defective:
        return _defective(values, near, radius)
    parts = inverse * mpmath.matrix([*[mpmath.mpf(float(v)) for v in z], 1])
    top = max(abs(p) for p in parts)
    seen = np.array([abs(p) > top * mpmath.mpf(10) ** -25 for p in parts])
    stays = np.array([abs(v - 1) < tiny for v in values])
    limit = np.zeros(n)
    for k in np.flatnonzero(stays & seen):
        limit += [
            float(mpmath.re(parts[int(k)] * vectors[i, int(k)])) for i in range(n)
        ]
    rounded = np.array(
        [
            complex(v / abs(v)) if s else complex(v)
            for v, s in zip(values, near, strict=True)
        ]
    )
    moving = np.array([not s for s in stays])
    return _say(rounded, seen, limit, "50 digits", moving)


def _defective(values: Any, near: Any, radius: Any) -> Truth:
    if radius < 1 + mpmath.mpf(10) ** -10 and not any(near[:-1]):
        return Truth("converges", "defective, inside the circle")
    outside = [abs(v) > 1 + mpmath.mpf(10) ** -6 for v in values]
    if any(outside):
        return Truth(DIVERGES[0], "defective, outside", also=frozenset(DIVERGES))
    return Truth("unknown", "defective on the circle")


def _say(
    values: np.ndarray, seen: np.ndarray, limit: Any, how: str, moving: Any = True
) -> Truth:
    radii = np.abs(values)
    ours = _verdict(values, seen & moving)
    theirs = _verdict(values, np.ones_like(seen) & moving)
    active = radii[seen & moving]
    exponent = float(np.log(active.max())) if active.size and active.max() else -np.inf
    both = {theirs, *_neutral_names(ours), *_neutral_names(theirs)}
    return Truth(
        ours, how, also=frozenset(both - {ours}), limit=tuple(limit),
        exponent=exponent if np.isclose(radii.max(), active.max(initial=0)) else np.nan,
    )  # fmt: skip


def _verdict(values: np.ndarray, which: np.ndarray) -> str:
    radii = np.abs(values)
    if not which.any() or radii[which].max() < 1 - 1e-14:
        return "converges"
    top = radii[which].max()
    if top <= 1 + 1e-14:
        return "neutral"
    leading = values[which & (radii >= top * (1 - 1e-9))]
    if (np.abs(leading.imag) > 1e-9 * top).any():
        return "diverges_spiral"
    return "diverges_flip" if (leading.real < 0).any() else "diverges_monotone"


def _neutral_names(verdict: str) -> tuple[str, ...]:
    return ("periodic", "quasi_periodic") if verdict == "neutral" else ()
