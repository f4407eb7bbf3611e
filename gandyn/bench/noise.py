"""Noise on the oracles of a game: what makes a problem stochastic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from gandyn.dynamics.exact.linear import dense_jacobian
from gandyn.elementary import solve_dense
from gandyn.errors import GandynError
from gandyn.games import Game

_AHEAD = 64
"""Calls whose draws are made at once."""


class Noise(Protocol):
    """What a stochastic problem's ``noise`` has."""

    def draw(self, rng: np.random.Generator, game: Game, calls: int) -> np.ndarray:
        """Return what one replicate draws, calls on the first axis."""
        ...

    def oracle(self, game: Game, draws: Draws) -> Any:
        """Return the game as a rule sees it."""
        ...


class Draws:
    """Independent draws for every call of an oracle, the same for all settings.

    Each replicate (a start and a seed) has its own stream, which depends on the seed,
    the start and the replicate's own seed only: solvers and settings are compared on
    common random numbers, and more of them change nothing.

    Parameters
    ----------
    noise : Noise
    game : Game
    replicates : sequence of (int, int)
        Start and seed of each.
    seed : int
    """

    def __init__(
        self,
        noise: Noise | None,
        game: Game,
        replicates: list[tuple[int, int]],
        seed: int,
    ) -> None:
        self._noise, self._game = noise, game
        self._streams = [np.random.default_rng([seed, *pair]) for pair in replicates]
        self._used = _AHEAD
        self._ahead = np.empty(0)
        self.replicate = np.arange(len(replicates))
        """Which replicate each cell of the arrays is."""

    def next(self) -> np.ndarray:
        """Return the next draw of every cell, cells on the last axis."""
        if self._noise is None:
            raise GandynError("nothing is drawn: the problem has no noise")
        if self._used == _AHEAD:
            one = [self._noise.draw(rng, self._game, _AHEAD) for rng in self._streams]
            self._ahead, self._used = np.stack(one, axis=-1), 0
        self._used += 1
        return np.asarray(self._ahead[self._used - 1][..., self.replicate])


@dataclass(frozen=True)
class AdditiveNoise:
    r"""Normal noise on every call of ``gx`` and ``gy``, independent of the state.

    .. math:: \hat v(z) = v(z) + σ ξ, \qquad ξ \sim N(0, I/d)

    of d coordinates of both players, so that :math:`E\|σξ\|^2 = σ^2`. Derivatives of v
    are exact.

    Parameters
    ----------
    sigma : float
    """

    sigma: float

    def draw(self, rng: np.random.Generator, game: Game, calls: int) -> np.ndarray:
        """Return noise of all coordinates, shape (calls, coordinates)."""
        size = sum(int(np.prod(shape)) for shape in game.shape)
        return self.sigma / np.sqrt(size) * rng.normal(size=(calls, size))

    def oracle(self, game: Game, draws: Draws) -> Any:
        """Return the game with noisy gradients."""
        return _Noisy(game, draws)


@dataclass(frozen=True)
class FiniteSum:
    r"""A linear game that is the mean of others, one of them drawn at every call.

    .. math::
        v(z) = \frac1n \sum_i (J + E_i)(z - z^*) - b_i, \qquad
        \sum_i E_i = 0, \quad \sum_i b_i = 0

    The :math:`E_i` are Jacobians of zero-sum games with normal entries (bilinear ones,
    if the game is); the root mean square of their norms is ``spread`` times the norm of
    J, that of the :math:`b_i` is ``shift``. With shift 0 all games of the sum have the
    same solution (interpolation). Gradients, Jacobian products and implicit solves draw
    alike.

    Parameters
    ----------
    parts : int
        n, at least 2.
    spread, shift : float
    seed : int
        Of the parts, which belong to the problem.

    References
    ----------
    Chavdarova, Gidel, Fleuret, Lacoste-Julien, *Reducing Noise in GAN Training with
    Variance Reduced Extragradient*, NeurIPS 2019 (extragradient on finite sums).
    """

    parts: int
    spread: float
    shift: float
    seed: int = 0

    def __post_init__(self) -> None:
        if self.parts < 2:
            raise GandynError(f"a finite sum has at least 2 parts, got {self.parts}")

    def draw(self, rng: np.random.Generator, game: Game, calls: int) -> np.ndarray:
        """Return indices of parts, shape (calls,)."""
        return rng.integers(self.parts, size=calls)

    def oracle(self, game: Game, draws: Draws) -> Any:
        """Return the game of which every call sees one part."""
        if not type(game).linear:
            raise GandynError(f"{type(game).__name__} is not linear: no finite sum")
        return _OnePart(game, draws, *self.games(game))

    def games(self, game: Game) -> tuple[np.ndarray, np.ndarray]:
        """Return the parts' Jacobians (n, d, d) and offsets (n, d)."""
        j = dense_jacobian(game, *game.equilibria()[0])
        rng, d = np.random.default_rng(self.seed), len(j)
        side = np.arange(d) < int(np.prod(game.shape[0]))
        sign = np.where(side, 1.0, -1.0)
        e = rng.normal(size=(self.parts, d, d))
        e = sign[:, None] * (e + e.swapaxes(1, 2))  # rows of L_x's Hessian, y's negated
        own = side[:, None] == side
        if not j[own].any():  # a bilinear game: so are the parts
            e = np.where(own, 0.0, e)
        b = rng.normal(size=(self.parts, d))
        e, b = e - e.mean(axis=0), b - b.mean(axis=0)
        e *= self.spread * np.linalg.norm(j, 2) / _mean_square(e)
        b *= self.shift / _mean_square(b)
        return j + e, b


