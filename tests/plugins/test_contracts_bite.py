"""A contract is worth something only if broken components fail it."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import qfusion_core
from qfusion_core import (
    Circuit,
    Dataset,
    Engine,
    Fusion,
    FusionOutput,
    Gate,
    InputError,
    Part,
    Split,
)
from qfusion_core import testing as contracts
from qfusion_core.testing import ReferenceDevice


class Sum(Fusion):
    """A sound fusion; the broken ones below differ in one thing."""

    name = "sum"

    def __init__(self, options, *, classical_shape, quantum_shape):
        super().__init__(options, classical_shape=classical_shape, quantum_shape=quantum_shape)
        self.out_dim = 4
        self.left = nn.Linear(classical_shape[0] * classical_shape[1], 4)
        self.right = nn.Linear(quantum_shape[0] * quantum_shape[1], 4)

    def forward(self, classical, quantum):
        return FusionOutput(self.left(classical.flatten(1)) + self.right(quantum.flatten(1)))


class WrongWidth(Sum):
    def __init__(self, options, **shapes):
        super().__init__(options, **shapes)
        self.out_dim = 5


class IgnoresTokens(Sum):
    def forward(self, classical, quantum):
        return FusionOutput(self.left(classical.flatten(1)) + 0 * self.right(quantum.flatten(1)))


class AlwaysDrops(Sum):
    def forward(self, classical, quantum):
        return FusionOutput(nn.functional.dropout(super().forward(classical, quantum).features))


class SeesNeighbours(Sum):
    def forward(self, classical, quantum):
        features = super().forward(classical, quantum).features
        return FusionOutput(features - features.mean(0))


class ForgetsItsState(Sum):
    def __init__(self, options, **shapes):
        super().__init__(options, **shapes)
        self.shift = torch.randn(4)  # no buffer: in no checkpoint

    def forward(self, classical, quantum):
        return FusionOutput(super().forward(classical, quantum).features + self.shift.to(classical))


class UnusedParameter(Sum):
    def __init__(self, options, **shapes):
        super().__init__(options, **shapes)
        self.spare = nn.Parameter(torch.zeros(3))


class OwnSeed(Sum):
    def __init__(self, options, **shapes):
        super().__init__(options, **shapes)
        noise = np.random.default_rng().normal(size=self.left.weight.shape)
        self.left.weight = nn.Parameter(torch.tensor(noise, dtype=torch.float32))


class OnlyFloat32(Sum):
    def forward(self, classical, quantum):
        return FusionOutput(super().forward(classical, quantum).features.float())


class NoDistribution(Sum):
    def forward(self, classical, quantum):
        shares = torch.ones(len(classical), 1, classical.shape[1], quantum.shape[1] + 1)
        return FusionOutput(super().forward(classical, quantum).features, shares)


class Vague(Sum):
    class Options(qfusion_core.Options):
        depth: int = 1


class Spaced(Sum):
    name = "a sum"


class Reversed(ReferenceDevice):
    def expectations(self, circuit, data, weights, observables):
        words = [word[::-1] for word in observables]
        return super().expectations(circuit, data, weights, words)


class HalfAngles(ReferenceDevice):
    def expectations(self, circuit, data, weights, observables):
        return super().expectations(circuit, data / 2, weights / 2, observables)


class NoGradient(ReferenceDevice):
    def expectations(self, circuit, data, weights, observables):
        values = super().expectations(circuit, data, weights, observables)
        return values.detach() + 0 * (data.sum() + weights.sum())


class WrongS(ReferenceDevice):
    def expectations(self, circuit, data, weights, observables):
        gates = [Gate("Sdg", g.wires) if g.name == "S" else g for g in circuit.gates]
        return super().expectations(
            replace(circuit, gates=tuple(gates)), data, weights, observables
        )


class FirstRowOnly(ReferenceDevice):
    def expectations(self, circuit, data, weights, observables):
        first = data[:1].expand_as(data)
        return super().expectations(circuit, first, weights, observables)


class Overlapping(Dataset):
    name = "overlapping"

    def __init__(self, options):
        pass

    def load(self, *, seed):
        x = np.arange(20, dtype=np.float32).reshape(10, 2)
        part = Part(x, np.arange(10) % 2)
        return Split(part, part, part, ("a", "b"), ("no", "yes"), "made up")


class Absent(Overlapping):
    def require_source(self):
        raise InputError("absent.csv: no such file")


class Shuffled(Engine):
    name = "shuffled"

    def __init__(self, options):
        pass

    def map(self, function, specs):
        return iter([function(spec) for spec in reversed(list(specs))])


class Silent(Shuffled):
    def map(self, function, specs):
        for spec in specs:
            try:
                yield function(spec)
            except ValueError:
                continue


BROKEN = {
    contracts.FusionContract: {
        WrongWidth: "output_has_the_announced_shape_and_the_dtype_of_the_input",
        OnlyFloat32: "output_has_the_announced_shape_and_the_dtype_of_the_input",
        IgnoresTokens: "both_sides_change_the_features",
        AlwaysDrops: "evaluation_is_deterministic",
        SeesNeighbours: "samples_are_independent_in_evaluation",
        ForgetsItsState: "state_dict_carries_everything",
        UnusedParameter: "gradients_reach_all_parameters_and_inputs",
        OwnSeed: "a_seed_gives_the_same_start",
        NoDistribution: "attention_is_a_distribution",
        Vague: "every_option_is_described",
        Spaced: "name_fits_a_command_line",
    },
    contracts.DeviceContract: {
        Reversed: "wire_order",
        HalfAngles: "rotation_of_one_qubit",
        NoGradient: "gradients",
        WrongS: "every_gate",
        FirstRowOnly: "a_batch_is_its_rows",
    },
    contracts.DatasetContract: {
        Overlapping: "parts_are_disjoint",
        Absent: "its_source_is_there",
    },
    contracts.EngineContract: {
        Shuffled: "results_come_in_the_order_of_the_specs",
        Silent: "a_failure_reaches_the_caller",
    },
}
CASES = [
    (contract, component, test)
    for contract, tests in BROKEN.items()
    for component, test in tests.items()
]


@pytest.mark.parametrize(
    "contract, component, test", CASES, ids=lambda x: getattr(x, "__name__", x)
)
def test_a_broken_component_fails(contract, component, test):
    check = getattr(type("Contract", (contract,), {"component": component})(), f"test_{test}")
    with pytest.raises(AssertionError):
        check()


class TestSum(contracts.FusionContract):
    component = Sum


class TestReference(contracts.DeviceContract):
    component = ReferenceDevice


def test_the_yardstick_agrees_with_pennylane():
    import pennylane as qml

    from qfusion_core.testing.device import every_gate

    circuit, data, weights, _ = every_gate()
    words = ["".join(letters) for letters in itertools.product("IXYZ", repeat=3)][1:]

    @qml.qnode(qml.device("default.qubit", wires=3))
    def node(row):
        circuit.to_pennylane(row, weights)
        return [qml.expval(qml.pauli.string_to_pauli_word(word)) for word in words]

    expected = torch.stack([torch.stack(node(row)) for row in data])
    device = ReferenceDevice(ReferenceDevice.example())
    found = device.expectations(circuit, data, weights, words)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_the_yardstick_takes_no_words():
    circuit = Circuit(1, (), n_data=0, n_weights=0)
    device = ReferenceDevice(ReferenceDevice.example())
    assert device.expectations(circuit, torch.zeros(2, 0), torch.zeros(0), []).shape == (2, 0)
