"""GANs of two numbers or small matrices: Dirac, mean, linear-quadratic, covariance."""

from __future__ import annotations

from gandyn.bench.problem import Problem
from gandyn.games.dirac import L2, R1, DiracGAN, GradientPenalty, L2Both
from gandyn.games.gans import LQGAN, CovarianceGAN, MeanGAN

_LOSSES = ("minimax", "non-saturating", "wasserstein", "least-squares", "hinge")
_REGULARISERS = {
    "none": "none",
    "l2": L2(0.3),
    "r1": R1(0.3),
    "l2-both": L2Both(0.3),
    "gradient-penalty": GradientPenalty(0.3),
}


def _dirac(loss: str, regulariser: str) -> Problem:
    game = DiracGAN(loss=loss, regulariser=_REGULARISERS[regulariser])  # type: ignore[arg-type]
    return Problem(f"dirac-{loss}-{regulariser}", game, "GAN", distance=0.5)


PROBLEMS = (
    *(_dirac(loss, "none") for loss in _LOSSES),
    *(_dirac(loss, "r1") for loss in _LOSSES),
    *(_dirac("minimax", name) for name in ("l2", "l2-both", "gradient-penalty")),
    _dirac("wasserstein", "gradient-penalty"),
    Problem("mean-gan", MeanGAN(gamma=0.1), "GAN"),
    Problem("lq-gan", LQGAN(), "GAN", distance=0.3),
    Problem("lq-gan-penalised", LQGAN(eta=0.25), "GAN", distance=0.3),
    Problem("covariance-gan", CovarianceGAN(), "GAN", distance=0.3, manifold=True),
)
