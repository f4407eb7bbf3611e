"""Every rule trains a small GAN, alone and in an ensemble."""

from __future__ import annotations

from typing import Any

import pytest

from gandyn._node import replace, resolve
from gandyn.errors import GandynError
from gandyn.rules import CATALOGUE

torch = pytest.importorskip("torch")

from gandyn.games import L2  # noqa: E402
from gandyn.gans import train  # noqa: E402
from gandyn.gans.catalogue.perceptrons import TeacherStudent  # noqa: E402

STEPS = 10
DENSE = ["CompetitiveGradientDescent", "FollowTheRidge", "ProximalPoint"]
"""Rules that solve a system with the whole Jacobian."""


def small(**fields: Any) -> TeacherStudent:
    return TeacherStudent(hidden=3, points=8, **fields)


def rule_of(name: str, **fields: Any) -> Any:
    newton = {"iterations": 3, "tol": 1e-6} if name == "ProximalPoint" else {}
    rule = CATALOGUE[name](**newton)
    rates = fields.get("lr", 1e-3 if name == "FollowTheRidge" else 0.02)
    return replace(rule, dict.fromkeys(resolve(rule, "lr"), rates))


@pytest.mark.parametrize("name", list(CATALOGUE))
def test_ten_steps_alone_are_those_of_the_ensemble(name: str) -> None:
    gammas = torch.tensor([0.1, 0.5], dtype=torch.float64)
    seeds, scale = [4, 5], 1e-3 if name == "FollowTheRidge" else 0.02
    rates = scale * torch.tensor([1.0, 0.5], dtype=torch.float64)
    # a ridge needs J_yy to be regular, which weight decay sees to
    gan = small(regulariser=L2(gammas))
    rule = rule_of(name, lr=rates)
    both = train(rule, gan.game(seeds), gan.initial(seeds), STEPS).state
    assert torch.isfinite(both.x).all()
    assert torch.isfinite(both.y).all()
    alone = small(regulariser=L2(0.5))
    start = alone.initial(seeds[1])
    one = train(rule_of(name, lr=scale / 2), alone.game(seeds[1]), start, STEPS).state
    assert torch.dist(one.x, start[0]) > 1e-5
    torch.testing.assert_close(both.x[:, 1], one.x, rtol=0, atol=1e-12)
    torch.testing.assert_close(both.y[:, 1], one.y, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", DENSE)
def test_dense_rules_refuse_large_networks(name: str) -> None:
    gan = TeacherStudent(hidden=700, points=2)
    with pytest.raises(GandynError, match="up to 4096 parameters, this GAN has 6303"):
        train(rule_of(name), gan.game(), gan.initial(), 1, record=[])


@pytest.mark.parametrize("name", ["Simultaneous", "Adam", "Consensus"])
def test_single_precision_follows_double(name: str) -> None:
    gan, rule = small(), rule_of(name)
    runs = [
        train(rule, gan.game(dtype=d), gan.initial(dtype=d), STEPS).state
        for d in (torch.float32, torch.float64)
    ]
    assert runs[0].x.dtype == torch.float32
    torch.testing.assert_close(runs[0].x.double(), runs[1].x, rtol=0, atol=1e-5)
    torch.testing.assert_close(runs[0].y.double(), runs[1].y, rtol=0, atol=1e-5)
