"""First guesses of closed orbits: from a motion, from samples, from a Hopf point."""

from __future__ import annotations

import math
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicSpline

from gandyn.errors import GandynError
from gandyn.stability.crossings.normal_forms import eigenvectors
from gandyn.stability.flows.collocation import ClosedOrbit, sampled, stage_phases
from gandyn.stability.flows.cycle_checks import check_continuous
from gandyn.stability.flows.hopf import HopfPoint
from gandyn.stability.maps.maps import Flow

_INTERVALS, _STEPS = 24, 16
"""Least number of intervals of a guess's mesh, and an integrator's steps in each."""
_TURNS = 10.0
"""Turns of the fastest eigenvalue over which the motion is followed at first."""
_DOUBLINGS = 14
"""Times that this duration is doubled: the slow parts of a relaxation oscillation take
thousands of the times in which its fast ones pass."""
_EFFORT = 150_000
"""Values of the field after which the motion is given up, a few seconds."""
_WITHIN = 9
"""Places in an integrator's step at which a turn may end."""
_CHECKED, _LAST = 20_000, 512
"""Evaluations after which the last ones are looked at for a jump of the field, across
which the motion may chatter."""
_EVEN = np.array([0.0, 1.0])
"""Places of which none is denser than another: the mesh of a guess is even then."""
_FAR = 1e6
"""The motion leaves where its relative distance from the start is larger."""
_REST = 1e-9
"""A relative speed at which the motion has come to rest."""
_CLOSES = 0.2
"""A turn whose gap is smaller, relative to its extent, is nearly closed."""
_MOTION = {"method": "LSODA", "rtol": 1e-8, "atol": 1e-10}
"""How motions are integrated: stiff ones too, and well enough for a guess."""


