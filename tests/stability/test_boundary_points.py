"""Every point of a boundary curve: in its box, on the circle, at the end it names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gandyn import rules
from gandyn.games import Bilinear, Quadratic
from gandyn.games.dirac import R1, DiracGAN, L2Both
from gandyn.stability import boundary, linear_maps
from gandyn.stability.boundaries.contours import onto

GAN = DiracGAN(regulariser=R1(0.4))


def check_points(rule: Any, game: Any, fields: Any, box: Any) -> list[Any]:
    """Check all curves by the maps of their points, and return them."""
    curves = boundary(rule, game, fields, box)
    low, high = np.array(box).T
    for curve in curves:
        assert np.all((curve.values >= low) & (curve.values <= high))
        own = dict(zip(fields, curve.values.T, strict=True))
        maps = linear_maps(rule, game, own).maps
        shifted = maps - curve.multipliers[:, None, None] * np.eye(maps.shape[-1])
        # well conditioned, where the eigenvalues of a defective map are not
        assert np.linalg.svd(shifted, compute_uv=False)[:, -1].max() < 1e-9
        assert np.abs(curve.multipliers) == pytest.approx(1, abs=1e-9)
        for end, which in zip(curve.ends, (0, -1), strict=True):
            last = curve.values[which]
            if end == "box":
                edges = np.abs(np.concatenate([last / low - 1, last / high - 1]))
                assert edges.min() < 1e-9
            if end == "resonance":
                assert abs(curve.multipliers[which].imag) < 0.06
    return curves


@pytest.mark.parametrize("width", [6.0, 6.0 + 1e-9, 5.9, 6.1, 12.0])
def test_a_resonance_at_the_edge_of_the_box(width):
    """Heavy ball on the R1 Dirac-GAN: the pair meets at -1 at lr = 6, γ = 1."""
    spiral = check_points(
        rules.HeavyBall(), GAN, ("lr", "gamma"), [(0.02, width), (0.05, 2.0)]
    )[0]
    assert spiral.kind == "neimark-sacker"
    if width < 6:
        assert spiral.ends == ("box", "box")
        assert spiral.multipliers[-1].imag > 0.05
    else:
        assert spiral.ends == ("box", "resonance")
        assert spiral.values[-1] == pytest.approx([6.0, 1.0], abs=1e-6)
        assert spiral.multipliers[-1] == pytest.approx(-1, abs=1e-6)


@pytest.mark.parametrize("corner", [1.0, 0.97, 1.03])
def test_a_resonance_in_the_corner_of_the_box(corner):
    """Simultaneous play's pair meets at lr = 4, γ = 1."""
    box = [(0.1, 4.0 * corner), (0.1, corner)]
    check_points(rules.Simultaneous(), GAN, ("lr", "gamma"), box)


RULES = (
    "HeavyBall", "AlternatingHeavyBall", "Nesterov", "NegativeMomentum",
    "Extragradient", "OptimisticGradient", "Alternating",
)  # fmt: skip


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize(
    ("game", "fields", "box"),
    [
        (GAN, ("lr", "gamma"), [(0.02, 6.3), (0.05, 2.0)]),
        (DiracGAN("wasserstein", L2Both(0.3)), ("lr_x", "lr_y"), [(0.02, 8)] * 2),
        (Quadratic(0.3, 1.1, -0.4), ("lr_x", "lr_y"), [(0.02, 5)] * 2),
        (Bilinear(1.3), ("lr_x", "lr_y"), [(0.3, 3)] * 2),
    ],
)
def test_rules_on_games(name, game, fields, box):
    check_points(getattr(rules, name)(), game, fields, box)


def test_points_that_arrive_first_arrive_as_near_as_the_last():
    across = 0.3 + np.geomspace(1e-9, 0.1, 40)
    places = np.stack([np.linspace(0.0, 1.0, 40), across], axis=1)
    ways = np.tile([0.0, 1.0], (40, 1))
    found = onto(lambda at: np.expm1(at[:, 1] - 0.3), places, ways)
    np.testing.assert_allclose(found[:, 1], 0.3, rtol=1e-15)
