"""Keras callbacks around training that is not Keras's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from types import MethodType
from typing import Any, NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import InvalidParameterError

# Keras's own defaults of the hooks for batches pass on to these.
_OLDER_NAMES = {
    "on_train_batch_begin": "on_batch_begin",
    "on_train_batch_end": "on_batch_end",
}


class Control(NamedTuple):
    """What a callback may change."""

    state: Any  # a State of the training: weights, slots and n_updates
    learning_rate: float
    stop: bool = False


class Callbacks:
    """Calls the hooks of Keras callbacks, with a real Keras model.

    Shallow copies are called: what a callback binds to itself stays on its copy, what
    it refers to (a trial, a queue) is the user's. ``build_model`` returns the compiled
    model; it is called only if there are callbacks. ``params`` are those that every
    Keras callback gets.
    """

    def __init__(
        self,
        callbacks: Sequence[Any],
        build_model: Callable[[], keras.Model] | None,
        **params: Any,
    ):
        self._callbacks: list[keras.callbacks.Callback] = []
        self._model: Any = None
        if not callbacks or build_model is None:
            return
        for callback in callbacks:
            _refuse_what_cannot_work(callback)
        self._model = build_model()
        self._model.stop_training = False
        # No CallbackList: it starts threads that read the model while we change it.
        self._callbacks = [_copied(callback) for callback in callbacks]
        for callback in self._callbacks:
            callback.set_model(self._model)
            callback.set_params(params)

    @property
    def initial_epoch(self) -> int:
        """The epoch to start with; a backup may have been restored."""
        return int(getattr(self._model, "_initial_epoch", None) or 0)

    def call(self, hook: str, control: Control, *args: Any) -> Control:
        """Call one hook of every callback; return what they have made of it all."""
        listeners = [each for each in self._callbacks if _has(each, hook)]
        if not listeners:
            return control
        model = self._model
        _write(model, control.state)
        model.optimizer.learning_rate = control.learning_rate
        rounded = float(model.optimizer.learning_rate)  # Keras keeps it in float32
        if hook.endswith("_begin"):
            args = *args, {}  # Keras hands logs to every hook
        for callback in listeners:
            getattr(callback, hook)(*args)
        learning_rate = float(model.optimizer.learning_rate)
        if learning_rate == rounded:
            learning_rate = control.learning_rate
        state = _read(model, control.state)
        return Control(state, learning_rate, bool(model.stop_training))


def _copied(callback: keras.callbacks.Callback) -> keras.callbacks.Callback:
    """Copy a callback; hooks that it has bound to itself are bound to the copy."""
    copied = copy(callback)
    for name, value in vars(callback).items():
        if getattr(value, "__self__", None) is callback:
            setattr(copied, name, MethodType(value.__func__, copied))
    return copied


def _has(callback: keras.callbacks.Callback, hook: str) -> bool:
    """Tell whether a callback does anything at a hook."""
    names = hook, _OLDER_NAMES.get(hook, hook)
    own = [getattr(callback, name) for name in names]
    return any(
        getattr(method, "__func__", method) is not getattr(keras.callbacks.Callback, n)
        for method, n in zip(own, names, strict=True)
    )


def _write(model: keras.Model, state: Any) -> None:
    """Put the state of the training into the model and its optimizer."""
    weights = [np.asarray(weight) for weight in state.weights]
    model.set_weights(weights)
    model.optimizer.iterations.assign(state.n_updates)
    slots = [np.asarray(slot) for slot in state.slots]
    parts = _parts(slots, [weight.shape for weight in weights])
    for variable, part in zip(_slots_of(model), parts, strict=True):
        variable.assign(part)


def _read(model: keras.Model, state: Any) -> Any:
    """Take the state back from the model and its optimizer."""
    n_slots = len(state.slots)
    parts = [np.asarray(variable).ravel() for variable in _slots_of(model)]
    return state._replace(
        weights=model.get_weights(),
        slots=[np.concatenate(parts[slot::n_slots]) for slot in range(n_slots)],
        n_updates=int(model.optimizer.iterations),
    )


def _slots_of(model: keras.Model) -> list[Any]:
    """Return the optimizer's variables behind its iterations and learning rate."""
    return model.optimizer.variables[2:]


def _parts(slots: list[NDArray], shapes: list[tuple[int, ...]]) -> Iterator[NDArray]:
    """Yield the parts of slots by weight, as Keras has them; each slot is a vector."""
    start = 0
    for shape in shapes:
        end = start + int(np.prod(shape))
        yield from (slot[start:end].reshape(shape) for slot in slots)
        start = end


def _refuse_what_cannot_work(callback: Any) -> None:
    if not isinstance(callback, keras.callbacks.Callback):
        raise InvalidParameterError(
            "The 'callbacks' parameter must hold instances of "
            f"keras.callbacks.Callback. Got {callback!r} instead."
        )
    if isinstance(callback, keras.callbacks.SwapEMAWeights):
        raise ValueError(
            "SwapEMAWeights needs an optimizer with use_ema=True, which averages the "
            "weights over the updates. The optimizers of sk_rnn do not. Average them "
            "over the epochs in a callback of your own, with self.model.get_weights() "
            "in on_epoch_end."
        )
