"""What the author of a plugin gets wrong, and the one line that says so."""

import numpy as np
import pytest
import torch

import qfusion_core
from qfusion_core import BlackBoxDevice, Fusion, FusionClassifier, FusionOutput, Part, QfusionError
from qfusion_core.config.presets import compose
from qfusion_core.interfaces.device_checks import require_measured
from qfusion_core.plugin import discovery, offered
from qfusion_core.plugin.registry import Registry
from qfusion_core.pool.local_member import LocalMember


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


class Device(BlackBoxDevice):
    """Gives whatever it is told to."""

    name = "told"

    def __init__(self, options, credentials=None, *, gives=None, largest=1.0):
        self.gives, self.largest = gives, largest

    def evaluate(self, circuit, angles, observables):
        return self.gives


ONE = qfusion_core.Circuit(1, (), n_data=1, n_weights=0)


def values_of(device, rows=2):
    words = ["Z", "X"]
    return device.expectations(ONE, torch.zeros(rows, 1), torch.zeros(0), words)


@pytest.mark.parametrize(
    ("gives", "said"),
    [
        (np.zeros((2, 2)), "numpy.ndarray of shape [2, 2]"),
        ([[0.0, 0.0]] * 2, "list"),
        (None, "NoneType"),
        (torch.zeros(2), "torch.Tensor of shape [2]"),
    ],
)
def test_what_is_no_tensor_is_called_by_its_type(gives, said):
    with pytest.raises(QfusionError) as failed:
        values_of(Device(None, gives=gives))
    assert str(failed.value) == (
        f"device 'told': evaluate returned {said}, expected a torch tensor of shape [2, 2] (rows, "
        "observables); this is a fault of the device's plugin"
    )


@pytest.mark.parametrize("value", [7.0, -1.02])
def test_values_that_no_mean_of_signs_can_be_are_refused(value):
    gives = torch.tensor([[0.0, 1.001], [value, -1.0]])
    with pytest.raises(QfusionError) as failed:
        values_of(Device(None, gives=gives))
    assert str(failed.value) == (
        f"device 'told': evaluate returned {gives[1, 0].item()} for observable Z in row 1 (1 of 4 "
        "values of the call are beyond -1 to 1); no result is made of them: this is a fault of the "
        "device or its plugin, or it mitigates errors and sets no `largest`"
    )
    assert values_of(Device(None, gives=gives, largest=np.inf)).equal(gives)


def test_normal_noise_may_leave_the_range_also_in_a_pool():
    options = qfusion_core.Registry().get("device", "statevector").Options
    device = qfusion_core.Registry().get("device", "statevector")(
        options(shots=2, sampling="gaussian", seed=1)
    )
    tilted = qfusion_core.Circuit(
        1,
        (qfusion_core.Gate("RY", (0,), qfusion_core.Angle((), 0.5)),),
        n_data=1,
        n_weights=0,
    )
    values = device.expectations(tilted, torch.zeros(50, 1), torch.zeros(0), ["Z"])
    assert values.max() > 1.1
    assert require_measured(device, values, 50, ["Z"], "expectations") is values
    assert LocalMember(device).mitigates


@pytest.mark.parametrize("name", ["Bad Name!", "Upper", "a b", "semi;colon", "a:b", "a,b"])
def test_a_name_that_nobody_can_type_is_refused(name):
    plugin = discovery.Plugin("odd", "acme-odd", "1.0")
    odd = type("Odd", (Device,), {"name": name})
    said = f"the name {name!r} is to be lower case, letters and hyphens"
    judged = offered._judged("device", plugin, odd)
    assert (judged.status, judged.failure) == ("failed", f"class Odd: {said}")
    place = qfusion_core.Offer("acme_odd:Odd", "acme_odd:Options")
    assert offered._judged("device", plugin, place, name).failure == said


class OptionsOnly(Device):
    def __init__(self, options):
        super().__init__(options)


def test_a_device_that_takes_no_credentials_is_named_and_fails_its_contract(tmp_path, monkeypatch):
    file = tmp_path / "backends.yaml"
    file.write_text("version: 1\ndefault: a\nbackends: {a: {type: statevector}}\n")
    monkeypatch.setattr(Registry, "get", lambda self, kind, name: OptionsOnly)
    said = (
        "class OptionsOnly must be made by (options, credentials): too many positional arguments; "
        "this is a fault of its plugin"
    )
    with pytest.raises(QfusionError) as failed:
        qfusion_core.open_backend("a", file)
    assert str(failed.value).startswith("device 'told' of ")
    assert str(failed.value).endswith(said)

    class Contract(qfusion_core.testing.DeviceContract):
        component = OptionsOnly

    with pytest.raises(QfusionError) as failed:
        Contract().open()
    assert str(failed.value).endswith(said)


def test_contracts_are_reached_from_the_package():
    assert qfusion_core.testing.FusionContract.__name__ == "FusionContract"
