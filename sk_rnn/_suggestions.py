"""Names that do not exist: what they may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import wraps
from inspect import signature
from typing import Any

from sklearn.utils._param_validation import StrOptions

from sk_rnn._types import Method

# What scikit-learn, Keras, sktime, darts and Nixtla's packages call our parameters.
_ELSEWHERE = {
    "h": "horizon",
    "hidden_dim": "units",
    "hidden_layer_sizes": "units",
    "hidden_size": "units",
    "input_chunk_length": "n_steps",
    "input_size": "n_steps",
    "lags": "n_steps",
    "learning_rate_init": "learning_rate",
    "lr": "learning_rate",
    "max_iter": "epochs",
    "n_epochs": "epochs",
    "num_epochs": "epochs",
    "output_chunk_length": "horizon",
    "patience": "n_iter_no_change",
    "pred_len": "horizon",
    "random_seed": "random_state",
    "seed": "random_state",
    "sequence_length": "n_steps",
    "validation_split": "validation_fraction",
    "window_length": "n_steps",
}


def explained(method: Method) -> Method:
    """Decorate a method, so that arguments it does not take are explained.

    Python itself would name the base class, and no remedy.
    """
    own = signature(method)
    known = own.parameters

    @wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        is_init = method.__name__ == "__init__"
        for name in [name for name in kwargs if name not in known]:
            explain = _of_the_class if is_init else _of_a_call
            raise TypeError(explain(type(self), method.__name__, name, list(known)))
        try:
            return method(self, *args, **kwargs)
        except TypeError:
            try:  # not before: it would slow down every call
                own.bind(self, *args, **kwargs)
            except TypeError as error:
                called = type(self).__name__
                called += "" if is_init else f".{method.__name__}"
                remedy = " Pass all but the first by name." if is_init else ""
                raise TypeError(f"{called}: {error}.{remedy}") from None
            raise

    call.__signature__ = own  # type: ignore[attr-defined] # getfullargspec reads it
    return call  # type: ignore[return-value] # of the same signature


def suggestion(name: str, names: Iterable[str]) -> str:
    """Return " Did you mean ...?", or nothing where no name is close."""
    by_lower = {each.lower(): each for each in sorted(names)}  # 'huber', not 'Huber'
    wanted = _ELSEWHERE.get(name, name)
    close = get_close_matches(wanted.lower(), by_lower, n=1)
    return f" Did you mean {by_lower[close[0]]!r}?" if close else ""


def suggested_option(constraints: dict[str, list], params: dict[str, Any]) -> str:
    """Return what a parameter that takes a few words may have meant, or nothing."""
    for name, allowed in constraints.items():
        value = params.get(name)
        options = [
            o for each in allowed if isinstance(each, StrOptions) for o in each.options
        ]
        if isinstance(value, str) and options and value not in options:
            return suggestion(value, options)
    return ""


def _of_the_class(cls: type, _: str, name: str, known: list[str]) -> str:
    hint = suggestion(name, known) or f" It has {', '.join(known[1:])}."
    return f"{cls.__name__} has no parameter {name!r}.{hint}"


def _of_a_call(cls: type, method: str, name: str, known: list[str]) -> str:
    wrong = f"{cls.__name__}.{method} takes no {name!r}."
    if name == "validation_data" and "X_val" in known:
        return f"{wrong} Pass X_val=… and y_val=…."
    of_class = list(signature(cls).parameters)
    wanted = _ELSEWHERE.get(name, name)
    if wanted in of_class:
        call = f"{cls.__name__}({wanted}=…).{method}(…)"
        return f"{wrong} It is a parameter of the class: {call}."
    return wrong + (suggestion(name, known[1:]) or f" It takes {', '.join(known[1:])}.")
