"""Laws that every game obeys: its methods are the derivatives of its losses."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from gandyn._node import Node, fields, members
from gandyn.elementary import cross_gradients
from gandyn.games import (
    CATALOGUE,
    LQGAN,
    BatchNormGAN,
    Bilinear,
    CovarianceGAN,
    DiracGAN,
    Forsaken,
    GeneralQuadratic,
    LabelSmoothing,
    LinearGame,
    MeanGAN,
    NoisyDiracGAN,
    Quadratic,
    ShiftedNormalGAN,
    from_losses,
)

STEP = 1e-30
TIGHT = {"rtol": 1e-11, "atol": 1e-12}

RNG_SEED = 20


def vector_games():
    rng = np.random.default_rng(RNG_SEED)
    a = rng.normal(size=(3, 2))
    return {
        "Bilinear-3x2": Bilinear(a, b=a @ rng.normal(size=2), c=a.T @ np.ones(3)),
        "Quadratic-3x2": Quadratic(
            f_xx=np.diag([1.0, -2.0, 0.5]) + 0.3, f_xy=a, f_yy=-0.2, point_x=[1, 2, 3]
        ),
        "GeneralQuadratic-2x3": GeneralQuadratic(
            A=0.5, B=a.T, C=rng.normal(size=(3, 2)), D=np.eye(3) - 0.2, point_y=2.0
        ),
        "MeanGAN-3": MeanGAN([1.0, -2.0, 0.5], gamma=0.7),
        "CovarianceGAN-3": CovarianceGAN(a @ a.T, columns=4),
        "Bilinear-1x1": Bilinear([[2.0]], b=[1.0], c=-1.0),
        "ShiftedNormalGAN-biased": ShiftedNormalGAN(
            LabelSmoothing("NS", 0.3, 0.1),
            gamma=0.2,
            input_map=[[1.0, -0.4], [0.3, 0.5], [0.2, 0.1]],
            bias=True,
        ),
        "LinearGame-5": LinearGame(rng.normal(size=(5, 5)), n=2, point=np.arange(5.0)),
    }


def scalar_variants():
    return {
        "Bilinear-offset": Bilinear(-2.0, b=0.5, c=1.5),
        "LQGAN-penalty": LQGAN(eta=0.5, scale=1.3),
        "Forsaken-0.2": Forsaken(offset=0.2),
        **{
            f"DiracGAN-{loss}-{r}": cls(loss=loss, regulariser=r)
            for cls in (DiracGAN, NoisyDiracGAN)
            for loss in ("minimax", "NS", "WGAN", "LSGAN", "hinge")
            for r in ("none", "L2Both", "GP")
            if (loss, r) != ("hinge", "GP")
        },
        "BatchNormGAN-both": BatchNormGAN("NS", 0.1, 0.7, 0.1, sees_reals=True),
        "BatchNormGAN-separate": BatchNormGAN(separate=True),
        "losses": from_losses("x*y + a*sin(x)*y**3 + tanh(x)", "a*x/cosh(y)", a=0.7),
    }


def every_game():
    games = {name: cls() for name, cls in CATALOGUE.items()}
    return games | vector_games() | scalar_variants()


GAMES = every_game()
SCALAR_GAMES = {k: g for k, g in GAMES.items() if g.shape == ((), ())}


def states(game, seed=0, batch=()):
    """Return (x, y, u, w): a state near the origin and a direction."""
    rng = np.random.default_rng(seed)
    shapes = [tuple(s) + batch for s in game.shape]
    draw = [rng.uniform(-0.9, 1.1, size=s) for s in (*shapes, *shapes)]
    if game.shape == ((), ()) and batch == ():
        return [float(d) for d in draw]
    return draw


every = pytest.mark.parametrize("game", GAMES.values(), ids=GAMES.keys())
scalar = pytest.mark.parametrize("game", SCALAR_GAMES.values(), ids=SCALAR_GAMES.keys())
seeds = pytest.mark.parametrize("seed", range(3))


def losses(game, x, y):
    try:
        return game.loss_x(x, y), game.loss_y(x, y)
    except NotImplementedError:
        pytest.skip("a field without losses")


def inner(a, b):
    return float(np.sum(np.asarray(a) * np.asarray(b)))


def complex_step(function, x, y, u, w):
    """Return the derivative of a pair-valued function along (u, w)."""
    values = function(x + 1j * STEP * np.asarray(u), y + 1j * STEP * np.asarray(w))
    return [np.imag(v) / STEP for v in values]


@every
@seeds
def test_gradients_are_derivatives_of_the_losses(game, seed):
    x, y, u, w = states(game, seed)
    losses(game, x, y)
    zero_x, zero_y = 0 * np.asarray(u), 0 * np.asarray(w)

    def both(p, q):
        return losses(game, p, q)

    along_x, _ = complex_step(both, x, y, u, zero_y)
    _, along_y = complex_step(both, x, y, zero_x, w)
    np.testing.assert_allclose(inner(game.gx(x, y), u), along_x, **TIGHT)
    np.testing.assert_allclose(inner(game.gy(x, y), w), along_y, **TIGHT)


@every
@seeds
def test_each_loss_has_a_gradient_in_the_opponents_variable(game, seed):
    x, y, u, w = states(game, seed)
    losses(game, x, y)
    across_x, across_y = cross_gradients(game, x, y)

    def both(p, q):
        return losses(game, p, q)

    along_y, _ = complex_step(both, x, y, 0 * np.asarray(u), w)
    _, along_x = complex_step(both, x, y, u, 0 * np.asarray(w))
    np.testing.assert_allclose(inner(across_x, w), along_y, **TIGHT)
    np.testing.assert_allclose(inner(across_y, u), along_x, **TIGHT)


@every
@seeds
def test_jvp_is_the_derivative_of_the_field(game, seed):
    x, y, u, w = states(game, seed)
    expected = complex_step(lambda p, q: (game.gx(p, q), game.gy(p, q)), x, y, u, w)
    for got, want in zip(game.jvp(x, y, u, w), expected, strict=True):
        np.testing.assert_allclose(got, want, **TIGHT)


@every
@seeds
def test_vjp_is_the_transpose_of_jvp(game, seed):
    x, y, u, w = states(game, seed)
    _, _, p, q = states(game, seed + 100)
    ju, jw = game.jvp(x, y, u, w)
    tp, tq = game.vjp(x, y, p, q)
    left = inner(p, ju) + inner(q, jw)
    np.testing.assert_allclose(left, inner(tp, u) + inner(tq, w), **TIGHT)


@every
@seeds
def test_solve_inverts_the_implicit_step(game, seed):
    x, y, u, w = states(game, seed)
    try:
        p, q = game.solve(x, y, 0.3, 0.2, u, w)
    except NotImplementedError:
        pytest.skip("no solve")
    ju, jw = game.jvp(x, y, p, q)
    np.testing.assert_allclose(p + 0.3 * ju, u, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(q + 0.2 * jw, w, rtol=1e-9, atol=1e-11)


@every
def test_the_field_vanishes_at_every_equilibrium(game):
    points = game.equilibria()
    assert points
    for x, y in points:
        assert (np.shape(x), np.shape(y)) == game.shape
        scale = 1 + np.linalg.norm(x) + np.linalg.norm(y)
        assert np.linalg.norm(game.gx(x, y)) < 1e-12 * scale**3
        assert np.linalg.norm(game.gy(x, y)) < 1e-12 * scale**3


@every
@pytest.mark.parametrize("distance", [1e-9, 1e-13, 1e-17, 1e-30])
def test_the_field_keeps_its_derivative_near_an_equilibrium(game, distance):
    """However near: an orbit that has converged is judged by it."""
    x, y = game.equilibria()[0]
    _, _, u, w = states(game, seed=1)
    _, _, p, q = states(game, seed=2)
    near = complex_step(
        lambda p, q: (game.gx(p, q), game.gy(p, q)),
        x + distance * np.asarray(p), y + distance * np.asarray(q), u, w,
    )  # fmt: skip
    for got, want in zip(near, game.jvp(x, y, u, w), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-7)


@every
@seeds
def test_zero_sum_means_that_the_losses_cancel(game, seed):
    x, y, _, _ = states(game, seed)
    loss_x, loss_y = losses(game, x, y)
    if game.zero_sum:
        np.testing.assert_allclose(loss_x, -loss_y, **TIGHT)


@every
def test_linear_means_that_the_jacobian_is_constant(game):
    _, _, u, w = states(game)
    first = game.jvp(*states(game, 1)[:2], u, w)
    second = game.jvp(*states(game, 2)[:2], u, w)
    same = all(
        np.allclose(a, b, rtol=1e-12) for a, b in zip(first, second, strict=True)
    )
    assert same or not game.linear


@every
@pytest.mark.parametrize("batch", [(4,), (2, 3)])
def test_a_batch_on_trailing_axes_equals_single_states(game, batch):
    x, y, u, w = states(game, 5, batch)
    together = [game.gx(x, y), game.gy(x, y), *game.jvp(x, y, u, w)]
    together += [*game.vjp(x, y, u, w), *game.solve(x, y, 0.1, 0.2, u, w)]
    for value, shape in zip(together, game.shape * 4, strict=True):
        assert np.shape(np.broadcast_arrays(value, 0)[0])[-len(batch) :] == batch or (
            game.linear and np.shape(value) == shape
        )
    for index in np.ndindex(*batch):
        at = (..., *index)
        one = [v[at] for v in (x, y, u, w)]
        single = [game.gx(*one[:2]), game.gy(*one[:2]), *game.jvp(*one)]
        single += [*game.vjp(*one), *game.solve(*one[:2], 0.1, 0.2, *one[2:])]
        for many, few in zip(together, single, strict=True):
            np.testing.assert_allclose(many[at], few, rtol=1e-12, atol=1e-13)


@every
def test_rates_may_differ_along_the_batch(game):
    x, y, u, w = states(game, 6, (3,))
    rates = np.array([0.1, 0.5, 2.0])
    together = game.solve(x, y, rates, 2 * rates, u, w)
    for i, rate in enumerate(rates):
        at = (..., i)
        one = [v[at] for v in (x, y, u, w)]
        single = game.solve(*one[:2], rate, 2 * rate, *one[2:])
        for many, few in zip(together, single, strict=True):
            np.testing.assert_allclose(many[at], few, rtol=1e-11, atol=1e-13)


@every
def test_torch_gives_the_numbers_of_numpy_and_autograd_agrees(game):
    torch = pytest.importorskip("torch")
    arrays = [np.asarray(v) for v in states(game, 7, (3,))]
    tensors = [torch.tensor(v, dtype=torch.float64) for v in arrays]
    rates = torch.tensor([0.1, 0.2, 0.3], dtype=torch.float64)
    for name, extra in (("jvp", []), ("vjp", []), ("solve", [rates, 2 * rates])):
        method = getattr(game, name)
        got = method(*tensors[:2], *extra, *tensors[2:])
        want = method(*arrays[:2], *(r.numpy() for r in extra), *arrays[2:])
        for a, b in zip(got, want, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)
    for name, position in (("loss_x", 0), ("loss_y", 1)):
        x, y = (t.clone().requires_grad_() for t in tensors[:2])
        try:
            total = getattr(game, name)(x, y).sum()
        except NotImplementedError:
            return
        gradient = torch.autograd.grad(total, (x, y))[position]
        own = (game.gx, game.gy)[position](*arrays[:2])
        np.testing.assert_allclose(gradient, own, rtol=1e-11, atol=1e-12)


@scalar
def test_floats_stay_floats_and_overflow_quietly(game):
    for value in (game.gx(0.3, 0.4), game.gy(0.3, 0.4), *game.jvp(0.3, 0.4, 1.0, 1.0)):
        assert isinstance(value, float)
    for gradient in (game.gx, game.gy):
        assert isinstance(gradient(1e200, -1e200), float)


@every
def test_the_shape_is_that_of_the_gradients(game):
    x, y, _, _ = states(game)
    assert (np.shape(game.gx(x, y)), np.shape(game.gy(x, y))) == game.shape


@pytest.mark.parametrize("cls", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_every_game_cites_its_source_and_is_a_value(cls):
    assert cls() == cls()
    assert hash(cls()) == hash(cls())
    assert isinstance(cls(), Node)
    sections = ["References", "Examples", *["Parameters"] * bool(fields(cls()))]
    for section in sections:
        assert section in cls.__doc__, section


def test_no_name_is_both_a_field_and_a_method_in_kernels():
    families = [*members(Node).values()]
    methods, numbers = {}, {}
    for cls in families:
        if not cls.__module__.startswith(("gandyn.games", "gandyn.rules")):
            continue
        numbers.update(dict.fromkeys(cls.__dataclass_fields__, cls))
        for name, method in inspect.getmembers(cls, inspect.isfunction):
            if not name.startswith("__"):
                methods.setdefault(name, {})[cls] = len(
                    inspect.signature(method).parameters
                )
    assert not methods.keys() & numbers.keys()
    for name, arities in methods.items():
        assert len(set(arities.values())) == 1, (name, arities)
