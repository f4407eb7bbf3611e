"""Optima whose radius is that of their fields: judged by plain loops over the step."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from gandyn import rules
from gandyn._node import replace
from gandyn.games import Bilinear, GeneralQuadratic, Quadratic
from gandyn.stability import minimise_radius
from gandyn.stability.linear.radius_search import exact_radius

LINEAR = (
    "Simultaneous", "Alternating", "Extragradient", "PastExtragradient", "HeavyBall",
    "AlternatingHeavyBall", "Nesterov", "NegativeMomentum", "OptimisticGradient",
)  # fmt: skip


def leaves_of(memory: Any) -> list[Any]:
    parts = memory if isinstance(memory, tuple) else (memory,)
    if not isinstance(memory, tuple):
        return [memory]
    return [leaf for part in parts for leaf in leaves_of(part)]


def filled(memory: Any, numbers: Any) -> Any:
    if isinstance(memory, tuple):
        return tuple(filled(part, numbers) for part in memory)
    return next(numbers)


def judged(rule: Any, game: Any) -> float:
    """Return the radius of the matrix whose columns are images of unit vectors."""
    memory = rule.init(game, 0.0, 0.0)
    size = 2 + len(leaves_of(memory))
    columns = []
    for j in range(size):
        unit = [float(i == j) for i in range(size)]
        after = rule.step(game, unit[0], unit[1], filled(memory, iter(unit[2:])))
        columns.append([float(leaf) for leaf in leaves_of(tuple(after))])
    return float(np.abs(np.linalg.eigvals(np.array(columns).T)).max())


def least(rule: Any, game: Any, low: float, high: float) -> float:
    """Return the least radius over lr, on a dense grid and by golden section."""

    def radius(log: float) -> float:
        return judged(
            replace(rule, dict.fromkeys(("lr_x", "lr_y"), math.exp(log))), game
        )

    logs = np.linspace(math.log(low), math.log(high), 400)
    tried = [radius(log) for log in logs]
    found = min(tried)
    for i in np.argsort(tried)[:3]:
        ends = logs[max(i - 1, 0)], logs[min(i + 1, len(logs) - 1)]
        near = minimize_scalar(
            radius, bounds=ends, method="bounded", options={"xatol": 1e-12}
        )
        found = min(found, near.fun)
    return found


@given(
    st.sampled_from(LINEAR), st.floats(0.05, 2), st.floats(-2, 2), st.floats(0.05, 2),
    st.sampled_from([1.0, 30.0, 0.02]),
)  # fmt: skip
@settings(max_examples=25)
def test_no_grid_finds_a_lower_radius(name, a, b, d, scale):
    game = Quadratic(a * scale, b * scale, -d * scale)
    rule = getattr(rules, name)()
    found = minimise_radius(rule, game, {"lr": (1e-3, 4.0)})
    assert found.radius <= least(rule, game, 1e-3, 4.0) + 1e-9 + found.uncertainty
    own = judged(
        replace(rule, dict.fromkeys(("lr_x", "lr_y"), found.fields["lr"])), game
    )
    allowed = 1e-6 if found.kind == "defective" else 1e-7
    assert own == pytest.approx(found.radius, abs=allowed + found.uncertainty)


@pytest.mark.parametrize("sigma", [0.037, 0.534, 1.0, 1.7, 2.204])
def test_optimistic_play_is_fastest_where_it_is_defective(sigma):
    """λ² - (1 - 2is)λ - is has a double root (1 - i)/2 at s = lr σ = 1/2."""
    found = minimise_radius(
        rules.OptimisticGradient(), Bilinear(sigma), {"lr": (1e-3, 40.0)}
    )
    assert found.radius == pytest.approx(math.sqrt(0.5), abs=1e-13)
    assert found.fields["lr"] * sigma == pytest.approx(0.5, rel=1e-13)
    assert (found.kind, found.status) == ("defective", "converged")
    assert found.uncertainty < 1e-7
    rule = replace(
        rules.OptimisticGradient(), dict.fromkeys(("lr_x", "lr_y"), found.fields["lr"])
    )
    own = exact_radius(rule, Bilinear(sigma))
    assert own - found.radius == pytest.approx(found.uncertainty, abs=1e-15)


@pytest.mark.parametrize(("mu", "kappa"), [(1.5, 1.5), (0.03, 40.0), (2.0, 9.0)])
def test_polyak(mu, kappa):
    """β = ((√κ - 1)/(√κ + 1))² is the least radius squared that lr and β reach.

    Both curvatures are defective there at once. With the nearest binary64 β that is off
    by the root of rounding, and the answer says so or is exact.
    """
    game = Quadratic(mu, 0.0, -mu * kappa)
    root = math.sqrt(kappa)
    best = ((root - 1) / (root + 1)) ** 2
    rule = rules.HeavyBall(beta_x=best, beta_y=best)
    found = minimise_radius(rule, game, {"lr": (1e-4 / mu, 4 / mu)})
    missed = abs(found.radius - (root - 1) / (root + 1))
    assert missed < 1e-7
    assert found.status == "converged" or missed <= found.uncertainty
    assert found.fields["lr"] == pytest.approx(4 / mu / (1 + root) ** 2, rel=1e-9)


def test_badly_scaled_fields_have_the_radius_that_is_told():
    rule = rules.NegativeMomentum(
        lr_x=0.5242174027442063, lr_y=0.0005243434070546488,
        beta_x=0.99, beta_y=-0.5311103281488732,
    )  # fmt: skip
    game = GeneralQuadratic(
        A=-0.00017283032295853105, B=0.32701887668895147, C=0.0, D=-1.098554075325046
    )
    found = minimise_radius(rule, game, {"lr_y": (0.001, 5.0)})
    own = judged(replace(rule, {"lr_y": found.fields["lr_y"]}), game)
    assert found.radius == pytest.approx(own, abs=1e-9)
    tried = [
        judged(replace(rule, {"lr_y": lr}), game) for lr in np.geomspace(1e-3, 5, 3000)
    ]
    assert found.radius <= min(tried) + 1e-12 + found.uncertainty


def test_exact_radii_of_defective_maps():
    """λ - 1 + lr = 0 four times over, which numpy parts by 1e-4."""
    rule = rules.OptimisticGradient(lr=0.5)
    assert exact_radius(rule, Bilinear(1.0)) == pytest.approx(math.sqrt(0.5), abs=1e-15)
    double = Bilinear(np.diag([1.0, 1.0]))
    assert exact_radius(rule, double) == pytest.approx(math.sqrt(0.5), abs=1e-15)


def test_two_fields_together_are_no_worse_than_either():
    game = Quadratic(0.4, 1.3, -0.9)
    both = minimise_radius(
        rules.HeavyBall(),
        game,
        {"lr": (0.01, 3.0), "beta_x, beta_y=beta_x": (-0.8, 0.8)},
    )
    assert both.fields["beta_x"] == both.fields["beta_y"]
    for beta in np.linspace(-0.7, 0.7, 15):
        rule = rules.HeavyBall(beta_x=beta, beta_y=beta)
        tried = [
            judged(replace(rule, {"lr_x": lr, "lr_y": lr}), game)
            for lr in np.geomspace(0.01, 3, 100)
        ]
        assert both.radius <= min(tried) + 1e-12 + both.uncertainty
