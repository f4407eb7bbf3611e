"""Hopf points of flows, with their normal-form coefficient."""

from __future__ import annotations

import math
import warnings
from dataclasses import field
from typing import Any

import numpy as np

from gandyn._arguments import checked
from gandyn._records import Record
from gandyn.errors import GandynError
from gandyn.stability.arithmetic.jets import multilinear_forms
from gandyn.stability.arithmetic.ring import NonSmooth
from gandyn.stability.crossings.branches import Branch, Sample, follow
from gandyn.stability.crossings.locations import Crossing
from gandyn.stability.crossings.neutral_directions import moved_by
from gandyn.stability.crossings.normal_forms import SIMPLE, VANISHES, eigenvectors
from gandyn.stability.crossings.scan import Scan, nodes, scan
from gandyn.stability.crossings.spectra import Spectra
from gandyn.stability.crossings.state_rounding import map_changes
from gandyn.stability.maps.maps import Flow, Map
from gandyn.stability.maps.units import measured, natural_units


class HopfPoint(Record):
    r"""A value of a parameter at which a pair of a flow's eigenvalues is imaginary.

    Attributes
    ----------
    value : float
    bracket : pair of float
    uncertainty : float
        Rounding of ``value``: of the eigenvalue's real part, by its condition number
        and by what rounding leaves of the equilibrium, over its speed.
    frequency : float
        ω > 0 of the eigenvalues ±iω.
    speed : float
        d Re μ / d(value).
    coefficient : float
        The real part of the cubic coefficient, ω times the first Lyapunov coefficient.
    status : str
        ``"converged"``, ``"degenerate"`` or ``"nonsmooth"``.
    criticality : str
        ``"supercritical"`` for a < 0, ``"subcritical"``, or ``""``.
    state : ndarray, shape (S,)
    """

    value: float
    bracket: tuple[float, float]
    uncertainty: float
    frequency: float
    speed: float
    coefficient: float
    status: str
    criticality: str
    state: np.ndarray = field(repr=False)

    def amplitude(self, value: float) -> float:
        """Return the predicted root mean square distance on the cycle, NaN if none."""
        square = 2 * self.speed * (value - self.value) / -self.coefficient
        good = self.status == "converged" and square >= 0
        return math.sqrt(square) if good else math.nan


@checked
def hopf_points(flow: Flow, state: Any, low: float, high: float) -> list[HopfPoint]:
    r"""Return the Hopf points of an equilibrium on an interval of the parameter.

    The Cayley transform :math:`μ ↦ (2 + μ)/(2 - μ)` of the eigenvalues takes the
    imaginary axis to the unit circle, where crossings are located as for maps. With
    :math:`‖q‖_2 = ⟨p, q⟩ = 1`, :math:`Jq = iωq`,

    .. math::
        a = \tfrac12 \mathrm{Re} ⟨p,\, C(q,q,\bar q) - 2B(q, J^{-1}B(q,\bar q))
        + B(\bar q, (2iωI - J)^{-1}B(q,q))⟩.

    Parameters
    ----------
    flow : Flow
    state : array_like, shape (S,)
        The equilibrium at ``low``, or near it.
    low, high : float

    Raises
    ------
    GandynError
        If the interval is empty, no equilibrium is found near the state (with the
        residual), or derivatives there are not finite.

    References
    ----------
    Kuznetsov, *Elements of Applied Bifurcation Theory*, 4th edition, Springer 2023,
    Theorem 3.3 and Section 5.4 (5.34).

    Examples
    --------
    The Brusselator with A = 1 oscillates for B > 1 + A²:

    >>> flow = Flow(lambda z, b: (1 - (b + 1) * z[0] + z[0]**2 * z[1],
    ...                           b * z[0] - z[0]**2 * z[1]))
    >>> (found,) = hopf_points(flow, [1.0, 1.5], 1.5, 3.0)
    >>> round(found.value, 12), round(found.frequency, 12), found.criticality
    (2.0, 1.0, 'supercritical')

    The motion of a game, as one of its fields or the ratio of rates varies:

    >>> from gandyn.games import Forsaken
    >>> from gandyn.stability.flows.flows import GameFlow
    >>> flow = GameFlow(Forsaken(), "tau")
    >>> (found,) = hopf_points(flow, flow.state(), 0.5, 2.0)
    >>> round(found.value, 9), found.criticality
    (1.239178322, 'subcritical')
    """
    start = _checked_start(flow, state, low, high)
    cayley = _Cayley(flow, _time_unit(flow.jacobian(start, low)))
    branch = Branch(cayley, start, low, high - low, cayley.equilibria())
    samples, lost = follow(branch, nodes(low, high))
    if lost is not None:
        reason = "" if branch.end is None else branch.end.reason
        warnings.warn(
            f"the equilibrium was followed to {flow.name} = "
            f"{samples[-1].parameter:.6g} only: {reason or 'it turns back there'}",
            RuntimeWarning,
            stacklevel=2,
        )
    seen = _scanned(branch, samples)
    if seen.remark:
        warnings.warn(
            f"the Hopf points in {flow.name} may be incomplete: {seen.remark}",
            RuntimeWarning,
            stacklevel=2,
        )
    return _points(flow, branch, cayley.unit, seen)


