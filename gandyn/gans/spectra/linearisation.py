"""A GAN at a point: its dense game Jacobian, and leading eigenvalues without any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gandyn._arguments import checked
from gandyn._files import atomic, check_target
from gandyn._records import Record
from gandyn.errors import GandynError
from gandyn.games.linear import LinearGame
from gandyn.gans.games.game import TorchGame
from gandyn.gans.spectra.eigenvalues import ENDS, Eigenvalues
from gandyn.gans.spectra.krylov import leading_eigenvalues

_RANK = 4096.0
"""Singular values of J below this many epsilons of the largest one count as 0."""


class Linearisation(Record):
    r"""The dense game Jacobian of a GAN at a point, in numpy.

    Attributes
    ----------
    J : ndarray, shape (P, P)
        float64, whatever the game's type; the generator's parameters come first.
    n : int
        Parameters of the generator.
    point : ndarray, shape (P,)
    residual : float
        abs(v) at the point: 0 at an equilibrium.
    neutral : int
        P less the rank of J: the dimension of a manifold of equilibria through an
        equilibrium.
    neutral_x, neutral_y : int
        Neutral directions of the generator's parameters alone, and of the
        discriminator's: weights that change no gradient.
    gap : (float, float)
        The largest singular value taken for 0 and the smallest that was not, over the
        largest. The count is as good as the gap is wide.
    """

    J: np.ndarray = field(repr=False)
    n: int
    point: np.ndarray = field(repr=False)
    residual: float
    neutral: int
    neutral_x: int
    neutral_y: int
    gap: tuple[float, float]
    _kept: tuple[np.ndarray, np.ndarray] = field(repr=False)

    def game(self) -> LinearGame:
        """Return the linear game of all parameters."""
        return LinearGame(self.J, n=self.n, point=self.point)

    def reduced(self) -> LinearGame:
        r"""Return the linear game without each player's own neutral directions.

        Its coordinates are orthonormal ones of each player, across them: Q J Qᵀ, of
        P - ``neutral_x`` - ``neutral_y`` rows. J has the same eigenvalues and as many
        zeros more. Rules that don't care for the choice of coordinates
        (``Rule.orthogonal``) do the same on it as on the whole game, so everything in
        `gandyn.stability` is exact for them, and cheaper.

        Raises
        ------
        GandynError
            If a player has only neutral directions.
        """
        for name, kept in zip(("generator", "discriminator"), self._kept, strict=True):
            if not len(kept):
                raise GandynError(f"no parameter of the {name} changes any gradient")
        n, (x, y) = self.n, self._kept
        rows = (
            [x @ self.J[:n, :n] @ x.T, x @ self.J[:n, n:] @ y.T],
            [y @ self.J[n:, :n] @ x.T, y @ self.J[n:, n:] @ y.T],
        )
        point = np.concatenate([x @ self.point[:n], y @ self.point[n:]])
        return LinearGame(np.block(list(rows)), n=len(x), point=point)

    def eigenvalues(self) -> np.ndarray:
        """Return the eigenvalues that are not neutral, by falling modulus.

        Left out are as many nearest to 0 as there are neutral directions.
        """
        values = np.linalg.eigvals(self.J).astype(complex)
        values = values[np.argsort(-np.abs(values), kind="stable")]
        return values[: len(values) - self.neutral]

    def save(self, path: str | Path, *, overwrite: bool = False, **extra: Any) -> Path:
        """Write a ``.npz`` file for `LinearGame.from_file` and ``gandyn phase``.

        It holds ``J``, ``n``, ``point``, ``residual``, ``neutral`` and what is extra.

        Raises
        ------
        GandynError
            If the file can't be written; nothing half-written is left.
        """
        target = check_target(path, (".npz",), overwrite)
        own = {
            "J": self.J, "n": self.n, "point": self.point,
            "residual": self.residual, "neutral": self.neutral,
        }  # fmt: skip
        with atomic(target) as draft:
            np.savez_compressed(draft, **{**extra, **own})
        return target


@checked
def linearise(game: TorchGame, x: Tensor, y: Tensor) -> Linearisation:
    """Return the dense game Jacobian of one GAN at a point.

    Power iterations of spectral norms are settled at the point and kept as they are.

    Parameters
    ----------
    game : TorchGame
    x, y : Tensor, shapes (n,), (m,)

    Raises
    ------
    GandynError
        Above `gandyn.gans.games.game.DENSE_LIMIT` parameters (see `leading_spectrum`),
        or if J is not finite.

    Examples
    --------
    >>> from gandyn.gans import TeacherStudent
    >>> from gandyn.rules import Simultaneous
    >>> from gandyn.stability import critical_learning_rates
    >>> gan = TeacherStudent(hidden=3, points=16, regulariser="R1")
    >>> found = linearise(gan.game(), *gan.equilibrium())
    >>> len(found.J), found.neutral, found.reduced().shape
    (30, 23, ((3,), (4,)))
    >>> first = critical_learning_rates(Simultaneous(), found.reduced())[0]
    >>> first.kind
    'neimark-sacker'
    """
    x, y = _one(game, x, y)
    game = game.settled(x, y)
    u, w = game.field(x, y)
    dense = game.dense_jacobian(x, y).detach().double().cpu().numpy()
    if not np.isfinite(dense).all():
        raise GandynError("the game Jacobian is not finite at this point")
    n, rounding = len(x), _RANK * torch.finfo(x.dtype).eps
    sigma = np.linalg.svd(dense, compute_uv=False)
    floor = rounding * sigma[0]
    rank = int((sigma > floor).sum())
    kept = tuple(_across(columns, floor) for columns in (dense[:, :n], dense[:, n:]))
    share = np.append(sigma / max(sigma[0], np.finfo(float).tiny), 0.0)
    return Linearisation(
        J=dense, n=n, point=torch.cat([x, y]).detach().double().cpu().numpy(),
        residual=float(torch.cat([u, w]).norm()),
        neutral=len(dense) - rank, neutral_x=n - len(kept[0]),
        neutral_y=len(y) - len(kept[1]),
        gap=(float(share[rank]), float(share[rank - 1]) if rank else 0.0),
        _kept=(kept[0], kept[1]),
    )  # fmt: skip


def linear_game(
    game: TorchGame, x: Tensor, y: Tensor, *, reduced: bool = False
) -> LinearGame:
    """Return the linear game of a GAN at a point, see `linearise`.

    Parameters
    ----------
    game : TorchGame
    x, y : Tensor, shapes (n,), (m,)
    reduced : bool
        Whether each player's own neutral directions are dropped.

    Examples
    --------
    >>> from gandyn.gans import DiracGAN
    >>> game = DiracGAN(regulariser="R1").game()
    >>> zero = torch.zeros(1, dtype=torch.float64)
    >>> (linear_game(game, zero, zero).J + 0).tolist()
    [[0.0, 0.5], [-0.5, 0.1]]
    """
    found = linearise(game, x, y)
    return found.reduced() if reduced else found.game()


@checked
def leading_spectrum(
    game: TorchGame,
    x: Tensor,
    y: Tensor,
    *,
    ends: Sequence[str] = tuple(ENDS),
    count: int = 6,
    seed: int = 0,
    **options: Any,
) -> Eigenvalues:
    """Return the outermost eigenvalues of J of one GAN, of any size, from products.

    Eigenvalues 0 along a manifold of equilibria are left out. With simultaneous play at
    one learning rate, the eigenvalue that crosses first is a corner of the convex hull
    of all of them and 0: they lie in the disc through 0 around 1/lr as long as play is
    stable, and a disc first loses a corner. Outer corners are what this finds well;
    small eigenvalues, near the neutral ones, converge last.

    Parameters
    ----------
    game : TorchGame
    x, y : Tensor, shapes (n,), (m,)
    ends : sequence of str
        ``largest real``, ``smallest real``, ``largest imaginary``, ``largest modulus``.
    count : int
        At each end.
    seed : int
        Of the vector to start from.
    **options
        ``tolerance``, ``basis``, ``most`` and ``neutral`` (None to keep 0) of
        `leading_eigenvalues`.

    Returns
    -------
    Eigenvalues

    Examples
    --------
    >>> from gandyn.gans import TeacherStudent
    >>> gan = TeacherStudent(regulariser="R1")
    >>> game, point = gan.game(), gan.equilibrium()
    >>> some = leading_spectrum(game, *point, count=2)
    >>> dense = linearise(game, *point).eigenvalues()
    >>> bool(abs(some.at("largest modulus")[0] - dense[0]) < 1e-6)
    True
    """
    x, y = _one(game, x, y)
    oracle, n = game.settled(x, y), len(x)

    def operator(vector: Tensor) -> Tensor:
        return torch.cat(oracle.jvp(x, y, vector[:n], vector[n:]))

    options = {"neutral": 0.0, **options}
    start = random_vector(torch.cat([x, y]), seed)
    return leading_eigenvalues(operator, start, ends=ends, count=count, **options)


def random_vector(like: Tensor, seed: int) -> Tensor:
    """Return a normal vector, the same on every device."""
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(like.shape, generator=rng, dtype=torch.float64).to(like)


def _one(game: TorchGame, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    x, y = game.checked(x.detach(), y.detach())
    if x.ndim > 1:
        raise GandynError(
            "a GAN is linearised by itself: take game.select(i), x[:, i] and y[:, i]"
        )
    return x, y


def _across(columns: np.ndarray, floor: float) -> np.ndarray:
    """Return orthonormal rows that span what some columns of J are not blind to."""
    _, sigma, rows = np.linalg.svd(columns, full_matrices=False)
    return np.asarray(rows[sigma > floor])
