"""What a law is: a statement about update rules that a case can break."""

from __future__ import annotations

import html
from typing import Any, ClassVar, NamedTuple

import numpy as np
from hypothesis.strategies import SearchStrategy

from gandyn._trees import flatten
from gandyn.testing._play import (
    HUGE,
    StepRaised,
    Unsuitable,
    play,
    players,
    rate_paths,
    vector,
    with_settings,
)

Case = dict[str, Any]
"""A drawn example: game, initial state, settings, and what else it takes."""


class Broken(AssertionError):
    """A law does not hold; the message says what was found beside what was due."""


class Tolerance(NamedTuple):
    """By how much two computations of the same numbers may differ.

    Attributes
    ----------
    relative : float
        In units of the largest number compared; 0 for the same bits.
    absolute : float
        What is allowed beside it.
    """

    relative: float
    absolute: float = 0.0

    def __str__(self) -> str:
        if not any(self):
            return "none: the same bits"
        text = f"{self.relative:.2g} of the largest number"
        return text + (f" + {self.absolute:.2g}" if self.absolute else "")

    def allowed(self, got: np.ndarray, expected: np.ndarray) -> float:
        """Return the largest difference that is allowed."""
        both = np.concatenate([np.abs(got), np.abs(expected)])
        return self.relative * float(both.max(initial=0.0)) + self.absolute


UNIT = 2.0**-52
"""The spacing of double precision at 1: what rounding may do, relatively."""
_NUDGE = 16 * UNIT
"""What a few operations leave of rounding, relative to the numbers that they add."""
EXACT = Tolerance(0.0)
ROUNDING = Tolerance(2.0**-20, 2.0**-30)
"""Rounding, amplified by the 10⁸ that the ε of adaptive rules admits."""
SINGLE = Tolerance(2.0**-10, 2.0**-12)
"""Rounding of single precision."""
_OUT_OF_DOMAIN = (ArithmeticError, ValueError)
"""What arithmetic raises at settings that a rule has no step for, 1/(1 - lr R) at 1."""
FIRST_ORDER = Tolerance(2.0**-5)
"""What a small step leaves of the next order, and rounding divided by that step."""


