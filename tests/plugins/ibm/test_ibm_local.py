"""Snapshots and Aer through the SDK's own EstimatorV2: one job, one transpilation, right values."""

import logging
import math

import numpy as np
import pytest
import torch

from qfusion_core import Circuit, Gate, InputError, RemoteError, SubmitHooks, open_backend
from qfusion_core.remote.machine.job import Call
from qfusion_core.testing import ReferenceDevice
from qfusion_ibm.device import IBM
from qfusion_ibm.noisy_aer import NoisyAer
from qfusion_ibm.programs import program_of
from qfusion_ibm.sdk_version import gives_counts
from qfusion_ibm.snapshots import open_local, snapshots_with
from qfusion_ibm.transpiled_circuit import known_warnings
from support.remote_circuit import CIRCUIT, DATA, WEIGHTS, WORDS, ring

SHOTS = 4096
SINGLES = ("ZIII", "IZII", "IIZI", "IIIZ")


class Counting(IBM):
    """Counts its jobs."""

    jobs = 0

    def submit(self, job, key):
        self.jobs += 1
        return super().submit(job, key)


def device(backend, **options):
    return Counting(IBM.Options(**{"backend": backend, "shots": SHOTS, "seed": 3, **options}))


@pytest.fixture
def transpilations(monkeypatch, tmp_path):
    """Runs of Qiskit's transpiler, counted there; no template is on the disk."""
    from qiskit.transpiler import StagedPassManager

    counted, run = [], StagedPassManager.run

    def count(self, *arguments, **options):
        counted.append(1)
        return run(self, *arguments, **options)

    monkeypatch.setattr(StagedPassManager, "run", count)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return counted


@pytest.fixture(scope="module")
def batch():
    """16 samples on four qubits, with their exact values."""
    circuit, draw = ring(), torch.Generator().manual_seed(5)
    data = torch.randn(16, 4, generator=draw, dtype=torch.float64)
    weights = torch.randn(24, generator=draw, dtype=torch.float64)
    exact = ReferenceDevice(ReferenceDevice.example())
    return circuit, data, weights, exact.expectations(circuit, data, weights, SINGLES)


def test_a_batch_on_aer(batch, transpilations):
    circuit, data, weights, exact = batch
    aer = device("aer")
    error = aer.expectations(circuit, data, weights, SINGLES) - exact
    assert (aer.jobs, len(transpilations)) == (1, 1)
    assert error.abs().max() < 5 / math.sqrt(SHOTS)
    assert error.square().mean().sqrt() < 1.2 / math.sqrt(SHOTS)


def test_a_batch_on_a_snapshot(batch, transpilations):
    """Noise shifts the values; what remains between two seeds is shot noise."""
    circuit, data, weights, exact = batch
    snapshot = device("fake_manila")
    values = snapshot.expectations(circuit, data, weights, SINGLES)
    assert (snapshot.jobs, len(transpilations)) == (1, 1)
    assert 0.03 < (values - exact).square().mean().sqrt() < 0.15
    again = snapshot.expectations(circuit, data, weights, SINGLES)
    assert (snapshot.jobs, len(transpilations)) == (2, 1)
    assert (values - again).square().mean().sqrt() < 1.2 * math.sqrt(2 / SHOTS)
    assert not torch.equal(values, again)  # the stream of a seed goes on


def test_forward_and_backward_are_two_jobs(batch, transpilations):
    circuit, data, weights, _ = batch
    gradients = {}
    for machine in (device("aer", shots=1000), ReferenceDevice(ReferenceDevice.example())):
        x, w = data[:4].clone().requires_grad_(), weights.clone().requires_grad_()
        machine.expectations(circuit, x, w, SINGLES).square().sum().backward()
        gradients[machine.name] = torch.cat([x.grad.flatten(), w.grad])
        if isinstance(machine, IBM):
            assert (machine.jobs, len(transpilations)) == (2, 1)
    ours, exact = gradients.values()
    assert torch.cosine_similarity(ours, exact, dim=0) > 0.97


def test_a_seed_repeats(batch):
    circuit, data, weights, _ = batch
    one, two = (device("aer").expectations(circuit, data, weights, SINGLES) for _ in range(2))
    assert torch.equal(one, two)


def test_a_template_is_kept_on_the_disk(transpilations):
    for optimization_level in (2, 2, 1):
        aer = device("fake_manila", optimization_level=optimization_level)
        aer.expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    assert len(transpilations) == 2


def test_a_file_that_is_broken_is_made_again(transpilations, tmp_path):
    for _ in range(2):
        device("fake_manila").expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
        (file,) = (tmp_path / "cache" / "qfusion" / "ibm").iterdir()
        file.write_bytes(file.read_bytes()[:100])
    assert len(transpilations) == 2


def test_a_cache_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert device("aer").expectations(CIRCUIT, DATA, WEIGHTS, WORDS).shape == (3, 3)


