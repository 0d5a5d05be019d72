"""The four update rules, as pure functions, with Keras's definitions and defaults."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

Tensor = Any

_EPSILON = 1e-7


def _sgd(weight, gradient, slots, learning_rate, step):
    return weight - learning_rate * gradient, ()


def _rmsprop(weight, gradient, slots, learning_rate, step, *, rho=0.9):
    (velocity,) = slots
    velocity = rho * velocity + (1 - rho) * tf.square(gradient)
    weight = weight - learning_rate * gradient / tf.sqrt(velocity + _EPSILON)
    return weight, (velocity,)


def _adam(weight, gradient, slots, learning_rate, step, *, beta_1=0.9, beta_2=0.999):
    momentum, velocity = slots
    correction = tf.sqrt(1 - tf.pow(tf.cast(beta_2, step.dtype), step)) / (
        1 - tf.pow(tf.cast(beta_1, step.dtype), step)
    )
    momentum = momentum + (gradient - momentum) * (1 - beta_1)
    velocity = velocity + (tf.square(gradient) - velocity) * (1 - beta_2)
    weight = weight - momentum * learning_rate * correction / (
        tf.sqrt(velocity) + _EPSILON
    )
    return weight, (momentum, velocity)


def _adamw(weight, gradient, slots, learning_rate, step, *, weight_decay=0.004):
    decayed = weight - weight * weight_decay * learning_rate
    return _adam(decayed, gradient, slots, learning_rate, step)


class _Rule(NamedTuple):
    update: Callable
    n_slots: int  # arrays of a weight's shape that the rule remembers


_RULES = {
    "adam": _Rule(_adam, 2),
    "adamw": _Rule(_adamw, 2),
    "rmsprop": _Rule(_rmsprop, 1),
    "sgd": _Rule(_sgd, 0),
}


def slot_shapes(
    optimizer: str, shapes: Sequence[tuple[int, ...]]
) -> list[tuple[int, ...]]:
    """Return the shapes of what an optimizer remembers, zeros at the start.

    Parameters
    ----------
    optimizer : {"adam", "adamw", "rmsprop", "sgd"}
    shapes : sequence of tuple
        Shapes of the weights.

    Returns
    -------
    list of tuple
        For each weight in turn its slots, as many as the rule remembers.
    """
    return [shape for shape in shapes for _ in range(_RULES[optimizer].n_slots)]


def update(
    optimizer: str,
    weights: Sequence[Tensor],
    slots: Sequence[Tensor],
    gradients: Sequence[Tensor],
    learning_rate: Tensor,
    step: Tensor,
) -> tuple[list[Tensor], list[Tensor]]:
    """Apply one step of an optimizer.

    Parameters
    ----------
    optimizer : {"adam", "adamw", "rmsprop", "sgd"}
    weights, gradients : sequence of Tensor
    slots : sequence of Tensor
        As laid out by :func:`slot_shapes`.
    learning_rate : scalar Tensor
    step : scalar Tensor of the weights' dtype
        The number of this step, counted from 1.

    Returns
    -------
    weights, slots : list of Tensor
        Their new values.
    """
    rule = _RULES[optimizer]
    new_weights, new_slots = [], []
    for i, (weight, gradient) in enumerate(zip(weights, gradients, strict=True)):
        own = slots[i * rule.n_slots : (i + 1) * rule.n_slots]
        weight, own = rule.update(weight, gradient, own, learning_rate, step)
        new_weights.append(weight)
        new_slots.extend(own)
    return new_weights, new_slots
