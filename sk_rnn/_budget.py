"""How many passes over its rows a fit makes where nothing says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sk_rnn.window_scaler import sample

if TYPE_CHECKING:
    from sk_rnn._training import Rows

UPDATES, LEAST_EPOCHS, MOST_EPOCHS = 1000, 10, 100
# Share of the targets' variance. A thousand updates on nothing but noise cost more.
WORTH_LEARNING = 0.01
_ENOUGH_ROWS = 1000  # to see as much, with a standard error below it
_PENALTIES = *np.logspace(-2, 5, 8), np.finfo(float).max ** 0.5


def suitable_epochs(rows: Rows, batch_size: int) -> int:
    """Return as many passes as give a budget of updates, between two bounds.

    No more than there are rows, counted in whole batches: a weight is a repetition of
    its row. The least where nothing can be learnt, as from prices: there more passes
    only learn noise.
    """
    n_batches = -(-rows.n_rows // batch_size)
    n_epochs = min(-(-UPDATES // n_batches), n_batches * batch_size, MOST_EPOCHS)
    if n_epochs <= LEAST_EPOCHS:
        return LEAST_EPOCHS
    # In a single batch nothing may depend on whether a row is weighted or repeated.
    if n_batches > 1 and not _is_forecastable(rows):
        return LEAST_EPOCHS
    return n_epochs


def _is_forecastable(rows: Rows) -> bool:
    """Tell whether what the network reads, and its squares, explain any of the targets.

    By the errors of ridge regressions, the best of several penalties, of rows that are
    left out one at a time; the last penalty leaves only the mean of the targets.
    """
    from sklearn.linear_model import RidgeCV

    some = sample(np.arange(rows.n_rows), _ENOUGH_ROWS)
    inputs, targets, weights = rows.take_all(some)
    table = np.asarray(inputs, np.float64).reshape(len(some), -1)
    table = np.hstack([table, np.square(table)])
    ridge = RidgeCV(_PENALTIES, store_cv_results=True)
    ridge.fit(table, np.asarray(targets, np.float64), weights)
    errors: NDArray = ridge.cv_results_.reshape(-1, len(_PENALTIES)).mean(axis=0)
    return bool(errors.min() < (1 - WORTH_LEARNING) * errors[-1])
