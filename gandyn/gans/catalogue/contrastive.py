"""A discriminator that picks the real point among fakes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from gandyn._node import Positive
from gandyn.gans.games.objective import Losses


class InfoNCE(Losses):
    r"""The InfoNCE game: pick the real point among it and all fakes of the batch.

    With logits D, fakes f and the temperature τ,

    .. math:: L_y = E_u \log\Big(1 + \sum_j e^{(D(f_j) - D(u))/τ}\Big), \qquad
        L_x = -L_y.

    `gandyn.games.InfoNCEDiracGAN` is this game on the Dirac-GAN.

    Parameters
    ----------
    temperature : float
        τ > 0.

    References
    ----------
    van den Oord, Li, Vinyals, *Representation Learning with Contrastive Predictive
    Coding*, 2018, Equation 4.
    """

    temperature: Positive = 1.0

    def loss_x(self, G: Any, D: Any, batch: Any, step: Tensor | int) -> Tensor:
        """Return minus the cross entropy."""
        return -self.loss_y(G, D, batch, step)

    def loss_y(self, G: Any, D: Any, batch: Any, step: Tensor | int) -> Tensor:
        """Return the cross entropy of picking the real point."""
        real = D(batch["real"]).flatten() / self.temperature
        fake = D(G(batch["latents"])).flatten() / self.temperature
        rivals = torch.logsumexp(fake, 0)
        return torch.logaddexp(real, rivals.expand_as(real)).mean() - real.mean()
