"""Compiled hitting times against plain Python, closed forms and the numpy race."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from gandyn._node import replace
from gandyn.bench import Protocol, find_problems, find_solvers
from gandyn.bench.engines import run_solver
from gandyn.bench.protocol import TARGETS
from gandyn.bench.settings import settings
from gandyn.dynamics.hitting import HittingTimes, Stop, has_kernel, hitting_times
from gandyn.errors import GandynError
from gandyn.games import R1, Bilinear, DiracGAN, Game, Quadratic
from gandyn.rules import (
    Adam,
    Alternating,
    ExtraAnchoredGradientV,
    Extragradient,
    OptimisticGradient,
    ProximalPoint,
    Rule,
    Simultaneous,
)

FALLING = np.array(TARGETS)
ORIGIN = np.zeros((1, 2))
DIRAC = DiracGAN(regulariser=R1(0.3))
CELLS = 150  # three blocks, the last one not full


def common(rates: Any) -> dict[tuple[str, str], np.ndarray]:
    return {("rule", name): np.asarray(rates, float) for name in ("lr_x", "lr_y")}


def sampled(seed: int, low: float, high: float) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    rates = np.exp(rng.uniform(math.log(low), math.log(high), CELLS))
    return common(rates), tuple(rng.normal(size=(2, CELLS)))


def plain(
    rule: Rule, game: Game, x: float, y: float, bound: float, steps: int, points: Any
) -> tuple[list[float], list[float], Stop, int]:
    """Look at one cell after every step, in Python's own numbers."""
    memory, step = rule.init(game, x, y), 0
    hits, at_hit = [math.inf] * len(TARGETS), [math.nan] * len(TARGETS)
    while True:
        if points is None:
            measure = math.hypot(game.gx(x, y), game.gy(x, y))
        else:
            measure = min(math.hypot(x - p, y - q) for p, q in points)
        for k, target in enumerate(TARGETS):
            if measure <= target and hits[k] == math.inf:
                hits[k], at_hit[k] = step, measure
        if hits[-1] < math.inf:
            return hits, at_hit, Stop.REACHED, step
        if not measure <= bound:
            kind = Stop.NOT_A_NUMBER if math.isnan(measure) else Stop.LEFT
            return hits, at_hit, kind, step
        if step == steps:
            return hits, at_hit, Stop.OPEN, step
        x, y, memory = rule.step(game, x, y, memory)
        step += 1


PLAYED = {
    "extragradient": (Extragradient(), Bilinear(1.0), 0.05, 3.0),
    "optimistic": (OptimisticGradient(), DIRAC, 0.05, 1.0),
    "alternating": (Alternating(), DIRAC, 0.05, 1.5),
    "anchored": (ExtraAnchoredGradientV(), Bilinear(1.0), 0.05, 0.9),
    "proximal": (ProximalPoint(), Bilinear(1.0), 0.05, 3.0),
}


@pytest.mark.parametrize("points", [ORIGIN, None], ids=["distance", "residual"])
@pytest.mark.parametrize("name", PLAYED)
def test_hits_are_those_of_plain_python(name: str, points: Any) -> None:
    rule, game, low, high = PLAYED[name]
    swept, (x, y) = sampled(1, low, high)
    bound = np.full(CELLS, 1e3)
    found = hitting_times(rule, game, swept, (x, y), FALLING, bound, 400, points)
    assert np.isfinite(found.hits[0]).sum() > CELLS / 4
    for i in range(CELLS):
        own = replace(rule, {path: float(v[i]) for (_, path), v in swept.items()})
        hits, at_hit, stop, steps = plain(
            own, game, float(x[i]), float(y[i]), 1e3, 400, points
        )
        assert found.hits[:, i].tolist() == hits
        np.testing.assert_allclose(found.at_hit[:, i], at_hit, rtol=1e-6)
        assert (found.stop[i], found.steps[i]) == (stop, steps)


