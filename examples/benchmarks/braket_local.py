"""CPU time of a batch on Braket's own simulator: the device `braket` and `braket.local.qubit`.

Both take 16 samples, three layers, and X, Y and Z of each qubit with ZZ of neighbours, which are
three measurement settings: 48 executions of the SDK's state-vector simulator, in one process, in
turn. Values are compared before anything is timed. Timed are the first call of a device that was
just made, parsing included, and the next one, with other angles; tracing, the QNode, imports and
the compilation of the simulator's own kernels are not, for both. Runs of OpenQASM's parser, and
states that are evolved, are counted where they happen.

    python examples/benchmarks/braket_local.py --json examples/benchmarks/results/braket_local.json
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pennylane as qml
import torch
from timing.arguments import new_file

from qfusion_core import Circuit, commuting_groups
from qfusion_core.provenance import provenance
from qfusion_core.storage.writing import write_atomically

LAYERS, SAMPLES = 3, 16

Call = tuple[torch.Tensor, torch.Tensor]  # data [samples, wires], weights
Run = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
Row = dict[str, Any]


def model(wires: int) -> Callable[[Any, Any], None]:
    """The quantum function of both."""

    def queue(data: Any, weights: Any) -> None:
        for layer in range(LAYERS):
            for wire in range(wires):
                qml.RY(data[..., wire], wires=wire)
                qml.RY(weights[layer, wire, 0], wires=wire)
                qml.RZ(weights[layer, wire, 1], wires=wire)
            for wire in range(wires):
                qml.CNOT(wires=[wire, (wire + 1) % wires])

    return queue


def words(wires: int) -> list[str]:
    """X, Y and Z of each qubit, ZZ of each with the next."""

    def word(letter: str, *at: int) -> str:
        return "".join(letter if wire in at else "I" for wire in range(wires))

    singles = [word(letter, wire) for letter in "XYZ" for wire in range(wires)]
    return singles + [word("Z", wire, (wire + 1) % wires) for wire in range(wires)]


@contextmanager
def counting() -> Iterator[Counter[str]]:
    """Counts runs of the parser and of the simulation, whoever makes them."""
    from braket.default_simulator import StateVectorSimulator
    from braket.default_simulator.openqasm import interpreter

    counted: Counter[str] = Counter()

    def wrapped(name: str, run: Callable[..., Any]) -> Callable[..., Any]:
        def count(*arguments: Any, **options: Any) -> Any:
            counted[name] += 1
            return run(*arguments, **options)

        return count

    parse, simulate = interpreter.parse, StateVectorSimulator.initialize_simulation
    interpreter.parse = wrapped("parsed", parse)
    StateVectorSimulator.initialize_simulation = wrapped("simulated", simulate)
    try:
        yield counted
    finally:
        interpreter.parse, StateVectorSimulator.initialize_simulation = parse, simulate


def ours(wires: int, shots: int | None) -> Run:
    """The device `braket`, with nothing parsed yet."""
    from qfusion_braket.device import Braket

    shape = (LAYERS, wires, 2)
    circuit = Circuit.trace(model(wires), n_wires=wires, n_data=wires, weights_shape=shape)
    device = Braket(Braket.Options(device="local", shots=shots))
    return lambda data, weights: device.expectations(circuit, data, weights.flatten(), words(wires))


def theirs(wires: int, shots: int | None) -> Run:
    """A QNode on `braket.local.qubit`, which takes all samples broadcast."""
    return node(qml.device("braket.local.qubit", wires=wires), wires, shots)


def node(device: Any, wires: int, shots: int | None = None) -> Run:
    """A QNode."""

    def values(data: Any, weights: Any) -> list[Any]:
        model(wires)(data, weights)
        return [qml.expval(qml.pauli.string_to_pauli_word(word)) for word in words(wires)]

    run = qml.set_shots(shots)(qml.QNode(values, device))
    return lambda data, weights: torch.as_tensor(np.array(run(data.numpy(), weights.numpy()))).T


def measure(
    make: Callable[[int, int | None], Run], wires: int, shots: int | None, call: Call
) -> dict[str, Row]:
    """CPU and wall seconds, and what was counted, of two calls of what was made anew."""
    run, (data, weights) = make(wires, shots), call
    found = {}
    for name, angles in (("first", data), ("next", -data)):
        with counting() as counted:
            cpu, wall = time.process_time(), time.perf_counter()
            run(angles, weights)
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        found[name] = {"cpu_seconds": cpu, "wall_seconds": wall, "parsed": 0, **counted}
    return found


def compare(wires: int, shots: int | None, repeats: int) -> Row:
    """One size: equal values first, then both in turn."""
    draw = torch.Generator().manual_seed(1)
    data = torch.randn(SAMPLES, wires, generator=draw, dtype=torch.float64)
    weights = torch.randn(LAYERS, wires, 2, generator=draw, dtype=torch.float64)
    exact = node(qml.device("default.qubit", wires=wires), wires)(data, weights)
    off = {name: float((make(wires, None)(data[:2], weights) - exact[:2]).abs().max())
           for name, make in (("braket", ours), ("braket.local.qubit", theirs))}  # fmt: skip
    if max(off.values()) > 1e-12:
        raise SystemExit(f"the values are not those of default.qubit: {off}")
    rows: dict[str, list[dict[str, Row]]] = {"braket": [], "braket.local.qubit": []}
    for _ in range(repeats):
        for name, make in zip(rows, (ours, theirs), strict=True):
            rows[name].append(measure(make, wires, shots, (data, weights)))
    settings = len(commuting_groups(words(wires)))
    title = f"{SAMPLES} samples, {wires} qubits, {settings} settings, "
    print(title + (f"{shots} shots" if shots else "exact") + f", largest error {off}")
    ratios = {}
    for which in ("first", "next"):
        median = {
            name: statistics.median(each[which]["cpu_seconds"] for each in found)
            for name, found in rows.items()
        }
        for name, found in rows.items():
            counted = found[0][which]
            print(
                f"{which:6} {name:19} {median[name]:7.3f} CPU s (median of {repeats}), parsed "
                f"{counted['parsed']} times, {counted['simulated']} states evolved"
            )
        ratios[which] = median["braket.local.qubit"] / median["braket"]
        print(f"{which:6} braket takes {ratios[which]:.0f} times less CPU time")
    return {
        "qubits": wires, "shots": shots, "settings": settings, "runs": rows,
        "largest_error_exact": off, "cpu_ratio_of_medians": ratios,
    }  # fmt: skip


def main() -> None:
    """Measure, print, and write where told to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--qubits", type=int, nargs="+", default=[4, 9])
    parser.add_argument("--shots", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=new_file, metavar="FILE", help="write all measurements")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", category=DeprecationWarning)  # of the SDK, of itself
    cases = [
        compare(wires, shots, arguments.repeats)
        for wires in arguments.qubits
        for shots in (None, arguments.shots)
    ]
    if arguments.json:
        document = {
            "samples": SAMPLES, "layers": LAYERS, "cases": cases, "provenance": provenance(),
        }  # fmt: skip
        write_atomically(arguments.json, json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
