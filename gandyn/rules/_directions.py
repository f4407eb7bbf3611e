"""Directions of adaptive optimizers: once, for named rules and for those of torch."""

from __future__ import annotations

from typing import Any

from gandyn.elementary import select, sqrt


class _AdamDirection:
    """Adam's moments; a class with the fields beta1, beta2 and eps has them."""

    beta1: Any
    beta2: Any
    eps: Any

    def fresh_moments(self, g: Any) -> Any:
        """Return zero moments, and the zero averages of a constant 1."""
        return 0 * g, 0 * g, 0.0, 0.0

    def direction(self, g: Any, moments: Any) -> Any:
        """Return the bias-corrected m / (√v + eps), and the moments updated by g."""
        m, v, c1, c2 = moments
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * g * g
        c1 = self.beta1 * c1 + (1 - self.beta1)
        c2 = self.beta2 * c2 + (1 - self.beta2)
        return m / c1 / (sqrt(v / c2) + self.eps), (m, v, c1, c2)

    def held_direction(self, g: Any, moments: Any) -> Any:
        """Return the direction with v and both bias corrections as they are."""
        m, v, c1, c2 = moments
        m = self.beta1 * m + (1 - self.beta1) * g
        return m / c1 / (sqrt(v / c2) + self.eps), (m, v, c1, c2)


class _AMSGradDirection:
    """AMSGrad's moments; a class with the fields beta1, beta2 and eps has them."""

    beta1: Any
    beta2: Any
    eps: Any

    def fresh_moments(self, g: Any) -> Any:
        """Return zero moments and maximum, and zero averages of a constant 1."""
        return 0 * g, 0 * g, 0 * g, 0.0, 0.0

    def direction(self, g: Any, moments: Any) -> Any:
        """Return the corrected m / (√max v + eps), and the moments updated by g."""
        m, v, top, c1, c2 = moments
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * g * g
        top = select(top - v, top, v)
        c1 = self.beta1 * c1 + (1 - self.beta1)
        c2 = self.beta2 * c2 + (1 - self.beta2)
        return m / c1 / (sqrt(top / c2) + self.eps), (m, v, top, c1, c2)

    def held_direction(self, g: Any, moments: Any) -> Any:
        """Return the direction with max v and both bias corrections as they are."""
        m, v, top, c1, c2 = moments
        m = self.beta1 * m + (1 - self.beta1) * g
        return m / c1 / (sqrt(top / c2) + self.eps), (m, v, top, c1, c2)


class _RMSPropDirection:
    """RMSProp's moment; a class with the fields beta2 and eps has it."""

    beta2: Any
    eps: Any

    def fresh_moments(self, g: Any) -> Any:
        """Return a zero second moment."""
        return 0 * g

    def direction(self, g: Any, moments: Any) -> Any:
        """Return g / (√v + eps), and the moment v updated by g."""
        v = self.beta2 * moments + (1 - self.beta2) * g * g
        return g / (sqrt(v) + self.eps), v

    def held_direction(self, g: Any, moments: Any) -> Any:
        """Return the direction with v as it is."""
        return g / (sqrt(moments) + self.eps), moments
