"""Normal forms of maps at a multiplier on the unit circle, from exact derivatives."""

from __future__ import annotations

import math
from typing import Any, overload

import numpy as np
import scipy

from gandyn._arguments import checked
from gandyn._records import Record
from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.stability.arithmetic.jets import multilinear_forms
from gandyn.stability.arithmetic.ring import NonSmooth
from gandyn.stability.crossings.branches import check_fixed
from gandyn.stability.crossings.subjects import as_map
from gandyn.stability.maps.maps import Map, RuleMap

NORMALISATION = "|q|₂ = 1, <p, q> = 1; B and C without factorials"
_CIRCLE = 1e-3
"""A multiplier farther from the circle has no normal form there."""
_REAL = 1e-6
"""An angle nearer to 0 or π belongs to a real multiplier, a double one to rounding."""
_RESONANT = 1e-6
"""How near a strong resonance e^{ikθ} = 1, k <= 4, the coefficient is refused."""
SIMPLE = 1e-6
"""Multipliers nearer than this are not told apart: the root of rounding."""
VANISHES = 1e-9
"""A coefficient below this share of its terms is not distinguishable from 0."""
_PUSHED = 1e-6
"""A part of dF/dp along p, above what a fixed point that is given may be off by, pushes
it: fixed points are born, or not, but no branches cross."""
_NOTHING = 1e-12
"""A push that moves fixed points by less than this part of where the nonlinear terms
are as large as the linear one is rounding."""


class NormalForm(Record):
    """The leading nonlinear term on the centre manifold of a critical multiplier.

    Attributes
    ----------
    kind : str
        ``"neimark-sacker"``, ``"flip"``; at a multiplier 1 ``"transcritical"`` and
        ``"pitchfork"`` where branches cross, ``"fold"`` where the parameter pushes the
        fixed point, ⟨p, F_p⟩ ≠ 0, or only the multiplier is known, and ``"cusp"`` where
        it does and the quadratic term vanishes: one fixed point on both sides of it.
    status : str
        ``"converged"``, ``"degenerate"``, ``"resonant"`` or ``"nonsmooth"``.
    multiplier : complex
    coefficient : float
        a of the Neimark–Sacker, b of the flip, ½⟨p, B(q,q)⟩ of the fold and the
        transcritical, the cubic one of the pitchfork and the cusp, which as a point of
        codimension 2 is ``"degenerate"`` along one parameter; NaN where the status
        refuses it.
    criticality : str
        ``"supercritical"``, ``"subcritical"`` or ``""``.
    right, left : ndarray, shape (S,)
        q and p.
    """

    kind: str
    status: str
    multiplier: complex
    coefficient: float
    criticality: str
    right: np.ndarray
    left: np.ndarray

    pairs = (
        "multiplier",
        "right",
        "left",
    )


@overload
def normal_form(
    subject: Map, at: Any, parameter: float, near: complex | None = None
) -> NormalForm: ...


@overload
def normal_form(
    subject: Rule,
    at: Game,
    *,
    near: complex | None = None,
    point: tuple[Any, Any] | None = None,
    field: str = "lr",
) -> NormalForm: ...


