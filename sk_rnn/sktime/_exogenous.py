"""A series and its exogenous data as windows.

Of a known covariate, a calendar or a planned price, the values at the times to be
forecast enter the network too. They follow the past as further steps of the window, in
which all that is not known repeats its last value.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sk_rnn._windows import view_windows


def past_windows(values: NDArray, n_steps: int) -> NDArray:
    """View the ``n_steps`` values before each time, and before the next one.

    Parameters
    ----------
    values : ndarray of shape (n_timesteps, n_channels)
    n_steps : int

    Returns
    -------
    ndarray of shape (n_timesteps + 1, n_steps, n_channels)
        The first value stands in for what lies before it.
    """
    padded = np.pad(values, [(n_steps, 0), (0, 0)], mode="edge")
    return view_windows(padded, n_steps).reshape(-1, n_steps, values.shape[1])


def append_known(windows: NDArray, known: NDArray, is_known: NDArray) -> NDArray:
    """Append what is known of the steps to be forecast.

    Parameters
    ----------
    windows : ndarray of shape (n_windows, n_steps, n_channels)
    known : ndarray of shape (n_windows, n_ahead, n_known)
        Values of the known channels.
    is_known : ndarray of bool of shape (n_channels,)

    Returns
    -------
    ndarray of shape (n_windows, n_steps + n_ahead, n_channels)
    """
    ahead = np.repeat(windows[:, -1:], known.shape[1], axis=1)
    ahead[:, :, is_known] = known
    return np.concatenate([windows, ahead], axis=1)
