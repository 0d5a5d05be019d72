"""Panels: what is said about one of several series names it."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from typing import Any, Self

import numpy as np
import pandas as pd
from sktime.datatypes import VectorizedDF

_NAME: ContextVar[str] = ContextVar("in front of messages", default="")


class NamedPanel(VectorizedDF):
    """sktime's panel, which fits clones of a forecaster and tells them no name."""

    @classmethod
    def of(cls, panel: VectorizedDF) -> Self:
        """View a panel as one that names its series."""
        named = copy(panel)
        named.__class__ = cls
        return named

    def _vectorize_est_single(self, vec_tuple: tuple, meta: dict) -> Any:
        (series, column, _), *_ = vec_tuple
        with naming(series, column):
            return super()._vectorize_est_single(vec_tuple, meta)


def each_series(panel: pd.DataFrame) -> Iterator[tuple[Any, pd.DataFrame]]:
    """Yield the series of a panel, each with its name and by its times alone.

    As sktime's ``VectorizedDF`` does, but series of the same times share one index,
    whose frequency is inferred once: it must not be changed.
    """
    require_names(panel.index)
    levels = list(range(panel.index.nlevels - 1))
    numbers = panel.groupby(level=levels, sort=False).ngroup().to_numpy()
    if (np.diff(numbers) < 0).any():  # rows of several series take turns
        in_turn = np.argsort(numbers, kind="stable")
        panel, numbers = panel.iloc[in_turn], numbers[in_turn]
    times = panel.index.get_level_values(-1)
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    first: Any = panel.index[starts]
    panel = panel.set_axis(times)
    ends = [*starts[1:], len(times)][: len(starts)]
    index: Any = times[:0]
    for name, start, end in zip(first.droplevel(-1), starts, ends, strict=True):
        part = panel.iloc[start:end]
        if not part.index.equals(index):
            index = part.index
            if getattr(index, "freq", index) is None and len(index) > 2:
                index.freq = pd.infer_freq(index)
        part.index = index
        yield name, part


def require_names(index: pd.Index) -> None:
    """Refuse a series without a name, whose rows sktime would drop."""
    if not isinstance(index, pd.MultiIndex):
        raise ValueError(
            "X is labelled by times alone, but y by series and times. Give X the same "
            "levels; what holds for all series, repeat for each."
        )
    for level in range(index.nlevels - 1):
        if (index.codes[level] < 0).any():
            raise ValueError(
                "A series has no name: NaN or None stands in front of some times in "
                "the index. Name every series, or drop these rows."
            )


def joined(names: Iterable, labels: list[pd.Index], levels: list) -> pd.MultiIndex:
    """Return the labels of all series, end to end, each behind its name."""
    counts = [len(each) for each in labels]
    # Names that are tuples may be labels of one level.
    of_series = pd.Index(list(names), tupleize_cols=len(levels) > 2).repeat(counts)
    times = labels[0].append(labels[1:])
    of_levels = (
        [of_series.get_level_values(n) for n in range(of_series.nlevels)]
        if isinstance(of_series, pd.MultiIndex)
        else [of_series]
    )
    return pd.MultiIndex.from_arrays([*of_levels, times], names=levels)


@contextmanager
def naming(series: Any, column: Any) -> Iterator[None]:
    """Name a series, or a column of it, in errors and in the warnings of `warn`."""
    told = {"series": series, "column": column}
    named = [f"{kind} {name!r}" for kind, name in told.items() if name is not None]
    name = f"In {', '.join(named)}: " if named else ""
    token = _NAME.set(name)
    try:
        yield
    except ValueError as error:
        # Not of a subclass: a wrong parameter is wrong for all series.
        if not name or type(error) is not ValueError:
            raise
        raise ValueError(f"{name}{error}") from error
    finally:
        _NAME.reset(token)


def called(what: str) -> str:
    """Name what belongs to one of several series."""
    return f"{_NAME.get()}{what}"


def warn(message: str, stacklevel: int) -> None:
    """Warn, and name the series if it is one of several."""
    warnings.warn(called(message), UserWarning, stacklevel=stacklevel + 1)
