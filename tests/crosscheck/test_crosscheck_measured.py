"""GANs that are trained do what their linearisation says, and it could fail."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from benchmarks.crosschecks import names, run_suite  # noqa: E402
from benchmarks.crosschecks._cycles import cycle_amplitude  # noqa: E402
from benchmarks.crosschecks._tangents import tangent_check  # noqa: E402
from benchmarks.crosschecks.dirac import first_loss  # noqa: E402
from gandyn import rules  # noqa: E402
from gandyn.crosscheck import crosscheck, crosscheck_grid, long_run_outcomes  # noqa: E402
from gandyn.crosscheck.measurement import perturbed  # noqa: E402
from gandyn.dynamics import Axis  # noqa: E402
from gandyn.errors import GandynError, UnknownName  # noqa: E402
from gandyn.games import R1, dirac  # noqa: E402
from gandyn.gans import DiracGAN, TeacherStudent  # noqa: E402
from gandyn.stability import RuleMap, invariant_curve  # noqa: E402

ZERO = torch.zeros(1, dtype=torch.float64)
POINT = ZERO, ZERO
SMALL = TeacherStudent(hidden=2, points=8, regulariser="R1")


@pytest.fixture(scope="module")
def pair():
    game, point = SMALL.game([0, 1]), SMALL.equilibrium([0, 1])
    return crosscheck(rules.Simultaneous(), game, point, steps=(100, 100, 200))


def test_instances_of_an_ensemble_agree(pair):
    assert len(pair) == 2
    for one in pair:
        assert one.agrees
        assert abs(one.value_off) < 1e-3
        assert abs(one.slope.value / one.prediction.slope - 1) < 0.02
        assert abs(one.value_off) * one.prediction.value < 20 * one.value.error + 1e-9
    assert pair[0].prediction.value != pytest.approx(pair[1].prediction.value, rel=0.05)


def test_a_wrong_prediction_does_not_agree(pair):
    told = pair[0].prediction
    for wrong in ({"value": 1.03 * told.value}, {"angle": 0.97 * told.angle}):
        other = dataclasses.replace(told, **wrong)
        assert not dataclasses.replace(pair[0], prediction=other).agrees
    text = json.dumps(pair[0].as_dict(), allow_nan=False)
    assert json.loads(text)["agrees"] is True


def test_field_of_the_objective_is_measured():
    rule = rules.Simultaneous(lr=1.0)
    game = DiracGAN(regulariser=R1(0.3)).game()
    found = crosscheck(rule, game, POINT, "gamma", steps=(100, 100, 200))
    assert found.value.value == pytest.approx(0.25, rel=1e-4)
    assert found.slope.value < 0
    assert found.agrees


def test_cycle_has_the_exact_amplitude():
    rule, exact = rules.Simultaneous(), dirac.DiracGAN(regulariser=R1(0.3))
    curve = invariant_curve(RuleMap(rule, exact), 1.4, first_loss(rule, exact))
    game, start = DiracGAN(regulariser=R1(0.3)).game(), (ZERO + 0.8, ZERO)
    own = rules.Simultaneous(lr=1.4)
    found = cycle_amplitude(own, game, POINT, start, settle=500, steps=800)
    assert found.value == pytest.approx(curve.amplitude, rel=1e-7)


def test_plane_agrees_and_a_wrong_boundary_does_not():
    axes = {name: Axis(0.1, 5.0, 6, "log") for name in ("lr_x", "lr_y")}
    found = crosscheck_grid(
        rules.Simultaneous(),
        DiracGAN(regulariser=R1(0.3)).game(),
        POINT,
        axes,
        chunk=20,
    )
    assert found.agrees
    assert found.agreement(found.near) == 1
    table = found.confusion()
    assert table["stable"]["settles"] > 0
    assert table["unstable"]["leaves"] > 0
    assert sum(sum(row.values()) for row in table.values()) == 36
    wrong = found.cells.assign(radius=2 - found.cells["radius"])
    other = dataclasses.replace(found, cells=wrong)
    assert not other.agrees
    assert len(other.disagreements()) >= 30
    json.dumps(found.as_dict(), allow_nan=False)


def test_plane_needs_two_fields_of_the_rule():
    game = DiracGAN(regulariser="R1").game()
    with pytest.raises(GandynError, match="two axes"):
        crosscheck_grid(rules.Simultaneous(), game, POINT, {"lr": [0.1, 0.2]})
    axes = {"lr": [0.1, 0.2], "gamma": [0.1, 0.2]}
    with pytest.raises(GandynError, match="field of the GAN"):
        crosscheck_grid(rules.Simultaneous(), game, POINT, axes)


def test_fates_are_told_apart():
    lr = torch.tensor([1.0, 1.25, 20.0], dtype=torch.float64)
    zero = torch.zeros(1, 3, dtype=torch.float64)
    ends = long_run_outcomes(
        rules.Simultaneous(lr=lr), DiracGAN("wasserstein", R1(0.3)).game(),
        (zero, zero), (zero + 0.1, zero), 160,
    )  # fmt: skip
    assert [one.kind for one in ends][2] == "diverges"
    ends = long_run_outcomes(
        rules.Simultaneous(lr=lr[:2]), DiracGAN(regulariser=R1(0.3)).game(),
        (zero[:, :2], zero[:, :2]), (zero[:, :2] + 0.3, zero[:, :2]), 600,
    )  # fmt: skip
    assert [one.kind for one in ends] == ["returns", "cycles"]


def test_tangents_grow_by_the_multipliers_at_an_equilibrium():
    game, point = SMALL.game(), SMALL.equilibrium()
    for turning in (False, True):
        (found,) = tangent_check(
            rules.Simultaneous(), game, point, [0.9], turning=turning, steps=150
        )
        assert found.residual < 1e-14
        if found.predicted_angle > 0.05:
            assert found.angle.value == pytest.approx(found.predicted_angle, rel=0.02)
        assert found.stability_agrees


def test_perturbed_starts_stay_apart_by_the_type():
    point = torch.ones(3, 1), torch.ones(2, 1)
    x, y = perturbed(point, np.eye(5)[:, :1])
    off = torch.cat([x, y]) - 1
    assert 1e-4 < float(off.norm()) < 1e-2  # float32
    assert float(off[0, 0]) > 0.9 * float(off.norm())


def test_suites_are_found_by_looking():
    assert set(names()) >= {"dirac", "teacher", "grid", "ring", "images"}
    with pytest.raises(UnknownName, match="teacher"):
        run_suite("taecher")


@pytest.mark.slow
def test_ten_teachers_by_five_rules():
    assert run_suite("teacher").agrees
