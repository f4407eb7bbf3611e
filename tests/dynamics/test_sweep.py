"""Sweeps as labelled data, and what they refuse."""

from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest

from gandyn import Axis, Real, Rule, simulate, sweep
from gandyn.dynamics import ENDINGS, VERDICTS, Ending, Verdict, multipliers
from gandyn.dynamics.engines.first_step import RuleError
from gandyn.errors import FieldError, GandynError, UnknownName
from gandyn.games import Bilinear, DiracGAN, LinearGame
from gandyn.games.dirac import R1, R2
from gandyn.rules import Alternating, Consensus, Extragradient, Lookahead, Simultaneous
from gandyn.spec import parse_game, parse_rule

GAME = DiracGAN(regulariser=R1(0.2))
RATES = {"lr_x": [0.1, 0.5, 1.5], "lr_y": [0.1, 0.5]}


def test_a_sweep_is_labelled():
    found = sweep(
        Simultaneous(), GAME, {"lr_x": Axis(0.1, 1, 3, "log"), "gamma": [0, 1]}
    )
    assert found.verdict.dims == ("lr_x", "gamma")
    assert found.lr_x.attrs["scale"] == "log"
    np.testing.assert_allclose(found.lr_x, [0.1, np.sqrt(0.1), 1])
    assert found.verdict.dtype == np.int8
    assert found.verdict.attrs["flag_meanings"].split() == list(VERDICTS)
    assert found.ended.attrs["flag_meanings"].split() == list(ENDINGS)
    assert list(found.verdict.attrs["flag_values"]) == list(range(len(VERDICTS)))
    for name, variable in found.data_vars.items():
        assert variable.attrs["long_name"], name
        assert variable.attrs["units"], name


def test_the_attributes_are_enough_to_run_it_again():
    found = sweep(Lookahead(Extragradient(lr=0.3), k=3), GAME, RATES | {"k": [2, 3]})
    rule, game = parse_rule(found.attrs["rule"]), parse_game(found.attrs["game"])
    again = sweep(
        rule,
        game,
        {name: found[name].values for name in found.dims},
        start=(float(found.attrs["start_x"]), float(found.attrs["start_y"])),
        steps=found.attrs["steps"],
        escape=found.attrs["escape"],
        method=found.attrs["method"],
    )
    assert found.identical(again)


