"""What a task at Amazon Braket may cost: every price is an amount, and a cheap one is said."""

import json

import pytest
from pydantic import ValidationError

from qfusion_braket.device import Braket
from qfusion_braket.pricing import PriceList
from qfusion_core import InputError, QfusionError
from qfusion_core.remote.errors import JobsLeft
from qfusion_core.remote.money.budget import Budget
from support.braket.devices import GARNET
from support.journals import writing
from support.remote_circuit import CIRCUIT, DATA, WEIGHTS, WORDS


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A price list of the user's own."""

    def _own(text):
        path = tmp_path / "mine.yaml"
        path.write_text(f"braket: {text}\n")
        monkeypatch.setenv("QFUSION_PRICES", str(path))

    return _own


@pytest.mark.parametrize("price", [".nan", "-1", "-1e9", ".inf", "true", "'3'"])
def test_what_is_no_amount_is_no_price(own, price):
    own(f"{{usd_per_shot: {{iqm/Garnet: {price}}}}}")
    with pytest.raises(InputError, match=r"mine.yaml:1:\d+: braket.usd_per_shot.iqm/Garnet: "):
        PriceList.read()


@pytest.mark.parametrize(
    "spans", ["simulator_seconds: {low: 3, high: 2}", "simulator_seconds: {low: -1, high: 2}"]
)
def test_a_span_out_of_order(own, spans):
    own(f"{{{spans}}}")
    with pytest.raises(InputError, match=r"braket\.simulator_seconds"):
        PriceList.read()


def test_a_price_below_what_the_device_states_is_shown_beside_it(own, connect):
    own("{usd_per_shot: {iqm/Garnet: 1e-300}, usd_per_task: 0.1}")
    device = connect()
    job, *_ = device.plan(CIRCUIT, CIRCUIT.angles(DATA, WEIGHTS), WORDS)
    said = str(device.price(job))
    assert "your file says usd_per_task 0.1, the packaged list 0.3; https://aws." in said
    assert "your file says 1e-300 USD for a shot, the device 0.00145" in said


@pytest.mark.parametrize("price", [float("nan"), -1, float("inf")])
def test_a_device_that_states_no_amount(service, connect, price):
    """Nothing is sent: it would pass every budget, or pay for other tasks."""
    reply = service.devices[GARNET]
    document = json.loads(reply["deviceCapabilities"])
    document["service"]["deviceCost"]["price"] = price
    reply["deviceCapabilities"] = json.dumps(document)
    with pytest.raises(QfusionError):
        connect(budget=Budget(max_usd=5)).expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    assert not service.tasks


@pytest.mark.parametrize(
    "options",
    [
        {"shots": 2**63}, {"shots": True}, {"shots": "10"}, {"shots": 10, "max_parallel": 10**6},
        {"shots": 10, "qubits": [1, True]}, {"shots": 10, "tags": {"": "x"}},
        {"shots": 10, "rows_per_job": 2**63},
    ],
)  # fmt: skip
def test_sizes_that_no_device_takes_are_refused(options):
    with pytest.raises(ValidationError, match=r"should|valid"):
        Braket.Options(device="iqm/Garnet", **options)


def test_a_device_of_156_qubits():
    assert len(Braket.Options(device="iqm/Garnet", shots=1, qubits=range(156)).qubits) == 156


def test_a_measurement_of_the_first_release_is_gone_on_with(service, measure, journal):
    """Under the digest that 3670349 made of these options."""
    service.seconds = 60
    with pytest.raises(JobsLeft):
        measure(wait=False)
    digest = "381b883edf51809c0384b3744008aafa8180b051e399fe2b9de5e444971daedd"
    with writing(journal) as db:
        db.execute("UPDATE measurement SET options = ?", (digest,))
    service.seconds = 0
    measure()
    assert len(service.tasks) == 3
