"""Threads that share a measurement take turns; without a name each call stands for itself."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import torch

from qfusion_core import InputError, Measurement
from support.remote_circuit import CIRCUIT, WEIGHTS, WORDS

ROWS = torch.linspace(-1.5, 1.5, 8, dtype=torch.float64).reshape(8, 1, 1).expand(8, 1, 2)


def values(device, row):
    return device.expectations(CIRCUIT, row, WEIGHTS, WORDS)


def together(device):
    """Eight threads call at once: what each of them got."""
    start = Barrier(len(ROWS))

    def call(row):
        start.wait(timeout=30)
        return values(device, row)

    with ThreadPoolExecutor(len(ROWS)) as pool:
        return torch.cat(list(pool.map(call, ROWS)))


@pytest.fixture
def exact(tmp_path):
    from qfusion_core.testing import ReferenceDevice

    device = ReferenceDevice(ReferenceDevice.Options())
    return torch.cat([values(device, row) for row in ROWS])


@pytest.mark.parametrize("name", ["training", None])
def test_each_thread_gets_the_values_of_its_own_rows(
    name, connect, machine, exact, journal, tmp_path
):
    machine.seconds = 0.05
    with Measurement(tmp_path / "run", name) as measurement:
        found = together(connect(measurement))
    assert (found - exact).abs().max() < 0.15  # of 2000 shots; rows are further apart
    assert len(machine.jobs) == len(ROWS)
    calls = [row["jobs"] for row in journal.measurements()]
    assert list(map(len, calls)) == ([8] if name else [1] * 8)


def test_threads_are_asked_one_question_for_their_loop(connect, machine, tmp_path):
    asked = []

    def approve(price):
        asked.append(price.tasks)
        return True

    with Measurement(tmp_path / "run", "loop", steps=8, approve=approve) as measurement:
        together(connect(measurement))
    assert asked == [8] and len(machine.jobs) == 8


def test_calls_in_another_order_are_told_from_those_that_were_asked(connect, machine, tmp_path):
    with Measurement(tmp_path / "run", "training") as measurement:
        device = connect(measurement)
        for row in ROWS[:2]:
            values(device, row)
    device = connect(Measurement(tmp_path / "run", "training"))
    with pytest.raises(InputError, match="the model, the rows or the order of calls have changed"):
        values(device, ROWS[1])
    assert len(machine.jobs) == 2
