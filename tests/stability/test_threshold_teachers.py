"""Thresholds of teacher–student GANs: predicted, on the whole game and reduced."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from gandyn import rules  # noqa: E402
from gandyn._node import replace  # noqa: E402
from gandyn.crosscheck import predict  # noqa: E402
from gandyn.games import R1  # noqa: E402
from gandyn.gans import TeacherStudent  # noqa: E402
from gandyn.gans.spectra.linearisation import linearise  # noqa: E402
from gandyn.stability import stability_limit  # noqa: E402
from tests.threshold_judge.comparing import ALIKE, differences  # noqa: E402
from tests.threshold_judge.judging import judge_numbers  # noqa: E402
from tests.threshold_judge.multipliers import OneNumber, eigenvalues  # noqa: E402

LOW, HIGH = 1e-3, 10.0
RULES = ("Simultaneous", "Extragradient", "Alternating", "OptimisticGradient",
         "HeavyBall")  # fmt: skip
ACTIVATIONS = ("tanh", "softplus")
NORMALISATIONS = ("none", "spectral", "layer")


def teacher(seed: int) -> TeacherStudent:
    return TeacherStudent(
        hidden=3 + seed % 4, points=16, activation=ACTIVATIONS[seed % 2],
        normalisation=NORMALISATIONS[seed % 3],
        regulariser=R1((1.0, 0.1, 0.3)[seed // 2 % 3]),
    )  # fmt: skip


def check(gan: TeacherStudent, seed: int, name: str) -> Any:
    """Assert that all ways find one first loss, and the judge every crossing."""
    rule, game, point = rules.CATALOGUE[name](), gan.game(seed), gan.equilibrium(seed)
    known = predict(rule, game, point, "lr", LOW, HIGH)
    linear = linearise(game, *point)
    for one in (linear.game(), linear.reduced()):
        found = stability_limit(rule, one, "lr", LOW, HIGH)
        assert found.value == pytest.approx(known.value, rel=1e-9)
        assert found.crossings.complete
        if name in ALIKE:
            neutral = len(one.J) - len(linear.reduced().J)
            numbers = OneNumber(lambda lr: replace(rule, {"lr_x": lr, "lr_y": lr}))
            values = eigenvalues(np.asarray(one.J), neutral)
            wanted = judge_numbers(numbers, values, LOW, HIGH, 2001)
            assert differences(wanted, found.crossings)[0] in ("agrees", "narrow")
    return known


@pytest.mark.parametrize("name", RULES[:2])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_teacher_has_one_first_threshold(seed: int, name: str) -> None:
    check(teacher(seed), seed, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("seed", range(20))
def test_twenty_teachers_have_one_first_threshold(seed: int, name: str) -> None:
    check(teacher(seed), seed, name)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("activation", "normalisation", "value"),
    [
        ("tanh", "spectral", 0.9334302),
        ("softplus", "spectral", 0.2028248),
        ("tanh", "layer", 0.5334696),
    ],
)
@pytest.mark.filterwarnings("ignore:lr. a change of stability may be missing")
def test_nearly_neutral_networks(
    activation: str, normalisation: str, value: float
) -> None:
    gan = TeacherStudent(
        hidden=16, points=32, regulariser=R1(0.1),
        activation=activation, normalisation=normalisation,
    )  # fmt: skip
    rule = rules.Simultaneous()
    found = predict(rule, gan.game(0), gan.equilibrium(0), "lr", LOW, HIGH)
    assert found.value == pytest.approx(value, rel=1e-6)
