"""What shapes a network, and the shapes of its weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sk_rnn._cells import CELLS


class Architecture(NamedTuple):
    """What shapes a network: equal architectures share their compiled functions."""

    cell: str  # in CELLS
    units: tuple[int, ...]  # one number per recurrent layer
    bidirectional: bool
    dropout: float
    n_channels: int  # of the steps that it reads
    n_outputs: int
    dtype: str

    def layers(self) -> Iterator[tuple[int, int]]:
        """Yield the number of inputs and of units of each recurrent layer."""
        n_inputs = self.n_channels
        for units in self.units:
            yield n_inputs, units
            n_inputs = units * self.n_directions

    @property
    def n_directions(self) -> int:
        """Directions in which a layer reads a window."""
        return 2 if self.bidirectional else 1

    def weight_shapes(self) -> list[tuple[int, ...]]:
        """Return the shapes of the weights, in the order of Keras's ``get_weights``.

        A recurrent layer has a kernel, a recurrent kernel and a bias per direction; the
        kernel and the bias of the dense output come last.
        """
        cell = CELLS[self.cell]
        shapes: list[tuple[int, ...]] = []
        for n_inputs, units in self.layers():
            width = cell.n_gates * units
            bias = (width,) if cell.n_biases == 1 else (cell.n_biases, width)
            shapes += [(n_inputs, width), (units, width), bias] * self.n_directions
        n_inputs = self.units[-1] * self.n_directions
        return [*shapes, (n_inputs, self.n_outputs), (self.n_outputs,)]
