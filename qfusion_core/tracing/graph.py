"""Reads the autograd graph behind a gate angle: what it is made of, and why it is not affine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from torch import Tensor
from torch.autograd.graph import get_gradient_edge

from qfusion_core.tracing.watch import RESORT

_PRODUCTS = frozenset("Mul Dot Mv Mm Bmm Addmm Addmv Addbmm Baddbmm".split())
_LINEAR = _PRODUCTS | frozenset(
    "Div Add Sub Rsub Neg Select Slice View UnsafeView Reshape ReshapeAlias Index IndexSelect "
    "Gather Take Stack Cat Unbind Split SplitWithSizes Squeeze Unsqueeze Expand Repeat Permute T "
    "Transpose Flip Roll Sum Mean Cumsum Clone Alias AsStrided Diagonal Diag CopySlices "
    "AccumulateGrad".split()
)
_SHOWN = {"Remainder": "%", "ToCopy": "a change of dtype"}


def leaves(tensor: Tensor) -> list[Tensor]:
    """The tensors that a tensor is made of and that need a gradient."""
    return _leaves(_node(tensor))


def why_not_affine(angle: Tensor, data: Tensor, weights: Tensor) -> str:
    """The reason why an angle is not affine in data and weights, and what to do."""
    names = {id(data): "data", id(weights): "weights"}

    def sources(node: Any) -> set[str]:
        return {names[id(leaf)] for leaf in _leaves(node)}

    nodes = list(_nodes(_node(angle)))
    for node in nodes:
        sides = [sources(following) for following, _ in node.next_functions]
        if _kind(node) in _PRODUCTS and sum(map(bool, sides)) > 1:
            return _reason("a product", set().union(*sides))
        if _kind(node) == "Div" and sides[1]:
            return _reason("a quotient", set().union(*sides))
    curved = sorted({_kind(node) for node in nodes} - _LINEAR)
    if curved:
        shown = ", ".join(_SHOWN.get(kind, kind.lower()) for kind in curved[:3])
        return _reason(shown, sources(_node(angle)))
    return (
        "its angle changes with data or weights where torch sees no gradient (detach, round, "
        f"NumPy, random numbers); {RESORT}"
    )


def _node(tensor: Tensor) -> Any:
    return get_gradient_edge(tensor).node if tensor.requires_grad else None


def _nodes(start: Any) -> Iterator[Any]:
    seen: set[Any] = set()
    stack = [start]
    while stack:
        node = stack.pop()
        if node is not None and node not in seen:
            seen.add(node)
            yield node
            stack.extend(following for following, _ in node.next_functions)


def _leaves(start: Any) -> list[Tensor]:
    return [node.variable for node in _nodes(start) if hasattr(node, "variable")]


def _kind(node: Any) -> str:
    return re.sub(r"(Backward)?\d*$", "", type(node).__name__)


def _reason(operation: str, sources: set[str]) -> str:
    own = "use a weight of its own, or " if sources == {"weights"} else ""
    if "dtype" in operation:
        own = "make tensors with dtype=data.dtype, or "
    return (
        f"its angle is not affine in data and weights, but {operation} of "
        f"{' and '.join(sorted(sources))}; {own}{RESORT}"
    )
