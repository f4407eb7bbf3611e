"""Newton's method on the collocation equations of a closed orbit."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import bmat, coo_matrix, csc_matrix
from scipy.sparse.linalg import splu

from gandyn.stability.arithmetic.ring import coefficients
from gandyn.stability.arithmetic.series import MixedSigns, Series, lifted
from gandyn.stability.continuation.newton import Newton, iterate
from gandyn.stability.flows.collocation import (
    INTEGRALS,
    STAGES,
    WEIGHTS,
    ClosedOrbit,
    NoOrbit,
    NotIsolated,
    finished,
    next_mesh,
    on_mesh,
)
from gandyn.stability.maps.derivatives import jacobians
from gandyn.stability.maps.maps import Flow

_NEWTON = Newton(most=25, still=1e-13, slow=0.5, settled=1e-10)
"""Relative moves; from a good guess it takes three to six. The order of the collocation
is so high that 1e-13 is rounding, of which stiff terms leave a thousand times more."""
_LONGEST = 0.5
"""The longest relative move: an orbit that is half another is none to start from."""
_ROUNDS = 8
"""Meshes that are tried; each is refined as much as its orbit asks for."""
MESH_TOLERANCE = 1e-9
"""Relative size of the last Legendre coefficients of the velocity."""
_SINGULAR = 1e9
"""How much longer a step is than what it corrects where the equations are singular."""
_NOT_ISOLATED = (
    "the closed orbit is not isolated but one of a family, so it is no limit cycle"
)


@dataclass(frozen=True)
class Direction:
    """A direction of mesh points, period and parameter, for a border of the system."""

    nodes: np.ndarray
    period: float
    parameter: float


def _many_slopes(flow: Flow, states: np.ndarray, parameter: float) -> np.ndarray:
    """Return the derivatives in the parameter at many states, shape (S, B)."""
    count = states.shape[1]
    try:
        image = flow(lifted([states, 0 * states]), Series((parameter, 1.0)))
    except MixedSigns:
        columns = [flow.slope(state, parameter) for state in states.T]
        return np.array(columns).T
    return coefficients(image, 1, count).astype(float)


class OrbitSystem:
    """The collocation equations around an orbit, condensed to its mesh points.

    On each interval Δu at the end is ``transfer`` times Δu at the start, plus ``gap``,
    plus ``by_period`` ΔT, plus ``by_parameter`` Δp; the stages are alike.
    """

    def __init__(self, flow: Flow, orbit: ClosedOrbit, free: bool) -> None:
        size, count = orbit.nodes.shape
        flat = orbit.stages.reshape(size, -1)
        velocity = flow(flat, orbit.parameter).real.astype(float)
        slopes = jacobians(flow, flat, orbit.parameter)
        if not (np.isfinite(velocity).all() and np.isfinite(slopes).all()):
            raise NoOrbit(
                f"the flow is not finite on the way at {flow.name} = "
                f"{orbit.parameter:.6g}"
            )
        self.velocity = velocity.reshape(size, count, STAGES)
        h = np.diff(orbit.mesh)
        f = np.moveaxis(self.velocity, 0, 2)  # (N, STAGES, S)
        start = orbit.nodes.T[:, None, :]
        ends = np.roll(orbit.nodes.T, -1, axis=0)
        slopes = slopes.reshape(count, STAGES, size, size)
        time = (h * orbit.period)[:, None, None]
        columns = [f]
        if free:
            moved = _many_slopes(flow, flat, orbit.parameter)
            moved = moved.reshape(size, count, STAGES)
            columns.append(orbit.period * np.moveaxis(moved, 0, 2))
        inner = [h[:, None, None] * (INTEGRALS @ c) for c in columns]
        residual = np.moveaxis(orbit.stages, 0, 2) - start - time * (INTEGRALS @ f)
        right = np.stack([-residual, *inner], axis=-1).reshape(count, STAGES * size, -1)
        units = np.tile(np.eye(size), (count, STAGES, 1))
        system = np.einsum("jk,nkab->njakb", INTEGRALS, slopes)
        system = system.reshape(count, STAGES * size, STAGES * size)
        system = np.eye(STAGES * size) - time * system
        try:
            solved = np.linalg.solve(system, np.concatenate([units, right], axis=2))
        except np.linalg.LinAlgError:
            raise NoOrbit("the collocation equations are singular") from None
        self.stages = solved.reshape(count, STAGES, size, -1)
        pushed = time[..., None] * slopes @ self.stages
        total = np.einsum("j,njac->nac", WEIGHTS, pushed)
        total[:, :, :size] += np.eye(size)
        outer = [h[:, None] * np.einsum("j,nja->na", WEIGHTS, c) for c in columns]
        missing = ends - orbit.nodes.T - orbit.period * outer[0]
        total[:, :, size] -= missing
        for k, c in enumerate(outer):
            total[:, :, size + 1 + k] += c
        self.transfer, self.gap = total[:, :, :size], total[:, :, size]
        self.by_period = total[:, :, size + 1]
        self.by_parameter = total[:, :, size + 2] if free else None
        self.weights = h
        self.missing = float(max(np.abs(missing).max(), np.abs(residual).max()))

    def solve(
        self, border: Direction | None, right: float, null: bool = False
    ) -> Direction:
        """Return the Newton step whose product with the border is ``right``.

        With ``null`` the equations of the orbit have no right-hand side: the solution
        is tangent to the family of orbits.
        """
        count, size, _ = self.transfer.shape
        inner, extra = count * size, 1 if border is None else 2
        beside = np.zeros((inner + extra, extra))
        beside[:inner, 0] = -self.by_period.ravel()
        phase = self.velocity[:, :, 0].T * self.weights[:, None]
        below = np.zeros((extra, inner))
        below[0] = (phase / np.linalg.norm(phase)).ravel()
        if border is not None and self.by_parameter is not None:
            beside[:inner, 1] = -self.by_parameter.ravel()
            below[1] = (border.nodes.T * self.weights[:, None]).ravel()
            beside[-1] = border.period, border.parameter
        vector = np.zeros(inner + extra)
        vector[:inner] = 0.0 if null else self.gap.ravel()
        if border is not None:
            vector[-1] = right
        solved = _bordered(self._cyclic(), beside, below, vector)
        tail = [*solved[inner:], 0.0]
        nodes = solved[:inner].reshape(count, size).T
        return Direction(nodes, float(tail[0]), float(tail[1]))

    def _cyclic(self) -> csc_matrix:
        """Return the matrix of Δuᵢ₊₁ - Gᵢ Δuᵢ."""
        count, size, _ = self.transfer.shape
        own = np.arange(count * size).reshape(count, size)
        after = np.roll(own, -1, axis=0)
        rows = np.concatenate(
            [own.ravel(), np.repeat(own[:, :, None], size, axis=2).ravel()]
        )
        columns = np.concatenate(
            [after.ravel(), np.repeat(own[:, None, :], size, axis=1).ravel()]
        )
        values = np.concatenate([np.ones(count * size), -self.transfer.ravel()])
        shape = (count * size, count * size)
        return csc_matrix(coo_matrix((values, (rows, columns)), shape=shape))


def _bordered(
    matrix: csc_matrix, dense: np.ndarray, below: np.ndarray, vector: np.ndarray
) -> np.ndarray:
    size = matrix.shape[0]
    whole = bmat([[matrix, dense[:size]], [below, dense[size:]]], format="csc")
    try:
        with np.errstate(all="ignore"):
            solved = splu(whole).solve(vector)
    except RuntimeError:
        raise NotIsolated(_NOT_ISOLATED) from None
    if not np.isfinite(solved).all():
        raise NotIsolated(_NOT_ISOLATED)
    return np.asarray(solved)


def converge(
    flow: Flow, guess: ClosedOrbit, border: Direction | None = None
) -> ClosedOrbit:
    """Return the closed orbit that Newton's method finds on the guess's mesh.

    With a border the parameter is free, and the orbit differs from the guess only
    orthogonally to it.
    """
    singular = False

    def move(orbit: ClosedOrbit, _: int) -> tuple[ClosedOrbit, float] | None:
        nonlocal singular
        system = OrbitSystem(flow, orbit, border is not None)
        step = system.solve(border, 0.0)
        scale = np.ptp(orbit.nodes, axis=1).max()
        size = max(
            float(np.abs(step.nodes).max() / scale), abs(step.period) / orbit.period
        )
        new = moved(orbit, system, step, min(1.0, _LONGEST / size))
        if not new.period > 0:
            return None
        singular |= float(np.abs(step.nodes).max()) > _SINGULAR * system.missing
        return new, size

    found = iterate(move, guess, _NEWTON)
    if found is not None:
        return finished(flow, found.at)
    if singular:
        raise NotIsolated(_NOT_ISOLATED)
    raise NoOrbit(
        f"no closed orbit found near the guess at {flow.name} = {guess.parameter:.6g}"
    )


def moved(
    orbit: ClosedOrbit, system: OrbitSystem, step: Direction, part: float
) -> ClosedOrbit:
    """Return an orbit after a part of a step, stages included."""
    size = len(orbit.nodes)
    moves = [step.nodes.T, np.ones((len(system.stages), 1))]
    tail = [step.period, step.parameter][: system.stages.shape[-1] - size - 1]
    moves.append(np.broadcast_to(tail, (len(system.stages), len(tail))))
    change = np.einsum("njac,nc->anj", system.stages, np.concatenate(moves, axis=1))
    return replace(
        orbit,
        parameter=orbit.parameter + part * step.parameter,
        period=orbit.period + part * step.period,
        nodes=orbit.nodes + part * step.nodes,
        stages=orbit.stages + part * change,
    )


def closed_orbit(flow: Flow, guess: ClosedOrbit) -> ClosedOrbit:
    """Return the closed orbit near a guess, on a mesh that resolves it."""
    orbit = converge(flow, guess)
    for _ in range(_ROUNDS):
        if orbit.tails.max() <= MESH_TOLERANCE:
            return orbit
        orbit = converge(flow, on_mesh(orbit, next_mesh(orbit, MESH_TOLERANCE)))
    raise NoOrbit(
        f"the closed orbit at {flow.name} = {guess.parameter:.6g} is not resolved by "
        f"{len(orbit.mesh) - 1} intervals"
    )
