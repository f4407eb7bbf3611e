"""Predictions on GANs are those of the analytic games they are."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")

from benchmarks.crosschecks.dirac import RULES, first_loss  # noqa: E402
from gandyn import rules  # noqa: E402
from gandyn.crosscheck import predict  # noqa: E402
from gandyn.errors import GandynError  # noqa: E402
from gandyn.games import R1, dirac  # noqa: E402
from gandyn.gans import DiracGAN, TeacherStudent  # noqa: E402
from gandyn.gans.spectra.linearisation import linearise  # noqa: E402
from gandyn.stability import critical_learning_rates  # noqa: E402

ZERO = torch.zeros(1, dtype=torch.float64)
POINT = ZERO, ZERO


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
def test_dirac_gan_has_the_analytic_boundary(rule):
    exact = first_loss(rule, dirac.DiracGAN(regulariser=R1(0.3)))
    found = predict(rule, DiracGAN(regulariser=R1(0.3)).game(), POINT)
    assert found.value == pytest.approx(exact.value, rel=1e-11)
    assert found.angle == pytest.approx(exact.angle, abs=1e-7)
    assert found.slope == pytest.approx(exact.speed, rel=1e-5)
    assert found.kind == exact.kind
    assert found.neutral == 0


def test_field_of_the_objective_gains_stability():
    rule = rules.Simultaneous(lr=1.0)
    found = predict(rule, DiracGAN(regulariser=R1(0.3)).game(), POINT, "gamma")
    assert found.value == pytest.approx(0.25, rel=1e-10)  # lr = 4 gamma
    assert found.sign == -1
    assert found.angle == pytest.approx(math.acos(0.875), rel=1e-6)


def test_neutral_directions_are_set_aside():
    gan = TeacherStudent(hidden=3, points=16, regulariser="R1")
    game, point = gan.game(), gan.equilibrium()
    found = predict(rules.Simultaneous(), game, point)
    linear = linearise(game, *point)
    known = critical_learning_rates(rules.Simultaneous(), linear.reduced())
    assert found.neutral == linear.neutral > 0
    assert found.residual < 1e-14
    assert found.value == pytest.approx(known[0].value, rel=1e-10)
    assert found.rate(1.01 * found.value)[0] == pytest.approx(
        0.01 * found.value * found.slope, rel=0.05
    )


def test_where_nothing_is_lost_it_says_so():
    with pytest.raises(GandynError, match=r"stable all along"):
        predict(
            rules.Simultaneous(), DiracGAN(regulariser="R1").game(), POINT, high=0.1
        )
