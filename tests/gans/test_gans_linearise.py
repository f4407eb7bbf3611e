"""Torch GANs linearised: dense, by products, and through the rules' own steps."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gandyn.cli import main
from gandyn.dynamics.exact.linear import multipliers
from gandyn.dynamics.exact.null_spaces import null_directions
from gandyn.errors import GandynError, UnknownName
from gandyn.games.linear import LinearGame
from gandyn.rules import CATALOGUE, Simultaneous
from gandyn.stability import critical_learning_rates

torch = pytest.importorskip("torch")

from gandyn.gans import TeacherStudent, train  # noqa: E402
from gandyn.gans.spectra.eigenvalues import ENDS  # noqa: E402
from gandyn.gans.spectra.equilibria import polish  # noqa: E402
from gandyn.gans.spectra.krylov import leading_eigenvalues  # noqa: E402
from gandyn.gans.spectra.linearisation import (  # noqa: E402
    leading_spectrum,
    linearise,
)
from gandyn.gans.spectra.multipliers import step_multipliers  # noqa: E402

EXAMPLES = Path(__file__).parents[2] / "examples"
DOUBLE = torch.float64
DEVICES = [
    "cpu",
    pytest.param(
        "cuda",
        marks=pytest.mark.skipif(
            not torch.cuda.is_available(), reason="torch sees no CUDA device"
        ),
    ),
]


@pytest.fixture(scope="module")
def gan() -> Any:
    return TeacherStudent(regulariser="R1", hidden=4, points=24)


@pytest.fixture(scope="module")
def point(gan: Any) -> Any:
    return gan.equilibrium()


@pytest.fixture(scope="module")
def linear(gan: Any, point: Any) -> Any:
    return linearise(gan.game(), *point)


@pytest.fixture(scope="module")
def first(linear: Any) -> float:
    """The critical learning rate of simultaneous play."""
    found = critical_learning_rates(Simultaneous(), linear.reduced(), high=50.0)
    return found[0].value


def made(values: np.ndarray, zeros: int, seed: int = 0) -> np.ndarray:
    """Return a non-normal matrix of given eigenvalues, and as many zeros more."""
    both = np.concatenate([values, values.conj()])
    core = LinearGame.with_spectrum(both, condition=20.0, n=1).J
    size = len(core) + zeros
    matrix = np.zeros((size, size))
    matrix[: len(core), : len(core)] = core
    basis = np.random.default_rng(seed).normal(size=(size, size))
    return basis @ matrix @ np.linalg.inv(basis)


@pytest.mark.parametrize("device", DEVICES)
def test_all_ends_of_a_spectrum_from_one_iteration(device: str) -> None:
    rng = np.random.default_rng(3)
    values = rng.uniform(0.2, 2, 60) + 1j * rng.uniform(0.1, 1, 60)
    matrix = torch.as_tensor(made(values, 40)).to(device)
    start = torch.as_tensor(rng.normal(size=160)).to(device)
    found = leading_eigenvalues(
        lambda v: matrix @ v, start, ends=tuple(ENDS), count=4, neutral=0.0,
        tolerance=1e-8,
    )  # fmt: skip
    assert found.converged.all()
    every = np.concatenate([values, values.conj()])
    for end, key in ENDS.items():
        np.testing.assert_allclose(
            key(found.at(end))[:4], np.sort(key(every))[::-1][:4], rtol=1e-6
        )
    for i, value in enumerate(found.values):
        vector = found.vectors[:, i].cpu().numpy()
        left = np.linalg.norm(matrix.cpu().numpy() @ vector - value * vector)
        assert left / np.linalg.norm(vector) == pytest.approx(
            found.residuals[i], rel=1e-3, abs=1e-12
        )


def test_what_has_not_converged_says_so() -> None:
    values = torch.linspace(1.0, 2.0, 2000, dtype=DOUBLE)
    rng = torch.Generator().manual_seed(0)
    start = torch.randn(2000, generator=rng, dtype=DOUBLE)
    found = leading_eigenvalues(lambda v: values * v, start, count=4, most=40)
    nearest = np.abs(values.numpy()[:, None] - found.values).min(axis=0)
    assert not found.converged.any()
    assert (nearest <= found.residuals).all()  # a symmetric matrix: Weinstein's bound
    assert found.at("largest modulus").size == 0


def test_small_and_nilpotent_operators() -> None:
    nothing = leading_eigenvalues(torch.zeros_like, torch.ones(3).double(), neutral=0.0)
    assert nothing.values.size == 0
    shift = torch.diag(torch.ones(2, dtype=DOUBLE), 1)
    found = leading_eigenvalues(lambda v: shift @ v, torch.ones(3, dtype=DOUBLE))
    assert np.abs(found.values).max() < 1e-4  # a Jordan block: the root of rounding
    with pytest.raises(UnknownName, match="largest real"):
        leading_eigenvalues(lambda v: v, torch.ones(3), ends=("biggest real",))
    with pytest.raises(GandynError, match="not finite"):
        leading_eigenvalues(lambda v: v / 0, torch.ones(3))


def test_neutral_directions_are_counted_and_dropped(gan: Any, linear: Any) -> None:
    assert linear.residual == 0
    assert linear.neutral == linear.neutral_x + linear.neutral_y
    assert linear.neutral == null_directions(
        linear.game(), linear.game().equilibria()[0]
    )
    assert linear.gap[0] < 1e-14 < 1e-4 < linear.gap[1]
    reduced = linear.reduced()
    assert np.linalg.matrix_rank(reduced.J) == len(reduced.J)
    own = np.sort_complex(np.linalg.eigvals(reduced.J))
    np.testing.assert_allclose(
        own, np.sort_complex(linear.eigenvalues()), rtol=0, atol=1e-12
    )


def test_critical_learning_rate_is_that_of_the_eigenvalues(
    linear: Any, first: float
) -> None:
    values = linear.eigenvalues()
    limits = 2 * values.real / np.abs(values) ** 2
    assert first == pytest.approx(limits.min(), rel=1e-9)
    corner = values[limits.argmin()]
    inside = np.abs(values - 1 / limits.min()) * limits.min()
    assert inside.max() == pytest.approx(1.0, abs=1e-12)
    assert abs(corner - 1 / limits.min()) * limits.min() == pytest.approx(1.0)


def test_products_find_what_the_dense_matrix_has(
    gan: Any, point: Any, linear: Any
) -> None:
    found = leading_spectrum(gan.game(), *point, count=2)
    assert found.converged.all()
    dense = linear.eigenvalues()
    for end, key in ENDS.items():
        got = key(found.at(end))[:2]
        np.testing.assert_allclose(got, np.sort(key(dense))[::-1][:2], atol=1e-10)


RULES = [
    "Simultaneous", "Alternating", "Extragradient", "OptimisticGradient",
    "NegativeMomentum", "Nesterov", "Consensus", "Lookahead",
]  # fmt: skip


@pytest.mark.parametrize("name", RULES)
def test_multipliers_of_a_step_need_no_matrix(
    gan: Any, point: Any, linear: Any, name: str
) -> None:
    rule = CATALOGUE[name]()
    # other ends have the velocities along neutral directions, which are reduced away
    found = step_multipliers(rule, gan.game(), *point, 3, ends=("largest modulus",))
    exact = multipliers(rule, linear.reduced())
    assert found.moved < 1e-14
    assert found.converged.all()
    assert found.radius == pytest.approx(abs(exact[0]), abs=1e-12)
    for value in found.values:
        assert np.abs(exact - value).min() < 1e-8


@pytest.mark.parametrize("share", [0.97, 1.03])
def test_training_follows_the_leading_multiplier(
    gan: Any, point: Any, linear: Any, first: float, share: float
) -> None:
    rule = Simultaneous(lr=share * first)
    found = step_multipliers(rule, gan.game(), *point, 2)
    assert (found.radius > 1) == (share > 1)
    place, size, n = found.ends["largest modulus"][0], 1e-7, linear.n
    mode = found.vectors[:, place]
    push = size * mode.real
    run = train(rule, gan.game(), (point[0] + push[:n], point[1] + push[n:]), 60)
    moved = torch.cat([run.state.x - point[0], run.state.y - point[1]]) / size
    expected = (complex(found.values[place]) ** 60 * mode).real
    assert float((moved - expected).norm()) < 1e-4 * float(expected.norm())


def test_rules_without_multipliers_are_refused(gan: Any, point: Any) -> None:
    with pytest.raises(GandynError, match="changes with time"):
        step_multipliers(CATALOGUE["Adam"](), gan.game(), *point)
    with pytest.raises(GandynError, match="linear_game"):
        step_multipliers(CATALOGUE["FollowTheRidge"](), gan.game(), *point)
    both = torch.stack([point[0]] * 2, 1), torch.stack([point[1]] * 2, 1)
    with pytest.raises(GandynError, match="select"):
        linearise(gan.game(), *both)


@pytest.mark.parametrize("dense", [True, False])
def test_polish_comes_back_to_the_manifold_fast(dense: bool) -> None:
    gan = TeacherStudent(regulariser="R1", hidden=2, points=8)
    point = gan.equilibrium()
    start = point[0] + 1e-3, point[1] - 1e-3
    found = polish(gan.game(), *start, dense=dense)
    assert found.converged
    assert found.residual < 1e-13
    assert len(found.residuals) <= 8
    away = torch.cat([a - b for a, b in zip(start, point, strict=True)]).norm()
    assert found.moved <= 1.01 * float(away)  # the nearest point is not farther
    assert (found.products == 0) == dense


def test_polish_does_not_claim_what_it_has_not() -> None:
    gan = TeacherStudent(loss="wasserstein", hidden=3, points=8)
    x, y = gan.initial()
    found = polish(gan.game(), x, y, steps=1)
    assert not found.converged
    assert found.residual == pytest.approx(
        float(torch.cat(gan.game().field(found.x, found.y)).norm())
    )


def test_export_and_command_line(linear: Any, tmp_path: Path, capsys: Any) -> None:
    path = linear.save(tmp_path / "gan.npz", seed=5)
    game = LinearGame.from_file(path)
    np.testing.assert_array_equal(game.J, linear.J)
    np.testing.assert_array_equal(game.point, linear.point)
    assert game.n == linear.n
    with pytest.raises(GandynError, match="exists"):
        linear.save(path)
    target = str(tmp_path / "gan.png")
    axes = ["--x", "lr_x=0.1:10:4:log", "--y", "lr_y=0.1:10:4:log"]
    main(["phase", "--jacobian", str(path), *axes, "-o", target], standalone_mode=False)
    assert Path(target).is_file()


def test_the_example_makes_its_file_again() -> None:
    spec = importlib.util.spec_from_file_location(
        "torch_gan_jacobian", EXAMPLES / "torch_gan_jacobian.py"
    )
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    before, state = torch.get_default_dtype(), torch.random.get_rng_state()
    try:
        found = module.linearised()
    finally:
        torch.set_default_dtype(before)
        torch.random.set_rng_state(state)
    stored = LinearGame.from_file(EXAMPLES / "torch_gan.npz")
    np.testing.assert_allclose(found.J, stored.J, rtol=0, atol=1e-12)
    assert (len(found.J), found.neutral, found.n) == (74, 58, 42)
    assert (found.neutral_x, found.neutral_y) == (34, 24)
