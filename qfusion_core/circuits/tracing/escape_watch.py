"""Sees where values leave torch, or its gradients, while a quantum function is recorded."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from inspect import getattr_static
from types import FrameType
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

RESORT = "compute it in encode(x), in torch, and pass the result as data"
NO_GRADIENT = (
    "its angle changes with data or weights where torch sees no gradient (detach, round, NumPy, "
    f"random numbers); {RESORT}"
)

IN_PLACE = (
    "it changes data or weights in place, where no gradient follows; make new tensors of them, "
    f"or {RESORT}"
)

_BRANCHES = {"__bool__", "__contains__", "equal", "allclose", "is_nonzero"}
_EXITS = set("__float__ __int__ __index__ __complex__ __array__ item tolist numpy".split())
# which arguments a function takes the shape, dtype or place of, not the values
_FORM_OF_FIRST = set(
    "zeros_like ones_like empty_like full_like rand_like randn_like randint_like "
    "new_zeros new_ones new_empty new_full new_tensor".split()
)
_FORM_OF_OTHERS = {"to", "type_as", "expand_as", "view_as", "reshape_as"}
_FORM_OF_ALL = {"broadcast_tensors", "meshgrid"}  # of one another
_NODE_OF = getattr_static(Tensor, "grad_fn").__get__  # a node, which may be given a hook
_SEQUENCES = (tuple, list, deque)


class EscapeWatch(TorchFunctionMode):
    """Notes where values that depend on the inputs leave torch, so that no gradient follows.

    Comparisons and `detach` give tensors without a gradient; they are remembered, so that
    ``if data[0] > 0`` is seen for what it is, and so is the node of the autograd graph where they
    enter again: a mask, a scale.

    Attributes:
        fault: What was seen first and what to do, or None.
        entries: Nodes of the autograd graph where values come in that hang on the inputs and have
            no gradient.
        hooked: Whether somebody may have changed a derivative, whatever the nodes say.
    """

    def __init__(self, *inputs: Tensor) -> None:
        super().__init__()
        self.fault: str | None = None
        self.entries: set[Any] = set()
        self.hooked = False
        self._tainted = {id(tensor): tensor for tensor in inputs}
        self._before = [(tensor, tensor.detach().clone()) for tensor in inputs]

    def leaked(self, value: object) -> bool:
        """Whether a value is a tensor that hangs on the inputs and has no gradient."""
        return isinstance(value, Tensor) and not value.requires_grad and id(value) in self._tainted

    def changed(self) -> bool:
        """Whether the inputs have other values than they came with."""
        return not all(torch.equal(tensor, before) for tensor, before in self._before)

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        seen = [each for each in _values(name, args, kwargs) if id(each) in self._tainted]
        if not seen:
            return func(*args, **kwargs)
        leaks = [each for each in seen if not each.requires_grad]
        target = _written(name, args, kwargs)
        self.hooked |= name == "register_hook" or func == _NODE_OF
        if name in _BRANCHES:
            self._note(
                f"branching on the values of data or weights{_place()}; the circuit must be the "
                f"same for all inputs: {RESORT}"
            )
        elif name in _EXITS:
            shown = name.strip("_").replace("array", "numpy")
            self._note(
                f"{shown}() takes data or weights out of torch{_place()}, where no gradient "
                f"follows; {RESORT}"
            )
        elif id(target) in self._tainted and (
            self.leaked(target) or not torch.is_grad_enabled() or name == "__set__"
        ):
            self._note(IN_PLACE)
        result = func(*args, **kwargs)
        formed = name in _FORM_OF_ALL and not leaks
        for each in _tensors(result, target):
            if each.requires_grad or not formed:
                self._tainted[id(each)] = each  # kept alive: an id is unique only for so long
                if leaks and each.requires_grad:
                    self.entries.add(each.grad_fn)
        return result

    def _note(self, fault: str) -> None:
        self.fault = self.fault or fault


def _place() -> str:
    """Where in PennyLane it happens, if it does there: a transform, say, that looks at angles."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith("pennylane."):
            return f" in PennyLane's {module.rpartition('.')[2]}"
        if not module.startswith(("torch.", "autoray")):
            return ""
        frame = frame.f_back
    return ""


def _values(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Tensor]:
    """The arguments whose values a function uses."""
    if name in _FORM_OF_OTHERS:
        return _tensors(args[:1])
    return _tensors(args[1:] if name in _FORM_OF_FIRST else args, kwargs)


def _tensors(*trees: Any) -> list[Tensor]:
    """The tensors in what a function of torch takes or gives."""
    # called for each index into data and weights: torch's tree_leaves takes longer than the index
    found, pending = [], list(trees)
    for each in pending:  # which grows
        if isinstance(each, Tensor):
            found.append(each)
        elif isinstance(each, _SEQUENCES):
            pending.extend(each)
        elif isinstance(each, dict):
            pending.extend(each.values())
    return found


def _written(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The tensor that a function writes into, if it does."""
    if "out" in kwargs:
        return kwargs["out"]
    writes = name.endswith("_") and not name.endswith("__") and name != "requires_grad_"
    return args[0] if args and (writes or name in ("__setitem__", "__set__")) else None