def test_a_cache_that_others_may_write_is_not_believed(tmp_path, monkeypatch, batch, caplog):
    """A template of another circuit under the name of this one would be bought and scored."""
    from qiskit import QuantumCircuit, qpy

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    device("fake_manila").expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    folder = tmp_path / "qfusion" / "ibm"
    (kept,) = folder.iterdir()
    with kept.open("wb") as file:
        qpy.dump(QuantumCircuit(5), file)
    folder.chmod(0o777)
    opened = device("fake_manila", shots=100_000)
    values = opened.expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    exact = ReferenceDevice(ReferenceDevice.example()).expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    assert opened.site.templates.transpiled == 1
    assert (values - exact).abs().max() < 0.2
    assert "is used by this process instead" in caplog.text


def test_a_link_in_the_cache_is_replaced_not_followed(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    device("fake_manila").expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    (kept,) = (tmp_path / "qfusion" / "ibm").iterdir()
    kept.rename(tmp_path / "theirs")
    kept.symlink_to(tmp_path / "theirs")
    before = (tmp_path / "theirs").read_bytes()
    (tmp_path / "theirs").write_bytes(before[:50])
    device("fake_manila").expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    assert (tmp_path / "theirs").read_bytes() == before[:50]
    assert kept.is_file() and not kept.is_symlink()


def test_the_noise_model_of_a_snapshot_is_made_once(monkeypatch):
    from qiskit_aer import noise

    made = []

    class Counted(noise.NoiseModel):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            made.append(self)

    monkeypatch.setattr(noise, "NoiseModel", Counted)
    snapshot = device("fake_manila")
    for _ in range(2):
        snapshot.expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    (model,) = made
    assert len(model.noise_qubits) == 2  # those of the circuit: what Aer is given for each job


MACHINES = pytest.mark.parametrize(
    "name", ["fake_manila", "fake_yorktown", "fake_essex", "fake_melbourne"]
)


def asked(name, circuit, **options):
    """A device, and a PUB of a few rows and words for it."""
    rows = DATA if circuit is CIRCUIT else torch.ones(2, 4).double()
    words = ["Z" * circuit.n_wires, "X".ljust(circuit.n_wires, "I")]
    ours = device(name, **options)
    angles = circuit.angles(rows, torch.ones(circuit.n_weights).double())
    template = ours.site.template(circuit, ours.site.machine(None, 2))
    return ours, (circuit, angles, words), template.pub(angles, words)


@MACHINES
def test_the_noise_is_that_of_the_sdk(name):
    """Every error where a gate is, but of delays, of which there are none."""
    from qfusion_ibm.noisy_aer import NoisyAer

    for circuit in (CIRCUIT, ring(4, 1)):
        *_, pub = asked(name, circuit)
        snapshot = open_local(name)
        with known_warnings():
            whole = snapshot._get_noise_model_from_backend_v2().to_dict()["errors"]
        ours = NoisyAer(snapshot).of(pub[0], [word for (word,) in pub[1]])
        made = ours.options.noise_model.to_dict()["errors"]
        used = {qubits for error in made for qubits in map(tuple, error["gate_qubits"])}
        ran = {tuple(pub[0].find_bit(qubit).index for qubit in gate.qubits) for gate in pub[0].data}
        assert ran <= used and len({place for place in used if len(place) == 1}) >= circuit.n_wires

        def of(errors, used=used):
            told = [{**error, "id": None} for error in errors if error["operations"] != ["delay"]]
            return sorted(
                repr(each) for each in told if used.issuperset(map(tuple, each["gate_qubits"]))
            )

        assert of(made) == of(whole) and len(of(made)) > 3 * circuit.n_wires


@MACHINES
def test_the_values_are_those_of_the_sdk(name):
    """Of its own local mode, where IBM's program gives values."""
    shots = 20_000
    for circuit in (CIRCUIT, ring(4, 1)):
        ours, call, pub = asked(name, circuit, shots=shots, seed=4)
        (job,) = ours.plan(*call)
        if program_of(job.facts).name != "estimator":
            pytest.skip("all qubits are measured, in a state of all of them")
        with known_warnings():
            wanted = program_of(job.facts).run_here(open_local(name), pub, ours.options, 4)
        assert np.abs(ours.evaluate(*call).T.numpy() - wanted).max() < 5 * math.sqrt(2 / shots)


def test_chunks_cover_the_batch(batch):
    circuit, data, weights, exact = batch
    aer = device("aer", rows_per_job=5)
    values = aer.expectations(circuit, data, weights, SINGLES)
    assert aer.jobs == 4
    assert (values - exact).abs().max() < 5 / math.sqrt(SHOTS)


def test_a_circuit_too_large_names_snapshots_that_fit():
    circuit = Circuit(6, (Gate("H", (5,)),), n_data=1, n_weights=0)
    call = (circuit, torch.zeros(1, 1).double(), torch.zeros(0).double(), ["ZIIIII"])
    with pytest.raises(InputError) as failed:
        device("fake_manila").expectations(*call)
    assert str(failed.value) == (
        "ibm: the circuit has 6 qubits, fake_manila has 5; snapshots that it fits, and that run "
        "here: fake_casablanca, fake_jakarta, fake_lagos, fake_nairobi; or use a quantum encoder "
        "with fewer qubits"
    )


def test_the_catalogue_is_that_of_the_sdk():
    from qiskit_ibm_runtime import fake_provider

    kinds = [kind for kind in vars(fake_provider).values() if isinstance(kind, type)]
    names = {getattr(kind, "backend_name", None) for kind in kinds} - {None}
    assert names == set(snapshots_with(1))
    assert open_local("fake_manila").num_qubits == 5
    assert "fake_manila" in snapshots_with(5) and "fake_manila" not in snapshots_with(6)


def test_facts_and_a_price_of_nothing(batch):
    circuit, data, weights, _ = batch
    snapshot = device("fake_manila")
    (job,) = snapshot.plan(circuit, circuit.angles(data, weights), (*SINGLES, "XXII"))
    assert job.facts["machine"] == "fake_manila"
    assert job.facts["settings"] == 2
    assert job.facts["two_qubit_gates"] >= 12 and job.facts["depth"] > 12
    price = snapshot.price(job)
    assert (price.executions, price.shots, price.usd.high) == (32, 32 * SHOTS, 0)
    assert not snapshot.paid and snapshot.local


def test_what_a_simulation_does_not_act_on_is_said_once(caplog):
    """The older client mitigates at IBM only, the newer one here."""
    snapshot = device("fake_manila", resilience_level=1, twirling="both", dynamical_decoupling="XX")
    with caplog.at_level(logging.WARNING, "qfusion_ibm"):
        for _ in range(2):
            snapshot.expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    said = "dynamical_decoupling has no effect on a simulation: such results do not test it"
    idle = "resilience_level, twirling, dynamical_decoupling"
    older = f"{idle} have no effect on a simulation: such results do not test them"
    assert caplog.messages == [f"fake_manila: {said if gives_counts() else older}"]


def test_gates_that_the_newer_program_does_not_have():
    """With fractional gates IBM's older program is simulated, which does not mitigate."""
    values = device("fake_fractional").expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    exact = ReferenceDevice(ReferenceDevice.example()).expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    assert (values - exact).abs().max() < 0.5
    why = "its gates are not those of the program executor" if gives_counts() else "with this cl"
    with pytest.raises(InputError, match=f"zne_mitigation cannot be had in this simulation: {why}"):
        device("fake_fractional", zne_mitigation=True).expectations(CIRCUIT, DATA, WEIGHTS, WORDS)


@pytest.mark.skipif(not gives_counts(), reason="the older client mitigates at IBM only")
def test_shots_of_a_simulation_that_mitigates_are_counted_with_it():
    plan = [
        device("fake_manila", shots=1000, **options).assign(
            Call.of(CIRCUIT, CIRCUIT.angles(DATA, WEIGHTS), WORDS)
        )
        for options in ({}, {"zne_mitigation": True}, {"measure_mitigation": True})
    ]
    plain, zne, trex = ((job.price.executions, job.price.shots) for (job,) in plan)
    assert plain[1] == plain[0] * 1000
    assert zne == (3 * plain[0], 3 * plain[1])
    assert trex[0] == plain[0] + 1 and trex[1] >= plain[1] + 1000


def test_a_package_that_is_not_there_is_named(monkeypatch):
    def imported(*arguments):
        raise ModuleNotFoundError("No module named 'qiskit_aer'", name="qiskit_aer")

    monkeypatch.setattr(NoisyAer, "of", imported)
    monkeypatch.setattr(NoisyAer, "cut", imported)
    with pytest.raises(InputError) as refused:
        device("fake_manila").expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    assert str(refused.value).endswith(
        'ibm: qiskit-aer is not installed; pip install "qfusion[ibm]"'
    )


def test_the_packaged_backend():
    snapshot = open_backend("ibm-noisy")
    assert snapshot.expectations(CIRCUIT, DATA, WEIGHTS, WORDS).shape == (3, 3)
    assert [finding.status for finding in snapshot.preflight()] == ["ok"] * 3


def test_an_error_of_the_simulator_is_one_line():
    aer = device("aer")
    machine = aer.site.machine(None, 2)
    with pytest.raises(RemoteError, match=r"^aer cannot run the circuit: "):
        hooks = SubmitHooks(aer.before_post, aer.opened)
        aer.site.send(machine, program_of({}), ("no circuit",), "key", hooks, "")
