"""Reads the autograd graph behind gate angles: what it is made of, and why it is not affine."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from typing import Any

import torch
from torch import Tensor
from torch.autograd.graph import get_gradient_edge

from qfusion_core.circuits.tracing.escape_watch import NO_GRADIENT, RESORT

# linear in each argument; which of them meet in a product
_PRODUCTS = frozenset(
    "Mul Dot Vdot Mv Mm Bmm Addmm Addmv Addbmm Baddbmm Addr Addcmul Lerp Linear LinalgCross "
    "Convolution".split()
)
_LINEAR = _PRODUCTS | frozenset(
    # arithmetic
    "Div Add Sub Rsub Neg Sum Mean Cumsum Trace Deg2Rad Rad2Deg "
    # choice and order of entries
    "Select Slice Index IndexSelect Gather Take Narrow Flip Roll Rot90 Permute T Transpose Unfold "
    "Diagonal Diag DiagEmbed Tril Triu Where MaskedSelect "
    # form
    "View UnsafeView Reshape ReshapeAlias Squeeze Unsqueeze Expand Repeat Clone Alias AsStrided "
    # putting together and taking apart
    "Stack Cat Unbind Split SplitWithSizes UnsafeSplit BlockDiag ConstantPadNd "
    # writing into
    "CopySlices CopyBackwards Copy Fill Zero IndexPut IndexAdd IndexCopy IndexFill Scatter "
    "ScatterAdd SelectScatter SliceScatter DiagonalScatter AsStridedScatter MaskedFill "
    "MaskedScatter "
    # complex numbers, and a change of dtype: whether it rounds, the points tell
    "Real Imag Complex ViewAsReal ViewAsComplex Conj ConjPhysical ResolveConj ResolveNeg ToCopy "
    "AccumulateGrad".split()
)
_SHOWN = {"Remainder": "%", "Div": "division with rounding"}


class AutogradGraph:
    """The autograd graph of one recording. Each node is looked at once, however many angles use it.

    Args:
        data: An input.
        weights: An input.
        entries: Nodes where values come in that hang on the inputs and have no gradient.
        end: Number of the last node that the author's function made: those after it are
            PennyLane's, which may go through a matrix and back to an affine angle.
    """

    def __init__(
        self, data: Tensor, weights: Tensor, entries: Collection[Any], end: float = math.inf
    ) -> None:
        self._inputs = data, weights, entries
        self._names = {id(data): "data", id(weights): "weights"}
        self._entries, self._end = entries, end
        self._sources: dict[Any, frozenset[str]] = {}

    def sources(self, tensor: Tensor) -> frozenset[str]:
        """What a tensor is made of: ``data``, ``weights``, and ``other`` trainable tensors."""
        node = _node(tensor)
        self._walk(node)
        return self._of(node)

    def fault(self, angle: Tensor) -> str | None:
        """The reason why an angle is not affine in data and weights, and what to do.

        None if every node that the author's function made is linear, or was looked at before.
        """
        start = _node(angle)
        nodes = [node for node in self._walk(start) if self._is_the_authors(node)]
        for node in nodes:
            sides = [self._of(following) for following, _ in node.next_functions]
            if _kind(node) in _PRODUCTS and sum(map(bool, _factors(node, sides))) > 1:
                return _reason("a product", frozenset().union(*sides))
            if _kind(node) == "Div" and len(sides) > 1 and sides[1]:
                return _reason("a quotient", frozenset().union(*sides))
        curved = sorted({_kind(node) for node in nodes if _is_curved(node)})
        if curved:
            shown = ", ".join(_SHOWN.get(kind, kind.lower()) for kind in curved[:3])
            return _reason(shown, self._of(start))
        entered = sorted({_kind(node).lower() for node in nodes if node in self._entries})
        if entered:
            chosen = entered[0] if entered[0] in ("where", "index") else "a choice by the values"
            return _reason(chosen, self._of(start))
        return None

    def doubt(self, angle: Tensor) -> str:
        """The reason where the angle's numbers at two points say that it is not affine."""
        start = _node(angle)
        if fault := AutogradGraph(*self._inputs).fault(angle):
            return fault
        if any(_kind(node) == "ToCopy" for node in AutogradGraph(*self._inputs)._walk(start)):
            return _reason("a change of dtype", self._of(start))
        return NO_GRADIENT

    def _is_the_authors(self, node: Any) -> bool:
        return hasattr(node, "variable") or node._sequence_nr() <= self._end

    def _walk(self, start: Any) -> list[Any]:
        """The nodes that were not walked before, those nearer to the inputs first."""
        fresh: list[Any] = []
        stack = [start]
        while stack:
            node = stack[-1]
            if node is None or node in self._sources:
                stack.pop()
                continue
            following = [each for each, _ in node.next_functions if each is not None]
            pending = [each for each in following if each not in self._sources]
            if pending:
                stack.extend(pending)
                continue
            own = {self._names.get(id(node.variable), "other")} if hasattr(node, "variable") else ()
            self._sources[node] = frozenset(own).union(*map(self._of, following))
            fresh.append(node)
            stack.pop()
        return fresh

    def _of(self, node: Any) -> frozenset[str]:
        return self._sources.get(node, frozenset())


def last_node() -> int:
    """Number of a node that is made now: those made later have higher ones."""
    made = torch.zeros((), requires_grad=True).clone()
    number: int = _node(made)._sequence_nr()
    return number


def _node(tensor: Tensor) -> Any:
    return get_gradient_edge(tensor).node if tensor.requires_grad else None


def _kind(node: Any) -> str:
    return re.sub(r"(Backward)?\d*$", "", type(node).__name__)


def _factors(node: Any, sides: list[frozenset[str]]) -> list[frozenset[str]]:
    """What is multiplied, out of the arguments of a product: some have a summand, too."""
    kind = _kind(node)
    if kind.startswith("Add") or kind == "Baddbmm":
        return sides[1:]
    if kind in ("Linear", "Convolution"):
        return sides[:2]
    return [sides[0] | sides[1], *sides[2:]] if kind == "Lerp" else sides


def _is_curved(node: Any) -> bool:
    kind = _kind(node)
    if kind == "Pow":
        exponent = getattr(node, "_saved_exponent", None)
        return not (isinstance(exponent, int | float) and exponent == 1)
    if kind == "Div":
        return getattr(node, "_saved_rounding_mode", None) is not None
    return kind not in _LINEAR


def _reason(operation: str, sources: frozenset[str]) -> str:
    own = "use a weight of its own, or " if sources == {"weights"} else ""
    if "dtype" in operation:
        own = "make tensors with dtype=data.dtype, or "
    return (
        f"its angle is not affine in data and weights, but {operation} of "
        f"{' and '.join(sorted(sources))}; {own}{RESORT}"
    )
