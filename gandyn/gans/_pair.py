"""The two networks of a GAN, as functions of their parameters and buffers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor, nn
from torch.func import vmap

from gandyn.errors import GandynError
from gandyn.gans._checks import check_functional, check_parameters
from gandyn.gans.flat import Flat
from gandyn.gans.layers import SETTLING, PowerNormalised, first_vector

ROLES = ("generator", "discriminator")


class Pair:
    """Generator and discriminator, copied to the type and device of the real points.

    Parameters
    ----------
    generator, discriminator : nn.Module
    real, latents : Tensor
        Of one member; the modules are tried on them.
    """

    def __init__(
        self,
        generator: nn.Module,
        discriminator: nn.Module,
        real: Tensor,
        latents: Tensor,
    ) -> None:
        check_parameters("generator", generator)
        check_parameters("discriminator", discriminator)
        self.generator = Flat(generator, real.dtype, real.device)
        self.discriminator = Flat(discriminator, real.dtype, real.device)
        fake = check_functional("generator", self.generator.module, latents)
        logits = check_functional("discriminator", self.discriminator.module, real)
        if fake.shape[1:] != real.shape[1:]:
            raise GandynError(
                f"the generator makes points of shape {tuple(fake.shape[1:])}, the "
                f"real ones are {tuple(real.shape[1:])}"
            )
        if logits.numel() != len(real):
            raise GandynError(
                "the discriminator must return one logit per point, got shape "
                f"{tuple(logits.shape)} for {len(real)} points"
            )

    def state(self) -> dict[str, Tensor]:
        """Return the singular vectors of power iterations, as the modules have them."""
        return {
            prefix + buffer: getattr(layer, buffer)
            for flat, prefix, _, layer in self._power_layers()
            for buffer in ("u", "v")
        }

    def settled(self, x: Tensor, y: Tensor) -> dict[str, Tensor]:
        """Return the state after many iterations at the parameters x and y."""
        state = {
            f"{prefix}u": first_vector(layer.u)
            for _, prefix, _, layer in self._power_layers()
        }
        for _ in range(SETTLING):
            state = self.iterated(state, x, y)
        return state

    def functions(self, state: Mapping[str, Tensor]) -> tuple[Callable, Callable]:
        """Return the networks as functions of parameters and inputs, in a state."""
        found = []
        for role, flat in zip(ROLES, self._flats(), strict=True):
            own = {
                key.removeprefix(f"{role}."): value
                for key, value in state.items()
                if key.startswith(f"{role}.")
            }
            found.append(_bind(flat, own))
        return found[0], found[1]

    def iterated(
        self, state: Mapping[str, Tensor], x: Tensor, y: Tensor
    ) -> dict[str, Tensor]:
        """Return the state after one power iteration of every such layer."""
        after: dict[str, Tensor] = {}
        for flat, prefix, name, _ in self._power_layers():
            player = x if flat is self.generator else y
            u = state[prefix + "u"]
            if player.ndim == 1:
                u, v = _iterate(flat, name, player, u)
            else:
                dims = (-1, 0 if u.ndim == 2 else None)
                call = vmap(lambda p, u, f=flat, n=name: _iterate(f, n, p, u), dims)
                u, v = call(player, u)
            after |= {prefix + "u": u, prefix + "v": v}
        return after

    def _flats(self) -> tuple[Flat, Flat]:
        return self.generator, self.discriminator

    def _power_layers(self) -> list[tuple[Flat, str, str, PowerNormalised]]:
        return [
            (flat, f"{role}.{name}.", f"{name}.weight", layer)
            for role, flat in zip(ROLES, self._flats(), strict=True)
            for name, layer in flat.module.named_modules()
            if isinstance(layer, PowerNormalised)
        ]


def _bind(flat: Flat, buffers: Mapping[str, Tensor]) -> Callable:
    return lambda vector, inputs: flat(vector, inputs, buffers)


def _iterate(flat: Flat, name: str, vector: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
    return PowerNormalised.iterate(flat.split(vector)[name], u)
