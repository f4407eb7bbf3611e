"""Hypothesis strategies of games, states, learning rates, rules and symmetries.

Everything is drawn as small dyadic numbers, exact in floating point, and games are
built from their spectrum: a counterexample shrinks to a game that can be read.
"""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from gandyn import rules as rule_room
from gandyn._node import Count, Fraction01, Node, domains, node_fields, switches
from gandyn.errors import GandynError
from gandyn.games import (
    Bilinear,
    DiracGAN,
    Game,
    GeneralQuadratic,
    LinearGame,
    PolynomialGame,
    Quadratic,
)
from gandyn.games.dirac import L2, R1, Unregularised
from gandyn.rules import Rule
from gandyn.testing._games import BoundedBilinear, CubicPayoff, TinyMLP
from gandyn.testing._play import play, rate_paths, with_rates

__all__ = [
    "NoisyOracle",
    "bilinear_games",
    "dirac_gans",
    "fixed_points",
    "games",
    "hamiltonian_games",
    "initial_states",
    "learning_rates",
    "linear_games",
    "memories",
    "mlp_games",
    "monotone_games",
    "noisy_oracles",
    "numbers",
    "orthogonal_matrices",
    "polynomial_games",
    "positive_numbers",
    "potential_games",
    "quadratic_games",
    "rates",
    "rules",
    "signed_permutations",
    "stable_rates",
]

STEEP = [0.5, 0.25, 0.125, 0.0625]
"""Learning rates that make a mistake show within a few steps."""
SLOPES = [(3.0, 4.0, 5.0), (5.0, 12.0, 13.0), (8.0, 15.0, 17.0)]
"""Pythagorean triples: rotations by rational numbers."""


def numbers(bound: int = 3) -> SearchStrategy[float]:
    """Return small dyadic numbers, whole ones first.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(numbers(), lambda v: v > 0.5)
    1.0
    """
    whole = st.integers(-bound, bound).map(float)
    return st.one_of(whole, st.integers(-8 * bound, 8 * bound).map(lambda n: n / 8))


def positive_numbers(bound: int = 3) -> SearchStrategy[float]:
    """Return small positive dyadic numbers, whole ones first."""
    whole = st.integers(1, bound).map(float)
    return st.one_of(whole, st.integers(1, 8 * bound).map(lambda n: n / 8))


def rates() -> SearchStrategy[tuple[float, float] | None]:
    """Return learning rates (lr_x, lr_y), or None for a rule's own."""
    return st.one_of(
        st.none(), st.tuples(st.sampled_from(STEEP), st.sampled_from(STEEP))
    )


def bilinear_games(offset: bool = True) -> SearchStrategy[Bilinear]:
    """Return bilinear games of two numbers, by their singular value."""
    plain = positive_numbers().map(Bilinear)
    if not offset:
        return plain
    return st.one_of(plain, st.builds(Bilinear, positive_numbers(), numbers(), numbers()))


def quadratic_games() -> SearchStrategy[Quadratic]:
    """Return zero-sum quadratic games of two numbers with the eigenvalues μ ± iσ."""
    return st.builds(
        lambda mu, sigma: Quadratic(f_xx=mu, f_xy=sigma, f_yy=-mu),
        positive_numbers(),
        positive_numbers(),
    )


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


def dirac_gans() -> SearchStrategy[DiracGAN]:
    """Return smooth members of the Dirac-GAN's family, with or without regulariser."""
    losses = st.sampled_from(["minimax", "non-saturating", "wasserstein"])
    weights = positive_numbers(1)
    penalty = st.one_of(st.just(Unregularised()), weights.map(R1), weights.map(L2))
    return st.builds(DiracGAN, losses, penalty)


def polynomial_games() -> SearchStrategy[Game]:
    """Return polynomial games of two numbers."""
    return st.builds(CubicPayoff, positive_numbers(), numbers(1))


def potential_games() -> SearchStrategy[GeneralQuadratic]:
    """Return games of two numbers whose J is symmetric: both descend one function."""
    own = positive_numbers(2)
    return st.builds(
        lambda a, b, d: GeneralQuadratic(A=a, B=b, C=b, D=d), own, numbers(2), own
    )


def hamiltonian_games() -> SearchStrategy[GeneralQuadratic]:
    """Return games of two numbers whose J is antisymmetric: the flow only turns."""
    return positive_numbers().map(
        lambda b: GeneralQuadratic(A=0.0, B=b, C=-b, D=0.0)
    )


