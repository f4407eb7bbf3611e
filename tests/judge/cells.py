"""Random cells: rules, games, fields, starts and wrappers, in groups of one kind."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gandyn import games, rules
from gandyn._node import domains, is_structural, leaves, node_fields, replace
from gandyn.errors import GandynError
from gandyn.games.dirac import DiracGAN
from tests.judge.judging import Cells

CLOCKED = ("Halpern", "UniformAverage")
"""Wrappers whose orbits settle as 1/t; drawn as rules, not as what is wrapped."""
WRAPPERS = (
    "Lookahead", "ExponentialAverage", "ClipValue", "ClipNorm", "Projected", *CLOCKED,
)  # fmt: skip
ADAPTIVE = ("Adam", "AMSGrad", "RMSProp")
"""Parts of the names of rules whose learning rate is in units of the state."""
RATES = {
    "Adolphs": 0.1, "GaussianHills": 0.05, "PolynomialGame": 0.05, "Covariance": 0.1,
    "GrimmerQuartic": 0.02, "HiddenBilinear": 4.0, "Letcher": 0.3, "Forsaken": 0.3,
}  # fmt: skip
"""Learning rates of interest of the games whose curvatures aren't about 1."""
RANGES = {
    "beta_x": (-0.9, 0.95), "beta_y": (-0.9, 0.95), "beta1": (0.0, 0.95),
    "beta2": (0.3, 0.999), "beta": (0.0, 0.98), "alpha": (0.1, 1.2),
    "theta": (-0.5, 1.5), "delta": (0.5, 2.0), "ratio_x": (0.5, 2.0),
    "ratio_y": (0.5, 2.0), "beta_abs": (0.0, 0.9), "beta_arg": (0.0, 3.14),
    "a": (0.1, 0.9), "b": (0.1, 0.9), "p": (0.2, 0.8), "q": (0.2, 0.8),
    "offset": (-0.8, 0.8), "A": (1.0, 12.0), "B": (-2.0, 2.0), "C": (-2.0, 2.0),
    "D": (-0.5, 1.5), "f_xx": (-0.3, 1.5), "f_xy": (-2.0, 2.0), "f_yy": (-1.5, 0.3),
    "c": (-0.5, 0.5), "point_x": (-1.0, 1.0), "point_y": (-1.0, 1.0),
    "eps": (0.01, 1.5), "eta": (0.0, 1.0), "gamma": (0.02, 1.5),
}  # fmt: skip
"""Where fields are drawn from; others from e^±1 times their default."""


class Group(NamedTuple):
    """Cells of one rule and one game, and the name of their family."""

    cells: Cells
    family: str


def random_group(rng: np.random.Generator, width: int, turn: int) -> Group:
    """Return cells of a rule, each in its turn, on a random game.

    At least half are nonlinear; every fourth rule is wrapped once more.
    """
    names = list(rules.CATALOGUE)
    wrapped = [n for n in WRAPPERS if n not in CLOCKED]
    for _ in range(100):
        game = random_game(rng)
        if game.linear and rng.random() < 0.6:
            continue
        try:
            rule = random_rule(rng, names[turn % len(names)])
            if rng.random() < 0.25 and rule.autonomous:
                rule = rules.CATALOGUE[str(rng.choice(wrapped))](inner=rule)
            rule_check(rule, game)
        except (GandynError, ValueError, AttributeError, ArithmeticError):
            continue
        return spread_out(rng, rule, game, width, "random")
    raise RuntimeError("no rule fits")


def rule_check(rule: Any, game: Any) -> None:
    """Raise if the rule cannot play the game."""
    point = [np.full(shape, 0.1) if shape else 0.1 for shape in game.shape]
    rule.step(game, *point, rule.init(game, *point))


