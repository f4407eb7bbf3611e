"""From a located crossing to its record: normal form, speed, and what else is there."""

from __future__ import annotations

import contextlib
import dataclasses
import math

import numpy as np

from gandyn.errors import GandynError
from gandyn.stability.arithmetic.ring import NonSmooth
from gandyn.stability.crossings.branch_points import find_branch_point
from gandyn.stability.crossings.branches import Branch, Sample
from gandyn.stability.crossings.locations import Crossing
from gandyn.stability.crossings.neutral_directions import Quotient, moved_by
from gandyn.stability.crossings.normal_forms import (
    SIMPLE,
    NormalForm,
    eigenvectors,
    form_at,
    kind_of,
)
from gandyn.stability.crossings.records import Bifurcation
from gandyn.stability.crossings.scalar_spectra import ScalarSpectra
from gandyn.stability.crossings.scan import Scan
from gandyn.stability.crossings.spectra import spectrum
from gandyn.stability.crossings.tracks import TOGETHER
from gandyn.stability.maps.maps import Map

_PUSHED = 1e-9
"""A branch whose fixed point the parameter pushes less goes through a multiplier 1."""

_CRITICAL = 1e-9
"""Singular values of 1 - DF below this part of the largest are of what crosses at 1."""
_POLE = 1e-12
"""How far beside a pole, relative to the parameter, the map is finite."""


def records(branch: Branch, found: Scan) -> list[Bifurcation]:
    """Return the records of the crossings of a scan."""
    return [_record(branch, found, one) for one in found.crossings]


def _record(branch: Branch, found: Scan, one: Crossing) -> Bifurcation:
    step, sample = branch.step, _beside(branch, one.value)
    inner, refined = found.spectra.quotient, False
    at_one = one.multiplier.real > 0 and not one.multiplier.imag
    if at_one and not inner.count and not found.exact:
        near, sample = sample, _refined(branch, sample, one)
        one, refined = one._replace(value=sample.parameter), sample is not near
    form = form_at(step, sample.state, sample.parameter, one.multiplier)
    vector = vector_at(step, sample, form, inner)
    if isinstance(found.spectra, ScalarSpectra):
        hidden = abs(form.multiplier - one.multiplier) > SIMPLE
        if hidden:
            vector = found.spectra.direction(sample.parameter, one.multiplier)
        speed, form = one.speed, _told(form, one.multiplier, hidden)
    else:
        speed = speed_at(branch, sample, form, inner)
    several = one.members > (2 if one.multiplier.imag else 1)
    if several or (form.multiplier.imag and not one.multiplier.imag):
        form = dataclasses.replace(form, multiplier=one.multiplier)
    if math.isnan(speed):
        speed = one.speed
    rest = others(found, one._replace(value=sample.parameter))
    if refined and speed:
        one = one._replace(uncertainty=_refined_doubt(sample, one) / abs(speed))
    return Bifurcation(
        form.kind, step.name, one.value, one.bracket, one.uncertainty,
        form.status, form.multiplier, speed, rest, found.spectra.neutral,
        form.coefficient, form.criticality, sample.state,
        float(np.linalg.norm(vector) ** 2), one.change, vector,
    )  # fmt: skip


def _beside(branch: Branch, value: float) -> Sample:
    """Return the branch where multipliers cross, or beside a pole of others there."""
    for share in (0.0, _POLE, -_POLE):
        with contextlib.suppress(GandynError):
            return branch.at(value + share * abs(value))
    return branch.at(value)


def _rate(matrix: np.ndarray, push: np.ndarray, multiplier: complex) -> np.ndarray:
    """Return how fast a fixed point moves, at a multiplier 1 but along its vector."""
    if abs(multiplier - 1) > SIMPLE:
        return moved_by(matrix, push)
    unit = np.eye(len(push)) - matrix
    return np.asarray(np.linalg.lstsq(unit, push, rcond=_CRITICAL)[0])


