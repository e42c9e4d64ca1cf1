"""What the stand-in computes: the OpenQASM that it is sent, with the SDK's own simulator."""

from __future__ import annotations

import copy
import json
import re
from functools import cache
from typing import Any

import numpy as np


def executed(source: str, inputs: dict[str, float], shots: int, seed: Any) -> dict[str, Any]:
    """Measurements of a program with ``measure`` in it.

    Args:
        source: OpenQASM 3.
        inputs: One number for each.
        shots: How many.
        seed: Of the draws.
    """
    qubits, probabilities = _probabilities(source, json.dumps(inputs, sort_keys=True))
    drawn = np.random.default_rng(seed).choice(len(probabilities), size=shots, p=probabilities)
    bits = (drawn[:, None] >> np.arange(len(qubits))[::-1]) & 1
    # in an order of the service's own: it is told, and nobody may rely on another
    order = np.random.default_rng([7, shots]).permutation(len(qubits))
    measured = [qubits[place] for place in order]
    return {"measurements": bits[:, order].tolist(), "measuredQubits": measured}


def expected(source: str, inputs: dict[str, float]) -> list[dict[str, Any]]:
    """Result types of a program without measurements, exact."""
    return json.loads(_expected(source, json.dumps(inputs, sort_keys=True)))


def gates_of(source: str) -> set[str]:
    """Names of the gates in a program."""
    declares = ("OPENQASM", "input", "bit", "qubit", "#pragma", "b[")
    lines = [line for line in source.splitlines() if not line.startswith(declares)]
    return {re.match(r"\w+", line)[0] for line in lines}


def qubits_of(source: str) -> int:
    """How many qubits it has."""
    if found := re.search(r"qubit\[(\d+)\]", source):
        return int(found[1])
    return len(set(re.findall(r"\$\d+", source)))


@cache
def _expected(source: str, inputs: str) -> str:
    from braket.default_simulator import StateVectorSimulator
    from braket.ir.openqasm import Program

    program = Program(source=source, inputs=json.loads(inputs))
    result = StateVectorSimulator().run(program, shots=0)
    return json.dumps([json.loads(each.json()) for each in result.resultTypes])


@cache
def _probabilities(source: str, inputs: str) -> tuple[tuple[int, ...], np.ndarray]:
    from braket.default_simulator.openqasm.interpreter import Interpreter
    from braket.default_simulator.state_vector_simulation import StateVectorSimulation

    # the simulator counts physical qubits from 0: these are told apart again below
    taken = sorted({int(number) for number in re.findall(r"\$(\d+)", source)})
    for place, number in enumerate(taken):
        source = re.sub(rf"\${number}\b", f"${place}", source)
    interpreter = Interpreter()
    interpreter.context.load_inputs(json.loads(inputs))
    interpreter.visit(copy.deepcopy(_parsed(source)))  # which may change it
    circuit = interpreter.context.circuit
    simulation = StateVectorSimulation(qubits_of(source), 0, 1)
    simulation.evolve(circuit.instructions)
    assert sorted(circuit.measured_qubits) == list(range(qubits_of(source)))
    probabilities = np.abs(simulation.state_vector) ** 2
    return tuple(taken or range(qubits_of(source))), probabilities / probabilities.sum()


@cache
def _parsed(source: str) -> Any:
    from braket.default_simulator.openqasm.parser.openqasm_parser import parse

    return parse(source)
