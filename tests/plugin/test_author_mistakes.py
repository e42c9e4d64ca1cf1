"""What the author of a plugin gets wrong, and the one line that says so."""

import numpy as np
import pytest
import torch

import qfusion_core
from qfusion_core import BlackBoxDevice, Fusion, FusionClassifier, FusionOutput, Part, QfusionError
from qfusion_core.config.presets import compose
from qfusion_core.plugin.registry import Registry


class Plain(Fusion):
    name = "plain"

    def __init__(self, options, *, classical_shape, quantum_shape):
        super().__init__(options, classical_shape=classical_shape, quantum_shape=quantum_shape)
        self.out_dim = classical_shape[0] * classical_shape[1]

    def forward(self, classical, quantum):
        return FusionOutput(classical.flatten(1))


class TooNarrow(Plain):
    def forward(self, classical, quantum):
        return FusionOutput(classical.flatten(1)[:, :3])


class BareTensor(Plain):
    def forward(self, classical, quantum):
        return classical.flatten(1)


class NoWidth(Fusion):
    name = "no-width"

    def forward(self, classical, quantum):
        return FusionOutput(classical.flatten(1))


class OtherArguments(Plain):
    def __init__(self, options, classical, quantum):
        super().__init__(options, classical_shape=classical, quantum_shape=quantum)


class With(Registry):
    """The installed components, and this fusion under the name of the default one."""

    def __init__(self, fusion):
        super().__init__()
        self.fusion = fusion

    def get(self, kind, name):
        return self.fusion if kind == "fusion" else super().get(kind, name)

    def options(self, kind, name):
        return self.fusion.Options if kind == "fusion" else super().options(kind, name)


def logits(fusion):
    registry = With(fusion)
    spec = compose("hardware", "wine", quantum="sham", fusion="plain", registry=registry)
    rows = np.random.default_rng(0).normal(size=(12, 5)).astype(np.float32)
    model = FusionClassifier.fit_transforms(
        spec, Part(rows, np.arange(12) % 3), n_classes=3, registry=registry
    )
    return model(*model.preprocess(torch.from_numpy(rows)))


def test_a_fusion_needs_no_options():
    assert logits(Plain).shape == (12, 3)


@pytest.mark.parametrize(
    ("fusion", "text"),
    [
        (TooNarrow, r"fusion 'plain': expected FusionOutput\(features \[12, \d+\]\).*\[12, 3\]"),
        (BareTensor, "fusion 'plain': expected FusionOutput.* from forward, got Tensor with"),
        (NoWidth, "class NoWidth has no out_dim; set it in __init__"),
        (OtherArguments, r"class OtherArguments must be made by \(options, \*, classical_shape, "),
    ],
)
def test_a_fusion_that_breaks_its_contract_is_named(fusion, text):
    with pytest.raises(QfusionError, match=text):
        logits(fusion)


def test_a_device_without_options_is_its_evaluate_alone():
    class Zero(BlackBoxDevice):
        name = "zero"

        def evaluate(self, circuit, angles, observables):
            return angles.new_zeros(len(angles), len(observables))

    circuit = qfusion_core.Circuit(1, (), n_data=1, n_weights=0)
    values = Zero(Zero.Options()).expectations(circuit, torch.zeros(4, 1), torch.zeros(0), ["Z"])
    assert values.shape == (4, 1)


def test_contracts_are_reached_from_the_package():
    assert qfusion_core.testing.FusionContract.__name__ == "FusionContract"
