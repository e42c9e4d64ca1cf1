"""Circuits wider than a noisy simulation of the whole: by light cones, on a line without SWAPs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from qfusion_core import Angle, Circuit, Gate, InputError, Term, open_backend, pauli_words
from qfusion_core.circuits import noisy_cones
from qfusion_encoders.hardware_efficient import HardwareEfficient
from qfusion_ibm.device import IBM
from qfusion_ibm.layout import best_layout, expected_error
from qfusion_ibm.machine_cones import machine_cones
from qfusion_ibm.noisy_aer import NoisyAer
from qfusion_ibm.snapshots import open_local
from qfusion_ibm.transpiled_circuit import to_qiskit, transpile

SHOTS = 500


def encoder(qubits, layers=1, **options):
    torch.manual_seed(qubits)
    chosen = {"entangler": "brick", "entangling_gate": "cz", "readout": "z+zz-line", **options}
    return HardwareEfficient(
        HardwareEfficient.Options(layers=layers, weights_init="uniform", **chosen),
        n_features=qubits,
    )


def call(made, rows=2):
    data = torch.rand(rows, made.n_wires, dtype=torch.float64) * 3
    return made.traced, data, made.weights.detach().flatten().double(), made.observables


def exact_noisy(errors, circuit, words, angles):
    """Of a density matrix with the errors of the gates, before the readout: ``[words]``."""
    backend, small, own = errors.cut(circuit, words)
    backend.set_options(method="density_matrix")
    bound = small.assign_parameters(dict(zip(small.parameters, angles, strict=True)))
    for number, word in enumerate(own):
        bound.save_expectation_value(word, list(range(bound.num_qubits)), label=str(number))
    data = backend.run(bound).result().data()
    return np.array([data[str(number)] for number in range(len(own))])


@pytest.mark.parametrize(
    ("qubits", "layers", "entangler"),
    [(8, 1, "brick"), (9, 2, "brick"), (8, 1, "linear"), (9, 1, "none")],
)
def test_cones_have_the_noise_of_the_whole(monkeypatch, qubits, layers, entangler):
    monkeypatch.setattr(noisy_cones, "WIDEST", 7)
    made = encoder(qubits, layers, entangler=entangler)
    circuit, data, weights, observables = call(made, rows=1)
    machine = open_local("fake_fez")
    template = transpile(circuit, machine.target, level=2, seed=1)
    pub = template.pub(circuit.angles(data, weights), observables)
    words = [word for (word,) in pub[1]]
    errors = NoisyAer(machine)
    whole = exact_noisy(errors, pub[0], words, pub[2][0])
    values = np.full(len(words), np.nan)
    cones = machine_cones(pub[0], words, "fake_fez")
    for cone in cones:
        part, own, angles = cone.pub((pub[0], words, pub[2]))
        values[list(cone.words)] = exact_noisy(errors, part, own, angles[0])
    assert len(cones) > 1 or entangler == "linear"
    assert max(len(cone.qubits) for cone in cones) <= max(7, qubits * (entangler == "linear"))
    np.testing.assert_allclose(values, whole, atol=1e-10)
    noiseless = open_backend("statevector").expectations(circuit, data, weights, observables)[0]
    assert np.abs(whole - noiseless.numpy()).max() > 1e-4  # there is noise to agree about


def test_a_wide_circuit_runs_cone_by_cone_and_repeats():
    made = encoder(24)
    circuit, data, weights, observables = call(made)
    first, again = (
        IBM(IBM.Options(backend="fake_fez", shots=SHOTS, seed=3)).expectations(
            circuit, data, weights, observables
        )
        for _ in range(2)
    )
    assert torch.equal(first, again)
    exact = open_backend("statevector").expectations(circuit, data, weights, observables)
    errors = (first - exact) * (SHOTS / (1 - exact**2).clamp_min(0.05)) ** 0.5
    assert 0.8 < errors.square().mean().sqrt() < 3  # shots, and some noise of the machine


def test_a_hundred_qubits_are_planned_on_a_line_without_a_swap():
    made = encoder(100, 2)
    device = IBM(IBM.Options(backend="fake_fez", shots=SHOTS))
    circuit, data, weights, observables = call(made, rows=1)
    (job,) = device.plan(circuit, circuit.angles(data, weights), observables)
    facts = {"swaps": 0, "two_qubit_depth": 2, "two_qubit_gates": 99, "settings": 1}
    assert facts.items() <= job.facts.items()


def test_the_layout_is_chosen_by_the_errors_of_the_calibration():
    """The transpiler alone takes a coupler that does not work."""
    target, circuit = open_local("fake_fez").target, to_qiskit(encoder(100, 2).traced)
    chosen = best_layout(circuit, target, level=2, seed=1)
    alone = best_layout(circuit, target, level=0, seed=1)
    assert expected_error(chosen, target) < 5 < expected_error(alone, target)
    assert max(
        target["cz"][tuple(chosen.find_bit(qubit).index for qubit in gate.qubits)].error
        for gate in chosen.data
        if len(gate.qubits) == 2
    ) < 0.1  # fmt: skip


def test_swaps_are_counted():
    made = encoder(4, 2, entangler="ring")
    facts = transpile(made.traced, open_local("fake_manila").target, level=2, seed=1).facts
    assert facts["swaps"] > 0
    lines = transpile(encoder(4, 2).traced, open_local("fake_manila").target, level=2, seed=1).facts
    assert (lines["swaps"], lines["two_qubit_depth"]) == (0, 2)


def test_what_is_too_wide_is_refused_with_its_number():
    circuit, data, weights, observables = call(encoder(40, entangler="linear"))
    with pytest.raises(InputError) as failed:
        IBM(IBM.Options(backend="fake_fez", shots=SHOTS)).expectations(
            circuit, data, weights, observables
        )
    assert str(failed.value) == (
        "ibm: fake_fez: 40 qubits are simulated with noise one light cone at a time, of at most "
        "10 qubits, and the widest here takes 40; use entangler: brick with fewer layers, or fewer "
        "qubits"
    )


def test_a_circuit_of_a_middle_size_is_still_run_whole():
    """Before there were cones, rings of eleven qubits and more could be had."""
    circuit = encoder(11, entangler="linear").traced
    machine = open_local("fake_fez")
    template = transpile(circuit, machine.target, level=2, seed=1)
    words = [word for (word,) in template.pub(torch.zeros(1, circuit.n_angles), ["Z" * 11])[1]]
    (whole,) = machine_cones(template.isa, words, "fake_fez")
    assert whole.circuit is template.isa and len(whole.qubits) == 11


def test_a_wide_job_at_the_service(service, connect):
    """One job, transpiled once, of all rows."""
    service.snapshot = "fez"
    made = encoder(40)
    circuit, data, weights, observables = call(made, rows=3)
    device = connect(backend="ibm_fez", shots=200, twirling="none", rows_per_job=None)
    values = device.expectations(circuit, data, weights, observables)
    assert len(service.jobs) == 1
    assert device.site.templates.transpiled == 1
    exact = open_backend("statevector").expectations(circuit, data, weights, observables)
    errors = (values - exact) * (200 / (1 - exact**2).clamp_min(0.05)) ** 0.5
    assert 0.8 < errors.square().mean().sqrt() < 1.2


def test_nothing_but_the_qubits_of_a_word_is_in_the_cone_of_a_circuit_without_gates():
    circuit = Circuit(30, (), n_data=0, n_weights=0)
    machine = open_local("fake_fez")
    template = transpile(circuit, machine.target, level=2, seed=1)
    pub = template.pub(torch.zeros(1, 0), pauli_words("z", 30))
    cones = machine_cones(pub[0], [word for (word,) in pub[1]], "fake_fez")
    assert [len(cone.qubits) for cone in cones] == [1] * 30


def test_rows_of_a_cone_without_angles_have_shots_of_their_own():
    """Such a cone is one row for the simulator: it would be drawn once for all."""
    gates = [Gate("RY", (wire,), Angle((Term("data", wire, 1.0),))) for wire in range(12)]
    circuit = Circuit(13, (*gates, Gate("H", (12,))), n_data=12, n_weights=0)
    device = IBM(IBM.Options(backend="fake_fez", shots=200, seed=3))
    words = pauli_words("z", 13)
    values = device.expectations(circuit, torch.rand(12, 12), torch.zeros(0), words)[:, 12]
    assert values.unique().numel() > 4 and values.std() < 0.2  # of 200 shots each: .07
