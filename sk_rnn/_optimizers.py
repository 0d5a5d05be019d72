"""The four update rules, on one vector, with Keras's definitions and defaults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

Tensor = Any

_EPSILON = 1e-7


def _sgd(weights, gradient, slots, learning_rate, step):
    return weights - learning_rate * gradient, []


def _rmsprop(weights, gradient, slots, learning_rate, step, *, rho=0.9):
    (velocity,) = slots
    velocity = rho * velocity + (1 - rho) * tf.square(gradient)
    weights = weights - learning_rate * gradient / tf.sqrt(velocity + _EPSILON)
    return weights, [velocity]


def _adam(weights, gradient, slots, learning_rate, step, *, beta_1=0.9, beta_2=0.999):
    momentum, velocity = slots
    correction = tf.sqrt(1 - tf.pow(tf.cast(beta_2, step.dtype), step)) / (
        1 - tf.pow(tf.cast(beta_1, step.dtype), step)
    )
    momentum = momentum + (gradient - momentum) * (1 - beta_1)
    velocity = velocity + (tf.square(gradient) - velocity) * (1 - beta_2)
    weights = weights - momentum * learning_rate * correction / (
        tf.sqrt(velocity) + _EPSILON
    )
    return weights, [momentum, velocity]


def _adamw(weights, gradient, slots, learning_rate, step, *, weight_decay=0.004):
    decayed = weights - weights * weight_decay * learning_rate
    return _adam(decayed, gradient, slots, learning_rate, step)


class _Rule(NamedTuple):
    update: Callable
    n_slots: int  # vectors of the weights' size that the rule remembers, 0 at first


_RULES = {
    "adam": _Rule(_adam, 2),
    "adamw": _Rule(_adamw, 2),
    "rmsprop": _Rule(_rmsprop, 1),
    "sgd": _Rule(_sgd, 0),
}


def n_slots(optimizer: str) -> int:
    """Return how many vectors an optimizer remembers."""
    return _RULES[optimizer].n_slots


def update(
    optimizer: str, weights, gradient, slots, learning_rate, step
) -> tuple[Tensor, list[Tensor]]:
    """Apply one step of an optimizer, counted from 1; return new weights and slots."""
    return _RULES[optimizer].update(weights, gradient, slots, learning_rate, step)