def _scanned(branch: Branch, samples: list[Sample]) -> Scan:
    """Return where the Cayley transform's multipliers cross the circle."""
    places = [sample.parameter for sample in samples]
    changes = map_changes(branch.step, samples, branch.fixed)
    spectra = Spectra(
        lambda parameter: branch.at(parameter).matrix,
        places,
        lambda place, way: branch.step.push(branch.at(place).state, place, way),
        None if changes is None else lambda place: changes(branch.at(place)),
    )
    return scan(spectra, places)


def _checked_start(flow: Flow, state: Any, low: float, high: float) -> np.ndarray:
    """Return the equilibrium at ``low``, after checking the input."""
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise GandynError(
            f"{flow.name}: the interval from {low} to {high} is empty or not finite"
        )
    speed = float(np.linalg.norm(flow.value(state, low)))
    if not math.isfinite(speed):
        raise GandynError(
            f"the flow is not finite at the given state for {flow.name} = {low:.6g}"
        )
    try:
        return flow.equilibrium(state, low)
    except GandynError as error:
        raise GandynError(
            f"no equilibrium near the given state at {flow.name} = {low:.6g}, where "
            f"the motion has the speed {speed:.3g}: {error}"
        ) from None


def _time_unit(matrix: np.ndarray) -> float:
    """Return a power of 2 that is the time of the fastest motion, or near it."""
    fastest = float(np.abs(np.linalg.eigvals(matrix)).max())
    return 2.0 ** -round(math.log2(fastest)) if fastest else 1.0


class _Cayley(Map):
    """The equilibria of a flow, with the Cayley transform of its Jacobian.

    Time has a unit: that of slow motion, or of fast, would be hidden by rounding.
    """

    def __init__(self, flow: Flow, unit: float) -> None:
        super().__init__(flow.function, flow.name)
        self.flow, self.unit = flow, unit

    def equilibria(self) -> Map:
        """Return a map whose fixed points are the equilibria."""
        return Map(
            lambda z, p: [
                a + self.unit * b for a, b in zip(z, self.flow(z, p), strict=True)
            ],
            self.name,
        )

    def jacobians(self, states: np.ndarray, parameter: float) -> np.ndarray:
        matrices = self.flow.jacobians(states, parameter)
        return np.stack([self._transformed(one, one) for one in matrices])

    def push(self, state: np.ndarray, parameter: Any, way: np.ndarray) -> np.ndarray:
        pushed = self.flow.push(state, parameter, way)[:, None]
        matrix = self.flow.jacobian(state, parameter)
        return self._transformed(matrix, pushed, way[:, None])[:, 0]

    def _transformed(
        self, matrix: np.ndarray, pushed: np.ndarray, ways: np.ndarray | None = None
    ) -> np.ndarray:
        """Return (1 - J/2)⁻¹(1 + J/2) times some ways, from J times them."""
        units, one = natural_units(matrix), np.eye(len(matrix))
        inner = one - measured(matrix * (self.unit / 2), units)
        ways = one if ways is None else ways
        right = (ways + pushed * (self.unit / 2)) / units[:, None]
        try:
            return np.asarray(np.linalg.solve(inner, right) * units[:, None])
        except np.linalg.LinAlgError:
            raise GandynError("the transform of an eigenvalue is infinite") from None


