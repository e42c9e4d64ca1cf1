"""Contract of devices: small circuits whose values are known, and the yardstick for the rest."""

from __future__ import annotations

import math
from functools import partial
from typing import ClassVar

import torch
from torch import Tensor

from qfusion_core.circuits.circuit import Circuit
from qfusion_core.circuits.gates import FIXED, Angle, Gate, Term
from qfusion_core.errors import InputError, QfusionError
from qfusion_core.interfaces.component import made
from qfusion_core.interfaces.device import Device
from qfusion_core.testing.component import ComponentContract, refused
from qfusion_core.testing.reference import ReferenceDevice

NONE = torch.zeros(0, dtype=torch.float64)


class DeviceContract(ComponentContract):
    """Promises of a device, on at most three qubits and three rows.

    Attributes:
        component: The class under test.
        tolerance: Of exact values. Sampled ones may be off by six standard errors. A device whose
            example is noisy needs a wider one.
    """

    tolerance: ClassVar[float] = 1e-6

    def open(self) -> Device:
        """The device under test, made as the core makes one without credentials."""
        device: Device = made(self.component, self.component.name, self.options(), None)
        return device

    def close(self, device: Device, values: Tensor, expected: Tensor) -> None:
        """Compare values, generously enough for the shots of the device."""
        allowed = self.tolerance + (6 / math.sqrt(device.shots) if device.shots else 0)
        torch.testing.assert_close(values, expected, rtol=0, atol=allowed)

    def test_rotation_of_one_qubit(self) -> None:
        """RY(x) on ``|0>``: Z is cos x, X is sin x, Y is 0; each row its own x."""
        x = torch.tensor([[0.3], [-1.2], [2.5]], dtype=torch.float64)
        values = self.open().expectations(TILT, x, _weights(0.0), ["Z", "X", "Y"])
        assert values.shape == (3, 3), f"expected [rows, words], got {list(values.shape)}"
        expected = torch.cat([x.cos(), x.sin(), torch.zeros_like(x)], dim=1)
        self.close(self.open(), values, expected)

    def test_bell_state(self) -> None:
        """XX = ZZ = 1, YY = -1, and each qubit alone says nothing."""
        circuit = Circuit(2, (Gate("H", (0,)), Gate("CNOT", (0, 1))), n_data=1, n_weights=0)
        words = ["XX", "YY", "ZZ", "ZI", "IX"]
        values = self.open().expectations(circuit, torch.zeros(1, 1).double(), NONE, words)
        self.close(self.open(), values, torch.tensor([[1, -1, 1, 0, 0]], dtype=torch.float64))

    def test_wire_order(self) -> None:
        """Wire 0 is the first letter of a word; the first wire of a CNOT controls."""
        gates = (Gate("X", (0,)), Gate("CNOT", (0, 1)))
        circuit = Circuit(3, gates, n_data=1, n_weights=0)
        words = ["ZII", "IZI", "IIZ", "ZZI", "ZIZ"]
        values = self.open().expectations(circuit, torch.zeros(1, 1).double(), NONE, words)
        self.close(self.open(), values, torch.tensor([[-1, -1, 1, 1, -1]], dtype=torch.float64))

    def test_every_gate(self) -> None:
        """All gates in one circuit, data and weights mixed in its angles: as the yardstick."""
        circuit, data, weights, words = every_gate()
        device, reference = self.open(), ReferenceDevice(ReferenceDevice.example())
        values = device.expectations(circuit, data, weights, words)
        self.close(device, values, reference.expectations(circuit, data, weights, words))

    def test_gradients(self) -> None:
        """Of data and weights, where an angle mixes both and gates share a weight."""
        circuit, *tensors, words = _mixed()
        device, reference = self.open(), ReferenceDevice(ReferenceDevice.example())
        gradients = []
        for machine in (device, reference):
            data, weights = (tensor.clone().requires_grad_() for tensor in tensors)
            values = machine.expectations(circuit, data, weights, words)
            shares = torch.linspace(-0.5, 0.5, values.numel(), dtype=values.dtype)
            gradients.append(
                torch.autograd.grad((values.flatten() * shares).sum(), (data, weights))
            )
        for found, expected in zip(*gradients, strict=True):
            self.close(device, found, expected)

    def test_a_batch_is_its_rows(self) -> None:
        """Rows do not see each other."""
        circuit, data, weights, words = _mixed()
        device = self.open()
        together = device.expectations(circuit, data, weights, words)
        alone = [device.expectations(circuit, row[None], weights, words) for row in data]
        self.close(device, together, torch.cat(alone))

    def test_dtype_is_kept(self) -> None:
        """float32 in, float32 out."""
        for dtype in (torch.float32, torch.float64):
            data = torch.zeros(1, 1, dtype=dtype)
            values = self.open().expectations(TILT, data, _weights(0.1).to(dtype), ["Z"])
            assert values.dtype == dtype, f"{values.dtype} from {dtype}"

    def test_empty_batch(self) -> None:
        """No rows, no values, no error."""
        values = self.open().expectations(
            TILT, torch.zeros(0, 1).double(), _weights(0.1), ["Z", "X"]
        )
        assert values.shape == (0, 2), f"expected [0, 2], got {list(values.shape)}"

    def test_wrong_shapes_are_refused(self) -> None:
        """By the name of what is wrong, with both shapes."""
        device = self.open()
        good = (torch.zeros(1, 1).double(), _weights(0.1))
        for wrong, name in (
            ((torch.zeros(1, 2).double(), good[1]), "data"),
            ((good[0], torch.zeros(2).double()), "weights"),
        ):
            text = refused(InputError, partial(device.expectations, TILT, *wrong, ["Z"]))
            assert name in text and "got" in text, f"{name}: {text!r}"
        for word in ("ZZ", "Q"):
            text = refused(InputError, partial(device.expectations, TILT, *good, [word]))
            assert word in text, text

    def test_nan_is_refused(self) -> None:
        """Before a machine is asked."""
        data = torch.tensor([[math.nan]], dtype=torch.float64)
        text = refused(
            QfusionError, lambda: self.open().expectations(TILT, data, _weights(0.1), ["Z"])
        )
        assert "NaN" in text, text