@checked
def normal_form(
    subject: Map | Rule,
    at: Any,
    parameter: float | None = None,
    near: complex | None = None,
    *,
    point: tuple[Any, Any] | None = None,
    field: str | None = None,
) -> NormalForm:
    r"""Return the normal form at a fixed point with a multiplier on the unit circle.

    With A the Jacobian, :math:`Aq = λq`, :math:`A^* p = \bar λ p`,
    :math:`‖q‖_2 = ⟨p, q⟩ = 1`, and B and C without factorials,

    .. math::
        a = \tfrac12 \mathrm{Re}\, \bar λ ⟨p,\, C(q,q,\bar q)
        + 2B(q, (I-A)^{-1}B(q,\bar q)) + B(\bar q, (λ^2 I - A)^{-1}B(q,q))⟩

    at a complex pair, supercritical for a < 0; at λ = -1 and 1

    .. math::
        b = \tfrac16 ⟨p,\, C(q,q,q) + 3B(q, (I-A)^{-1}B(q,q))⟩,

    supercritical for b > 0 at -1 and, with the inverse bordered, for b < 0 at 1, where
    :math:`½⟨p, B(q,q)⟩ ≠ 0` makes it transcritical instead. If the parameter pushes the
    fixed point, :math:`⟨p, F_p⟩ ≠ 0`, no branches cross: it is a fold, or a cusp.

    Parameters
    ----------
    subject : Map, or Rule
    at : array_like of shape (S,), or Game
        The map's fixed point; of a rule the game that it plays.
    parameter : float
        The map's. A rule is taken as it is.
    near : complex, optional
        Which multiplier; the one nearest to the circle by default.
    point : pair, optional
        An equilibrium of the game; its first one by default.
    field : str
        The field of the rule or the game that is its map's parameter, ``"lr"`` by
        default.

    Raises
    ------
    GandynError
        If the state is no fixed point (with the residual), the multiplier not on the
        circle, or derivatives are not finite.

    References
    ----------
    Kuznetsov, *Elements of Applied Bifurcation Theory*, 4th edition, Springer 2023,
    Section 5.4 (flip, fold: (5.42) to (5.52)).

    Examples
    --------
    The delayed logistic map, u' = r u (1 - w), w' = u, at r = 2:

    >>> delayed = Map(lambda z, r: (r * z[0] * (1 - z[1]), z[0]), "r")
    >>> found = normal_form(delayed, [0.5, 0.5], 2.0)
    >>> found.kind, round(found.coefficient, 12), found.criticality
    ('neimark-sacker', -1.0, 'supercritical')

    A rule as it is, at an equilibrium of a game:

    >>> from gandyn.games.dirac import R1, DiracGAN
    >>> from gandyn.rules import Simultaneous
    >>> found = normal_form(Simultaneous(lr=1.2), DiracGAN(regulariser=R1(0.3)))
    >>> found.kind, round(found.coefficient, 12)
    ('neimark-sacker', -0.081)
    """
    step, state, parameter = as_map(subject, at, parameter, point, field)
    if subject is not step:
        state = step.fixed_point(state, parameter)
    check_fixed(step, state, parameter)
    found = form_at(step, state, parameter, near)
    if not abs(abs(found.multiplier) - 1) <= _CIRCLE:
        raise GandynError(
            f"the multiplier {found.multiplier:.6g} at {step.name} = {parameter:.6g} "
            "is not on the unit circle: bifurcations() finds where one is"
        )
    return found


def form_at(
    step: Map, state: np.ndarray, parameter: float, near: complex | None = None
) -> NormalForm:
    """Return the normal form of a multiplier, near the circle or not."""
    matrix = step.jacobian(state, parameter)
    value, q, p, apart = eigenvectors(matrix, near)
    kind, coefficient, status = kind_of(value), math.nan, _refusal(value, apart)
    if not status:
        try:
            kind, coefficient, size = _coefficient(step, state, parameter, value, q, p)
            vague = not abs(coefficient) > VANISHES * size
            if value.real > 0 and not value.imag:
                pushed = _is_pushed(step, state, parameter, q.real, p.real, coefficient)
                names = {"pitchfork": "cusp", "transcritical": "fold"}
                kind = names.get(kind, kind) if pushed else kind
            vague = vague or kind == "cusp"
            status = "degenerate" if vague else "converged"
        except NonSmooth:
            status = "nonsmooth"
        except GandynError:
            status = "degenerate"
    criticality = _criticality(kind, coefficient) if status == "converged" else ""
    return NormalForm(kind, status, value, coefficient, criticality, q, p)


def _is_pushed(
    step: Map,
    state: np.ndarray,
    parameter: Any,
    q: np.ndarray,
    p: np.ndarray,
    coefficient: float,
) -> bool:
    """Tell whether the parameter pushes a fixed point with a multiplier 1."""
    if isinstance(parameter, tuple) and not parameter:  # a map without one
        return False
    push = step.slope(state, parameter)
    turned = step.bends(state, parameter, q, np.zeros(len(q))).real
    least = _NOTHING * abs(p @ turned) / (abs(coefficient) or 1.0)
    sure = _PUSHED * np.linalg.norm(p) * np.linalg.norm(push)
    return bool(abs(p @ push) > max(sure, least))


