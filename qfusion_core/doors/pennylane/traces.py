"""What is differentiated, and whether numbers that are made of it still hang on all of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pennylane as qml
import torch
from torch.autograd.graph import get_gradient_edge

_JAX = "jax"  # shows no graph: a tracer counts as made of all tracers


def is_differentiated(number: Any) -> bool:
    """Whether somebody asks for the derivative by a number, where it is used now.

    An array of autograd that merely may be trained is not: within a gradient it is boxed.
    """
    if isinstance(number, torch.Tensor):
        return number.requires_grad and torch.is_grad_enabled()
    if qml.math.get_interface(number) == "autograd":
        return hasattr(number, "_node")
    return bool(qml.math.requires_grad(number))


def keeps_all(given: Iterable[Any], made: Iterable[Any]) -> bool:
    """Whether each differentiated number has a part in some of those that are made of them.

    What lies behind a given number is not looked at: that another one is made of it, too, does not
    help it.
    """
    missing = {_edge(number) for number in given if is_differentiated(number)}
    ahead = [_edge(number) for number in made if is_differentiated(number)] if missing else []
    seen: set[Any] = set()
    while missing and ahead:
        edge = ahead.pop()
        if edge in missing:
            missing.remove(edge)
        elif edge not in seen:
            ahead += _behind(edge)
        seen.add(edge)
    return not missing


def _edge(number: Any) -> Any:
    """Where a number stands in the graph that it is differentiated by."""
    if isinstance(number, torch.Tensor):
        return tuple(get_gradient_edge(number))[:2]
    return getattr(number, "_node", _JAX)


def _behind(edge: Any) -> Iterator[Any]:
    if isinstance(edge, tuple):
        yield from (each for each in edge[0].next_functions if each[0] is not None)
    else:
        yield from getattr(edge, "parents", ())