def _mean_square(parts: np.ndarray) -> float:
    """Return the root mean square of the parts' norms."""
    order = 2 if parts.ndim == 3 else None
    norms = [np.linalg.norm(part, order) for part in parts]
    return float(np.sqrt(np.mean(np.square(norms))))


def _beside(point: Any, x: Any) -> np.ndarray:
    """Return a player's equilibrium, shaped to be subtracted from its states."""
    return np.reshape(point, np.shape(point) + (1,) * (np.ndim(x) - np.ndim(point)))


class _Noisy:
    """A game with noise added to its gradients; everything else is the game's own."""

    def __init__(self, game: Game, draws: Draws) -> None:
        self._game, self._draws = game, draws
        self._first = int(np.prod(game.shape[0]))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._game, name)

    def gx(self, x: Any, y: Any) -> Any:
        """Return x's gradient with noise of its own."""
        return self._game.gx(x, y) + self._draws.next()[: self._first].reshape(
            np.shape(x)
        )

    def gy(self, x: Any, y: Any) -> Any:
        """Return y's gradient with noise of its own."""
        return self._game.gy(x, y) + self._draws.next()[self._first :].reshape(
            np.shape(y)
        )


class _OnePart:
    """A linear game of which every call sees one part of a sum."""

    def __init__(self, game: Game, draws: Draws, j: np.ndarray, b: np.ndarray) -> None:
        self._game, self._draws, self._j, self._b = game, draws, j, b
        self._point = game.equilibria()[0]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._game, name)

    def gx(self, x: Any, y: Any) -> Any:
        """Return x's gradient in the part drawn."""
        return self._field(x, y)[0]

    def gy(self, x: Any, y: Any) -> Any:
        """Return y's gradient in the part drawn."""
        return self._field(x, y)[1]

    def jvp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return J·(u, w) of the part drawn."""
        return self._times(self._j[self._draws.next()], u, w)

    def vjp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return Jᵀ·(u, w) of the part drawn."""
        return self._times(self._j[self._draws.next()].swapaxes(1, 2), u, w)

    def solve(self, x: Any, y: Any, a: Any, b: Any, u: Any, w: Any) -> Any:
        """Return (I + diag(a, b) J)⁻¹ (u, w) of the part drawn."""
        j = self._j[self._draws.next()]
        p, q = solve_dense(j, a, b, *(np.reshape(z, (-1, len(j))) for z in (u, w)))
        return p.reshape(np.shape(u)), q.reshape(np.shape(w))

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return the blocks of J of the part drawn, a number for each cell."""
        if self._game.shape != ((), ()):
            raise GandynError(
                f"finite sum: the parts of {type(self._game).__name__} have no blocks "
                "that are the same for all cells; rules that ask for them need a game "
                "of numbers"
            )
        j = self._j[self._draws.next()]
        return j[:, 0, 0], j[:, 0, 1], j[:, 1, 0], j[:, 1, 1]

    def _field(self, x: Any, y: Any) -> Any:
        part, (x0, y0) = self._draws.next(), self._point
        first, b = int(np.prod(np.shape(x0))), self._b[part].T
        u, w = self._times(self._j[part], x - _beside(x0, x), y - _beside(y0, y))
        return u - b[:first].reshape(np.shape(x)), w - b[first:].reshape(np.shape(y))

    def _times(self, j: np.ndarray, u: Any, w: Any) -> Any:
        z = np.concatenate([np.reshape(part, (-1, len(j))) for part in (u, w)])
        z = np.einsum("cij,jc->ic", j, z)
        first = int(np.prod(self._game.shape[0]))
        return z[:first].reshape(np.shape(u)), z[first:].reshape(np.shape(w))
