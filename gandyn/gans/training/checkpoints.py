"""Checkpoints of long runs: whole, of one configuration, and safe to load."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gandyn._files import atomic
from gandyn.errors import GandynError

_FORMAT = "gandyn checkpoint 1"


def save_checkpoint(
    path: str | Path,
    configuration: Mapping[str, Any],
    progress: Mapping[str, Any],
    tensors: Mapping[str, Tensor],
) -> None:
    """Write a checkpoint, whole or not at all.

    Parameters
    ----------
    path : str or Path
    configuration : mapping
        What decides the run's bits; values of JSON.
    progress : mapping
        Where it stands; values of JSON.
    tensors : mapping of str to Tensor
    """
    tensors = {k: v.detach().cpu() for k, v in tensors.items()}
    header = {
        "format": _FORMAT,
        "configuration": dict(configuration),
        "progress": dict(progress),
        "digest": _digest(tensors),
    }
    with atomic(path) as draft:
        torch.save({"header": json.dumps(header), "tensors": tensors}, draft)


def load_checkpoint(
    path: str | Path, configuration: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return the progress and the tensors of a checkpoint.

    Tensors are all that is loaded (``weights_only=True``): a file can't run code.

    Raises
    ------
    GandynError
        If it can't be read, is damaged, or belongs to another configuration; then the
        first key that differs is named.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = Path(folder.name) / "run.pt"
    >>> save_checkpoint(file, {"seed": 0}, {"step": 3}, {"x": torch.zeros(2)})
    >>> load_checkpoint(file, {"seed": 0})
    ({'step': 3}, {'x': tensor([0., 0.])})
    >>> load_checkpoint(file, {"seed": 1}) # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    gandyn.errors.GandynError: ...run.pt belongs to another run: seed is 0 there, ...
    >>> folder.cleanup()
    """
    header, tensors = _read(Path(path))
    theirs, ours = header["configuration"], json.loads(json.dumps(dict(configuration)))
    for key in (*ours, *theirs):
        if ours.get(key) != theirs.get(key):
            raise GandynError(
                f"{path} belongs to another run: {key} is {theirs.get(key)!r} there, "
                f"{ours.get(key)!r} here; give another name, or delete it"
            )
    return header["progress"], tensors


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    try:
        data = torch.load(path, map_location="cpu", weights_only=True)
        header, tensors = json.loads(data["header"]), data["tensors"]
        whole = header["format"] == _FORMAT and header["digest"] == _digest(tensors)
    except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
        raise GandynError(f"cannot read {path}: {error.strerror}") from None
    except Exception as error:  # the unpickler and the archive raise many kinds
        raise GandynError(f"{path} is damaged, or no checkpoint: delete it") from error
    if not whole:
        raise GandynError(f"{path} is damaged, or of another version: delete it")
    return header, tensors


def _digest(tensors: Mapping[str, Tensor]) -> str:
    sums = hashlib.sha256()
    for name in sorted(tensors):
        value = tensors[name]
        sums.update(f"{name} {value.dtype} {tuple(value.shape)} ".encode())
        sums.update(value.contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    return sums.hexdigest()