def random_rule(rng: np.random.Generator, name: str) -> Any:
    """Return a rule of that name with random structure, and a random inner rule."""
    cls = rules.CATALOGUE[name]
    given = {}
    if "inner" in node_fields(cls):
        names = [n for n in rules.CATALOGUE if n not in WRAPPERS]
        given["inner"] = random_rule(rng, str(rng.choice(names)))
    rule = cls(**given)
    changes = {}
    for path in leaves(rule):
        if path == "y_first":
            changes[path] = bool(rng.integers(2))
        elif path in ("k", "k_x", "k_y"):
            changes[path] = int(rng.integers(1, 5))
    return replace(rule, changes)


def random_game(rng: np.random.Generator) -> Any:
    """Return a game with random structure; a few are small vector games."""
    name = rng.choice(list(games.CATALOGUE))
    cls = games.CATALOGUE[name]
    if issubclass(cls, DiracGAN):
        losses = ("minimax", "non-saturating", "wasserstein", "least-squares", "hinge")
        terms = ("none", "L2", "R1", "L2Both", "GradientPenalty")
        return cls(loss=str(rng.choice(losses)), regulariser=str(rng.choice(terms)))
    if name == "LinearGame":
        size = int(rng.integers(2, 4))
        return cls(J=rng.normal(size=(size, size)) + 0.5 * np.eye(size), n=1)
    if name == "Bilinear" and rng.random() < 0.3:
        return cls(A=rng.normal(size=(2, 2)))
    if name == "MeanGAN":
        return cls(mean=rng.normal(size=2), gamma=float(rng.uniform(0, 1)))
    return cls()


def spread_out(
    rng: np.random.Generator, rule: Any, game: Any, width: int, family: str,
    size: float = 1.0, **given: Any,
) -> Group:  # fmt: skip
    """Return cells with random fields and starts; ``given`` are fields by their path.

    Dots in a path are written as two underscores.
    """
    fields: dict[str, np.ndarray] = {}
    vectors = game.shape != ((), ())  # whose fields are arrays already
    for owner, node in (("rule", rule), *[("game", game)] * (not vectors)):
        for path, value in leaves(node).items():
            if _is_drawn(node, path, value):
                drawn = _draw(rng, owner, node, game, path, value, width)
                fields[f"{owner}.{path}"] = drawn
    for name, values in given.items():
        path = name.replace("__", ".")
        fields[path] = np.broadcast_to(np.asarray(values, dtype=float), (width,)).copy()
    x, y = (size * rng.normal(size=(*shape, width)) for shape in game.shape)
    return Group(Cells(rule, game, fields, x, y), family)


def _is_drawn(node: Any, path: str, value: Any) -> bool:
    *inside, name = path.split(".")
    for part in inside:
        node = getattr(node, part)
    known = name in domains(type(node)) and not is_structural(type(node), name)
    return known and np.ndim(value) == 0 and name not in ("tol", "lipschitz")


def _draw(
    rng: np.random.Generator, owner: str, node: Any, game: Any, path: str, value: Any,
    width: int,
) -> np.ndarray:  # fmt: skip
    name = path.rpartition(".")[2]
    if name in ("lr_x", "lr_y"):
        adaptive = any(part in repr(node) for part in ADAPTIVE)
        rate = next((r for n, r in RATES.items() if n in type(game).__name__), 0.5)
        middle = 0.03 if adaptive else rate
        return middle * np.exp(rng.uniform(-2.5, 1.2, size=width))
    if owner == "rule" and name in ("eps", "bound_x", "bound_y"):
        low = -12.0 if name == "eps" else -2.0
        return np.exp(rng.uniform(low, 0.5, size=width))
    if owner == "game" and name in ("b", "c") and type(game).__name__ == "Bilinear":
        return rng.uniform(-1, 1, size=width)
    if owner == "game" and name in ("a", "b") and type(game).__name__ == "TorusGame":
        return rng.uniform(-0.9, 0.9, size=width)
    if name in RANGES:
        return rng.uniform(*RANGES[name], size=width)
    return float(value) * np.exp(rng.uniform(-1, 1, size=width))
