"""Training loops in processes that are killed at random moments, and one in plain PennyLane."""

import json
import math
import random
import sys
import time
from pathlib import Path

from support.kills import KILLED


def require_nothing_lost(
    forks, folder, backend, environments, accepted, *, steps, kills, loop="training_loop"
):
    """Killed at random moments, a loop ends as the undisturbed one does, each job sent once.

    Args:
        forks: See `support.forked`.
        folder: The working directory, with a ``backends.yaml``.
        backend: Its name.
        environments: Of the undisturbed process and of the others: each has its own service.
        accepted: Gives the keys of the jobs that the second service has.
        steps: Of the loop.
        kills: How many.
        loop: The module of the tests' support whose ``main`` it is, with two jobs a step.
    """

    def run(number, after=None):
        out = folder / f"weights{number}"
        words = backend, folder / f"run{number}", steps, out
        code = f"from support.{loop} import main; main()"
        started = forks.start(
            *words, code=code, stderr=sys.__stderr__, environment=environments[number]
        )
        if after is not None:
            time.sleep(after)
            started.kill()
        return started.wait(), out

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


def require_each_asked(backend, run, sent):
    """Two QNodes in a step: the second sends nothing on the word for the first, and no more is sent
    than was agreed to.

    Args:
        backend: That costs money.
        run: Folder of a run.
        sent: Gives the number of jobs that its service has.
    """
    import pennylane as qml
    import torch

    import qfusion_core
    from qfusion_core import InputError

    asked, answers = [], []

    def approve(price):
        asked.append((price, sent()))
        return answers.pop(0)

    def loop(name, steps=2):
        with qfusion_core.measurement(name, run, steps=steps, approve=approve) as measurement:
            device = qml.device("qfusion", wires=2, backend=backend, run=measurement)
            first = qml.QNode(lambda w: (qml.RY(w[0], 0), qml.expval(qml.Z(0)))[1], device)
            second = qml.QNode(lambda w: (qml.RX(w[1], 0), qml.expval(qml.Z(0)))[1], device)
            w = torch.tensor([0.5, -0.2], dtype=torch.float64, requires_grad=True)
            for _ in range(steps):
                torch.autograd.grad(first(w) + second(w), w)

    answers[:] = [True, False]
    try:
        loop("refused")
    except InputError as error:
        assert f"{backend} costs money ({asked[1][0]}); nothing of it was sent" in str(error)
    else:
        raise AssertionError("the second QNode was not asked for")
    assert len(asked) == 2 and asked[0][1] == 0
    one_forward = sent()
    assert asked[1][1] == one_forward > 0
    asked.clear()
    answers[:] = [True, True]
    loop("agreed")
    assert len(asked) == 2 and asked[0][1] == one_forward  # and no other question
    assert sent() - one_forward == sum(price.tasks for price, _ in asked)


def main():
    """In the child: ``BACKEND RUN STEPS OUT``; gradient descent on two weights, two jobs a step."""
    import pennylane as qml
    import torch

    import qfusion_core
    from qfusion_core.remote.options import RemoteOptions

    RemoteOptions.margin_seconds = -math.inf  # no test waits for minutes
    backend, run, steps, out = sys.argv[1:]
    x = torch.tensor([[0.3, 1.1], [-0.7, 0.4]], dtype=torch.float64)
    with qfusion_core.measurement("training", run, steps=int(steps), approve=True) as measurement:

        @qml.qnode(qml.device("qfusion", wires=2, backend=backend, run=measurement))
        def circuit(x, w):
            qml.AngleEmbedding(x, wires=[0, 1])
            qml.CNOT([0, 1])
            qml.RY(w[0], wires=0)
            qml.RX(w[1], wires=1)
            return qml.expval(qml.Z(0)), qml.expval(qml.X(0) @ qml.Z(1))

        w = torch.tensor([0.5, -0.2], dtype=torch.float64, requires_grad=True)
        for _ in range(int(steps)):
            loss = torch.stack(circuit(x, w)).sum()
            (gradient,) = torch.autograd.grad(loss, w)
            w = (w - 0.1 * gradient).detach().requires_grad_()
    Path(out).write_text(json.dumps(w.tolist()))
