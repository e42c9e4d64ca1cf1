"""A training loop in plain PennyLane, forked and killed by a process that has imported everything.

    python -m support.training_loop

reads a JSON object for each line of standard input: ``environment``, ``folder`` (the working
directory, with a ``backends.yaml``), ``backend``, ``run``, ``steps``, ``out`` (a file for the
weights), and ``after`` (seconds until SIGKILL). It answers with the exit status.
"""

import json
import math
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from support.kills import KILLED
from support.places import TESTS, python_path


def train(backend, run, steps, out):
    """Gradient descent on two weights; two jobs for each step."""
    import pennylane as qml
    import torch

    import qfusion_core

    x = torch.tensor([[0.3, 1.1], [-0.7, 0.4]], dtype=torch.float64)
    with qfusion_core.measurement("training", run, steps=steps, approve=True) as measurement:

        @qml.qnode(qml.device("qfusion", wires=2, backend=backend, run=measurement))
        def circuit(x, w):
            qml.AngleEmbedding(x, wires=[0, 1])
            qml.CNOT([0, 1])
            qml.RY(w[0], wires=0)
            qml.RX(w[1], wires=1)
            return qml.expval(qml.Z(0)), qml.expval(qml.X(0) @ qml.Z(1))

        w = torch.tensor([0.5, -0.2], dtype=torch.float64, requires_grad=True)
        for _ in range(steps):
            loss = torch.stack(circuit(x, w)).sum()
            (gradient,) = torch.autograd.grad(loss, w)
            w = (w - 0.1 * gradient).detach().requires_grad_()
    Path(out).write_text(json.dumps(w.tolist()))


def start(spec):
    child = os.fork()
    if not child:
        status = 1
        try:
            os.environ.update(spec["environment"])
            os.chdir(spec["folder"])
            train(spec["backend"], spec["run"], spec["steps"], spec["out"])
            status = 0
        finally:
            sys.stderr.flush()
            os._exit(status)
    return child


def main():
    from support.preloading import preload

    preload(vendors=True)
    from qfusion_core.remote.options import RemoteOptions

    RemoteOptions.margin_seconds = -math.inf  # no test waits for minutes
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        spec = json.loads(line)
        child = start(spec)
        if "after" in spec:
            time.sleep(spec["after"])
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def require_nothing_lost(folder, backend, environments, accepted, *, steps, kills):
    """Killed at random moments, a loop ends as the undisturbed one does, each job sent once.

    Args:
        folder: With a ``backends.yaml``.
        backend: Its name.
        environments: Of the undisturbed process and of the others: each has its own service.
        accepted: Gives the keys of the jobs that the second service has.
        steps: Of the loop.
        kills: How many.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "support.training_loop"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": python_path(TESTS)},
    )

    def run(number, **more):
        out = folder / f"weights{number}"
        spec = {
            "environment": environments[number], "folder": str(folder), "backend": backend,
            "run": str(folder / f"run{number}"), "steps": steps, "out": str(out), **more,
        }  # fmt: skip
        process.stdin.write(json.dumps(spec) + "\n")
        process.stdin.flush()
        return int(process.stdout.readline()), out

    try:
        assert process.stdout.readline() == "ready\n"
        began = time.monotonic()
        status, undisturbed = run(0)
        seconds = time.monotonic() - began
        assert status == 0
        moments, killed = random.Random(kills), 0
        for _ in range(kills):
            status, _ = run(1, after=moments.uniform(0, seconds / 2))
            killed += status == KILLED
        status, disturbed = run(1)
        assert status == 0 and killed
        assert disturbed.read_text() == undisturbed.read_text()
        keys = accepted()
        assert len(keys) == len(set(keys)) == 2 * steps
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait()


if __name__ == "__main__":
    main()
