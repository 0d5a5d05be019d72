"""From the units of the data to those of the network, and back.

Windows may first be re-expressed relative to themselves; then every channel is scaled,
never every lag; then some steps may be joined into one.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.utils.validation import has_fit_parameter

from sk_rnn._rows import Windows
from sk_rnn.window_scaler import WindowScaling, sample

_NAMED = {"standard": StandardScaler, "minmax": MinMaxScaler}
_SHORT_WINDOW, _LONGEST_SEGMENT, _FEW_SEGMENTS = 24, 24, 4
_BLOCK_BYTES = 8 * 2**20
_ENOUGH_ROWS = 2**18  # to learn a mean, a deviation, the least scale of a window
_OF_DEVIATION = 0.005  # the share of the variance in the spread of a window


class Affine(NamedTuple):
    """The map ``(x - center) / scale`` per channel, of arrays and of tensors."""

    center: Any
    scale: Any

    def transform(self, values: Any) -> Any:
        """Scale values, (..., n_channels)."""
        return (values - self.center) / self.scale

    def inverse_transform(self, values: Any) -> Any:
        """Invert the scaling."""
        return values * self.scale + self.center


class Scaling(NamedTuple):
    """What is done to windows and targets: learnt, applied, and inverted for forecasts.

    Where both transformers are affine, tensors can be scaled as well: ``xp`` is then
    ``keras.ops`` in place of NumPy.
    """

    of_window: WindowScaling | None
    inputs: Any  # fitted transformer, Affine or None
    features: Any  # the same, of what is known of the time to be forecast
    outputs: Any
    segment_length: int
    dtype: str  # of the network
    data_dtype: str = "float64"  # in which tensors are scaled

    def learn(
        self, scaler: Any, windows: Windows, y: NDArray, rows: NDArray, weights: NDArray
    ) -> Self:
        """Learn floors, a scale per channel, per feature and of targets from some rows.

        ``rows``, (n_rows,), index the others. Blocks are learnt from in turn where the
        scaler can; of very many rows, standard scales and floors from some at random.
        """
        some = sample(rows, _ENOUGH_ROWS)
        if self.of_window is not None:
            parts = [some[part] for part in _parts(windows, len(some))]
            blocks = ((windows[part].steps, np.asarray(y[part])) for part in parts)
            of_window = self.of_window.with_floors(blocks, weights[some])
            self = self._replace(of_window=of_window)
        if scaler is None:
            return self
        if scaler == "standard":
            rows = some
        inputs, features, outputs = (_new(scaler) for _ in range(3))
        in_blocks = hasattr(inputs, "partial_fit")
        for part in _parts(windows, len(rows)) if in_blocks else [slice(None)]:
            block = windows[rows[part]]
            values = self._relative(block.steps)
            _learn(inputs, values.reshape(-1, values.shape[-1]), weights[rows[part]])
            if block.features.shape[1]:
                _learn(features, block.features, weights[rows[part]])
            targets = self._relative_targets(np.asarray(y[rows[part]]), block)
            _learn(outputs, targets, weights[rows[part]])
        return self._replace(inputs=inputs, features=features, outputs=outputs)

    def shape_of(self, windows: Windows) -> tuple[int, int]:
        """Return the steps and the channels that the network reads of a window."""
        n_steps, n_channels = windows.steps.shape[1:]
        n_segments = -(-n_steps // self.segment_length)
        n_channels *= self.segment_length
        return n_segments, n_channels + windows.features.shape[1]

    def windows_to_network(self, windows: Windows, xp: Any = np) -> Any:
        """Scale windows, in their own or in float64, and cast them afterwards.

        Of (n_windows, n_segments, n_channels), what the network reads, a segment's
        steps come first; then the features, which are the same at every segment.
        """
        scaled = _scaled(self.inputs, self._relative(windows.steps, xp))
        steps = in_segments(scaled, self.segment_length, xp)
        if windows.features.shape[1]:
            features = _scaled(self.features, windows.features)[:, np.newaxis]
            repeated = xp.repeat(features, steps.shape[1], axis=1)
            steps = xp.concatenate([steps, repeated], axis=-1)
        return _cast(steps, self.dtype, xp)

    def targets_to_network(self, y: NDArray, windows: Windows) -> Any:
        """Scale the targets of windows, (n_windows, n_outputs)."""
        targets = self._relative_targets(y, windows)
        return _cast(_scaled(self.outputs, targets), self.dtype, np)

    def to_data(self, outputs: Any, windows: Windows, xp: Any = np) -> Any:
        """Turn outputs, (n_windows, n_outputs), into forecasts in float64."""
        forecasts = _cast(outputs, self.data_dtype, xp)
        if self.outputs is not None:
            forecasts = _direct(self.outputs).inverse_transform(forecasts)
        if self.of_window is not None:
            if xp is np:
                center, scale = self.reference(windows)
            else:
                _, *values = self.of_window.of(windows.steps, xp)
                center, scale = (value[:, 0, :1] for value in values)
            forecasts = self.of_window.to_target(forecasts * scale + center, xp)
        return forecasts

    def spread(self, windows: Windows) -> NDArray:
        """Return by how much windows change, (n_windows,), in the units of targets.

        It is what the size of errors goes with: the mean change of channel 0 over a
        segment, or over a step where segments are a quarter of the window or more, and,
        so that one which repeats exactly is not without any, a little of its standard
        deviation. Of windows of one step it is 1.
        """
        n_ahead = 0 if self.of_window is None else self.of_window.n_ahead
        n_past = windows.steps.shape[1] - n_ahead
        is_long = n_past > _FEW_SEGMENTS * self.segment_length
        lag = self.segment_length if is_long else 1
        spread = np.ones(len(windows))
        if n_past == 1:
            return spread
        for part in _parts(windows, len(windows)):
            steps = np.ascontiguousarray(windows.steps[part], np.float64)
            past = self._relative(steps)[:, :n_past, 0]
            change = np.abs(past[:, lag:] - past[:, :-lag]).mean(axis=1)
            squares = (1 - _OF_DEVIATION) * change**2 + _OF_DEVIATION * past.var(axis=1)
            spread[part] = np.sqrt(squares)
        return spread

    def affine(
        self, n_channels: int, n_features: int, n_outputs: int
    ) -> Scaling | None:
        """Return the same with Affine transformers; None where that is not the same."""
        inputs = _affine(self.inputs, n_channels)
        features = _affine(self.features if n_features else None, n_features)
        outputs = _affine(self.outputs, n_outputs)
        if inputs is None or features is None or outputs is None:
            return None
        return self._replace(inputs=inputs, features=features, outputs=outputs)

    def throughout_in(self, dtype: str) -> Scaling:
        """Return the same, of Affine transformers, with all constants in one dtype."""
        inputs, features, outputs = (
            Affine(*(np.asarray(part, dtype) for part in each))
            for each in (self.inputs, self.features, self.outputs)
        )
        of_window = self.of_window and self.of_window._replace(
            floors=tuple(np.asarray(self.of_window.floors, dtype))
        )
        return Scaling(
            of_window, inputs, features, outputs, self.segment_length, dtype, dtype
        )

    def _relative(self, steps: Any, xp: Any = np) -> Any:
        """Re-express the steps of windows relative to themselves."""
        if self.of_window is None:
            return steps
        steps, center, scale = self.of_window.of(steps, xp)
        return (steps - center) / scale

    def _relative_targets(self, y: NDArray, windows: Windows) -> NDArray:
        """Re-express targets relative to their windows' channel 0."""
        y = self.readable(y, windows)
        if self.of_window is None:
            return y
        center, scale = self.reference(windows)
        return (self.of_window.of_target(y) - center) / scale

    def readable(self, y: NDArray, windows: Windows) -> NDArray:
        """Return targets, so that logarithms can be taken where they are.

        What is not positive is read as the least positive value of its window, as in
        windows.
        """
        bad = (y <= 0).any(axis=1)
        if self.of_window is None or not self.of_window.log or not bad.any():
            return y
        values = windows.steps[bad][:, :, 0].astype(np.float64)
        least = np.where(values > 0, values, np.inf).min(axis=1, keepdims=True)
        y = y.astype(np.float64)  # a copy
        y[bad] = np.where(y[bad] > 0, y[bad], least)
        return y

    def range_of(self, windows: Windows, rows: NDArray) -> NDArray:
        """Return the least and the largest value per channel, (2, n_channels)."""
        low, high = [], []
        for part in _parts(windows, len(rows)):
            steps = windows[rows[part]].steps
            low.append(steps.min(axis=(0, 1)))
            high.append(steps.max(axis=(0, 1)))
        return np.array([np.min(low, axis=0), np.max(high, axis=0)], float)

    def reference(self, windows: Windows) -> NDArray:
        """Return what targets are relative to, center and scale, (2, n_windows, 1)."""
        assert self.of_window is not None
        reference = np.empty((2, len(windows), 1))
        for part in _parts(windows, len(windows)):
            _, *of_block = self.of_window.of(windows.steps[part])
            reference[:, part] = [values[:, 0, :1] for values in of_block]
        return reference


