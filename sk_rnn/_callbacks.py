"""Keras callbacks around training that is not Keras's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

import keras
import numpy as np
from sklearn.utils._param_validation import InvalidParameterError

Tensor = Any

_HOOKS_NOT_CALLED = [
    hook
    for hook in dir(keras.callbacks.Callback)
    if ("batch" in hook or "test" in hook) and "predict" not in hook
]


class Control(NamedTuple):
    """What a callback may change between two epochs."""

    weights: Sequence[Tensor]
    learning_rate: float
    stop: bool = False


class Callbacks:
    """Calls Keras callbacks at an epoch's hooks, with a real Keras model.

    Copies are called, so that the user's own stay as they are. ``build_model`` returns
    the compiled model; it is called only if there are callbacks. ``params`` are those
    that every Keras callback gets.
    """

    def __init__(
        self,
        callbacks: Sequence[Any],
        build_model: Callable[[], keras.Model] | None,
        **params: Any,
    ):
        self._list = None
        if not callbacks or build_model is None:
            return
        for callback in callbacks:
            _refuse_hooks_not_called(callback)
        self._model = build_model()
        self._model.stop_training = False
        copies = [deepcopy(callback) for callback in callbacks]
        self._list = keras.callbacks.CallbackList(copies, model=self._model, **params)

    def call(self, hook: str, control: Control, *args: Any) -> Control:
        """Call one hook of every callback; return what they have made of it all."""
        if self._list is None:
            return control
        model = self._model
        model.set_weights([np.asarray(weight) for weight in control.weights])
        model.optimizer.learning_rate = control.learning_rate
        rounded = float(model.optimizer.learning_rate)  # Keras keeps it in float32
        getattr(self._list, hook)(*args)
        learning_rate = float(model.optimizer.learning_rate)
        if learning_rate == rounded:
            learning_rate = control.learning_rate
        return Control(model.get_weights(), learning_rate, bool(model.stop_training))


def _refuse_hooks_not_called(callback: Any) -> None:
    if not isinstance(callback, keras.callbacks.Callback):
        raise InvalidParameterError(
            "The 'callbacks' parameter must hold instances of "
            f"keras.callbacks.Callback. Got {callback!r} instead."
        )
    # ModelCheckpoint has a hook for batches that rests unless asked for.
    if (
        isinstance(callback, keras.callbacks.ModelCheckpoint)
        and callback.save_freq == "epoch"
    ):
        return
    for hook in _HOOKS_NOT_CALLED:
        own = getattr(callback, hook)
        if getattr(own, "__func__", own) is not getattr(keras.callbacks.Callback, hook):
            raise ValueError(
                f"The callback {type(callback).__name__} has the hook {hook}, but "
                "callbacks are called once per epoch, not at every batch or test. Use "
                "one that needs only the hooks on_train_… and on_epoch_… (for "
                "ModelCheckpoint, save_freq='epoch')."
            )
