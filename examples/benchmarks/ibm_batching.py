r"""CPU time of a batch on a snapshot of a machine of IBM's: the device `ibm` and `qiskit.remote`.

Both take 16 samples on four qubits, three layers, <Z> of each qubit, the same backend, shots and
optimisation level, in turn, each time in a process of its own. Timed is the first call of a device
that was just made, transpilation and noise model included; tracing, the QNode and imports are not,
for both. Jobs and transpilations are counted where they happen: in the estimator of the SDK and in
the pass manager of Qiskit. No template is on the disk. `qiskit.remote` needs the extra `aer`, and
so an environment without today's client of IBM:

    python examples/benchmarks/ibm_batching.py --against OTHER/bin/python \
        --json examples/benchmarks/results/ibm_batching.json
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
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

from qfusion_core import Circuit
from qfusion_core.provenance import provenance
from qfusion_core.storage.writing import write_atomically
from qfusion_ibm.sdk_version import gives_counts, installed

WIRES, LAYERS, SAMPLES, LEVEL = 4, 3, 16, 2
WORDS = tuple("I" * wire + "Z" + "I" * (WIRES - wire - 1) for wire in range(WIRES))
SHAPE = (LAYERS, WIRES, 2)

Call = tuple[torch.Tensor, torch.Tensor]  # data [samples, wires], weights
Run = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
Row = dict[str, Any]


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
    from qiskit.transpiler import StagedPassManager
    from qiskit_ibm_runtime import EstimatorV2

    kind: Any = EstimatorV2
    if gives_counts():
        from qiskit_ibm_runtime.executor_estimator import Estimator

        kind = Estimator

    counted: Counter[str] = Counter()

    def wrapped(name: str, run: Callable[..., Any]) -> Callable[..., Any]:
        def count(*arguments: Any, **options: Any) -> Any:
            counted[name] += 1
            return run(*arguments, **options)

        return count

    compile_all, send = StagedPassManager.run, kind.run
    StagedPassManager.run = wrapped("transpilations", compile_all)
    kind.run = wrapped("jobs", send)
    try:
        yield counted
    finally:
        StagedPassManager.run, kind.run = compile_all, send


def ours(machine: str, shots: int) -> Run:
    """The device `ibm`, with nothing transpiled yet."""
    from qfusion_ibm.device import IBM

    circuit = Circuit.trace(model, n_wires=WIRES, n_data=WIRES, weights_shape=SHAPE)
    device = IBM(IBM.Options(backend=machine, shots=shots, optimization_level=LEVEL))
    return lambda data, weights: device.expectations(circuit, data, weights.flatten(), WORDS)


def theirs(machine: str, shots: int) -> Run:
    """A QNode on `qiskit.remote`, which takes all samples broadcast."""
    from qiskit_ibm_runtime import fake_provider

    kinds = {getattr(kind, "backend_name", ""): kind for kind in vars(fake_provider).values()}
    backend = kinds[machine]()
    return node(
        qml.device("qiskit.remote", wires=WIRES, backend=backend, optimization_level=LEVEL), shots
    )


MAKERS = {"ibm": ours, "qiskit.remote": theirs}


def node(device: Any, shots: int | None = None) -> Run:
    """A QNode."""

    def values(data: Any, weights: Any) -> list[Any]:
        model(data, weights)
        return [qml.expval(qml.Z(wire)) for wire in range(WIRES)]

    run = qml.set_shots(shots)(qml.QNode(values, device))
    return lambda data, weights: torch.as_tensor(np.array(run(data.numpy(), weights.numpy()))).T


def measure(make: Callable[[str, int], Run], machine: str, shots: int, call: Call) -> Row:
    """CPU and wall seconds, jobs, transpilations and error of one call of what was made anew."""
    with counting() as counted, tempfile.TemporaryDirectory() as cache:
        os.environ["XDG_CACHE_HOME"] = cache
        run = make(machine, shots)
        cpu, wall = time.process_time(), time.perf_counter()
        values = run(*call)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    error = values - node(qml.device("default.qubit", wires=WIRES))(*call)
    rms = float(error.square().mean().sqrt())
    return {"cpu_seconds": cpu, "wall_seconds": wall, "rms_error": rms, **counted}


def once(name: str, machine: str, shots: int) -> Row:
    """A row of a device, in this process."""
    # deprecated parts of the SDKs, which they use themselves
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    draw = torch.Generator().manual_seed(1)
    data = torch.randn(SAMPLES, WIRES, generator=draw, dtype=torch.float64)
    weights = torch.randn(SHAPE, generator=draw, dtype=torch.float64)
    # imports, and whatever else is only done once
    measure(MAKERS[name], machine, shots, (data[:1], weights))
    return measure(MAKERS[name], machine, shots, (data, weights)) | {"client": str(installed())}


def main() -> None:
    """Measure, print, and write where told to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", default="fake_manila", help="a snapshot")
    parser.add_argument("--shots", type=int, default=4096)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=new_file, metavar="FILE", help="write all measurements")
    parser.add_argument("--against", metavar="PYTHON", help="of an environment with the extra aer")
    parser.add_argument("--once", choices=MAKERS, help="one row of one of them, as JSON")
    arguments = parser.parse_args()
    chosen = (arguments.backend, arguments.shots)
    if arguments.once:
        print(json.dumps(once(arguments.once, *chosen)))
        return
    pythons = {"ibm": sys.executable, "qiskit.remote": arguments.against or sys.executable}
    rows: dict[str, list[Row]] = {name: [] for name in pythons}
    for _ in range(arguments.repeats):
        for name, python in pythons.items():
            command = [python, __file__, "--once", name, "--backend", chosen[0]]
            command += ["--shots", str(chosen[1])]
            said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            rows[name].append(json.loads(said.splitlines()[-1]))
    median = {
        name: statistics.median(row["cpu_seconds"] for row in found) for name, found in rows.items()
    }
    ratio = median["qiskit.remote"] / median["ibm"]
    print(f"{SAMPLES} samples, {WIRES} qubits, <Z>, {arguments.backend}, {arguments.shots} shots")
    for name, found in rows.items():
        first = found[0]
        print(
            f"{name:14} {median[name]:7.2f} CPU s (median of {len(found)}), {first['jobs']} jobs, "
            f"client {first['client']}, "
            f"{first['transpilations']} transpilations, rms error {first['rms_error']:.3f}"
        )
    print(f"ibm takes {ratio:.1f} times less CPU time")
    if arguments.json:
        document = {
            "backend": arguments.backend, "shots": arguments.shots, "samples": SAMPLES,
            "qubits": WIRES, "layers": LAYERS, "optimization_level": LEVEL, "runs": rows,
            "cpu_ratio_of_medians": ratio, "provenance": provenance(),
        }  # fmt: skip
        write_atomically(arguments.json, json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
