"""Whether a closed orbit is what it is taken for: smooth, and turned through once."""

from __future__ import annotations

import numpy as np

from gandyn.stability.arithmetic.ring import NonSmooth
from gandyn.stability.flows.collocation import (
    ClosedOrbit,
    sampled,
    stage_phases,
)
from gandyn.stability.flows.collocation_newton import closed_orbit
from gandyn.stability.maps.maps import Flow

_HALVINGS = 40
"""A segment between two states is cut down to 1e-12 of its length: over so little a
continuous field changes by what its steepest slope and rounding allow."""
_SUSPECTS = 64
"""Segments over which the field changes most, which are cut down."""
_JUMP = 1e-6
"""A change of the field, relative to its size, that is left after the cuts: rounding
leaves 1e-9 of a field as steep as 1e6 per unit of length."""
_SLIGHT = 1e-9
"""A coordinate of the field that is smaller than this part of the largest one is not
looked at: rounding makes it jump."""
_SAME = 1e-7
"""States relatively nearer than this are one: a hundred times the error that the mesh
leaves, and far below what parts the turns of a cycle that has doubled its period."""
_OWN_MOTION = 1e-5
"""The largest relative error with which the linearised motion may carry the velocity
along: it carries it exactly but for what the mesh, at 1e-9, leaves."""


def check_continuous(flow: Flow, states: np.ndarray, value: float) -> None:
    """Raise NonSmooth if a field jumps between successive states, shape (S, K).

    The segments over which it changes most are halved, always on the side of the larger
    change: what is continuous changes less and less, what jumps does not.
    """
    low, high = states[:, :-1], states[:, 1:]
    values = flow(states, value).real.astype(float)
    if not np.isfinite(values).all():
        return
    size = np.abs(values).max(axis=1)
    scale = np.where(size > _SLIGHT * size.max(), size, np.inf)[:, None]
    change = np.abs(np.diff(values, axis=1) / scale).max(axis=0)
    most = np.argsort(-change)[:_SUSPECTS]
    low, high = low[:, most], high[:, most]
    at_low, at_high = values[:, most], values[:, most + 1]
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        between = flow(middle, value).real.astype(float)
        before, after = (
            np.abs((between - end) / scale).max(axis=0) for end in (at_low, at_high)
        )
        left = before >= after
        low, high = np.where(left, low, middle), np.where(left, middle, high)
        at_low, at_high = (
            np.where(left, at_low, between),
            np.where(left, between, at_high),
        )
    jumps = np.abs((at_high - at_low) / scale).max(axis=0, initial=0.0)
    worst = int(np.argmax(jumps)) if jumps.size else 0
    if jumps.size and jumps[worst] > _JUMP:
        raise NonSmooth(
            f"the field jumps at {low[:, worst].round(6).tolist()} on the way, for "
            f"{flow.name} = {value:.6g}: make it smooth, or integrate it from jump "
            "to jump with an integrator's events"
        )


def _in_order(orbit: ClosedOrbit) -> np.ndarray:
    """Return an orbit's states at mesh points and stages in order, closed."""
    size = len(orbit.nodes)
    turn = np.concatenate([orbit.nodes[:, :, None], orbit.stages], axis=2)
    turn = turn.reshape(size, -1)
    return np.concatenate([turn, turn[:, :1]], axis=1)


def solved(flow: Flow, guess: ClosedOrbit) -> ClosedOrbit:
    """Return the closed orbit near a guess, turned through once.

    Raises
    ------
    NonSmooth
        If the field jumps on the guess or on the orbit.
    NoOrbit
        As `closed_orbit`.
    """
    check_continuous(flow, _in_order(guess), guess.parameter)
    orbit = _minimal(flow, closed_orbit(flow, guess))
    check_continuous(flow, _in_order(orbit), orbit.parameter)
    return orbit


def _minimal(flow: Flow, orbit: ClosedOrbit) -> ClosedOrbit:
    """Return one turn of a closed orbit that may hold several.

    Every turn goes through the plane across the orbit at its fastest state in the
    direction of the motion, and as often as every other: the number of turns divides
    the number of these crossings. After one turn all states are there again.
    """
    states = _in_order(orbit)
    values = flow(states, orbit.parameter).real.astype(float)
    fastest = int(np.argmax(np.linalg.norm(values, axis=0)))
    ahead = values[:, fastest] @ (states - states[:, [fastest]]) >= 0
    crossings = int(np.sum(~ahead[:-1] & ahead[1:]))
    near = _SAME * float(np.ptp(orbit.nodes, axis=1).max())
    phases = stage_phases(orbit.mesh).ravel()
    for count in range(crossings, 1, -1):
        if crossings % count:
            continue
        if np.abs(orbit.at(phases + 1 / count) - orbit.at(phases)).max() <= near:
            return closed_orbit(flow, _one_turn(orbit, count))
    return orbit


def _one_turn(orbit: ClosedOrbit, count: int) -> ClosedOrbit:
    """Return a guess of an orbit's first turn of several."""
    places = orbit.mesh[orbit.mesh * count < 1] * count
    mesh = np.append(places, 1.0)
    if len(mesh) > 2 and mesh[-1] - mesh[-2] < (mesh[-2] - mesh[-3]) / 2:
        mesh = np.delete(mesh, -2)
    phases = stage_phases(mesh)
    stages = orbit.at(phases.ravel() / count).reshape(-1, *phases.shape)
    nodes = orbit.at(mesh[:-1] / count)
    return sampled(nodes, orbit.period / count, orbit.parameter, mesh, stages)


def check_own_motion(flow: Flow, orbit: ClosedOrbit, transfers: np.ndarray) -> None:
    r"""Raise NonSmooth unless :math:`G_i f(u_i) = f(u_{i+1})` on every interval.

    The velocity solves the linearised equation of its own orbit: so the trivial
    multiplier is 1. Where the field has a jump, or its derivatives are not those of its
    values, that fails, and the multipliers mean nothing.
    """
    values = flow(orbit.nodes, orbit.parameter).real.astype(float).T
    carried = np.einsum("nij,nj->ni", transfers, values)
    missed = np.abs(carried - np.roll(values, -1, axis=0)).max()
    if not missed <= _OWN_MOTION * np.abs(values).max():
        raise NonSmooth(
            f"the field's derivatives at {flow.name} = {orbit.parameter:.6g} do not "
            "carry its own velocity along the closed orbit: it has a jump or a kink on "
            "the way, or takes abs, sign or real part of its states; write it with "
            "gandyn.elementary, and smooth"
        )
