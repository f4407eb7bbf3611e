"""A rule's map expanded in its learning rates, on the slow manifold of its memory."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gandyn import elementary
from gandyn._node import leaves
from gandyn._trees import flatten
from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.stability.calculus.maps import RuleMap
from gandyn.stability.calculus.series import Series, lifted, lowered

RATES = ("lr", "lr_x", "lr_y")
"""Fields that are learning rates."""
ROUNDS = 40
"""Newton's steps towards the memory's rest; mostly it is linear, and takes one."""
STILL = 1e-12
"""A relative residual that rounding leaves."""
SETTLED = 1e-9
"""The largest residual of a rest."""
CONTRACTED = 1 - 1e-9
"""A memory that forgets more slowly than this is not contracted."""


class SlowMap:
    r"""The map :math:`(z, m) ↦ Φ(z, m, h)` of a rule whose rates are multiples of h.

    At h = 0 the players stand still and the memory goes to its rest :math:`m_0(z)`.
    For small h there is an invariant manifold :math:`m = M(z, h)` nearby, on which the
    players move by a map of their own. An orbit on it is a power series in h whose
    coefficients are polynomials in the number k of steps, found order by order from
    :math:`w_{k+1} = Φ(w_k, h)`.
    """

    def __init__(self, rule: Rule, game: Game) -> None:
        self.rates = [path for path in leaves(rule) if path.split(".")[-1] in RATES]
        if not self.rates:
            raise GandynError(
                f"{type(rule).__name__} has no learning rate: a modified flow needs a "
                f"field named {', '.join(RATES[:-1])} or {RATES[-1]}"
            )
        values = leaves(rule)
        self.unit = float(values[self.rates[0]])
        self.ratios = [float(values[path]) / self.unit for path in self.rates]
        self.rule, self.game = rule, game
        self.step = RuleMap(rule, game, tuple(f"rule.{path}" for path in self.rates))
        self.players = int(self.step.observed or 0)

    def image(self, parts: list[Any], place: int, moving: bool = True) -> np.ndarray:
        """Return one coefficient of the step from a series of states, shape (S, B).

        Without ``moving`` the learning rates are 0 and the series is in another
        variable.
        """
        rest = [0.0] * (len(parts) - 2)
        rates = [Series([0.0, r if moving else 0.0, *rest]) for r in self.ratios]
        return lowered(self.step(lifted(parts), tuple(rates)), place, parts[0].shape[1])

    def linear(self, w: np.ndarray) -> np.ndarray:
        """Return the derivative at rates 0 in every state, shape (B, S, S)."""
        size, batch = w.shape
        units = np.repeat(np.eye(size)[:, :, None], batch, axis=2) + 0 * w[:1]
        flat = units.reshape(size, size * batch)
        tiled = np.repeat(w[:, None, :], size, axis=1).reshape(flat.shape)
        image = self.image([tiled, flat], 1, moving=False)
        return np.moveaxis(image.reshape(size, size, batch), 2, 0)

    def rest(self, z: np.ndarray) -> np.ndarray:
        """Return (z, m₀(z)), shape (S, B), at which a step at rates 0 stands still."""
        n, own = self.players, type(self.rule).__name__
        w = np.concatenate([z, self._start(z)])
        left = 0 if w.dtype == float else 2  # infinitesimal parts lag behind
        for _ in range(ROUNDS):
            gap = self.image([w, 0 * w], 0, moving=False) - w
            if len(w) == n:
                break
            if _size(gap) <= STILL * (1 + _size(w)):
                left -= 1
                if left < 0:
                    break
            w = np.concatenate([z, w[n:] + self._towards(self.linear(w), gap.T).T])
        if not _size(gap) <= SETTLED * (1 + _size(w)):
            raise GandynError(
                f"one step of {own} at learning rate 0 still moves by "
                f"{_size(gap):.3g}: players without learning rates must stand still, "
                "and memory come to rest"
            )
        return w

    def _towards(self, L: np.ndarray, gap: np.ndarray) -> np.ndarray:
        """Return the least change of memory that a gap asks for; no conjugation."""
        n = self.players
        columns = np.eye(L.shape[1])[:, n:] - L[:, :, n:]
        rows = columns.swapaxes(1, 2)
        try:
            return solve(rows @ columns, (rows @ gap[..., None])[..., 0])
        except np.linalg.LinAlgError:
            raise GandynError(
                f"the memory of {type(self.rule).__name__} is not determined by the "
                "players at learning rate 0: it has no modified flow"
            ) from None

    def _start(self, z: np.ndarray) -> np.ndarray:
        shapes, batch = self.game.shape, z.shape[1:]
        n = math.prod(shapes[0])
        x, y = z[:n].reshape(*shapes[0], *batch), z[n:].reshape(*shapes[1], *batch)
        rows = []
        for leaf in flatten(self.rule.init(self.game, x, y)):
            whole = np.asarray(leaf)
            if whole.shape[whole.ndim - 1 :] != batch:
                whole = np.broadcast_to(whole[..., None], (*whole.shape, *batch))
            rows.append(whole.reshape(-1, *batch))
        return np.concatenate([*rows, z[:0]])

    def velocities(self, z: np.ndarray, order: int) -> list[np.ndarray]:
        """Return f₁, ..., f_order at states of shape (n, B): one shape (n, B) each."""
        n, w = self.players, self.rest(z)
        L = self.linear(w)
        graph, fast = self._split(L)
        orbit = [w.T[None]]  # per power of h the polynomial in k, (degree, B, S)
        for j in range(1, order + 1):
            forcing = self._forcing(orbit, j)
            F, G = forcing[..., :n], forcing[..., n:]
            r = _steady(fast, G - _times(graph, F))
            H = _times(L[:, :n, n:], r) + F
            moved = _summed(H)
            orbit.append(np.concatenate([moved, _times(graph, moved) + r], axis=-1))
        return [powers[1, :, :n].T for powers in orbit[1:]]

    def _split(self, L: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the slow manifold's slope and the map transverse to it, checked."""
        n = self.players
        gaps = L[:, :, :n] - np.eye(L.shape[1])[:, :n]
        graph = np.stack([self._towards(L, gaps[..., i]) for i in range(n)], axis=-1)
        fast = L[:, n:, n:] - graph @ L[:, :n, n:]
        if fast.size:
            radius = np.abs(np.linalg.eigvals(fast.astype(complex))).max()
            if not radius < CONTRACTED:
                raise GandynError(
                    f"the memory of {type(self.rule).__name__} is not contracted at "
                    f"learning rate 0 (its multiplier is {radius:.6g}): it has no "
                    "modified flow in the players alone; choose momenta below 1"
                )
        return graph, fast

    def _forcing(self, orbit: list[np.ndarray], j: int) -> np.ndarray:
        """Return h^j of the step along the known orders, as a polynomial in k."""
        batch = orbit[0].shape[1]
        places = np.arange(j + 1.0)
        parts = []
        for powers in orbit:
            basis = np.vander(places, len(powers), increasing=True)
            values = np.tensordot(basis, powers, axes=1)  # (j + 1, B, S)
            parts.append(values.reshape(-1, values.shape[-1]).T)
        parts.append(0 * parts[0])
        image = self.image(parts, j).T.reshape(j + 1, batch, -1)
        inverse = np.linalg.inv(np.vander(places, increasing=True))
        return np.tensordot(inverse, image, axes=1)