def _angle(*entries: tuple[str, int, float], offset: float = 0.0) -> Angle:
    return Angle(tuple(Term(source, index, scale) for source, index, scale in entries), offset)  # type: ignore[arg-type]


TILT = Circuit(
    1, (Gate("RY", (0,), _angle(("data", 0, 1.0), ("weight", 0, 1.0))),), n_data=1, n_weights=1
)


def _weights(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def _mixed() -> tuple[Circuit, Tensor, Tensor, list[str]]:
    """Two qubits, four angles: data and weights mixed, weight 0 shared by three gates."""
    gates = (
        Gate("RY", (0,), _angle(("data", 0, 1.0), ("weight", 0, 0.5))),
        Gate("RX", (1,), _angle(("data", 1, -2.0), ("data", 0, 1.0), offset=0.3)),
        Gate("CNOT", (0, 1)),
        Gate("RZ", (0,), _angle(("weight", 0, 1.0))),
        Gate("RY", (0,), _angle(("weight", 0, -1.0), ("weight", 1, 1.0))),
    )
    data = torch.tensor([[0.2, 0.7], [-1.1, 0.4]], dtype=torch.float64)
    circuit = Circuit(2, gates, n_data=2, n_weights=2)
    return circuit, data, _weights(0.6, -0.8), ["ZI", "IZ", "XY"]


def every_gate() -> tuple[Circuit, Tensor, Tensor, list[str]]:
    """Three qubits, every gate of the set once, in general position."""
    gates = [Gate("RY", (wire,), _angle(("data", 0, wire + 1.0), offset=0.4)) for wire in range(3)]
    for number, (name, size) in enumerate(FIXED.items()):
        first = number % 3
        gates.append(Gate(name, (first, (first + 1) % 3)[:size]))
        axis = "XYZ"[number % 3]
        gates.append(Gate(f"R{axis}", ((number + 1) % 3,), _angle(("weight", 0, 0.1 * number))))
    data = torch.tensor([[0.5], [-0.9]], dtype=torch.float64)
    words = ["ZII", "IYI", "XIX", "YZX"]
    return Circuit(3, tuple(gates), n_data=1, n_weights=1), data, _weights(0.7), words