def in_segments(windows: Any, length: int, xp: Any = np) -> Any:
    """Join every ``length`` steps into one, the first repeated where some are missing.

    (n_windows, n_steps, n_channels) -> (n_windows, n_segments, length * n_channels)
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


def suitable_segment_length(n_steps: int) -> int:
    """Return how many steps to join, so that windows have few segments.

    Two years of months, and shorter windows, have four. Longer ones have some eight,
    seven where that is possible: the hours of a week are then read day by day. No
    segment is longer than a day's hours; very long windows have more of them.
    """
    if n_steps <= _SHORT_WINDOW:
        return ceil(n_steps / _FEW_SEGMENTS)
    length = round(n_steps / 8)
    for n_segments in 7, 8, 9, 6, 10, 11, 12:
        if n_steps % n_segments == 0:
            length = n_steps // n_segments
            break
    if length <= _LONGEST_SEGMENT:
        return length
    for length in range(_LONGEST_SEGMENT, _LONGEST_SEGMENT // 2, -1):
        if n_steps % length == 0:
            return length
    return _LONGEST_SEGMENT


def _new(scaler: Any) -> Any:
    """Return a new, unfitted transformer."""
    return _NAMED[scaler]() if isinstance(scaler, str) else clone(scaler)


def _learn(scaler: Any, values: NDArray, weights: NDArray) -> None:
    """Learn from values, (n_rows * n_steps, n_channels), of weighted rows."""
    fit = getattr(scaler, "partial_fit", scaler.fit)
    if has_fit_parameter(scaler, "sample_weight"):
        fit(values, sample_weight=np.repeat(weights, len(values) // len(weights)))
    else:
        fit(values)


def _parts(windows: Windows, n_rows: int) -> Iterator[slice]:
    """Cut rows in blocks of bounded size."""
    row_bytes = int(np.prod(windows.steps.shape[1:])) * 8  # scalers compute in float64
    size = max(1, _BLOCK_BYTES // row_bytes)
    return (slice(start, start + size) for start in range(0, n_rows, size))


def _scaled(scaler: Any, values: Any) -> Any:
    """Scale values per channel, (..., n_channels)."""
    scaler = _direct(scaler)
    if scaler is None or isinstance(scaler, Affine):
        return values if scaler is None else scaler.transform(values)
    flat = values.reshape(-1, values.shape[-1])
    scaled = np.asarray(scaler.transform(flat))
    if scaled.shape != flat.shape:
        raise ValueError(
            f"scaler={scaler!r} turns the shape {flat.shape} into {scaled.shape}, "
            "but must keep it: one column per channel, not sparse."
        )
    return scaled.reshape(values.shape)


def _direct(scaler: Any) -> Any:
    """Return the map of a fitted StandardScaler, and any other transformer as it is.

    Its checks of what we have read already would take half of a row's forecast.
    """
    if type(scaler) is StandardScaler and scaler.with_mean and scaler.with_std:
        return Affine(scaler.mean_, scaler.scale_)
    return scaler


def _cast(values: Any, dtype: str, xp: Any) -> Any:
    if xp is not np:
        return xp.cast(values, dtype)
    with np.errstate(over="ignore"):  # who reads the forecasts sees that they overflow
        return np.ascontiguousarray(values, dtype)


def _affine(scaler: Any, n_channels: int) -> Affine | None:
    """Express a fitted scaler as ``(x - center) / scale``, if it is such a map.

    It is tried where its own data lie, around what it maps to 0.
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
