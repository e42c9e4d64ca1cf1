"""CPU time of a batch on a snapshot of one of IBM's machines: qfusion's `ibm` against `qiskit.remote`.

Both take 16 samples on four qubits, three layers, <Z> of each qubit, the same backend, shots and
optimisation level, in one process, in turn. Jobs and transpilations are counted where they happen:
in EstimatorV2.run and in Qiskit's pass manager. No template is on the disk.

    python examples/benchmarks/ibm_batching.py --json ibm_batching.json
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pennylane as qml
import torch

from qfusion_core import Circuit
from qfusion_core.runs.provenance import provenance

RESULTS = Path(__file__).with_name("results")
WIRES, LAYERS, SAMPLES, LEVEL = 4, 3, 16, 2
WORDS = tuple("I" * wire + "Z" + "I" * (WIRES - wire - 1) for wire in range(WIRES))
SHAPE = (LAYERS, WIRES, 2)


def model(data: Any, weights: Any) -> None:
    """The quantum function of both."""
    for layer in range(LAYERS):
        for wire in range(WIRES):
            qml.RY(data[..., wire], wires=wire)
            qml.RY(weights[layer, wire, 0], wires=wire)
            qml.RZ(weights[layer, wire, 1], wires=wire)
        for wire in range(WIRES):
            qml.CNOT(wires=[wire, (wire + 1) % WIRES])


@contextmanager
def counting() -> Iterator[Counter[str]]:
    """Counts jobs and transpilations of whoever makes them."""
    from qiskit.transpiler import PassManager, StagedPassManager
    from qiskit_ibm_runtime import EstimatorV2

    counted: Counter[str] = Counter()

    def wrapped(name: str, kind: type, run: Callable[..., Any]) -> Callable[..., Any]:
        def count(self: Any, *arguments: Any, **options: Any) -> Any:
            counted[name] += 1
            return run(self, *arguments, **options)

        return count

    kept = [(StagedPassManager, "transpilations"), (EstimatorV2, "jobs")]
    runs = [(kind, kind.run) for kind, _ in kept]
    for kind, name in kept:
        kind.run = wrapped(name, kind, kind.run)
    try:
        yield counted
    finally:
        for kind, run in runs:
            kind.run = run
        assert issubclass(StagedPassManager, PassManager)


def ours(backend: str, shots: int, data: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """One call of the device `ibm`."""
    from qfusion_ibm.device import IBM

    circuit = Circuit.trace(model, n_wires=WIRES, n_data=WIRES, weights_shape=SHAPE)
    device = IBM(IBM.Options(backend=backend, shots=shots, optimization_level=LEVEL))
    return device.expectations(circuit, data, weights.flatten(), WORDS)


def theirs(backend: str, shots: int, data: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """One call of a QNode on `qiskit.remote`, with all samples broadcast."""
    from qfusion_ibm.snapshots import open_local

    machine = open_local(backend)
    device = qml.device("qiskit.remote", wires=WIRES, backend=machine, optimization_level=LEVEL)

    @qml.set_shots(shots)
    @qml.qnode(device)
    def node(data: Any, weights: Any) -> list[Any]:
        model(data, weights)
        return [qml.expval(qml.Z(wire)) for wire in range(WIRES)]

    return torch.as_tensor(np.array(node(data.numpy(), weights.numpy()))).T


def exact(data: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """default.qubit."""

    @qml.qnode(qml.device("default.qubit", wires=WIRES))
    def node(data: Any, weights: Any) -> list[Any]:
        model(data, weights)
        return [qml.expval(qml.Z(wire)) for wire in range(WIRES)]

    return torch.as_tensor(np.array(node(data.numpy(), weights.numpy()))).T


def measure(
    run: Callable[..., torch.Tensor], arguments: tuple[Any, ...], reference: torch.Tensor
) -> dict[str, Any]:
    """CPU and wall seconds, jobs, transpilations and error of one call."""
    with counting() as counted, tempfile.TemporaryDirectory() as cache:
        os.environ["XDG_CACHE_HOME"] = cache
        cpu, wall = time.process_time(), time.perf_counter()
        values = run(*arguments)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    error = float((values - reference).square().mean().sqrt())
    return {"cpu_seconds": cpu, "wall_seconds": wall, "rms_error": error, **counted}


def main() -> None:
    """Measure, print, and write where told to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", default="fake_manila", help="a snapshot")
    parser.add_argument("--shots", type=int, default=4096)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", metavar="FILE", help="file name, in examples/benchmarks/results")
    arguments = parser.parse_args()
    # deprecated parts of the SDKs, which they use themselves
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    draw = torch.Generator().manual_seed(1)
    data = torch.randn(SAMPLES, WIRES, generator=draw, dtype=torch.float64)
    weights = torch.randn(SHAPE, generator=draw, dtype=torch.float64)
    reference = exact(data, weights)
    call = (arguments.backend, arguments.shots, data, weights)
    for run in (ours, theirs):  # imports, and whatever is only done once
        run(*call[:2], data[:1], weights)
    rows: dict[str, list[dict[str, Any]]] = {"ibm": [], "qiskit.remote": []}
    for _ in range(arguments.repeats):
        for name, run in zip(rows, (ours, theirs), strict=True):
            rows[name].append(measure(run, call, reference))
    median = {
        name: statistics.median(row["cpu_seconds"] for row in found) for name, found in rows.items()
    }
    ratio = median["qiskit.remote"] / median["ibm"]
    print(f"{SAMPLES} samples, {WIRES} qubits, <Z>, {arguments.backend}, {arguments.shots} shots")
    for name, found in rows.items():
        first = found[0]
        print(
            f"{name:14} {median[name]:7.2f} CPU s (median of {len(found)}), {first['jobs']} jobs, "
            f"{first['transpilations']} transpilations, rms error {first['rms_error']:.3f}"
        )
    print(f"ibm takes {ratio:.1f} times less CPU time")
    if arguments.json:
        document = {
            "backend": arguments.backend, "shots": arguments.shots, "samples": SAMPLES,
            "qubits": WIRES, "layers": LAYERS, "optimization_level": LEVEL, "runs": rows,
            "cpu_ratio_of_medians": ratio, "provenance": provenance(),
        }  # fmt: skip
        (RESULTS / arguments.json).write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
