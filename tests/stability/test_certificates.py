"""Certificates against exact arithmetic done another way, and on known cases."""

from __future__ import annotations

import itertools
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from flint import fmpq, fmpq_mat, fmpq_poly, fmpz_poly

from gandyn import games, rules, sweep
from gandyn.dynamics import one_step_map
from gandyn.errors import FieldError, GandynError
from gandyn.games import Bilinear, DiracGAN, LinearGame, Quadratic
from gandyn.rules import (
    Adam,
    Alternating,
    ComplexMomentum,
    Extragradient,
    OptimisticGradient,
    ProximalPoint,
    RMSProp,
    Simultaneous,
)
from gandyn.stability import (
    certify,
)
from gandyn.stability.certificates.schur_cohn import circle_counts

DIGITS = 200
UNIMODULAR = 3
"""Elementary operations that hide the blocks of a map with a known spectrum."""
BLOCKS = {
    # block: (inside, on, outside), whether defective on the circle
    ((0,),): ((1, 0, 0), False),
    ((1,),): ((0, 1, 0), False),
    ((-1,),): ((0, 1, 0), False),
    ((3,),): ((0, 0, 1), False),
    ((0, -1), (1, 0)): ((0, 2, 0), False),
    ((0, -1), (1, 1)): ((0, 2, 0), False),
    ((1, 1), (0, 1)): ((0, 2, 0), True),
    ((0, 1), (0, 0)): ((2, 0, 0), False),
    ((2, 1), (1, 1)): ((1, 0, 1), False),
    ((0, -1, 0, 0), (1, 0, 0, 0), (1, 0, 0, -1), (0, 1, 1, 0)): ((0, 4, 0), True),
}


def random_map(rng, near):
    """Return a map of size 2 to 6, its radius within 1e-12 of 1 or anywhere."""
    size = int(rng.integers(2, 7))
    matrix = rng.normal(size=(size, size))
    radius = np.abs(np.linalg.eigvals(matrix)).max()
    away = rng.uniform(-1e-12, 1e-12) if near else rng.uniform(-0.5, 0.5)
    return matrix / radius * (1 + away)


def faddeev_leverrier(matrix):
    """Return the characteristic polynomial over the rationals."""
    a = fmpq_mat(
        [
            [fmpq(*map(int, v.as_integer_ratio())) for v in row]
            for row in matrix.tolist()
        ]
    )
    size = a.nrows()
    identity = fmpq_mat(np.eye(size, dtype=int).tolist())
    power, found = identity, [fmpq(1)]
    for k in range(1, size + 1):
        moved = a * power
        found.append(-sum((moved[i, i] for i in range(size)), fmpq(0)) / k)
        power = moved + found[-1] * identity
    return fmpq_poly(found[::-1])


def counts_on_the_axis(polynomial):
    """Count roots by z = (1 + s)/(1 - s) and the Cauchy index on the imaginary axis."""
    degree = polynomial.degree()
    moved = fmpq_poly([0])
    for k, c in enumerate(polynomial.coeffs()):
        moved += c * fmpq_poly([1, 1]) ** k * fmpq_poly([1, -1]) ** (degree - k)
    turned = moved.coeffs() + [fmpq(0)]  # noqa: RUF005
    signs = itertools.cycle((1, 1, -1, -1))
    turned = [c * sign for c, sign in zip(turned, signs, strict=False)]
    real = fmpq_poly([c if k % 2 == 0 else 0 for k, c in enumerate(turned)])
    imaginary = fmpq_poly([c if k % 2 else 0 for k, c in enumerate(turned)])
    shared = real.gcd(imaginary)
    p, q = real // shared, imaginary // shared
    even = moved.degree() % 2 == 0
    index = -cauchy_index(p, q) if even else cauchy_index(q, p)
    on_axis = real_roots(shared)
    pairs = (shared.degree() - on_axis) // 2
    rest = moved.degree() - shared.degree()
    on = on_axis + degree - moved.degree()  # roots at z = -1 go to infinity
    return (rest + index) // 2 + pairs, on, (rest - index) // 2 + pairs


