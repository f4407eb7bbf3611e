"""The sweep that users call: simulated, proved, or run on another device."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gandyn import dynamics
from gandyn._arguments import checked
from gandyn.dynamics import Axis
from gandyn.dynamics.task import ESCAPE, STEPS
from gandyn.errors import FieldError
from gandyn.games import Game
from gandyn.rules import Rule

if TYPE_CHECKING:
    import xarray as xr


@checked
def sweep(
    rule: Rule,
    game: Game,
    axes: Mapping[str, Axis | Sequence[float]],
    *,
    start: tuple[Any, Any] | None = None,
    steps: int = STEPS,
    escape: float = ESCAPE,
    method: str = "auto",
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    certify: bool = False,
    band: float | None = None,
    device: str | None = None,
) -> xr.Dataset:
    r"""Return the verdict of every cell of a grid of fields.

    Parameters
    ----------
    rule : Rule
    game : Game
    axes : mapping of name to `Axis` or rising 1-D sequence
        Two or more fields of the rule or the game (``"lr_x"``, ``"lr"``, ``"gamma"``,
        ``"inner.k"``, ``"rule.gamma"`` where both have one), or ``"start.x"``,
        ``"start.y"``. Fields may be tied to one: ``"lr_x, lr_y=10*lr_x"`` sweeps lr_x
        and sets lr_y to ten times it; the dimension is lr_x, its attribute ``ties``.
    start : pair, optional
        Initial (x, y); near the reference equilibrium by default.
    steps : int
        Steps after which a cell that neither contracted nor escaped is handed to the
        recognition of attractors (which records up to 53,248 more).
    escape : float
        A cell whose largest coordinate exceeds ``escape`` times its initial one (or 1)
        has left the box.
    method : {"auto", "exact", "simulate"}
        ``exact`` decides linear rules on linear games by the multipliers of the exact
        one-step map; bilinear games are decoupled by their singular values first.
        ``auto`` does so where it can and simulates elsewhere.
    threads : int, optional
        Worker threads; as many as processors by default. The bits of the result do not
        depend on it.
    progress : callable, optional
        Called with the cells done and the cells in all.
    certify : bool
        Whether to prove the cells near the circle, one exact map each: the verdicts
        stay as they are, and the variable ``certificate`` says what is proved.
    band : float, optional
        With ``certify``: cells whose ``radius`` is within it of 1 are proved; by
        default those that rounding could move across.
    device : str, optional
        ``"cuda"`` takes the steps of a game of two numbers on tensors there; ``"cpu"``
        does so too, slower than the compiled kernels that run by default.

    Returns
    -------
    xarray.Dataset
        Dimensions named as the axes; variables ``verdict``, ``ended``, ``rate``,
        ``radius``, ``period``, ``rotation``, ``amplitude``, ``lyapunov``, ``steps``,
        and ``certificate``; attributes that are enough to run it again.

    Raises
    ------
    GandynError
        Bad axes, a start that does not fit the game, a rule that cannot play it, a
        band that is negative or given without ``certify``, a device that is not there
        or is asked for exact cells or vectors.

    See Also
    --------
    gandyn.stability.certify_sweep : Proves the cells of a sweep that was made before.

    Notes
    -----
    A certificate takes a millisecond or a few. A matrix game is proved as a whole: its
    singular values, by which the verdicts are found, are irrational. Beyond 40 numbers
    in x, y and memory a multiplier on the circle stays ``unproved``.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Extragradient
    >>> result = sweep(Extragradient(), Bilinear(1.0),
    ...                {"lr": [0.5, 0.9, 1.0], "A": [1.0, 2.0]}, certify=True)
    >>> result.verdict.values
    array([[1, 8],
           [1, 2],
           [8, 2]], dtype=int8)
    >>> result.certificate.values  # 4 is a radius of exactly 1
    array([[0, 4],
           [0, 0],
           [4, 0]], dtype=int8)
    >>> result.certificate.attrs["flag_meanings"].split()[4]
    'proved_on_circle'
    """
    if band is not None and not certify:
        raise FieldError("band goes with certify=True")
    prove = _prover(rule, game, band) if certify else None
    common: dict[str, Any] = {
        "start": start, "steps": steps, "escape": escape, "progress": progress
    }  # fmt: skip
    if device is None:
        found = dynamics.sweep(
            rule, game, axes, method=method, threads=threads, **common
        )
    else:
        if method == "exact":
            raise FieldError("method 'exact' takes no steps: leave out device")
        from gandyn.gans.tensor_sweep import tensor_sweep

        found = tensor_sweep(rule, game, axes, device=device, **common)
    return found if prove is None else prove(found)


def _prover(rule: Rule, game: Game, band: float | None) -> Callable[..., Any]:
    """Return what proves a sweep's cells; the band is checked before it is run."""
    from gandyn.stability.certificates.cells import BAND, certify_sweep, check_band

    width = BAND if band is None else check_band(band)
    return lambda found: certify_sweep(found, rule, game, width)
