"""CPU time of tracing a circuit, by qubits and layers, here and with another version of qfusion.

Five kinds of circuits, from rotations and CNOTs gate by gate to templates that PennyLane takes
apart; one of them as a QNode, too. At four qubits, values and gradients of what was traced are
compared with default.qubit first; where two versions are measured, they must give one digest for
each circuit. A round is a process of each version that traces all circuits once, after a small one;
versions take turns, a ratio is of one round, and a figure the median over the rounds.

    python examples/benchmarks/tracing.py --against OTHER/bin/python \\
        --json examples/benchmarks/results/tracing.json
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pennylane as qml
import torch
from timing.arguments import new_file
from traced_circuits import KINDS

from qfusion_core import Circuit, CircuitEncoder
from qfusion_core.provenance import provenance
from qfusion_core.storage.writing import write_atomically

Row = dict[str, Any]

QUBITS = (4, 9, 16, 32, 64, 100, 156)
LAYERS = (1, 3)
TARGET = "brick, 100 qubits, layers: 3"
LIMIT = 1.0  # CPU seconds


BY_QNODE = "brick, by QNode"


class Case(NamedTuple):
    """What is traced."""

    kind: str
    qubits: int
    layers: int

    @property
    def title(self) -> str:
        """For people."""
        return f"{self.kind}, {self.qubits} qubits, layers: {self.layers}"


def traced(case: Case) -> Circuit:
    """The circuit of a case."""
    function, shape = KINDS[case.kind.partition(",")[0]](case.qubits, case.layers)
    if case.kind != BY_QNODE:
        return Circuit.trace(function, n_wires=case.qubits, n_data=case.qubits, weights_shape=shape)

    def values(inputs: torch.Tensor, weights: torch.Tensor) -> list[Any]:
        function(inputs, weights)
        return [qml.expval(qml.Z(wire)) for wire in range(case.qubits)]

    node = qml.QNode(values, qml.device("default.qubit", wires=case.qubits))
    return CircuitEncoder.from_qnode(node, n_features=case.qubits, weights_shape=shape).traced


def check(kind: str, qubits: int = 4, layers: int = 2) -> float:
    """Largest error of values and gradients beside those of the function itself.

    Raises:
        SystemExit: It is not that of rounding.
    """
    circuit = traced(Case(kind, qubits, layers))
    function, shape = KINDS[kind.partition(",")[0]](qubits, layers)
    draw = torch.Generator().manual_seed(1)
    data, weights = (
        torch.randn(size, generator=draw, dtype=torch.float64, requires_grad=True)
        for size in ((qubits,), shape)
    )

    def found(queue: Callable[..., None]) -> torch.Tensor:
        def measured() -> list[Any]:
            queue(data, weights)
            words = (letter * qubits for letter in "XYZ")
            return [qml.expval(qml.pauli.string_to_pauli_word(word)) for word in words]

        node = qml.QNode(measured, qml.device("default.qubit", wires=qubits))
        values = torch.stack([torch.as_tensor(value) for value in node()])
        upstream = torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64)
        parts = torch.autograd.grad(values, (data, weights), upstream)
        return torch.cat([values.detach(), *(part.flatten() for part in parts)])

    off = float((found(circuit.to_pennylane) - found(function)).abs().max())
    if off > 1e-12:
        raise SystemExit(f"{kind}: values or gradients are off by {off}")
    return off


def measure_here(cases: list[Case]) -> list[Row]:
    """CPU seconds of each case in this process, with the number of gates and the digest."""
    torch.set_num_threads(1)
    traced(Case("brick", 4, 1))
    traced(Case(BY_QNODE, 4, 1))
    rows = []
    for case in cases:
        gc.collect()  # what others left
        began = time.process_time()
        circuit = traced(case)
        seconds = time.process_time() - began
        rows.append(
            {"cpu_seconds": seconds, "gates": len(circuit.gates), "digest": circuit.digest()}
        )
    return rows


def measure(python: str, cases: list[Case]) -> list[Row]:
    """The same in a process of its own."""
    words = [python, str(Path(__file__).resolve()), "--measure", json.dumps(cases)]
    done = subprocess.run(
        words,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        cwd=tempfile.gettempdir(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{python}: {done.stderr.strip()}")
    rows: list[Row] = json.loads(done.stdout.splitlines()[-1])
    return rows


def summary(case: Case, runs: dict[str, list[Row]]) -> Row:
    """Medians of a case.

    Raises:
        SystemExit: The circuits are not all the same.
    """
    rows = [row for each in runs.values() for row in each]
    if len({row["digest"] for row in rows}) > 1:
        raise SystemExit(f"{case.title}: the versions trace different circuits")
    found: Row = {"gates": rows[0]["gates"], "digest": rows[0]["digest"]}
    for name, each in runs.items():
        seconds = [row["cpu_seconds"] for row in each]
        found[name] = {
            "cpu_seconds": statistics.median(seconds),
            "microseconds_per_gate": 1e6 * statistics.median(seconds) / rows[0]["gates"],
            "rounds": seconds,
        }
    if "other" in found:
        pairs = zip(found["other"]["rounds"], found["this"]["rounds"], strict=True)
        found["ratio"] = statistics.median(other / this for other, this in pairs)
    return found


def shown(case: Case, found: Row) -> str:
    """A line of the table."""
    this = found["this"]
    text = (
        f"{case.title:38} {found['gates']:5} gates {this['cpu_seconds']:8.3f} CPU s "
        f"{this['microseconds_per_gate']:6.0f} us a gate"
    )
    if "other" in found:
        text += f", other {found['other']['cpu_seconds']:8.3f} CPU s, {found['ratio']:5.1f} times"
    if case.title == TARGET:
        text += f", limit {LIMIT:g}: {'met' if this['cpu_seconds'] < LIMIT else 'NOT met'}"
    return text


def main() -> None:
    """Measure, print, and write where told to."""
    assert __doc__
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--against", metavar="PYTHON", help="of an environment with another qfusion"
    )
    parser.add_argument("--qubits", type=int, nargs="+", default=QUBITS)
    parser.add_argument("--layers", type=int, nargs="+", default=LAYERS)
    parser.add_argument(
        "--kinds", nargs="+", choices=[*KINDS, BY_QNODE], default=[*KINDS, BY_QNODE]
    )
    parser.add_argument("--repeats", type=int, default=5, help="rounds")
    parser.add_argument("--json", type=new_file, metavar="FILE", help="write all measurements")
    parser.add_argument("--measure", help=argparse.SUPPRESS)  # what a round's process is told
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure_here([Case(*each) for each in json.loads(arguments.measure)])))
        return
    off = {kind: check(kind) for kind in arguments.kinds}
    print(f"largest error at four qubits: {max(off.values()):.1e}")
    pythons = {"this": sys.executable}
    if arguments.against:
        pythons["other"] = arguments.against
    cases = [
        Case(kind, qubits, layers)
        for kind in arguments.kinds
        for layers in arguments.layers
        for qubits in arguments.qubits
    ]
    runs: dict[str, list[list[Row]]] = {name: [] for name in pythons}
    for _ in range(arguments.repeats):
        for name, python in pythons.items():
            runs[name].append(measure(python, cases))
    found = {}
    for at, case in enumerate(cases):
        rounds = {name: [each[at] for each in listed] for name, listed in runs.items()}
        found[case.title] = summary(case, rounds)
        print(shown(case, found[case.title]))
    if arguments.json:
        document = {
            "largest_error_at_four_qubits": off, "repeats": arguments.repeats, "cases": found,
            "limit": {"case": TARGET, "cpu_seconds": LIMIT}, "provenance": provenance(),
        }  # fmt: skip
        write_atomically(arguments.json, json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
