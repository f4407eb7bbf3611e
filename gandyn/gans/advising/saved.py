"""Checkpoints that training scripts have written, in the shapes that are usual."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from gandyn.errors import GandynError

_PLAYERS = {
    "generator": r"g|gen|generator|netg|modelg|generatornet",
    "discriminator": r"d|dis|disc|discriminator|netd|modeld|c|critic|netc",
}
_OPTIMIZER = re.compile(r"opt(?:im(?:izer)?)?s?")
_FILLING = re.compile(r"state(?:_?dict)?s?|models(?=\.)|[^a-z]")
_ROLES = ("generator", "discriminator", "opt_g", "opt_d")


def read_saved(path: str | Path) -> dict[str, Mapping[str, Any]]:
    """Return the states in a checkpoint, by role; optimizers may be missing.

    Only tensors and plain values are read (``weights_only=True``): a file runs no code.

    Raises
    ------
    GandynError
        If it can't be read, or a player is missing or there twice.
    """
    content = _load(Path(path))
    found: dict[str, Mapping[str, Any]] = {}
    for key, value in _flat(content):
        role = role_of(key)
        if role in found:
            raise GandynError(f"{path} has two states of the {_name(role)}: keep one")
        if role:
            found[role] = value
    for role in _ROLES[:2]:
        if role not in found:
            keys = ", ".join(map(str, content)) or "none"
            raise GandynError(
                f"{path} has no state of the {role}, its keys are {keys}: save "
                "{'generator': G.state_dict(), 'discriminator': D.state_dict(), "
                "'opt_g': ..., 'opt_d': ...}"
            )
    return found


def role_of(key: str) -> str:
    """Return whose state is saved under a key; empty where it tells nothing.

    Examples
    --------
    >>> [role_of(key) for key in ("netG", "optimizer_D_state_dict", "epoch")]
    ['generator', 'opt_d', '']
    """
    name = _FILLING.sub("", key.lower())
    rest, optimizers = _OPTIMIZER.subn("", name)
    for role, pattern in _PLAYERS.items():
        if re.fullmatch(pattern, rest):
            return f"opt_{role[0]}" if optimizers else role
    return ""


def load_module(
    path: str | Path, role: str, module: nn.Module, state: Mapping[str, Any]
) -> None:
    """Load a module's state; a prefix ``module.`` of parallel training is dropped.

    Raises
    ------
    GandynError
        If it is of another model; the first key that differs is named.
    """
    own = module.state_dict()
    if all(str(key).startswith("module.") for key in state) and state:
        state = {
            str(key).removeprefix("module."): value for key, value in state.items()
        }
    where = f"{path} is of another model: the {role}'s"
    for key, value in own.items():
        if key not in state:
            raise GandynError(f"{where} {key} is not in it")
        theirs = tuple(getattr(state[key], "shape", ()))
        if isinstance(value, Tensor) and theirs != tuple(value.shape):
            raise GandynError(
                f"{where} {key} has shape {theirs} there, {tuple(value.shape)} here"
            )
    extra = [str(key) for key in state if key not in own]
    if extra:
        raise GandynError(f"{where} {extra[0]} is in it, and not in the module")
    broken = [k for k, v in state.items() if _is_broken(v)]
    if broken:
        raise GandynError(
            f"{path}: the {role}'s {broken[0]} is not finite: take an earlier one"
        )
    module.load_state_dict(dict(state))


def _flat(content: Mapping[Any, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield states by name, also of a dictionary in a dictionary."""
    for key, value in content.items():
        if not isinstance(value, Mapping):
            continue
        yield str(key), value
        if not role_of(str(key)):
            for inner, state in value.items():
                if isinstance(state, Mapping):
                    yield f"{key}.{inner}", state


def _is_broken(value: Any) -> bool:
    floating = isinstance(value, Tensor) and value.is_floating_point()
    return floating and not bool(value.isfinite().all())


def _load(path: Path) -> Mapping[str, Any]:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
        raise GandynError(f"cannot read {path}: {error.strerror}") from None
    except pickle.UnpicklingError as error:
        if "unsupported global" not in str(error).lower():  # torch's own words
            raise GandynError(
                f"{path} is damaged, or no checkpoint of torch"
            ) from error
        raise GandynError(
            f"{path} holds whole objects, which could run code: save state_dict() of "
            "modules and optimizers instead"
        ) from error
    except Exception as error:  # the archive raises many kinds
        raise GandynError(f"{path} is damaged, or no checkpoint of torch") from error
    if not isinstance(content, Mapping):
        raise GandynError(
            f"{path} holds a {type(content).__name__}: save a dictionary with "
            "'generator', 'discriminator', 'opt_g' and 'opt_d'"
        )
    return content


def _name(role: str) -> str:
    return role if role in _PLAYERS else f"optimizer {role}"
