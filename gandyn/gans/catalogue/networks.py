"""Small networks: multilayer perceptrons and convolutional ones for images."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from gandyn.errors import UnknownName
from gandyn.gans.games.layers import (
    PowerConv2d,
    PowerLinear,
    SpectralConv2d,
    SpectralLinear,
)
from gandyn.gans.games.modules import Modules, parts_of

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "leaky-relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "silu": nn.SiLU,
    "gelu": nn.GELU,
    "softplus": nn.Softplus,
    "sigmoid": nn.Sigmoid,
}
"""Activations by name."""
_NORMALISATIONS = ("none", "batch", "layer", "spectral", "power")
"""Normalisations by name; ``power`` is ``spectral`` by the power iteration."""
_OF_IMAGES = (*_NORMALISATIONS, "instance")
"""An image has statistics of its own in every channel."""
IMAGE = 16
"""Side of the images, in pixels."""


def mlp(
    sizes: Sequence[int], activation: str = "tanh", normalisation: str = "none"
) -> nn.Sequential:
    """Return a multilayer perceptron.

    Parameters
    ----------
    sizes : sequence of int
        Numbers of inputs, of units in each hidden layer, and of outputs.
    activation : str
        Of the hidden layers, see `ACTIVATIONS`.
    normalisation : str
        Of the hidden layers: ``none``; ``batch`` or ``layer``, before the activation,
        by the statistics of the batch at hand only; ``spectral`` (exact) or ``power``
        (estimated, see `PowerNormalised`) of the weights. The last layer is plain.

    Examples
    --------
    >>> [type(layer).__name__ for layer in mlp([2, 8, 1], "relu", "spectral")]
    ['SpectralLinear', 'ReLU', 'Linear']
    """
    act = _choose("activation", activation, ACTIVATIONS)
    _choose("normalisation", normalisation, dict.fromkeys(_NORMALISATIONS))
    linear = {"spectral": SpectralLinear, "power": PowerLinear}
    hidden = linear.get(normalisation, nn.Linear)
    layers: list[nn.Module] = []
    for before, after in itertools.pairwise(sizes[:-1]):
        layers += [hidden(before, after), *_norm(normalisation, after), act()]
    return nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1]))


def _norm(name: str, features: int) -> list[nn.Module]:
    if name == "batch":
        return [nn.BatchNorm1d(features, track_running_stats=False)]
    return [nn.LayerNorm(features)] if name == "layer" else []


def _norm2d(name: str, channels: int) -> list[nn.Module]:
    if name == "batch":
        return [nn.BatchNorm2d(channels, track_running_stats=False)]
    if name == "instance":
        return [nn.InstanceNorm2d(channels, affine=True)]
    return [nn.GroupNorm(1, channels)] if name == "layer" else []


def dcgan_generator(
    latent: int,
    channels: int,
    activation: str = "relu",
    normalisation: str = "none",
    side: int = IMAGE,
) -> nn.Sequential:
    """Return a generator of square images: linear, then two transposed convolutions.

    The layers are normalised for ``batch``, ``layer`` and ``instance`` only.
    """
    act = _choose("activation", activation, ACTIVATIONS)
    wide, quarter = 2 * channels, side // 4
    return nn.Sequential(
        nn.Linear(latent, wide * quarter * quarter),
        nn.Unflatten(1, (wide, quarter, quarter)),
        *_norm2d(normalisation, wide),
        act(),
        nn.ConvTranspose2d(wide, channels, 4, 2, 1),
        *_norm2d(normalisation, channels),
        act(),
        nn.ConvTranspose2d(channels, 1, 4, 2, 1),
        nn.Tanh(),
    )


def dcgan_discriminator(
    channels: int,
    activation: str = "leaky-relu",
    normalisation: str = "none",
    side: int = IMAGE,
) -> nn.Sequential:
    """Return a discriminator of square images: two convolutions, then linear."""
    act = _choose("activation", activation, ACTIVATIONS)
    _choose("normalisation", normalisation, dict.fromkeys(_OF_IMAGES))
    convolutions = {"spectral": SpectralConv2d, "power": PowerConv2d}
    conv = convolutions.get(normalisation, nn.Conv2d)
    wide, quarter = 2 * channels, side // 4
    return nn.Sequential(
        conv(1, channels, 4, 2, 1),
        act(),
        conv(channels, wide, 4, 2, 1),
        *_norm2d(normalisation, wide),
        act(),
        nn.Flatten(),
        nn.Linear(wide * quarter * quarter, 1),
    )


def initial_vector(modules: Modules, rng: torch.Generator, gain: float) -> Tensor:
    """Return initial parameters of a module or group as one vector, in float64.

    Weights (two or more axes) are normal with standard deviation gain/√(fan-in), every
    other parameter is as the module has it, with biases 0.
    """
    parts = []
    named = [item for one in parts_of(modules) for item in one.named_parameters()]
    for name, p in named:
        if p.ndim >= 2:
            fan_in = p[0].numel()
            normal = torch.randn(p.shape, generator=rng, dtype=torch.float64)
            parts.append(gain / math.sqrt(fan_in) * normal.reshape(-1))
        else:
            value = p.detach().double().reshape(-1)
            parts.append(0 * value if name.split(".")[-1] == "bias" else value)
    return torch.cat(parts)


def _choose(kind: str, name: str, known: Mapping[str, Any]) -> Any:
    if name not in known:
        raise UnknownName(kind, name, known)
    return known[name]
