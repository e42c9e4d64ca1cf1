"""Sees where values leave torch while a quantum function is recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

RESORT = "compute it in encode(x), in torch, and pass the result as data"

_BRANCHES = {"__bool__", "__contains__", "equal", "allclose", "is_nonzero"}
_EXITS = set("__float__ __int__ __index__ __complex__ __array__ item tolist numpy".split())


class Watch(TorchFunctionMode):
    """Notes where values that depend on the inputs leave torch, so that no gradient follows.

    Comparisons and `detach` give tensors without a gradient; they are remembered, so that
    ``if data[0] > 0`` is seen for what it is.

    Attributes:
        fault: What was seen first and what to do, or None.
    """

    def __init__(self, *inputs: Tensor) -> None:
        super().__init__()
        self.fault: str | None = None
        self._tainted = {id(tensor): tensor for tensor in inputs}

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        if not any(id(tensor) in self._tainted for tensor in tensors):
            return func(*args, **kwargs)
        name = getattr(func, "__name__", "")
        if name in _BRANCHES:
            self._note(
                "branching on the values of data or weights; the circuit must be the same for all "
                f"inputs: {RESORT}"
            )
        elif name in _EXITS:
            shown = name.strip("_").replace("array", "numpy")
            self._note(
                f"{shown}() takes data or weights out of torch, where no gradient follows; {RESORT}"
            )
        result = func(*args, **kwargs)
        for leaf in tree_leaves(result):
            if isinstance(leaf, Tensor):
                self._tainted[id(leaf)] = leaf  # kept alive: an id is unique only for so long
        return result

    def _note(self, fault: str) -> None:
        self.fault = self.fault or fault
