"""At which ratios of the players' rates a game's motion is stable."""

from __future__ import annotations

import itertools
import math
from typing import Any, overload

import numpy as np
from scipy.linalg import null_space
from scipy.optimize import brentq

from gandyn._arguments import checked
from gandyn._records import Record
from gandyn.errors import FieldError, GandynError
from gandyn.games import Game
from gandyn.stability.flows.flows import game_matrix

_LARGEST = 48
"""The largest matrix; its pairs of eigenvalues already take one of 1128 rows."""
_BASES = (1.0, 0.37, 2.9)
"""Ratios around which the pencil is expanded; one of them is no eigenvalue of it."""
_WELL = 1e8
"""Condition of a base that is good enough; without one the best is taken."""
_SINGULAR = 1e13
"""Condition above which a matrix is taken as singular."""
_RANGE = (1e-8, 1e8)
"""Ratios that are looked at; beyond them rounding decides the slow eigenvalues."""
_REAL = 1e-6
"""A relative imaginary part that a double root's rounding leaves."""
_SAME = 1e-6
"""Two candidates relatively nearer than this are one."""
_FLAT = 1e-13
"""A relative real part that rounding leaves of 0."""
_CLOSE = 4 * np.finfo(float).eps


class Timescale(Record, eq=True):
    r"""The ratios τ of y's rate to x's at which an equilibrium is stable.

    Attributes
    ----------
    tau_star : float
        The least τ* such that the equilibrium is stable for every τ > τ*; 0 if it is
        for every τ, NaN if for no τ* (``status`` tells).
    tau_0 : float
        The largest τ₀ such that it is stable for every τ < τ₀; infinite if it is for
        every τ, NaN if there is none.
    changes : tuple of float
        All τ between 1e-8 and 1e8 at which stability changes, increasing.
    stable : tuple of pairs of float
        The open intervals of stability.
    status : str
        ``"always"``, ``"beyond"`` (stable beyond τ*), ``"bounded"`` (for some τ, not
        beyond any) or ``"never"``.
    frequencies : tuple of float
        At each change ω of the eigenvalues ±iω that cross: a Hopf point of the motion.
    neutral : int
        Dimension of the kernel of J, the directions along a manifold of equilibria,
        which are set aside.
    """

    tau_star: float
    tau_0: float
    changes: tuple[float, ...]
    stable: tuple[tuple[float, float], ...]
    status: str
    frequencies: tuple[float, ...]
    neutral: int


@overload
def critical_timescale(
    subject: Game, point: tuple[Any, Any] | None = None
) -> Timescale: ...


@overload
def critical_timescale(subject: Any, *, n: int) -> Timescale: ...


@checked
def critical_timescale(
    subject: Any, point: tuple[Any, Any] | None = None, *, n: int | None = None
) -> Timescale:
    r"""Return at which ratios of rates an equilibrium of a game is stable.

    For :math:`\dot x = -\nabla_x L_x`, :math:`\dot y = -τ\nabla_y L_y` the Jacobian is
    :math:`-J_τ`, linear in τ. A pair of its eigenvalues adds to 0 where
    :math:`J_τ ⊗ I + I ⊗ J_τ` on skew matrices (twice the bialternate product) is
    singular, which is an eigenvalue problem for τ: its positive roots are all the
    candidates. The pairs ±iω among them are Hopf points; between two candidates
    nothing changes.

    Parameters
    ----------
    subject : Game, or array_like of shape (S, S)
        The matrix is a game Jacobian J.
    point : pair, optional
        An equilibrium of the game; its first one by default.
    n : int
        How many rows of a matrix are x's, the first ones.

    Returns
    -------
    Timescale

    Raises
    ------
    GandynError
        If the point is no equilibrium, derivatives there are not finite, or the players
        have more than 48 coordinates together.
    FieldError
        If J is no real and finite square matrix, or n no whole number within it.

    Notes
    -----
    In a zero-sum game τ* is finite iff the point is a strict local minmax point: y's
    own curvature and the Schur complement of x are positive.

    References
    ----------
    Fiez, Ratliff, *Local Convergence Analysis of Gradient Descent Ascent with Finite
    Timescale Separation*, ICLR 2021, Theorem 1 (the guard map). Govaerts, *Numerical
    Methods for Bifurcations of Dynamical Equilibria*, SIAM 2000, Section 4.4.

    Examples
    --------
    For f = -3x² + 4xy - y² it is the ratio of curvatures:

    >>> from gandyn.games import Quadratic
    >>> found = critical_timescale(Quadratic(f_xx=-6.0, f_xy=4.0, f_yy=-2.0))
    >>> round(found.tau_star, 12), found.status
    (3.0, 'beyond')
    >>> found = critical_timescale(Quadratic(f_xx=6.0, f_xy=4.0, f_yy=2.0))
    >>> round(found.tau_0, 12), found.status
    (3.0, 'bounded')
    >>> matrix = [[0.0, 1.0], [-1.0, 0.0]]  # imaginary eigenvalues for all τ
    >>> critical_timescale(matrix, n=1).status
    'never'
    """
    if not isinstance(subject, Game):
        return _of_matrix(subject, n)
    matrix = game_matrix(subject, point)
    if len(matrix) > _LARGEST:
        raise GandynError(
            f"the players have {len(matrix)} coordinates together; critical_timescale "
            f"takes at most {_LARGEST}: use game_eigenvalues(game, point, tau) instead"
        )
    return _of_matrix(matrix, math.prod(subject.shape[0]))


