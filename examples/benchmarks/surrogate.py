"""How good a surrogate is: against direct measurement, and what its check finds.

    python examples/benchmarks/surrogate.py

On a noisy snapshot of IBM's that runs here, whose exact outcome probabilities are computed with
Aer's density matrix, and shots drawn from these: so that errors are known. Parts:

- `rms`: surrogates of many jobs beside direct measurement with as many shots for each row, at
  uniform angles and at the test rows of the data set;
- `check`: alarms in sound jobs; what is found of a machine that drifts, and of one whose noise
  depends on the angle;
- `wide`: a grid for many qubits, without noise.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from exact_shots import Machine, Snapshot, words_of
from paired_study import written
from scores import positive
from surrogate_markdown import as_markdown
from torch import Tensor

from qfusion_core import QfusionError, Registry, open_backend, train
from qfusion_core.config.presets import compose
from qfusion_core.model.classifier import circuit_of
from qfusion_core.provenance import provenance
from qfusion_core.runs.loading import load_model
from qfusion_core.surrogate.card import Check
from qfusion_core.surrogate.check import check
from qfusion_core.surrogate.grid import Grid, Rows
from qfusion_core.surrogate.joint_shots import joint_shots
from qfusion_core.surrogate.table import Table, shot_variance

DRIFT, ANGLED = 0.1, 0.3


def rms_part(
    options: argparse.Namespace, snapshot: Snapshot, machine: Machine, real: Tensor
) -> Any:
    """Errors of surrogates and of direct measurement, at uniform angles and at real rows."""
    encoder, shots = snapshot.encoder, options.shots
    uniform = torch.from_numpy(
        np.random.default_rng(1).uniform(-math.pi, math.pi, (options.angles, encoder.n_data))
    )
    found: dict[str, Any] = {}
    for name, data in (("uniform", uniform), ("real", real)):
        shares = snapshot.probabilities(data)
        known = words_of(encoder, shares)
        off = float((machine.probabilities(data) - shares).abs().max())
        squares = {"surrogate": [], "direct": []}  # type: dict[str, list[float]]
        for job in range(options.jobs):
            grid = Grid.of(encoder.traced, encoder.observables, job)
            values = machine.measure(machine.probabilities(grid.data), shots)
            squares["surrogate"].append(mean_square(Table(grid, values, shots).at(data) - known))
            squares["direct"].append(mean_square(machine.measure(shares, shots) - known))
        errors = {name: math.sqrt(float(np.mean(of))) for name, of in squares.items()}
        ratios = np.sqrt(np.array(squares["surrogate"]) / np.array(squares["direct"]))
        found[name] = {
            "rows": len(data), **errors, "ratio": errors["surrogate"] / errors["direct"],
            "ratio of jobs": [float(ratios.min()), float(ratios.max())],
            "polynomial off by": off,
        }  # fmt: skip
    weights = encoder.weights.detach().flatten().double()
    itself = open_backend(options.backend)
    values = itself.expectations(encoder.traced, real, weights, encoder.observables)
    found["real"]["the backend's own"] = math.sqrt(mean_square(values - known))
    return found


def mean_square(off: Tensor) -> float:
    """Over all entries."""
    return float(off.square().mean())


def sound(machine: Machine, rows: Rows) -> Tensor:
    """Probabilities of a machine as it should be."""
    return machine.probabilities(rows.data)


def drifting(machine: Machine, rows: Rows) -> Tensor:
    """Outcomes become uniform in one case of ten by the end of the job."""
    shares = machine.probabilities(rows.data)
    lost = DRIFT * torch.linspace(0, 1, len(rows), dtype=torch.float64).unsqueeze(1)
    return (1 - lost) * shares + lost / shares.shape[1]


def angled(machine: Machine, rows: Rows) -> Tensor:
    """After its data rotation a qubit is depolarised by .3 (1 - cos x) / 2: most at half a turn."""
    return machine.probabilities(rows.data, 1 - ANGLED * (1 - rows.data.cos()) / 2)


def check_part(
    machine: Machine, how: Callable[[Machine, Rows], Tensor], jobs: int, shots: int, exact: Any
) -> Any:
    """Checks of many jobs."""
    encoder, found = machine.encoder, list[Check]()
    weights = encoder.weights.detach().flatten().double()
    for job in range(jobs):
        rows = Rows.of(Grid.of(encoder.traced, encoder.observables, job), None, job)
        values = machine.measure(how(machine, rows), shots)
        joint = joint_shots(
            encoder.traced, encoder.observables, rows.data, values, shot_variance(values, shots),
            lambda data, words: exact.expectations(encoder.traced, data, weights, words), job,
        )  # fmt: skip
        found.append(check(rows, values, shots, joint, job))
    alarms = sum(not each.sound for each in found)
    return {
        "jobs": jobs, "alarms": alarms, "share": alarms / jobs,
        "called drift": sum(each.drifts for each in found),
        "finds error": float(np.mean([each.finds_error for each in found])),
        "finds drift": float(np.mean([each.finds_drift for each in found])),
    }  # fmt: skip


def wide_part(qubits: int, layers: int, shots: int) -> Any:
    """A brick circuit on a line of many qubits, without noise: light cones know the answer."""
    kind = Registry().get("quantum_encoder", "hardware-efficient")
    torch.manual_seed(0)
    chosen = kind.Options(layers=layers, entangler="brick", readout="z+zz-line")
    encoder = kind(chosen, n_features=qubits).double()
    circuit, words = encoder.traced, encoder.observables
    weights, exact = encoder.weights.detach().flatten(), open_backend("statevector")
    grid = Grid.of(circuit, words, 0)
    values = exact.expectations(circuit, grid.data, weights, words)
    data = torch.rand(200, qubits, dtype=torch.float64) * 2 * math.pi
    known = exact.expectations(circuit, data, weights, words)
    noise = shot_variance(values, shots).sqrt() * torch.randn_like(values)
    sampled = Table(grid, values + noise, shots)
    many = torch.rand(10_000, qubits) * 2 * math.pi
    sampled.at(many[:1])
    began = time.process_time()
    for chunk in many.split(1024):
        sampled.at(chunk)
    direct = shot_variance(known, shots).mean().sqrt()
    return {
        "qubits": qubits, "words": len(words), "rows": grid.rows,
        "off by": float((Table(grid, values, None).at(data) - known).abs().max()),
        "ratio": float((sampled.at(data) - known).square().mean().sqrt() / direct),
        "seconds of 10000 rows": round(time.process_time() - began, 2),
    }  # fmt: skip


def study(options: argparse.Namespace) -> dict[str, Any]:
    """All parts."""
    registry, exact = Registry(), open_backend("statevector")
    settings = [f"training.seed={options.seed}"]
    spec = compose(options.preset, options.data, settings=settings, registry=registry)
    with tempfile.TemporaryDirectory() as scratch:
        run = train(spec, Path(scratch) / "run", backend="statevector").folder
        model = load_model(run, registry).double().eval()
        test = run.load_split(registry).test
    encoder = circuit_of(model, options.backend)
    with torch.no_grad():
        real = encoder.encode(model.preprocess(torch.from_numpy(test.x))[1])
    snapshot = Snapshot(options.backend, encoder)
    machine = Machine.of(snapshot, np.random.default_rng(options.seed))
    rms = rms_part(options, snapshot, machine, real)
    print(json.dumps(rms, indent=1), flush=True)
    found: dict[str, Any] = {}
    for how, jobs in ((sound, options.sound), (drifting, options.faulty), (angled, options.faulty)):
        found[how.__name__] = check_part(machine, how, jobs, options.shots, exact)
        print(how.__name__, found[how.__name__], flush=True)
    return {
        "backend": options.backend, "data": options.data, "preset": options.preset,
        "seed": options.seed, "shots": options.shots, "jobs": options.jobs,
        "grid": machine.kernel.grid.rows, "rms": rms, "check": found,
        "wide": [wide_part(qubits, 2, options.shots) for qubits in options.wide],
        "provenance": provenance(),
    }  # fmt: skip


def parser() -> argparse.ArgumentParser:
    """The options of the command line."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = made.add_argument
    add("--backend", default="ibm-noisy", help="a snapshot of IBM's (default: %(default)s)")
    add("--data", default="wine", metavar="DATASET", help="(default: %(default)s)")
    add("--preset", default="hardware", help="(default: %(default)s)")
    add("--seed", type=int, default=10, help="of the training and of all shots (default: 10)")
    add("--shots", type=positive, default=4096, help="(default: %(default)s)")
    add("--jobs", type=positive, default=20, help="of the part rms (default: 20)")
    add("--angles", type=positive, default=2000, help="of the part rms (default: 2000)")
    add("--sound", type=positive, default=500, help="sound jobs (default: 500)")
    add("--faulty", type=positive, default=100, help="jobs of each fault (default: 100)")
    add("--wide", type=positive, nargs="*", default=[32, 100], help="qubits (default: 32 100)")
    folder = Path("examples/benchmarks/results/surrogate")
    add("--out", type=Path, default=folder, metavar="FOLDER", help="(default: %(default)s)")
    return made


def main(words: Sequence[str] | Iterable[str] | None = None) -> int:
    """Run all parts, then write ``BACKEND.json`` and ``BACKEND.md``."""
    options = parser().parse_args(None if words is None else list(words))
    try:
        document = study(options)
    except QfusionError as error:
        print(f"error: {error}", file=sys.stderr)
        return int(error.exit_code)
    written(options.out, options.backend, document, as_markdown(document))
    return 0


if __name__ == "__main__":
    sys.exit(main())
