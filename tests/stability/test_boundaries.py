"""Stability boundaries as curves: closed forms, ends, corners, folds, bad input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gandyn import rules, sweep
from gandyn.dynamics import multipliers
from gandyn.errors import FieldError, GandynError
from gandyn.games import Bilinear, Quadratic, from_losses
from gandyn.games.dirac import R1, DiracGAN
from gandyn.stability import Map, boundary
from gandyn.stability.boundaries.continuation import continue_boundary
from gandyn.stability.boundaries.contour_curves import contour_curves
from gandyn.stability.boundaries.equilibrium_surface import EquilibriumSurface
from gandyn.stability.crossings.neutral_directions import Quotient

GAN = DiracGAN(regulariser=R1(0.3))
RATES = [(0.1, 30.0), (0.1, 30.0)]


@pytest.fixture(scope="module")
def weights() -> Any:
    box = [(0.1, 8.0), (0.1, 2.0)]
    return boundary(rules.Simultaneous(), GAN, ("lr", "gamma"), box)


def test_the_cycle_is_born_on_a_line_that_ends_in_a_resonance(weights: Any) -> None:
    spiral = weights[0]
    assert spiral.kind == "neimark-sacker"
    assert spiral.ends == ("box", "resonance")
    lr, gamma = spiral.values.T
    assert lr == pytest.approx(4 * gamma, rel=1e-12)
    assert spiral.values[0] == pytest.approx([0.4, 0.1], rel=1e-12)
    assert spiral.values[-1] == pytest.approx([4.0, 1.0], rel=1e-5)
    assert spiral.stable.all()


def test_the_flip_is_followed_around_its_fold(weights: Any) -> None:
    flip = weights[1]
    lr, gamma = flip.values.T
    assert 4 - 2 * gamma * lr + lr * lr / 4 == pytest.approx(0, abs=1e-12)
    assert flip.ends == ("box", "box")
    assert gamma[0] == pytest.approx(2.0, rel=1e-12)
    assert lr[-1] == pytest.approx(8.0, rel=1e-12)
    turn = np.argmin(gamma)
    assert 0 < turn < len(gamma) - 1
    assert (lr[turn], gamma[turn]) == pytest.approx((4, 1), abs=0.1)
    assert np.all(flip.stable == (lr < 4))


def test_points_are_on_the_circle_and_no_stride_is_long(weights: Any) -> None:
    spiral = weights[0]
    for lr, gamma in spiral.values[1:-1:9]:
        game = DiracGAN(regulariser=R1(gamma))
        (first, _) = multipliers(rules.Simultaneous(lr=lr), game)
        assert abs(first) == pytest.approx(1, abs=1e-13)
    low, high = np.array([[0.1, 0.1], [8.0, 2.0]])
    units = np.log(spiral.values / low) / np.log(high / low)
    assert np.max(np.linalg.norm(np.diff(units, axis=0), axis=1)) < 0.011


def test_two_learning_rates_of_simultaneous_play_meet_in_a_corner() -> None:
    spiral, flip = boundary(rules.Simultaneous(), GAN, ("lr_x", "lr_y"), RATES)
    assert spiral.values[:, 0] == pytest.approx(1.2, rel=1e-12)
    assert spiral.values[-1, 1] == pytest.approx(4 / 0.3, rel=1e-5)
    x, y = flip.values.T
    assert 4 - 0.6 * y + x * y / 4 == pytest.approx(0, abs=1e-11)
    assert np.all(flip.stable == (x < 1.2))


def test_alternating_play_has_a_flip_alone() -> None:
    (flip,) = boundary(rules.Alternating(), GAN, ("lr_x", "lr_y"), RATES, stride=0.05)
    x, y = flip.values.T
    assert 4 - 0.6 * y - x * y / 4 == pytest.approx(0, abs=1e-11)
    assert flip.stable.all()
    assert flip.kind == "flip"


def test_memory_is_no_obstacle() -> None:
    rule = rules.HeavyBall(beta_x=0.2, beta_y=0.2)
    curves = boundary(rule, GAN, ("lr", "gamma"), [(0.1, 4.0), (0.1, 0.9)])
    spiral = curves[0]
    for (lr, gamma), value in zip(spiral.values, spiral.multipliers, strict=True):
        there = rules.HeavyBall(lr=lr, beta_x=0.2, beta_y=0.2)
        known = multipliers(there, DiracGAN(regulariser=R1(gamma)))
        assert np.min(np.abs(known - value)) < 1e-12
        assert abs(value) == pytest.approx(1, abs=1e-12)


class Ring:
    """A turning map whose modulus is 1 on a circle."""

    def __init__(self, radius: float = 0.25, middle: Any = (0.5, 0.5)) -> None:
        self.radius, self.middle = radius, middle
        self.size, self.inner = 2, Quotient(np.eye(2), 0, 0)
        self.map = Map(self.turned)

    def turned(self, z: Any, place: Any) -> Any:
        u, w = (a - b for a, b in zip(place, self.middle, strict=True))
        r = 1 + u * u + w * w - self.radius**2
        return 0.6 * r * z[0] - 0.8 * r * z[1], 0.8 * r * z[0] + 0.6 * r * z[1]

    def values(self, place: Any) -> Any:
        return tuple(place)

    def start(self, place: Any) -> Any:
        return np.zeros(2)

    def line(self, origin: np.ndarray, direction: np.ndarray) -> Map:
        o, d = origin.tolist(), direction.tolist()

        def on_line(z: Any, s: Any) -> Any:
            return self.turned(z, [a + b * s for a, b in zip(o, d, strict=True)])

        return Map(on_line)


def test_a_closed_curve_closes() -> None:
    ring: Any = Ring()
    start = np.array([0.75, 0.5])
    found = continue_boundary(ring, start, np.zeros(2), 0.6 + 0.8j, 0, 1.0, 0.02)
    assert found.end == "closed"
    radii = np.linalg.norm(found.places - 0.5, axis=1)
    assert radii == pytest.approx(0.25, abs=1e-13)
    angles = np.unwrap(np.arctan2(*(found.places - 0.5).T[::-1]))
    assert abs(angles[-1] - angles[0]) == pytest.approx(2 * np.pi, abs=0.1)


@pytest.mark.parametrize(
    ("rule", "game"),
    [
        (rules.Extragradient(), Quadratic(0.3, 1.1, -0.4)),
        (rules.OptimisticGradient(), Quadratic(0.3, 1.1, -0.4)),
        (
            rules.AlternatingHeavyBall(beta_x=-0.3, beta_y=0.4),
            Quadratic(0.3, 1.1, -0.4),
        ),
        (rules.HeavyBall(beta_x=-0.3, beta_y=0.4), Quadratic(-0.1, 1.3, -0.9)),
        (rules.Nesterov(), Quadratic(0.3, 1.1, -0.4)),
        (rules.ComplexMomentum(), Bilinear(1.0)),
    ],
)
def test_curves_part_the_cells_that_settle_from_the_others(
    rule: Any, game: Any
) -> None:
    """Between any two neighbouring cells of different verdict runs a curve."""
    rates = np.geomspace(0.02, 8.0, 60)
    box = [(0.02, 8.0)] * 2
    curves = boundary(rule, game, ("lr_x", "lr_y"), box)
    unit = np.log(8.0 / 0.02)
    parts = [np.log(p / 0.02) / unit for c in curves for p in c.stable_parts()]
    points = np.concatenate(parts) if parts else np.empty((0, 2))
    found = sweep(rule, game, {"lr_x": rates, "lr_y": rates}, method="exact")
    settles = found.radius.values < 1
    for axis in (0, 1):
        i, j = np.nonzero(np.diff(settles, axis=axis))
        middle = (np.stack([i, j], 1) + np.eye(2)[axis] / 2) / 59
        gaps = np.linalg.norm(middle[:, None] - points, axis=2).min(axis=1)
        assert np.all(gaps < 1 / 59 + 0.011)


def test_an_island_between_the_lines_is_found() -> None:
    """A turning map unstable inside a circle of radius 0.06 only."""
    plane: Any = Ring(radius=0.06, middle=(0.41, 0.62))
    (found,), failed = contour_curves(EquilibriumSurface(plane), 0, 0.01)
    assert not failed
    assert found.ends == ("closed", "closed")
    radii = np.linalg.norm(found.places - plane.middle, axis=1)
    assert radii == pytest.approx(0.06, abs=1e-13)
    assert np.abs(found.multipliers) == pytest.approx(1.0, abs=1e-13)


def test_two_flips_that_cross_meet_in_a_corner() -> None:
    """Without interaction each player flips by itself, at lr = 2 over its curvature."""
    game = Quadratic(1.0, 0.0, -1.0)
    box = [(0.5, 4.0), (0.5, 4.0)]
    curves = boundary(rules.Simultaneous(), game, ("lr_x", "lr_y"), box, stride=0.05)
    assert [curve.kind for curve in curves] == ["flip", "flip"]
    for curve in curves:
        assert np.min(np.abs(curve.values - 2.0), axis=1) == pytest.approx(0, abs=1e-12)
        assert curve.ends == ("box", "box")


def test_the_equilibrium_itself_ends_on_a_fold() -> None:
    """x² + x/4 = 1 - p - q² has its larger root up to p + q² = 65/64 only."""
    game = from_losses(
        "x**3/3 - (1 - p - q**2)*x + x*y/2",
        "y**2/2 - x*y/2 + x**2/8",
        name="Turning", p=0.0, q=0.1,
    )  # fmt: skip
    point = max(game.equilibria())
    box = [(0.0, 1.5), (0.1, 1.4)]
    rule = rules.Simultaneous(lr=0.2)
    (fold,) = boundary(rule, game, ("p", "q"), box, point=point)
    assert fold.kind == "fold"
    assert fold.ends == ("box", "box")
    p, q = fold.values.T
    assert p + q * q == pytest.approx(65 / 64, abs=1e-13)
    # at x = -1/8, J = [[-1/4, 1/2], [-1/2, 1]] has the eigenvalues 0 and 3/4
    assert fold.others == pytest.approx(1 - 0.2 * 0.75, abs=1e-9)
    assert np.max(np.linalg.norm(np.diff(fold.values, axis=0), axis=1)) < 0.06


def test_large_maps_are_followed_or_refused() -> None:
    game, box = Bilinear(np.eye(4)), [(0.5, 4.0), (0.5, 4.0)]
    with pytest.raises(GandynError, match="followed one by one"):
        boundary(rules.Extragradient(), game, ("lr_x", "lr_y"), box, follow=False)


def test_nothing_crosses() -> None:
    box = [(0.01, 0.1), (0.5, 0.9)]
    assert boundary(rules.Simultaneous(), GAN, ("lr", "gamma"), box) == []


def test_bad_input_is_refused() -> None:
    rule = rules.Simultaneous()
    with pytest.raises(GandynError, match="different"):
        boundary(rule, GAN, ("lr", "lr"), [(0.1, 1.0), (0.1, 1.0)])
    with pytest.raises(GandynError, match=r"gamma: 1\.0 to 0\.1 is empty"):
        boundary(rule, GAN, ("lr", "gamma"), [(0.1, 1.0), (1.0, 0.1)])
    with pytest.raises(FieldError, match="zero or positive"):
        boundary(rule, GAN, ("lr", "gamma"), [(0.1, 1.0), (-1.0, 0.1)])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"stride": 0.0}, "stride must be above 0"),
        ({"stride": float("nan")}, "stride must be above 0"),
        ({"box": [(0.1, 1.0)]}, "box needs a low and a high"),
        ({"point": (0.5, 0.1)}, r"no fixed point at lr_x, lr_y = 0\.1, 0\.2"),
    ],
)
def test_what_is_no_boundary_is_refused(changes, words):
    asked = {"box": [(0.1, 1.0), (0.2, 1.0)], **changes}
    with pytest.raises(GandynError, match=words):
        boundary(rules.Simultaneous(), DiracGAN(), ("lr_x", "lr_y"), **asked)


def drifting(u: float, w: float, field: str) -> tuple[dict[str, float], Any]:
    """Return rates and the boundary of J = ((a + k m², b), (-b, c)) at (0, m).

    The players x and y are measured in units 1/u and 1/w.
    """
    game = from_losses(
        "(a + k*y*y)*x*x/2 + b*x*(y - m)", "c*(y - m)**2/2 - b*x*(y - m)",
        equilibria=[(0.0, 0.2 * w)], a=0.3 / u**2, k=0.4 / (u * w) ** 2,
        b=0.8 / (u * w), c=1.2 / w**2, m=0.2 * w,
    )  # fmt: skip
    rates = {"lr_x": u * u, "lr_y": w * w}
    box = [(0.05 * rates[field], 6 * rates[field]), (0.2 * w, 2.0 * w)]
    return rates, boundary(rules.Simultaneous(**rates), game, (field, "m"), box)


@pytest.mark.parametrize("units", [(27, 0), (-27, 0), (-13, 27), (13, 0), (0, -27)])
@pytest.mark.parametrize("field", ["lr_x", "lr_y"])
def test_a_boundary_does_not_depend_on_the_players_units(
    units: tuple[int, int], field: str
) -> None:
    u, w = (2.0**power for power in units)
    rates, found = drifting(u, w, field)
    same = drifting(1.0, 1.0, field)[1]
    kinds = [[(one.kind, one.ends) for one in curves] for curves in (found, same)]
    assert kinds[0] == kinds[1]
    assert same
    for curve in found:
        rate, m = curve.values[:, 0] / rates[field], curve.values[:, 1] / w
        x, y = (rate, 1.0) if field == "lr_x" else (1.0, rate)
        own = 0.3 + 0.4 * m * m
        trace, area = x * own + y * 1.2, x * y * (1.2 * own + 0.8**2)
        flips = curve.kind == "flip"
        gap = 4 - 2 * trace + area if flips else area - trace
        assert np.max(np.abs(gap)) < 1e-11
