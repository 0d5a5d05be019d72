"""What shapes a network, the shapes of its weights, and the few shapes compiled."""

from __future__ import annotations

import math
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
            n_channels=_power_of_two(self.n_channels),
            n_outputs=max(4, _power_of_two(self.n_outputs)),
        )

    def widen(self, vector: NDArray) -> NDArray:
        """Turn a vector of all weights into that of the network compiled."""
        wide = np.zeros(self.program().n_weights, self.dtype)
        for part, corner in self._corners(vector, wide):
            corner[...] = part
        return wide

    def narrow(self, wide: NDArray) -> NDArray:
        """Invert ``widen``."""
        vector = np.empty(self.n_weights, self.dtype)
        for part, corner in self._corners(vector, wide):
            part[...] = corner
        return vector

    def _corners(self, vector: NDArray, wide: NDArray) -> list[tuple[NDArray, NDArray]]:
        """View each weight, and its place in that of the network compiled."""
        program = self.program()
        views = []
        for part, axes, weight, wide_axes in zip(
            self.weights_of(vector),
            self._axes(),
            program.weights_of(wide),
            program._axes(),
            strict=True,
        ):
            part = part.reshape(sum(axes, ()))
            corner = weight.reshape(sum(wide_axes, ()))[tuple(map(slice, part.shape))]
            views.append((part, corner))
        return views


def _power_of_two(least: int) -> int:
    return 1 << (least - 1).bit_length()
