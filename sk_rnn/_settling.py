"""What a first fit settles about a network, and later ones have to keep."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from sklearn.utils._param_validation import InvalidParameterError

from sk_rnn._rows import channel_names
from sk_rnn._window_scaling import WindowScaler, WindowScaling


def settle_network(
    forecaster: Any, n_outputs: int, n_rows: int, before: dict | None
) -> dict[str, Any]:
    """Write down what shapes the network, or check that it is still the same.

    Parameters
    ----------
    forecaster : BaseRNNForecaster
    n_outputs : int
        Columns of y.
    n_rows : int
        Rows to train on.
    before : dict or None
        What was settled, if training continues.

    Returns
    -------
    dict

    Raises
    ------
    ValueError
        If a parameter has changed that must not.
    """
    f = forecaster
    units = f.units if isinstance(f.units, tuple) else (f.units,)
    if not (units and all(isinstance(u, Integral) and int(u) >= 1 for u in units)):
        raise InvalidParameterError(
            f"The 'units' parameter of {type(f).__name__} must be an int in the range "
            "[1, inf) or a tuple of such ints, one per recurrent layer. Got "
            f"{f.units!r} instead."
        )
    # In a single batch a weight is exactly a repetition, and float64 keeps it so.
    default = "float64" if n_rows <= f.batch_size else "float32"
    network = {
        "cell": f._cell,
        "units": tuple(int(u) for u in units),
        "bidirectional": bool(f.bidirectional),
        "dropout": float(f.dropout),
        "n_channels": f.n_channels if before and f.n_channels else f.n_channels_,
        "n_outputs": n_outputs,
        "dtype": f.dtype or (before["dtype"] if before else default),
        "optimizer": f.optimizer,
        "n_steps": f.n_steps,
        "column_order": f.column_order,
        "scaler": str(f.scaler),
        "window_scaler": settle_window_scaling(f),
        "segment_length": int(f.segment_length),
    }
    if f.segment_length > f.n_steps_:
        raise ValueError(
            f"segment_length={f.segment_length}, but a window has only {f.n_steps_} "
            "time step(s). Use longer windows or a shorter segment."
        )
    changes = [
        f"{name} changed from {before[name]!r} to {value!r}"
        for name, value in network.items()
        if before and name != "dropout" and before[name] != value
    ]
    if changes:
        raise ValueError(
            "warm_start and partial_fit continue with the same network and optimizer, "
            f"but {', '.join(changes)}. Use warm_start=False for a fresh start."
        )
    return network


def settle_window_scaling(forecaster: Any) -> WindowScaling | None:
    """Find out what is done to each channel of a window."""
    scaler = forecaster.window_scaler
    if scaler is None:
        return None
    scaler = WindowScaler(scaler) if isinstance(scaler, str) else scaler
    labels = getattr(forecaster, "feature_names_in_", None)
    names = channel_names(labels, forecaster._column_order)
    return scaler.resolve(forecaster.n_channels_, names, forecaster._n_ahead)
