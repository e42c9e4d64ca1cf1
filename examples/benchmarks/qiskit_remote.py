r"""CPU time of a training step on a snapshot of IBM's: the device `qfusion` and `qiskit.remote`.

A step is a QNode forward, the mean of its values, and its gradient by the weights, in torch:
AngleEmbedding and StronglyEntanglingLayers, <Z> of each qubit, a broadcast batch. Both devices have
the same snapshot, shots and optimisation level, and shift parameters; they take turns in one
process, and a ratio is of one round. In a first round, which is not timed, values and gradients
are compared, within what shots allow; it also has the imports and the transpilation of ours.

`qiskit.remote` expands the batch and the shifts into a tape for each circuit, as it does with a
loop over rows, and of each makes a Qiskit circuit, transpiles it, starts an estimator and waits for
its job. IBM's local mode copies the snapshot for each job, which so makes its noise model anew: a
third of the time and more. So it is measured on the `AerSimulator` of the snapshot as well, which
has its noise model, Aer's own, from the beginning. Ours has one template, transpiled once, and two
jobs, whose rows of angles are matrices; their shots are drawn from the outcomes' probabilities.
Theirs is transpiled with its angles in it, which saves a gate here and there, so that its noise is
a little less. Jobs and transpilations are counted where they happen. It needs the extra `aer`:

    python examples/benchmarks/qiskit_remote.py \
        --json examples/benchmarks/results/qiskit_remote.json
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import pennylane as qml
import torch
from ibm_batching import counting
from timing.arguments import new_file, positive
from timing.race import load
from timing.summary import ratios, summarise

from qfusion_core import open_backend
from qfusion_core.provenance import provenance
from qfusion_core.storage.writing import write_atomically
from qfusion_ibm.snapshots import open_local

BACKEND, LEVEL = "ibm-noisy", 2
OURS, THEIRS, ON_AER = "qfusion", "qiskit.remote", "qiskit.remote on Aer"
SIGMAS = 5  # of shots, which the two may be apart

Found = tuple[torch.Tensor, torch.Tensor]
Step = Callable[[], Found]
Row = dict[str, Any]


def parser() -> argparse.ArgumentParser:
    """The options of the command line."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = made.add_argument
    add("--qubits", type=positive, default=4, metavar="N", help="(default: %(default)s)")
    add("--layers", type=positive, default=1, metavar="N", help="(default: %(default)s)")
    add("--batch", type=positive, default=8, metavar="N", help="(default: %(default)s)")
    add("--shots", type=positive, default=4096, metavar="N", help="(default: %(default)s)")
    add("--rounds", type=positive, default=5, metavar="N", help="(default: %(default)s)")
    add("--json", type=new_file, metavar="FILE", help="write all measurements")
    return made


def step_on(device: Any, method: str, options: argparse.Namespace, shots: int | None) -> Step:
    """What gives values ``[batch, qubits]``, and the gradient of their mean by the weights."""
    wires = range(options.qubits)
    draw = torch.Generator().manual_seed(1)
    data = torch.randn(options.batch, options.qubits, generator=draw, dtype=torch.float64)
    shape = (options.layers, options.qubits, 3)
    weights = torch.randn(shape, generator=draw, dtype=torch.float64).requires_grad_()

    def model(data: Any, weights: Any) -> Any:
        qml.AngleEmbedding(data, wires=wires)
        qml.StronglyEntanglingLayers(weights, wires=wires)
        return [qml.expval(qml.Z(wire)) for wire in wires]

    node = qml.set_shots(shots)(qml.QNode(model, device, interface="torch", diff_method=method))

    def step() -> Found:
        values = torch.stack(list(node(data, weights)), -1)
        (gradient,) = torch.autograd.grad(values.mean(), weights)
        return values.detach(), gradient

    return step