def solve(matrices: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the solutions of B systems with right-hand sides (B, m)."""
    if not right.shape[1]:
        return right
    if object not in (matrices.dtype, right.dtype):
        return np.asarray(np.linalg.solve(matrices, right[..., None])[..., 0])
    pairs = zip(matrices.astype(object), right, strict=True)
    return np.array([elementary.solve_matrix(a, b[:, None])[:, 0] for a, b in pairs])


def _size(values: np.ndarray) -> float:
    return float(np.abs(values.astype(complex)).max(initial=0.0))


def _times(matrices: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Return (B, p, q) times polynomials (degree, B, q)."""
    return np.asarray((matrices @ vectors[..., None])[..., 0])


def _steady(fast: np.ndarray, forcing: np.ndarray) -> np.ndarray:
    """Return the polynomial r with r(k + 1) - K r(k) = G(k)."""
    inner = np.eye(fast.shape[1]) - fast
    r = forcing.copy()
    for i in reversed(range(len(r))):
        above = range(i + 1, len(r))
        right = forcing[i] - sum(math.comb(m, i) * r[m] for m in above)
        r[i] = solve(inner, right)
    return r


def _summed(H: np.ndarray) -> np.ndarray:
    """Return the polynomial z with z(0) = 0 and z(k + 1) - z(k) = H(k).

    The top coefficient of H vanishes on the slow manifold.
    """
    degree = len(H) - 1
    table = [
        [math.comb(m, i) if i < m else 0.0 for m in range(1, degree + 1)]
        for i in range(degree)
    ]
    moved = np.tensordot(np.linalg.inv(table), H[:degree], axes=1)
    return np.concatenate([0 * H[:1], moved])
