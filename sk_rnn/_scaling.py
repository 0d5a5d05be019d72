"""Scaling per channel: learnt from training windows, inverted for forecasts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from sklearn.base import clone
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.utils.validation import has_fit_parameter

_NAMED = {"standard": StandardScaler, "minmax": MinMaxScaler}
_BLOCK_BYTES = 32 * 2**20


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
    scaler: Any, values: NDArray, index: NDArray, sample_weight: NDArray | None = None
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
        block = values[index[part]]
        flat = block.reshape(-1, block.shape[-1])
        if sample_weight is not None and takes_weights:
            n_values = len(flat) // len(block)
            fit(flat, sample_weight=np.repeat(sample_weight[part], n_values))
        else:
            fit(flat)
    return scaler


def _parts(values: NDArray, n_rows: int) -> Iterable[slice]:
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


def affine(scaler: Any, n_channels: int) -> tuple[NDArray, NDArray] | None:
    """Express a fitted scaler as ``(x - center) / scale``.

    It is tried where its own data lie, around what it maps to 0.

    Parameters
    ----------
    scaler : fitted transformer
    n_channels : int

    Returns
    -------
    center, scale : ndarray of shape (n_channels,)
        Or None, in place of both, if the scaler is no such map.
    """
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
    return (center, slope) if is_affine else None
