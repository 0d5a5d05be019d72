"""What the docstrings of several classes share, put in where a class is made."""

from __future__ import annotations

from collections.abc import Callable
from inspect import cleandoc
from string import Template
from typing import TypeVar

_Class = TypeVar("_Class", bound=type)


def described(layer: str) -> Callable[[_Class], _Class]:
    """Decorate a class to put the sections of its base's docstring into its own.

    They stand for ``$parameters`` and ``$notes``; ``$layer`` and ``$name`` are words.
    """

    def fill(cls: _Class) -> _Class:
        shared = cls.__base__.__doc__
        if cls.__doc__ and shared:  # neither under python -OO
            shared = cleandoc(shared).partition("\n\n")[2]
            parameters, _, notes = shared.partition("\n\nNotes\n-----\n")
            own = Template(cleandoc(cls.__doc__))
            filled = Template(own.safe_substitute(parameters=parameters, notes=notes))
            cls.__doc__ = filled.substitute(layer=layer, name=cls.__name__)
        return cls

    return fill