def _guess(
    curve: Callable[[np.ndarray], Any],
    period: float,
    value: float,
    places: np.ndarray = _EVEN,
) -> ClosedOrbit:
    """Return a guess from states as a function of the phase.

    The mesh is dense where the places are: an integrator's steps, say.
    """
    count = max(_INTERVALS, len(places) // _STEPS)
    along = np.linspace(0.0, 1.0, len(places))
    mesh = np.interp(np.linspace(0.0, 1.0, count + 1), along, places)
    phases = stage_phases(mesh)
    stages = np.asarray(curve(phases.ravel())).reshape(-1, *phases.shape)
    return sampled(curve(mesh[:-1]), period, value, mesh, stages)


def remeshed(orbit: ClosedOrbit, value: float) -> ClosedOrbit:
    """Return the guess that is an orbit at another value of the parameter."""
    return replace(orbit, parameter=value)


def from_samples(states: np.ndarray, period: float | None, value: float) -> ClosedOrbit:
    """Return a guess from states at equal times on one turn."""
    if states.shape[1] < 5:
        raise GandynError(
            f"one turn needs at least 5 states, got {states.shape[1]}: shape (S, K)"
        )
    if period is None or not 0 < period < math.inf:
        raise GandynError(
            f"states on one turn need their period > 0, got period={period!r}"
        )
    closed = np.concatenate([states, states[:, :1]], axis=1)
    times = np.linspace(0.0, 1.0, closed.shape[1])
    along = np.cumsum(np.linalg.norm(np.diff(closed, axis=1), axis=0))
    places = np.interp(
        np.linspace(0, 1, len(times)), np.append(0.0, along) / along[-1], times
    )
    curve = CubicSpline(times, closed, axis=1, bc_type="periodic")
    return _guess(curve, period, value, (times + places) / 2)


def from_hopf(flow: Flow, hopf: HopfPoint, value: float) -> ClosedOrbit:
    """Return the ellipse that a Hopf point predicts at a value of the parameter."""
    radius = hopf.amplitude(value)
    if not radius > 0:
        side = "above" if hopf.speed * hopf.coefficient < 0 else "below"
        where = f"the cycle is {side} it" if hopf.criticality else hopf.status
        raise GandynError(
            f"the Hopf point at {flow.name} = {hopf.value:.6g} predicts no cycle at "
            f"{value:.6g}: {where}"
        )
    center = flow.equilibrium(hopf.state, value)
    matrix = flow.jacobian(hopf.state, hopf.value)
    _, q, _, _ = eigenvectors(matrix, 1j * hopf.frequency)

    def curve(phases: np.ndarray) -> np.ndarray:
        wave = q[:, None] * np.exp(2j * np.pi * phases)
        return np.asarray(center[:, None] + math.sqrt(2) * radius * wave.real)

    return _guess(curve, 2 * math.pi / hopf.frequency, value)


def settled(
    flow: Flow, state: np.ndarray, value: float, sense: float
) -> Iterator[ClosedOrbit]:
    """Yield nearly closed turns of the motion from a state, ever later ones.

    Raises
    ------
    NonSmooth
        If the motion chatters across a jump of the field.
    GandynError
        If the motion leaves, comes to rest, or takes too many steps.
    """
    motion = _Motion(flow, value, sense, state)
    rate = float(np.linalg.norm(flow.jacobian(state, value), 2))
    if not (np.isfinite(motion(0.0, state)).all() and rate > 0):
        raise GandynError(
            f"the flow is constant or not finite at the start, {state.tolist()}"
        )
    duration = _TURNS * 2 * math.pi / rate
    for _ in range(_DOUBLINGS):
        state = motion.run(state, duration).y[:, -1]
        speed = np.linalg.norm(motion(0.0, state))
        if speed <= _REST * rate * (1 + np.linalg.norm(state)):
            raise GandynError(
                f"the motion comes to rest at {state.round(9).tolist()} for "
                f"{flow.name} = {value:.6g}: there is no cycle around the start"
            )
        guess = motion.turn(state, duration)
        if guess is not None:
            yield guess
        duration *= 2


class _Motion:
    """The motion of a flow from a start, in either sense of time, with an end."""

    def __init__(
        self, flow: Flow, value: float, sense: float, start: np.ndarray
    ) -> None:
        self.flow, self.value, self.sense = flow, value, sense
        self.where = f"{flow.name} = {value:.6g}"
        self.far = _FAR * (1 + np.linalg.norm(start))
        self._taken, self._last = 0, deque([start], maxlen=_LAST)

    def __call__(self, _: float, z: np.ndarray) -> np.ndarray:
        """Return the velocity."""
        self._taken += 1
        self._last.append(z.copy())  # LSODA writes on in it
        if self._taken % _CHECKED == 0:
            check_continuous(self.flow, np.array(self._last).T, self.value)
        if self._taken > _EFFORT:
            raise GandynError(
                f"the motion from the start has settled on no limit cycle in {_EFFORT} "
                f"evaluations for {self.where}: give states on about one turn and "
                "their period"
            )
        if np.linalg.norm(z) > self.far:
            raise self._leaves()
        return np.asarray(self.sense * self.flow.value(z, self.value))

    def run(self, state: np.ndarray, duration: float, **options: Any) -> Any:
        """Return scipy's result of the motion from a state."""
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # LSODA's, of failed steps
            run = solve_ivp(self, (0.0, duration), state, **_MOTION, **options)
        if run.status != 0:
            raise self._leaves()
        return run

    def _leaves(self) -> GandynError:
        return GandynError(
            f"the motion from the start leaves towards infinity for {self.where}: "
            "start nearer to the cycle"
        )

    def turn(self, state: np.ndarray, duration: float) -> ClosedOrbit | None:
        """Return the first nearly closed turn from a state, None if there is none."""
        run = self.run(state, duration, dense_output=True)
        ahead = self(0.0, state) @ (run.y - state[:, None])
        extent = np.linalg.norm(run.y - state[:, None], axis=0)
        for i in np.flatnonzero((ahead[:-1] < 0) & (ahead[1:] >= 0)):
            times = np.linspace(run.t[i], run.t[i + 1], _WITHIN)
            gaps = run.sol(times) - state[:, None]
            k = int(np.argmin(np.linalg.norm(gaps, axis=0)))
            time, gap = float(times[k]), gaps[:, k]
            if np.linalg.norm(gap) < _CLOSES * extent[: i + 1].max():
                return self._closed(run, time, gap)
        return None

    def _closed(self, run: Any, time: float, gap: np.ndarray) -> ClosedOrbit:
        """Return the guess of a turn whose gap is spread evenly over it."""

        def curve(phases: np.ndarray) -> np.ndarray:
            phases = phases if self.sense > 0 else 1 - phases
            return np.asarray(run.sol(time * phases) - gap[:, None] * phases)

        places = np.append(run.t[run.t < time], time) / time
        places = places if self.sense > 0 else 1 - places[::-1]
        return _guess(curve, time, self.value, places)
