"""All thresholds of a rule on a game on an interval of one field."""

from __future__ import annotations

import bisect
import dataclasses
import itertools
import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from gandyn._arguments import checked
from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.stability.crossings.branches import (
    Branch,
    Sample,
    follow,
    set_neutral_aside,
    start_at,
)
from gandyn.stability.crossings.crossing_records import records, speed_at, vector_at
from gandyn.stability.crossings.decoupling import decoupling
from gandyn.stability.crossings.exact_scan import exact_scan
from gandyn.stability.crossings.neutral_directions import Quotient, told_by_the_game
from gandyn.stability.crossings.normal_forms import form_at
from gandyn.stability.crossings.records import Bifurcation, Bifurcations
from gandyn.stability.crossings.scan import Scan, nodes, scan
from gandyn.stability.crossings.spectra import Spectra, probes, spectrum
from gandyn.stability.crossings.state_rounding import hidden_along, map_changes
from gandyn.stability.maps.maps import Map, RuleMap

_AT_FOLD = 1e-5
"""Share of the interval beside a fold in which its own equations locate what is there:
a fixed point is known to the root of rounding there, and so is its multiplier."""


@checked
def critical_learning_rates(
    rule: Rule,
    game: Game,
    field: str = "lr",
    low: float = 1e-3,
    high: float = 10.0,
    point: tuple[Any, Any] | None = None,
) -> Bifurcations:
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


@checked
def bifurcations(step: Map, state: Any, low: float, high: float) -> Bifurcations:
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
    places = nodes(low, high)
    if decoupling(step, low, high) is not None:
        places = np.asarray(probes(places.tolist()))
    return located(branch, *follow(branch, places))


def located(branch: Branch, samples: list[Sample], lost: float | None) -> Bifurcations:
    """Return the crossings along what `follow` found of a branch, folds included."""
    turn = None if lost is None else _turning_point(branch, samples[-1])
    if turn is not None:  # beside it a fixed point is known to the root of rounding
        reach = _AT_FOLD * (turn.value - samples[0].parameter)
        near = turn.value - reach
        beside = branch.known(near, turn.value)
        samples = [one for one in samples if one.parameter < near] or samples[:1]
    pieces = [crossings(branch, piece) for piece in _pieces(branch, samples)]
    remarks = [piece.remark for piece in pieces if piece.remark]
    known = [piece.known_to for piece in pieces]
    if turn is not None and _may_cross(branch, [samples[-1], *beside], turn):
        where = f"{branch.step.name} = {turn.value:.6g}"
        remarks.append(f"multipliers may cross the circle beside the fold at {where}")
        known.append(samples[-1].parameter)
    if remarks:
        warnings.warn(
            f"the bifurcations in {branch.step.name} may be incomplete: {remarks[0]}",
            RuntimeWarning,
            stacklevel=3,
        )
    if lost is not None and turn is None:
        reason = "" if branch.end is None else branch.end.reason
        remarks.append(
            f"the fixed point was followed to {branch.step.name} = "
            f"{samples[-1].parameter:.6g} only: {reason}"
        )
        warnings.warn(remarks[-1], RuntimeWarning, stacklevel=3)
        known.append(samples[-1].parameter)
    found = [one for piece in pieces for one in piece]
    for pair in branch.corners:
        found += _corner(branch, *pair)
    found += [] if turn is None else [turn]
    return Bifurcations(
        sorted(found, key=lambda one: one.value), "; ".join(remarks),
        max(piece.undecided for piece in pieces), pieces[0].outside,
        max(piece.resolution for piece in pieces), min(known),
    )  # fmt: skip


def crossings(branch: Branch, samples: Sequence[Sample]) -> Bifurcations:
    """Return the crossings between neighbouring samples of a branch, but no folds.

    Parameters
    ----------
    branch : Branch
    samples : sequence of Sample
        Of the branch, by increasing parameter.
    """
    found = _scanned(branch, samples)
    return Bifurcations(
        records(branch, found), found.remark, found.undecided, found.outside,
        found.resolution, found.known_to,
    )  # fmt: skip


