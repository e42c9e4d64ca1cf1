"""Reads the autograd graph behind gate angles: what it is made of, and why it is not affine."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.graph import get_gradient_edge

from qfusion_core.circuits.tracing.escape_watch import NO_GRADIENT, RESORT

# linear in each argument; which of them meet in a product
_PRODUCTS = frozenset(
    "Mul Dot Vdot Mv Mm Bmm Addmm Addmv Addbmm Baddbmm Addr Addcmul Lerp Linear LinalgCross "
    "Convolution".split()
)
# each entry of what they give is an entry of the one tensor that they are given
_CHOICES = frozenset(
    "Select Slice Index IndexSelect Gather Take Narrow Flip Roll Rot90 Permute T Transpose Unfold "
    "Diagonal MaskedSelect "
    # form
    "View UnsafeView Reshape ReshapeAlias Squeeze Unsqueeze Expand Repeat Clone Alias AsStrided "
    # taking apart
    "Unbind Split SplitWithSizes UnsafeSplit".split()
)
_LINEAR = (
    _PRODUCTS
    | _CHOICES
    | frozenset(
        # arithmetic
        "Div Add Sub Rsub Neg Sum Mean Cumsum Trace Deg2Rad Rad2Deg "
        # a choice between tensors, or beside zeros
        "Diag DiagEmbed Tril Triu Where "
        # putting together
        "Stack Cat BlockDiag ConstantPadNd "
        # writing into
        "CopySlices CopyBackwards Copy Fill Zero IndexPut IndexAdd IndexCopy IndexFill Scatter "
        "ScatterAdd SelectScatter SliceScatter DiagonalScatter AsStridedScatter MaskedFill "
        "MaskedScatter "
        # complex numbers, and a change of dtype: whether it rounds, the points tell
        "Real Imag Complex ViewAsReal ViewAsComplex Conj ConjPhysical ResolveConj ResolveNeg "
        "ToCopy AccumulateGrad".split()
    )
)
_SHOWN = {"Remainder": "%", "Div": "division with rounding"}


class Look(NamedTuple):
    """What is seen of the nodes behind an angle.

    Attributes:
        fault: The reason why it is not affine in data and weights, and what to do; None if every
            node that the author's function made is linear, or was looked at before.
        alien: Whether it hangs on a trainable tensor that is neither data nor weights.
        chosen: Whether it is one of the entries, whatever their values: all nodes only choose.
    """

    fault: str | None = None
    alien: bool = False
    chosen: bool = False


_CONSTANT, _CHOSEN = Look(), Look(chosen=True)  # of most gates: one for all of them


class AutogradGraph:
    """The autograd graph of one recording. Each node is looked at once, however many angles use it.

    Args:
        data: An input.
        weights: An input.
        entries: Nodes where values come in that hang on the inputs and have no gradient.
        end: Number of the last node that the author's function made: those after it are
            PennyLane's, which may go through a matrix and back to an affine angle.
        hooked: Whether derivatives may be others than those of the nodes.
    """

    def __init__(
        self,
        data: Tensor,
        weights: Tensor,
        entries: Collection[Any],
        end: float = math.inf,
        *,
        hooked: bool = False,
    ) -> None:
        self._inputs = data, weights, entries
        self._names = {id(data): "data", id(weights): "weights"}
        self._entries, self._end, self._hooked = entries, end, hooked
        self._sources: dict[Any, frozenset[str]] = {}
        self._chosen: set[Any] = set()
        self._kinds: dict[type, str] = {}

    def look(self, angle: Tensor | None) -> Look:
        """What the nodes behind an angle say; nothing of one that is a constant, or none."""
        if angle is None or not angle.requires_grad:
            return _CONSTANT
        node = _node(angle)
        fault = self._fault(node)
        if node in self._chosen and not (fault or self._hooked):
            return _CHOSEN
        return Look(fault, "other" in self._sources[node])

    def _fault(self, start: Any) -> str | None:
        fresh = self._walk(start)
        if not self._entries:  # what merely chooses is linear, and is most of the graph
            fresh = [node for node in fresh if node not in self._chosen]
        nodes = [node for node in fresh if self._is_the_authors(node)]
        if not nodes:
            return None
        for node in nodes:
            kind = self._kind(node)
            if kind not in _PRODUCTS and kind != "Div":
                continue
            sides = [self._of(following) for following, _ in node.next_functions]
            if kind in _PRODUCTS and sum(map(bool, _factors(kind, sides))) > 1:
                return _reason("a product", frozenset().union(*sides))
            if kind == "Div" and len(sides) > 1 and sides[1]:
                return _reason("a quotient", frozenset().union(*sides))
        curved = sorted({self._kind(node) for node in nodes if self._is_curved(node)})
        if curved:
            shown = ", ".join(_SHOWN.get(kind, kind.lower()) for kind in curved[:3])
            return _reason(shown, self._of(start))
        entered = sorted({self._kind(node).lower() for node in nodes if node in self._entries})
        if entered:
            chosen = entered[0] if entered[0] in ("where", "index") else "a choice by the values"
            return _reason(chosen, self._of(start))
        return None

    def doubt(self, angle: Tensor) -> str:
        """The reason where the angle's numbers at two points say that it is not affine."""
        start = _node(angle)
        whole = AutogradGraph(*self._inputs)  # PennyLane's nodes, too
        if fault := whole._fault(start):
            return fault
        if any(whole._kind(node) == "ToCopy" for node in whole._sources):
            return _reason("a change of dtype", self._of(start))
        return NO_GRADIENT

    def _is_the_authors(self, node: Any) -> bool:
        return hasattr(node, "variable") or node._sequence_nr() <= self._end

    def _walk(self, start: Any) -> list[Any]:
        """The nodes that were not walked before, those nearer to the inputs first."""
        fresh: list[Any] = []
        sources = self._sources
        stack = [start]
        while stack:
            node = stack[-1]
            if node is None or node in sources:
                stack.pop()
                continue
            following = [each for each, _ in node.next_functions if each is not None]
            if pending := [each for each in following if each not in sources]:
                stack.extend(pending)
                continue
            self._note(node, following)
            fresh.append(node)
            stack.pop()
        return fresh

    def _note(self, node: Any, following: list[Any]) -> None:
        """What a node is made of, once that is known of those that follow."""
        if len(following) == 1:
            self._sources[node] = self._sources[following[0]]
            if following[0] in self._chosen and self._kind(node) in _CHOICES:
                self._chosen.add(node)
        elif hasattr(node, "variable"):
            name = self._names.get(id(node.variable), "other")
            self._sources[node] = frozenset({name})
            if name != "other":
                self._chosen.add(node)
        else:
            self._sources[node] = frozenset().union(*map(self._of, following))

    def _of(self, node: Any) -> frozenset[str]:
        return self._sources.get(node, frozenset())

    def _kind(self, node: Any) -> str:
        kind = self._kinds.get(type(node))
        if kind is None:
            kind = self._kinds[type(node)] = re.sub(r"(Backward)?\d*$", "", type(node).__name__)
        return kind

    def _is_curved(self, node: Any) -> bool:
        kind = self._kind(node)
        if kind == "Pow":
            exponent = getattr(node, "_saved_exponent", None)
            return not (isinstance(exponent, int | float) and exponent == 1)
        if kind == "Div":
            return getattr(node, "_saved_rounding_mode", None) is not None
        return kind not in _LINEAR


def last_node() -> int:
    """Number of a node that is made now: those made later have higher ones."""
    made = torch.zeros((), requires_grad=True).clone()
    number: int = _node(made)._sequence_nr()
    return number


def _node(tensor: Tensor) -> Any:
    if not tensor.requires_grad:
        return None
    return tensor.grad_fn or get_gradient_edge(tensor).node  # a leaf has no function


def _factors(kind: str, sides: list[frozenset[str]]) -> list[frozenset[str]]:
    """What is multiplied, out of the arguments of a product: some have a summand, too."""
    if kind.startswith("Add") or kind == "Baddbmm":
        return sides[1:]
    if kind in ("Linear", "Convolution"):
        return sides[:2]
    return [sides[0] | sides[1], *sides[2:]] if kind == "Lerp" else sides


def _reason(operation: str, sources: frozenset[str]) -> str:
    own = "use a weight of its own, or " if sources == {"weights"} else ""
    if "dtype" in operation:
        own = "make tensors with dtype=data.dtype, or "
    return (
        f"its angle is not affine in data and weights, but {operation} of "
        f"{' and '.join(sorted(sources))}; {own}{RESORT}"
    )
