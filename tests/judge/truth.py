"""What the judge found of a cell, and whether an answer agrees with it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

DIVERGES = ("diverges_spiral", "diverges_flip", "diverges_monotone")
"""The three names of a divergence."""
SADDLE = "on the stable manifold of a saddle"
"""Reason of a limit that a zero of the start alone holds the orbit at."""
AMPLITUDE = 1e-2
"""Relative difference of a cycle's amplitude: a window need not hold whole periods."""
CHAOS = (0.2, 0.03)
"""Relative and absolute difference of chaotic exponents: they fluctuate by as much."""
CYCLE = (0.05, 1e-3)
"""The same of a cycle's exponent."""


@dataclass(frozen=True)
class Truth:
    """What an orbit does.

    Attributes
    ----------
    verdict : str
        A verdict's name, or ``"unknown"``.
    also : frozenset of str
        Verdicts that are true as well: neutral orbits that are periodic too, cells
        where a start 1e-11 away has another fate.
    excluded : frozenset of str
        Of an unknown verdict, those that are certainly wrong.
    period : int
        The minimal period in steps of a periodic orbit, else 0.
    limit : tuple of float
        The limit, or the mean of a cycle, of the players.
    amplitude, exponent : float
        Root mean square distance from the mean; largest Lyapunov exponent. NaN if not
        known.
    spread : float
        Difference of the exponents of two halves of the orbit.
    sensitive : bool
        Whether a start 1e-11 away has another fate: no arithmetic decides the cell.
    reason : str
        How it was found.
    """

    verdict: str
    reason: str
    also: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    period: int = 0
    limit: tuple[float, ...] = ()
    amplitude: float = math.nan
    exponent: float = math.nan
    spread: float = 0.0
    sensitive: bool = False
    steps: int = 0

    @property
    def repels(self) -> bool:
        """Whether it ends at a fixed point that a start beside its own leaves."""
        leaves = any(verdict in DIVERGES for verdict in self.also)
        return self.verdict == "converges" and (leaves or self.reason == SADDLE)

    def after(self, steps: int) -> Truth:
        """Return the same with the number of steps it took to see it."""
        return replace(self, steps=steps)

    def row(self) -> dict[str, Any]:
        """Return the same as JSON's types."""
        sets = {"also": sorted(self.also), "excluded": sorted(self.excluded)}
        return {**vars(self), **sets, "limit": [float(v) for v in self.limit]}

    @classmethod
    def of_row(cls, row: dict[str, Any]) -> Truth:
        """Return what `row` returned, read back."""
        also, excluded = frozenset(row["also"]), frozenset(row["excluded"])
        own = {"also": also, "excluded": excluded, "limit": tuple(row["limit"])}
        return cls(**{**row, **own})


def agrees(answer: dict[str, Any], truth: Truth) -> tuple[str, str]:
    """Return whether an answer agrees with the truth, and what is wrong with it.

    Parameters
    ----------
    answer : dict
        ``verdict``, ``ended``, ``period``, ``amplitude``, ``lyapunov``, as gandyn says.
    truth : Truth

    Returns
    -------
    outcome : {"agrees", "undecided", "contradicts", "unjudged"}
        ``contradicts`` is a wrong verdict, period, amplitude of a cycle (by more than
        `AMPLITUDE`), of a limit (above a thousandth of its size), or exponent of
        chaos or a cycle (by more than `CHAOS`, `CYCLE`). ``unjudged`` are cells that
        the judge does not know either, unless the answer is one that it can exclude,
        those whose fate a change of the start by 1e-11 changes, and what becomes of
        chaos, or of a slow approach under a clock, after the judge has seen it.
    what : str

    Notes
    -----
    The exponent of a limit is not compared: an orbit that stops at 1e-8 of its size
    need not have reached its slowest direction.
    """
    said = answer["verdict"]
    if said == "undecided":
        return "undecided", answer.get("ended", "")
    if truth.verdict == "unknown":
        if said in truth.excluded:
            return "contradicts", f"{said}, but {truth.reason}"
        return "unjudged", truth.reason
    if said == "unstable_point":
        return (
            ("agrees", "") if truth.repels
            else ("contradicts", f"{said} for {truth.verdict}")
        )  # fmt: skip
    passing = truth.verdict == "chaotic" or truth.reason == "as 1/t"
    later = answer.get("steps", 0) > truth.steps
    if passing and truth.verdict != said and later:
        return "unjudged", f"{said} after the judge had seen what may pass"
    outcome, what = _compared(answer, truth)
    return ("unjudged", f"sensitive: {what}") if (
        outcome == "contradicts" and truth.sensitive
    ) else (outcome, what)  # fmt: skip


def _compared(answer: dict[str, Any], truth: Truth) -> tuple[str, str]:
    said = answer["verdict"]
    if said not in {truth.verdict} | truth.also:
        if said in DIVERGES and truth.verdict in DIVERGES:
            return "contradicts", f"kind: {said} for {truth.verdict}"
        return "contradicts", f"{said} for {truth.verdict}"
    if said != truth.verdict:
        return "agrees", "also"
    if truth.period and answer["period"] != truth.period:
        return "contradicts", f"period {answer['period']} for {truth.period}"
    size, amplitude = truth.amplitude, answer["amplitude"]
    if said == "periodic" and _differ(amplitude, size, AMPLITUDE, 0.0):
        return "contradicts", f"amplitude {amplitude:.6g} for {size:.6g}"
    if said == "converges" and amplitude > 1e-3 * max(map(abs, truth.limit), default=1):
        return "contradicts", f"amplitude {amplitude:.6g} for 0"
    allowed = {"chaotic": CHAOS, "periodic": CYCLE}.get(said)
    found = answer["lyapunov"]
    if allowed and _differ(
        found, truth.exponent, allowed[0], allowed[1] + 3 * truth.spread
    ):
        return "contradicts", f"exponent {found:.6g} for {truth.exponent:.6g}"
    return "agrees", ""


def _differ(a: float, b: float, relative: float, floor: float) -> bool:
    if not (math.isfinite(a) and math.isfinite(b)):
        return False
    return abs(a - b) > relative * abs(b) + floor
