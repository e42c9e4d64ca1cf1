"""Circuits wider than a density matrix, on an emulated device: one light cone at a time."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
import torch

from qfusion_braket.device import Braket
from qfusion_braket.emulation import emulator
from qfusion_braket.simulated_circuit import parities
from qfusion_core import InputError, commuting_groups, open_backend
from qfusion_core.circuits import noisy_cones
from qfusion_encoders.hardware_efficient import HardwareEfficient
from support.braket import saved_devices

NONE = torch.zeros(0, dtype=torch.float64)


@pytest.fixture(scope="module")
def grid(tmp_path_factory):
    """Four rows of five qubits, as IQM has them, with invented errors."""
    labels = [[1 + column + 5 * row for column in range(5)] for row in range(4)]
    edges = [pair for row in labels for pair in pairwise(row)]
    edges += [pair for rows in pairwise(labels) for pair in zip(*rows, strict=True)]
    path = tmp_path_factory.mktemp("grid") / "grid.json"
    return saved_devices.save(saved_devices.iqm(edges=edges), path)


def call(qubits, layers=1, **options):
    torch.manual_seed(qubits)
    chosen = {"entangler": "brick", "entangling_gate": "cz", "readout": "z+zz-line", **options}
    made = HardwareEfficient(
        HardwareEfficient.Options(layers=layers, weights_init="uniform", **chosen),
        n_features=qubits,
    )
    data = torch.rand(2, qubits, dtype=torch.float64) * 3
    circuit = made.traced.by_angles()
    return circuit, made.traced.angles(data, made.weights.detach().flatten().double()), (
        made.observables
    )  # fmt: skip


def exact(device, circuit, angles, words):
    """Without shots: what the draws are taken from."""
    cones = emulator.Emulator(device.options).prepare_cones(circuit, words)
    values = torch.full((len(angles), len(words)), torch.nan, dtype=torch.float64)
    for cone in cones:
        own = cone.own(words)
        groups = commuting_groups(own)
        read = cone.circuit.read(angles.numpy(), [basis for basis, _ in groups])
        for row, shares in enumerate(read):
            for (_, members), share in zip(groups, shares, strict=True):
                means = parities(share, [own[member] for member in members])
                values[row, [cone.words[m] for m in members]] = torch.tensor(means).double()
    return len(cones), values


@pytest.mark.parametrize("readout", ["z+zz-line", "xyz"])
def test_cones_have_the_noise_of_the_whole(grid, monkeypatch, readout):
    circuit, angles, words = call(8, readout=readout)
    device = Braket(Braket.Options(emulate=grid, shots=100, seed=1))
    one, whole = exact(device, circuit, angles, words)
    monkeypatch.setattr(noisy_cones, "WIDEST", 6)
    several, values = exact(device, circuit, angles, words)
    assert one == 1 and several > 1
    torch.testing.assert_close(values, whole, atol=1e-10, rtol=0)
    noiseless = open_backend("statevector").expectations(circuit, angles, NONE, words)
    assert (whole - noiseless).abs().max() > 1e-3


def test_sixteen_qubits_are_drawn_cone_by_cone(grid):
    circuit, angles, words = call(16)
    device = Braket(Braket.Options(emulate=grid, shots=400, seed=1))
    (job,) = device.plan(circuit, angles, words)
    assert job.facts["two_qubit_gates"] == 8
    result = device.fetch(job, device.submit(job, "key"))
    again = Braket(Braket.Options(emulate=grid, shots=400, seed=1))
    assert torch.equal(result.values, again.expectations(circuit, angles, NONE, words))
    counted = json.loads(result.raw)
    assert counted["shots"] == 400
    assert sorted(wire for cone in counted["cones"] for wire in cone["wires"])[0] == 0
    assert all(sum(drawn[0].values()) == 400 for c in counted["cones"] for drawn in c["counts"])
    noiseless = open_backend("statevector").expectations(circuit, angles, NONE, words)
    errors = (result.values - noiseless) * (400 / (1 - noiseless**2).clamp_min(0.05)) ** 0.5
    assert 0.8 < errors.square().mean().sqrt() < 4


def test_what_is_too_wide_is_refused_with_its_number(grid):
    circuit, angles, words = call(16, entangler="linear")
    with pytest.raises(InputError) as failed:
        Braket(Braket.Options(emulate=grid, shots=100)).plan(circuit, angles, words)
    assert "16 qubits are simulated with noise one light cone at a time, of at most 10" in str(
        failed.value
    )
    assert str(failed.value).endswith("use entangler: brick with fewer layers, or fewer qubits")
