"""Modules as functions of one parameter vector; what is none is refused."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from gandyn.errors import GandynError
from gandyn.gans.layers import SETTLING, PowerNormalised, first_vector

_SHIFT = 0.01
"""By how much weights are moved before a module is tried."""
_ROLES = ("generator", "discriminator")


def _check_parameters(role: str, module: nn.Module) -> None:
    """Refuse a module without parameters, or with some that are not to be trained."""
    named = dict(module.named_parameters())
    if not named:
        raise GandynError(f"the {role} {_kind(module)} has no parameters to train")
    frozen = [name for name, p in named.items() if not p.requires_grad]
    if frozen:
        raise GandynError(
            f"the {role}'s parameter {frozen[0]} does not require grad: set "
            "requires_grad_(True), or make it a buffer (register_buffer) to keep it "
            "fixed"
        )
    if any(p.is_complex() for p in named.values()):
        raise GandynError(f"the {role} has complex parameters: use real ones")


def _check_functional(role: str, module: nn.Module, inputs: Tensor) -> Tensor:
    """Return the module's output; refuse one that changes itself or is random."""
    rng = torch.Generator().manual_seed(0)
    values: dict[str, Tensor] = {
        name: value.detach().clone()
        for name, value in (*module.named_parameters(), *module.named_buffers())
    }
    for name, value in module.named_parameters():
        # a state that has settled for the weights as they are would not change
        shift = torch.randn(value.shape, generator=rng, dtype=torch.float64)
        values[name] = values[name] + _SHIFT * shift.to(value)
    before = {name: value.clone() for name, value in values.items()}
    devices = [inputs.device] if inputs.is_cuda else []
    with torch.no_grad(), torch.random.fork_rng(devices):
        first = functional_call(module, dict(values), (inputs,))
        changed = [k for k, v in values.items() if not _equal(v, before[k])]
        second = functional_call(module, before, (inputs,))
    if changed:
        raise GandynError(_stateful(role, module, changed[0]))
    if not _equal(first, second):
        raise GandynError(
            f"the {role}'s output is random{_culprit(module)}: call eval() on it, or "
            "take random numbers as part of the latents"
        )
    return first


def _stateful(role: str, module: nn.Module, buffer: str) -> str:
    path = buffer.rpartition(".")[0]
    owner = module.get_submodule(path)
    remedy = "call eval() on it"
    if isinstance(owner, nn.modules.batchnorm._NormBase):
        remedy = "use track_running_stats=False, or call eval() on it"
    elif "parametrizations" in buffer:
        remedy = "use gandyn.gans.layers, or call eval() on it"
    return (
        f"the {role}'s {_kind(owner)} {path!r} changes its buffer {buffer!r} in every "
        f"call, so the loss is no function of the parameters: {remedy}"
    )


def _culprit(module: nn.Module) -> str:
    for name, part in module.named_modules():
        if isinstance(part, nn.modules.dropout._DropoutNd) and part.training:
            return f" ({_kind(part)} {name!r})"
    return ""


def _kind(module: nn.Module) -> str:
    return type(module).__name__


def _equal(a: Tensor, b: Tensor) -> bool:
    return bool(torch.equal(torch.nan_to_num(a), torch.nan_to_num(b)))


