"""The file's rules and games, as gandyn's."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gandyn.games import (
    LQGAN,
    AlmostBilinear,
    Bilinear,
    Forsaken,
    Game,
    GaussianHills,
    GrimmerQuartic,
    HiddenBilinear,
    LetcherMarket,
    LinearGame,
    PolynomialGame,
    Quadratic,
    TorusGame,
    from_losses,
)
from gandyn.games.dirac import R1, ClippedDiracGAN, DiracGAN, L2Both, NoisyDiracGAN
from gandyn.rules import (
    AlexGDA,
    Alternating,
    AlternatingExtragradient,
    AlternatingHeavyBall,
    ComplexMomentum,
    Consensus,
    ExtraAnchoredGradientV,
    Extragradient,
    HamiltonianGradientDescent,
    HeavyBall,
    Lookahead,
    OptimisticGradient,
    ProximalPoint,
    Rule,
    RungeKutta4,
    Simultaneous,
    SymplecticGradientAdjustment,
)
from tests.reference.cases import Case

Params = Mapping[str, Any]

FIEZ_RATLIFF = np.array(
    [
        [-1.0, 0.0, -1.0, 0.0],
        [0.0, 0.5, 0.0, 0.5],
        [-1.0, 0.0, -0.5, 0.0],
        [0.0, 0.5, 0.0, -1.0],
    ]
)
"""The matrix M of f = ½ zᵀM z."""


def rates(p: Params) -> dict[str, float]:
    """Return lr_x and lr_y; tau is the ratio of y's rate to x's."""
    if "lr_x" in p:
        return {"lr_x": p["lr_x"], "lr_y": p["lr_y"]}
    return {"lr_x": p["lr"], "lr_y": p["lr"] * p.get("tau", 1.0)}


def betas(p: Params) -> dict[str, float]:
    """Return one momentum for both players."""
    return {"beta_x": p["beta"], "beta_y": p["beta"]}


def extrapolations(p: Params) -> dict[str, float]:
    """Return extrapolation steps in units of the learning rates."""
    if "extrap_x" not in p:
        return {}
    own = rates(p)
    return {
        k: p[f"extrap_{k[-1]}"] / own[f"lr_{k[-1]}"] for k in ("ratio_x", "ratio_y")
    }


def optimistic(p: Params) -> Rule:
    """Return x - a g + b g_prev as learning rate a - b and ratio b/(a - b)."""
    if "lr_prev" not in p:
        return OptimisticGradient(**rates(p))
    lr = p["lr"] - p["lr_prev"]
    ratio = p["lr_prev"] / lr
    return OptimisticGradient(lr=lr, ratio_x=ratio, ratio_y=ratio)


def alternating(p: Params) -> Rule:
    """Return n_g steps of x, then n_d of y."""
    inner = {"k_x": p.get("n_g", 1), "k_y": p.get("n_d", 1)}
    return Alternating(**rates(p), **inner)


RULES: dict[str, Callable[[Params], Rule]] = {
    "gd": lambda p: Simultaneous(**rates(p)),
    "gd_sim": lambda p: Simultaneous(**rates(p)),
    "gd_alt": alternating,
    "eg_sim": lambda p: Extragradient(**rates(p), **extrapolations(p)),
    "eg_alt": lambda p: AlternatingExtragradient(**rates(p), **extrapolations(p)),
    "ogd_sim": optimistic,
    "ogda_sim": optimistic,
    "momentum_sim": lambda p: HeavyBall(**rates(p), **betas(p)),
    "momentum_alt": lambda p: AlternatingHeavyBall(**rates(p), **betas(p)),
    "consensus_sim": lambda p: Consensus(**rates(p), gamma=p["gamma"]),
    "hamiltonian_gd": lambda p: HamiltonianGradientDescent(**rates(p)),
    "sga_sim": lambda p: SymplecticGradientAdjustment(**rates(p), lam=p["lam"]),
    "rk4": lambda p: RungeKutta4(**rates(p)),
    "lookahead(gd_sim)": lambda p: Lookahead(
        Simultaneous(**rates(p)), k=p["k"], alpha=p["alpha"]
    ),
    "complex_momentum_sim": lambda p: ComplexMomentum(
        **rates(p), beta_abs=p["beta_abs"], beta_arg=p["beta_arg"]
    ),
    "alex_gda": lambda p: AlexGDA(**rates(p), gamma=p["gamma"], delta=p["delta"]),
    "ppm": lambda p: ProximalPoint(lr=1 / p["eta"] if "eta" in p else p["lr"]),
    "eag_v": lambda p: ExtraAnchoredGradientV(lr=p["alpha0_times_R"]),
}
"""By the first word of the file's name."""