@pytest.mark.parametrize(
    ("problem", "solver"),
    [
        ("bilinear-scalar", "Extragradient"),
        ("dirac-minimax-r1", "OptimisticGradient"),
        ("rotation-10", "Extragradient"),
        ("bilinear-1", "OptimisticGradient"),
        ("bilinear-deficient", "Extragradient"),
    ],
)
@pytest.mark.parametrize("measure", ["distance", "residual"])
def test_hits_are_those_of_the_race(problem: str, solver: str, measure: str) -> None:
    chosen = find_problems([problem])[problem].by(measure)
    player = find_solvers([solver])[0][solver]
    protocol = Protocol(settings=40, starts=3, budget=1500)
    values = settings(player, chosen, protocol)
    raced = run_solver(player, chosen, values, protocol)
    x, y = (np.tile(part, 40) for part in chosen.starts(3, protocol.seed))
    found = hitting_times(
        player.rule,
        chosen.game,
        {("rule", path): np.repeat(v, 3) for path, v in values.items()},
        (x, y),
        FALLING,
        1e8 * np.maximum(chosen.measure(x, y), 1.0),
        1500 // sum(player.calls(chosen.game).values()),
        solutions_of(chosen.game) if measure == "distance" else None,
    )
    assert np.isfinite(found.hits).any()
    assert np.isinf(found.hits[0]).any()
    np.testing.assert_array_equal(found.hits.reshape(raced.steps.shape), raced.steps)
    for stop, word in ((Stop.REACHED, "reached"), (Stop.NOT_A_NUMBER, "nan")):
        ended = (found.stop == stop).reshape(raced.verdict.shape)
        np.testing.assert_array_equal(ended, raced.verdict == word)


def solutions_of(game: Game) -> np.ndarray:
    return np.array([np.append(*z) for z in game.equilibria()], dtype=float)


def test_geometric_orbits_have_closed_forms() -> None:
    rates = np.array([0.03, 0.1, 0.5, 0.9, 1.9])
    start = np.full(5, 0.6), np.full(5, 0.8)
    bowl = Quadratic(1.0, 0.0, -1.0)  # |z| shrinks by |1 - lr|
    found = hitting_times(
        Simultaneous(),
        bowl,
        common(rates),
        start,
        FALLING,
        np.full(5, 2.0),
        999,
        ORIGIN,
    )
    wanted = np.log(FALLING)[:, None] / np.log(np.abs(1 - rates))
    generic = np.abs(wanted - np.round(wanted)) > 1e-6  # 0.1 and 0.9 meet targets
    np.testing.assert_array_equal(found.hits[generic], np.ceil(wanted)[generic])
    assert (found.stop == Stop.REACHED).all()


def test_a_cell_leaves_at_the_first_step_beyond_its_own_bound() -> None:
    bound = np.array([1.5, 10.0, 1e4, 1e8, 1e150])  # |z| grows by √(1 + lr²)
    found = hitting_times(
        Simultaneous(), Bilinear(1.0), common(np.full(5, 0.5)),
        (np.ones(5), np.zeros(5)), FALLING, bound, 4000, ORIGIN,
    )  # fmt: skip
    wanted = np.floor(np.log(bound) / np.log(math.sqrt(1.25))) + 1
    np.testing.assert_array_equal(found.steps, wanted)
    assert found.stop.tolist() == [Stop.LEFT] * 5
    assert np.isinf(found.hits).all()
    assert np.isnan(found.at_hit).all()


def test_what_is_not_a_number_ends_a_cell() -> None:
    rates, x = [0.5, 0.5, 1e200], np.array([1.0, np.nan, 1.0])
    found = hitting_times(
        Simultaneous(), Bilinear(1.0), common(rates), (x, np.ones(3)), FALLING,
        np.full(3, np.inf), 20, ORIGIN,
    )  # fmt: skip
    assert found.stop.tolist() == [Stop.OPEN, Stop.NOT_A_NUMBER, Stop.NOT_A_NUMBER]
    assert found.steps.tolist() == [20, 0, 3]  # 1e200, an infinity, and a difference


