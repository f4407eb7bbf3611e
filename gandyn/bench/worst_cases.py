"""Worst-case asymptotic rates over the games that share their constants."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from gandyn._node import replace
from gandyn.bench.problem import RANK_TOLERANCE
from gandyn.dynamics.exact.linear import (
    dense_jacobian,
    linear_maps,
    reference_equilibrium,
)
from gandyn.dynamics.exact.matrix_entries import (
    AGREEMENT,
    HomogeneousGame,
    map_entries,
    stacked,
)
from gandyn.dynamics.spectra import leading_multipliers
from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.games.linear import LinearGame
from gandyn.rules import Rule

_KNOTS = 33
"""Samples of each piece of a boundary, before those around the largest."""
_PEAKS = 2
"""The highest local maxima among the samples, which are refined."""
_ZOOMS, _FINER = 6, 5
"""Rounds of refinement, and samples on either side of the largest one in each."""
_PROBE = (0.7 + 0.4j, 0.7 - 0.4j, 0.3 + 0j)
"""Eigenvalues in no special position."""

_Values = Mapping[str, np.ndarray]
_Curve = Callable[[np.ndarray], np.ndarray]


class GameClass(NamedTuple):
    """The games that share the constants of one.

    Attributes
    ----------
    bilinear : bool
        Whether they are bilinear games, or all with a monotone field.
    low, high : float
        Bounds on the singular values of bilinear games, those of 0 aside; else the
        modulus of strong monotonicity and the Lipschitz constant.
    """

    bilinear: bool
    low: float
    high: float


def game_class(game: Game) -> GameClass | None:
    """Return the class of a linear game, by its own constants.

    Parameters
    ----------
    game : Game
        With a known equilibrium.

    Returns
    -------
    GameClass or None
        None if the game is not linear, not monotone, or J is 0.

    Examples
    --------
    >>> from gandyn.games import Bilinear, DiracGAN, Quadratic
    >>> game_class(Bilinear([[2.0, 0.0], [0.0, 0.5]]))
    GameClass(bilinear=True, low=0.5, high=2.0)
    >>> game_class(Quadratic.strongly_monotone(3.0, 4.0))
    GameClass(bilinear=False, low=3.0, high=5.0)
    >>> game_class(DiracGAN()) is None
    True
    """
    if not game.linear:
        return None
    x, y = reference_equilibrium(game)
    J, n = dense_jacobian(game, x, y), np.size(x)
    sigma = np.linalg.svd(J, compute_uv=False)
    rounding, high = RANK_TOLERANCE * sigma[0], float(sigma[0])
    if not high:
        return None
    coupling = J.copy()
    coupling[:n, :n] = coupling[n:, n:] = 0
    skewed = (coupling - coupling.T) / 2
    if np.linalg.norm(J - skewed) <= rounding:
        return GameClass(True, float(sigma[sigma > rounding][-1]), high)
    low = float(np.linalg.eigvalsh((J + J.T) / 2)[0])
    if low < -rounding:
        return None
    return GameClass(False, min(low, high) if low > rounding else 0.0, high)


def worst_radius(
    rule: Rule, games: GameClass | None, values: _Values, count: int
) -> np.ndarray:
    r"""Return the largest spectral radius over a class of games, for every setting.

    Its log is the worst asymptotic rate of a linear game of the class, and of a smooth
    one near its solution.

    On bilinear games a rule decouples by singular values, and the supremum is over
    their interval. On the others a rule that knows the game as one operator v decouples
    by eigenvalues λ of J, into linear maps that are analytic in λ. Monotone games with
    modulus μ and constant L have them in :math:`\mathrm{Re}\,λ \ge μ`,
    :math:`|λ| \le L`, and each λ there is one of a normal J. The log of the spectral
    radius of the maps is subharmonic (Vesentini), so the supremum is on that region's
    boundary. Either curve is sampled, and again around its two highest peaks.

    Parameters
    ----------
    rule : Rule
    games : GameClass or None
        See `game_class`.
    values : mapping of path to ndarray of shape (count,)
        Settings of fields of the rule.
    count : int
        The number of settings.

    Returns
    -------
    ndarray, shape (count,)
        NaN where there is no class, the rule is not linear or changes with time, or the
        game is not bilinear and the rule does not decouple: players take turns, have
        different settings, or use the transpose of J.

    Notes
    -----
    With a modulus of 0 the class has λ = 0 in it, and the radius is at least 1.

    A single step can contract less. For simultaneous gradients and the proximal point
    method it doesn't: :math:`\sqrt{1 - 2ημ + η^2L^2}` and :math:`1/(1 + ημ)` are the
    worst factors of a step over all monotone operators too. That of an extragradient
    step can be larger: at μ = 0.1, L = 1 and η = 0.6 performance estimation (PEPit)
    bounds it by 0.948, and the radius is 0.944.

    References
    ----------
    Vesentini, *On the subharmonicity of the spectral radius*, Bollettino dell'Unione
    Matematica Italiana 1, 1968.
    Azizian, Mitliagkas, Lacoste-Julien, Gidel, *A Tight and Unified Analysis of
    Gradient-Based Methods for a Whole Spectrum of Games*, AISTATS 2020.

    Examples
    --------
    >>> from gandyn.rules import Simultaneous
    >>> rates = np.array([0.1, 0.2])
    >>> values = {"lr_x": rates, "lr_y": rates}
    >>> found = worst_radius(Simultaneous(), GameClass(False, 1.0, 3.0), values, 2)
    >>> bool(np.allclose(found**2, 1 - 2 * rates + 9 * rates**2))
    True
    """
    found = np.full(count, np.nan)
    if games is None or not (rule.linear and rule.autonomous):
        return found
    if games.bilinear:
        use = np.full(count, rule.orthogonal)
        knots, curve = _interval(games)
    else:
        use = _decoupled(rule, values, count)
        knots, curve = _boundary(games)
    if use.any():
        fields = {path: v[use, None] for path, v in values.items()}
        found[use] = _largest(replace(rule, fields), knots, curve, int(use.sum()))
    return found


def _decoupled(rule: Rule, values: _Values, count: int) -> np.ndarray:
    """Tell where the multipliers are those of J's eigenvalues, each alone.

    It is tried by traces of powers, on numbers in no special position.
    """
    game, each = LinearGame.with_spectrum(_PROBE, condition=2.0), np.array(_PROBE)
    try:
        whole = linear_maps(rule, game, reference_equilibrium(game), values, count)
    except GandynError:  # it asks for more than the field
        return np.zeros(count, bool)
    fields = {path: v[:, None] for path, v in values.items()}
    single = HomogeneousGame(each, 0 * each, 0 * each, each)  # of x, and again of y
    parts = stacked(map_entries(replace(rule, fields), single), (count, len(_PROBE)))
    size = parts.shape[-1]
    parts = parts.reshape(count, len(_PROBE), size, size)
    scale = np.maximum(1.0, np.linalg.norm(whole, axis=(1, 2)))
    same = np.isfinite(scale)
    with np.errstate(all="ignore"):
        for k in range(1, size + 1):
            apart = _traces(whole, k) - _traces(parts, k).sum(axis=1) / 2
            same &= np.abs(apart) <= AGREEMENT * scale**k
    return same


def _traces(maps: np.ndarray, power: int) -> np.ndarray:
    powers = np.linalg.matrix_power(maps, power)
    return np.asarray(np.trace(powers, axis1=-2, axis2=-1))


def _interval(games: GameClass) -> tuple[np.ndarray, _Curve]:
    """Return samples of singular values, and the eigenvalue of J for one."""
    even = np.linspace(games.low, games.high, _KNOTS)
    graded = np.geomspace(games.low, games.high, _KNOTS)
    return np.union1d(even, graded), lambda sigma: 1j * sigma


def _boundary(games: GameClass) -> tuple[np.ndarray, _Curve]:
    """Return samples of a parameter, and the boundary's upper half at one.

    From 0 to 1 it goes up the line, then to 2 along the arc to the real axis.
    """
    low, high = games.low, games.high
    top, angle = math.sqrt(high**2 - low**2), math.acos(low / high)

    def curve(place: np.ndarray) -> np.ndarray:
        line = low + 1j * top * place
        return np.where(place <= 1, line, high * np.exp(1j * angle * (2 - place)))

    return np.linspace(0.0, 2.0, 2 * _KNOTS - 1), curve


def _largest(rule: Rule, knots: np.ndarray, curve: _Curve, count: int) -> np.ndarray:
    """Return the largest radius on a curve, for every setting of the rule."""
    coarse = _radius(rule, curve(np.tile(knots, (count, 1))))
    places, near = np.tile(knots, (count, _PEAKS, 1)), _peaks(coarse)
    for _ in range(_ZOOMS):
        left, here, right = (_at(places, near + side) for side in (-1, 0, 1))
        before = np.linspace(left, here, _FINER, axis=-1)
        after = np.linspace(here, right, _FINER, axis=-1)
        places = np.concatenate([before, after[..., 1:]], axis=-1)
        fine = _radius(rule, curve(places.reshape(count, -1))).reshape(places.shape)
        near = np.argmax(fine, axis=-1)
    return np.maximum(np.max(coarse, axis=1), np.max(fine, axis=(1, 2)))


def _peaks(values: np.ndarray) -> np.ndarray:
    """Return where the highest local maxima of each row are."""
    padded = np.pad(values, ((0, 0), (1, 1)), constant_values=-np.inf)
    peak = (values >= padded[:, :-2]) & (values >= padded[:, 2:])
    return np.argsort(np.where(peak, values, -np.inf), axis=1)[:, -_PEAKS:]


def _at(places: np.ndarray, index: np.ndarray) -> np.ndarray:
    index = np.clip(index, 0, places.shape[-1] - 1)[..., None]
    return np.asarray(np.take_along_axis(places, index, axis=-1)[..., 0])


def _radius(rule: Rule, lam: np.ndarray) -> np.ndarray:
    """Return the spectral radii on games of two numbers with those eigenvalues."""
    a, b = lam.real, lam.imag
    entries = map_entries(rule, HomogeneousGame(a, b, -b, a, zero_sum=True))
    chosen, finite = leading_multipliers(stacked(entries, lam.shape))
    return np.where(finite, np.abs(chosen), np.nan).reshape(lam.shape)
