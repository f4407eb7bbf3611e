"""Large races in compiled kernels: the same as in arrays."""

from __future__ import annotations

import numpy as np
import pytest

from gandyn.bench import Protocol, find_contenders, find_problems, kernels
from gandyn.bench.race import _in_arrays, race
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
    contender = find_contenders([rule])[0][rule]
    values = settings(contender, one, TERMS)
    args = (contender, one, values, 12, one.replicates(TERMS), 0, 400)
    compiled, plain = kernels.in_kernels(*args), _in_arrays(*args)
    assert np.isfinite(plain.hits).any()
    np.testing.assert_array_equal(compiled.hits, plain.hits)
    np.testing.assert_array_equal(compiled.verdict, plain.verdict)
    np.testing.assert_allclose(compiled.rate(), plain.rate(), rtol=1e-6)


def test_the_plan_alone_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    suite = find_problems(["standard"])
    rule, peer = find_contenders(["Extragradient", "torch.optim.SGD"])[0].values()
    assert kernels.pays(rule, suite["bilinear-scalar"], 20_000, 500)
    assert not kernels.pays(rule, suite["bilinear-scalar"], 128, 1000)
    assert kernels.pays(rule, suite["bilinear-1e1"], 5000, 100)
    assert not kernels.pays(rule, suite["noisy-monotone"], 20_000, 1000)
    assert not kernels.pays(rule, suite["bilinear-1e1"].by("gap"), 20_000, 1000)
    assert not kernels.pays(rule, suite["monotone-0.5"], 20_000, 1000)
    assert not kernels.pays(peer, suite["bilinear-scalar"], 20_000, 1000)
    problem, terms = suite["dirac-minimax-r1"], Protocol(settings=6, starts=2)
    values = settings(rule, problem, terms)
    plain = race(rule, problem, values, terms)
    monkeypatch.setattr(kernels, "WORTH", 1)
    compiled = race(rule, problem, values, terms)
    np.testing.assert_array_equal(compiled.steps, plain.steps)
    np.testing.assert_array_equal(compiled.verdict, plain.verdict)
