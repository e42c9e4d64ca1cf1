"""What an adapter promises, and what adapters share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from math import pi
from typing import Any, ClassVar, NamedTuple

from numpy.typing import NDArray

from qfusion_core import Angle, Circuit

Array = NDArray[Any]

# gates that a library may lack, as a rotation: equal up to a phase that no expectation value shows
AS_ROTATION = {
    "SX": ("RX", pi / 2), "SXdg": ("RX", -pi / 2), "Tdg": ("RZ", -pi / 4), "Sdg": ("RZ", -pi / 2),
}  # fmt: skip


class Pass(NamedTuple):
    """What one forward and backward pass gives, as arrays of the peer's own library.

    Attributes:
        values: ``[batch, n_observables]``.
        data: Gradient ``[batch, n_data]``.
        weights: Gradient ``[n_weights]``.
    """

    values: Any
    data: Any
    weights: Any


class Peer(ABC):
    """A simulator that gives values and gradients of one circuit.

    Attributes:
        per_sample: Whether its time is proportional to the batch, so that one row predicts it.
        precision: What it computes in where that is not the dtype asked for.
    """

    per_sample: ClassVar[bool] = False
    precision: ClassVar[str | None] = None

    @abstractmethod
    def __init__(self, circuit: Circuit, observables: Sequence[str], dtype: str) -> None:
        """Translate the circuit; ``dtype`` is ``float32`` or ``float64``."""

    @abstractmethod
    def place(self, array: Array) -> Any:
        """An input in the library's own kind of array."""

    @abstractmethod
    def step(self, data: Any, weights: Any, cotangent: Any) -> Pass:
        """Values and the gradients of ``sum(values * cotangent)``, computed when this returns.

        Args:
            data: ``[batch, n_data]``, placed.
            weights: ``[n_weights]``, placed.
            cotangent: ``[batch, n_observables]``, placed.
        """


def bind(angle: Angle, data: Sequence[Any], weights: Sequence[Any]) -> Any:
    """The value of an angle from entries of data and weights, scalars or columns of a batch.

    What no data enters stays a scalar: every library may then share the gate between samples.
    """
    total: Any = None
    for term in angle.terms:
        entry = (data if term.source == "data" else weights)[term.index]
        part = entry if term.scale == 1 else term.scale * entry
        total = part if total is None else total + part
    if total is None:
        return angle.offset
    return total + angle.offset if angle.offset else total


def per_sample(angle: Angle) -> bool:
    """Whether the angle differs between samples."""
    return any(term.source == "data" for term in angle.terms)


def letters(word: str) -> Iterator[tuple[int, str]]:
    """The wires that a Pauli word acts on, each with its letter.

    >>> list(letters("XIZ"))
    [(0, 'X'), (2, 'Z')]
    """
    return ((wire, letter) for wire, letter in enumerate(word) if letter != "I")
