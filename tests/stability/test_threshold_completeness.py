"""No threshold is lost: neutral and defective directions, slow pairs, opposite ones."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from scipy.linalg import block_diag

from gandyn import rules
from gandyn._node import replace
from gandyn.errors import GandynError
from gandyn.games import Bilinear, DiracGAN, LinearGame, Quadratic
from gandyn.games.dirac import R1
from gandyn.stability import (
    Map,
    RuleMap,
    bifurcations,
    boundary,
    critical_learning_rates,
    multiplier_path,
    radius_derivative,
    stability_limit,
)
from gandyn.stability.crossings import tracks
from gandyn.stability.crossings.neutral_directions import quotient
from gandyn.stability.crossings.spectra import Spectrum, spectrum
from tests.reference.thresholds import (
    eigenvalues,
    forms,
    judged,
    of_form,
    unmatched,
)
from tests.threshold_judge.comparing import differences
from tests.threshold_judge.judging import is_there, judge_whole
from tests.threshold_judge.multipliers import both_maps

LOW, HIGH = 1e-3, 10.0
SLOW = [3e-5 + 5e-4j, 3e-5 - 5e-4j, 2e-5 + 1.4e-3j, 2e-5 - 1.4e-3j]
NEUTRAL = ("Extragradient", "AlternatingExtragradient", "RungeKutta2", "RungeKutta4",
           "Lookahead", "Simultaneous", "HeavyBall", "OptimisticGradient")  # fmt: skip


def field_of(rule: Any) -> str:
    return "lr" if hasattr(rule, "lr_x") else "inner.lr"


def linear_rules() -> list[str]:
    """Return the names of the linear rules of one map that ask for v and J only."""
    left_out = ("FollowTheRidge", "LOLA", "LookAheadPlay")  # no J here has a potential
    return [
        name
        for name, kind in rules.CATALOGUE.items()
        if kind.linear and kind.autonomous and name not in left_out
    ]


def random_game(
    rng: Any, most: int, defective: bool = False
) -> tuple[LinearGame, np.ndarray, int]:
    """Return a game in a random basis, its eigenvalues, and how many are 0 beside."""
    size, kinds = int(rng.integers(2, most + 1)), ["real", "fast", "away", "neutral"]
    blocks: list[np.ndarray] = []
    while (left := size - sum(map(len, blocks))) > 0:
        more = ["pair", "slow", "chain"][: 2 + defective] if left > 1 else []
        kind = rng.choice([*kinds, *more])
        if kind in ("pair", "slow"):
            lows, highs = (
                ((-6, -4), (-3, -2)) if kind == "slow" else ((-1.5,) * 2, (1,) * 2)
            )
            a, b = 10 ** rng.uniform(lows, highs)
            blocks.append(np.array([[a, b], [-b, a]]))
        elif kind == "chain":
            many = int(rng.integers(2, min(left, 4) + 1))
            above = 10 ** rng.uniform(-1, 1) * np.diag(np.ones(many - 1), 1)
            blocks.append(10 ** rng.uniform(-1, 1) * np.eye(many) + above)
        else:
            span = {"real": (-1, 1), "fast": (1, 2), "away": (-2, 0)}.get(kind)
            value = 10 ** rng.uniform(*span) if span else 0.0
            blocks.append(np.array([[-value if kind == "away" else value]]))
    whole = block_diag(*blocks)
    turns = [np.linalg.qr(rng.normal(size=(size, size)))[0] for _ in range(2)]
    basis = turns[0] * np.geomspace(1, 10 ** rng.uniform(0, 1.5), size) @ turns[1]
    game = LinearGame(
        basis @ whole @ np.linalg.inv(basis), n=int(rng.integers(1, size))
    )
    values = np.concatenate([np.linalg.eigvals(block) for block in blocks]).astype(
        complex
    )
    return game, values[values != 0], int(np.sum(values == 0))


@pytest.mark.parametrize("rule", [rules.Extragradient(), rules.RungeKutta2()])
def test_a_real_multiplier_that_leaves_among_slow_pairs_is_found(rule: Any) -> None:
    game = LinearGame.with_spectrum([2.966, *SLOW], n=2)
    want = (1 if isinstance(rule, rules.Extragradient) else 2) / 2.966
    found = critical_learning_rates(rule, game, "lr", 1e-2, 10.0)
    assert [(one.kind, one.change) for one in found] == [("fold", 1)]
    assert found[0].value == pytest.approx(want, rel=1e-12)
    assert found.complete
    (crossing,) = multiplier_path(rule, game, "lr", 1e-2, 10.0).crossings
    assert crossing.value == pytest.approx(want, rel=1e-12)


@pytest.mark.parametrize("name", NEUTRAL)
def test_neutral_directions_shift_no_threshold(name: str) -> None:
    rule = rules.CATALOGUE[name]()
    with_ones = LinearGame(np.diag([4.0, 0.0, 0.0, 1.0]), n=2)
    without = LinearGame(np.diag([4.0, 1.0]), n=1)
    found, known = (
        critical_learning_rates(rule, game, field_of(rule), 1e-2, 10.0)
        for game in (with_ones, without)
    )
    assert [one.neutral for one in found] == [2] * len(known)
    assert [one.value for one in found] == pytest.approx(
        [one.value for one in known], rel=1e-12
    )
    if name == "Extragradient":
        assert [one.value for one in found] == pytest.approx([0.25, 1.0], rel=1e-13)
        assert [one.speed for one in found] == pytest.approx([4.0, 1.0], rel=1e-9)
        assert all(0 < one.uncertainty < 1e-12 for one in found)


def test_a_boundary_is_there_beside_neutral_directions() -> None:
    box = [(0.05, 0.6), (0.05, 0.9)]
    whole = Quadratic(np.diag([4.0, 0.0]), np.zeros((2, 2)), np.diag([-1.0, 0.0]))
    for rule in (rules.Extragradient(), rules.OptimisticGradient()):
        pair = [
            boundary(rule, game, ("lr_x", "lr_y"), box)
            for game in (whole, Quadratic(4.0, 0.0, -1.0))
        ]
        assert len(pair[0]) == len(pair[1]) > 0
        for one, known in zip(*pair, strict=True):
            assert one.kind == known.kind
            assert one.values[[0, -1]] == pytest.approx(known.values[[0, -1]], abs=1e-9)


@pytest.mark.parametrize(("size", "c"), [(2, 500.0), (3, 500.0), (4, 500.0), (4, 1.0)])
def test_a_defective_jacobian_loses_stability_once(size: int, c: float) -> None:
    game = LinearGame(np.eye(size) + c * np.diag(np.ones(size - 1), 1), n=1)
    beta = 0.18662914178961917, 0.19890204815456078
    momentum = rules.ComplexMomentum(beta_abs=beta[0], beta_arg=beta[1])
    for rule, value in (
        (rules.HeavyBall(beta_x=0.2, beta_y=0.2), 2.4),
        (momentum, 2.3681983120611525),
    ):
        found = stability_limit(rule, game, "lr", 0.1, 10.0)
        one = found.bifurcation
        assert (found.status, len(found.crossings)) == ("lost", 1)
        assert one.value == pytest.approx(value, rel=1e-9)
        assert (one.kind, one.change) == ("flip", size)
        assert one.others < 0.3
        assert one.uncertainty > 1e-10 or c == 1.0


@pytest.mark.parametrize("name", ["Simultaneous", "Extragradient", "HeavyBall"])
def test_equal_multipliers_cross_as_often_as_they_are(name: str) -> None:
    rule = rules.CATALOGUE[name]()
    spiral = np.array([[1.0, 2.0], [-2.0, 1.0]])
    defective = np.array([[4.0, 0.1], [0.0, 4.0]])
    for jacobian in (np.eye(3), defective, np.kron(np.eye(3), spiral)):
        game = LinearGame(jacobian, n=1)
        (one,) = found = critical_learning_rates(rule, game, "lr", 1e-2, 3.5)
        wanted = judged(
            of_form(forms()[name], np.linalg.eigvals(jacobian)), 1e-2, 3.5, 501
        )
        assert found.complete
        assert one.change == len(jacobian)
        assert [each.change for each in wanted] == [len(jacobian)]
        assert one.value == pytest.approx(wanted[0].value, rel=1e-9)


@pytest.mark.parametrize("side", [-1, 1])
def test_opposite_crossings_at_one_parameter_are_both_listed(side: int) -> None:
    step = Map(
        lambda z, p: (
            side * (1 + p - 0.1) * z[0] - side * z[0] ** 3,
            side * (1 - p + 0.1) * z[1] - side * z[1] ** 3,
        ),
        "p",
    )
    found = bifurcations(step, [0.0, 0.0], -0.3, 0.4)
    assert [one.value for one in found] == pytest.approx([0.1, 0.1], abs=1e-12)
    assert sorted(one.change for one in found) == [-1, 1]
    assert sorted(one.speed for one in found) == pytest.approx([-1, 1], rel=1e-4)
    assert [one.multiplier for one in found] == [side, side]
    assert all(one.others >= 1 for one in found)  # stability does not change
    assert found.complete


def test_a_window_between_two_places_is_found() -> None:
    # |λ| = 1 + ε² - (p - 1)² is above 1 for |p - 1| < ε only
    for width in (1e-2, 1e-3, 1e-5):
        step = Map(lambda z, p, e=width: ((e * e + 2 * p - p * p) * z[0],), "p")
        found = bifurcations(step, [0.0], 0.3, 1.9)
        assert [one.change for one in found] == [1, -1]
        want = [1 - width, 1 + width]
        assert [one.value for one in found] == pytest.approx(want, abs=1e-9)


def test_a_touch_is_no_crossing() -> None:
    step = Map(lambda z, p: ((1 - (p - 0.3) ** 2) * z[0],), "p")
    assert bifurcations(step, [0.0], 0.0, 1.1) == []


@pytest.mark.parametrize("name", sorted(forms()))
def test_random_games_by_closed_forms(name: str) -> None:
    rng, rule = np.random.default_rng(1), rules.CATALOGUE[name]()
    for _ in range(2):
        game, values, _ = random_game(rng, 5)
        found = critical_learning_rates(rule, game, field_of(rule), LOW, HIGH)
        wanted = judged(of_form(forms()[name], values), LOW, HIGH)
        assert found.complete
        assert not unmatched(wanted, found)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:the bifurcations in:RuntimeWarning")
@pytest.mark.parametrize("name", sorted(forms()))
def test_many_random_games(name: str) -> None:
    """Judged at 20,001 places by closed forms, up to 65 dimensions."""
    rng, rule, incomplete = np.random.default_rng(12), rules.CATALOGUE[name](), 0
    for k in range(100):
        game, values, neutral = random_game(rng, 65 if k % 20 == 0 else 5, k % 2 == 1)
        if k % 2:  # rounding of J takes apart what was one eigenvalue
            values = eigenvalues(game.J, neutral)
        found = critical_learning_rates(rule, game, field_of(rule), LOW, HIGH)
        incomplete += not found.complete
        if found.complete:
            wanted = judged(of_form(forms()[name], values), LOW, HIGH)
            assert not unmatched(wanted, found), k
    assert incomplete < 25  # Jordan blocks of four that rounding takes apart, mostly


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:the bifurcations in:RuntimeWarning")
@pytest.mark.parametrize("name", linear_rules())
def test_random_games_with_unequal_players(name: str) -> None:
    rng, rule, incomplete = np.random.default_rng(13), rules.CATALOGUE[name](), 0
    x, y = (field_of(rule) + player for player in ("_x", "_y"))
    for k in range(8):
        game, _, neutral = random_game(rng, 5)
        ratio = round(float(10 ** rng.uniform(-1, 1)), 6)
        tied = f"{x}, {y}={ratio}*{x}"

        def make(p: Any, ratio: float = ratio) -> Any:
            return replace(rule, {x: p, y: ratio * p})

        found = critical_learning_rates(rule, game, tied, LOW, HIGH / 3)
        incomplete += not found.complete
        if found.complete:
            maps, precise = both_maps(make, game.J, game.n)
            wanted = judge_whole(maps, precise, neutral, LOW, HIGH / 3, 5001)
            there = partial(is_there, precise, neutral)
            assert differences(wanted, found, there)[0] == "agrees", k
    assert incomplete < 4


def test_the_judge_counts_what_a_closed_form_says() -> None:
    mu = np.array([2.0, 0.5 + 1j, 0.5 - 1j])
    first = judged(of_form(forms()["Simultaneous"], mu), 0.1, 10.0, 501)
    matrix = LinearGame.with_spectrum(mu, n=1).J
    maps = both_maps(lambda p: rules.Simultaneous(lr_x=p, lr_y=p), matrix, 1)
    second = judge_whole(*maps, 0, 0.1, 10.0, 501).changes
    assert [one.value for one in first] == pytest.approx([0.8, 1.0], rel=1e-12)
    assert [one.change for one in first] == [2, 1]
    assert [one.value for one in second] == pytest.approx([0.8, 1.0], rel=1e-9)


def test_rounding_that_hides_a_multiplier_is_said() -> None:
    # ten to the sixth times its rate, to the fifth power: the slow one drowns
    stiff = LinearGame.with_spectrum([1e4, 0.4, 1 + 2j, 1 - 2j], n=2, condition=30.0)
    coupled = rules.Lookahead(rules.HeavyBall(beta_x=0.0, beta_y=1e-3))
    with pytest.warns(RuntimeWarning, match="may be incomplete"):
        found = critical_learning_rates(coupled, stiff, "inner.lr", LOW, HIGH)
    assert not found.complete
    assert found.known_to > LOW
    assert found.as_dict()["complete"] is False


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("exponent", range(-17, -13))
def test_nearly_neutral_directions_are_said(exponent: int, sign: int) -> None:
    tiny = sign * 4 * 10.0**exponent
    game = LinearGame(np.diag([4.0, tiny, 1.0, tiny]), n=2)
    with pytest.warns(RuntimeWarning, match=r"neutral|not told from the circle"):
        found = stability_limit(rules.Extragradient(), game, "lr", 1e-2, 10.0)
    assert not found.crossings.complete
    assert (found.status, found.bifurcation) == ("undecided", None)
    exact = LinearGame(np.diag([4.0, 0.0, 1.0, 0.0]), n=2)
    known = stability_limit(rules.Extragradient(), exact, "lr", 1e-2, 10.0)
    assert known.crossings.complete
    assert known.value == pytest.approx(0.25, rel=1e-12)


def test_multipliers_on_the_circle_all_along_are_said() -> None:
    # |1 - 1e-9 i lr| is 1 in floats: nobody knows where it crosses
    game = LinearGame([[0.0, 1e-9], [-1e-9, 0.0]], n=1)
    with pytest.warns(RuntimeWarning, match="2 multipliers are not told"):
        found = stability_limit(rules.Simultaneous(), game, "lr", 1e-3, 1.0)
    assert (found.status, found.crossings.undecided) == ("undecided", 2)


def test_stability_limits_are_clear_answers() -> None:
    game = DiracGAN(regulariser=R1(0.3))
    rule = rules.Simultaneous()
    found = stability_limit(rule, game, "lr", 0.1, 5.0)
    assert (found.status, found.value) == ("lost", pytest.approx(1.2, rel=1e-12))
    assert np.abs(found.bifurcation.vector) == pytest.approx([0.5**0.5] * 2, rel=1e-9)
    assert stability_limit(rule, game, "lr", 0.1, 1.0).status == "stable"
    unstable = stability_limit(rule, game, "lr", 2.0, 5.0)
    assert unstable.status == "unstable"
    with pytest.raises(GandynError, match="no stability is seen to be lost"):
        _ = unstable.value
    assert unstable.as_dict()["bifurcation"] is None


def test_the_radius_moves_as_its_derivative_says() -> None:
    game = Quadratic(1.3, 0.7, -0.4)
    for rule in (rules.Extragradient(lr=0.5), rules.HeavyBall(lr=0.4)):
        slope = radius_derivative(rule, game)
        ends = [
            np.abs(spectra_of(replace(rule, {"lr_x": lr, "lr_y": lr}), game)).max()
            for lr in (rule.lr_x - 1e-5, rule.lr_x + 1e-5)
        ]
        assert slope == pytest.approx((ends[1] - ends[0]) / 2e-5, rel=1e-6)
    with pytest.raises(GandynError, match=r"not simple|several"):
        radius_derivative(rules.Alternating(lr=2.0), Bilinear(1.0))


def spectra_of(rule: Any, game: Any) -> np.ndarray:
    from gandyn.dynamics import multipliers

    return multipliers(rule, game)


def test_neutral_directions_are_those_of_all_maps() -> None:
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    maps = [
        basis @ np.diag([1, 1, 1 - p, 1 - 1e-6 * p, 0.3]) @ basis.T for p in (0.1, 2.0)
    ]
    found = quotient(maps)
    assert (found.count, found.turning, found.doubtful) == (2, 0, 0)
    values = np.sort(np.linalg.eigvals(found.reduced(maps[0])).real)
    assert values == pytest.approx([0.3, 0.9, 1 - 1e-7], abs=1e-14)
    chain = [np.array([[1.0, p], [0.0, 1.0]]) for p in (0.5, 1.0)]
    assert quotient(chain).count == 2
    turned = []
    for angle in (0.3, 1.1, 2.0):
        c, s = np.cos(angle), np.sin(angle)
        turn = np.array([[c, -s], [s, c]])
        turned.append(turn @ np.diag([1.0, 0.5]) @ turn.T)
    found = quotient(turned)
    assert (found.count, found.turning) == (1, 1)
    assert found.reduced(turned[1])[0, 0] == pytest.approx(0.5, abs=1e-14)


def test_rounding_is_that_of_the_condition_number() -> None:
    assert spectrum(0.0, np.diag([1.0 + 1e-12, 0.5])).side.tolist() == [1, -1]
    close = spectrum(0.0, np.diag([1.0 - 2e-15, 0.5]))
    assert close.side.tolist() == [0, -1]
    turn = np.array([[0.8, -0.6], [0.6, 0.8]])
    steep = turn @ np.array([[1 - 1e-6, 1e4], [0.0, 0.5]]) @ turn.T
    assert sorted(spectrum(0.0, steep).side.tolist()) == [-1, 0]
    jordan = np.eye(3) + np.diag([1.0, 1.0], 1)
    assert spectrum(0.0, jordan * (1 + 1e-7)).side.tolist() == [0, 0, 0]
    assert spectrum(0.0, jordan * 1.01).side.tolist() == [1, 1, 1]


def test_multipliers_near_the_circle_are_followed_in_small_steps() -> None:
    # one turns along the circle just outside: 2π / MOVE steps
    line = [Spectrum(p, np.array([1.001 * np.exp(1j * p)]), np.array([1e-14]))
            for p in (0.0, 0.06)]  # fmt: skip
    assert tracks._unclear(line).tolist() == [True]
    line = [line[0], Spectrum(0.04, np.array([1.001 * np.exp(0.04j)]), line[0].doubt)]
    assert tracks._unclear(line).tolist() == [False]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", ["Simultaneous", "Alternating"])
def test_the_direction_that_is_lost_is_an_eigenvector_of_the_whole_map(name, seed):
    """What a map pushes along neutral directions belongs to its eigenvectors."""
    rng = np.random.default_rng(seed)
    basis = np.eye(6) + 0.4 * rng.normal(size=(6, 6))
    inner = np.zeros((6, 6))
    inner[2:, 2:] = np.diag([1.0, 2.0, 3.5, 0.7]) + 0.3 * rng.normal(size=(4, 4))
    rule = rules.CATALOGUE[name]()
    game = LinearGame(basis @ inner @ np.linalg.inv(basis), n=3)
    found = critical_learning_rates(rule, game, "lr", 1e-3, 10.0)
    away = [one for one in found if abs(one.multiplier - 1) > 1e-3]
    assert away  # at 1 what is pushed along neutral directions is no part of a chain
    for one in away:
        map = RuleMap(rule, game, "lr").jacobian(np.zeros(6), one.value)
        off = map @ one.vector - one.multiplier * one.vector
        assert np.linalg.norm(off) < 1e-9 * np.linalg.norm(one.vector)
