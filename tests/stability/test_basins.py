"""Basins of attraction: symmetric ones, cycles beside points, published boundaries."""

from __future__ import annotations

import json

import numpy as np
import pytest

from gandyn.errors import FieldError, GandynError
from gandyn.games import (
    Bilinear,
    DiracGAN,
    Forsaken,
    GrimmerQuartic,
    MeanGAN,
    from_losses,
)
from gandyn.games.dirac import R1
from gandyn.rules import Alternating, OptimisticGradient, Simultaneous
from gandyn.stability.attractors.basins import basins
from tests.reference import cases

WELLS = from_losses("x**4/4 - x**2/2", "y**2/2")
"""Two stable points at x = 1 and -1, divided by the line x = 0."""


def test_two_symmetric_points_share_the_box() -> None:
    found = basins(
        Simultaneous(lr=0.1), WELLS, np.linspace(-1.5, 1.5, 20), np.linspace(-1, 1, 5)
    )
    expected = np.repeat((found["start.x"].values > 0)[:, None], 5, axis=1)
    assert np.array_equal(found["basin"].values, expected)
    assert found["kind"].values.tolist() == ["fixed point"] * 2
    assert found["mean_x"].values == pytest.approx([-1.0, 1.0], abs=1e-12)
    assert found["fraction"].values.tolist() == [0.5, 0.5]


def test_start_on_the_divide_is_never_given_away() -> None:
    found = basins(Simultaneous(lr=0.1), WELLS, [-1.0, 0.0, 1.0], [0.0, 1.0])
    assert found["basin"].sel({"start.x": 0.0}).values[0] not in (0, 2)


def test_stable_cycle_beside_a_stable_point() -> None:
    """The flow's unstable cycle divides them, and a small rate keeps near the flow."""
    xs, ys = np.linspace(-0.25, 0.3, 23), np.linspace(0.15, 0.75, 23)
    found = basins(Simultaneous(lr=0.005), Forsaken(), xs, ys, steps=100_000)
    assert found["kind"].values.tolist() == ["fixed point", "quasi_periodic"]
    assert found["mean_x"].values[0] == pytest.approx(0.07802666873846009, abs=1e-12)
    inside = found["basin"] == 0
    xs = found["start.x"].where(inside.any("start.y"), drop=True).values
    ys = found["start.y"].where(inside.any("start.x"), drop=True).values
    published = next(
        case for case in cases.load() if case.id == "FORS-unstable-ext"
    ).value
    assert [xs.max(), xs.min(), ys.max(), ys.min()] == pytest.approx(
        published, abs=0.03
    )


@pytest.mark.parametrize(
    "case",
    [case for case in cases.load() if case.id.startswith("CYCLE-UNST-ns")],
    ids=lambda case: case.id,
)
def test_unstable_circle_bounds_the_basin_of_the_equilibrium(case) -> None:
    penalty = R1(case.params["gamma"])
    game = DiracGAN(loss="non-saturating", regulariser=penalty)
    side = np.linspace(-1.25, 1.25, 51) * case.value
    found = basins(Simultaneous(lr=case.params["lr"]), game, side, side, steps=200_000)
    rest = (found["basin"] == 0) & (found["kind"] == "fixed point").values[0]
    reached = np.abs(found["start.x"].where(rest.any("start.y"), drop=True)).max()
    assert float(reached) <= case.value * (1 + 1e-3)
    assert float(reached) >= case.value - 1.5 * (side[1] - side[0])


def test_four_periodic_orbits_turn_into_one_another() -> None:
    """The game has a symmetry of order four: (x, y) to (-y, x)."""
    side = np.linspace(-3, 3, 24)
    found = basins(Simultaneous(lr=0.05), GrimmerQuartic(A=5.0), side, side)
    assert found["kind"].values.tolist() == ["periodic"] * 4
    assert found["attractor_period"].values.tolist() == [4] * 4
    assert found["fraction"].values == pytest.approx(np.full(4, 0.25))
    labels = found["basin"].values
    turned = np.rot90(labels)
    pairs = set(zip(labels.ravel().tolist(), turned.ravel().tolist(), strict=True))
    assert len(pairs) == 4  # the turn permutes the labels
    assert all(a != b for a, b in pairs)


def test_orbits_without_attractor_are_neutral_and_escapes_are_one() -> None:
    side = [-1.0, -0.5, 0.7, 1.0]
    conserved = basins(Alternating(lr=0.3), Bilinear(1.0), side, side)
    assert conserved["kind"].values.tolist() == ["neutral"]
    spiral = basins(Simultaneous(lr=0.3), Bilinear(1.0), side, side)
    assert spiral["kind"].values.tolist() == ["escape"]
    assert spiral["fraction"].values.tolist() == [1.0]


def test_continuum_of_fixed_points_is_one_attractor() -> None:
    game = from_losses("x**2/2", "0*y")
    found = basins(Simultaneous(lr=0.1), game, [-1.0, 1.0], [0.2, 0.3, 0.4])
    assert found["kind"].values.tolist() == ["manifold"]


def test_memory_rule_and_the_map_of_its_fixed_point() -> None:
    side = np.linspace(-1.0, 1.0, 4)
    game = DiracGAN(regulariser=R1(0.5))
    found = basins(OptimisticGradient(lr=0.3), game, side, side)
    assert found["kind"].values.tolist() == ["fixed point"]
    assert (found["basin"] == 0).all()


def test_threads_do_not_change_a_bit() -> None:
    side = np.linspace(-1.2, 1.2, 70)  # more than a tile
    one, many = (
        basins(Simultaneous(lr=0.1), WELLS, side, side, threads=n) for n in (1, 3)
    )
    assert one.equals(many)


def test_result_can_be_stored_and_says_how_it_was_made() -> None:
    found = basins(Simultaneous(lr=0.1), WELLS, [-1.0, 1.0], [0.0, 0.5])
    assert found.attrs["rule"] == repr(Simultaneous(lr=0.1))
    assert json.dumps(found["basin"].values.tolist()) == "[[0, 0], [1, 1]]"
    assert found["basin"].dims == ("start.x", "start.y")


def test_bad_input() -> None:
    rule, side = Simultaneous(), [0.0, 1.0]
    with pytest.raises(GandynError, match="games of two numbers"):
        basins(rule, MeanGAN(), side, side)
    with pytest.raises(FieldError, match="2 or more"):
        basins(rule, WELLS, [0.0], side)
    with pytest.raises(FieldError, match="steps must be"):
        basins(rule, WELLS, side, side, steps=0)
    with pytest.raises(FieldError, match="escape must be above 1"):
        basins(rule, WELLS, side, side, escape=0.5)
