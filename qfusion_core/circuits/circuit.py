"""A circuit as data: gates whose angles are affine functions of data and weight entries.

Wire 0 is the first letter of a Pauli word and the most significant bit of a basis state, as in
PennyLane. Angles are in radians; a rotation is ``exp(-i angle/2 P)``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from qfusion_core.circuits.full_precision import full_precision
from qfusion_core.circuits.gates import FIXED, ROTATIONS, Angle, Gate, Term, whole_number
from qfusion_core.circuits.reach import said_of_width
from qfusion_core.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Circuit:
    """A traced circuit on ``n_wires`` wires, from ``|0...0>``; data, not code.

    Equal circuits are equal values; `digest` is the same in every process.
    """

    n_wires: int
    gates: tuple[Gate, ...]
    n_data: int
    n_weights: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "gates", tuple(self.gates))
        for name in ("n_wires", "n_data", "n_weights"):
            object.__setattr__(self, name, whole_number(name, getattr(self, name)))
        limits = {"data": self.n_data, "weight": self.n_weights}
        for position, gate in enumerate(self.gates):
            where = f"gate {position} ({gate.name} on {list(gate.wires)})"
            size = 1 if gate.name in ROTATIONS else FIXED.get(gate.name)
            if size is None:
                raise InputError(f"{where}: not in the gate set {sorted([*ROTATIONS, *FIXED])}")
            if len(gate.wires) != size or len(set(gate.wires)) != size:
                raise InputError(f"{where}: expected {size} distinct wire(s)")
            if not all(0 <= wire < self.n_wires for wire in gate.wires):
                raise InputError(f"{where}: wires must lie in 0..{self.n_wires - 1}")
            if (gate.angle is not None) != (gate.name in ROTATIONS):
                raise InputError(f"{where}: rotations, and only they, carry an angle")
            for term in gate.angle.terms if gate.angle else ():
                if not 0 <= term.index < limits[term.source]:
                    raise InputError(
                        f"{where}: {term.source}[{term.index}] outside 0..{limits[term.source] - 1}"
                    )

    def __hash__(self) -> int:
        return self._hash  # devices look a circuit up in each call, and it has many gates

    @cached_property
    def _hash(self) -> int:
        return hash((self.n_wires, self.gates, self.n_data, self.n_weights))

    def __repr__(self) -> str:
        return (
            f"<Circuit: {self.width()}; {len(self.gates)} gates, {self.n_data} data and "
            f"{self.n_weights} weight entries>"
        )

    def __getstate__(self) -> dict[str, Any]:
        # a hash is of one process: it must not travel, nor need what else is cached
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def trace(
        cls,
        quantum_function: Callable[..., object],
        *,
        n_wires: int,
        n_data: int,
        weights_shape: Sequence[int] | int,
    ) -> Circuit:
        """Make a circuit from a PennyLane quantum function ``f(data, weights)``.

        See `qfusion_core.circuits.tracing.trace`, which says what is accepted and what is refused.
        """
        from qfusion_core.circuits.tracing.trace import trace

        return trace(quantum_function, n_wires=n_wires, n_data=n_data, weights_shape=weights_shape)

    @cached_property
    def rotations(self) -> tuple[Gate, ...]:
        """The gates that carry an angle, in order: one column each of `angles`."""
        return tuple(gate for gate in self.gates if gate.angle is not None)

    @property
    def n_angles(self) -> int:
        """Number of rotation gates."""
        return len(self.rotations)

    @property
    def depth(self) -> int:
        """Most gates on a path through the circuit, measurements not counted."""
        reached = [0] * self.n_wires
        for gate in self.gates:
            last = 1 + max(reached[wire] for wire in gate.wires)
            for wire in gate.wires:
                reached[wire] = last
        return max(reached, default=0)

    @property
    def two_qubit_gates(self) -> int:
        """Number of gates on two wires."""
        return sum(len(gate.wires) == 2 for gate in self.gates)

    def width(self, words: Sequence[str] | None = None) -> str:
        """Its qubits and its widest light cone in words: ``100 qubits, widest cone 8``.

        Args:
            words: Pauli words that are measured; None: ZZ of neighbouring qubits, which is said.
        """
        return said_of_width(self.n_wires, self.gates, words)

    def by_angles(self) -> Circuit:
        """The same gates as a function of their angles: entry j of the data is the j-th angle.

        There are no weights, and ``n_data`` is `n_angles`.
        """
        columns = iter(range(self.n_angles))
        gates = tuple(
            gate
            if gate.angle is None
            else replace(gate, angle=Angle((Term("data", next(columns), 1.0),)))
            for gate in self.gates
        )
        return Circuit(self.n_wires, gates, n_data=self.n_angles, n_weights=0)

    @cached_property
    def affine(self) -> tuple[Tensor, Tensor, Tensor]:
        """``(A [n_angles, n_data], C [n_angles, n_weights], b [n_angles])`` in float64."""
        import torch

        def tensor(numbers: list[float]) -> Tensor:
            return torch.tensor(numbers, dtype=torch.float64, device="cpu")

        def matrix(source: str, width: int) -> Tensor:
            found = [
                (row, term.index, term.scale)
                for row, angle in enumerate(angles)
                for term in angle.terms
                if term.source == source
            ]
            rows, columns, scales = zip(*found, strict=True) if found else ((), (), ())
            places = torch.tensor([rows, columns], dtype=torch.long, device="cpu")
            empty = tensor([]).new_zeros(len(angles), width)
            return empty.index_put_(tuple(places), tensor(list(scales)), accumulate=True)

        angles = [gate.angle for gate in self.rotations if gate.angle is not None]
        with torch.inference_mode(False):  # kept, and differentiated through later
            offset = tensor([angle.offset for angle in angles])
            return matrix("data", self.n_data), matrix("weight", self.n_weights), offset

    def angles(self, data: Tensor, weights: Tensor) -> Tensor:
        """Angles of the rotations: ``data Aᵀ + weights Cᵀ + b``.

        Args:
            data: ``[batch, n_data]``.
            weights: ``[n_weights]``.

        Returns:
            ``[batch, n_angles]`` in radians, differentiable in both, in the dtype of ``data``.
        """
        self.check(data, weights)

        a, c, b = (matrix.to(data) for matrix in self.affine)
        with full_precision(data.device):
            return data @ a.T + (weights.to(data) @ c.T + b)

    def check(self, data: Tensor, weights: Tensor, observables: Sequence[str] = ()) -> None:
        """Refuse arguments of the wrong shape or dtype, by name, and words that do not fit.

        Raises:
            InputError: As said.
        """
        for name, tensor, shape in (
            ("data", data, ("batch", self.n_data)),
            ("weights", weights, (self.n_weights,)),
        ):
            if not hasattr(tensor, "is_floating_point"):
                raise InputError(f"{name}: expected a torch tensor, got {type(tensor).__name__}")
            fits = tensor.ndim == len(shape) and tensor.shape[-1] == shape[-1]
            if not fits:
                wanted = ", ".join(str(size) for size in shape)
                raise InputError(f"{name}: expected shape [{wanted}], got {list(tensor.shape)}")
            if not tensor.is_floating_point():
                raise InputError(f"{name}: expected a floating-point tensor, got {tensor.dtype}")
        for word in observables:
            fits = isinstance(word, str) and len(word) == self.n_wires
            if not fits or set(word) - set("IXYZ"):
                raise InputError(
                    f"observables: {word!r} is not a Pauli word of {self.n_wires} letters out of "
                    "I, X, Y, Z (wire 0 first)"
                )

    def to_pennylane(self, data: Tensor, weights: Tensor) -> None:
        """Queue the operations in the PennyLane quantum function that is being run.

        Args:
            data: ``[n_data]``, or ``[batch, n_data]``: then PennyLane broadcasts over the batch.
            weights: ``n_weights`` entries in any shape, row-major.
        """
        from qfusion_core.circuits.pennylane import queue_bound

        queue_bound(self, data, weights)

    def queue(self, angles: Tensor) -> list[Any]:
        """Queue the operations with the angles given, and return them.

        Args:
            angles: ``[n_angles]``, or ``[rows, n_angles]``: then PennyLane broadcasts over rows.
        """
        from qfusion_core.circuits.pennylane import queue

        return queue(self, angles)

    def draw(self) -> str:
        """The circuit as text, each angle as a formula of data (x) and weights (w) entries."""
        from qfusion_core.circuits.pennylane import draw

        return draw(self)

    def digest(self) -> str:
        """SHA-256 of a canonical encoding, in hexadecimal: the same in every process."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        def said(angle: Angle) -> list[Any]:
            terms = [[t.source, t.index, float(t.scale).hex()] for t in angle.terms]
            return [terms, float(angle.offset).hex()]

        gates = [[g.name, list(g.wires), g.angle and said(g.angle)] for g in self.gates]
        canonical = json.dumps([1, self.n_wires, self.n_data, self.n_weights, gates])
        return hashlib.sha256(canonical.encode()).hexdigest()
