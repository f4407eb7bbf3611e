"""No verdict beside a certificate that contradicts it."""

from __future__ import annotations

import numpy as np
import pytest

from gandyn import rules, sweep
from gandyn._node import leaves, replace
from gandyn.errors import GandynError
from gandyn.games import Bilinear
from gandyn.stability import certify, linear_stability

LINEAR = [cls for cls in rules.CATALOGUE.values() if cls.linear and cls.autonomous]
CLASHES = {
    "proved_stable": (2, 3, 4),
    "proved_unstable": (1,),
    "proved_on_circle": (1, 2, 3, 4),
    "unproved": (),
}
"""Verdicts (1 converges, 2 to 4 diverges) that a certificate contradicts."""
WORDS = {
    "proved_stable": ("unstable",),
    "proved_unstable": ("stable",),
    "proved_on_circle": ("stable", "unstable"),
    "unproved": (),
}


def rank_deficient(rng):
    """Return a matrix of lower rank: to the bit, to rounding, or badly scaled."""
    n, m = rng.integers(1, 4, 2)
    left, right = rng.integers(-3, 4, (n, 1)) * 1.0, rng.integers(1, 4, (1, m)) * 1.0
    left[0] = 2.0
    kind = rng.integers(3)
    if kind == 1:
        left = rng.normal(size=(n, 1))
    elif kind == 2:
        left = left * 10.0 ** rng.uniform(-6, 6)
    return left @ right


def with_rates(rule, lr_x, lr_y):
    """Return a rule with both rates set, of the rule inside where it wraps one."""
    names = {"lr_x": float(lr_x), "lr_y": float(lr_y)}
    paths = [path for path in leaves(rule) if path.split(".")[-1] in names]
    return replace(rule, {path: names[path.split(".")[-1]] for path in paths})


@pytest.mark.parametrize("cls", LINEAR, ids=lambda cls: cls.__name__)
def test_nothing_contradicts_a_certificate_on_rank_deficient_games(cls):
    rng = np.random.default_rng(13)
    for _ in range(3):
        game = Bilinear(rank_deficient(rng))
        scale = rng.choice([1.0, 1 / np.abs(game.A).max()])
        axes = {"lr_x": np.array([0.25, 1.1]) * scale, "lr_y": np.array([0.5, 2.0])}
        try:
            seen = sweep(cls(), game, axes, certify=True, band=1e9)
        except GandynError:  # it inverts what is singular, or has one rate
            continue
        for i, j in np.ndindex(2, 2):
            rule = with_rates(cls(), axes["lr_x"][i], axes["lr_y"][j])
            found = certify(rule, game)
            assert int(seen.verdict.values[i, j]) not in CLASHES[found.status]
            meanings = seen.certificate.attrs["flag_meanings"].split()
            assert meanings[seen.certificate.values[i, j]] == found.status
            words = linear_stability(rule, game).verdict
            assert words not in WORDS[found.status]
