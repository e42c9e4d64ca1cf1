"""What a QNode asks of a machine that costs money: nothing twice, nothing unforeseen."""

import copy
import pickle
import threading

import numpy as np
import pennylane as qml
import pytest
import torch
from pennylane.exceptions import DeviceError

import qfusion_core
from qfusion_core import InputError, QfusionError

N = 2


@pytest.fixture
def queue(queue_file, tmp_path):
    """Opens the device over the loopback machine, or another backend of its file."""
    queue_file(
        ("max_jobs: 100", "max_jobs: 1000"),
        more="  both: {type: pool, options: {backends: [queue, noisy-queue], share: even}}\n",
    )

    def _queue(backend="queue", **options):
        options = {"run": tmp_path / "run", "approve": True} | options
        return qml.device("qfusion", wires=N, backend=backend, **options)

    return _queue


def circuit_over(device, measure=lambda: qml.expval(qml.Z(0) @ qml.Z(1)), **options):
    @qml.qnode(device, **options)
    def circuit(w):
        qml.RX(w[0], wires=0)
        qml.RY(w[1], wires=1)
        return measure()

    return circuit


def weights():
    return torch.tensor([0.3, 0.8], dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("measure", [lambda: qml.expval(qml.Z(0)), lambda: qml.var(qml.Z(0))])
def test_many_calls_before_one_pass_back_are_bought_once(queue, machine, measure):
    circuit, w = circuit_over(queue(), measure), weights()
    total = sum(circuit(w * (1 + 0.01 * n)) for n in range(66))
    assert len(machine.jobs) == 66
    total.backward()
    assert len(machine.jobs) == 132


def test_a_loop_whose_derivatives_pennylane_takes_is_not_foreseen_in_part(queue, machine):
    with qfusion_core.measurement("loop", "loop", steps=3, approve=True) as measurement:
        device = queue(run=measurement, approve=None)
        circuit = circuit_over(device, diff_method="parameter-shift")
        with pytest.raises(InputError, match=r"^steps: the jobs of a QNode with diff_method "):
            circuit(weights())
        assert not machine.jobs
        with torch.no_grad():  # that asks for nothing but values
            circuit(weights())


def test_without_gradients_a_loop_is_priced_without_passes_back(queue, machine):
    asked = []
    approve = lambda price: asked.append(price.tasks) or True  # noqa: E731
    with qfusion_core.measurement("loop", "loop", steps=3, approve=approve) as measurement:
        circuit, w = circuit_over(queue(run=measurement, approve=None)), weights()
        with torch.no_grad():
            for _ in range(3):
                circuit(w)
    assert asked == [3] and len(machine.jobs) == 3


def test_what_is_called_behind_the_end_of_a_measurement_is_not_sent(queue, machine):
    with qfusion_core.measurement("values", "values", approve=True) as measurement:
        circuit = circuit_over(queue(run=measurement, approve=None), diff_method=None)
        circuit(weights())
    with pytest.raises(InputError, match=r"^measurement 'values' is over: its `with` has ended"):
        circuit(weights())
    assert len(machine.jobs) == 1


def test_outcomes_are_not_drawn_from_what_a_machine_is_paid_for(queue, machine):
    circuit = circuit_over(queue(), qml.sample, diff_method=None)
    with pytest.raises(DeviceError, match=r"^sample and counts are not supported .*'queue'"):
        qml.set_shots(circuit, 10)(weights())
    assert not machine.jobs


def test_a_pool_refuses_a_gradient_before_its_values_are_bought(queue, machine):
    device = queue("both")
    circuit = circuit_over(device)
    with pytest.raises(QfusionError, match="gradient"):
        circuit(weights())
    assert not machine.jobs
    estimate = device.estimate(circuit)(weights())
    with torch.no_grad():
        circuit(weights())
    assert len(machine.jobs) == estimate.jobs


@pytest.mark.parametrize(
    ("options", "gradients", "jobs"),
    [
        ({}, True, 2),
        ({}, False, 1),
        ({"diff_method": None}, True, 1),
        ({"diff_method": "parameter-shift"}, True, 2),
    ],
)
def test_the_estimate_is_of_what_is_asked(queue, machine, options, gradients, jobs):
    device = queue()
    circuit, w = circuit_over(device, **options), weights()
    estimate = device.estimate(circuit, gradients=gradients)
    assert estimate(w).jobs == estimate(w.detach().numpy()).jobs == jobs  # nothing is marked there
    value = circuit(w if gradients and value_has_gradient(options) else w.detach())
    if value.requires_grad:
        value.backward()
    assert len(machine.jobs) == jobs
    prices = [
        job["price"]["executions"]
        for row in qfusion_core.jobs("run").to_dict()["measurements"]
        for job in row["jobs"]
    ]
    assert sum(prices) == estimate(w).price.executions


def value_has_gradient(options):
    return options.get("diff_method", "best") is not None


def test_an_estimate_of_another_devices_qnode_is_refused(queue):
    with pytest.raises(InputError, match=r"^estimate: the QNode is of another device"):
        queue().estimate(circuit_over(queue()))


def test_a_copy_of_a_layer_runs_on_the_same_device(queue):
    device = queue()
    layer = qml.qnn.TorchLayer(layer_over(device), {"w": (2,)})
    assert copy.deepcopy(layer).qnode.device is device
    with pytest.raises(TypeError, match=r"does not travel to another process or file; make it"):
        pickle.dumps(device)


def layer_over(device):
    @qml.qnode(device)
    def circuit(inputs, w):
        qml.RX(inputs[..., 0], wires=0)
        qml.RY(w[0], wires=0)
        return qml.expval(qml.Z(0))

    return circuit


def test_values_of_inference_mode_serve_a_pass_back(queue, machine):
    circuit, w = circuit_over(queue(), lambda: qml.var(qml.Z(0))), weights()
    value = circuit(w)
    with torch.inference_mode():
        circuit(w.detach())
    value.backward()
    assert torch.isfinite(w.grad).all() and len(machine.jobs) == 3


def test_threads_take_turns(queue, machine):
    circuit, found = circuit_over(queue()), {}

    def work(number):
        w = weights()
        circuit(w).backward()
        found[number] = w.grad

    threads = [threading.Thread(target=work, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6 and all(torch.isfinite(each).all() for each in found.values())


def test_a_default_device_of_torch_is_left_alone():
    device = qml.device("qfusion", wires=N, backend="statevector")
    measured = [qml.expval(qml.Z(0) + 2 * qml.X(1)), qml.var(qml.Z(0)), qml.probs(wires=[0, 1])]
    tape = qml.tape.QuantumScript([qml.RX(0.3, wires=0)], measured)
    wanted = device.execute([tape])
    torch.set_default_device("meta")
    try:
        (found,) = device.execute([tape])
    finally:
        torch.set_default_device(None)
    for ours, theirs in zip(found, wanted[0], strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("measure", [qml.probs, qml.counts])
@pytest.mark.parametrize("labels", [[1, 0], [0, 2, 1], ["b", "a"], [2, 0]])
def test_all_wires_are_in_pennylanes_order_where_the_device_names_none(measure, labels):
    def over(name, **options):
        @qml.qnode(qml.device(name, **options))
        def circuit():
            qml.X(labels[0])
            qml.ctrl(qml.RX(0.3, wires=labels[-1]), control=labels[0])
            return measure()

        return circuit() if measure is qml.probs else qml.set_shots(circuit, 1000)()

    ours, theirs = over("qfusion", backend="statevector"), over("default.qubit")
    if measure is qml.probs:
        np.testing.assert_allclose(ours, theirs, atol=1e-12)
    else:
        likeliest = max(theirs, key=theirs.get)
        assert set(ours) <= set(theirs) | set(ours) and max(ours, key=ours.get) == likeliest


def test_an_empty_batch_has_empty_probabilities_and_gradients():
    @qml.qnode(qml.device("qfusion", wires=N, backend="statevector"))
    def circuit(x, w):
        qml.RX(x, wires=0)
        qml.RY(w, wires=1)
        return qml.probs(wires=[0, 1])

    w = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    found = circuit(torch.zeros(0, dtype=torch.float64), w)
    assert found.shape == (0, 4)
    found.sum().backward()
    assert float(w.grad) == 0.0


def test_a_factor_for_each_row_is_refused_by_name():
    @qml.qnode(qml.device("qfusion", wires=N, backend="statevector"))
    def circuit(x):
        qml.RX(x, wires=0)
        return qml.expval(x * qml.Z(0))

    with pytest.raises(DeviceError, match=r"is not supported: it has a factor for each row"):
        circuit(torch.ones(3, dtype=torch.float64))
