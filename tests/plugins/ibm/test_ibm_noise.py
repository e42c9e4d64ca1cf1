"""A machine's noise in figures, and the snapshot that stands for it."""

import json
import math
from pathlib import Path
from statistics import fmean

import pytest
import torch

from qfusion_core import NoiseParameters
from qfusion_core.noise.device import NoisyDevice
from qfusion_core.testing import ReferenceDevice
from qfusion_ibm.device import IBM
from qfusion_ibm.snapshots import snapshots_with
from support.ibm import service as ibm_service
from support.ibm.access import credentials
from support.remote_circuit import CIRCUIT, DATA, WEIGHTS, ring

WORDS = ("ZIII", "IZII", "IIZI", "IIIZ", "ZZII", "IZZI", "IIZZ")


def noise_of(backend, **options):
    needed = credentials() if backend.startswith(("ibm", "least")) else None
    return IBM(IBM.Options(backend=backend, shots=1000, **options), needed).noise_model()


def published(folder, file, name):
    """Values of one name in the calibration that IBM published."""
    from qiskit_ibm_runtime import fake_provider

    path = Path(fake_provider.__file__).parent / "backends" / folder / file
    document = json.loads(path.read_text())
    if name in ("cx", "cz", "sx"):
        gates = [each for each in document["gates"] if each["gate"] == name]
        lines = [line for gate in gates for line in gate["parameters"]]
        return [line["value"] for line in lines if line["name"] == "gate_error"]
    lines = [line for qubit in document["qubits"] for line in qubit]
    return [line["value"] for line in lines if line["name"] == name]


def test_figures_are_means_of_what_ibm_published():
    found = noise_of("fake_manila")
    manila = ("manila", "props_manila.json")
    assert found.shots == 1000
    assert found.readout == pytest.approx(
        [fmean(published(*manila, f"prob_meas{1 - p}_prep{p}")) for p in (0, 1)]
    )
    assert found.gates.one_qubit == pytest.approx(2 * fmean(published(*manila, "sx")))
    assert found.gates.two_qubit == pytest.approx(4 / 3 * fmean(published(*manila, "cx")))


def test_couplings_that_do_not_work_are_left_out():
    errors = published("fez", "props_fez.json", "cz")
    assert 1 in errors
    working = fmean(error for error in errors if error < 1)
    assert noise_of("fake_fez").gates.two_qubit == pytest.approx(4 / 3 * working)


def test_every_snapshot_has_some():
    for name in snapshots_with(1):
        found = noise_of(name)
        assert isinstance(found, NoiseParameters)
        assert 0 < min(found.readout) and max(found.readout) < 0.5
        assert 0 < found.gates.one_qubit < 0.01
        assert (found.gates.two_qubit > 0) == (name != "fake_armonk")  # it has one qubit


def test_training_with_the_figures_meets_the_snapshot():
    """What is injected explains most of what the snapshot does to the values."""
    circuit, draw = ring(4, 2), torch.Generator().manual_seed(3)
    data = torch.randn(24, 4, generator=draw).double()
    call = (circuit, data, torch.randn(16, generator=draw).double(), WORDS)
    exact = ReferenceDevice(ReferenceDevice.example())
    real = IBM(IBM.Options(backend="fake_manila", shots=20000, seed=2)).expectations(*call)
    injected = noise_of("fake_manila").model_copy(update={"shots": None})
    left, all_of_it = (
        (device.expectations(*call) - real).square().mean().sqrt()
        for device in (NoisyDevice(exact, injected), exact)
    )
    assert all_of_it > 5 / math.sqrt(20000)
    assert left < all_of_it / 2


@pytest.mark.parametrize(
    ("backend", "snapshot"),
    [
        ("ibm_fez", "fake_fez"), ("ibmq_manila", "fake_manila"), ("fake_lima", "fake_lima"),
        ("aer", None),
    ],
)  # fmt: skip
def test_the_snapshot_of_a_machine(backend, snapshot):
    needed = None if backend in ("aer", "fake_lima") else credentials()
    machine = IBM(IBM.Options(backend=backend, precision=0.1, layout_seed=5), needed)
    found = machine.snapshot()
    assert (found and found.options.backend) == snapshot
    assert (machine.noise_model() is None) == (snapshot is None)
    if found is not None:
        assert found.local and not found.paid
        assert (found.shots, found.options.layout_seed) == (100, 5)


@pytest.mark.parametrize("backend", ["least-busy", "ibm_elsewhere"])
def test_a_machine_without_a_snapshot(service, connect, backend, monkeypatch):
    """It is Manila by another name, so its values are those of Manila's snapshot."""
    monkeypatch.setattr(ibm_service, "MACHINE", "ibm_elsewhere")
    machine = connect(backend=backend, shots=400, rows_per_job=None)
    found = machine.snapshot()
    assert found.local and machine.noise_model() is None
    known = IBM(IBM.Options(backend="fake_manila", shots=400, seed=1))
    call = (CIRCUIT, CIRCUIT.angles(DATA, WEIGHTS), ("ZI", "IZ", "XX"))
    assert found.plan(*call)[0].facts["machine"] == "ibm_elsewhere"
    assert found.evaluate(*call).tolist() == known.evaluate(*call).tolist()
    assert not service.jobs
