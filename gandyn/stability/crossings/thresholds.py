"""All thresholds of a rule on a game on an interval of one field."""

from __future__ import annotations

import bisect
import contextlib
import dataclasses
import itertools
import math
import warnings
from typing import Any

import numpy as np

from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.stability.calculus.jets import NonSmooth
from gandyn.stability.calculus.maps import Map, RuleMap
from gandyn.stability.crossings.branch_points import find_branch_point
from gandyn.stability.crossings.branches import (
    Branch,
    Lost,
    Sample,
    follow,
    set_neutral_aside,
    start_at,
)
from gandyn.stability.crossings.normal_forms import (
    SIMPLE,
    NormalForm,
    eigenvectors,
    form_at,
)
from gandyn.stability.crossings.records import Bifurcation
from gandyn.stability.crossings.scan import Bracket, brackets, locate, nodes

FLAT = 1e-4
"""A fold's multiplier is 1 to about the root of rounding."""
PUSHED = 1e-9
"""A branch whose fixed point the parameter pushes less goes through a multiplier 1."""
SAME = 1e-9
"""Two crossings relatively nearer than this are one, of multipliers that coincide."""


def critical_learning_rates(
    rule: Rule,
    game: Game,
    field: str = "lr",
    low: float = 1e-3,
    high: float = 10.0,
    point: tuple[Any, Any] | None = None,
) -> list[Bifurcation]:
    r"""Return where an equilibrium's multipliers cross the unit circle.

    The equilibrium is followed from one end of the interval to the other. Multipliers
    are matched on an adaptive scan; each crossing is bracketed and located by Brent's
    method on a scalar test function, :math:`|λ| - 1` of the multiplier or
    :math:`\det(A ∓ I)` where two meet on the circle. A branch that turns back is
    located by Newton's method on the augmented system of a fold.

    For simultaneous play with equal rates every eigenvalue of J has the threshold
    :math:`2\,\mathrm{Re}\,λ / |λ|^2`.

    Parameters
    ----------
    rule : Rule
        An autonomous rule.
    game : Game
    field : str
        A numeric field of the rule or the game, named as in `sweep`.
    low, high : float
        The open interval to search.
    point : pair, optional
        The equilibrium at ``low``; by default the game's first one.

    Returns
    -------
    list of Bifurcation
        In increasing order of the field; empty where nothing crosses. All crossings are
        listed, also of multipliers beside others that are outside already:
        ``others < 1`` tells where stability changes.

    Raises
    ------
    GandynError
        If the interval is empty, the point is no fixed point (with its residual), or
        derivatives are not finite.
    FieldError
        If an end of the interval is outside the field's domain.

    References
    ----------
    Kuznetsov, *Elements of Applied Bifurcation Theory*, 4th edition, Springer 2023,
    Chapters 4, 5 and 10. Mescheder, Nowozin, Geiger, *The Numerics of GANs*, NeurIPS
    2017, Corollary 5 (simultaneous play).

    Examples
    --------
    The Dirac-GAN with R1: a cycle is born at lr = 4γ.

    >>> from gandyn.games.dirac import R1, DiracGAN
    >>> from gandyn.rules import Simultaneous
    >>> game = DiracGAN(regulariser=R1(0.3))
    >>> (found,) = critical_learning_rates(Simultaneous(), game, "lr", 0.1, 5.0)
    >>> found.kind, round(found.value, 12), found.criticality
    ('neimark-sacker', 1.2, 'supercritical')
    >>> round(found.amplitude(1.25), 4)
    0.4303
    """
    step = RuleMap(rule, game, field)
    check_interval(field, low, high)
    return bifurcations(step, start_at(step, point, low), low, high)


