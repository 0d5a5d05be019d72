"""What a fitted series forecaster holds, as plain data that skops can store.

Of sktime's own objects the attributes are kept, of pandas' what `sk_rnn._saving` keeps.
"""

from __future__ import annotations

from typing import Any

from sktime.datatypes import VectorizedDF
from sktime.datatypes._dtypekind import DtypeKind
from sktime.forecasting.base import ForecastingHorizon

from sk_rnn._saving import pack, unpack

_CLASSES: dict = {cls.__name__: cls for cls in (ForecastingHorizon, VectorizedDF)}


def pack_all(value: Any) -> Any:
    """Pack what a value holds, however deep; dicts, lists and tuples stay."""
    name = type(value).__name__
    if type(value) in _CLASSES.values():
        return {"sktime": name, "of": pack_all(vars(value))}
    if type(value) is range:  # of the parameter horizon
        return {"sktime": name, "of": [value.start, value.stop, value.step]}
    if isinstance(value, DtypeKind):
        return {"sktime": name, "of": value.value}
    if type(value) is dict:
        return {key: pack_all(each) for key, each in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(pack_all, value))
    return pack(value)


def unpack_all(value: Any) -> Any:
    """Restore what `pack_all` made."""
    if type(value) is dict and "make" in value:
        return unpack(value)
    if type(value) is dict and value.get("sktime") == range.__name__:
        return range(*value["of"])
    if type(value) is dict and value.get("sktime") == DtypeKind.__name__:
        return DtypeKind(value["of"])
    if type(value) is dict and "sktime" in value:
        cls = _CLASSES[value["sktime"]]
        made = cls.__new__(cls)
        vars(made).update(unpack_all(value["of"]))
        return made
    if type(value) is dict:
        return {key: unpack_all(each) for key, each in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(unpack_all, value))
    return value