def cauchy_index(denominator, numerator):
    """Return the Cauchy index of a quotient on the real line, by Euclid's algorithm."""
    chain = [denominator, numerator]
    while chain[-1] != 0:
        chain.append(-(chain[-2] % chain[-1]))
    chain.pop()
    leading = [p[p.degree()] > 0 for p in chain]
    before = [
        s if p.degree() % 2 == 0 else not s for s, p in zip(leading, chain, strict=True)
    ]
    return changes(before) - changes(leading)


def changes(signs):
    return sum(a != b for a, b in itertools.pairwise(signs))


def real_roots(p):
    """Count the real roots with multiplicity."""
    found = 0
    while p.degree() > 0:
        found += cauchy_index(p, p.derivative())
        p = p.gcd(p.derivative())
    return found


def contradictions(count, seed):
    """Return the maps whose certificate another exact method contradicts."""
    rng = np.random.default_rng(seed)
    wrong = []
    for k in range(count):
        matrix = random_map(rng, near=k % 2 == 0)
        found = certify(matrix)
        wanted = counts_on_the_axis(faddeev_leverrier(matrix))
        if (found.inside, found.on, found.outside) != wanted:
            wrong.append(matrix)
    return wrong


def test_random_maps():
    assert contradictions(400, seed=0) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 11))
def test_many_random_maps(seed):
    assert contradictions(100_000, seed) == []


def test_random_maps_at_two_hundred_digits():
    rng = np.random.default_rng(11)
    for k in range(24):
        matrix = random_map(rng, near=k % 2 == 0)
        with mpmath.workdps(DIGITS):
            values, _ = mpmath.eig(mpmath.matrix(matrix.tolist()))
            sizes = [abs(value) for value in values]
            inside = sum(size < 1 - mpmath.mpf(10) ** -60 for size in sizes)
            outside = sum(size > 1 + mpmath.mpf(10) ** -60 for size in sizes)
        found = certify(matrix)
        assert (found.inside, found.outside) == (inside, outside)
        assert found.on == 0


def hidden(rng, blocks):
    """Return a map with the given diagonal blocks in other whole coordinates."""
    size = sum(map(len, blocks))
    matrix, place = np.zeros((size, size), dtype=int), 0
    for block in blocks:
        end = place + len(block)
        matrix[place:end, place:end] = block
        place = end
    for _ in range(UNIMODULAR * size):
        i, j = rng.choice(size, 2, replace=False) if size > 1 else (0, 0)
        if i != j:
            k = int(rng.integers(-1, 2))
            matrix[i] += k * matrix[j]
            matrix[:, j] -= k * matrix[:, i]
    return matrix


def test_maps_of_known_blocks():
    rng = np.random.default_rng(12)
    for _ in range(300):
        picks = rng.integers(0, len(BLOCKS), size=int(rng.integers(1, 4)))
        blocks = [list(BLOCKS)[k] for k in picks]
        counts = tuple(np.sum([BLOCKS[b][0] for b in blocks], axis=0))
        defective = any(BLOCKS[b][1] for b in blocks)
        found = certify(hidden(rng, blocks))
        assert (found.inside, found.on, found.outside) == counts
        assert found.defective == defective
        unstable = counts[2] > 0 or defective
        on_circle = "proved_on_circle" if counts[1] else "proved_stable"
        assert found.status == ("proved_unstable" if unstable else on_circle)


def test_roots_of_known_factors():
    """Equal outer coefficients without a root on the circle, and repeated pairs."""
    assert circle_counts(fmpz_poly([1, 3, 1])) == (1, 0, 1)
    assert circle_counts(fmpz_poly([1, 3, 1]) ** 3) == (3, 0, 3)
    assert circle_counts(fmpz_poly([-1, 2]) * fmpz_poly([5, 3]) ** 2) == (1, 0, 2)
    assert circle_counts(fmpz_poly([2, 0, 5, 2])) == counts_on_the_axis(
        fmpq_poly([2, 0, 5, 2])
    )
    assert circle_counts(fmpz_poly([5, -6, 5]) ** 2 * fmpz_poly([0, 1])) == (1, 4, 0)