def _of_matrix(matrix: Any, n: Any) -> Timescale:
    matrix = np.asarray(matrix)
    square = matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1] and matrix.size
    if not square or matrix.dtype.kind not in "iuf" or not np.isfinite(matrix).all():
        raise FieldError(
            "J is a square matrix of finite real numbers, got shape "
            f"{matrix.shape}, {matrix.dtype}"
        )
    if not isinstance(n, int | np.integer) or not 0 <= n <= len(matrix):
        raise FieldError(f"n is a whole number from 0 to {len(matrix)}, got {n!r}")
    pencil = _RatePencil(matrix.astype(float), int(n))
    candidates = pencil.candidates()
    if candidates is None and any(map(pencil.is_stable, _BASES)):
        raise GandynError(
            "J is too ill-conditioned to tell where its eigenvalues cross: rescale the "
            "players' coordinates"
        )
    places = _places_between(candidates or [])
    sides = [pencil.is_stable(tau) for tau in places]
    changes, frequencies = [], []
    for (low, before), (high, after) in itertools.pairwise(
        zip(places, sides, strict=True)
    ):
        if before != after:
            tau = float(brentq(pencil.margin, low, high, xtol=1e-300, rtol=_CLOSE))
            changes.append(tau)
            frequencies.append(pencil.frequency(tau))
    return _record(changes, frequencies, sides[0], pencil.neutral)


class _RatePencil:
    """J_τ = A + τB on the complement of its kernel, which is the same for all τ."""

    def __init__(self, matrix: np.ndarray, n: int) -> None:
        scale = np.linalg.norm(matrix, 2) or 1.0
        kernel = null_space(matrix / scale, rcond=1e-12)
        self.neutral = kernel.shape[1]
        rest = null_space(kernel.T) if self.neutral else np.eye(len(matrix))
        self.a = rest[:n].T @ (matrix[:n] / scale) @ rest
        self.b = rest[n:].T @ (matrix[n:] / scale) @ rest
        self.scale = scale

    def values(self, tau: float) -> np.ndarray:
        """Return the eigenvalues of J_τ, without those of the kernel."""
        return np.linalg.eigvals(self.a + tau * self.b)

    def margin(self, tau: float) -> float:
        """Return the least real part."""
        return float(self.values(tau).real.min(initial=math.inf))

    def is_stable(self, tau: float) -> bool:
        """Tell whether every real part is positive, beyond rounding."""
        values = self.values(tau)
        least = values.real.min(initial=math.inf)
        return bool(least > _FLAT * np.abs(values).max(initial=0.0))

    def frequency(self, tau: float) -> float:
        """Return |Im| of the eigenvalue nearest to the imaginary axis."""
        values = self.values(tau)
        return float(self.scale * abs(values[np.argmin(np.abs(values.real))].imag))

    def candidates(self) -> list[float] | None:
        """Return every τ > 0 where a pair may cross; None if one never leaves."""
        found: list[float] = []
        pencils = [(_sums(self.a), _sums(self.b)), (self.a, self.b)]
        for a, b in pencils if self.neutral else pencils[:1]:  # det J_τ = τᵐ det J
            roots = _roots(a, b)
            if roots is None:
                return None
            found.extend(roots)
        return sorted(found)


def _sums(matrix: np.ndarray) -> np.ndarray:
    """Return X ↦ M X + X Mᵀ on skew X: its eigenvalues are the sums of two."""
    size = len(matrix)
    i, j = np.triu_indices(size, 1)
    unit = np.eye(size)
    left = matrix[np.ix_(i, i)] * unit[np.ix_(j, j)]
    right = matrix[np.ix_(j, j)] * unit[np.ix_(i, i)]
    cross = matrix[np.ix_(i, j)] * unit[np.ix_(j, i)]
    return left + right - cross - matrix[np.ix_(j, i)] * unit[np.ix_(i, j)]


def _roots(a: np.ndarray, b: np.ndarray) -> list[float] | None:
    """Return the positive τ with det(a + τb) = 0; None if that is so for all τ."""
    if not len(a):
        return []
    condition, base = math.inf, _BASES[0]
    for tau in _BASES:
        if condition > _WELL:
            condition, base = min((condition, base), (np.linalg.cond(a + tau * b), tau))
    if not condition < _SINGULAR:
        return None
    inverse = np.linalg.eigvals(np.linalg.solve(a + base * b, b))
    inverse = inverse[np.abs(inverse) > 1e-14 * np.abs(inverse).max(initial=1e-300)]
    roots = base - 1 / inverse
    real = np.abs(roots.imag) <= _REAL * np.abs(roots)
    low, high = _RANGE
    return [float(root) for root in roots[real].real if low < root < high]


def _places_between(candidates: list[float]) -> list[float]:
    """Return one place on each side of every candidate, those that coincide as one."""
    apart: list[list[float]] = []
    for tau in candidates:
        if apart and tau <= apart[-1][-1] * (1 + _SAME):
            apart[-1].append(tau)
        else:
            apart.append([tau])
    if not apart:
        return [1.0]
    inner = [math.sqrt(low[-1] * high[0]) for low, high in itertools.pairwise(apart)]
    return [candidates[0] / 2, *inner, candidates[-1] * 2]


def _record(
    changes: list[float], frequencies: list[float], first: bool, neutral: int
) -> Timescale:
    ends = [0.0, *changes, math.inf]
    pieces = [*itertools.pairwise(ends)]
    stable = tuple(pieces[(0 if first else 1) :: 2])
    beyond = bool(stable) and stable[-1][1] == math.inf
    star = stable[-1][0] if beyond else math.nan
    start = stable[0][1] if stable and stable[0][0] == 0 else math.nan
    status = "never" if not stable else "beyond" if beyond else "bounded"
    status = "always" if stable == ((0.0, math.inf),) else status
    return Timescale(
        star, start, tuple(changes), stable, status, tuple(frequencies), neutral
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
