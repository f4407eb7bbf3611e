"""The package beside the judge, game by game and rule by rule."""

from __future__ import annotations

import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from gandyn import rules
from gandyn._node import replace
from gandyn.games import GeneralQuadratic, LinearGame
from gandyn.stability import critical_learning_rates
from tests.threshold_judge.cases import random_case
from tests.threshold_judge.judging import (
    Change,
    Verdict,
    is_there,
    judge_exact,
    judge_numbers,
    judge_whole,
)
from tests.threshold_judge.multipliers import OneNumber, both_maps, eigenvalues
from tests.threshold_judge.opponents import Quadratics, map_of, random_quadratics

OFF = 1e-9
"""Relative distance from which a threshold is another one."""
LARGE, OFTEN = 65, 20
"""Every twentieth game has up to so many coordinates, the others up to `SMALL`."""
SMALL = 6
ALIKE: dict[str, Any] = {
    name: rules.CATALOGUE[name]()
    for name in (
        "Simultaneous", "Extragradient", "PastExtragradient", "RungeKutta2",
        "RungeKutta4", "Lookahead", "HeavyBall", "Nesterov", "OptimisticGradient",
        "ComplexMomentum", "ProximalPoint", "ExponentialAverage",
    )
} | {
    "Lookahead(Extragradient)": rules.Lookahead(rules.Extragradient(), k=3),
    "Lookahead(HeavyBall)": rules.Lookahead(rules.HeavyBall(), k=4, alpha=0.7),
    "ExponentialAverage(OptimisticGradient)": rules.ExponentialAverage(
        rules.OptimisticGradient(), beta=0.9
    ),
}  # fmt: skip
"""Rules that do the same to every coordinate, judged one number at a time."""
OPPONENTS: dict[str, Any] = {
    name: rules.CATALOGUE[name]()
    for name in ("FollowTheRidge", "LOLA", "LookAheadPlay")
}
"""Rules that ask for losses, judged by rational maps on games of two quadratics."""
WHOLE: dict[str, Any] = {
    name: kind()
    for name, kind in rules.CATALOGUE.items()
    if kind.linear and kind.autonomous and name not in ALIKE and name not in OPPONENTS
} | {
    "Lookahead(Alternating)": rules.Lookahead(rules.Alternating(), k=3),
    "HeavyBall, unequal": rules.HeavyBall(beta_x=0.5, beta_y=-0.2),
}
"""The others, judged by their whole maps."""


class Compared(NamedTuple):
    """What came out for one rule on one game."""

    rule: str
    game: int
    verdict: str
    detail: str
    seconds: float


def compare(
    seed: int, games: Iterable[int], names: list[str], points: int
) -> Iterator[Compared]:
    """Yield what the package and the judge say, for all rules on every game."""
    for k in games:
        rng = np.random.default_rng([seed, k])
        case = random_case(rng, LARGE if k % OFTEN == OFTEN - 1 else SMALL)
        losses = random_quadratics(np.random.default_rng([seed, k, 1]))
        known = eigenvalues(case.matrix, case.neutral)
        game = LinearGame(case.matrix, n=case.n)
        for name in names:
            if name in ALIKE:
                rule, ends = ALIKE[name], (case.low, case.high)
                numbers = OneNumber(_maker(rule))
                verdict = judge_numbers(numbers, known, *ends, points)
                yield _compared(name, k, verdict, rule, game, ends)
            elif name in OPPONENTS:
                yield _of_opponent(name, k, losses, points)
            elif len(case.matrix) <= SMALL:
                rule = WHOLE[name]
                ends = case.low, case.low + (case.high - case.low) / 3
                maps, precise = both_maps(_maker(rule), case.matrix, case.n)
                verdict = judge_whole(maps, precise, case.neutral, *ends, points)
                there = partial(is_there, precise, case.neutral)
                yield _compared(name, k, verdict, rule, game, ends, there)


def _of_opponent(name: str, k: int, losses: Quadratics, points: int) -> Compared:
    exact, ends = map_of(name, losses), (losses.low, losses.high)
    verdict = judge_exact(exact, losses.neutral, *ends, points)
    there = partial(is_there, exact.at, losses.neutral)
    game = GeneralQuadratic(*losses.blocks)
    return _compared(name, k, verdict, OPPONENTS[name], game, ends, there)


