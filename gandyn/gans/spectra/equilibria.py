"""From a point near an equilibrium of a GAN onto it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import field

import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator, lsmr
from torch import Tensor

from gandyn._arguments import checked
from gandyn._records import Record
from gandyn.errors import GandynError
from gandyn.gans.games.game import TorchGame
from gandyn.gans.spectra.linearisation import _one

DENSE_STEPS = 1024
"""Parameters up to which Newton's equation is solved by a dense decomposition."""
HARDER, EASIER = 4.0, 0.25
"""What the damping is multiplied by after a failed and a successful step."""
_LEAST = 0.1
"""The smallest damping factor: an undamped step runs along the manifold."""
_GIVE_UP = 1e9
"""Damping factor beyond which no step makes abs(v) smaller."""
_Step = Callable[[float], np.ndarray]


class Polished(Record):
    """What `polish` came to.

    Attributes
    ----------
    x, y : Tensor
        The best point.
    residual : float
        abs(v) there.
    converged : bool
        Whether the residual is within the tolerance: only then it is an equilibrium.
    residuals : tuple of float
        abs(v) before the first step and after each.
    moved : float
        The distance from the start.
    products : int
        Products with J and its transpose; 0 where it was made dense.
    """

    x: Tensor = field(repr=False)
    y: Tensor = field(repr=False)
    residual: float
    converged: bool
    residuals: tuple[float, ...] = field(repr=False)
    moved: float
    products: int


@checked
def polish(
    game: TorchGame,
    x: Tensor,
    y: Tensor,
    *,
    tolerance: float | None = None,
    steps: int = 50,
    inner: int = 300,
    dense: bool | None = None,
) -> Polished:
    r"""Move a point of one GAN onto an equilibrium nearby, of whatever stability.

    A step is d = argmin :math:`|v + J d|^2 + \mu^2 |d|^2` with damping μ in proportion
    to :math:`|v|^{1/2}`, taken if it makes abs(v) smaller: Levenberg's and Marquardt's
    method. J may be singular, as it is along every manifold of equilibria: the step is
    then the shortest one, and convergence still quadratic where abs(v) bounds the
    distance to the manifold. Large GANs use products with J and its transpose (LSMR).

    Parameters
    ----------
    game : TorchGame
        On the full batch.
    x, y : Tensor, shapes (n,), (m,)
    tolerance : float, optional
        Of abs(v); by default 64 epsilons of the game's type times √P.
    steps : int
        Steps at most.
    inner : int
        Iterations of LSMR in a step at most.
    dense : bool, optional
        Whether to make J; by default up to `DENSE_STEPS` parameters.

    Returns
    -------
    Polished
        With ``converged`` False where abs(v) stayed above the tolerance, be it for lack
        of steps or at a point where abs(v) is smallest without being 0.

    Raises
    ------
    GandynError
        If the field is not finite at the start.

    References
    ----------
    Fan, Yuan, *On the Quadratic Convergence of the Levenberg–Marquardt Method without
    Nonsingularity Assumption*, Computing 74 (2005), Theorem 2.2.

    Examples
    --------
    >>> from gandyn.gans import TeacherStudent
    >>> gan = TeacherStudent(regulariser="R1")
    >>> x, y = gan.equilibrium()
    >>> found = polish(gan.game(), x + 0.01, y + 0.01)
    >>> found.converged, found.residuals[0] > 1e-4
    (True, True)
    """
    x, y = _one(game, x, y)
    game = game.settled(x, y)
    search = _Search(game, torch.cat([x, y]), len(x), inner, dense)
    if tolerance is None:
        tolerance = equilibrium_tolerance(x, y)
    if not math.isfinite(search.size):
        raise GandynError("the field is not finite at the point to start from")
    sizes = [search.size]
    while len(sizes) <= steps and search.size > tolerance and search.step():
        sizes.append(search.size)
    z, n = search.point, len(x)
    return Polished(
        z[:n], z[n:], search.size, search.size <= tolerance, tuple(sizes),
        float((z - torch.cat([x, y])).norm()), search.products,
    )  # fmt: skip


def equilibrium_tolerance(x: Tensor, y: Tensor) -> float:
    """Return the largest abs(v) that rounding leaves at an equilibrium."""
    return 64 * torch.finfo(x.dtype).eps * math.sqrt(len(x) + len(y))


class _Search:
    """A point with its field, and the damping that last worked."""

    def __init__(
        self, game: TorchGame, z: Tensor, n: int, inner: int, dense: bool | None
    ) -> None:
        self.game, self.point, self.n, self.inner = game, z, n, inner
        self.dense = len(z) <= DENSE_STEPS if dense is None else dense
        self.field, self.size = self._look(z)
        self.factor, self.products = 1.0, 0

    def step(self) -> bool:
        """Move to a point of smaller abs(v); tell whether there is one."""
        solve = self._factored() if self.dense else self._products()
        while self.factor <= _GIVE_UP:
            move = solve(self.factor * math.sqrt(self.size))
            point = self.point + torch.as_tensor(move).to(self.point)
            found, size = self._look(point)
            if size < self.size:
                self.point, self.field, self.size = point, found, size
                self.factor = max(_LEAST, EASIER * self.factor)
                return True
            self.factor *= HARDER
        return False

    def _look(self, z: Tensor) -> tuple[Tensor, float]:
        found = torch.cat(self.game.field(z[: self.n], z[self.n :])).detach()
        return found, float(found.norm())

    def _factored(self) -> _Step:
        x, y = self.point[: self.n], self.point[self.n :]
        dense = self.game.dense_jacobian(x, y).detach().double().cpu().numpy()
        left, sigma, right = np.linalg.svd(dense)
        turned = left.T @ self.field.double().cpu().numpy()

        def solve(damping: float) -> np.ndarray:
            share = sigma / np.maximum(sigma**2 + damping**2, np.finfo(float).tiny)
            return np.asarray(-(right.T @ (share * turned)))

        return solve

    def _products(self) -> _Step:
        point, size = self.point, len(self.point)

        def product(times: Callable[..., tuple[Tensor, Tensor]]) -> _Step:
            def call(vector: np.ndarray) -> np.ndarray:
                self.products += 1
                v = torch.as_tensor(vector).to(point)
                x, y = point[: self.n], point[self.n :]
                found = times(x, y, v[: self.n], v[self.n :])
                return np.asarray(torch.cat(found).detach().double().cpu())

            return call  # type: ignore[return-value]

        operator = LinearOperator(
            (size, size),
            matvec=product(self.game.jvp),
            rmatvec=product(self.game.vjp),
            dtype=float,
        )
        target = -self.field.double().cpu().numpy()

        def solve(damping: float) -> np.ndarray:
            # a step need not be more exact than the field is small
            loose = min(0.1, math.sqrt(self.size))
            found = lsmr(
                operator, target, damp=damping, atol=1e-3 * loose, btol=1e-3 * loose,
                conlim=0, maxiter=self.inner,
            )  # fmt: skip
            return np.asarray(found[0])

        return solve
