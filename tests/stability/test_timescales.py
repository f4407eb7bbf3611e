"""Ratios of the players' rates: τ*, intervals of stability, oscillation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gandyn.errors import FieldError, GandynError, UnknownName
from gandyn.games import Forsaken, GaussianHills, Quadratic, TorusGame
from gandyn.games.dirac import R1, DiracGAN
from gandyn.stability.flows.flows import GameFlow, game_eigenvalues
from gandyn.stability.flows.hopf import hopf_points
from gandyn.stability.flows.timescales import critical_timescale


def margin(matrix: np.ndarray, n: int, tau: float) -> float:
    rates = np.ones(len(matrix))
    rates[n:] = tau
    return float(np.linalg.eigvals(rates[:, None] * matrix).real.min())


@pytest.mark.parametrize("point", [0, 1])
def test_torus(point: int) -> None:
    a, b = 0.2, 0.22
    game = TorusGame(a=a, b=b)
    origin, corner = (0.0, 0.0), (math.pi, math.pi)
    expected = ((1 - a) / (1 + b), (1 + a) / (1 - b))[point]
    found = critical_timescale(game, (origin, corner)[point])
    assert found.tau_star == pytest.approx(expected, rel=1e-13)
    assert found.status == "beyond"
    assert found.changes == (found.tau_star,)


def test_the_change_is_a_hopf_point_of_the_motion() -> None:
    game = GaussianHills()
    for point in game.equilibria():
        found = critical_timescale(game, point)
        if found.status != "beyond" or not 0.1 < found.tau_star < 10:
            continue
        flow, tau = GameFlow(game, "tau"), found.tau_star
        (hopf,) = hopf_points(flow, flow.state(point), 0.7 * tau, 1.4 * tau)
        assert hopf.value == pytest.approx(tau, rel=1e-12)
        assert hopf.frequency == pytest.approx(found.frequencies[0], rel=1e-9)
        break
    else:
        pytest.fail("no strict local minmax point was met")


def test_intervals_agree_with_eigenvalues_everywhere() -> None:
    rng = np.random.default_rng(1)
    several = 0
    for _ in range(150):
        n, m = rng.integers(1, 4, 2)
        matrix = rng.standard_normal((n + m, n + m)) + rng.uniform(0, 2) * np.eye(n + m)
        found = critical_timescale(matrix, n=n)
        several += len(found.changes) > 1
        for tau in np.geomspace(1e-4, 1e4, 120):
            here = margin(matrix, n, tau)
            if abs(here) > 1e-9:
                inside = any(low < tau < high for low, high in found.stable)
                assert (here > 0) == inside
        for tau in found.changes:
            assert abs(margin(matrix, n, tau)) < 1e-11 * max(1, tau)
    assert several > 0


def test_finite_iff_strict_local_minmax() -> None:
    rng = np.random.default_rng(2)
    for _ in range(60):
        f_xx, f_yy = (a + a.T for a in rng.standard_normal((2, 2, 2)))
        f_xy = 2 * rng.standard_normal((2, 2))
        schur = f_xx - f_xy @ np.linalg.solve(f_yy, f_xy.T)
        curvatures = np.concatenate(
            [np.linalg.eigvalsh(schur), -np.linalg.eigvalsh(f_yy)]
        )
        found = critical_timescale(Quadratic(f_xx=f_xx, f_xy=f_xy, f_yy=f_yy))
        assert math.isfinite(found.tau_star) == (curvatures.min() > 0)


def test_neutral_directions_are_set_aside() -> None:
    # x's second coordinate moves nothing
    matrix = np.array([[-1.0, 0.0, 2.0], [0.0, 0.0, 0.0], [-2.0, 0.0, 3.0]])
    found = critical_timescale(matrix, n=2)
    assert found.neutral == 1
    assert found.tau_star == pytest.approx(1 / 3, rel=1e-13)


def test_bilinear_play_is_stable_for_no_ratio() -> None:
    blocks = np.kron([[0.0, 1.0], [-1.0, 0.0]], np.diag([1.0, 2.0, 5.0]))
    found = critical_timescale(blocks, n=3)
    assert found.status == "never"
    assert math.isnan(found.tau_star)
    assert found.as_dict()["tau_star"] is None


def test_eigenvalues_have_the_sign_of_v() -> None:
    game = DiracGAN(regulariser=R1(0.8))
    values = game_eigenvalues(game, tau=2.0)
    assert values == pytest.approx([0.8 - math.sqrt(0.14), 0.8 + math.sqrt(0.14)])
    flow = GameFlow(game, "tau")
    own = np.linalg.eigvals(flow.jacobian(flow.state(), 2.0))
    assert sorted(-own.real) == pytest.approx(sorted(values.real))


def test_a_field_of_the_game_moves_the_flow() -> None:
    flow = GameFlow(DiracGAN(regulariser=R1(0.3)), "gamma")
    assert flow.current() == 0.3
    assert flow.jacobian([0.0, 0.0], 0.7)[1, 1] == pytest.approx(-0.7)
    assert flow.slope([0.5, 2.0], 0.3) == pytest.approx([0.0, -2.0])


def test_refusals() -> None:
    game = Forsaken()
    with pytest.raises(GandynError, match=r"no equilibrium of Forsaken: \|v\| = "):
        critical_timescale(game, (1.0, 1.0))
    with pytest.raises(GandynError, match="point: x has shape"):
        game_eigenvalues(game, ([1.0], 1.0))
    with pytest.raises(UnknownName, match="gama"):
        GameFlow(DiracGAN(regulariser=R1(0.3)), "gama")
    with pytest.raises(FieldError, match="tau must be positive"):
        GameFlow(game, tau=-1.0)
    with pytest.raises(FieldError, match="gamma"):
        GameFlow(DiracGAN(regulariser=R1(0.3)), "gamma").value([0.0, 0.0], -1.0)
