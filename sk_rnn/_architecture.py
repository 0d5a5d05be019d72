"""What shapes a network, the shapes of its weights, and the few shapes compiled."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sk_rnn._cells import CELLS


class Architecture(NamedTuple):
    """What shapes a network."""

    cell: str  # in CELLS
    units: tuple[int, ...]  # one number per recurrent layer
    bidirectional: bool
    dropout: float
    n_channels: int  # of the steps that it reads
    n_outputs: int
    dtype: str

    @property
    def n_directions(self) -> int:
        """Directions in which a layer reads a window."""
        return 2 if self.bidirectional else 1

    def weight_shapes(self) -> list[tuple[int, ...]]:
        """Return the shapes of the weights, in the order of Keras's ``get_weights``.

        A recurrent layer has a kernel, a recurrent kernel and a bias per direction; the
        kernel and the bias of the dense output come last.
        """
        return [tuple(map(math.prod, axes)) for axes in self._axes()]

    def _axes(self) -> list[tuple[tuple[int, ...], ...]]:
        """Return what each axis of each weight joins: gates and units, for example."""
        cell = CELLS[self.cell]
        axes: list[tuple[tuple[int, ...], ...]] = []
        inputs: tuple[int, ...] = (self.n_channels,)
        for units in self.units:
            gates = cell.n_gates, units
            bias = (gates,) if cell.n_biases == 1 else ((cell.n_biases,), gates)
            axes += [(inputs, gates), ((units,), gates), bias] * self.n_directions
            inputs = self.n_directions, units
        return [*axes, (inputs, (self.n_outputs,)), ((self.n_outputs,),)]

    @property
    def n_weights(self) -> int:
        """All weights together."""
        return sum(map(math.prod, self.weight_shapes()))

    def weights_of(self, vector: NDArray) -> list[NDArray]:
        """View a vector of all weights as the weights."""
        shapes = self.weight_shapes()
        ends = np.cumsum([math.prod(shape) for shape in shapes])
        parts = np.split(vector, ends[:-1])
        return [part.reshape(s) for part, s in zip(parts, shapes, strict=True)]

    # Every shape that is compiled keeps tens of megabytes for good. So networks are
    # computed inside of larger ones of a few shapes. What is added has weights of zero,
    # the forget gate's bias among them: its units stay at zero, and so do its gradients
    # and what optimizers remember of them.

    def program(self) -> Architecture:
        """Return the network that is compiled in place of this one.

        Loops over a width that is no multiple of 16 would not be vectorised.
        """
        return self._replace(
            units=tuple(-(-units // 16) * 16 for units in self.units),
            dropout=0.0,  # an argument
            n_channels=1 if self.n_channels == 1 else _doubled(4, self.n_channels),
            n_outputs=8 if self.n_outputs <= 8 else _doubled(32, self.n_outputs),
        )

    def widen(self, vector: NDArray) -> NDArray:
        """Turn a vector of all weights into that of the network compiled."""
        size, places = _places(self)
        wide = np.zeros(size, self.dtype)
        for part, shape, wide_part, wide_shape, corner in places:
            wide[wide_part].reshape(wide_shape)[corner] = vector[part].reshape(shape)
        return wide

    def narrow(self, wide: NDArray) -> NDArray:
        """Invert ``widen``."""
        _, places = _places(self)
        corners = [
            wide[wide_part].reshape(wide_shape)[corner].ravel()
            for _, _, wide_part, wide_shape, corner in places
        ]
        return np.concatenate(corners)


@lru_cache
def _places(architecture: Architecture) -> tuple[int, list[tuple]]:
    """Return the size of the vector that is compiled, and where each weight lies.

    That is its slice and its shape, the same of the weight compiled, and the corner of
    the latter that it fills; in these shapes gates and units have axes of their own.
    """
    start = wide_start = 0
    places = []
    axes_of_both = architecture._axes(), architecture.program()._axes()
    for axes in zip(*axes_of_both, strict=True):
        shape, wide_shape = (sum(joined, ()) for joined in axes)
        end, wide_end = start + math.prod(shape), wide_start + math.prod(wide_shape)
        part, wide_part = slice(start, end), slice(wide_start, wide_end)
        corner = tuple(map(slice, shape))
        places.append((part, shape, wide_part, wide_shape, corner))
        start, wide_start = end, wide_end
    return wide_start, places


def _doubled(size: int, least: int) -> int:
    while size < least:
        size *= 2
    return size