class Flat:
    """A module as a function of one parameter vector.

    The vector holds the module's parameters in the order of ``named_parameters``, each
    row by row. The module is copied; its buffers stay as they are.

    Parameters
    ----------
    module : nn.Module
    dtype : torch.dtype
    device : torch.device

    Examples
    --------
    >>> flat = Flat(nn.Linear(2, 1), torch.float64, torch.device("cpu"))
    >>> flat.size, flat.names
    (3, ('weight', 'bias'))
    >>> flat(torch.tensor([1.0, 2.0, 3.0]).double(), torch.ones(1, 2).double())
    tensor([[6.]], dtype=torch.float64)
    """

    def __init__(
        self, module: nn.Module, dtype: torch.dtype, device: torch.device
    ) -> None:
        self.module = copy.deepcopy(module).to(device=device, dtype=dtype)
        named = dict(self.module.named_parameters())
        self.names = tuple(named)
        self.shapes = tuple(p.shape for p in named.values())
        self.sizes = tuple(p.numel() for p in named.values())
        self.size = sum(self.sizes)

    def __call__(
        self,
        vector: Tensor,
        inputs: Tensor,
        buffers: Mapping[str, Tensor] | None = None,
    ) -> Tensor:
        """Return the module's output with these parameters, and buffers if given."""
        values = {**self.split(vector), **(buffers or {})}
        return functional_call(self.module, values, (inputs,))

    def hidden(
        self,
        vector: Tensor,
        inputs: Tensor,
        buffers: Mapping[str, Tensor] | None = None,
    ) -> Tensor:
        """Return what the module's last layer is given, one row per input.

        Raises
        ------
        GandynError
            If the module is not an ``nn.Sequential`` of at least two layers.
        """
        if not isinstance(self.module, nn.Sequential) or len(self.module) < 2:
            raise GandynError(
                f"{_kind(self.module)} has no last layer to look behind: hidden "
                "features need a discriminator that is an nn.Sequential"
            )
        inner = self.module[:-1]
        own = {name for name, _ in (*inner.named_parameters(), *inner.named_buffers())}
        values = {**self.split(vector), **(buffers or {})}
        kept = {name: value for name, value in values.items() if name in own}
        return functional_call(inner, kept, (inputs,)).flatten(1)

    def split(self, vector: Tensor) -> dict[str, Tensor]:
        """Return the parameters by name, as views of a vector of shape (P,)."""
        parts = zip(self.names, vector.split(self.sizes), self.shapes, strict=True)
        return {name: part.reshape(shape) for name, part, shape in parts}

    def vector(self) -> Tensor:
        """Return the module's own parameters as a vector."""
        return torch.cat([p.detach().reshape(-1) for p in self.module.parameters()])


def ensemble(vectors: Sequence[Tensor]) -> Tensor:
    """Return the vectors of several members as one player, of shape (P, members).

    In memory the parameters of a member lie together.

    Examples
    --------
    >>> x = ensemble([torch.zeros(3), torch.ones(3)])
    >>> x.shape, x.stride()
    (torch.Size([3, 2]), (1, 3))
    """
    return torch.stack(list(vectors)).T


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
        _check_parameters("generator", generator)
        _check_parameters("discriminator", discriminator)
        self.generator = Flat(generator, real.dtype, real.device)
        self.discriminator = Flat(discriminator, real.dtype, real.device)
        fake = _check_functional("generator", self.generator.module, latents)
        logits = _check_functional("discriminator", self.discriminator.module, real)
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

    def functions(
        self, state: Mapping[str, Tensor]
    ) -> tuple[Callable, Callable, Callable]:
        """Return functions of parameters and inputs, in a state.

        They are the generator, the discriminator and the latter's hidden features.
        """
        found = []
        for role, flat in zip(_ROLES, self._flats(), strict=True):
            own = {
                key.removeprefix(f"{role}."): value
                for key, value in state.items()
                if key.startswith(f"{role}.")
            }
            found.append(_bind(flat, own))
        judge = self.discriminator
        return found[0], found[1], _bind(judge.hidden, own)

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
            for role, flat in zip(_ROLES, self._flats(), strict=True)
            for name, layer in flat.module.named_modules()
            if isinstance(layer, PowerNormalised)
        ]


def _bind(flat: Callable[..., Tensor], buffers: Mapping[str, Tensor]) -> Callable:
    return lambda vector, inputs: flat(vector, inputs, buffers)


def _iterate(flat: Flat, name: str, vector: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
    return PowerNormalised.iterate(flat.split(vector)[name], u)
