"""Optimizers of other packages that games are played with."""

from __future__ import annotations


def peers() -> list[str]:
    """Return the specifications of the optimizers that games are played with.

    They are those that the adapters know, each simultaneous and, where its adapter
    can, alternating.

    Examples
    --------
    >>> [name for name in peers() if "SGD" in name]
    ['cooper.optim.ExtraSGD', 'torch.optim.SGD', 'torch.optim.SGD(alternating=True)']
    """
    from gandyn.testing.adapters import ADAPTERS

    return [
        name + order
        for adapter in ADAPTERS.values()
        for name in adapter.known
        for order in ("", "(alternating=True)")[: 1 + adapter.alternates]
    ]
