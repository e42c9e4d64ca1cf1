"""A limit on what tensors may take, while a model of unknown size is made.

The device "meta" would take nothing, but loads torch's compiler for it: more than a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import takewhile
from math import prod
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

_MAKERS = (torch.empty, torch.zeros, torch.ones, torch.full, torch.rand, torch.randn)


class TensorLimit(TorchFunctionMode):
    """In force with `with`: tensors of no more elements than that are made by their shape.

    Those are the weights of a network. What is made of values, or of other tensors, is not counted.

    Args:
        most: Elements of all of them together.

    Raises:
        ValueError: More were asked for; they were not made.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most, self.made = most, 0

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Counts what a function of `torch` is to make."""
        kwargs = kwargs or {}
        if func in _MAKERS:
            shape = kwargs.get("size", args[0] if args and isinstance(args[0], Sequence) else args)
            lengths = list(takewhile(lambda length: type(length) is int, shape))
            self.made += prod(lengths)
            if self.made > self.most:
                raise ValueError(
                    f"a tensor {lengths}, {self.made:,} elements in all, expected at most "
                    f"{self.most:,}"
                )
        return func(*args, **kwargs)
