"""Fields tied to each other: every door against rules whose fields are set by hand."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from gandyn import rules, sweep
from gandyn._node import replace
from gandyn._parameters import find_parameter
from gandyn.cli import main
from gandyn.dynamics import multipliers
from gandyn.errors import FieldError, GandynError
from gandyn.games import Bilinear, Quadratic
from gandyn.games.dirac import R1, DiracGAN
from gandyn.spec import set_fields
from gandyn.stability import (
    GameFlow,
    RuleMap,
    boundary,
    certify_interval,
    critical_learning_rates,
    linear_maps,
    minimise_radius,
    multiplier_path,
)

GAN = DiracGAN(regulariser=R1(0.3))
GAME = Quadratic(0.3, 1.1, -0.7)
RATES = "lr_x, lr_y=10*lr_x"
FACTORS = st.floats(0.05, 20)


def radius(rule: Any, game: Any) -> float:
    return float(np.abs(multipliers(rule, game)).max())


@given(FACTORS, st.floats(0.01, 0.5), st.sampled_from(["HeavyBall", "Extragradient"]))
@settings(max_examples=20)
def test_the_map_and_its_slope_are_those_of_fields_set_by_hand(factor, lr, name):
    rule = getattr(rules, name)()
    step = RuleMap(rule, GAN, f"lr_x, lr_y={factor!r}*lr_x")
    by_hand = RuleMap(replace(rule, {"lr_y": factor * lr}), GAN, "lr_x")
    state = by_hand.state((0.4, -0.2), lr)
    assert np.array_equal(step.value(state, lr), by_hand.value(state, lr))
    assert np.array_equal(step.jacobian(state, lr), by_hand.jacobian(state, lr))
    h = 1e-6 * lr
    change = (step.value(state, lr + h) - step.value(state, lr - h)) / (2 * h)
    assert step.slope(state, lr) == pytest.approx(change, abs=1e-7)
    x_alone = by_hand.slope(state, lr)
    y_alone = RuleMap(replace(rule, {"lr_x": lr}), GAN, "lr_y").slope(
        state, factor * lr
    )
    assert step.slope(state, lr) == pytest.approx(x_alone + factor * y_alone, rel=1e-12)


@pytest.mark.parametrize(
    ("rule", "game", "method"),
    [
        (rules.Simultaneous(), GAN, "simulate"),
        (rules.HeavyBall(beta_x=0.1, beta_y=-0.2), GAME, "auto"),
    ],
)
def test_a_sweep_is_that_of_rules_set_by_hand(rule, game, method):
    other = {"start.x": [0.1, 0.2]} if method == "simulate" else {"f_xy": [1.0, 2.0]}
    values = np.array([0.02, 0.3, 1.0])
    tied = sweep(
        rule, game, {"lr_x, lr_y=3*lr_x": values, **other}, method=method, steps=300
    )
    assert tied.verdict.dims[0] == "lr_x"
    assert tied.lr_x.attrs["ties"] == "lr_y=3.0*lr_x"
    for i, value in enumerate(values):
        own = replace(rule, {"lr_y": 3 * value})
        axes = {"lr_x": [value, 2 * value], **other}
        alone = sweep(own, game, axes, method=method, steps=300)
        assert alone.attrs["method"] == tied.attrs["method"]
        for name in ("verdict", "rate", "radius", "steps"):
            one, two = tied[name].values[i], alone[name].values[0]
            assert np.array_equal(one, two, equal_nan=True)


def test_ties_reach_from_the_rule_into_the_game():
    axes = {
        RATES: [0.05, 0.1, 0.3],
        "beta_x, beta_y=-0.5*beta_x, f_xx=2*beta_x": [0.1, 0.3],
    }
    found = sweep(rules.HeavyBall(), GAME, axes)
    assert found.attrs["method"] == "exact"
    for i, lr in enumerate(found.lr_x.values):
        for j, beta in enumerate(found.beta_x.values):
            rule = rules.HeavyBall(
                lr_x=lr, lr_y=10 * lr, beta_x=beta, beta_y=-0.5 * beta
            )
            known = radius(rule, replace(GAME, {"f_xx": 2 * beta}))
            assert found.radius.values[i, j] == pytest.approx(known, rel=1e-12)
    batch = linear_maps(
        rules.HeavyBall(),
        GAME,
        {RATES: [[0.05], [0.1], [0.3]], list(axes)[1]: [0.1, 0.3]},
    )
    assert batch.radius == pytest.approx(found.radius.values, rel=1e-12)


def test_a_certified_sweep_proves_the_tied_cells():
    """Alternating play on the bilinear game is on the circle up to lr_x lr_y A² = 4."""
    axes = {"lr_x, lr_y=2*lr_x": [0.5, 2**0.5, 1.5], "A": [0.5, 1.0]}
    found = sweep(rules.Alternating(), Bilinear(), axes, certify=True)
    meanings = found.certificate.attrs["flag_meanings"].split()
    words = [[meanings[k] for k in row] for row in found.certificate.values]
    assert words[0] == ["proved_on_circle"] * 2
    assert words[2] == ["proved_on_circle", "not_asked"]


@given(FACTORS)
@settings(max_examples=3)
def test_thresholds(factor):
    """Simultaneous play on the R1 Dirac-GAN leaves at lr_x = 4γ, whatever lr_y is."""
    field = f"lr_x, lr_y={factor!r}*lr_x"
    found = critical_learning_rates(rules.Simultaneous(), GAN, field, 0.2, 5.0)
    path = multiplier_path(rules.Simultaneous(), GAN, field, 0.2, 5.0)
    assert [one.value for one in path.crossings] == [one.value for one in found]
    assert path.field == "lr_x"
    assert found
    for one in found:
        lr = one.value
        assert radius(rules.Simultaneous(lr_x=lr, lr_y=factor * lr), GAN) >= 1 - 1e-9
        near = np.abs(
            multipliers(rules.Simultaneous(lr_x=lr, lr_y=factor * lr), GAN)
            - one.multiplier
        )
        assert near.min() < 1e-9


def test_an_interval_a_boundary_and_an_optimum():
    proved = certify_interval(rules.Extragradient(), GAME, RATES, 0.01, 1.0)
    assert proved.stable
    assert proved.unstable
    for pieces, side in ((proved.stable, -1), (proved.unstable, 1)):
        for lr in np.ravel(pieces):
            own = radius(rules.Extragradient(lr_x=lr, lr_y=10 * lr), GAME)
            assert side * (own - 1) > 0
    curves = boundary(
        rules.Simultaneous(), GAN, (RATES, "gamma"), [(0.05, 3.0), (0.1, 1.0)]
    )
    assert curves
    for curve in curves:
        assert curve.fields == ("lr_x", "gamma")
        for (lr, gamma), value in zip(
            curve.values[::9], curve.multipliers[::9], strict=True
        ):
            rule = rules.Simultaneous(lr_x=lr, lr_y=10 * lr)
            own = multipliers(rule, DiracGAN(regulariser=R1(gamma)))
            assert np.abs(own - value).min() < 1e-6
    found = minimise_radius(rules.Simultaneous(), GAME, {RATES: (0.005, 1.0)})
    assert found.fields["lr_y"] == 10 * found.fields["lr_x"]
    assert radius(replace(rules.Simultaneous(), found.fields), GAME) == pytest.approx(
        found.radius, rel=1e-9
    )
    lrs = np.geomspace(0.005, 1.0, 2000)
    tried = [radius(rules.Simultaneous(lr_x=lr, lr_y=10 * lr), GAME) for lr in lrs]
    assert found.radius <= min(tried) + 1e-12


def test_nested_fields_flows_and_owners():
    field = "rule.inner.lr_x, inner.lr_y=0.5*rule.inner.lr_x, game.gamma=2*inner.lr_x"
    step = RuleMap(rules.Lookahead(rules.Simultaneous()), GAN, field)
    rule, game = step.at(0.2)
    assert (rule.inner.lr_x, rule.inner.lr_y) == (0.2, 0.1)
    assert game.regulariser.gamma == 0.4
    flow = GameFlow(Quadratic(0.3, 1.0, -0.5), "f_xx, f_yy=-0.5*f_xx")
    assert flow.name == "f_xx"
    assert flow.at(0.4)[0] == Quadratic(0.4, 1.0, -0.2)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("lr_x, lr_x=2*lr_x", "lr_x can't be tied: lr_x sets lr_x already"),
        ("lr, lr_y=2*lr", "lr sets lr_y already"),
        ("lr_x, lr_z=2*lr_x", "unknown field"),
        ("lr_x, lr_y=foo*lr_x", "factor 'foo' is no finite number"),
        ("lr_x, lr_y=0*lr_x", "factor '0'"),
        ("lr_x, lr_y=nan*lr_x", "factor 'nan'"),
        ("lr_x, lr_y=2*lr_y", "ties are to the first field, lr_x"),
        ("lr_x, lr_y", r"cannot read the tie 'lr_y': write FIELD=FACTOR\*lr_x"),
        ("lr_x,", "cannot read the tie ''"),
        ("lr_y=2*lr_x", "write a field first"),
        ("lr_x, k_x=2*lr_x", "k_x is a count, a switch or an array"),
        ("k_x, lr_x=2*k_x", "k_x is a count, a switch or an array"),
    ],
)
def test_bad_ties(field, message):
    with pytest.raises(GandynError, match=message):
        critical_learning_rates(rules.Alternating(), GAN, field)
    with pytest.raises(GandynError, match=message):
        sweep(rules.Alternating(), GAN, {field: [1, 2], "gamma": [0.1, 0.2]})


def test_what_is_tied_is_not_swept_beside_it_nor_out_of_its_domain():
    with pytest.raises(FieldError, match="axes lr_x and lr_y both set lr_y"):
        sweep(rules.Simultaneous(), GAN, {RATES: [0.1, 0.2], "lr_y": [0.1, 0.2]})
    with pytest.raises(FieldError, match="lr_x and lr_y both set lr_y"):
        boundary(rules.Simultaneous(), GAN, (RATES, "lr_y"), [(0.1, 1), (0.1, 1)])
    with pytest.raises(FieldError, match="lr_y must be positive"):
        sweep(
            rules.Simultaneous(), GAN,
            {"lr_x, lr_y=-1*lr_x": [0.1, 0.2], "gamma": [0.1, 0.2]},
        )  # fmt: skip
    with pytest.raises(FieldError, match="cannot read the tie"):
        find_parameter({"rule": rules.Simultaneous()}, "lr_x, a=b=2*lr_x")
    with pytest.raises(FieldError, match="single field"):
        set_fields(rules.Simultaneous(), GAN, {RATES: 0.1})


def test_the_command_line(tmp_path):
    target = tmp_path / "phase.png"
    picture = ["phase", "--game", "Quadratic", "--rule", "Extragradient", "--json"]
    axes = ["--x", f"{RATES}=0.01:1:9:log", "--y", "f_xy=0.5:2:7", "-o", str(target)]
    done = CliRunner().invoke(main, [*picture, *axes])
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["axes"] == {"lr_x": 9, "f_xy": 7}
    assert target.exists()
    pair = ["--rule", "Simultaneous", "--game", "DiracGAN(regulariser=R1(0.3))"]
    listed = ["bifurcations", *pair, "--field", RATES, "--json"]
    done = CliRunner().invoke(main, listed)
    assert done.exit_code == 0, done.output
    values = [one["value"] for one in json.loads(done.output)["bifurcations"]]
    assert values[0] == pytest.approx(1.2, abs=1e-9)


def test_an_axis_names_its_ties():
    from matplotlib.figure import Figure

    from gandyn.plot import phase_diagram

    found = sweep(rules.Simultaneous(), GAME, {RATES: [0.1, 0.2], "f_xy": [1.0, 2.0]})
    ax = phase_diagram(found, Figure().add_subplot())
    assert ax.get_xlabel().endswith("lr_y = 10·lr_x")
    assert "lr_y" not in ax.get_title()
