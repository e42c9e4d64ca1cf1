"""A limit on what a tensor may take, while a model of unknown size is made.

The device "meta" would take nothing, but loads torch's compiler for it: more than a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import takewhile
from math import prod
from typing import Any

from torch.overrides import TorchFunctionMode


class Limited(TorchFunctionMode):
    """In force with `with`: no tensor is made of more elements.

    Args:
        most: Elements of the largest tensor that may be made.

    Raises:
        ValueError: A larger one was asked for; it was not made.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Looks at the shape with which the arguments of `torch.empty` and its like begin."""
        shape = args[0] if args and isinstance(args[0], Sequence) else args
        lengths = list(takewhile(lambda length: type(length) is int, shape))
        if prod(lengths) > self.most:
            raise ValueError(f"a tensor {lengths}, expected at most {self.most} elements")
        return func(*args, **(kwargs or {}))
