"""A program that the SDK's simulator has parsed once, with its angles left open.

Most of the time of `braket.local.qubit` goes into parsing OpenQASM, anew for each row and setting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, NamedTuple

from qfusion_braket.options import Noise


class OpenGate(NamedTuple):
    """A gate whose angles are not known yet.

    Attributes:
        position: In the operations.
        make: Makes the operation of its angles.
        angles: Expressions of the inputs (sympy).
    """

    position: int
    make: Callable[..., Any]
    angles: tuple[Any, ...]


class ParsedProgram:
    """Operations of `braket.default_simulator`, to be bound to rows of angles.

    Args:
        text: OpenQASM 3 whose inputs are a0, a1, ...
        n_angles: How many there are.
        noise: What follows each gate; None for nothing.
        end: Operations that follow all of it.
    """

    def __init__(
        self,
        text: str,
        n_angles: int = 0,
        *,
        noise: Noise | None = None,
        end: Sequence[Any] = (),
    ) -> None:
        operations, self._open = _parse(text, noise)
        self._operations = [*operations, *end]
        self._values = _evaluator([angle for gate in self._open for angle in gate.angles], n_angles)

    def bind(self, angles: Sequence[float]) -> list[Any]:
        """Operations with the angles of one row, in radians."""
        bound, values = list(self._operations), iter(self._values(*angles))
        for gate in self._open:
            bound[gate.position] = gate.make(*islice(values, len(gate.angles)))
        return bound


def _parse(text: str, noise: Noise | None) -> tuple[list[Any], list[OpenGate]]:
    from braket.default_simulator.openqasm.interpreter import Interpreter
    from braket.default_simulator.openqasm.program_context import ProgramContext
    from sympy import Expr

    context, open_gates = ProgramContext(), list[OpenGate]()
    add = context.add_gate_instruction

    def noted(name: str, target: Any, params: Any, **modifiers: Any) -> None:
        add(name, target, params, **modifiers)
        instructions = context.circuit.instructions
        if any(isinstance(parameter, Expr) and parameter.free_symbols for parameter in params):
            kind = type(instructions[-1])

            def make(*angles: float) -> Any:
                return kind(target, *angles, **modifiers)

            open_gates.append(OpenGate(len(instructions) - 1, make, tuple(params)))
        if noise is not None:
            one = len(target) == 1
            kind_of_noise = "depolarizing" if one else "two_qubit_depolarizing"
            p = noise.one_qubit if one else noise.two_qubit
            if p:
                context.add_noise_instruction(kind_of_noise, list(target), [p])

    context.add_gate_instruction = noted
    Interpreter(context).run(text)
    return list(context.circuit.instructions), open_gates


def _evaluator(expressions: list[Any], n_angles: int) -> Callable[..., Sequence[float]]:
    from sympy import lambdify, symbols

    values: Callable[..., Sequence[float]] = lambdify(symbols(f"a:{n_angles}"), expressions, "math")
    return values
