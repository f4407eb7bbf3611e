"""Thresholds beside the judge, who shares no code with the package."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gandyn import rules
from gandyn.games import GeneralQuadratic
from tests.threshold_judge.cases import random_case
from tests.threshold_judge.comparing import (
    ALIKE,
    OPPONENTS,
    SMALL,
    WHOLE,
    compare,
    summary,
)
from tests.threshold_judge.fields import Plain
from tests.threshold_judge.judging import judge_numbers, judge_whole
from tests.threshold_judge.multipliers import (
    OneNumber,
    both_maps,
    eigenvalues,
    whole_maps,
)
from tests.threshold_judge.opponents import map_of, random_quadratics


def maker(rule: Any) -> Any:
    from tests.threshold_judge.comparing import _maker

    return _maker(rule)


def check(seed: int, games: int, names: list[str], points: int, fewest: float) -> None:
    """Assert that no list that is said to be complete differs from the judge's."""
    results = list(compare(seed, range(games), names, points))
    wrong = [
        one for one in results if one.verdict not in ("agrees", "narrow", "incomplete")
    ]
    assert not wrong
    complete = [one for one in results if one.verdict != "incomplete"]
    assert len(complete) >= fewest * len(results), summary(results)


@pytest.mark.parametrize("name", sorted(ALIKE))
def test_every_threshold_is_found_and_known_to_be_all(name: str) -> None:
    check(100, 4, [name], 2001, 1.0)


@pytest.mark.parametrize("name", ["AlternatingExtragradient", "HeavyBall, unequal"])
def test_coupled_rules_claim_nothing_that_is_wrong(name: str) -> None:
    check(3, 1, [name], 1001, 0.0)


@pytest.mark.parametrize("name", sorted(OPPONENTS))
def test_rules_that_ask_for_losses_claim_nothing_that_is_wrong(name: str) -> None:
    check(400, 4, [name], 1001, 0.5)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(ALIKE))
def test_many_games_of_rules_that_act_alike(name: str) -> None:
    check(200, 40, [name], 20_001, 1.0)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(WHOLE))
def test_games_of_coupled_rules(name: str) -> None:
    check(300, 6, [name], 20_001, 0.8)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(OPPONENTS))
def test_many_games_of_rules_that_ask_for_losses(name: str) -> None:
    check(500, 40, [name], 20_001, 0.8)


@pytest.mark.parametrize("name", sorted(OPPONENTS))
def test_maps_written_by_hand_are_those_of_the_step(name: str) -> None:
    losses = random_quadratics(np.random.default_rng(3))
    game, rate = GeneralQuadratic(*losses.blocks), 0.3
    exact = map_of(name, losses).many(np.array([rate]))[0]
    z = np.random.default_rng(4).normal(size=len(exact))
    n = game.shape[0][0]
    rule = rules.CATALOGUE[name](lr=rate)
    x, y, _ = rule.step(game, z[:n], z[n:], ())
    assert np.concatenate([x, y]) == pytest.approx(exact @ z, rel=1e-12)


@pytest.mark.parametrize("name", sorted(ALIKE))
def test_one_number_has_the_multipliers_of_the_whole(name: str) -> None:
    rng = np.random.default_rng(5)
    matrix, rate = rng.normal(size=(4, 4)), 0.3
    make = maker(ALIKE[name])
    (whole,) = whole_maps(make, Plain(matrix, 1), np.array([rate]))
    numbers = OneNumber(make)
    own = [
        modulus
        for s in np.linalg.eigvals(matrix)
        for modulus in numbers.moduli(np.array([rate]), s)[0]
    ]
    known = np.sort(np.abs(np.linalg.eigvals(whole)))[::-1]
    assert np.sort(own)[::-1] == pytest.approx(known[: len(own)], rel=1e-7)
    assert known[len(own) :] == pytest.approx(0, abs=1e-7)


def test_the_judge_finds_what_a_formula_says() -> None:
    matrix = np.array([[0.0, 2.0, 0.0], [-2.0, 1.0, 0.0], [0.0, 0.0, 0.5]])
    make = maker(rules.Simultaneous())
    known = eigenvalues(matrix, 0)
    verdict = judge_numbers(OneNumber(make), known, 1e-2, 10.0, 501)
    assert verdict.outside == 0
    assert [one.change for one in verdict.changes] == [2, 1]
    assert [one.value for one in verdict.changes] == pytest.approx([0.25, 4], rel=1e-12)
    whole = judge_whole(*both_maps(make, matrix, 1), 0, 1e-2, 10, 501)
    assert [one.change for one in whole.changes] == [2, 1]
    assert [one.value for one in whole.changes] == pytest.approx([0.25, 4], rel=1e-9)


def test_eigenvalues_of_a_defective_matrix_have_many_digits() -> None:
    chain = np.eye(3) + np.diag([1.0, 1.0], 1)
    found = eigenvalues(chain, 0)
    assert [complex(one) for one in found] == pytest.approx([1.0] * 3, abs=1e-25)
    rng = np.random.default_rng(0)
    case = random_case(rng, SMALL)
    assert len(case.matrix) >= len(eigenvalues(case.matrix, case.neutral))
