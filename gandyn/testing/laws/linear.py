"""Laws of linear rules on linear games, and of exact derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from gandyn._trees import flatten, refill
from gandyn.errors import GandynError
from gandyn.testing import strategies
from gandyn.testing._cases import on, scalar_cases
from gandyn.testing._law import UNIT, Broken, Law, Tolerance
from gandyn.testing._play import (
    Unsuitable,
    advance,
    play,
    players,
    vector,
)

_STEPS = 3
_LONG = 128
_SHORT = 2.0**-20
"""The step of differences: its square, and rounding divided by it, are small."""
_TINY = 1e-60
"""The imaginary step: its square underflows."""


class Superposition(Law):
    """Superposition."""

    id = "superposition"
    statement = "On a linear game the step is an affine map of (x, y, memory)."
    trait = "linear"

    def cases(self, rule: Any) -> Any:
        """Return linear games with two states."""
        large, small = strategies.numbers(6), strategies.numbers(1)
        return st.fixed_dictionaries(
            {
                "game": strategies.games("linear"),
                "x": large,
                "y": large,
                "u": small,
                "w": small,
                "settings": strategies.settings(rule),
            }
        )

    def examine(self, rule: Any, game: Any, x: Any, y: Any, u: Any, w: Any) -> None:
        """Step from the middle of two states, memory included, at different times."""
        first = play(rule, game, x, y, 2)[1:]
        second = play(rule, game, u, w, _STEPS + 1)[-2:]
        (here, then), (there, later) = (first, second)
        due = _middle(then, later)
        got = advance(rule, game, _middle(here, there))
        self.same(got, due, "the step from the middle of two states")


class ExactMap(Law):
    """The orbit is a power of the exact map."""

    id = "powers"
    statement = (
        "On a linear game the orbit about the equilibrium is that of the powers of the "
        "exact one-step map."
    )
    trait = "linear"

    def declared(self, rule: Any) -> bool | None:
        """Leave it to superposition to tell that a rule is not linear."""
        return super().declared(rule) or None

    def applies(self, rule: Any) -> str:
        """Tell why there is no map."""
        return _no_map(rule)

    def cases(self, rule: Any) -> Any:
        """Return linear games with a state."""
        return scalar_cases(rule, "quadratic")

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Multiply by the map."""
        M = exact_map(rule, game)
        states = play(rule, game, x, y, 2 * _STEPS)
        rest = _resting(rule, game)
        found = vector(states[-1])
        start = vector(states[0])
        if start.shape != rest.shape:
            raise Unsuitable("the memory's size changes")
        due = rest + np.linalg.matrix_power(M, 2 * _STEPS) @ (start - rest)
        self.same(found, due, f"the state after {2 * _STEPS} steps")


class GrowthIsRadius(Law):
    """Growth equals the spectral radius."""

    id = "growth"
    statement = "Orbits on a linear game grow like powers of the map's spectral radius."
    reference = "Gelfand's formula"
    trait = "linear"
    tolerance = Tolerance(0.0, 0.1)

    def declared(self, rule: Any) -> bool | None:
        """Leave it to superposition to tell that a rule is not linear."""
        return super().declared(rule) or None

    def applies(self, rule: Any) -> str:
        """Tell why there is no map."""
        return _no_map(rule)

    def cases(self, rule: Any) -> Any:
        """Return linear games."""
        return st.fixed_dictionaries(
            {
                "game": strategies.quadratic_games(),
                "settings": strategies.settings(rule),
            }
        )

    def examine(self, rule: Any, game: Any) -> None:
        """Compare the logarithmic growth over the second half of a run."""
        radius = float(np.abs(np.linalg.eigvals(exact_map(rule, game))).max())
        if not 0.3 < radius < 3:
            raise Unsuitable("it grows or decays too fast to be watched")
        x, y = game.equilibria()[0]
        states = play(rule, game, x + 0.6, y - 0.35, 2 * _LONG)
        sizes = [_largest(states[i : i + 8]) for i in (_LONG - 8, 2 * _LONG - 8)]
        grown = np.log(sizes[1] / sizes[0]) / _LONG
        self.close(np.array([grown]), np.log([radius]), "log growth per step")


class ExactJacobian(Law):
    """The exact Jacobian equals the numerical one."""

    id = "jacobian"
    statement = "Complex steps give the step's derivative, as differences do."
    reference = "Squire, Trapp, Using complex variables to estimate derivatives, 1998"
    trait = "analytic"
    tolerance = Tolerance(2.0**-10, 2.0**-12)

    def cases(self, rule: Any) -> Any:
        """Return smooth games with a state."""
        game = st.one_of(strategies.dirac_gans(), strategies.polynomial_games())
        return on(rule, game)

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Compare directional derivatives of a step, with the memory held."""
        state = play(rule, game, x, y, 1)[-1]
        direction = np.cos(np.arange(1, len(vector(state)) + 1))
        with np.errstate(all="ignore"):
            exact = np.imag(_shifted(rule, game, state, 1j * _TINY * direction)) / _TINY
            middle, right, left, wide = (
                np.real(_shifted(rule, game, state, s * _SHORT * direction))
                for s in (0.0, 1.0, -1.0, 4.0)
            )
        near, far = (right - left) / (2 * _SHORT), (wide - middle) / (4 * _SHORT)
        moved = np.abs(middle).max() + np.abs(vector(state)).max() * np.abs(near).max()
        unsure = np.abs(near - far).max() + UNIT * moved / _SHORT
        if unsure > self.tolerance.allowed(near, near) / 8:
            raise Unsuitable("too rough here, or too large, for differences")
        self.same(exact, near, "the derivative by complex steps")


def exact_map(rule: Any, game: Any) -> np.ndarray:
    """Return the exact one-step map at the first equilibrium."""
    from gandyn.dynamics.exact.linear import linear_maps, reference_equilibrium

    try:
        # `one_step_map` would refuse what a law is to find
        M = linear_maps(rule, game, reference_equilibrium(game), {}, 1)[0]
    except (GandynError, ZeroDivisionError) as error:
        raise Unsuitable(str(error)) from error
    if not np.isfinite(M).all():
        raise Unsuitable("there is no finite map")
    return M


def _no_map(rule: Any) -> str:
    if not getattr(rule, "autonomous", False):
        return "the rule changes with time: it has no one-step map"
    if getattr(rule, "analytic", None) is None:
        return "the trait analytic is left open: no complex steps"
    return ""


def _resting(rule: Any, game: Any) -> np.ndarray:
    x, y = map(float, game.equilibria()[0])
    return vector(play(rule, game, x, y, 0)[0])


def _largest(states: Any) -> float:
    return float(max(np.linalg.norm(row) for row in players(states)))


def _middle(one: Any, two: Any) -> Any:
    pairs = zip(flatten(one), flatten(two), strict=True)
    return refill(one, ((a + b) / 2 for a, b in pairs))


def _shifted(rule: Any, game: Any, state: Any, by: np.ndarray) -> np.ndarray:
    leaves = [leaf + d for leaf, d in zip(flatten(state), by, strict=True)]
    moved = refill(state, (np.asarray([leaf]) for leaf in leaves))
    after = vector(advance(rule, game, moved))
    if not np.isfinite(after).all():
        raise Unsuitable("not finite")
    if after.dtype.kind != "c" and np.iscomplexobj(by):
        raise Broken("given complex numbers, the step returned real ones")
    return after
