"""How many passes over its rows a fit makes where nothing says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve
from scipy.stats import rankdata

from sk_rnn.window_scaler import sample

if TYPE_CHECKING:
    from sk_rnn._training import Rows

UPDATES, LEAST_EPOCHS, MOST_EPOCHS = 1000, 10, 100
# Share of the targets' variance: what a thousand updates on nothing but noise cost.
WORTH_LEARNING = 0.02
_ENOUGH_ROWS = 1000  # to see as much
_N_PARTS = 5  # each is forecast from the others
_PENALTIES = np.logspace(0, 4, 5)
_N_COLUMNS = 100  # of a regression, at most


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
    """Tell whether what the network reads explains enough of the targets.

    In a ridge regression, or else in one on random functions of it, the hidden layer of
    a network that is not trained [1]_; both on ranks, which no outlier decides.

    .. [1] W. F. Schmidt, M. A. Kraaijveld and R. P. W. Duin, "Feed forward neural
       networks with random weights", ICPR 1992.
    """
    some = sample(np.arange(rows.n_rows), _ENOUGH_ROWS)
    inputs, targets, _ = rows.take_all(some)
    gap = (targets.shape[1] - 1) * len(some) // rows.n_rows
    inputs, targets = _ranks(inputs), _ranks(targets)
    if np.isnan(inputs).any() or np.isnan(targets).any():
        return True  # overflown: training says so
    n_inputs = inputs.shape[1]
    if n_inputs <= _N_COLUMNS and _explained(inputs, targets, gap) > WORTH_LEARNING:
        return True
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(n_inputs, _N_COLUMNS)) / np.sqrt(n_inputs)
    hidden = np.tanh(inputs @ weights + rng.normal(size=_N_COLUMNS))
    hidden -= hidden.mean(axis=0)
    return _explained(hidden, targets, gap) > WORTH_LEARNING


def _ranks(values: NDArray) -> NDArray:
    """Return ranks among all rows, (n_rows, n_columns), of mean 0 and variance 1."""
    ranks = rankdata(values.reshape(len(values), -1), axis=0)
    ranks -= ranks.mean(axis=0)
    scale = ranks.std(axis=0)
    return ranks / np.where(scale > 0, scale, 1)


def _explained(table: NDArray, targets: NDArray, gap: int) -> float:
    """Return the share of the targets that ridge regressions explain, at best.

    The rows are cut into parts, and each is forecast from the others, except for the
    ``gap`` rows on either side that share targets with it.
    """
    number = np.arange(len(table))
    errors = np.zeros(len(_PENALTIES))
    for part in np.array_split(number, _N_PARTS):
        train = (number < part[0] - gap) | (number > part[-1] + gap)
        products = table[train].T @ table[train]
        of_targets = table[train].T @ targets[train]
        for place, penalty in enumerate(_PENALTIES):
            ridge = products + penalty * np.eye(len(products))
            weights = solve(ridge, of_targets, assume_a="pos")
            errors[place] += np.square(targets[part] - table[part] @ weights).sum()
    total = np.square(targets).sum()
    return 1 - errors.min() / total if total > 0 else 0.0
