"""The multipliers of a map that decouples, eigenvalue by eigenvalue of J."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gandyn.stability.crossings.decoupling import Decoupling
from gandyn.stability.crossings.eigenvalues import Eigenvalue
from gandyn.stability.crossings.neutral_directions import Quotient
from gandyn.stability.crossings.spectra import Spectrum, spectrum


class ScalarSpectra:
    """The spectra of a map that decouples, from its small blocks.

    Parameters
    ----------
    own : Decoupling
    matrix : ndarray
        diag(rates) J.
    eigenvalues : sequence of Eigenvalue
        Of that matrix, neutral ones left out.
    neutral : pair of int
        How many eigenvalues are neutral, and how many multipliers each leaves at 1.
    inner : Quotient
        Of the maps, for eigenvectors; what is in doubt of it is so in J.
    """

    def __init__(
        self, own: Decoupling, matrix: np.ndarray, eigenvalues: Sequence[Eigenvalue],
        neutral: tuple[int, int], inner: Quotient,
    ) -> None:  # fmt: skip
        self._matrix = matrix
        self.quotient, self.neutral = inner, neutral[0] * neutral[1]
        self._own, self._eigenvalues, self._still = own, eigenvalues, neutral
        values = [one.value for one in eigenvalues] + [0j] * (neutral[0] > 0)
        self._values = np.array(values, dtype=complex)
        self._known: dict[float, Spectrum] = {}

    def at(self, parameter: Any) -> Spectrum:
        """Return the spectrum at a parameter."""
        parameter = float(parameter)
        if parameter not in self._known:
            self._known[parameter] = self._joined(parameter)
        return self._known[parameter]

    def _joined(self, parameter: float) -> Spectrum:
        blocks = self._own.blocks(self._values, parameter)
        parts = [spectrum(parameter, block) for block in blocks]
        values, doubts = [np.zeros(0, complex)], [np.zeros(0)]
        for one, part in zip(self._eigenvalues, parts, strict=False):
            twins = [part.values, part.values.conj()] if one.imag else [part.values]
            times = one.times // len(twins)
            values += twins * times
            doubts += [part.doubt] * len(twins) * times
        count, ones = self._still
        if count:
            rest = np.argsort(np.abs(parts[-1].values - 1), kind="stable")[ones:]
            values += [parts[-1].values[rest]] * count
            doubts += [parts[-1].doubt[rest]] * count
        return Spectrum(parameter, np.concatenate(values), np.concatenate(doubts))

    def hidden(self, places: Sequence[float]) -> list[int]:
        """Return how many multipliers of each eigenvalue never leave the circle.

        They are on it within rounding at all of some places. The last are those of 0.
        """
        size, (still, ones) = self._own.together.size, self._still
        sizes = [one.times * size for one in self._eigenvalues] + [
            still * (size - ones)
        ]
        cuts = np.cumsum(sizes)[:-1]
        sides = [np.split(self.at(place).side, cuts) for place in places]
        counts = [[int(np.sum(part == 0)) for part in one] for one in sides]
        return [min(column) for column in zip(*counts, strict=True)]

    def count(self, parameter: float) -> int:
        """Return how many multipliers are outside the circle, beyond rounding."""
        return int(np.sum(self.at(parameter).side > 0))

    def direction(self, parameter: float, multiplier: complex) -> np.ndarray:
        """Return the players' part of a multiplier's eigenvector, all of norm 1."""
        blocks = self._own.blocks(self._values, parameter)
        values, vectors = np.linalg.eig(blocks)
        apart = np.minimum(
            abs(values - multiplier), abs(values - multiplier.conjugate())
        )
        k, i = np.unravel_index(np.argmin(apart), apart.shape)
        shifted = self._matrix - self._values[k] * np.eye(len(self._matrix))
        own = np.linalg.svd(shifted)[2][-1].conj()
        if abs(values[k, i] - multiplier) > apart[k, i]:
            own = own.conj()
        return np.asarray(own * abs(vectors[k, 0, i]))