def field_of(rule: Any) -> str:
    """Return the learning rate's name, ``lr`` or that of the rule inside."""
    return "lr" if hasattr(rule, "lr_x") else "inner.lr"


def _maker(rule: Any) -> Callable[[Any], Any]:
    field = field_of(rule)
    return lambda rate: replace(rule, {field + "_x": rate, field + "_y": rate})


def _compared(
    name: str, k: int, wanted: Verdict, rule: Any, game: Any,
    ends: tuple[float, float], there: Callable[[float, int], bool] | None = None,
) -> Compared:  # fmt: skip
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        found = critical_learning_rates(rule, game, field_of(rule), *ends)
    spent = time.perf_counter() - start
    verdict, detail = differences(wanted, found, there)
    return Compared(name, k, verdict, detail or found.remark, spent)


def differences(
    wanted: Verdict, found: Any, there: Callable[[float, int], bool] | None = None
) -> tuple[str, str]:
    """Return how the package's list differs from the judge's, and where.

    ``there`` looks at whole maps, whether one is at a value: then a threshold may be
    off by the uncertainty that it comes with, and what rounding hid from the judge be
    there.
    """
    if not found.complete:
        return "incomplete", ""
    if found.outside != wanted.outside:
        return "other start", f"{found.outside} outside, not {wanted.outside}"
    missed, left = [], list(found)
    for one in _grouped(wanted.changes, left if there else []):
        reach = OFF * one.value + one.doubt
        near = [
            each
            for each in left
            if abs(each.value - one.value)
            <= reach + (there is not None) * each.uncertainty
        ]
        left = [each for each in left if not any(each is other for other in near)]
        if sum(each.change for each in near) != one.change:
            missed.append(
                f"{one.change} at {one.value!r} +- {one.doubt:.1g}, got {near}"
            )
    if there:
        left = [one for one in left if not there(one.value, one.change)]
    surplus = [f"{one.change} at {one.value!r}" for one in left]
    off = [one for one in left if _displaced(one, wanted)]
    if missed and off:
        return "off", "; ".join(missed)
    if missed:
        return "missed", "; ".join(missed)
    if left and sum(one.change for one in left):
        return "surplus", "; ".join(surplus)
    return ("narrow" if left else "agrees"), "; ".join(surplus)


def _grouped(changes: list[Change], found: list[Any]) -> list[Change]:
    """Return changes, added up where they are one, to the tolerance or a found one."""
    grouped: list[Change] = []
    for one in sorted(changes):
        last = grouped[-1] if grouped else None
        reach = OFF * one.value + one.doubt + (last.doubt if last else 0.0)
        within = last and any(
            max(abs(each.value - v) for v in (last.value, one.value))
            <= each.uncertainty
            for each in found
        )
        if last and (within or one.value - last.value <= reach):
            both = last.change + one.change
            wide = one.value - last.value + max(one.doubt, last.doubt)
            grouped[-1] = Change((last.value + one.value) / 2, both, wide)
        else:
            grouped.append(one)
    return grouped


def _displaced(one: Any, wanted: Verdict) -> bool:
    return any(
        abs(one.value - each.value) < 1e-3 * one.value for each in wanted.changes
    )


def summary(results: list[Compared]) -> str:
    """Return a table of verdicts by rule, and of the time the package took."""
    kinds = (
        "agrees",
        "narrow",
        "incomplete",
        "missed",
        "off",
        "surplus",
        "other start",
    )
    lines = [f"{'rule':40}" + "".join(f"{kind:>13}" for kind in kinds) + f"{'ms':>7}"]
    names = list(dict.fromkeys(one.rule for one in results))
    for name in [*names, "all"]:
        own = [one for one in results if name in (one.rule, "all")]
        counts = Counter(one.verdict for one in own)
        cost = 1e3 * np.mean([one.seconds for one in own])
        cells = "".join(f"{counts[kind]:13}" for kind in kinds)
        lines.append(f"{name:40}{cells}{cost:7.0f}")
    return "\n".join(lines)