def linear_games(zero_sum: bool = True) -> SearchStrategy[Game]:
    """Return games of two vectors, x of two coordinates and y of one, by their blocks.

    J = [[diag(a), B], [-Bᵀ, c]]; not zero-sum, B and Bᵀ are scaled differently.
    """

    def build(own: float, first: float, second: float, factor: float) -> LinearGame:
        B = np.array([[first], [second]])
        J = np.block([[own * np.eye(2), B], [-factor * B.T, own * np.eye(1)]])
        return LinearGame(J, n=2)

    factor = st.just(1.0) if zero_sum else positive_numbers()
    return st.builds(build, positive_numbers(), positive_numbers(), numbers(), factor)


def mlp_games() -> SearchStrategy[TinyMLP]:
    """Return a generator of two numbers against a tanh unit of three."""
    return st.builds(TinyMLP, positive_numbers(2), positive_numbers(1))


def games(kind: str = "scalar") -> SearchStrategy[Any]:
    """Return games of a kind.

    Parameters
    ----------
    kind : str
        ``"scalar"`` (smooth games of two numbers, all of the kinds below), ``"linear"``
        (of two numbers, with an affine field), ``"bounded"`` (where projection acts),
        ``"vector"``, ``"bilinear"``, ``"quadratic"``, ``"dirac"``, ``"polynomial"``,
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
        "vector": st.one_of(linear_games(), st.just(PolynomialGame())),
        "bounded": positive_numbers().map(BoundedBilinear),
    }
    kinds["linear"] = st.one_of(kinds["bilinear"], kinds["quadratic"], kinds["bounded"])
    kinds["scalar"] = st.one_of(
        kinds["bilinear"], kinds["quadratic"], kinds["dirac"], kinds["polynomial"],
        kinds["bounded"],
    )  # fmt: skip
    if kind not in kinds:
        raise GandynError(f"kind must be one of {', '.join(sorted(kinds))}, got {kind!r}")
    return kinds[kind]


def initial_states(game: Game) -> SearchStrategy[tuple[Any, Any]]:
    """Return initial states of a game, numbers or vectors."""
    return st.tuples(*(_players(shape) for shape in game.shape))


def _players(shape: tuple[int, ...]) -> SearchStrategy[Any]:
    if shape == ():
        return numbers()
    size = int(np.prod(shape))
    return st.lists(numbers(), min_size=size, max_size=size).map(np.array)


def fixed_points(game: Game) -> SearchStrategy[tuple[Any, Any]]:
    """Return the known equilibria of a game."""
    return st.sampled_from(game.equilibria())


def learning_rates(
    rule: Rule, game: Game, inside: bool = True, low: float = 1e-3, high: float = 10.0
) -> SearchStrategy[float]:
    """Return common learning rates inside or outside the exact stable range.

    The range is from `gandyn.stability.critical_learning_rates`; rates closer than a
    thousandth to one of its ends are left out.

    Raises
    ------
    GandynError
        If there is no such rate between ``low`` and ``high``.

    Examples
    --------
    >>> from hypothesis import find
    >>> from gandyn.rules import Extragradient
    >>> inside = learning_rates(Extragradient(), Bilinear(2.0))
    >>> find(inside, lambda lr: True) < 0.5
    True
    """
    pieces = stable_rates(rule, game, low, high)
    chosen = [(a, b) for a, b, stable in pieces if stable is inside]
    if not chosen:
        where = "inside" if inside else "outside"
        raise GandynError(f"no learning rate in [{low}, {high}] is {where} the range")
    spans = [st.floats(a + 1e-3 * (b - a), b - 1e-3 * (b - a)) for a, b in chosen]
    return st.one_of(spans)


def stable_rates(
    rule: Rule, game: Game, low: float = 1e-3, high: float = 10.0
) -> list[tuple[float, float, bool]]:
    """Return pieces (from, to, stable) of an interval of the common learning rate.

    Examples
    --------
    >>> from gandyn.rules import Extragradient
    >>> pieces = stable_rates(Extragradient(), Bilinear(2.0), 0.01, 1.0)
    >>> [(round(a, 9), round(b, 9), stable) for a, b, stable in pieces]
    [(0.01, 0.5, True), (0.5, 1.0, False)]
    """
    from gandyn.dynamics import multipliers
    from gandyn.stability import critical_learning_rates

    found = critical_learning_rates(rule, game, "lr", low, high)
    ends = [low, *(point.value for point in found), high]
    pieces: list[tuple[float, float, bool]] = []
    for a, b in zip(ends, ends[1:], strict=False):
        middle = with_rates(rule, ((a * b) ** 0.5,) * 2)
        stable = bool(abs(multipliers(middle, game)[0]) < 1)
        if pieces and pieces[-1][2] is stable:
            a = pieces.pop()[0]
        pieces.append((a, b, stable))
    return pieces


def rules(name: str | None = None) -> SearchStrategy[Rule]:
    """Return rules of the catalogue with drawn learning rates and hyperparameters.

    Parameters
    ----------
    name : str, optional
        One rule's name; by default any rule of the catalogue.
    """
    if name is None:
        return st.sampled_from(sorted(rule_room.CATALOGUE)).flatmap(rules)
    return _fields(rule_room.CATALOGUE[name])


def _fields(cls: type[Any]) -> SearchStrategy[Any]:
    drawn: dict[str, Any] = {name: st.booleans() for name in switches(cls)}
    for name, family in node_fields(cls).items():
        if family is Rule:
            drawn[name] = st.sampled_from([rule_room.Simultaneous(), rule_room.HeavyBall()])
    for name, domain in domains(cls).items():
        if name in ("tol", "eps", "epsilon"):
            continue
        if domain == domains_of(Count):
            drawn[name] = st.integers(1, 3)
        elif domain == domains_of(Fraction01):
            drawn[name] = st.integers(0, 8).map(lambda n: n / 8)
        elif name.startswith("lr_"):
            drawn[name] = st.sampled_from(STEEP)
        else:
            drawn[name] = positive_numbers(1)
    return st.builds(cls, **drawn)


def domains_of(annotation: Any) -> Any:
    """Return the domain that an annotation such as ``Positive`` carries."""
    return annotation.__metadata__[0]


@st.composite
def memories(draw: Any, rule: Rule, game: Game) -> Any:
    """Return memories that a rule can have: those after zero to three steps."""
    x, y = draw(initial_states(game))
    return play(rule, game, x, y, draw(st.integers(0, 3)))[-1][2]


def signed_permutations(size: int) -> SearchStrategy[np.ndarray]:
    """Return signed permutation matrices."""
    signs = st.lists(st.sampled_from([1.0, -1.0]), min_size=size, max_size=size)
    return st.builds(
        lambda order, sign: np.eye(size)[list(order)] * np.array(sign)[:, None],
        st.permutations(range(size)),
        signs,
    )


def orthogonal_matrices(size: int) -> SearchStrategy[np.ndarray]:
    """Return orthogonal matrices: one rotation by rational numbers, then a permutation."""

    def build(triple: tuple[float, float, float], after: np.ndarray) -> np.ndarray:
        a, b, c = triple
        turn = np.eye(size)
        if size > 1:
            turn[:2, :2] = np.array([[a, b], [-b, a]]) / c
        return after @ turn

    return st.builds(build, st.sampled_from(SLOPES), signed_permutations(size))


class NoisyOracle(NamedTuple):
    """A game whose gradients have additive noise from a fixed sequence.

    The sequence is by call, so two runs from one oracle made anew see the same noise.
    """

    game: Game
    noise: tuple[float, ...]
    calls: list[int]

    @property
    def shape(self) -> Any:
        """Shapes of the players."""
        return self.game.shape

    def gx(self, x: Any, y: Any) -> Any:
        """Return x's gradient with noise."""
        return self.game.gx(x, y) + self._next()

    def gy(self, x: Any, y: Any) -> Any:
        """Return y's gradient with noise."""
        return self.game.gy(x, y) + self._next()

    def _next(self) -> float:
        self.calls[0] += 1
        return self.noise[self.calls[0] % len(self.noise)]


def noisy_oracles(scale: float = 0.125) -> SearchStrategy[NoisyOracle]:
    """Return stochastic oracles of games of two numbers."""
    noise = st.lists(numbers(1).map(lambda v: v * scale), min_size=1, max_size=8)
    return st.builds(
        lambda game, values: NoisyOracle(game, tuple(values), [0]), games(), noise
    )


def _register() -> None:
    for cls, strategy in {
        Bilinear: bilinear_games(),
        Quadratic: quadratic_games(),
        DiracGAN: dirac_gans(),
        GeneralQuadratic: potential_games(),
        BoundedBilinear: games("bounded"),
        CubicPayoff: polynomial_games(),
        TinyMLP: mlp_games(),
        NoisyOracle: noisy_oracles(),
        Game: games(),
        Rule: rules(),
    }.items():
        st.register_type_strategy(cls, strategy)
    for name, cls in rule_room.CATALOGUE.items():
        st.register_type_strategy(cls, rules(name))


_register()
