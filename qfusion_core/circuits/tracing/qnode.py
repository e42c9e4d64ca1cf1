"""The quantum function of a QNode: called as ``f(data, weights)``, and pickled by its name."""

from __future__ import annotations

import functools
import importlib
import inspect
import math
import pickle
from collections.abc import Callable, Mapping
from typing import Any

import pennylane as qml
import torch
from torch import Tensor

from qfusion_core.errors import InputError


class QNodeFunction:
    """The function under ``@qml.qnode``.

    In its module the name stands for the QNode, so that pickle alone would not find the function
    again: it is looked up under that name, and taken out of the QNode there.
    """

    def __init__(self, function: Callable[..., object]) -> None:
        self.function = function
        self.__name__ = getattr(function, "__name__", type(function).__name__)
        self.__qualname__ = getattr(function, "__qualname__", self.__name__)
        self.__signature__ = inspect.signature(function)

    def __call__(self, *arguments: Any, **named: Any) -> object:
        """As the function."""
        return self.function(*arguments, **named)

    def __deepcopy__(self, memo: dict[int, Any]) -> QNodeFunction:
        return self  # as of any function

    def __reduce__(self) -> tuple[Callable[..., QNodeFunction], tuple[Any, ...]]:
        home = str(getattr(self.function, "__module__", None)), self.__qualname__
        try:
            if _found(*home).function is self.function:
                return _found, home
        except (AttributeError, ImportError, TypeError, ValueError):
            pass  # not under its name: is it one that pickle can take apart?
        try:
            pickle.dumps(self.function)
        except Exception as error:
            raise InputError(
                f"QNode {self.__qualname__}: cannot be pickled "
                f"({' '.join(str(error).split())}); define it at the top of a module, or keep "
                "encoder.state_dict() and make the encoder again"
            ) from error
        return QNodeFunction, (self.function,)


class JoinedWeights:
    """``f(data, vector)`` from a function with several weight arguments.

    Args:
        function: What is called, all its arguments by name.
        shapes: Of each argument that is weights.

    Raises:
        InputError: The names do not fit the function's arguments.
    """

    def __init__(self, function: QNodeFunction, shapes: Mapping[str, tuple[int, ...]]) -> None:
        parameters = function.__signature__.parameters
        named = {key: p for key, p in parameters.items() if p.kind not in _VARIADIC}
        catches_all = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
        rest = [key for key, p in named.items() if key not in shapes and p.default is p.empty]
        if unknown := [key for key in shapes if key not in named and not catches_all]:
            raise InputError(
                f"weights_shape names {unknown[0]!r}, its arguments are {list(parameters)}"
            )
        if len(rest) != 1:
            raise InputError(
                f"expected one argument besides the weights {list(shapes)}, the data; "
                f"got {rest}; name every argument that is weights in weights_shape"
            )
        self.function, self.shapes, self.data = function, dict(shapes), rest[0]

    def __call__(self, data: Tensor, vector: Tensor) -> object:
        """The function, with its weights cut out of the vector, in the order of the shapes."""
        parts = torch.split(vector, [math.prod(shape) for shape in self.shapes.values()])
        weights = {
            key: part.reshape(shape)
            for (key, shape), part in zip(self.shapes.items(), parts, strict=True)
        }
        return self.function(**{self.data: data}, **weights)


_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def _found(module: str, qualified_name: str) -> QNodeFunction:
    home: Any = importlib.import_module(module)
    found = functools.reduce(getattr, qualified_name.split("."), home)
    return QNodeFunction(found.func if isinstance(found, qml.QNode) else found)
