"""Values that no argument of a kind can take."""

import decimal
import math
import random
from fractions import Fraction

import numpy as np

from gandyn.games import Bilinear, DiracGAN
from gandyn.rules import Alternating, Extragradient

LONG = "alternating" * 100_000
ANYTHING = [
    {}, set(), lambda: 1, math, object(), b"1", 1j, float, ..., NotImplemented,
    np.array([1j]), np.array(["a"]), np.array([{}]), slice(1), "", "a\0b", LONG,
    {"x": 1}, Exception, print, decimal.Decimal("NaN"),
]  # fmt: skip
"""What nothing takes: no number, name, rule, game, pair or mapping of names."""
NOT = {
    "rule": [*ANYTHING, None, 0.1, "alternating", Alternating, DiracGAN(), [], (1, 2)],
    "game": [*ANYTHING, None, 0.1, "dirac", DiracGAN, Alternating(), [], (1, 2)],
    "count": [
        *ANYTHING, 0, -1, 1.5, math.inf, math.nan, "3", [], (1, 2), 10**400, -math.inf,
        DiracGAN(), Fraction(1, 2), 10**15, 1e300,
    ],
    "number": [*ANYTHING, "3", [], (1, 2), math.nan, 10**400, DiracGAN()],
    "word": [*ANYTHING, 3, None, 0.5, [], (1, 2), math.nan, DiracGAN(), "zzz"],
    "start": [
        *ANYTHING, 5, (), (1,), (1, 2, 3), ("a", "b"), (1j, 1), (math.nan, 1),
        (math.inf, 1), ([1, [2]], 1), (None, None), ({}, 1), ([1], [1]), (10**400, 1),
    ],
    "axes": [
        *ANYTHING, 5, [], ["lr_x", "lr_y"], {"lr_x": [0.1, 0.2]}, (1, 2),
        {"lr_x": "abc", "lr_y": [0.1, 0.2]}, {3: [0.1, 0.2], "lr_y": [0.1, 0.2]},
        {"lr_x": [0.2, 0.1], "lr_y": [0.1, 0.2]},
        {"lr_x": [0.1, math.nan], "lr_y": [1, 2]},
        {"lr_x": [[0.1], [0.2]], "lr_y": [0.1, 0.2]}, {"zzz": [1, 2], "lr_y": [1, 2]},
        {"lr_x": [-1, 2], "lr_y": [1, 2]}, {"lr_x": None, "lr_y": [1, 2]},
        {"lr_x": [1j, 2], "lr_y": [1, 2]}, {"lr": [1, 2], "lr_y": [1, 2]},
        {"lr_x": [1, 10**400], "lr_y": [1, 2]}, {"lr_x": 0.1, "lr_y": [1, 2]},
        {"lr_x": [True, None], "lr_y": [1, 2]}, {"": [1, 2], "lr_y": [1, 2]},
    ],
    "fields": [*ANYTHING, 5, [], ("lr_x",), ("lr_x", 3), ("lr_x", "zzz"), "lr_x"],
    "box": [
        *ANYTHING, 5, [], [(0.1, 1)], [(1, 0.1), (0.1, 1)], [(0.1, "a"), (0.1, 1)],
        [(0.1, math.nan), (0.1, 1)], [(0.1, 1, 2), (0.1, 1)], (1, 2), [1, 2],
        [(-math.inf, math.inf), (0.1, 1)],
    ],
}  # fmt: skip
"""For each kind of argument what is not of it."""
GOOD = {
    "rule": [Alternating(), Extragradient(0.2)],
    "game": [DiracGAN(regulariser="R1"), Bilinear()],
    "count": [3],
    "number": [0.5],
    "word": ["lr_x"],
    "start": [(1.0, 0.5), [1, 2], (Fraction(1, 2), np.float32(1))],
    "axes": [{"lr_x": [0.1, 0.2], "lr_y": np.array([0.1, 0.2])}],
    "fields": [("lr_x", "lr_y")],
    "box": [[(0.1, 1), (0.1, 1)]],
}


def text(rng: random.Random, kind: str) -> str:
    """Return a specification or an expression, whole or with a few characters wrong."""
    made = _loss(rng, 4) if kind == "loss" else rng.choice(_SPECIFICATIONS)
    for _ in range(rng.choice((0, 0, 1, 2, 5))):
        place = rng.randrange(len(made) + 1)
        made = made[:place] + rng.choice(_PIECES) + made[place + rng.randrange(3) :]
    return made


def _loss(rng: random.Random, depth: int) -> str:
    if depth == 0 or rng.random() < 0.2:
        return rng.choice(("x", "y", "1", "0.5", "2", "pi", "x", "y"))
    if rng.random() < 0.4:
        name = rng.choice(("exp", "log", "sqrt", "sin", "tanh", "sigmoid", "softplus"))
        return f"{name}({_loss(rng, depth - 1)})"
    sign = rng.choice(("+", "-", "*", "/", "**"))
    return f"({_loss(rng, depth - 1)}{sign}{_loss(rng, depth - 1)})"


_SPECIFICATIONS = (
    "alternating", "Alternating(lr=0.1)", "Lookahead(Extragradient(lr=0.3), k=5)",
    "adam(beta1=0.5)", "gauss-seidel(0.5, k_y=2)", "dirac(regulariser=R1(0.3))",
    "dirac(loss='non-saturating')", "bilinear([[1, 2], [3, 4]])", "bilinear(2)",
    "Bilinear('A.npz')", "my_rules.py:Mine(lr=0.1)", "losses('x*y', '-x*y')",
    "losses('x*y + a*x**2/2', a=0.5)", "extragradient", "torch.optim.Nothing(lr=0.1)",
)  # fmt: skip
_PIECES = (
    "(", ")", "[", "]", ",", "=", "'", '"', "\0", "\n", ".", "-", "**", "lambda", ":",
    "1" * 400, "9" * 5000, "1e999", "nan", "inf", "None", "__class__", "ü", "💥", "é=",
    "x" * 10**5, "(" * 300, "[" * 300, "lr=", "k=", "*", "@", "{", "}", "if", " ", "\\",
    "-1", "0", "1j", "True", "lr=0.1", "[1, [2]]", "..", "/", "~", "%", "#",
)  # fmt: skip
