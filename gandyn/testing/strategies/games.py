"""Games by kind, built from their spectra."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.games.bilinear import Bilinear
from gandyn.games.dirac import L2, R1, DiracGAN, Unregularised
from gandyn.games.linear import LinearGame
from gandyn.games.polynomial import PolynomialGame
from gandyn.games.quadratic import GeneralQuadratic, Quadratic
from gandyn.testing._games import (
    BoundedBilinear,
    CubicPayoff,
    TinyMLP,
    VectorQuadratic,
)
from gandyn.testing.strategies.values import numbers, positive_numbers


@functools.cache
def bilinear_games(offset: bool = True) -> SearchStrategy[Bilinear]:
    """Return bilinear games of two numbers, by their singular value."""
    plain = positive_numbers().map(Bilinear)
    if not offset:
        return plain
    return st.one_of(
        plain, st.builds(Bilinear, positive_numbers(), numbers(), numbers())
    )


@functools.cache
def quadratic_games() -> SearchStrategy[Quadratic]:
    """Return zero-sum quadratic games of two numbers with the eigenvalues μ ± iσ."""
    return st.builds(
        lambda mu, sigma: Quadratic(f_xx=mu, f_xy=sigma, f_yy=-mu),
        numbers().filter(bool),
        positive_numbers(),
    )


@functools.cache
def monotone_games(mu: float, lipschitz: float) -> SearchStrategy[Quadratic]:
    """Return games whose field is μ-strongly monotone and L-Lipschitz, both sharply.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(monotone_games(3.0, 5.0), lambda game: True)
    Quadratic(f_xx=3.0, f_xy=4.0, f_yy=-3.0, point_x=0.0, point_y=0.0)
    """
    if not 0 <= mu <= lipschitz:
        raise GandynError(f"0 <= mu <= lipschitz is needed, got {mu} and {lipschitz}")
    top = (lipschitz**2 - mu**2) ** 0.5
    turning = Quadratic(f_xx=float(mu), f_xy=top, f_yy=-float(mu))
    stiff = Quadratic(f_xx=float(lipschitz), f_xy=0.0, f_yy=-float(mu))
    return st.sampled_from([turning, stiff])


@functools.cache
def dirac_gans() -> SearchStrategy[DiracGAN]:
    """Return smooth members of the Dirac-GAN's family, with or without regulariser."""
    losses = st.sampled_from(["minimax", "non-saturating", "wasserstein"])
    weights = positive_numbers(1)
    penalty = st.one_of(st.just(Unregularised()), weights.map(R1), weights.map(L2))
    return st.builds(DiracGAN, losses, penalty)


@functools.cache
def polynomial_games() -> SearchStrategy[Game]:
    """Return polynomial games of two numbers."""
    return st.builds(CubicPayoff, positive_numbers(), numbers(1))


@functools.cache
def potential_games() -> SearchStrategy[GeneralQuadratic]:
    """Return games of two numbers whose J is symmetric: both descend one function."""
    own = positive_numbers(2)
    return st.builds(
        lambda a, b, d: GeneralQuadratic(A=a, B=b, C=b, D=d), own, numbers(2), own
    )


@functools.cache
def hamiltonian_games() -> SearchStrategy[GeneralQuadratic]:
    """Return games of two numbers whose J is antisymmetric: the flow only turns."""
    return positive_numbers().map(lambda b: GeneralQuadratic(A=0.0, B=b, C=-b, D=0.0))


@functools.cache
def linear_games(zero_sum: bool = True) -> SearchStrategy[Game]:
    """Return games of two vectors, x of two coordinates and y of one, by their blocks.

    Bilinear ones first; then J = [[a I, B], [-Bᵀ, a]] with B = (first, second). If they
    need not be zero-sum, Bᵀ is multiplied by a factor.
    """

    def build(own: float, first: float, second: float, factor: float) -> LinearGame:
        B = np.array([[first], [second]])
        J = np.block([[own * np.eye(2), B], [-factor * B.T, own * np.eye(1)]])
        return LinearGame(J, n=2)

    factor = st.just(1.0) if zero_sum else positive_numbers()
    column = positive_numbers(), numbers()
    plain = st.builds(lambda a, b: Bilinear(np.array([[a], [b]])), *column)
    bounded = st.builds(lambda a, b: BoundedBilinear(np.array([[a], [b]])), *column)
    return st.one_of(
        plain, bounded, st.builds(build, positive_numbers(), *column, factor)
    )


@functools.cache
def wide_games() -> SearchStrategy[VectorQuadratic]:
    """Return quadratic games of players of many coordinates, as many or not as many."""
    return st.builds(
        lambda size, sigma, own: VectorQuadratic(
            n=size[0], m=size[1], sigma=sigma, own=own
        ),
        st.sampled_from([(5, 7), (9, 5), (5, 9), (5, 5)]),
        positive_numbers(1),
        st.sampled_from([0.0, 1.0, 0.25]),
    )


@functools.cache
def mlp_games() -> SearchStrategy[TinyMLP]:
    """Return a generator of two numbers against a tanh unit of three."""
    return st.builds(TinyMLP, positive_numbers(2), positive_numbers(1))


@functools.cache
def games(kind: str = "scalar") -> SearchStrategy[Any]:
    """Return games of a kind.

    Parameters
    ----------
    kind : str
        ``"scalar"`` (smooth games of two numbers, all of the kinds below), ``"linear"``
        (of two numbers, with an affine field), ``"bounded"`` (where projection acts),
        ``"vector"``, ``"wide"`` (vectors of five to nine coordinates), ``"bilinear"``,
        ``"quadratic"``, ``"dirac"``, ``"polynomial"``,
        ``"potential"``, ``"hamiltonian"``, or ``"mlp"``.
    """
    kinds: dict[str, Any] = {
        "bilinear": bilinear_games(),
        "quadratic": quadratic_games(),
        "dirac": dirac_gans(),
        "polynomial": polynomial_games(),
        "potential": potential_games(),
        "hamiltonian": hamiltonian_games(),
        "mlp": mlp_games(),
        "wide": wide_games(),
        "vector": st.one_of(linear_games(), st.just(PolynomialGame())),
        "bounded": positive_numbers().map(BoundedBilinear),
    }
    kinds["linear"] = st.one_of(kinds["bilinear"], kinds["quadratic"], kinds["bounded"])
    kinds["scalar"] = st.one_of(
        kinds["bilinear"], kinds["quadratic"], kinds["dirac"], kinds["polynomial"],
        kinds["bounded"],
    )  # fmt: skip
    if kind not in kinds:
        raise GandynError(
            f"kind must be one of {', '.join(sorted(kinds))}, got {kind!r}"
        )
    return kinds[kind]