def _scanned(branch: Branch, samples: Sequence[Sample]) -> Scan:
    """Return the crossings along a branch, enclosed one by one where that can be."""
    places, start = [sample.parameter for sample in samples], samples[0].state
    if len(places) > 1 and all(np.array_equal(one.state, start) for one in samples):
        found = exact_scan(branch.step, start, places)
        if found is not None:
            return found
        if len(places) == len(probes(places)):
            places = nodes(places[0], places[-1]).tolist()
    changes = map_changes(branch.step, samples)
    spectra = Spectra(
        lambda parameter: branch.at(parameter).matrix,
        places,
        lambda place, way: branch.step.push(branch.at(place).state, place, way),
        None if changes is None else lambda place: changes(branch.at(place)),
    )
    spectra.quotient = told_by_the_game(branch.step, spectra.quotient)
    return scan(spectra, places)


def check_interval(field: str, low: float, high: float) -> None:
    """Raise GandynError for an interval that is empty or not finite."""
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise GandynError(
            f"{field}: the interval from {low} to {high} is empty or not finite"
        )


def _may_cross(branch: Branch, beside: list[Sample], turn: Bifurcation) -> bool:
    """Tell whether multipliers may cross the circle on the last way to a fold.

    One that moves there by as much as it is off the circle may do so twice. The fold's
    own is left out, and what is on the circle within rounding all along.
    """
    places = [(one.parameter, one.state) for one in beside]
    excess, doubts = [], []
    order: np.ndarray | None = None
    for value, state in [*places, (turn.value, turn.state)]:
        own = spectrum(value, branch.step.jacobian(state, value))
        rest = np.argsort(np.abs(own.values - 1), kind="stable")[branch.neutral() + 1 :]
        values, doubt = own.values[rest], own.doubt[rest]
        if order is not None:
            found = linear_sum_assignment(np.abs(order[:, None] - values))[1]
            values, doubt = values[found], doubt[found]
        order = values
        excess.append(np.abs(values) - 1)
        doubts.append(doubt)
    off, moved = np.abs(excess).min(axis=0), np.ptp(excess, axis=0)
    told = np.any(np.abs(excess) > doubts, axis=0)
    return bool(np.any(told & (off <= moved)))


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
    others = np.delete(sample.values, np.argmin(np.abs(sample.values - near)))
    others = others[others != near.conjugate()]
    vector = form.right[: branch.step.observed]
    return [
        Bifurcation(
            form.kind, branch.step.name, sample.parameter, (low, high), high - low,
            "nonsmooth", near / abs(near), way * math.inf,
            float(np.max(np.abs(others), initial=0.0)), branch.neutral(), math.nan, "",
            sample.state, float(np.linalg.norm(vector) ** 2), outside[1] - outside[0],
            vector,
        )
    ]  # fmt: skip


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
    step, neutral = branch.step, branch.neutral()
    matrix = step.jacobian(state, value)
    sample = Sample(value, state, matrix, np.linalg.eigvals(matrix))
    form = form_at(step, state, value, 1 + 0j)
    if fold:
        form = dataclasses.replace(form, kind="fold", criticality="")
    rest = set_neutral_aside(sample.values, neutral)
    others = np.delete(rest, np.argsort(np.abs(rest - form.multiplier))[:1])
    whole = Quotient(np.eye(len(matrix)), 0, 0)
    speed = speed_at(branch, sample, form, whole)
    vector = vector_at(step, sample, form, whole)
    doubt, rate = float(spectrum(value, matrix).doubt.max()), abs(speed)
    if math.isinf(speed):  # there the parameter's push is what moves the fixed point
        doubt = hidden_along(step, sample, form.left.real)
        rate = abs(float(form.left.real @ step.slope(state, value)))
    return Bifurcation(
        form.kind, step.name, value, bracket, doubt / rate if rate else math.inf,
        form.status, form.multiplier, speed,
        float(np.max(np.abs(others), initial=0.0)), neutral, form.coefficient,
        form.criticality, state, float(np.linalg.norm(vector) ** 2), 0, vector,
    )  # fmt: skip
