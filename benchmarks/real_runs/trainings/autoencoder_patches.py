"""An autoencoder of patches of a photograph, with its GAN term on."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

from torch import Tensor

from benchmarks.real_runs import data
from benchmarks.real_runs.trainings.autoencoder_digits import AutoencoderDigits


@dataclasses.dataclass(frozen=True)
class AutoencoderPatches(AutoencoderDigits):
    """The GAN term is on from the start, at a weight that does no harm."""

    weight: float = 0.01
    warm_up: ClassVar[dict[str, Any]] = {}
    changes: ClassVar[dict[str, dict[str, Any]]] = {
        "GAN term × 2": {"weight": 0.02},
        "learning rates × 2": {"lr": 2.0},
        "learning rates × 32": {"lr": 32.0},
    }

    @property
    def pool(self) -> Tensor:
        """The data; its first 256 are held out."""
        return data.patches()
