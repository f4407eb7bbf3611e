"""What losses do while they are tried: what is no loss, and what is held back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor
from torch.nn import functional
from torch.optim.optimizer import Optimizer, register_optimizer_step_pre_hook
from torch.overrides import TorchFunctionMode

from gandyn.errors import GandynError
from gandyn.gans.games.stops import holds_back

_LOGIT_LOSSES = (
    functional.binary_cross_entropy_with_logits,
    functional.softplus,
    functional.logsigmoid,
    functional.cross_entropy,
    functional.log_softmax,
)
"""Functions that take logits."""
_SQUASHED = ("SigmoidBackward", "SoftmaxBackward")
_SHAPES = (
    "View",
    "Reshape",
    "Squeeze",
    "Unsqueeze",
    "Expand",
    "Neg",
    "Select",
    "Alias",
)
_READS = ("item", "numpy", "tolist", "__float__", "__array__")


class Watch(TorchFunctionMode):
    """Sees every call of torch that losses make.

    Attributes
    ----------
    stops : bool
        Whether gradients were held back.
    reads : str
        By which method a number was last read out of a tensor; empty if none was.

    Raises
    ------
    GandynError
        For ``backward()``, and for probabilities where logits belong.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stops, self.reads = False, ""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        name = getattr(func, "__name__", "")
        if func is Tensor.backward:
            raise GandynError(
                "the losses call backward(): return (loss_x, loss_y), the gradients "
                "are taken from them"
            )
        self.stops = self.stops or holds_back(func, args, kwargs)
        if name in _READS and args[0].is_floating_point():
            self.reads = name
        if func in _LOGIT_LOSSES:
            check_logits(args[0], name)
        return func(*args, **(kwargs or {}))


def check_logits(logits: Tensor, name: str) -> None:
    """Refuse what a sigmoid or softmax has made, where logits belong.

    Raises
    ------
    GandynError
        With the remedy.
    """
    node = logits.grad_fn
    while node is not None and node.name().startswith(_SHAPES):
        node = node.next_functions[0][0]
    if node is not None and node.name().startswith(_SQUASHED):
        layer = node.name().split("Backward")[0]
        raise GandynError(
            f"{name} takes logits, and gets what a {layer} made: leave the {layer} at "
            "the end of the discriminator out, or take a loss of probabilities "
            "(binary_cross_entropy, nll_loss)"
        )


@contextmanager
def optimizers_refused() -> Iterator[None]:
    """Refuse losses that train.

    Raises
    ------
    GandynError
        At an optimizer's ``step()``.
    """

    def refuse(optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        raise GandynError(
            f"the losses call step() of {type(optimizer).__name__}: return "
            "(loss_x, loss_y); how they are descended is the rule's"
        )

    hook = register_optimizer_step_pre_hook(refuse)
    try:
        yield
    finally:
        hook.remove()