def bifurcations(step: Map, state: Any, low: float, high: float) -> list[Bifurcation]:
    """Return the crossings along the branch of a map's fixed point.

    Parameters
    ----------
    step : Map
    state : array_like, shape (S,)
        The fixed point at ``low``, or near it.
    low, high : float

    Warns
    -----
    RuntimeWarning
        If the fixed point is lost before ``high``, and not at a fold.

    Examples
    --------
    The Hénon map loses its fixed point's stability at a = 3(1 - b)²/4:

    >>> henon = Map(lambda z, a: (1 - a * z[0] * z[0] + z[1], 0.3 * z[0]), "a")
    >>> (flip,) = bifurcations(henon, [0.9, 0.3], 0.1, 1.0)
    >>> flip.kind, round(flip.value, 12), flip.criticality
    ('flip', 0.3675, 'supercritical')
    """
    check_interval(step.name, low, high)
    branch = Branch(step, state, low, high - low)
    return located(branch, *follow(branch, nodes(low, high)))


def located(
    branch: Branch, samples: list[Sample], lost: float | None
) -> list[Bifurcation]:
    """Return the crossings along what `follow` found of a branch, folds included."""
    found = [
        one for piece in _pieces(branch, samples) for one in crossings(branch, piece)
    ]
    for pair in branch.corners:
        found += _corner(branch, *pair)
    if lost is not None:
        turn = _turning_point(branch, samples[-1])
        if turn is None:
            reason = "" if branch.end is None else branch.end.reason
            warnings.warn(
                f"the fixed point was followed to {branch.step.name} = "
                f"{samples[-1].parameter:.6g} only: {reason}",
                RuntimeWarning,
                stacklevel=3,
            )
        else:
            found.append(turn)
    return sorted(found, key=lambda one: one.value)


def crossings(branch: Branch, samples: list[Sample]) -> list[Bifurcation]:
    """Return the crossings between neighbouring samples of a branch, but no folds."""
    found: list[Bifurcation] = []
    for bracket in brackets(branch, samples):
        with contextlib.suppress(Lost):  # at a fold, which is found otherwise
            _add(found, _record(branch, bracket))
    return found


def check_interval(field: str, low: float, high: float) -> None:
    """Raise GandynError for an interval that is empty or not finite."""
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise GandynError(
            f"{field}: the interval from {low} to {high} is empty or not finite"
        )


def _same(a: float, b: float, near: float = SAME) -> bool:
    return abs(a - b) <= near * max(abs(a), abs(b))


def _add(found: list[Bifurcation], new: Bifurcation) -> None:
    """Append a crossing, unless it is the same multiplier's as one that is there."""
    twins = (
        one
        for one in found
        if _same(one.value, new.value) and abs(one.multiplier - new.multiplier) < 1e-6
    )
    if next(twins, None) is None:
        found.append(new)


def _record(branch: Branch, bracket: Bracket) -> Bifurcation:
    value = locate(branch, bracket)
    sample = branch.at(value)
    share = (value - bracket.low) / (bracket.high - bracket.low)
    near = bracket.before + (bracket.after - bracket.before) * share
    near = complex(sample.values[np.argmin(np.abs(sample.values - near))])
    near = near.conjugate() if near.imag < 0 else near
    if not near.imag and near.real > 0 and not branch.neutral():
        sample = _refined(branch, sample, bracket)
        value = sample.parameter
    form = form_at(branch.step, sample.state, value, near)
    if bracket.real:  # a double multiplier, known to the root of rounding
        form = dataclasses.replace(form, multiplier=complex(bracket.real))
    return _filled(branch, sample, form, (bracket.low, bracket.high))


def _refined(branch: Branch, sample: Sample, bracket: Bracket) -> Sample:
    """Return the crossing of two branches near a sample, or the sample itself."""
    step = branch.step
    known = [(near.value, near.state) for near in branch.crossed]
    known = [one for one in known if bracket.low <= one[0] <= bracket.high]
    try:
        found = known[0] if known else find_branch_point(step, sample)
    except (GandynError, ZeroDivisionError, OverflowError):
        return sample
    if found is None or not bracket.low <= found[0] <= bracket.high:
        return sample
    matrix = step.jacobian(found[1], found[0])
    return Sample(found[0], found[1], matrix, np.linalg.eigvals(matrix))


def _pieces(branch: Branch, samples: list[Sample]) -> list[list[Sample]]:
    """Return the samples between corners of the map, where multipliers jump."""
    cuts = [low for low, _ in branch.corners]
    places = [sample.parameter for sample in samples]
    edges = [0, *(bisect.bisect(places, cut) for cut in sorted(cuts)), len(samples)]
    return [samples[i:j] for i, j in itertools.pairwise(edges)]