@pytest.mark.parametrize(
    ("matrix", "status", "counts"),
    [
        (np.eye(3), "proved_on_circle", (0, 3, 0)),
        (np.diag([1.0, 1.0], 1), "proved_stable", (3, 0, 0)),
        (np.zeros((2, 2)), "proved_stable", (2, 0, 0)),
        ([[1.0, 1.0], [0.0, 1.0]], "proved_unstable", (0, 2, 0)),
        ([[np.nextafter(1.0, 2.0)]], "proved_unstable", (0, 0, 1)),
        ([[np.nextafter(1.0, 0.0)]], "proved_stable", (1, 0, 0)),
        ([[Fraction(3, 5), Fraction(-4, 5)], [Fraction(4, 5), Fraction(3, 5)]],
         "proved_on_circle", (0, 2, 0)),
        ([[0.6, -0.8], [0.8, 0.6]], "proved_unstable", (0, 0, 2)),
    ],
)  # fmt: skip
def test_known_maps(matrix, status, counts):
    found = certify(matrix)
    assert found.status == status
    assert (found.inside, found.on, found.outside) == counts


def test_a_linearisation_with_a_defective_multiplier_proves_nothing_about_growth():
    found = certify([[1.0, 1.0], [0.0, 1.0]], linear=False)
    assert (found.status, found.defective) == ("proved_on_circle", True)


@pytest.mark.parametrize("lr_x", [0.25, 1.0, 3.0])
def test_alternating_play_on_a_bilinear_game(lr_x):
    """On the circle for lr_x lr_y σ² < 4, defective at 4, unstable beyond."""
    for product, status, defective in [
        (4 - 2.0**-40, "proved_on_circle", False),
        (4.0, "proved_unstable", True),
        (4 + 2.0**-40, "proved_unstable", False),
    ]:
        scaled = product / 0.5**2 / lr_x
        exact = Fraction(scaled) * Fraction(lr_x) / 4 == Fraction(product)
        found = certify(Alternating(lr_x=lr_x, lr_y=scaled), Bilinear(0.5))
        if exact:
            assert (found.status, found.defective) == (status, defective)
        elif product > 4:
            assert found.outside == 1


def test_floats_say_neutral_where_a_certificate_says_stable():
    found = certify(Extragradient(lr=0.1), Bilinear(1e-12))
    assert (found.status, found.inside) == ("proved_stable", 2)
    seen = sweep(
        Extragradient(), Bilinear(1e-12), {"lr_x": [0.1, 0.2], "ratio_x": [0.9, 1]}
    )
    assert not np.any(seen.verdict.values == 1)


def test_optimistic_play_where_its_multipliers_are_a_defective_pair():
    """x = ησ = 1/2: double multipliers (1 ± i)/2, inside; unstable beyond 1/√3."""
    found = certify(OptimisticGradient(lr=0.5), Bilinear(1.0))
    assert (found.status, found.inside) == ("proved_stable", 4)
    lam = fmpq_poly([fmpq(1, 2), -1, 1])
    assert fmpq_poly(
        [fmpq(c.numerator, c.denominator) for c in found.coefficients]
    ) == (lam * lam)
    edge = Fraction(1 / np.sqrt(3))
    below = edge if 3 * edge**2 < 1 else Fraction(np.nextafter(float(edge), 0))
    above = Fraction(np.nextafter(float(below), 1))
    assert 3 * below**2 < 1 < 3 * above**2
    for lr, status in ((below, "proved_stable"), (above, "proved_unstable")):
        rule = OptimisticGradient(lr=float(lr))
        assert certify(rule, Bilinear(1.0)).status == status


