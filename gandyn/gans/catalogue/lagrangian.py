"""Constrained learning: a model against the multiplier of its constraint."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from gandyn._node import NonNegative
from gandyn.errors import FieldError
from gandyn.gans.games.objective import Losses


class Multiplier(nn.Module):
    """A Lagrange multiplier, the discriminator of a `Lagrangian`."""

    def __init__(self, value: float = 0.0) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.tensor(value))

    def forward(self) -> Tensor:
        """Return the multiplier."""
        return self.value


class Lagrangian(Losses):
    r"""A model that descends f where g = 0 is to hold, with PI control.

    The multiplier ψ integrates the violation, and a proportional part is added,

    .. math:: \nabla_θ L_x = \nabla f + (ψ + κ g) \nabla g, \qquad
        \nabla_ψ L_y = -g;

    κ = 0 is plain descent and ascent. Both parts are constants to the model's gradient:
    with one learning rate this is the method of multipliers with weight κ, whose
    damping :math:`κ \nabla g \nabla g^T` the game Jacobian shows. The generator is the
    model, the discriminator a `Multiplier`.

    Parameters
    ----------
    objective, constraint : callable
        f and g: functions of the model and the batch that return one number.
    gain : float
        κ >= 0.

    References
    ----------
    Stooke, Achiam, Abbeel, *Responsive Safety in Reinforcement Learning by PID
    Lagrangian Methods*, ICML 2020, Section 4; Sohrabi, Ramirez, Zhang, Lacoste-Julien,
    Gallego-Posada, *On PI Controllers for Updating Lagrange Multipliers in Constrained
    Optimization*, ICML 2024.
    """

    objective: Any = None
    constraint: Any = None
    gain: NonNegative = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (callable(self.objective) and callable(self.constraint)):
            raise FieldError(
                "Lagrangian: objective and constraint must be functions (model, batch) "
                "-> number"
            )

    def loss_x(self, G: Any, D: Any, batch: Any, step: Tensor | int) -> Tensor:
        """Return f + (ψ + κ g) g, the bracket held constant."""
        violation = self.constraint(G, batch)
        price = (D() + self.gain * violation).detach()
        return self.objective(G, batch) + price * violation

    def loss_y(self, G: Any, D: Any, batch: Any, step: Tensor | int) -> Tensor:
        """Return -ψ g."""
        return -D() * self.constraint(G, batch)
