"""Large batches in compiled kernels: the same as in arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gandyn.bench import Protocol, engines, find_problems, find_solvers
from gandyn.bench.batches import RunBatch
from gandyn.bench.engines import _in_arrays, run_solver
from gandyn.bench.settings import settings

TERMS = Protocol(settings=12, starts=3, budget=800)


@pytest.mark.parametrize("measure", ["default", "residual"])
@pytest.mark.parametrize(
    ("problem", "rule"),
    [
        ("bilinear-scalar", "OptimisticGradient"),
        ("bilinear-deficient", "Extragradient"),
        ("dirac-minimax-r1", "HeavyBall"),
        ("lq-gan", "Extragradient"),
    ],
)
def test_a_kernel_finds_what_arrays_do(problem: str, rule: str, measure: str) -> None:
    one = find_problems([problem])[problem]
    one = one if measure == "default" else one.by(measure)
    solver = find_solvers([rule])[0][rule]
    values = settings(solver, one, TERMS)
    batch = RunBatch(solver, one, values, 12, one.replicates(TERMS), 0, 400)
    compiled, plain = engines._in_kernels(batch), _in_arrays(batch)
    assert np.isfinite(plain.hits).any()
    np.testing.assert_array_equal(compiled.hits, plain.hits)
    np.testing.assert_array_equal(compiled.verdict, plain.verdict)
    np.testing.assert_allclose(compiled.rate(), plain.rate(), rtol=1e-6)


def pays(solver: Any, problem: Any, cells: int, steps: int) -> bool:
    return engines._pays(RunBatch(solver, problem, {}, cells, [(0, 0)], 0, steps))


def test_the_plan_alone_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    suite = find_problems(["standard"])
    rule, peer = find_solvers(["Extragradient", "torch.optim.SGD"])[0].values()
    assert pays(rule, suite["bilinear-scalar"], 20_000, 500)
    assert not pays(rule, suite["bilinear-scalar"], 128, 1000)
    assert pays(rule, suite["bilinear-1e1"], 5000, 100)
    assert not pays(rule, suite["noisy-monotone"], 20_000, 1000)
    assert not pays(rule, suite["bilinear-1e1"].by("gap"), 20_000, 1000)
    assert not pays(rule, suite["monotone-0.5"], 20_000, 1000)
    assert not pays(peer, suite["bilinear-scalar"], 20_000, 1000)
    problem, terms = suite["dirac-minimax-r1"], Protocol(settings=6, starts=2)
    values = settings(rule, problem, terms)
    plain = run_solver(rule, problem, values, terms)
    monkeypatch.setattr(engines, "_WORTH", 1)
    compiled = run_solver(rule, problem, values, terms)
    np.testing.assert_array_equal(compiled.steps, plain.steps)
    np.testing.assert_array_equal(compiled.verdict, plain.verdict)
