"""Mistakes in adaptive rules."""

from __future__ import annotations

from typing import Any

from gandyn.elementary import sqrt
from gandyn.rules import Adam, RMSProp


class AdamWithoutCorrection(Adam):
    """No bias correction."""

    def direction(self, g: Any, moments: Any) -> Any:
        m, v, c1, c2 = moments
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * g * g
        return m / (sqrt(v) + self.eps), (m, v, c1, c2)


class AdamCorrectedLate(Adam):
    """The bias correction is one step ahead."""

    def fresh_moments(self, g: Any) -> Any:
        return 0 * g, 0 * g, 1 - self.beta1, 1 - self.beta2


class AdamWithEpsilonInside(Adam):
    """ε under the root."""

    def direction(self, g: Any, moments: Any) -> Any:
        _, (m, v, c1, c2) = super().direction(g, moments)
        return m / c1 / sqrt(v / c2 + self.eps), (m, v, c1, c2)


class AdamOfAbsoluteValues(Adam):
    """The second moment averages |g|, under no root."""

    def direction(self, g: Any, moments: Any) -> Any:
        m, v, c1, c2 = moments
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * sqrt(g * g)
        c1 = self.beta1 * c1 + (1 - self.beta1)
        c2 = self.beta2 * c2 + (1 - self.beta2)
        return m / c1 / (sqrt(v / c2) + self.eps), (m, v, c1, c2)


class AdamWithOneMemory(Adam):
    """One optimizer for both players: the moments are shared."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        first, second = memory
        x, first = self.advance_x(game, x, y, first)
        y, first = self.advance_y(game, x, y, first)
        return x, y, (first, second)


class RMSPropWithoutRoot(RMSProp):
    """Divides by v, not by its root."""

    def direction(self, g: Any, moments: Any) -> Any:
        v = self.beta2 * moments + (1 - self.beta2) * g * g
        return g / (v + self.eps), v
