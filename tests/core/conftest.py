"""A black box that really computes (PennyLane's default.qubit), and a backends.yaml to write."""

import sys
from contextlib import suppress
from pathlib import Path

import pennylane as qml
import pytest
import torch

from qfusion_core import BlackBoxDevice, InputError, trust
from qfusion_core.backends.file import Backends

GATES = {
    "RX": qml.RX, "RY": qml.RY, "RZ": qml.RZ,
    "H": qml.Hadamard, "X": qml.X, "Y": qml.Y, "Z": qml.Z, "S": qml.S, "T": qml.T, "SX": qml.SX,
    "Sdg": lambda wires: qml.adjoint(qml.S(wires)),
    "Tdg": lambda wires: qml.adjoint(qml.T(wires)),
    "SXdg": lambda wires: qml.adjoint(qml.SX(wires)),
    "CNOT": qml.CNOT, "CZ": qml.CZ, "SWAP": qml.SWAP,
}  # fmt: skip


class ReferenceDevice(BlackBoxDevice):
    """Exact, and counts what it is asked."""

    name = "reference"

    def __init__(self, options=None, credentials=None):
        self.calls = []

    def evaluate(self, circuit, angles, observables):
        self.calls.append(len(angles))
        assert not angles.requires_grad

        @qml.qnode(qml.device("default.qubit", wires=circuit.n_wires))
        def node():
            columns = iter(angles.unbind(1))
            for gate in circuit.gates:
                bound = [] if gate.angle is None else [next(columns)]
                GATES[gate.name](*bound, wires=list(gate.wires))
            return [qml.expval(qml.pauli.string_to_pauli_word(word)) for word in observables]

        values = [torch.as_tensor(value).expand(len(angles)) for value in node()]
        return torch.stack(values, dim=1)


@pytest.fixture
def reference():
    return ReferenceDevice()


@pytest.fixture
def refusal():
    """The one line with which a call is refused."""

    def _refusal(function, *arguments):
        with pytest.raises(InputError) as refused:
            function(*arguments)
        assert "\n" not in str(refused.value)
        return str(refused.value)

    return _refusal


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Writes ./backends.yaml in an empty folder and reads it; the device `cloud` is installed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QFUSION_BACKENDS", raising=False)
    cloud = Path(__file__).parents[1] / "third_party" / "cloud"
    monkeypatch.setattr(sys, "path", [str(cloud), *sys.path])

    def _written(text):
        Path("backends.yaml").write_text(text)
        with suppress(InputError):  # of a file that is no YAML: reading it will say so
            trust("backends.yaml")
        return Backends.read()

    return _written
