"""A conditional GAN on 8 × 8 digits."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from benchmarks.real_runs import data
from benchmarks.real_runs.training import Batch, noise, perceptron, pick
from benchmarks.real_runs.trainings.digits_convolutional import DigitsConvolutional


class Conditional(nn.Module):
    """A network of points and labels."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, points: Tensor, labels: Tensor) -> Tensor:
        """Return what the body makes of both side by side."""
        return self.body(torch.cat([points, labels], dim=-1))


class _Fixed(nn.Module):
    """A discriminator with its labels held."""

    def __init__(self, network: nn.Module, labels: Tensor) -> None:
        super().__init__()
        self.network, self.labels = network, labels

    def forward(self, points: Tensor) -> Tensor:
        """Return the logits of points."""
        return self.network(points, self.labels)


@dataclasses.dataclass(frozen=True)
class DigitsConditional(DigitsConvolutional):
    """Both players see the label; the metric looks at each class by itself."""

    lr_x: float = 1e-3
    lr_y: float = 1e-3
    batch_size: int = 32

    def modules(self) -> tuple[nn.Module, nn.Module]:
        """Return generator and discriminator."""
        generator = nn.Sequential(*perceptron(18, 20, 64), nn.Tanh())
        return Conditional(generator), Conditional(perceptron(74, 20, 1))

    def draw(self, generator: torch.Generator, *lead: int) -> Batch:
        """Return digits beside their labels in one-hot code, and latent points."""
        images, labels = data.digits()
        both = torch.cat([images, one_hot(labels, 10).to(images)], dim=1)
        drawn = pick(both, self.batch_size, generator, *lead)
        z = noise((self.batch_size, 8), generator, *lead)
        return {"real": drawn[..., :64], "label": drawn[..., 64:], "z": z}

    def losses(self, G: nn.Module, D: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return both losses."""
        labels = batch["label"]
        joined: Any = {"real": batch["real"], "z": batch["z"]}

        def made(z: Tensor) -> Tensor:
            return G(z, labels)

        return super().losses(made, _Fixed(D, labels), joined)  # type: ignore[arg-type]

    def metric(self, G: nn.Module, D: nn.Module) -> Tensor:
        """Return the mean over the classes of the distance of 64 digits from theirs."""
        z = data.latents(64, 8).to(next(G.parameters()))
        images, labels = data.digits()
        found = []
        for k in range(10):
            code = one_hot(torch.full((64,), k), 10).to(z)
            found.append(data.sliced_distance(G(z, code), images[labels == k][:64]))
        return torch.stack(found).mean()
