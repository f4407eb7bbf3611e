"""Thresholds of rules that link the coordinates, found by scanning the whole map."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gandyn import rules
from gandyn.games import LinearGame
from gandyn.stability import bifurcations, critical_learning_rates
from gandyn.stability.crossings import exact_scan, scan, tracks
from gandyn.stability.crossings.spectra import Spectrum
from gandyn.stability.maps.maps import Map
from tests.threshold_judge.cases import random_case
from tests.threshold_judge.comparing import SMALL
from tests.threshold_judge.multipliers import eigenvalues


@pytest.fixture
def by_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scan small maps as large ones are."""
    monkeypatch.setattr(exact_scan, "_ROWS", 0)


@pytest.fixture(params=[0, 6])
def both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scan small maps as large ones are, and enclose their crossings."""
    monkeypatch.setattr(exact_scan, "_ROWS", request.param)


@pytest.mark.usefixtures("both_ways")
def test_what_a_pole_of_the_step_hides_between_places_is_found() -> None:
    """Competitive gradient descent, det(2 + 2 eta O - eta J) = 0 and det M = 1."""
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


@pytest.mark.usefixtures("both_ways")
def test_what_a_fast_multiplier_does_between_two_places_far_outside_is_found() -> None:
    """Through the disk from -1e4 to 1e4; places are of multipliers in rationals."""
    game = LinearGame(
        [[-8704.0, 7168.0, -17408.0], [-2048.0, -1024.0, -4096.0],
         [4096.0, -6144.0, 8192.0]], n=1,
    )  # fmt: skip
    rule = rules.Extragradient(lr_y=0.5859375, ratio_x=2.00390625, ratio_y=2.8125)
    found = critical_learning_rates(rule, game, "lr_x", 1e-3, 8.0)
    assert (found.complete, found.outside) == (True, 2)
    want = [
        (0.8333333333333334, -1), (0.8333334307060081, 1),
        (1.1694802230462975, -1), (1.1694804344300875, 1),
    ]  # fmt: skip
    assert [one.change for one in found] == [change for _, change in want]
    values = [one.value for one in found]
    assert values == pytest.approx([value for value, _ in want], rel=1e-12)


def test_a_multiplier_that_comes_back_just_before_the_end_is_found() -> None:
    """It leaves and returns in the last interval, the return 1e-9 before its end."""
    a, b, d = 1.5355587005615234, 6.142234802246094, 3.915562218753621
    game = LinearGame(
        [[2.2268600296229124, 0.0, b, 0.0], [0.0, 2.59765625, 1.28515625, -1.28515625],
         [a, 0.0, d, 0.0], [a, 0.328125, 2.622593468753621, 1.29296875]], n=2,
    )  # fmt: skip
    found = critical_learning_rates(
        rules.CompetitiveGradientDescent(), game, "lr", 2.0**-30, 1.06203348849474
    )
    assert found.complete
    assert [one.change for one in found] == [1, -2, 1, -1]
    want = [0.31967856922602206, 0.3384036334595518, 0.99629120146865]
    assert [one.value for one in found][:3] == pytest.approx(want, rel=1e-12)


def test_a_multiplier_that_a_faster_one_hides_is_not_called_neutral() -> None:
    """J has no null space, but the map's rounding is 1e85 and hides 1.0002."""
    game = LinearGame([[63488.0, -5999872.0], [-5999872.0, 567010816.0]], n=1)
    rule = rules.Lookahead(rules.RungeKutta4(lr_y=0.68359375), k=3, alpha=1.27)
    with pytest.warns(RuntimeWarning, match="neutral is not told from rounding"):
        found = critical_learning_rates(rule, game, "inner.lr_x", 1e-3, 8.0)
    assert not found.complete


def test_a_defective_multiplier_that_rounding_keeps_at_the_circle_is_in_doubt() -> None:
    """Three inside between 2.4204 and 2.4233, where the rounding of a chain is 7."""

    def chain(z: Any, p: Any) -> Any:
        multiplier = 501760.0 * (p * p) - 2430400.0 * p + 2943062.43359375
        other = 720776.0 - 218624.0 * p
        return (
            other * z[0],
            (other - multiplier) * z[0] + multiplier * z[1] + 1.046875 * z[2],
            multiplier * z[2] + 0.609375 * z[3],
            multiplier * z[3],
        )

    with pytest.warns(RuntimeWarning, match="not told from the circle near"):
        found = bifurcations(Map(chain, "p"), np.zeros(4), 0.5, 2.5)
    assert not found.complete


def test_what_happens_where_the_fixed_point_is_lost_is_in_doubt() -> None:
    """A double multiplier goes through the disk in 2e-8, at 1 with a moving point."""

    def chain(z: Any, p: Any) -> Any:
        x, y = z[0] + 0.769 * p, z[1] - 0.328 * p
        multiplier = 171401216.0 - 111935488.0 * p
        return (
            multiplier * x + 2.64453125 * y - 0.769 * p - 0.66 * x * x,
            multiplier * y + 0.328 * p - 0.66 * y * y,
        )

    with pytest.warns(RuntimeWarning, match="fixed point is lost near"):
        found = bifurcations(Map(chain, "p"), [0.0, 0.0], 0.0, 4.0)
    assert not found.complete


def test_after_a_short_step_multipliers_are_not_looked_for_in_its_direction() -> None:
    """What rounding moved in 1e-6 would be a million times that in the next step."""
    doubt = np.full(2, 1e-13)
    line = [
        Spectrum(0.0, np.array([1 + 4e-13 + 0j, 1 - 1e-13]), doubt),
        Spectrum(1e-6, np.array([1 + 3e-13 + 0j, 1 - 0.5e-13]), doubt),
        Spectrum(1.0, np.array([1 - 1e-9 + 0j, 1 + 1e-9]), doubt),
    ]
    assert tracks._followed(line)[-1].values[0].real > 1


def test_what_a_step_takes_from_large_numbers_is_in_the_uncertainty() -> None:
    """J' J z less J J z, of a J that is nearly symmetric; the value is of rationals."""
    case = random_case(np.random.default_rng([33, 2]), SMALL)
    game = LinearGame(case.matrix, n=case.n)
    found = critical_learning_rates(
        rules.SymplecticGradientAdjustment(), game, "lr", case.low, 2e-8
    )
    (one,) = found
    assert abs(one.value - 7.957335879174012e-09) < one.uncertainty < 1e-14