def test_the_initial_state_counts() -> None:
    x = np.array([1.0, 1e-3, 0.0])
    for steps in (0, 40):
        found = hitting_times(
            Simultaneous(), Bilinear(1.0), common([0.1] * 3), (x, 0 * x), FALLING,
            np.full(3, 1e8), steps, ORIGIN,
        )  # fmt: skip
        at_once = (np.array([0, 3, 8]) > np.arange(8)[:, None]).astype(float)
        np.testing.assert_array_equal(found.hits, np.where(at_once, 0.0, np.inf))
        assert found.at_hit[0, 1] == 1e-3
        assert found.steps.tolist() == [steps, steps, 0]
        assert found.stop.tolist() == [Stop.OPEN, Stop.OPEN, Stop.REACHED]


def test_the_nearest_solution_counts() -> None:
    """Of points that are none too: an orbit passes them."""
    swept, start = sampled(2, 0.05, 0.9)
    points = np.array([[0.0, 0.0], [0.5, -0.5], [-0.3, 0.7]])

    def hits(points: np.ndarray) -> np.ndarray:
        return hitting_times(
            Extragradient(), Bilinear(1.0), swept, start, FALLING,
            np.full(CELLS, 1e8), 300, points,
        ).hits  # fmt: skip

    each = np.array([hits(points[i : i + 1]) for i in range(3)])
    np.testing.assert_array_equal(hits(points), each.min(axis=0))
    assert (np.unique(each.argmin(axis=0)[0]).tolist()) == [0, 1, 2]


@pytest.mark.parametrize("game", [DIRAC, Bilinear([[1.0, 0.3], [0.2, 0.5]])])
def test_a_cell_does_not_know_the_others(game: Game) -> None:
    rng = np.random.default_rng(3)
    swept, _ = sampled(3, 0.02, 3.0)
    size = game.shape[0]
    x, y = rng.normal(size=(2, *size, CELLS))

    def some(which: Any) -> HittingTimes:
        return hitting_times(
            Extragradient(), game, {path: v[which] for path, v in swept.items()},
            (x[..., which], y[..., which]), FALLING, np.full(len(which), 1e3), 300,
        )  # fmt: skip

    whole = some(np.arange(CELLS))
    assert len(np.unique(whole.stop)) > 1
    for which in (rng.permutation(CELLS), np.arange(64), np.arange(7, 72), [140]):
        for part, all_ in zip(some(which), whole, strict=True):
            np.testing.assert_array_equal(part, all_[..., which])


def test_fewer_steps_forget_what_comes_later() -> None:
    swept, start = sampled(4, 0.05, 3.0)
    bound = np.full(CELLS, 1e3)

    def within(steps: int) -> HittingTimes:
        return hitting_times(
            Extragradient(), Bilinear(1.0), swept, start, FALLING, bound, steps, ORIGIN
        )

    whole = within(200)
    for steps in (0, 1, 15, 16, 17, 31, 32, 33):
        part = within(steps)
        known = whole.hits <= steps
        np.testing.assert_array_equal(part.hits, np.where(known, whole.hits, np.inf))
        np.testing.assert_array_equal(part.steps, np.minimum(whole.steps, steps))


def test_which_matrices_fall_apart() -> None:
    matrix = [[1.0, 0.3], [0.2, 0.5]]
    assert has_kernel(Extragradient(), Bilinear(matrix))
    assert not has_kernel(Adam(), Bilinear(matrix))
    assert not has_kernel(ProximalPoint(), Bilinear(matrix))
    assert not has_kernel(Extragradient(), Bilinear(matrix, b=[1.0, 0.0]))
    assert not has_kernel(Extragradient(), Bilinear([[0.0, 0.0], [0.0, 0.0]]))
    with pytest.raises(GandynError, match="fall apart"):
        hitting_times(
            Adam(), Bilinear(matrix), {}, (np.ones((2, 1)), np.ones((2, 1))), FALLING,
            np.ones(1), 10,
        )  # fmt: skip
