"""Every rule, on every kind of number, and the truth of what it says of itself."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
import pytest

from gandyn._node import Real, find_member, is_structural, leaves, replace
from gandyn.elementary import clip, cos, sin
from gandyn.errors import FieldError
from gandyn.games import Bilinear, LinearGame
from gandyn.games._base import ScalarGame
from gandyn.rules import CATALOGUE, Rule, Simultaneous

RULES = pytest.mark.parametrize("name", sorted(CATALOGUE))
STEPS = 50
TRANSCENDENTAL = {"ComplexMomentum", "AlternatingComplexMomentum"}
RATIONAL = sorted({n for n, c in CATALOGUE.items() if c.linear} - TRANSCENDENTAL)


class _Quadratic(ScalarGame):
    """L_x = a x²/2 + σ x y - c y²/2 = -L_y."""

    a: Real = 0.3
    sigma: Real = 1.1
    c: Real = 0.4

    def gx(self, x: Any, y: Any) -> Any:
        return self.a * x + self.sigma * y

    def gy(self, x: Any, y: Any) -> Any:
        return self.c * y - self.sigma * x

    def jacobian(self, x: Any, y: Any) -> Any:
        return self.a, self.sigma, -self.sigma, self.c


class _Curved(_Quadratic):
    """The same with another y sin(x) / 2 in L_x."""

    def gx(self, x: Any, y: Any) -> Any:
        return self.a * x + (self.sigma + cos(x) / 2) * y

    def gy(self, x: Any, y: Any) -> Any:
        return self.c * y - self.sigma * x - sin(x) / 2

    def jacobian(self, x: Any, y: Any) -> Any:
        off = self.sigma + cos(x) / 2
        return self.a - y * sin(x) / 2, off, -off, self.c


class _ZeroSum(LinearGame):
    zero_sum: ClassVar[bool] = True

    def project(self, x: Any, y: Any) -> Any:
        """Every rule but projection leaves the bounds of a linear game alone."""
        return clip(x, 2.0), clip(y, 2.0)


def _zero_sum(sign: float = 1.0) -> _ZeroSum:
    rng = np.random.default_rng(3)
    off = rng.normal(size=(2, 3))
    own_x, own_y = rng.normal(size=(2, 2)), rng.normal(size=(3, 3))
    own_x, own_y = own_x @ own_x.T + np.eye(2), own_y @ own_y.T + np.eye(3)
    return _ZeroSum(np.block([[sign * own_x, off], [-off.T, sign * own_y]]), n=2)


def _flat(value: Any) -> list[Any]:
    if isinstance(value, tuple):
        return [leaf for part in value for leaf in _flat(part)]
    return [value]


def _like(value: Any, leaves: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_like(part, leaves) for part in value)
    return next(leaves)


def _orbit(rule: Rule, game: Any, x: Any, y: Any, steps: int = STEPS) -> Any:
    memory = rule.init(game, x, y)
    states = []
    for _ in range(steps):
        x, y, memory = rule.step(game, x, y, memory)
        states.append((x, y, memory))
    return states


def _points(orbit: Any) -> np.ndarray:
    return np.array(
        [
            np.concatenate([np.asarray(x), np.asarray(y)])
            if np.ndim(x)
            else (float(x), float(y))
            for x, y, _ in orbit
        ]
    )


def _same(got: Any, expected: Any) -> None:
    scale = np.abs(np.asarray(expected)).max()
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12 * scale)


@RULES
def test_numpy_broadcasting_is_the_float_orbit(name: str) -> None:
    game, rates = _Curved(), np.array([0.05, 0.1, 0.2])
    rule = CATALOGUE[name]()
    paths = [p for p in leaves(rule) if p.split(".")[-1] in ("lr_x", "lr_y")]
    many = replace(rule, dict.fromkeys(paths, rates))
    x, y = np.array([0.7, -0.3, 0.5]), np.array([-0.4, 0.9, 0.2])
    batch = np.array([(x, y) for x, y, _ in _orbit(many, game, x, y)])
    for i, rate in enumerate(rates):
        one = replace(rule, dict.fromkeys(paths, float(rate)))
        expected = _points(_orbit(one, game, float(x[i]), float(y[i])))
        assert np.isfinite(expected).all()
        _same(batch[:, :, i], expected)


@RULES
def test_torch_is_the_float_orbit(name: str) -> None:
    torch = pytest.importorskip("torch")
    game, rule = _Curved(), CATALOGUE[name]()
    start = [torch.tensor(v, dtype=torch.float64) for v in (0.7, -0.4)]
    got = _points(_orbit(rule, game, *start))
    _same(got, _points(_orbit(rule, game, 0.7, -0.4)))


@RULES
def test_vectors_in_batches_and_on_torch(name: str) -> None:
    torch = pytest.importorskip("torch")
    game, rule = _zero_sum(), CATALOGUE[name]()
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(2, 4)), rng.normal(size=(3, 4))
    batch = _points(_orbit(rule, game, x, y))
    for i in range(4):
        _same(batch[:, :, i], _points(_orbit(rule, game, x[:, i], y[:, i])))
    tensors = _orbit(rule, game, torch.from_numpy(x), torch.from_numpy(y))
    _same(_points(tensors), batch)


@pytest.mark.parametrize("name", RATIONAL)
def test_linear_rules_are_exact_on_fractions(name: str) -> None:
    floats = CATALOGUE[name]()
    exact = {
        path: Fraction(value).limit_denominator(1000)
        for path, value in leaves(floats).items()
        if isinstance(value, float) and path != "tol"
    }
    rule = replace(floats, exact)
    values = {"a": Fraction(3, 10), "sigma": Fraction(11, 10), "c": Fraction(2, 5)}
    game = _Quadratic(**values)
    orbit = _orbit(rule, game, Fraction(7, 10), Fraction(-2, 5), 4)
    assert {type(v) for x, y, _ in orbit for v in (x, y)} == {Fraction}
    nearby = _orbit(
        replace(rule, {p: float(v) for p, v in exact.items()}),
        _Quadratic(),
        0.7,
        -0.4,
        4,
    )
    _same(_points(orbit), _points(nearby))


@RULES
def test_linear_means_affine_in_state_and_memory(name: str) -> None:
    rule = CATALOGUE[name]()
    worst = 0.0
    for game in (_zero_sum(), _zero_sum(-0.5)):
        rng = np.random.default_rng(7)
        starts = [rng.normal(size=(5, 1)) * scale for scale in (0.03, 3.0)]
        ends = [
            _orbit(rule, game, z[:2], z[2:], steps)[-1]
            for z, steps in zip(starts, (2, 5), strict=True)
        ]
        flat = [_flat(end) for end in ends]
        middle = _like(ends[0], iter([(p + q) / 2 for p, q in zip(*flat, strict=True)]))
        after = [_flat(rule.step(game, *state)) for state in (*ends, middle)]
        for p, q, r in zip(*after, strict=True):
            worst = max(worst, np.abs((p + q) / 2 - r).max() / np.abs(r).max())
    assert (worst < 1e-12) == rule.linear


@RULES
def test_autonomous_means_no_clock(name: str) -> None:
    rule, game = CATALOGUE[name](), _Curved()
    memory = rule.init(game, 0.0, 0.0)
    x, y, after = rule.step(game, 0.0, 0.0, memory)
    assert (x, y) == (0.0, 0.0)
    assert (_flat(after) == _flat(memory)) == rule.autonomous


@RULES
def test_orthogonal_means_the_orbit_turns_with_the_players(name: str) -> None:
    rng = np.random.default_rng(11)
    turn_x, turn_y = (np.linalg.qr(rng.normal(size=(n, n)))[0] for n in (2, 3))
    game, rule = _zero_sum(), CATALOGUE[name]()
    turn = np.block([[turn_x, np.zeros((2, 3))], [np.zeros((3, 2)), turn_y]])
    turned = _ZeroSum(turn @ game.J @ turn.T, n=2)
    z = 5 * rng.normal(size=5)
    expected = _points(_orbit(rule, game, z[:2], z[2:])) @ turn.T
    got = _points(_orbit(rule, turned, turn_x @ z[:2], turn_y @ z[2:]))
    apart = np.abs(got - expected).max() / np.abs(expected).max()
    assert (apart < 1e-12) == rule.orthogonal


class _FirstOrder:
    """An oracle that has gradients and nothing else."""

    def __init__(self, game: Any) -> None:
        self.gx, self.gy, self.shape = game.gx, game.gy, game.shape
        self.project = game.project


@RULES
def test_second_order_means_more_than_gradients_are_asked_for(name: str) -> None:
    rule, game = CATALOGUE[name](), _FirstOrder(_Curved())
    if rule.second_order:
        with pytest.raises(AttributeError):
            _orbit(rule, game, 0.7, -0.4, 1)
    else:
        assert _orbit(rule, game, 0.7, -0.4, 1)


@RULES
def test_learning_rates_are_two_positive_numbers(name: str) -> None:
    cls = CATALOGUE[name]
    if "lr_x" not in {f.name for f in dataclasses.fields(cls)}:
        assert {"inner.lr_x", "inner.lr_y"} <= leaves(cls()).keys()
        return
    rule = cls(lr=0.25)
    assert (rule.lr_x, rule.lr_y) == (0.25, 0.25)
    for bad in (0.0, -0.1, float("nan"), float("inf")):
        with pytest.raises(FieldError, match="lr_y"):
            cls(lr_y=bad)
    with pytest.raises(FieldError, match="not both"):
        cls(lr=0.1, lr_x=0.1)


@RULES
def test_every_memory_number_is_a_float_and_keeps_its_shape(name: str) -> None:
    rule, game = CATALOGUE[name](), _Curved()
    before = rule.init(game, 0.7, -0.4)
    _, _, after = rule.step(game, 0.7, -0.4, before)
    assert {type(v) for v in (*_flat(before), *_flat(after))} <= {float}
    assert _like(after, iter(_flat(before))) == before


def test_names_and_aliases_are_unique_and_found() -> None:
    names = [n for key, cls in CATALOGUE.items() for n in (key, *cls.aliases)]
    plain = [n.replace("-", "").replace("_", "").lower() for n in names]
    assert len(set(plain)) == len(plain)
    for key, cls in CATALOGUE.items():
        assert all(find_member(Rule, n) is cls for n in (key, *cls.aliases))


@RULES
def test_every_docstring_has_an_example_and_every_field(name: str) -> None:
    cls = CATALOGUE[name]
    assert ">>> " in cls.__doc__
    for field in dataclasses.fields(cls):
        assert field.name in cls.__doc__, field.name


@RULES
def test_only_counts_and_switches_are_structural(name: str) -> None:
    cls = CATALOGUE[name]
    for path, value in leaves(cls()).items():
        if "." not in path:
            assert is_structural(cls, path) == isinstance(value, bool | int)


def test_a_bilinear_game_decouples_by_its_singular_values() -> None:
    matrix = np.array([[1.0, 2.0, 0.5], [0.3, -1.0, 0.7]])
    u, sigma, vt = np.linalg.svd(matrix, full_matrices=False)
    rule = CATALOGUE["OptimisticGradient"](lr=0.2)
    x, y = u @ np.array([1.0, 2.0]), vt.T @ np.array([-1.0, 0.5])
    orbit = _orbit(rule, Bilinear(matrix), x, y)
    scalar = _orbit(rule, Bilinear(sigma[1]), 2.0, 0.5)
    _same([u[:, 1] @ x for x, _, _ in orbit], [x for x, _, _ in scalar])


def test_a_subclass_does_not_take_its_parents_aliases() -> None:
    class Mine(Simultaneous):
        pass

    class Thief(Simultaneous):
        aliases: ClassVar[tuple[str, ...]] = ("GDA", "Alternating")

    assert find_member(Rule, "GDA") is Simultaneous
    assert find_member(Rule, "TTUR") is Simultaneous
    assert find_member(Rule, "alternating") is CATALOGUE["Alternating"]
    assert find_member(Rule, "Mine") is Mine
    assert find_member(Rule, "Thief") is Thief


@pytest.mark.parametrize("name", ["Adam", "AMSGrad", "RMSProp"])
def test_a_decay_of_one_is_refused(name: str) -> None:
    with pytest.raises(FieldError, match="beta2 must be at least 0 and below 1"):
        CATALOGUE[name](beta2=1.0)