def test_a_rotation_of_the_dirac_gan_is_exact():
    found = certify(Alternating(lr=0.5), DiracGAN())
    assert (found.status, found.subject) == ("proved_on_circle", "exact map")
    assert found.coefficients == (1, Fraction(1, 16) - 2, 1)


def test_directions_along_equilibria_are_set_aside():
    game = Bilinear(np.array([[1.0, 2.0], [2.0, 4.0], [0.0, 1.0]]))
    found = certify(Extragradient(lr=0.1), game)
    assert (found.neutral, found.inside, found.on) == (1, 4, 0)
    assert found.status == "proved_stable"
    assert certify(Simultaneous(lr=0.1), game).status == "proved_unstable"
    still = certify(Alternating(lr=0.1), game)
    assert (still.status, still.neutral, still.on) == ("proved_on_circle", 1, 4)


PLAYED = [
    pytest.param(rule, game, id=f"{rule}-{game}")
    for game in ("Bilinear", "Quadratic", "LinearGame", "DiracGAN", "LQGAN")
    for rule in rules.CATALOGUE
    if rules.CATALOGUE[rule].autonomous
]


@pytest.mark.parametrize(("rule_name", "game_name"), PLAYED)
def test_certificates_agree_with_clear_floats(rule_name, game_name):
    """Away from the circle the floating point multipliers are right."""
    rule, game = rules.CATALOGUE[rule_name](), games.CATALOGUE[game_name]()
    try:
        matrix = one_step_map(rule, game)
    except GandynError as error:
        pytest.skip(str(error))
    if not np.isfinite(matrix).all():
        assert certify(rule, game).status == "unproved"
        return
    found = certify(rule, game)
    if found.status == "unproved":
        assert found.reason
        return
    sizes = np.abs(np.linalg.eigvals(matrix))
    margin = 1e-6
    assert found.inside >= np.sum(sizes < 1 - margin)
    assert found.outside >= np.sum(sizes > 1 + margin)
    assert found.inside + found.on + found.outside + found.neutral == len(matrix)


def test_linear_rules_of_the_catalogue_are_exact():
    linear = [c for c in rules.CATALOGUE.values() if c.linear and c.autonomous]
    subjects = {}
    for cls in linear:
        try:
            found = certify(cls(), Quadratic())
        except GandynError:
            continue
        if found.status != "unproved":
            subjects[cls.__name__] = found.subject
    assert len(subjects) > 20
    assert set(subjects.values()) == {"exact map"}


def test_irrational_fields_are_enclosed():
    """The cosine of a complex momentum's argument has no rational value."""
    found = certify(ComplexMomentum(), Quadratic(2.0, 0.5, -2.0))
    assert (found.status, found.subject) == ("proved_stable", "exact map")
    assert found.coefficients == ()


def test_implicit_steps_on_matrices_are_exact():
    game = LinearGame([[0.5, 1.0, 0.0], [-1.0, 0.0, 2.0], [0.0, -2.0, 0.25]], 2)
    found = certify(ProximalPoint(lr=3.0), game)
    assert (found.status, found.subject) == ("proved_stable", "exact map")


def test_what_cannot_be_proved_is_said():
    found = certify(RMSProp(), Bilinear(1.0))
    assert found.status == "unproved"
    assert "derivative" in found.reason


def test_refusals():
    with pytest.raises(GandynError, match="changes with time"):
        certify(Adam(), Bilinear(1.0))
    with pytest.raises(GandynError, match=r"a step moves it by 0\.1"):
        certify(Simultaneous(lr=0.1), Bilinear(1.0), (1.0, 0.0))
    with pytest.raises(FieldError, match="square"):
        certify([[1.0, 2.0]])
    with pytest.raises(FieldError, match="finite"):
        certify([[np.nan]])


def test_decimal_rates_are_the_rationals_that_they_are():
    """0.1 is a little more than a tenth in binary64."""
    found = certify(Simultaneous(lr=0.1), Quadratic(1.0, 0.0, -1.0))
    assert found.coefficients[1] == -2 * (1 - Fraction(0.1))