def test_a_sweep_survives_netcdf(tmp_path):
    import xarray as xr

    found = sweep(Simultaneous(), GAME, RATES)
    found.to_netcdf(tmp_path / "found.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "found.nc", engine="h5netcdf") as again:
        for name in found.data_vars:
            np.testing.assert_array_equal(again[name], found[name])
        assert again.attrs["rule"] == found.attrs["rule"]


def test_structural_fields_and_starts_are_axes_too():
    axes = {"k_y": [1, 2, 5], "start.x": [0.1, 0.3], "lr": [0.2, 2.6]}
    found = sweep(Alternating(), GAME, axes)
    assert found.verdict.shape == (3, 2, 2)
    for i, k in enumerate(axes["k_y"]):
        for j, lr in enumerate(axes["lr"]):
            radius = np.abs(multipliers(Alternating(lr=lr, k_y=k), GAME)[0])
            np.testing.assert_allclose(found.radius[i, :, j], radius, rtol=1e-12)
        orbit = simulate(Alternating(lr=0.2, k_y=k), GAME, (0.3, 0.4), 32768)
        assert VERDICTS[found.verdict.values[i, 1, 0]] == orbit.verdict
        assert found.rate.values[i, 1, 0] == orbit.rate


def test_game_fields_move_the_equilibrium():
    axes = {"lr": [0.1, 0.2], "A": [1.0, 2.0]}
    found = sweep(Extragradient(), Bilinear(1.0, b=0.3, c=-0.2), axes)
    for i, lr in enumerate(axes["lr"]):
        for j, a in enumerate(axes["A"]):
            want = np.abs(multipliers(Extragradient(lr=lr), Bilinear(a))[0])
            assert found.radius.values[i, j] == pytest.approx(want, rel=1e-12)


def test_one_cell_does_not_spoil_another():
    found = sweep(Simultaneous(), GAME, {"lr_x": [0.1, 1e300], "lr_y": [0.1, 1e300]})
    assert found.verdict.values[0, 0] == Verdict.CONVERGES
    assert found.ended.values[1, 1] != Ending.SETTLED
    game = LinearGame(np.eye(4) + np.triu(np.ones((4, 4))), 2)
    found = sweep(Simultaneous(), game, {"lr_x": [0.1, 1e300], "lr_y": [0.1, 1e300]})
    assert found.verdict.values[0, 0] == Verdict.CONVERGES


class _Quotient(Rule):
    lr_x: float = 0.1
    lr_y: float = 0.1
    divisor: Real = 2.0

    def step(self, game, x, y, memory):
        return x / self.divisor, y / self.divisor, memory


def test_a_division_by_zero_is_the_verdict_of_its_cell():
    axes = {"divisor": [-2.0, 0.0, 0.5, 2.0], "lr": [0.1, 0.2]}
    found = sweep(_Quotient(), GAME, axes)
    names = [VERDICTS[v] for v in found.verdict.values[:, 0]]
    assert names[0] == names[3] == "converges"
    assert names[2] == "diverges_monotone"
    assert found.ended.values[1, 0] in (Ending.OVERFLOW, Ending.NOT_A_NUMBER)


def test_steps_are_saved_by_stopping_early():
    found = sweep(Simultaneous(), GAME, RATES, steps=32768)
    assert found.steps.values[0, 0] < 5000
    assert found.steps.values.max() <= 32768 + 4096 * 17


def test_progress_counts_every_cell():
    seen = []
    sweep(Simultaneous(), GAME, RATES, progress=lambda *pair: seen.append(pair))
    assert seen[-1] == (6, 6)


def test_a_stopped_sweep_leaves_no_thread_running():
    class Stop(Exception):
        pass

    def progress(done, total):
        raise Stop

    before = threading.active_count()
    with pytest.raises(Stop):
        sweep(Simultaneous(), GAME, RATES, progress=progress)
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ({"lr_x": [0.1, 0.2]}, "two axes"),
        ({"lr_x": [0.1, 0.2], "lr_x ": [1, 2]}, "did you mean lr_x"),
        ({"lr_x": [0.1], "lr_y": [0.1, 0.2]}, "2 or more"),
        ({"lr_x": [], "lr_y": [0.1, 0.2]}, "2 or more"),
        ({"lr_x": [0.2, 0.1], "lr_y": [0.1, 0.2]}, "must rise"),
        ({"lr_x": [0.1, 0.1], "lr_y": [0.1, 0.2]}, "must rise"),
        ({"lr_x": [0.0, 0.1], "lr_y": [0.1, 0.2]}, "lr_x must be positive"),
        ({"lr_x": [0.1, np.inf], "lr_y": [0.1, 0.2]}, "must be finite"),
        ({"lr_x": [np.nan, 0.1], "lr_y": [0.1, 0.2]}, "must be finite"),
        ({"lr": [0.1, 0.2], "lr_y": [0.1, 0.2]}, "both set lr_y"),
        ({"gamma": [-1, 1], "lr": [0.1, 0.2]}, "zero or positive"),
    ],
)
def test_bad_axes_are_refused(axes, message):
    with pytest.raises(GandynError, match=message):
        sweep(Simultaneous(), GAME, axes)


@pytest.mark.parametrize(
    ("ends", "message"),
    [
        ((1, 0.1, 5), "must rise"),
        ((0.1, 1, 1), "at least 2"),
        ((0.1, 1, 2.5), "at least 2"),
        ((0, 1, 5, "log"), "above 0"),
        ((np.nan, 1, 5), "finite"),
        ((0.1, 1, 5, "loog"), "'linear' or 'log'"),
    ],
)
def test_bad_axis_ends_are_refused(ends, message):
    with pytest.raises(FieldError, match=message):
        Axis(*ends)


