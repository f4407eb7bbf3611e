r"""A convolutional GAN with an exact equilibrium trains up to the rate that J says.

A student, a DCGAN's generator of 8 × 8 images, learns what a teacher of the same
architecture makes of the latents. With the teacher's weights, and the last layer of the
strided discriminator at 0, nothing moves: an equilibrium on a manifold of them.
Simultaneous play is stable iff

.. math:: lr < \min \frac{2\,\mathrm{Re}\,λ}{|λ|^2}

over the eigenvalues λ of the exact game Jacobian, the neutral ones along the manifold
left out. There is no closed form: the prediction is the linearisation by automatic
differentiation, the measurement the training itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gandyn.claims._claim import Claim, Quantity
from gandyn.claims._networks import leading, network_threshold
from gandyn.errors import UnknownName

_TRAINED = 400
_ACTIVATIONS = {"tanh generator, SiLU discriminator": ("tanh", "silu")}


def _gan(
    gamma: float,
    channels: int,
    latent: int,
    points: int,
    image: int,
    activations: str,
    gain: float,
) -> Any:
    from gandyn.games.gradient_penalties import R1
    from gandyn.gans.catalogue.convolutional import ConvolutionalTeacherStudent

    if activations not in _ACTIVATIONS:
        raise UnknownName("pair of activations", activations, _ACTIVATIONS)
    own, judge = _ACTIVATIONS[activations]
    return ConvolutionalTeacherStudent(
        regulariser=R1(gamma), points=points, gain=gain, latent_size=latent,
        channels=channels, side=image, activation=own, judge_activation=judge,
    )  # fmt: skip


def _predicted(
    seed: int,
    gamma: float,
    channels: int,
    latent: int,
    points: int,
    image: int,
    activations: str,
    gain: float,
) -> float:
    return 1.0


def _measured(
    seed: int,
    gamma: float,
    channels: int,
    latent: int,
    points: int,
    image: int,
    activations: str,
    gain: float,
) -> float:
    """Return the rate at which training ceases to converge, over that of J."""
    from gandyn.gans import linearise
    from gandyn.rules.gradient import Simultaneous

    gan = _gan(gamma, channels, latent, points, image, activations, gain)
    game, point = gan.game(seed), gan.equilibrium(seed)
    found = linearise(game, *point)
    edge, direction = leading(found.J, found.neutral)
    return (
        network_threshold(Simultaneous(), game, point, direction, edge, _TRAINED) / edge
    )


def _figure(ax: Any) -> None:
    from gandyn.gans import linearise, train
    from gandyn.rules.gradient import Simultaneous

    gan = _gan(0.5, 1, 2, 12, 8, "tanh generator, SiLU discriminator", 1.5)
    game, point = gan.game(0), gan.equilibrium(0)
    found = linearise(game, *point)
    edge, direction = leading(found.J, found.neutral)
    import torch

    push = 1e-4 * torch.as_tensor(direction)
    n = len(point[0])
    start = point[0] + push[:n], point[1] + push[n:]
    for share, colour in ((0.97, "C0"), (1.0, "C7"), (1.03, "C3")):
        run = train(Simultaneous(share * edge, share * edge), game, start, 200)
        sizes = np.asarray(run.record["field_norm"])
        ax.semilogy(sizes, color=colour, label=f"lr = {share:g} of J's")
    ax.set(xlabel="steps of training", ylabel="|v|")
    ax.legend(title=f"134 parameters; J's critical lr {edge:.3f}")


_POINT = {
    "seed": 0, "gamma": 0.5, "channels": 1, "latent": 2, "points": 12, "image": 8,
    "activations": "tanh generator, SiLU discriminator", "gain": 1.5,
}  # fmt: skip
CLAIM = Claim(
    title="A convolutional GAN trains up to the learning rate that its Jacobian says",
    statement=(
        "A convolutional teacher–student GAN has an exact equilibrium, and its "
        "training loses stability at the least 2 Re λ/|λ|² over the eigenvalues of the "
        "exact game Jacobian that are not neutral. That is an instance, measured on "
        "small networks at such an equilibrium; a DCGAN that merely has come to rest "
        "somewhere may have no such point."
    ),
    reference=(
        "Radford, Metz, Chintala, Unsupervised Representation Learning with DCGANs, "
        "ICLR 2016 (the networks); Mescheder, Nowozin, Geiger, The Numerics of GANs, "
        "NeurIPS 2017, Lemma 4 (the bound)"
    ),
    quantities=(
        Quantity(
            "measured over predicted critical lr of a convolutional teacher-student "
            "GAN, simultaneous",
            _predicted,
            _measured,
            kind="exact",
            tolerance=1.5e-4,
            reason="400 steps, and a deviation of 1e-6",
            points=(_POINT, {**_POINT, "seed": 2}),
            slow=True,
        ),
    ),
    figure=_figure,
)