def measured(step: Step) -> tuple[Row, Found]:
    """CPU and wall seconds, jobs and transpilations of a step, and what it found."""
    with counting() as counted:
        cpu, wall = time.process_time(), time.perf_counter()
        found = step()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    counts = {name: counted[name] for name in ("jobs", "transpilations")}
    return {"cpu_seconds": cpu, "wall_seconds": wall, **counts}, found


def compared(one: Found, other: Found, options: argparse.Namespace) -> dict[str, Row]:
    """How far values and gradients are apart, and how far shots alone may bring them.

    A value has a variance of 1 / shots at most. A gradient is a mean over the batch of half of the
    difference of two, so it has half of that, over the batch.
    """
    spread = SIGMAS * math.sqrt(2 / options.shots)
    most = {"values": spread, "gradients": spread / math.sqrt(2 * options.batch)}
    return {
        name: {"apart": float((mine - theirs).abs().max()), "at_most": most[name]}
        for name, mine, theirs in zip(most, one, other, strict=True)
    }


def arms(machine: str, options: argparse.Namespace) -> dict[str, Step]:
    """Steps on each device."""
    from qiskit_aer import AerSimulator

    snapshot, wires, shots = open_local(machine), options.qubits, options.shots
    ours = qml.device(OURS, wires=wires, backend=BACKEND)
    found = {OURS: step_on(ours, "best", options, shots)}
    for name, backend in ((THEIRS, snapshot), (ON_AER, AerSimulator.from_backend(snapshot))):
        device = qml.device(THEIRS, wires=wires, backend=backend, optimization_level=LEVEL)
        found[name] = step_on(device, "parameter-shift", options, shots)
    return found


def agree(found: dict[str, Found], options: argparse.Namespace) -> tuple[bool, dict[str, Any]]:
    """Whether the others find what ours does, and how far they are from it."""
    checks = {
        name: compared(found[OURS], other, options) for name, other in found.items() if name != OURS
    }
    for name, check in checks.items():
        said = [
            f"{what} {each['apart']:.3f} of {each['at_most']:.3f}" for what, each in check.items()
        ]
        print(f"{name}: apart from ours, of what shots allow: {', '.join(said)}", flush=True)
    each = [one for check in checks.values() for one in check.values()]
    return all(one["apart"] <= one["at_most"] for one in each), checks


def main() -> int:
    """Compare, measure, print, and write where told to; 1 where they do not agree."""
    options = parser().parse_args()
    # deprecated parts of the SDKs, which they use themselves
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    entry: Any = open_backend(BACKEND)
    machine, before = entry.options.backend, load()
    steps = arms(machine, options)
    first = {name: measured(step) for name, step in steps.items()}
    right, checks = agree({name: found for name, (_, found) in first.items()}, options)
    if not right:
        return 1
    rounds: dict[str, list[Row]] = {name: [] for name in steps}
    for _ in range(options.rounds):
        for name, step in steps.items():
            rounds[name].append(measured(step)[0])
    size = {name: getattr(options, name) for name in ("qubits", "layers", "batch", "shots")}
    print(", ".join(f"{name} {value}" for name, value in size.items()) + f", {machine}")
    seconds = {name: [row["cpu_seconds"] for row in found] for name, found in rounds.items()}
    times = {name: summarise(ratios(each, seconds[OURS])) for name, each in seconds.items()}
    for name, (row, *_) in rounds.items():
        print(
            f"{name:22} {summarise(seconds[name]).show()} CPU s, {row['jobs']} jobs, "
            f"{row['transpilations']} transpilations; {times[name].show()} times ours"
        )
    if options.json:
        document = {
            "backend": machine, **size, "optimization_level": LEVEL, "checks": checks,
            "first": {name: row for name, (row, _) in first.items()}, "rounds": rounds,
            "cpu_seconds": {name: summarise(each)._asdict() for name, each in seconds.items()},
            "times_ours": {name: each._asdict() for name, each in times.items()},
            "load": (before, load()), "provenance": provenance(),
        }  # fmt: skip
        write_atomically(options.json, json.dumps(document, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
