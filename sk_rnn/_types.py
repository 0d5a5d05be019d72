"""What functions take, in words of type checkers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

import pandas as pd
from numpy.typing import ArrayLike, NDArray

from sk_rnn._lazy_table import LazyTable

Method = TypeVar("Method", bound=Callable)


class Decorator(Protocol):
    """One that keeps the type: scikit-learn's have none and would make it Any."""

    def __call__(self, method: Method, /) -> Method: ...


class Transformer(Protocol):
    """What scales: a scikit-learn transformer that can be inverted."""

    def fit(self, X: Any, /) -> Any: ...

    def transform(self, X: Any, /) -> Any: ...

    def inverse_transform(self, X: Any, /) -> Any: ...


class ArrowFrame(Protocol):
    """A frame of polars, pyarrow or another package."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...


Pandas = pd.Series | pd.DataFrame
Labelled = Pandas | Sequence[pd.Series] | Sequence[pd.DataFrame] | ArrowFrame
# Narrower than ArrayLike, which pandas objects are, too.
Arrays = (
    NDArray[Any] | Sequence[float] | Sequence[Sequence[float]] | Sequence[NDArray[Any]]
)
WindowsLike = ArrayLike | pd.DataFrame | ArrowFrame | LazyTable
TargetsLike = ArrayLike | Pandas | ArrowFrame | LazyTable
