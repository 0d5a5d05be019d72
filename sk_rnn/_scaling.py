"""From the units of the data to those of the network, and back.

Windows may first be re-expressed relative to themselves; then every channel is scaled,
never every lag; then some steps may be joined into one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray
from sklearn.base import clone
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.utils.validation import has_fit_parameter

from sk_rnn._window_scaling import WindowScaling

_NAMED = {"standard": StandardScaler, "minmax": MinMaxScaler}
_BLOCK_BYTES = 32 * 2**20


class Affine(NamedTuple):
    """The map ``(x - center) / scale``, with a center and a scale per channel."""

    center: NDArray
    scale: NDArray


class LinearScaling(NamedTuple):
    """A scaling that a graph can repeat."""

    of_window: WindowScaling | None
    inputs: Affine
    segment_length: int
    outputs: Affine


class Scaling(NamedTuple):
    """What scales windows and targets, and turns outputs into forecasts."""

    of_window: WindowScaling | None
    inputs: Any  # fitted transformer or None
    segment_length: int
    outputs: Any  # fitted transformer or None
    dtype: str  # of the network

    def scale_windows(self, windows: NDArray) -> NDArray:
        """Scale windows for the network.

        Parameters
        ----------
        windows : ndarray of shape (n_windows, n_steps, n_channels)

        Returns
        -------
        ndarray of shape (n_windows, n_segments, segment_length * n_channels)
            Of the network's dtype, cast after scaling.
        """
        if self.of_window is not None:
            windows = relative_windows(self.of_window, windows)
        return in_segments(scale(self.inputs, windows, self.dtype), self.segment_length)

    def unscale_outputs(self, outputs: NDArray, windows: NDArray) -> NDArray:
        """Turn outputs into forecasts.

        Parameters
        ----------
        outputs : ndarray of shape (n_windows, n_outputs)
        windows : ndarray of shape (n_windows, n_steps, n_channels)
            The windows that the outputs belong to, raw.

        Returns
        -------
        ndarray of shape (n_windows, n_outputs) and dtype float64
        """
        forecasts = unscale(self.outputs, outputs)
        if self.of_window is not None:
            for part in _parts(windows, len(windows)):
                _, center, scale = self.of_window.of(windows[part])
                forecasts[part] = forecasts[part] * scale[:, 0, :1] + center[:, 0, :1]
        return forecasts

    def linear(self, n_channels: int, n_outputs: int) -> LinearScaling | None:
        """Express the scaling by numbers; None if it is not linear."""
        inputs = affine(self.inputs, n_channels)
        outputs = affine(self.outputs, n_outputs)
        if inputs is None or outputs is None:
            return None
        return LinearScaling(self.of_window, inputs, self.segment_length, outputs)


def relative_windows(scaling: WindowScaling, windows: NDArray) -> NDArray:
    """Re-express windows relative to themselves, in float64."""
    windows, center, scale = scaling.of(windows)
    relative = windows - center
    relative /= scale
    return relative


def relative_targets(
    scaling: WindowScaling, windows: NDArray, y: NDArray, index: NDArray
) -> NDArray:
    """Re-express what comes after some of the windows relative to channel 0.

    Parameters
    ----------
    scaling : WindowScaling
    windows : ndarray of shape (n_windows, n_steps, n_channels)
    y : ndarray of float of shape (n_windows, n_outputs)
    index : ndarray of int of shape (n_rows,)

    Returns
    -------
    ndarray of shape (n_rows, n_outputs)
    """
    targets = y[index]
    for part in _parts(windows, len(index)):
        _, center, scale = scaling.of(windows[index[part]])
        targets[part] = (targets[part] - center[:, 0, :1]) / scale[:, 0, :1]
    return targets


def in_segments(windows: Any, length: int, xp: Any = np) -> Any:
    """Join every ``length`` steps into one.

    Parameters
    ----------
    windows : ndarray or Tensor of shape (n_windows, n_steps, n_channels)
    length : int
    xp : module, default=numpy
        NumPy, or ``keras.ops`` for tensors.

    Returns
    -------
    ndarray or Tensor of shape (n_windows, n_segments, length * n_channels)
        The first step is repeated in front where ``n_steps`` is no multiple.
    """
    if length == 1:
        return windows
    _, n_steps, n_channels = windows.shape
    missing = -n_steps % length
    if missing:
        start = xp.repeat(windows[:, :1], missing, axis=1)
        windows = xp.concatenate([start, windows], axis=1)
    n_segments = (n_steps + missing) // length
    return xp.reshape(windows, (-1, n_segments, length * n_channels))


def make_scaler(scaler: Any) -> Any:
    """Return a new, unfitted transformer, or None.

    Parameters
    ----------
    scaler : None, {"standard", "minmax"} or transformer

    Returns
    -------
    transformer or None
    """
    if isinstance(scaler, str):
        return _NAMED[scaler]()
    return None if scaler is None else clone(scaler)


def fit_scaler(
    scaler: Any,
    values: NDArray,
    index: NDArray,
    sample_weight: NDArray | None = None,
    prepare: Callable[[NDArray], NDArray] = np.asarray,
) -> Any:
    """Learn one scale per channel from some of the rows.

    Parameters
    ----------
    scaler : transformer or None
        Fitted in place, block by block where it has a ``partial_fit``.
    values : ndarray of shape (n_rows, ..., n_channels)
    index : ndarray of int of shape (n_used,)
        The rows to learn from.
    sample_weight : ndarray of shape (n_used,), or None
    prepare : callable
        Maps a block of the rows to what is learnt from.

    Returns
    -------
    transformer or None
        The scaler itself.
    """
    if scaler is None:
        return None
    in_blocks = hasattr(scaler, "partial_fit")
    fit = scaler.partial_fit if in_blocks else scaler.fit
    takes_weights = has_fit_parameter(scaler, "sample_weight")
    for part in _parts(values, len(index)) if in_blocks else [slice(None)]:
        block = prepare(values[index[part]])
        flat = block.reshape(-1, block.shape[-1])
        if sample_weight is not None and takes_weights:
            n_values = len(flat) // len(block)
            fit(flat, sample_weight=np.repeat(sample_weight[part], n_values))
        else:
            fit(flat)
    return scaler


def _parts(values: NDArray, n_rows: int) -> Iterator[slice]:
    row_bytes = int(np.prod(values.shape[1:])) * 8  # scalers compute in float64
    size = max(1, _BLOCK_BYTES // row_bytes)
    return (slice(start, start + size) for start in range(0, n_rows, size))


def scale(scaler: Any, values: NDArray, dtype: DTypeLike) -> NDArray:
    """Scale values per channel, in their own dtype, and cast them afterwards.

    Parameters
    ----------
    scaler : fitted transformer or None
    values : ndarray of shape (..., n_channels)
    dtype : dtype
        Of the result.

    Returns
    -------
    ndarray of the shape of ``values``
    """
    if scaler is not None:
        flat = values.reshape(-1, values.shape[-1])
        scaled = np.asarray(scaler.transform(flat))
        if scaled.shape != flat.shape:
            raise ValueError(
                f"scaler={scaler!r} turns the shape {flat.shape} into {scaled.shape}, "
                "but must keep it: one column per channel, not sparse."
            )
        values = scaled.reshape(values.shape)
    return np.ascontiguousarray(values, dtype)


def unscale(scaler: Any, values: NDArray) -> NDArray:
    """Invert the scaling of forecasts.

    Parameters
    ----------
    scaler : fitted transformer or None
    values : ndarray of shape (n_rows, n_outputs)

    Returns
    -------
    ndarray of shape (n_rows, n_outputs) and dtype float64
    """
    values = values.astype(np.float64)
    return values if scaler is None else np.asarray(scaler.inverse_transform(values))


def affine(scaler: Any, n_channels: int) -> Affine | None:
    """Express a fitted scaler as ``(x - center) / scale``.

    It is tried where its own data lie, around what it maps to 0.

    Parameters
    ----------
    scaler : fitted transformer or None
    n_channels : int

    Returns
    -------
    Affine or None
        None if the scaler is no such map.
    """
    if scaler is None:
        return Affine(np.zeros(n_channels), np.ones(n_channels))
    probes = np.tile([[0.0], [1.0], [-1.0], [0.5], [3.0]], n_channels)
    with np.errstate(all="ignore"):
        values = np.asarray(scaler.inverse_transform(probes))
        returned = np.asarray(scaler.transform(values))
        center, slope = values[0], (values[1] - values[2]) / 2
        rescaled = (values - center) / slope
        precision = 1e-6 + 1e-14 * np.abs(center / slope).max()  # of a high level
    if not np.isfinite(precision):
        return None
    is_affine = np.allclose(rescaled, probes, atol=precision) and np.allclose(
        returned, probes, atol=precision
    )
    return Affine(center, slope) if is_affine else None
