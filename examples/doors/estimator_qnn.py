"""qiskit-machine-learning's EstimatorQNN and NeuralNetworkClassifier over Amazon Braket's stand-in.

    pip install --no-deps qiskit-machine-learning==0.9.1
    python examples/doors/estimator_qnn.py

A forward pass, gradients of inputs and weights, a short training and its score, each over
`QfusionEstimator` and a backend of the tests' service on loopback; then the same in a new process
with the same run folder, which is to send nothing. Tasks are counted where they are agreed to and
where the service accepts them; values are compared with Qiskit's exact estimator. Results are
written to ``results/estimator_qnn.json``; the exit code is 1 where something is amiss.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "tests"))

BACKENDS = {"garnet": "iqm/Garnet", "sv1": "sv1"}
PRECISION = 0.05


def entry(name: str) -> str:
    """Of ``backends.yaml``."""
    options = f"device: {BACKENDS[name]}, shots: 1000, s3: 's3://results/here', poll_seconds: 0.01"
    return f"  {name}: {{type: braket, options: {{{options}}}, budget: {{max_usd: 1000}}}}\n"


def problem() -> tuple[Any, Any, Any, Any, Any]:
    """Feature map, ansatz, rows, labels and weights to begin with."""
    from qiskit.circuit.library import real_amplitudes, zz_feature_map

    draw = np.random.default_rng(0)
    rows = draw.uniform(-1, 1, (6, 2))
    labels = np.where(rows.prod(axis=1) > 0, 1, -1)
    return (
        zz_feature_map(2, reps=1),
        real_amplitudes(2, reps=1),
        rows,
        labels,
        draw.uniform(0, 3, 4),
    )


def network(estimator: Any, precision: float, words: tuple[str, ...]) -> Any:
    """With gradients of the inputs, where all words are asked for."""
    from qiskit.quantum_info import SparsePauliOp
    from qiskit_machine_learning.neural_networks import EstimatorQNN

    features, ansatz, *_ = problem()
    return EstimatorQNN(
        circuit=features.compose(ansatz),
        estimator=estimator,
        observables=[SparsePauliOp(word) for word in words],
        input_params=features.parameters,
        weight_params=ansatz.parameters,
        input_gradients=len(words) > 1,
        default_precision=precision,
    )


def passes(estimator: Any, precision: float) -> dict[str, Any]:
    """Values, and gradients of inputs and weights."""
    *_, rows, _, weights = problem()
    made = network(estimator, precision, ("ZI", "IZ"))
    by_input, by_weight = made.backward(rows, weights)
    found = {"values": made.forward(rows, weights), "inputs": by_input, "weights": by_weight}
    return {name: np.asarray(array).tolist() for name, array in found.items()}


def child(backend: str, run: str) -> None:
    """All of it, in the measurement of a folder; prints what was found, and agreed to."""
    from qiskit_machine_learning.algorithms import NeuralNetworkClassifier
    from qiskit_machine_learning.optimizers import L_BFGS_B

    import qfusion_core
    from qfusion_ibm import QfusionEstimator

    qfusion_core.trust("backends.yaml")
    agreed: list[int] = []
    *_, rows, labels, weights = problem()
    with qfusion_core.measurement(
        "network", run, approve=lambda price: agreed.append(price.tasks) or True
    ) as measurement:
        estimator = QfusionEstimator(backend, run=measurement, default_precision=PRECISION)
        found = passes(estimator, PRECISION)
        classifier = NeuralNetworkClassifier(
            network(estimator, PRECISION, ("ZI",)),
            optimizer=L_BFGS_B(maxiter=2, maxfun=4),
            initial_point=weights,
        )
        classifier.fit(rows, labels)
        found |= {"trained": classifier.weights.tolist(), "score": classifier.score(rows, labels)}
    print(json.dumps({"found": found, "agreed": agreed}))


def twice(backend: str, folder: Path, service: Any) -> dict[str, Any]:
    """In two processes with one run folder: tasks of each, and whether they found the same."""
    ran, accepted = [], []
    for _ in range(2):
        before = len(service.tasks)
        command = [sys.executable, "-W", "ignore", str(Path(__file__).resolve())]
        command += ["--child", backend, str(folder / backend)]
        said = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
        ran.append(json.loads(said.stdout.splitlines()[-1]))
        accepted.append(len(service.tasks) - before)
    return {
        "agreed": [sum(each["agreed"]) for each in ran],
        "accepted": accepted,
        "same": ran[0]["found"] == ran[1]["found"],
        "found": ran[0]["found"],
    }


def main() -> int:
    """Run them; the exit code."""
    from qiskit.primitives import StatevectorEstimator

    from qfusion_core.provenance import provenance
    from support import keys
    from support.braket.server import environment, running
    from support.braket.service import Service

    exact, outcomes = passes(StatevectorEstimator(), 0.0), {}
    service = Service()
    service.secret = keys.BRAKET
    with tempfile.TemporaryDirectory() as name, running(service) as address:
        folder = Path(name)
        os.environ |= {f"XDG_{kind}_HOME": name for kind in ("CONFIG", "STATE", "CACHE", "DATA")}
        os.environ |= environment(address, keys.BRAKET)
        text = "".join(map(entry, BACKENDS))
        (folder / "backends.yaml").write_text(f"version: 1\ndefault: sv1\nbackends:\n{text}")
        for backend in BACKENDS:
            outcomes[backend] = twice(backend, folder, service)
    for outcome in outcomes.values():
        found = outcome.pop("found")
        outcome["score"] = found["score"]
        for what in ("values", "weights"):
            outcome[f"{what}_off"] = float(np.abs(np.subtract(found[what], exact[what])).max())
    right = all(
        each["same"]
        and each["agreed"] == each["accepted"]
        and each["accepted"][1] == 0
        and max(each["values_off"], each["weights_off"]) < 5 * PRECISION
        for each in outcomes.values()
    )
    versions = {name: version(name) for name in ("qiskit", "qiskit-machine-learning")}
    document = {"outcomes": outcomes, "versions": versions, "provenance": provenance()}
    path = HERE / "results" / "estimator_qnn.json"
    path.write_text(json.dumps(document, indent=1) + "\n")
    print(json.dumps(outcomes, indent=1))
    return int(not right or bool(service.errors))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--child", nargs=2, metavar=("BACKEND", "RUN"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    sys.exit(child(*options.child) if options.child else main())
