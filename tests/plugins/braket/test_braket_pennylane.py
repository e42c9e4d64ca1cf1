"""Plain PennyLane over Amazon Braket: two tasks for a step, and nothing lost in a killed loop."""

import pennylane as qml
import pytest
import torch

from support.training_loop import require_each_asked


@pytest.mark.parametrize(("steps", "kills"), [(4, 3), pytest.param(20, 10, marks=pytest.mark.soak)])
def test_a_killed_loop(steps, kills, require_nothing_lost_there):
    require_nothing_lost_there(steps=steps, kills=kills)


@pytest.mark.parametrize("backend", ["sv1", "garnet"])
def test_each_qnode_of_a_loop_is_asked_for(backend, backends, service):
    require_each_asked(backend, backends / "run", lambda: len(service.tasks))


@pytest.mark.parametrize("rows", [2, pytest.param(32, marks=pytest.mark.soak)])
def test_a_step_behind_a_linear_is_what_was_planned(rows, backends, service):
    device = qml.device("qfusion", wires=2, backend="sv1", run=backends / "run", approve=True)

    @qml.qnode(device)
    def circuit(inputs, w):
        qml.AngleEmbedding(inputs, wires=range(2))
        qml.BasicEntanglerLayers(w, wires=range(2))
        return [qml.expval(qml.Z(wire)) for wire in range(2)]

    quantum = qml.qnn.TorchLayer(circuit, {"w": (1, 2)}).double()
    net = torch.nn.Sequential(torch.nn.Linear(5, 2).double(), quantum)
    x = torch.rand(rows, 5, dtype=torch.float64)
    with torch.no_grad():
        inputs = net[0](x)
    plan = device.estimate(circuit)(inputs.requires_grad_(), quantum.w)
    assert not service.tasks
    net(x).square().sum().backward()
    assert len(service.tasks) == plan.jobs
    assert all(bool(parameter.grad.isfinite().all()) for parameter in net.parameters())