def _corner(branch: Branch, low: float, high: float) -> list[Bifurcation]:
    """Return the record of a multiplier that jumps across the circle at a corner."""
    before, after = branch.at(low), branch.at(high)
    outside = [int(np.sum(np.abs(one.values) > 1)) for one in (before, after)]
    if outside[0] == outside[1]:
        return []
    sample, way = (after, 1) if outside[1] > outside[0] else (before, -1)
    near = complex(sample.values[np.argmax(np.abs(sample.values))])
    near = near.conjugate() if near.imag < 0 else near
    form = form_at(branch.step, sample.state, sample.parameter, near)
    form = dataclasses.replace(
        form, status="nonsmooth", multiplier=near / abs(near), coefficient=math.nan,
        criticality="",
    )  # fmt: skip
    found = _filled(branch, sample, form, (low, high))
    return [dataclasses.replace(found, speed=way * math.inf, uncertainty=high - low)]


def _turning_point(branch: Branch, last: Sample) -> Bifurcation | None:
    """Return the fold behind the end of a branch, or the crossing, if it is one."""
    end = branch.end
    if end is None or end.kind not in ("fold", "crossing"):
        return None
    return at_one(
        branch, end.value, end.state, (last.parameter, end.value), end.kind == "fold"
    )


def at_one(
    branch: Branch,
    value: float,
    state: np.ndarray,
    bracket: tuple[float, float],
    fold: bool,
) -> Bifurcation:
    """Return the record of a fold, or a crossing of branches, that is located."""
    step = branch.step
    matrix = step.jacobian(state, value)
    sample = Sample(value, state, matrix, np.linalg.eigvals(matrix))
    form = form_at(step, state, value, 1 + 0j)
    if fold:
        form = dataclasses.replace(form, kind="fold", criticality="")
    return _filled(branch, sample, form, bracket)


def _filled(
    branch: Branch, sample: Sample, form: NormalForm, bracket: tuple[float, float]
) -> Bifurcation:
    step, neutral = branch.step, branch.neutral()
    rest = set_neutral_aside(sample.values, neutral)
    own = np.argsort(np.abs(rest - form.multiplier))[:1]
    pair = np.argsort(np.abs(rest - form.multiplier.conjugate()))[:1]
    others = np.delete(np.abs(rest), np.union1d(own, pair))
    rate = branch.rate(sample.parameter)
    speed, sensitivity = _speed(step, sample, form, rate)
    q = form.right[: step.observed]
    return Bifurcation(
        form.kind, step.name, sample.parameter, bracket,
        float(sensitivity / abs(speed)) if speed else math.inf,
        form.status, form.multiplier, speed, float(np.max(others, initial=0.0)),
        neutral, form.coefficient, form.criticality, sample.state,
        float(np.linalg.norm(q) ** 2),
    )  # fmt: skip


def _speed(
    step: Map, sample: Sample, form: NormalForm, moved: np.ndarray | None
) -> tuple[float, float]:
    """Return d|λ|/dp along the branch, and the rounding of |λ|; infinite at a fold."""
    _, q, p, apart = eigenvectors(sample.matrix, form.multiplier)
    rounding = np.finfo(float).eps * np.linalg.norm(p) * np.linalg.norm(sample.matrix)
    if apart < SIMPLE and form.kind != "fold":
        return math.nan, float(rounding)
    inner = np.eye(len(q)) - sample.matrix
    try:
        push = step.slope(sample.state, sample.parameter)
        turns = abs(p.conj() @ push) > PUSHED * np.linalg.norm(p)
        if form.kind == "fold" and (turns or apart < SIMPLE):
            return math.inf, float(rounding)
        if moved is None:
            moved = np.linalg.lstsq(inner, push, rcond=1e-9)[0]
        change = p.conj() @ step.bends(sample.state, sample.parameter, q, moved)
    except (NonSmooth, ZeroDivisionError):
        return math.nan, float(rounding)
    unit = form.multiplier.conjugate() / abs(form.multiplier)
    return float((unit * change).real), float(rounding)
