"""What a cell of a diagram can say, and why it stopped."""

from __future__ import annotations

from enum import IntEnum


class Verdict(IntEnum):
    """What was seen of an orbit, or proved of a linear map; never a guess."""

    UNDECIDED = 0
    CONVERGES = 1
    DIVERGES_SPIRAL = 2
    DIVERGES_FLIP = 3
    DIVERGES_MONOTONE = 4
    PERIODIC = 5
    QUASI_PERIODIC = 6
    CHAOTIC = 7
    NEUTRAL = 8
    UNSTABLE_POINT = 9
    """The orbit ends at a fixed point that repels: exact zeros of its start keep it on
    the stable manifold, and a start beside it leaves."""


class Ending(IntEnum):
    """Why a cell stopped."""

    BUDGET = 0
    """The steps ran out before anything was certain."""
    SETTLED = 1
    """The orbit contracted, or its attractor was recognised."""
    LEFT_BOX = 2
    """The state grew past the escape radius."""
    OVERFLOW = 3
    """A number overflowed before the escape radius was seen."""
    NOT_A_NUMBER = 4
    """A step returned NaN from a finite state."""
    DISAGREEMENT = 5
    """Lyapunov exponent and Birkhoff averages contradict each other."""
    EXACT = 6
    """Decided by the multipliers of the exact linear map, without an orbit."""
    ROUNDING = 7
    """The leading multiplier is on the unit circle to rounding and may be defective."""
    STALLED = 8
    """The displacement fell to rounding noise although tangents do not contract: a
    vanishing gradient, not an equilibrium."""
    UNSOLVED = 9
    """A step that inverts a matrix returned no state: the matrix was singular, or the
    implicit equation was not solved to its tolerance."""


VERDICTS = tuple(v.name.lower() for v in Verdict)
"""Names of the verdicts, by value: the CF ``flag_meanings``."""
ENDINGS = tuple(e.name.lower() for e in Ending)
"""Names of the endings, by value."""