def _points(flow: Flow, branch: Branch, unit: float, seen: Scan) -> list[HopfPoint]:
    """Return the records of the pairs that cross."""
    found = [
        _point(flow, branch, unit, one, seen.spectra.neutral)
        for one in seen.crossings
        if one.multiplier.imag
    ]
    return sorted(found, key=lambda one: one.value)


def _point(
    flow: Flow, branch: Branch, unit: float, one: Crossing, neutral: int
) -> HopfPoint:
    """Return the record of a crossing.

    Its speed is by differences where there are no derivatives. Beside a manifold of
    equilibria the coefficient depends on which of them the motion is compared with.
    """
    value, state = one.value, branch.at(one.value).state
    matrix = flow.jacobian(state, value)
    near = 2 * (one.multiplier - 1) / (one.multiplier + 1)
    mu, q, p, apart = eigenvectors(unit * matrix, near)
    omega = mu.imag / unit
    speed = one.speed * (1 + abs(mu) ** 2 / 4) / unit
    status, a = "degenerate", math.nan
    try:
        if apart > SIMPLE * abs(mu) and one.members == 2:
            moved = _moved(flow, state, value, unit * matrix, unit, neutral)
            speed = float((p.conj() @ flow.bends(state, value, q, moved)).real)
            if not neutral:
                a, size = _coefficient(flow, state, value, matrix, omega, q, p)
                status = "converged" if abs(a) > VANISHES * size else "degenerate"
    except NonSmooth:
        status = "nonsmooth"
    except (GandynError, np.linalg.LinAlgError):  # another eigenvalue is 0 or 2iω
        status = "degenerate"
    named = "supercritical" if a < 0 else "subcritical"
    return HopfPoint(
        value, one.bracket, one.uncertainty, omega, speed, a, status,
        named if status == "converged" else "", state,
    )  # fmt: skip


def _moved(
    flow: Flow, state: Any, value: float, matrix: np.ndarray, unit: float, neutral: int
) -> np.ndarray:
    """Return how the equilibrium moves with the parameter, along no neutral way."""
    push = unit * flow.slope(state, value)
    if neutral:
        return moved_by(np.eye(len(push)) + matrix, push)
    return -np.linalg.solve(matrix, push)


def _coefficient(
    flow: Flow, state: Any, value: float, matrix: Any, omega: float, q: Any, p: Any
) -> tuple[float, float]:
    """Return the coefficient, and the size of the terms that it is the sum of."""
    bar, unit = q.conj(), np.eye(len(q))

    def forms(u: Any, v: Any, w: Any) -> Any:
        return multilinear_forms(lambda z: flow(z, value), state, u, v, w)

    first = forms(q, q, bar)
    mean = np.linalg.solve(matrix, first["uw"])
    double = np.linalg.solve(2j * omega * unit - matrix, first["uv"])
    terms = [
        first["uvw"],
        -2 * forms(q, mean, q)["uv"],
        forms(bar, double, q)["uv"],
    ]
    size = np.linalg.norm(p) * sum(np.linalg.norm(term) for term in terms) / 2
    return float((p.conj() @ sum(terms)).real) / 2, float(size)
