"""Domain-adversarial learning from digits to pale, noisy ones."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax, one_hot, softplus

from benchmarks.real_runs import data
from benchmarks.real_runs.training import Batch, Training, noise, perceptron, pick


class Classifier(nn.Module):
    """Features, and classes from them."""

    def __init__(self, inward: int, features: int, classes: int) -> None:
        super().__init__()
        self.features = nn.Sequential(perceptron(inward, features), nn.LeakyReLU(0.2))
        self.head = nn.Linear(features, classes)


@dataclasses.dataclass(frozen=True)
class DomainDigits(Training):
    """Labels of the source, no labels of the target, which is noisy and paler."""

    lr_x: float = 2e-3
    lr_y: float = 2e-3
    betas: tuple[float, float] = (0.9, 0.999)
    order: str = "simultaneous"
    weight: float = 0.3
    """Of the domain's reversed loss."""
    domain: ClassVar[str] = "domain adaptation"
    changes: ClassVar[dict[str, dict[str, Any]]] = {
        "learning rates × 2": {"lr": 2.0},
        "learning rates × 32": {"lr": 32.0},
        "weight × 30": {"weight": 9.0},
    }

    def modules(self) -> tuple[nn.Module, nn.Module]:
        """Return the classifier and the discriminator of domains."""
        return Classifier(64, 24, 10), perceptron(24, 16, 1)

    def draw(self, generator: torch.Generator, *lead: int) -> Batch:
        """Return images of both domains, and the source's labels."""
        images, labels = data.digits()
        both = torch.cat([images, one_hot(labels, 10).to(images)], dim=1)
        drawn = pick(both[400:1100], self.batch_size, generator, *lead)
        target = pick(images[1100:], self.batch_size, generator, *lead)
        grain = noise((self.batch_size, 64), generator, *lead)
        moved = 0.4 * target + 0.3 + 0.2 * grain
        return {"real": drawn[..., :64], "label": drawn[..., 64:], "target": moved}

    def losses(self, G: nn.Module, D: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return both losses."""
        source = G.features(batch["real"])
        told = log_softmax(G.head(source), dim=-1)
        error = -(told * batch["label"]).sum(-1).mean()
        here, there = D(source), D(G.features(batch["target"]))
        apart = softplus(-here).mean() + softplus(there).mean()
        return error - self.weight * apart, apart

    def metric(self, G: nn.Module, D: nn.Module) -> Tensor:
        """Return the share of wrong labels on images of the target held out."""
        images, labels = data.digits()
        held = images[:400].to(next(G.parameters()))
        moved = 0.4 * held + 0.3 + 0.2 * data.latents(400, 64).to(held)
        guess = G.head(G.features(moved)).argmax(-1)
        return (guess != labels[:400].to(held.device)).float().mean() + 0.01