def _told(form: NormalForm, multiplier: complex, hidden: bool) -> NormalForm:
    """Return a form with the multiplier that is known better than the map tells.

    One that rounding of faster ones hides in the map has no coefficient.
    """
    form = dataclasses.replace(form, multiplier=multiplier)
    kind = "neimark-sacker" if multiplier.imag else kind_of(multiplier)
    if not hidden and (form.kind == kind or kind == "fold"):
        return form
    return dataclasses.replace(
        form, kind=kind, status="degenerate" if hidden else form.status,
        coefficient=math.nan, criticality="",
    )  # fmt: skip


def _refined(branch: Branch, sample: Sample, one: Crossing) -> Sample:
    """Return the crossing of two branches near a sample, or the sample itself."""
    step = branch.step
    known = [(near.value, near.state) for near in branch.crossed]
    known = [near for near in known if one.bracket[0] <= near[0] <= one.bracket[1]]
    try:
        found = known[0] if known else find_branch_point(step, sample)
    except (GandynError, ZeroDivisionError, OverflowError):
        return sample
    if found is None or not one.bracket[0] <= found[0] <= one.bracket[1]:
        return sample
    matrix = step.jacobian(found[1], found[0])
    return Sample(found[0], found[1], matrix, np.linalg.eigvals(matrix))


def _refined_doubt(sample: Sample, one: Crossing) -> float:
    """Return the rounding of the multiplier at a crossing that has its own equations.

    A fixed point is known there as elsewhere: they are regular.
    """
    own = spectrum(sample.parameter, sample.matrix)
    nearest = np.argsort(np.abs(own.values - one.multiplier))[: one.members]
    return float(own.doubt[nearest].max())


def others(found: Scan, one: Crossing) -> float:
    """Return the largest modulus of the multipliers that do not cross with one."""
    spectrum = found.spectra.at(one.value)
    rest = np.abs(spectrum.values[spectrum.side != 0])
    largest = float(np.max(rest, initial=0.0))
    size = TOGETHER * abs(one.value)
    for other in found.crossings:
        near = abs(other.value - one.value)
        here = near <= other.uncertainty + one.uncertainty + size
        if here and other.change * one.change < 0:
            largest = max(largest, 1.0)
    return largest


def vector_at(
    step: Map, sample: Sample, form: NormalForm, inner: Quotient
) -> np.ndarray:
    """Return q in the players' coordinates; at 1, of no neutral direction."""
    q = eigenvector(sample.matrix, form.multiplier, inner)
    return np.asarray(q[: step.observed])


def eigenvector(matrix: np.ndarray, multiplier: complex, inner: Quotient) -> np.ndarray:
    """Return a map's eigenvector, of norm 1; at 1, of no neutral direction."""
    if inner.turning or not inner.count:
        return eigenvectors(matrix, multiplier)[1]
    value, q, _, _ = eigenvectors(inner.reduced(matrix), multiplier)
    return inner.lifted(matrix, value, q)


def speed_at(
    branch: Branch, sample: Sample, form: NormalForm, inner: Quotient
) -> float:
    """Return d|λ|/dp along the branch.

    It is infinite at a fold, and NaN where the multiplier is not simple or the step has
    no derivatives.
    """
    if inner.turning:
        return math.nan
    step, reduced = branch.step, inner.reduced(sample.matrix)
    _, q, p, apart = eigenvectors(reduced, form.multiplier)
    q, p = inner.embedded(q, p)
    if apart < SIMPLE and form.kind != "fold":
        return math.nan
    try:
        push = step.slope(sample.state, sample.parameter)
        turns = abs(p.conj() @ push) > _PUSHED * np.linalg.norm(p)
        if form.kind == "fold" and turns:
            return math.inf
        if apart < SIMPLE:
            return math.nan
        moved = branch.rate(sample.parameter)
        if moved is None:
            moved = _rate(sample.matrix, push, form.multiplier)
        change = p.conj() @ step.bends(sample.state, sample.parameter, q, moved)
    except (NonSmooth, ZeroDivisionError):
        return math.nan
    turn = form.multiplier.conjugate() / abs(form.multiplier)
    return float((turn * change).real)
