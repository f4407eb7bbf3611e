"""Diagnostics of GANs: path angles and eigenvalues of the game Jacobian."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from gandyn import _canvas as colours
from gandyn._canvas import axes_or_new
from gandyn.errors import GandynError


def path_angle(result: Any, ax: Axes | None = None) -> Axes:
    """Draw the path angle and, on an axis of its own, the path norm.

    Parameters
    ----------
    result : PathAngle
        Of `gandyn.gans.spectra.diagnostics.path_angle`.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
        That of the angle.

    Raises
    ------
    GandynError
        If the field vanishes everywhere on the path.
    """
    if not np.isfinite(result.cosine).any():
        raise GandynError("the path angle is not a number anywhere: v vanishes")
    ax = axes_or_new(ax, (7.0, 4.5))
    ax.axhline(0, color="0.85", lw=0.8, zorder=0)
    ax.axvline(1, color="0.6", lw=0.8, ls=":", zorder=0)
    (angle,) = ax.plot(
        result.share, result.cosine, color=colours.BLUE, label="path angle c(a)"
    )
    ax.set(xlabel="place a on the line: 0 start, 1 end", ylim=(-1.05, 1.05))
    ax.set_ylabel("cosine of the angle of v with the path (dimensionless)")
    other = ax.twinx()
    (norm,) = other.plot(
        result.share, result.norm, color=colours.VERMILION, ls="--", label="norm |v|"
    )
    other.set_ylabel("|v| (gradient units)")
    if (result.norm > 0).all():
        other.set_yscale("log")
    ax.legend(handles=[angle, norm], loc="best")
    return ax


def gan_spectrum(
    eigenvalues: Any, ax: Axes | None = None, *, lr: float | None = None
) -> Axes:
    """Draw eigenvalues of a game Jacobian in the complex plane.

    Parameters
    ----------
    eigenvalues : array of complex, Eigenvalues or Linearisation
        Those that have not converged are drawn hollow.
    ax : matplotlib Axes, optional
    lr : float, optional
        Draws the disc around 1/lr through 0: simultaneous play with this learning rate
        is stable if and only if all eigenvalues lie inside.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    GandynError
        If there are no eigenvalues, or one is not finite.
    """
    values, converged = _values(eigenvalues)
    ax = axes_or_new(ax, (7.0, 5.5))
    ax.axhline(0, color="0.85", lw=0.8, zorder=0)
    ax.axvline(0, color="0.4", lw=1, zorder=0, label="edge of stability of the flow")
    groups = (
        (converged & (values.real > 0), "o", "full", "real part > 0: contracts"),
        (converged & (values.real <= 0), "^", "full", "real part ≤ 0"),
        (~converged, "s", "none", "not converged"),
    )
    inks = (colours.BLUE, colours.VERMILION, colours.BLACK)
    for (here, marker, fill, label), ink in zip(groups, inks, strict=True):
        if here.any():
            ax.plot(
                values[here].real, values[here].imag, ls="", marker=marker, color=ink,
                fillstyle=fill, label=f"{label} ({here.sum()})", zorder=3,
            )  # fmt: skip
    if lr is not None:
        limits = ax.get_xlim(), ax.get_ylim()
        angle = np.linspace(0, 2 * np.pi, 721)
        ax.plot(
            (1 + np.cos(angle)) / lr, np.sin(angle) / lr, color="0.4", lw=1, ls="--",
            label=f"stable disc of simultaneous play, lr = {lr:g}",
        )  # fmt: skip
        ax.set(xlim=limits[0], ylim=limits[1])
    ax.set(xlabel="real part of λ(J)", ylabel="imaginary part of λ(J)")
    ax.legend(loc="best", fontsize="small")
    return ax


def curvatures(result: Any, ax: Axes | None = None) -> Axes:
    """Draw the outermost eigenvalues of the players' own Hessians as bars.

    Parameters
    ----------
    result : Landscape
        Of `gandyn.gans.spectra.diagnostics.landscape`.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = axes_or_new(ax, (7.0, 4.0))
    ax.axhline(0, color="0.4", lw=0.8, zorder=0)
    inks = {"generator": colours.BLUE, "discriminator": colours.ORANGE}
    for shift, (name, ink) in zip((-0.2, 0.2), inks.items(), strict=True):
        heights = np.sort(getattr(result, name).values.real)[::-1]
        places = np.arange(1, heights.size + 1) + shift
        ax.bar(places, heights, 0.4, color=ink, label=f"{name} ({heights.size})")
    ax.set(xlabel="eigenvalue, by rank", ylabel="curvature of the player's own loss")
    ax.legend(loc="best")
    return ax


def _values(given: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return eigenvalues, and which have converged."""
    known = getattr(given, "converged", None)
    if known is None:
        own = given.eigenvalues() if hasattr(given, "eigenvalues") else given
        values = np.atleast_1d(np.asarray(own, dtype=complex)).ravel()
        known = np.ones(values.size, bool)
    else:
        values = np.asarray(given.values, dtype=complex)
    if values.size == 0 or not np.isfinite(values).all():
        raise GandynError(f"there are no finite eigenvalues to draw: {values}")
    return values, np.asarray(known, bool)
