"""What a training run looks like from inside: path angles and eigenvalues."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gandyn._records import Record
from gandyn.errors import GandynError
from gandyn.gans.games.game import TorchGame
from gandyn.gans.spectra.eigenvalues import ENDS, Eigenvalues
from gandyn.gans.spectra.krylov import leading_eigenvalues
from gandyn.gans.spectra.linearisation import leading_spectrum, random_vector

_Point = tuple[Tensor, Tensor]


class PathAngle(Record):
    """The field along the line through two points.

    ``share`` a is 0 at the first point and 1 at the second; ``cosine`` is that of the
    angle between v and the way from the first to the second, NaN where v is 0; ``norm``
    is abs(v); ``length`` the distance between the points.
    """

    share: np.ndarray
    cosine: np.ndarray
    norm: np.ndarray
    length: float


def path_angle(
    game: Any, start: _Point, end: _Point, shares: Sequence[float] | None = None
) -> PathAngle:
    r"""Return the path angle and the path norm between two points.

    At :math:`ω_a = ω + a (ω' - ω)`:
    :math:`c(a) = \langle ω' - ω, v(ω_a) \rangle / (|ω' - ω|\,|v(ω_a)|)`. Seen around
    the end of a training, at a = 1: a quick change of sign, from -1 to 1, is
    attraction; a bump, of one sign on both sides, is rotation around an equilibrium
    that the line passes at a small distance; both together is a spiral.

    Parameters
    ----------
    game : TorchGame or Game
        Whatever has ``gx`` and ``gy`` on tensors of shape (n,) and (m,).
    start, end : pair of Tensor
        ω and ω', each as (x, y).
    shares : sequence of float, optional
        The values of a; 121 from 0.6 to 1.2 by default.

    Raises
    ------
    GandynError
        If the points are the same.

    References
    ----------
    Berard, Gidel, Almahairi, Vincent, Lacoste-Julien, *A Closer Look at the
    Optimization Landscapes of Generative Adversarial Networks*, ICLR 2020, Section 4.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> one, zero = torch.ones(()), torch.zeros(())
    >>> found = path_angle(Bilinear(), (one, zero), (zero, 0.1 * one), [0.5, 1.0, 1.5])
    >>> found.cosine.round(3)
    array([-0.198, -0.995, -0.191])
    """
    places = np.linspace(0.6, 1.2, 121) if shares is None else np.array(shares, float)
    way = tuple(b.detach() - a.detach() for a, b in zip(start, end, strict=True))
    length = float(_flat(way).norm())
    if not length > 0:
        raise GandynError("the two points are the same: there is no way between them")
    inner, norms = [], []
    for share in places:
        x, y = (a.detach() + float(share) * d for a, d in zip(start, way, strict=True))
        field = _flat((game.gx(x, y), game.gy(x, y))).detach()
        inner.append(float(field @ _flat(way)))
        norms.append(float(field.norm()))
    norm = np.array(norms)
    with np.errstate(invalid="ignore", divide="ignore"):
        cosine = np.array(inner) / (norm * length)
    return PathAngle(places, cosine, norm, length)


class Landscape(Record):
    """The eigenvalues at one point: of J, and of each player's own Hessian.

    At a stable point all real parts in ``game`` are positive. At a local Nash
    equilibrium those of the Hessians are too: GANs often settle where they aren't.
    """

    game: Eigenvalues
    generator: Eigenvalues
    discriminator: Eigenvalues


def landscape(
    game: TorchGame,
    x: Tensor,
    y: Tensor,
    count: int = 6,
    *,
    seed: int = 0,
    **options: Any,
) -> Landscape:
    """Return the outermost eigenvalues of J and of the players' Hessians.

    Parameters
    ----------
    game : TorchGame
    x, y : Tensor, shapes (n,), (m,)
    count : int
        At each end: all of `ENDS` for J, both ends of the Hessians.
    seed : int
    **options
        Of `gandyn.gans.spectra.krylov.leading_eigenvalues`.

    Examples
    --------
    >>> from gandyn.gans import DiracGAN
    >>> point = torch.zeros(1).double(), torch.zeros(1).double()
    >>> found = landscape(DiracGAN(regulariser="R1").game(), *point)
    >>> found.game.values.real.round(6), found.discriminator.values.real.round(6)
    (array([0.05, 0.05]), array([0.1]))
    >>> found.generator.values  # without curvature of its own
    array([], dtype=complex128)
    """
    whole = leading_spectrum(
        game, x, y, ends=tuple(ENDS), count=count, seed=seed, **options
    )
    options = {"scale": whole.scale, **options}
    oracle = game.settled(x.detach(), y.detach())
    return Landscape(
        whole, *(_hessian(oracle, x, y, k, count, seed, options) for k in (0, 1))
    )


def _hessian(
    game: TorchGame,
    x: Tensor,
    y: Tensor,
    player: int,
    count: int,
    seed: int,
    options: dict[str, Any],
) -> Eigenvalues:
    """Return the ends of the spectrum of one player's block of J."""
    still = [torch.zeros_like(x), torch.zeros_like(y)]

    def operator(vector: Tensor) -> Tensor:
        directions = list(still)
        directions[player] = vector
        return game.jvp(x, y, *directions)[player]

    ends = ("largest real", "smallest real")
    start = random_vector((x, y)[player], seed)
    options = {"neutral": 0.0, **options}
    return leading_eigenvalues(operator, start, ends=ends, count=count, **options)


def _flat(point: Any) -> Tensor:
    return torch.cat([part.reshape(-1) for part in point])