def test_a_field_of_both_must_say_whose():
    with pytest.raises(FieldError, match=r"write rule\.gamma or game\."):
        sweep(Consensus(), GAME, {"gamma": [0.1, 0.2], "lr": [0.1, 0.2]})


def test_an_array_cannot_be_swept():
    game = Bilinear(np.eye(2))
    with pytest.raises(FieldError, match="is an array"):
        sweep(Simultaneous(), game, {"A": [1, 2], "lr": [0.1, 0.2]})


@pytest.mark.parametrize("counts", [[1.5, 2], [0, 1]])
def test_counts_are_whole(counts):
    with pytest.raises(FieldError, match="whole number"):
        sweep(Alternating(), GAME, {"k_x": counts, "lr": [0.1, 0.2]})


def test_a_start_must_fit():
    game = LinearGame(np.eye(3), 1)
    for start in ((0.1, 0.2), (np.zeros(2), np.zeros(1))):
        with pytest.raises(FieldError, match="start: "):
            simulate(Simultaneous(), game, start)
    with pytest.raises(FieldError, match="finite"):
        simulate(Simultaneous(), GAME, (np.nan, 0.1))


@pytest.mark.parametrize("field", ["steps", "threads"])
def test_budgets_are_whole_and_positive(field):
    with pytest.raises(FieldError, match=field):
        sweep(Simultaneous(), GAME, RATES, **{field: 0})


def test_methods_are_named():
    with pytest.raises(FieldError, match="method must be"):
        sweep(Simultaneous(), GAME, RATES, method="fast")
    with pytest.raises(FieldError, match="needs a linear rule"):
        sweep(Simultaneous(), GAME, RATES, method="exact")


class _WrongShape(Rule):
    lr_x: float = 0.1
    lr_y: float = 0.1

    def step(self, game, x, y, memory):
        return np.array([x, x]), y, memory


class _Raises(Rule):
    lr_x: float = 0.1
    lr_y: float = 0.1

    def step(self, game, x, y, memory):
        return x.no_such_attribute, y, memory


class _TwoValues(Rule):
    lr_x: float = 0.1
    lr_y: float = 0.1

    def step(self, game, x, y, memory):
        return x, y


class _GrowingMemory(Rule):
    lr_x: float = 0.1
    lr_y: float = 0.1

    def init(self, game, x, y):
        return (x,)

    def step(self, game, x, y, memory):
        return x, y, (*memory, x)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (_WrongShape(), "returns x of shape"),
        (_Raises(), "AttributeError.*no_such_attribute"),
        (_TwoValues(), "must return"),
        (_GrowingMemory(), "memory of structure"),
    ],
)
def test_a_faulty_rule_is_told_before_anything_compiles(rule, message):
    with pytest.raises(RuleError, match=message):
        sweep(rule, GAME, RATES)


def test_unknown_names_suggest():
    game = DiracGAN(regulariser=R2(0.1))
    axes = {"gama": [1, 2], "lr": [1, 2]}
    with pytest.raises(UnknownName, match="did you mean gamma"):
        sweep(Simultaneous(), game, axes)


def test_a_sweep_imports_no_more_than_it_needs() -> None:
    script = (
        "import sys\n"
        "from gandyn import sweep\n"
        "from gandyn.games import Bilinear\n"
        "from gandyn.rules import Simultaneous\n"
        "axes = {'lr_x': [0.1, 0.2], 'lr_y': [0.1, 0.2]}\n"
        "sweep(Simultaneous(), Bilinear(), axes)\n"
        "spared = ('gandyn.stability', 'scipy.linalg', 'dask')\n"
        "print([m for m in sys.modules if m.startswith(spared)])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