class Law:
    """A statement about update rules, with a way to break it.

    A law is added by adding a public subclass to a file of this folder's ``laws``. It
    draws cases and examines one; `check` is what a counterexample calls.

    Attributes
    ----------
    id : str
        Short name, unique.
    statement : str
        What holds, in a sentence.
    reference : str
        Where it is from.
    trait : str
        The attribute of a rule that declares the law; empty for laws of every rule.
    tolerance : Tolerance
        By how much two computations of the same numbers may differ.
    """

    id: ClassVar[str]
    statement: ClassVar[str]
    reference: ClassVar[str] = "by definition"
    trait: ClassVar[str] = ""
    tolerance: ClassVar[Tolerance] = ROUNDING
    needs_rates: ClassVar[bool] = False
    """Whether the law is about learning rates that can be set."""

    def __repr__(self) -> str:
        return f"<Law {self.id}: {self.statement}>"

    def _repr_html_(self) -> str:
        code, words = html.escape(self.id), html.escape(self.statement)
        source = html.escape(self.reference)
        return f"<p><code>{code}</code>: {words} <i>[{source}]</i></p>"

    def declared(self, rule: Any) -> bool | None:
        """Tell whether a rule declares the trait; None if it leaves it open."""
        if not self.trait:
            return True
        value = getattr(rule, self.trait, None)
        return None if value is None else bool(value)

    def applies(self, rule: Any) -> str:
        """Return why the law does not apply to a rule; empty if it does."""
        if self.needs_rates and rate_paths(rule) is None:
            return "the rule has no learning rates lr_x and lr_y"
        return ""

    def cases(self, rule: Any) -> SearchStrategy[Case]:
        """Return a strategy of cases; they shrink towards small whole numbers."""
        raise NotImplementedError

    def examine(self, rule: Any, *args: Any, **case: Any) -> None:
        """Raise `Broken` if a case breaks the law."""
        raise NotImplementedError

    def check(self, rule: Any, **case: Any) -> None:
        """Examine one case, given as numbers, lists, games and fields.

        A number for a player of many coordinates stands for a vector that is so large,
        no coordinate like another. ``settings`` are the rule's fields to change first,
        by their paths; if the law is not declared any more then, it says nothing.

        Raises
        ------
        Broken
            If the law does not hold there.
        Unsuitable
            If the case says nothing.

        Examples
        --------
        >>> from gandyn.games import Bilinear
        >>> from gandyn.rules import Simultaneous
        >>> from gandyn.testing import LAWS
        >>> LAWS["fixed-points"].check(Simultaneous(), game=Bilinear(1.0))
        """
        varied = with_settings(rule, case.pop("settings", None))
        if varied is not rule and self.declared(varied) != self.declared(rule):
            raise Unsuitable("at these settings it is declared otherwise")
        shapes = getattr(case.get("game"), "shape", ())
        for name, shape in zip("xy", shapes, strict=False):
            if name in case:
                case[name] = _spread(case[name], shape)
        try:
            with np.errstate(all="ignore"):
                self.examine(varied, **case)
        except StepRaised as error:
            if varied is rule or not isinstance(error.__cause__, _OUT_OF_DOMAIN):
                raise
            raise Unsuitable(f"at these settings {error}") from error

    def same(self, got: Any, expected: Any, what: str) -> None:
        """Raise `Broken` if two values, nested tuples of numbers, differ."""
        pairs = list(zip(flatten(got), flatten(expected), strict=False))
        if len(flatten(got)) != len(flatten(expected)):
            raise Broken(f"{what}: {got} and {expected} have different structures")
        if any(np.shape(a) != np.shape(b) for a, b in pairs):
            raise Broken(f"{what}: {got} and {expected} have different shapes")
        if not pairs:
            return
        a, b = (
            np.concatenate([np.ravel(np.asarray(p[i])) for p in pairs]) for i in (0, 1)
        )
        self.close(a, b, what)

    def same_orbit(
        self, got: Any, expected: Any, what: str, start: tuple[Any, Any, Any, Any]
    ) -> None:
        """Raise `Broken` if two orbits differ, `Unsuitable` where rounding decides.

        ``start`` is the rule, the game, x and y of the orbit that is expected. Rounding
        decides if a few units of the state's last place change it that much too.
        """
        try:
            self.same(got, expected, what)
        except Broken:
            rule, game, *state = start
            steps = len(expected) - 1
            nudge = _NUDGE * np.max(np.abs(vector(tuple(state))))
            orbits = [
                players(play(rule, game, state[0] + d, state[1] - d, steps))
                for d in (0.0, nudge)
            ]
            apart = np.abs(orbits[0] - orbits[1]).max()
            if not apart <= self.tolerance.allowed(*map(np.ravel, orbits)) / 4:
                raise Unsuitable("the orbit amplifies rounding too much") from None
            raise

    def close(self, a: np.ndarray, b: np.ndarray, what: str) -> None:
        """Raise `Broken` if two vectors differ by more than the tolerance."""
        if not np.isfinite(b).all() or np.abs(b).max(initial=0.0) > HUGE:
            raise Unsuitable("the orbit overflows or leaves the box")
        limit = self.tolerance.allowed(a, b)
        apart = np.abs(a - b).max(initial=0.0)
        if not apart <= limit:
            raise Broken(
                f"{what}: got {_short(a)}, expected {_short(b)}; "
                f"they differ by {apart:.3g}, allowed is {limit:.3g}"
            )


def _spread(value: Any, shape: tuple[int, ...]) -> Any:
    """Return a player: lists as arrays, a number over as many coordinates as it has."""
    if isinstance(value, list) or shape == ():
        return np.asarray(value) if isinstance(value, list) else value
    i = np.arange(*shape)
    return value * (1 - i / 16) * (-1) ** i


def _short(values: np.ndarray) -> str:
    shown = [f"{v:.10g}" for v in values[:6]]
    return "(" + ", ".join(shown) + (", ..." if len(values) > 6 else "") + ")"
