"""Qiskit's estimator interface over Amazon Braket, as EstimatorQNN asks: planned, sent, kept."""

import numpy as np
import pytest

import qfusion_core
from support.estimator_loop import ROWS, backward, forward, network

WEIGHTS = (0.5, -0.2)
COLUMNS = [0, 1, 2, 3]  # as with ``input_gradients``


def network_on(backend, run, approve, steps=None):
    """Values and gradients of a network that is made anew."""
    from qfusion_ibm import QfusionEstimator

    circuit, rows = network(), np.hstack([ROWS, np.tile(WEIGHTS, (len(ROWS), 1))])
    with qfusion_core.measurement("network", run, steps=steps, approve=approve) as measurement:
        estimator = QfusionEstimator(backend, run=measurement)
        values = forward(estimator, circuit, rows, None if run is None else 0.05)
        return values, backward(estimator, circuit, rows, COLUMNS)


@pytest.mark.parametrize(("backend", "tasks"), [("garnet", (1, 1)), ("sv1", (2, 16))])
def test_what_is_planned_is_sent(backend, tasks, backends, service):
    """In one task where the device takes program sets, in one for each row where it does not."""
    planned = []

    def approve(price):
        assert len(service.tasks) == sum(each.tasks for each in planned)
        planned.append(price)
        return True

    values, slopes = network_on(backend, backends / "run", approve)
    assert tuple(price.tasks for price in planned) == tasks
    assert [price.shots // price.executions for price in planned] == [400, 1000]
    assert len(service.tasks) == sum(tasks)
    assert sum(task["shots"] for task in service.tasks.values()) == sum(p.shots for p in planned)
    exact_values, exact_slopes = network_on("statevector", None, None)
    assert np.abs(values - exact_values).max() < 5 * 0.05
    assert np.abs(slopes - exact_slopes).max() < 5 * 0.5**0.5 / 1000**0.5


def test_steps_of_a_measurement_do_nothing(backends, service):
    """An estimator is not told what comes next: each call is asked for by itself."""
    asked = []
    network_on("garnet", backends / "run", lambda p: asked.append(p.tasks) or True, steps=5)
    assert asked == [1, 1] and len(service.tasks) == 2


def test_a_restart_sends_nothing_again(backends, service):
    before = network_on("garnet", backends / "run", True)
    sent = len(service.tasks)
    again = network_on("garnet", backends / "run", False)  # nothing is asked for, either
    assert len(service.tasks) == sent == 2
    for one, other in zip(before, again, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("steps", "kills"), [(4, 3), pytest.param(20, 10, marks=pytest.mark.soak)])
def test_a_killed_training(steps, kills, require_nothing_lost_there):
    require_nothing_lost_there(steps=steps, kills=kills, loop="estimator_loop")
