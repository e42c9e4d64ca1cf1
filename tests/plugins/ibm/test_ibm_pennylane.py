"""Plain PennyLane over IBM's service: two jobs for a step, and nothing lost in a killed loop."""

import pennylane as qml
import pytest
import torch

import qfusion_core
from support import keys
from support.ibm import proxy
from support.ibm.access import ENTRY
from support.ibm.service import Service
from support.training_loop import require_each_asked, require_nothing_lost

BACKENDS = (
    """
version: 1
default: ibm
backends:
  noisy: {type: ibm, options: {backend: fake_manila, shots: 4096, seed: 5}}
"""
    + ENTRY
)


@pytest.mark.parametrize(("steps", "kills"), [(4, 3), pytest.param(20, 10, marks=pytest.mark.soak)])
def test_a_killed_loop(forks, steps, kills, qfusion, service, certificate, tmp_path):
    import qiskit_aer  # noqa: F401 (here: threads of two services would import it side by side)
    import qiskit_ibm_runtime.fake_provider  # noqa: F401

    undisturbed = Service(keys.IBM)
    with proxy.running(undisturbed, certificate) as address:
        require_nothing_lost(
            forks,
            tmp_path,
            "ibm",
            [proxy.environment(each, certificate) for each in (address, service.address)],
            lambda: [job["tags"][0] for job in service.jobs.values()],
            steps=steps,
            kills=kills,
        )


def circuit_over(device):
    @qml.qnode(device)
    def circuit(inputs, w):
        qml.AngleEmbedding(inputs, wires=range(3))
        qml.StronglyEntanglingLayers(w, wires=range(3))
        return [qml.expval(qml.Z(wire)) for wire in range(3)]

    return circuit


def test_a_step_behind_a_linear_is_two_jobs_as_planned(qfusion, service, tmp_path, monkeypatch):
    device = qml.device("qfusion", wires=3, backend="ibm", run=tmp_path / "run", approve=True)
    quantum = qml.qnn.TorchLayer(circuit_over(device), {"w": (1, 3, 3)}).double()
    net = torch.nn.Sequential(torch.nn.Linear(5, 3).double(), quantum)
    x = torch.rand(32, 5, dtype=torch.float64)
    with torch.no_grad():
        inputs = net[0](x)
    plan = device.estimate(circuit_over(device))(inputs.requires_grad_(), quantum.w)
    assert not service.jobs
    net(x).square().sum().backward()
    assert len(service.jobs) == plan.jobs == 2
    assert all(bool(parameter.grad.isfinite().all()) for parameter in net.parameters())


def test_each_qnode_of_a_loop_is_asked_for(qfusion, service, tmp_path):
    require_each_asked("ibm", tmp_path / "run", lambda: len(service.jobs))


def test_noisy_values_are_those_of_the_backend(qfusion):
    circuit = circuit_over(qml.device("qfusion", wires=3, backend="noisy"))
    w = torch.rand(1, 3, 3, dtype=torch.float64, requires_grad=True)
    values = torch.stack(circuit(torch.rand(4, 3, dtype=torch.float64), w))
    values.sum().backward()
    assert values.shape == (3, 4) and values.abs().max() <= 1 and w.grad.abs().max() > 0.1
    device = qfusion_core.open_backend("noisy")
    assert device.shots == 4096
