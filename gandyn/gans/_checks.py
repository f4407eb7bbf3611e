"""Modules that are no functions of their parameters and inputs are refused."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.func import functional_call

from gandyn.errors import GandynError

SHIFT = 0.01
"""By how much weights are moved before a module is tried."""


def check_parameters(role: str, module: nn.Module) -> None:
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


def check_functional(role: str, module: nn.Module, inputs: Tensor) -> Tensor:
    """Return the module's output; refuse one that changes itself or is random."""
    rng = torch.Generator().manual_seed(0)
    values: dict[str, Tensor] = {
        name: value.detach().clone()
        for name, value in (*module.named_parameters(), *module.named_buffers())
    }
    for name, value in module.named_parameters():
        # a state that has settled for the weights as they are would not change
        shift = torch.randn(value.shape, generator=rng, dtype=torch.float64)
        values[name] = values[name] + SHIFT * shift.to(value)
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
