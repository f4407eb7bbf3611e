"""Features of two domains that a discriminator shall not tell apart."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from gandyn._node import Count, NonNegative, Real
from gandyn.gans.catalogue._base import GAN
from gandyn.gans.catalogue.networks import mlp
from gandyn.gans.games.modules import Modules
from gandyn.gans.games.objective import Losses, Objective, Play


class DomainObjective(Objective):
    r"""Gradient reversal: features that classify, and that hide their domain.

    The generator is the group ``{"features": ..., "classifier": ...}``, the
    discriminator looks at features, those of the source as real. The batch has
    ``source``, ``labels`` of it, and ``target``;

    .. math:: L_x = \text{cross entropy} - λ L_y,

    where L_y is the discriminator's loss without penalties. Played simultaneously this
    is training through a gradient reversal layer.

    Parameters
    ----------
    loss, regulariser, noise_std, paired, mixed
        See `Objective`.
    reversal : float
        λ >= 0.

    References
    ----------
    Ganin, Ustinova, Ajakan, Germain, Larochelle, Laviolette, Marchand, Lempitsky,
    *Domain-Adversarial Training of Neural Networks*, JMLR 17 (2016), Equation 9.
    """

    reversal: NonNegative = 1.0

    def loss_x(self, G: Any, D: Any, batch: Any, step: Tensor | int) -> Tensor:
        """Return the cross entropy, less λ times the discriminator's loss."""
        found = G["classifier"](G["features"](batch["source"]))
        wrong = functional.cross_entropy(found, batch["labels"])
        return wrong - self.reversal * self._play(G, D, batch, step).contest()

    def loss_y(self, G: Any, D: Any, batch: Any, step: Tensor | int) -> Tensor:
        """Return the discriminator's loss."""
        play = self._play(G, D, batch, step)
        return play.contest() + self.regulariser.penalty_y(play)

    def check(self, G: Any, D: Any, batch: Any) -> None:
        """Leave it to the losses: the generator is a group."""

    def _play(self, G: Any, D: Any, batch: Any, step: Tensor | int) -> Play:
        seen = {"real": G["features"](batch["source"]), "latents": batch["target"]}
        return Play(G["features"], D, seen, self, step)


class DomainAdversarial(GAN):
    """Two half-moons with labels, and the same turned without.

    Parameters
    ----------
    loss, regulariser, noise_std, paired, mixed
        See `Objective`.
    points : int
        Of either domain.
    gain : float
        Scale of the initial weights, over √(fan-in).
    reversal : float
        See `DomainObjective`.
    hidden, features : int
        Units of hidden layers, and numbers of a feature.
    turn : float
        The target's angle, in radians.
    std : float
        Standard deviation around the moons.

    Examples
    --------
    >>> DomainAdversarial(hidden=3, features=2).game().shape
    ((23,), (13,))
    """

    aliases: ClassVar[tuple[str, ...]] = ("DANN", "gradient reversal")

    reversal: NonNegative = 1.0
    hidden: Count = 16
    features: Count = 4
    turn: Real = 0.6
    std: NonNegative = 0.1

    def networks(self) -> tuple[Modules, Modules]:
        """Return features and classifier, and the domain's discriminator."""
        group: dict[str, nn.Module] = {
            "features": mlp([2, self.hidden, self.features]),
            "classifier": nn.Linear(self.features, 2),
        }
        return group, mlp([self.features, self.hidden, 1])

    def played(self) -> Losses:
        """Return the objective."""
        return DomainObjective(**self.shared(DomainObjective))

    def pools(self, rng: torch.Generator) -> dict[str, Tensor]:
        """Return the source with labels, and the target."""
        source, labels = _moons(rng, self.points, float(self.std))
        target, _ = _moons(rng, self.points, float(self.std))
        angle = torch.tensor(float(self.turn), dtype=torch.float64)
        rows = (angle.cos(), -angle.sin()), (angle.sin(), angle.cos())
        turned = target @ torch.stack([torch.stack(row) for row in rows]).T
        return {"source": source, "labels": labels, "target": turned}


def _moons(rng: torch.Generator, count: int, std: float) -> tuple[Tensor, Tensor]:
    """Return points around two half circles, and which."""
    labels = torch.randperm(count, generator=rng) % 2
    kinds: dict[str, Any] = {"generator": rng, "dtype": torch.float64}
    angle = torch.pi * torch.rand(count, **kinds)
    side = 1.0 - 2.0 * labels
    x, y = side * angle.cos() - 0.5 * side, side * angle.sin() - 0.25 * side
    noise = std * torch.randn(count, 2, **kinds)
    return torch.stack([x, y], 1) + noise, labels