def eigenvectors(
    matrix: np.ndarray, near: complex | None = None
) -> tuple[complex, np.ndarray, np.ndarray, float]:
    """Return a multiplier, its q and p, and the distance to the next multiplier."""
    values, left, right = scipy.linalg.eig(matrix, left=True)
    far = abs(np.log(np.abs(values) + 1e-300)) if near is None else abs(values - near)
    i = int(np.lexsort((-values.imag, far.round(9)))[0])
    q, p = right[:, i] / np.linalg.norm(right[:, i]), left[:, i]
    overlap = p.conj() @ q
    p = p / overlap.conjugate() if overlap else p * np.nan
    others = np.delete(values, i)
    apart = float(np.min(np.abs(others - values[i]), initial=np.inf))
    return complex(values[i]), q, p, apart


def kind_of(value: complex) -> str:
    """Return the kind of a multiplier on the circle, before its normal form."""
    if abs(value.imag) > _REAL:
        return "neimark-sacker"
    return "flip" if value.real < 0 else "fold"


def _refusal(value: complex, apart: float) -> str:
    """Return why there is no coefficient, or nothing."""
    if not value:
        return "degenerate"
    unit = value / abs(value)
    if abs(value.imag) > _REAL:
        powers = (unit**k for k in (1, 2, 3, 4))
        if min(abs(power - 1) for power in powers) < _RESONANT:
            return "resonant"
    elif apart < SIMPLE:
        return "resonant"
    return "degenerate" if apart < SIMPLE else ""


def _coefficient(
    step: Map, state: Any, parameter: float, value: complex, q: Any, p: Any
) -> tuple[str, float, float]:
    """Return the kind, the coefficient, and the size of the terms it is a sum of."""
    if isinstance(step, RuleMap) and step.rule.linear and step.game.linear:
        return kind_of(value), 0.0, 0.0
    if kind_of(value) == "neimark-sacker":
        return "neimark-sacker", *_spiral(step, state, parameter, value, q, p)
    q, p = q.real, p.real
    forms = _forms(step, state, parameter, q, q, q)
    second, third = forms["uv"], forms["uvw"]
    if value.real > 0:
        sizes = np.linalg.norm(second) + np.linalg.norm(third)  # B may be rounding only
        size = np.linalg.norm(p) * sizes
        square = float(p @ second) / 2
        if abs(square) > VANISHES * size:
            return "transcritical", square, float(size)
        second = second - (p @ second) * q  # it vanishes, but for rounding
    matrix = step.jacobian(state, parameter)
    inner = _solve(np.eye(len(q)) - matrix, second)  # at 1 any: <p, B(q, q)> is 0
    mixed = _forms(step, state, parameter, q, inner, q)["uv"]
    size = np.linalg.norm(p) * (np.linalg.norm(third) + 3 * np.linalg.norm(mixed))
    kind = "flip" if value.real < 0 else "pitchfork"
    if not size and kind == "pitchfork":
        kind = "fold"
    return kind, float(p @ (third + 3 * mixed)) / 6, float(size)


def _spiral(
    step: Map, state: Any, parameter: float, value: complex, q: Any, p: Any
) -> tuple[float, float]:
    matrix, unit = step.jacobian(state, parameter), np.eye(len(q))
    bar = q.conj()
    forms = _forms(step, state, parameter, q, q, bar)
    mean = _solve(unit - matrix, forms["uw"])
    double = _solve(value**2 * unit - matrix, forms["uv"])
    terms = [
        forms["uvw"],
        2 * _forms(step, state, parameter, q, mean, q)["uv"],
        _forms(step, state, parameter, bar, double, q)["uv"],
    ]
    size = np.linalg.norm(p) * sum(np.linalg.norm(term) for term in terms) / 2
    total = p.conj() @ sum(terms)
    return float((total * value.conjugate() / abs(value)).real) / 2, float(size)


def _forms(step: Map, state: Any, parameter: float, *along: Any) -> Any:
    u, v, w = along
    return multilinear_forms(lambda z: step(z, parameter), state, u, v, w)


def _solve(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the solution, the shortest on a manifold of fixed points.

    Raises
    ------
    GandynError
        If there is none: the quadratic terms push along the manifold.
    """
    solved = np.linalg.lstsq(matrix, right, rcond=1e-12)[0]
    left = np.linalg.norm(matrix @ solved - right)
    if left > 1e-8 * (np.linalg.norm(right) + 1e-300):
        raise GandynError("a neutral direction is excited: there is no normal form")
    return np.asarray(solved)


def _criticality(kind: str, coefficient: float) -> str:
    if kind not in ("neimark-sacker", "flip", "pitchfork"):
        return ""
    stable = coefficient > 0 if kind == "flip" else coefficient < 0
    return "supercritical" if stable else "subcritical"