def dirac(name: str, p: Params) -> Game:
    """Return the Dirac-GAN that a name such as ``dirac_nsgan + R1`` describes."""
    loss = {"gan": "minimax", "nsgan": "non-saturating", "wgan": "wasserstein"}[
        name.split()[0].removeprefix("dirac_")
    ]
    if "instance noise" in name:
        return NoisyDiracGAN(loss, noise_std=p["noise_std"])
    if "clipping" in name:
        return ClippedDiracGAN(loss, bound=p["clip"])
    if "R1" in name:
        return DiracGAN(loss, R1(p["gamma"]))
    if "L2(gamma/2) on theta and psi" in name:
        return DiracGAN(loss, L2Both(p["gamma"]))
    return DiracGAN(loss)


def from_eigenvalues(re: float, im: float) -> Game:
    """Return a game whose J has the eigenvalues re ± i im."""
    return LinearGame([[re, im], [-im, re]])


def fiez_ratliff(p: Params) -> Game:
    """Return f = v/2 zᵀM z."""
    m = p["v"] * FIEZ_RATLIFF
    return Quadratic(f_xx=m[:2, :2], f_xy=m[:2, 2:], f_yy=m[2:, 2:])


GAMES: dict[str, Callable[[Params], Game]] = {
    "any with game eigenvalue": lambda p: from_eigenvalues(*p["lam"]),
    "any R-smooth": lambda p: Bilinear(1.0),
    "vector field v with eigenvalues": lambda p: from_eigenvalues(-p["a"], p["b"]),
    "lq_wgan": lambda p: LQGAN(moment=p.get("m2", 1 / 3), eta=p.get("eta", 0.0)),
    "hidden bilinear": lambda p: HiddenBilinear(p=p["p"], q=p["q"]),
    "f=1/2 z^T M z": fiez_ratliff,
    "FR quadratic game": fiez_ratliff,
    "torus": lambda p: TorusGame(a=p["a"], b=p["b"]),
    "quadratic with": lambda p: Quadratic(p["fxx"], p["fxy"], p["fyy"]),
    "f=3x^2+y^2+4xy": lambda p: Quadratic(6.0, 4.0, 2.0),
    "fnn": lambda p: PolynomialGame(a=p["a"], b=p["b"]),
    "f=-exp(": lambda p: GaussianHills(),
    "almost bilinear": lambda p: AlmostBilinear(eps=p["eps"]),
    "forsaken": lambda p: Forsaken(),
    "letcher": lambda p: LetcherMarket(),
    "grimmer": lambda p: GrimmerQuartic(A=p["A"]),
    "scsc quadratic": lambda p: Quadratic(p["mu"], p["sigma"], -p["mu"]),
    "feature matching": lambda p: from_losses(
        "(c*x - c)**2", "y**2/2", c=p["c"], equilibria=[(1.0, 0.0)]
    ),
}
"""By the beginning of the file's name; `Bilinear` and the Dirac-GANs apart."""


def has_rule(case: Case) -> bool:
    """Tell whether the case's rule has a translation."""
    return case.rule.split()[0] in RULES


def has_game(case: Case) -> bool:
    """Tell whether the case's game has a translation."""
    known = (*GAMES, "dirac_")
    return case.game == "bilinear" or case.game.startswith(known)


def rule_of(case: Case, **given: Any) -> Rule:
    """Return the case's rule; ``given`` wins over the parameters of the case."""
    return RULES[case.rule.split()[0]](case.params | given)


def games_of(case: Case, **given: Any) -> list[Game]:
    """Return the case's game, or one for each singular value of a bilinear one."""
    p = case.params | given
    if case.game == "bilinear":
        return [Bilinear(float(sigma)) for sigma in p.get("sigma", [1.0])]
    if case.game.startswith("dirac_"):
        return [dirac(case.game, p)]
    return [build(p) for name, build in GAMES.items() if case.game.startswith(name)]


def game_of(case: Case, **given: Any) -> Game:
    """Return the case's only game."""
    (game,) = games_of(case, **given)
    return game


def point_of(case: Case, game: Game) -> tuple[Any, Any]:
    """Return the critical point of the game that the case is about."""
    if case.game.startswith("grimmer"):
        return 0.0, 0.0
    known, point = game.equilibria(), case.params.get("point")
    if case.game.startswith("fnn"):
        return known[1]
    if point is None:
        return known[0]
    if isinstance(point, str):
        point = [{"0": 0.0, "pi": math.pi}[z] for z in point.strip("()").split(",")]
    return min(known, key=lambda z: math.dist(z, point))
