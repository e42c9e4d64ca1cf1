"""Gates, and their angles: affine functions of data and weight entries, in radians."""

from __future__ import annotations

from dataclasses import dataclass
from operator import index
from typing import Literal

from qfusion_core.errors import InputError

ROTATIONS = frozenset({"RX", "RY", "RZ"})
FIXED = {
    "H": 1, "X": 1, "Y": 1, "Z": 1, "S": 1, "Sdg": 1, "SX": 1, "SXdg": 1, "T": 1, "Tdg": 1,
    "CNOT": 2, "CZ": 2, "SWAP": 2,
}  # fmt: skip


@dataclass(frozen=True)
class Term:
    """``scale * data[index]`` or ``scale * weights[index]``."""

    source: Literal["data", "weight"]
    index: int
    scale: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", whole_number("index", self.index))


@dataclass(frozen=True)
class Angle:
    """An affine function of data and weight entries, in radians: ``sum of terms + offset``."""

    terms: tuple[Term, ...] = ()
    offset: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "terms", tuple(self.terms))  # a list has no hash


@dataclass(frozen=True)
class Gate:
    """One gate of the set: a rotation RX, RY, RZ with an angle, or a fixed gate without."""

    name: str
    wires: tuple[int, ...]
    angle: Angle | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "wires", tuple(whole_number("wires", wire) for wire in self.wires))


def whole_number(name: str, number: object) -> int:
    """A whole number as Python's own: NumPy's has no JSON."""
    if hasattr(number, "__index__"):
        return index(number)
    raise InputError(f"{name}: expected a whole number, got {number!r}")
