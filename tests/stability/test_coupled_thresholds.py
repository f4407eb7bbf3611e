"""Thresholds of rules that link the coordinates, found by scanning the whole map."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gandyn import rules
from gandyn.games import LinearGame
from gandyn.stability import critical_learning_rates
from gandyn.stability.crossings import exact_scan, scan
from tests.threshold_judge.cases import random_case
from tests.threshold_judge.comparing import SMALL
from tests.threshold_judge.multipliers import eigenvalues


@pytest.fixture
def by_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scan small maps as large ones are."""
    monkeypatch.setattr(exact_scan, "_ROWS", 0)


@pytest.mark.parametrize("rows", [0, 6])
def test_what_a_pole_of_the_step_hides_between_places_is_found(
    rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Competitive gradient descent, det(2 + 2 eta O - eta J) = 0 and det M = 1."""
    monkeypatch.setattr(exact_scan, "_ROWS", rows)
    a, b, d = 145.34, -153.58, 162.16
    through_minus_one = 4 / (a + d + np.sqrt((a + d) ** 2 - 4 * (a * d - b * b)))
    pair_comes_back = (a + d) / (a * d + b * b)
    rule, game = (
        rules.CompetitiveGradientDescent(),
        LinearGame([[a, b], [b, d]], n=1),
    )
    found = critical_learning_rates(rule, game, "lr", 1e-3, 3.0)
    assert (found.complete, found.outside) == (True, 1)
    assert [one.change for one in found] == [1, -2]
    want = [through_minus_one, pair_comes_back]
    assert [one.value for one in found] == pytest.approx(want, rel=1e-12)


@pytest.mark.usefixtures("by_places")
def test_a_list_with_a_wrong_change_is_not_said_to_be_complete(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Near two crossings the sum of their changes at one is right, and they are not."""

    def merged(spectra: Any, found: list[Any]) -> Any:
        first, second = sorted(joined(spectra, found), key=lambda one: one.value)
        yield second._replace(change=first.change + second.change)

    joined = scan.joined
    monkeypatch.setattr(scan, "joined", merged)
    game = LinearGame([[145.34, -153.58], [-153.58, 162.16]], n=1)
    with pytest.warns(RuntimeWarning, match="by the crossings listed"):
        found = critical_learning_rates(
            rules.CompetitiveGradientDescent(), game, "lr", 1e-3, 3.0
        )
    assert not found.complete


@pytest.mark.usefixtures("by_places")
def test_a_multiplier_that_passes_the_circle_as_a_cube_is_as_uncertain() -> None:
    """Of a chain of three in floats, 1 - lr s cubed: rounding moves it far."""
    case = random_case(np.random.default_rng([9, 23]), SMALL)
    game = LinearGame(case.matrix, n=case.n)
    found = critical_learning_rates(
        rules.AlternatingExtragradient(), game, "lr", 0.75, 0.8
    )
    (one,) = (each for each in found if each.change == 1)
    exact = eigenvalues(case.matrix, case.neutral)
    (real,) = (1 / float(s.real) for s in exact if not s.imag and s.real > 1)
    assert abs(one.value - real) < one.uncertainty < 1e-4


@pytest.mark.usefixtures("by_places")
def test_small_units_of_the_memory_cost_no_digits_beside_neutral_directions() -> None:
    """The thresholds of a J a hundred million times smaller are as much larger."""
    J = np.array([[1.2, -0.9, 0.0], [-0.9, 0.8, 0.0], [0.0, 0.0, 0.0]])
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    J = turn @ J @ turn.T
    rule = rules.AlternatingComplexMomentum()
    found = [
        critical_learning_rates(
            rule, LinearGame(scale * J, n=1), "lr", 1e-3 / scale, 3.3 / scale
        )
        for scale in (1.0, 1e-8)
    ]
    assert [one.neutral for one in found[1]] == [1] * len(found[0]) != []
    own, other = ([one.value for one in each] for each in found)
    assert 1e-8 * np.array(other) == pytest.approx(own, rel=1e-12)
