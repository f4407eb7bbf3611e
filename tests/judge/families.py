"""Families of cells on which verdicts are hard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gandyn import games, rules
from gandyn.games import from_losses
from tests.judge.cells import Group, rule_check, spread_out
from tests.judge.judging import Cells

Rng = np.random.Generator


def near(rng: Rng, value: Any, width: int, low: float = -5.0) -> np.ndarray:
    """Return values on both sides of a critical one, by powers of 10."""
    side = rng.choice([-1.0, 1.0], size=width)
    return value * (1 + side * 10 ** rng.uniform(low, -1, size=width))


def cells(rule: Any, game: Any, family: str, x: Any, y: Any, **fields: Any) -> Group:
    """Return a group with the given fields (``rule__lr_x``) and starts."""
    given = {
        k.replace("__", "."): np.asarray(v, dtype=float) for k, v in fields.items()
    }
    return Group(Cells(rule, game, given, np.asarray(x), np.asarray(y)), family)


def flip(rng: Rng, width: int) -> Group:
    """Super- and subcritical flips of a well, at rates near 2."""
    bend = float(rng.choice([-1.0, 1.0]))
    game = from_losses("x**2/2 - a*x**4/4 + x**6/60", "y**2/2", a=bend)
    lr = near(rng, 2.0, width)
    start = rng.uniform(0.01, 0.5, size=width)
    return cells(
        rules.Simultaneous(), game, "flip", start, 0.1 * start, rule__lr_x=lr,
        rule__lr_y=rng.uniform(0.1, 1.5, size=width),
    )  # fmt: skip


def fold(rng: Rng, width: int) -> Group:
    """Fold, transcritical and pitchfork, both sides: slow passages and slow limits."""
    text = rng.choice(["-m*x + x**3/3", "-m*x**2/2 + x**3/3", "-m*x**2/2 + x**4/4"])
    game = from_losses(f"{text} + c*x*y", "y**2/2 - c*x*y/4", m=0.1, c=0.0)
    rate = rng.uniform(0.2, 0.8, size=width)
    m = near(rng, 1.0, width, -4.0) - 1
    return cells(
        rules.Alternating(), game, "fold", rng.uniform(0.05, 0.8, size=width),
        rng.normal(size=width), rule__lr_x=rate, rule__lr_y=rate, game__m=m,
    )  # fmt: skip


def neimark_sacker(rng: Rng, width: int) -> Group:
    """The R1 Dirac-GAN at rates near 4γ."""
    gamma = rng.uniform(0.1, 0.9, size=width)
    return _r1(rng, "neimark-sacker", gamma, near(rng, 4 * gamma, width))


def resonance(rng: Rng, width: int) -> Group:
    """The same where the angle is near 2π/3, 2π/4 or 2π/5."""
    angle = 2 * np.pi / rng.choice([3, 4, 5], size=width)
    gamma = np.sqrt((1 - np.cos(angle)) / 2) * (1 + 1e-3 * rng.normal(size=width))
    return _r1(rng, "resonance", gamma, near(rng, 4 * gamma, width, -4.0))


def _r1(rng: Rng, family: str, gamma: Any, lr: Any) -> Group:
    width = gamma.size
    size = 10 ** rng.uniform(-3, 0.5, size=width)
    angle = rng.uniform(0, 2 * np.pi, size=width)
    return cells(
        rules.Simultaneous(), games.DiracGAN(regulariser="R1"), family,
        size * np.cos(angle), size * np.sin(angle), rule__lr_x=lr, rule__lr_y=lr,
        game__regulariser__gamma=gamma,
    )  # fmt: skip


def tongues(rng: Rng, width: int) -> Group:
    """Locked cycles of long periods of the forsaken game."""
    return cells(
        rules.Simultaneous(), games.Forsaken(), "tongues",
        rng.uniform(-1, 1, size=width), rng.uniform(-1, 1, size=width),
        rule__lr_x=rng.uniform(0.15, 0.25, size=width),
        rule__lr_y=rng.uniform(0.1, 0.2, size=width),
    )  # fmt: skip


def coexisting(rng: Rng, width: int) -> Group:
    """Several attractors, and basins that meet anywhere."""
    game = [games.AdolphsSaddle(), games.TorusGame(), games.GrimmerQuartic(A=5.0)]
    rate = [0.15, 0.6, 0.03]
    i = int(rng.integers(3))
    rule = rng.choice(["Simultaneous", "Alternating", "Extragradient", "HeavyBall"])
    lr = rate[i] * np.exp(rng.uniform(-1, 0.9, size=width))
    return spread_out(
        rng, rules.CATALOGUE[rule](), game[i], width, "coexisting", 2.0,
        rule__lr_x=lr, rule__lr_y=lr * rng.uniform(0.5, 1.5, size=width),
    )  # fmt: skip


def quadratic_map(rng: Rng, width: int) -> Group:
    """The logistic map in disguise: windows, transient chaos, not invertible."""
    game = from_losses("-a*x**2/2 + x**3/3", "y**2/2", a=2.0)
    a = np.where(
        rng.random(width) < 0.5, rng.uniform(1.5, 3.0, size=width),
        near(rng, 1 + np.sqrt(8.0) - 1, width, -6.0).clip(0, 3.0),
    )  # fmt: skip
    return cells(
        rules.Simultaneous(), game, "quadratic map", rng.uniform(0.1, 2, size=width),
        rng.normal(size=width), rule__lr_x=np.ones(width),
        rule__lr_y=np.full(width, 0.5), game__a=a,
    )  # fmt: skip


def saturated(rng: Rng, width: int) -> Group:
    """A discriminator thrown to where its gradient vanishes."""
    rule = [
        rules.HeavyBall(), rules.Simultaneous(), rules.Nesterov(), rules.Alternating(),
        rules.ExponentialAverage(rules.Simultaneous(), beta=0.7), rules.Extragradient(),
        rules.Lookahead(rules.HeavyBall(), k=2, alpha=0.6), rules.SmoothedGDA(),
        rules.OptimisticGradient(),
    ][int(rng.integers(9))]  # fmt: skip
    prefix = "rule__inner__" if hasattr(rule, "inner") else "rule__"
    rates = {
        f"{prefix}lr_x": np.exp(rng.uniform(-4, 1, size=width)),
        f"{prefix}lr_y": np.exp(rng.uniform(1, 4, size=width)),
    }
    return spread_out(rng, rule, games.DiracGAN(), width, "saturated", **rates)


def saddles(rng: Rng, width: int) -> Group:
    """Close passes of a saddle, linear and not, and starts on its stable manifold."""
    slow = -(10 ** rng.uniform(-3.5, -1, size=width))
    off = 10 ** rng.uniform(-14, -2, size=width) * (rng.random(width) < 0.9)
    if rng.random() < 0.5:
        game = games.Quadratic(f_xx=1.0, f_xy=0.0, f_yy=1.0)
        return cells(
            rules.Simultaneous(), game, "saddles", rng.normal(size=width), off,
            rule__lr_x=np.full(width, 0.5), rule__lr_y=-slow,
        )  # fmt: skip
    game = from_losses("x**2/2 + c*x*y**2", "m*y**2/2 + y**4/4", m=-0.1, c=0.1)
    return cells(
        rules.Alternating(), game, "saddles", rng.normal(size=width), off,
        rule__lr_x=np.full(width, 0.5), rule__lr_y=np.full(width, 0.5), game__m=slow,
    )  # fmt: skip


def non_normal(rng: Rng, width: int) -> Group:
    """Growth by many powers of ten before decay, or none."""
    shear = float(10 ** rng.uniform(0, 12))
    game = games.LinearGame([[1.0, shear], [0.0, rng.uniform(0.5, 1.5)]], n=1)
    lr = rng.uniform(0.05, 2.2, size=(2, width))
    return cells(
        rules.Simultaneous(), game, "non-normal", rng.normal(size=(1, width)),
        rng.normal(size=(1, width)), rule__lr_x=lr[0], rule__lr_y=lr[1],
    )  # fmt: skip


def manifolds(rng: Rng, width: int) -> Group:
    """Curves and subspaces of equilibria."""
    rule = rules.CATALOGUE[
        rng.choice(["Simultaneous", "Extragradient", "HeavyBall", "Alternating"])
    ]()
    kind = int(rng.integers(3))
    if kind == 0:
        game: Any = games.Bilinear(A=np.outer([1.0, 2.0], [1.0, -1.0]))
    elif kind == 1:
        game = from_losses("(x*y - 1)**2/2", "(x*y - 1)**2/2")
    else:
        game = from_losses("(x - y**2)**2/2", "(x - y**2)**2*0 + 0*y")
    lr = np.exp(rng.uniform(-4, 0, size=(2, width)))
    return spread_out(
        rng, rule, game, width, "manifolds", rule__lr_x=lr[0], rule__lr_y=lr[1]
    )


def scales(rng: Rng, width: int) -> Group:
    """Starts of any size."""
    rule = rules.CATALOGUE[rng.choice(["Simultaneous", "Extragradient", "HeavyBall"])]()
    game = [games.AlmostBilinear(), games.DiracGAN(regulariser="R1"), games.TorusGame(),
            games.Bilinear(), games.Quadratic()][int(rng.integers(5))]  # fmt: skip
    group = spread_out(rng, rule, game, width, "scales")
    size = 10 ** rng.uniform(-9, 9, size=width)
    return Group(group.cells._replace(x=group.cells.x * size, y=group.cells.y * size),
                 "scales")  # fmt: skip


def structural_zeros(rng: Rng, width: int) -> Group:
    """Players that do not matter to each other, and starts where one is at rest."""
    rule = rules.CATALOGUE[
        rng.choice(["Simultaneous", "Extragradient", "HeavyBall", "Nesterov"])
    ]()
    game = from_losses("-x**2/2 + x**4/4", "m*y**2/2 + y**4/4", m=1.0)
    if rng.random() < 0.4:
        game = games.Quadratic(f_xy=0.0)
    group = spread_out(rng, rule, game, width, "structural zeros")
    cells_ = group.cells
    fields = {k: v for k, v in cells_.fields.items() if k not in (
        "game.f_xy", "game.point_x", "game.point_y")}  # fmt: skip
    zero_x, zero_y = rng.random((2, width)) < 0.5
    return Group(
        cells_._replace(
            fields=fields, x=np.where(zero_x, 0.0, cells_.x),
            y=np.where(zero_y & ~zero_x, 0.0, cells_.y),
        ), "structural zeros",
    )  # fmt: skip


def adaptive(rng: Rng, width: int) -> Group:
    """Rules whose step changes with time, on bounded games."""
    parts = ("Adam", "AMSGrad", "RMSProp", "Anchored", "FastExtra")
    names = [n for n in rules.CATALOGUE if any(part in n for part in parts)]
    game = [
        games.AlmostBilinear(), games.DiracGAN(regulariser="R1"), games.Forsaken(),
        games.TorusGame(), games.HiddenBilinear(),
    ][int(rng.integers(5))]  # fmt: skip
    rule = rules.CATALOGUE[str(rng.choice(names))]()
    rule_check(rule, game)
    return spread_out(rng, rule, game, width, "adaptive")


def large_rates(rng: Rng, width: int) -> Group:
    """Bounded games at rates where one step folds the plane."""
    game = [games.TorusGame(), games.LetcherZeroSum(), games.GlobalForsaken(),
            games.DiracGAN(regulariser="R1"), games.HiddenBilinear()]  # fmt: skip
    rate = [2.5, 0.7, 0.5, 6.0, 12.0]
    i = int(rng.integers(5))
    rule = [rules.Simultaneous(), rules.Alternating(), rules.Extragradient(),
            rules.Lookahead(rules.Simultaneous(), k=3, alpha=0.5),
            rules.ExponentialAverage(rules.Alternating(), beta=0.5),
            rules.OptimisticGradient()][int(rng.integers(6))]  # fmt: skip
    prefix = "rule__inner__" if hasattr(rule, "inner") else "rule__"
    lr = rate[i] * np.exp(rng.uniform(-1.2, 0.5, size=width))
    rates = {
        f"{prefix}lr_x": lr,
        f"{prefix}lr_y": lr * rng.uniform(0.3, 1.5, size=width),
    }
    return spread_out(rng, rule, game[i], width, "large rates", **rates)


FAMILIES: tuple[Callable[[Rng, int], Group], ...] = (
    flip, fold, neimark_sacker, resonance, tongues, coexisting, quadratic_map,
    saturated, saddles, non_normal, manifolds, scales, structural_zeros, adaptive,
    large_rates,
)  # fmt: skip
"""Every family; half of the groups of an experiment are drawn from them."""
