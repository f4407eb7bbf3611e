"""The engine of continuation: one loop, one trace, one record, on what is known."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from gandyn.errors import GandynError
from gandyn.games import AlmostBilinear
from gandyn.plot import bifurcation_diagram
from gandyn.stability import (
    Flow,
    GameFlow,
    Map,
    continue_equilibria,
    continue_invariant_curve,
    continue_limit_cycle,
    continue_periodic_orbit,
    invariant_curve,
    limit_cycle,
    periodic_orbit,
)
from gandyn.stability.continuation.newton import Newton, iterate
from gandyn.stability.continuation.tracing import (
    ContinuationProblem,
    Stride,
    edge_crossing,
    trace_branch,
)

LOGISTIC = Map(lambda z, r: r * z * (1 - z), "r")


def root(x: float, _: int) -> tuple[float, float]:
    """Return the next iterate towards √2."""
    change = (x * x - 2) / (2 * x)
    return x - change, abs(change)


def test_the_loop_ends_where_moves_are_small() -> None:
    found = iterate(root, 1.0, Newton(most=9, still=1e-12))
    assert found is not None
    assert found.at == pytest.approx(math.sqrt(2), rel=1e-15)
    assert iterate(root, 1.0, Newton(most=3, still=1e-12)) is None
    assert iterate(root, 1.0, Newton(most=3, still=0.0, at_last=1e-2)) is not None


def test_the_loop_is_lost_where_moves_do_not_shrink() -> None:
    def back_and_forth(x: float, _: int) -> tuple[float, float]:
        return -x, 2 * abs(x)

    patient = Newton(most=7, still=0.0, slow=0.5)
    counted: list[int] = []

    def watched(x: float, count: int) -> tuple[float, float]:
        counted.append(count)
        return back_and_forth(x, count)

    assert iterate(watched, 1.0, patient) is None
    assert counted == list(range(7))
    counted.clear()
    assert iterate(watched, 1.0, patient._replace(contracts=True)) is None
    assert counted == [0, 1]
    found = iterate(back_and_forth, 1e-9, patient._replace(settled=1e-8))
    assert found is not None
    assert found.at == -1e-9


def test_the_loop_stays_near() -> None:
    assert iterate(root, 1.0, Newton(9, 1e-12), lambda x: x < 1.45) is None
    assert iterate(root, 1.0, Newton(9, 1e-12), lambda x: x < 1.55) is not None
    assert iterate(lambda x, _: None, 1.0, Newton(9, 1e-12)) is None


class Circle(ContinuationProblem[float]):
    """Angles on a circle, of which nothing beyond a wall is found in short steps."""

    def __init__(self, end: float = math.inf, wall: float = math.inf) -> None:
        self.end, self.wall = end, wall
        self.tried: list[float] = []

    def ahead(self, last: float, length: float) -> float | None:
        self.tried.append(length)
        if last < self.wall <= last + length:
            raise GandynError(f"nothing at {last + length:.3g}")
        return last + length

    def ending(
        self, points: list[float], found: float, length: float
    ) -> tuple[str, list[float]]:
        if found > self.end:
            return "interval", [self.end]
        return "closed" if found > 2 * math.pi else "", [found]


STRIDE = Stride(first=0.1, longest=0.4, shortest=0.01, points=100)


def test_steps_grow_to_the_longest_and_the_end_is_its_problems() -> None:
    circle = Circle()
    trail = trace_branch(circle, 0.0, STRIDE)
    assert trail.end == "closed"
    assert circle.tried[:5] == pytest.approx([0.1, 0.15, 0.225, 0.3375, 0.4])
    assert trace_branch(Circle(end=1.0), 0.0, STRIDE).points[-1] == 1.0
    spent = trace_branch(Circle(), 0.0, STRIDE._replace(points=5))
    assert (spent.end, len(spent.points)) == ("limit", 5)


def test_a_step_that_does_not_count_is_tried_shorter() -> None:
    trail = trace_branch(Circle(wall=1.0), 0.0, STRIDE)
    assert trail.end == "lost"
    assert trail.reason.startswith("nothing at ")
    assert 1.0 - 2 * STRIDE.shortest < trail.points[-1] < 1.0


def test_a_problem_may_leap_and_leave_points_out() -> None:
    class Leaping(Circle):
        def leap(self, points: list[float]) -> tuple[int, float, float] | None:
            self.wall = math.inf
            return 2, 1.1, 0.1

    trail = trace_branch(Leaping(wall=1.0), 0.0, STRIDE)
    assert trail.end == "closed"
    i = trail.points.index(1.1)
    assert trail.points[i - 1] < 1.0 - 2 * STRIDE.shortest


def test_a_chord_leaves_a_box_by_its_first_edge() -> None:
    inside, outside = np.array([0.5, 0.5]), np.array([1.5, -1.5])
    axis, place = edge_crossing(inside, outside, np.zeros(2), np.ones(2))
    assert axis == 1
    assert place.tolist() == [0.75, 0.0]


def bautin(z: Any, p: Any) -> Any:
    s = z[0] * z[0] + z[1] * z[1]
    g = p + s - s * s
    return g * z[0] - z[1], z[0] + g * z[1]


def branches() -> list[Any]:
    """Return a branch of every kind."""
    delayed = Map(lambda z, r: (r * z[0] * (1 - z[1]), z[0]), "r")
    ring = np.array([0.6, 0.5])
    states = [ring]
    for _ in range(6000):
        states.append(delayed.value(states[-1], 2.05))
    curve = invariant_curve(delayed, 2.05, np.array(states[-1000:]).T)
    orbit = periodic_orbit(LOGISTIC, [0.5], 3, 3.835)
    flow = Flow(bautin, "p")
    return [
        *continue_equilibria(LOGISTIC, [(0.1, 0.9)], 2.5, 2.9),
        continue_periodic_orbit(LOGISTIC, orbit, 3.82, 3.85, downwards=True),
        continue_invariant_curve(delayed, curve, 2.04, 2.06),
        continue_limit_cycle(flow, limit_cycle(flow, [1.0, 0.0], 0.1), 0.05, 0.12),
    ]


def test_every_branch_is_one_record() -> None:
    for branch in branches():
        count = len(branch.points)
        assert branch.values.shape == branch.stable.shape == (count,)
        assert len(branch.levels(0)) == count
        assert branch.ends[1] == "interval"
        row = json.loads(json.dumps(branch.as_dict()))
        assert len(row["points"]) == count
        assert row["ends"] == list(branch.ends)
        ax = bifurcation_diagram([branch])
        assert any(len(line.get_xdata()) == count for line in ax.lines)


@pytest.mark.parametrize(("low", "high"), [(1.0, 1.0), (0.0, math.nan), (2.0, 3.0)])
def test_a_start_outside_its_interval_is_refused(low: float, high: float) -> None:
    flow = GameFlow(AlmostBilinear(eps=1.0), "eps")
    cycle = limit_cycle(flow, [1.0, 0.0])
    with pytest.raises(GandynError, match=r"nothing to follow|does not lie in"):
        continue_limit_cycle(flow, cycle, low, high)
