"""First guesses of closed orbits: from a motion, from samples, from a Hopf point."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicSpline

from gandyn.errors import GandynError
from gandyn.stability.calculus.maps import Flow
from gandyn.stability.crossings.normal_forms import eigenvectors
from gandyn.stability.flows.collocation import Orbit, sampled, stage_phases
from gandyn.stability.flows.hopf import HopfPoint

INTERVALS = 24
"""Intervals of a guess's mesh."""
TURNS = 10.0
"""Turns of the fastest eigenvalue over which the motion is followed at first."""
DOUBLINGS = 7
"""Times that this duration is doubled."""
FAR = 1e6
"""The motion leaves where its relative distance from the start is larger."""
REST = 1e-9
"""A relative speed at which the motion has come to rest."""
CLOSES = 0.2
"""A turn whose gap is smaller, relative to its extent, is nearly closed."""
MOTION = {"method": "DOP853", "rtol": 1e-8, "atol": 1e-10}


def _guess(
    curve: Callable[[np.ndarray], Any], period: float, parameter: float
) -> Orbit:
    """Return a guess from states as a function of the phase."""
    mesh = np.linspace(0.0, 1.0, INTERVALS + 1)
    phases = stage_phases(mesh)
    stages = np.asarray(curve(phases.ravel())).reshape(-1, *phases.shape)
    return sampled(curve(mesh[:-1]), period, parameter, mesh, stages)


def remeshed(orbit: Orbit, parameter: float) -> Orbit:
    """Return the guess that is an orbit at another value of the parameter."""
    return replace(orbit, parameter=parameter)


def from_samples(states: np.ndarray, period: float | None, parameter: float) -> Orbit:
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
    return _guess(
        CubicSpline(times, closed, axis=1, bc_type="periodic"), period, parameter
    )


def from_hopf(flow: Flow, hopf: HopfPoint, parameter: float) -> Orbit:
    """Return the ellipse that a Hopf point predicts at a value of the parameter."""
    radius = hopf.amplitude(parameter)
    if not radius > 0:
        side = "above" if hopf.speed * hopf.coefficient < 0 else "below"
        where = f"the cycle is {side} it" if hopf.criticality else hopf.status
        raise GandynError(
            f"the Hopf point at {flow.name} = {hopf.value:.6g} predicts no cycle at "
            f"{parameter:.6g}: {where}"
        )
    center = flow.equilibrium(hopf.state, parameter)
    matrix = flow.jacobian(hopf.state, hopf.value)
    _, q, _, _ = eigenvectors(matrix, 1j * hopf.frequency)

    def curve(phases: np.ndarray) -> np.ndarray:
        wave = q[:, None] * np.exp(2j * np.pi * phases)
        return np.asarray(center[:, None] + math.sqrt(2) * radius * wave.real)

    return _guess(curve, 2 * math.pi / hopf.frequency, parameter)


def settled(
    flow: Flow, state: np.ndarray, parameter: float, sense: float
) -> Iterator[Orbit]:
    """Yield nearly closed turns of the motion from a state, ever later ones.

    Raises
    ------
    GandynError
        If the motion leaves or comes to rest.
    """

    def velocity(_: float, z: np.ndarray) -> np.ndarray:
        return sense * flow.value(z, parameter)

    start, rate = state, float(np.linalg.norm(flow.jacobian(state, parameter), 2))
    if not (np.isfinite(velocity(0.0, state)).all() and rate > 0):
        raise GandynError(
            f"the flow is constant or not finite at the start, {state.tolist()}"
        )
    duration = TURNS * 2 * math.pi / rate
    for _ in range(DOUBLINGS):
        state = _run(velocity, state, duration, start, flow.name, parameter).y[:, -1]
        speed = np.linalg.norm(velocity(0.0, state))
        if speed <= REST * rate * (1 + np.linalg.norm(state)):
            raise GandynError(
                f"the motion comes to rest at {state.round(9).tolist()} for "
                f"{flow.name} = {parameter:.6g}: there is no cycle around the start"
            )
        guess = _turn(velocity, state, duration, start, flow.name, parameter, sense)
        if guess is not None:
            yield guess
        duration *= 2


def _run(
    velocity: Any, state: Any, duration: float, start: Any, name: str, value: float,
    **options: Any,
) -> Any:  # fmt: skip
    def leaves(_: float, z: np.ndarray) -> float:
        return float(FAR * (1 + np.linalg.norm(start)) - np.linalg.norm(z))

    leaves.terminal = True  # type: ignore[attr-defined]
    events = [leaves, *options.pop("events", [])]
    with np.errstate(all="ignore"):
        run = solve_ivp(
            velocity, (0.0, duration), state, events=events, **MOTION, **options
        )
    if run.status != 0:
        raise GandynError(
            f"the motion from the start leaves towards infinity for {name} = "
            f"{value:.6g}: start nearer to the cycle"
        )
    return run


def _turn(
    velocity: Any, state: np.ndarray, duration: float, start: Any, name: str,
    value: float, sense: float,
) -> Orbit | None:  # fmt: skip
    """Return the first nearly closed turn from a state, None if there is none."""
    normal = velocity(0.0, state)

    def section(_: float, z: np.ndarray) -> float:
        return float(normal @ (z - state))

    section.direction = 1.0  # type: ignore[attr-defined]
    run = _run(
        velocity, state, duration, start, name, value,
        events=[section], dense_output=True,
    )  # fmt: skip
    extent = np.linalg.norm(run.y - state[:, None], axis=0)
    for time, end in zip(run.t_events[1], run.y_events[1], strict=True):
        gap = end - state
        width = extent[run.t <= time].max(initial=0.0)
        if time <= run.t[1] * 1e-6 or np.linalg.norm(gap) >= CLOSES * width:
            continue

        def curve(phases: np.ndarray, time: float = time, gap: Any = gap) -> np.ndarray:
            phases = phases if sense > 0 else (1 - phases)
            return np.asarray(run.sol(time * phases) - gap[:, None] * phases)

        return _guess(curve, float(time), value)
    return None
