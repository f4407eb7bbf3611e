"""Symmetries of a player's coordinates, and stochastic oracles."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from gandyn.games import Game
from gandyn.testing.strategies.games import games
from gandyn.testing.strategies.values import numbers

SLOPES = [(3.0, 4.0, 5.0), (5.0, 12.0, 13.0), (8.0, 15.0, 17.0)]
"""Pythagorean triples: rotations by rational numbers."""


def signed_permutations(size: int) -> SearchStrategy[np.ndarray]:
    """Return signed permutation matrices."""
    signs = st.lists(st.sampled_from([1.0, -1.0]), min_size=size, max_size=size)
    return st.builds(
        lambda order, sign: np.eye(size)[list(order)] * np.array(sign)[:, None],
        st.permutations(range(size)),
        signs,
    )


def orthogonal_matrices(size: int) -> SearchStrategy[np.ndarray]:
    """Return orthogonal matrices: a rational rotation, then a signed permutation."""

    def build(triple: tuple[float, float, float], after: np.ndarray) -> np.ndarray:
        a, b, c = triple
        turn = np.eye(size)
        if size > 1:
            turn[:2, :2] = np.array([[a, b], [-b, a]]) / c
        return after @ turn

    return st.builds(build, st.sampled_from(SLOPES), signed_permutations(size))


class NoisyOracle(NamedTuple):
    """A game whose gradients have additive noise from a fixed sequence.

    The sequence is by call, so two runs from one oracle made anew see the same noise.
    """

    game: Game
    noise: tuple[float, ...]
    calls: list[int]

    @property
    def shape(self) -> Any:
        """Shapes of the players."""
        return self.game.shape

    def gx(self, x: Any, y: Any) -> Any:
        """Return x's gradient with noise."""
        return self.game.gx(x, y) + self._next()

    def gy(self, x: Any, y: Any) -> Any:
        """Return y's gradient with noise."""
        return self.game.gy(x, y) + self._next()

    def _next(self) -> float:
        self.calls[0] += 1
        return self.noise[self.calls[0] % len(self.noise)]


def noisy_oracles(scale: float = 0.125) -> SearchStrategy[NoisyOracle]:
    """Return stochastic oracles of games of two numbers."""
    noise = st.lists(numbers(1).map(lambda v: v * scale), min_size=1, max_size=8)
    return st.builds(
        lambda game, values: NoisyOracle(game, tuple(values), [0]), games(), noise
    )
