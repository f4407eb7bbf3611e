"""Maps whose orbits are known, as rules that do not look at their game."""

from __future__ import annotations

import numpy as np

from gandyn import Rule
from gandyn._node import Real
from gandyn.elementary import cos, sin


class Logistic(Rule):
    """x → r x (1 - x), y → y / 2."""

    r: Real = 3.2

    def step(self, game, x, y, memory):
        return self.r * x * (1.0 - x), 0.5 * y, memory


class Henon(Rule):
    """Hénon's map with a = 1.4, b = 0.3."""

    a: Real = 1.4
    b: Real = 0.3

    def step(self, game, x, y, memory):
        return 1.0 - self.a * x * x + y, self.b * x, memory


class DelayedLogistic(Rule):
    """x → r x (1 - y), y → x; a Neimark-Sacker point at r = 2."""

    r: Real = 2.1

    def step(self, game, x, y, memory):
        return self.r * x * (1.0 - y), x, memory


class StandardMap(Rule):
    """Chirikov's area-preserving map, in coordinates that stay bounded."""

    k: Real = 0.3

    def step(self, game, x, y, memory):
        y = y + self.k * sin(x)
        return x + y, y, memory


class Resonant(Rule):
    """θ → θ + 2π/q + w - k sin(qθ), q = 3 or 4, and a radius that halves its excess.

    Locked to a cycle of period q exactly where |w| < k.
    """

    w: Real = 0.0
    pull: Real = 0.1
    fourth: bool = False

    def step(self, game, x, y, memory):
        size = (x * x + y * y) ** 0.5
        c, s = x / size, y / size
        if self.fourth:
            turn = np.pi / 2 + self.w - self.pull * 4 * s * c * (c * c - s * s)
        else:
            turn = 2 * np.pi / 3 + self.w - self.pull * s * (3 - 4 * s * s)
        grown = 0.5 + 0.5 * size
        return (
            grown * (c * cos(turn) - s * sin(turn)),
            grown * (s * cos(turn) + c * sin(turn)),
            memory,
        )
