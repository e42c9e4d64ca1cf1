"""Properties of a live device, saved, and what they are good for: emulation, --dry-run, noise."""

import json

import pytest
import torch

from qfusion_braket.device import Braket
from qfusion_core import InputError, Registry, RemoteError, trust
from qfusion_core.evaluation.snapshot_run import run_on_snapshot, snapshot_of
from qfusion_core.testing import ReferenceDevice
from support.braket import saved_devices
from support.braket.devices import GARNET

BACKENDS = """
version: 1
default: exact
backends:
  exact: {type: statevector}
  garnet:
    type: braket
    options: {device: iqm/Garnet, shots: 500, tries: 2, poll_seconds: 0.002}
    budget: {max_usd: 1}
  twin:
    type: braket
    options: {emulate: garnet.json, shots: 500}
"""


@pytest.fixture
def garnet(service):
    """A Garnet that tells its fidelities, as real ones do, and has five qubits."""
    document = saved_devices.iqm()
    service.devices[GARNET]["deviceCapabilities"] = json.dumps(document)
    return document


@pytest.fixture
def shell(qfusion, service, tmp_path):
    """Runs the command line: (code, output, error)."""
    (tmp_path / "backends.yaml").write_text(BACKENDS)

    def _shell(*words):
        trust(tmp_path / "backends.yaml")  # as it is now: tests rewrite it
        code, out, err = qfusion(*words)
        assert err.count("\n") <= 1
        return code, out, err

    return _shell


def test_properties_are_saved_and_can_be_emulated(shell, service, garnet, tmp_path):
    code, _, err = shell("backends", "twin", "--check")
    assert code == 1  # there is no file yet
    code, out, err = shell("backends", "save", "garnet")
    size = (tmp_path / "garnet.json").stat().st_size
    assert (code, out, err) == (0, f"garnet.json: properties of garnet, {size} bytes\n", "")
    assert json.loads((tmp_path / "garnet.json").read_text()) == garnet
    assert not service.tasks  # nothing was bought
    code, out, _ = shell("backends", "twin", "--check", "--json")
    assert code == 0, out
    (twin,) = json.loads(out)["backends"]
    assert {finding["status"] for finding in twin["findings"]} <= {"ok"}


def test_another_file_and_json(shell, garnet, tmp_path):
    code, out, _ = shell("backends", "save", "garnet", "--out", "other.json", "--json")
    assert code == 0
    assert json.loads(out) == {
        "backend": "garnet",
        "path": "other.json",
        "bytes": (tmp_path / "other.json").stat().st_size,
    }


def test_the_file_of_a_backend_whose_name_is_no_part_of_a_path(shell, garnet, tmp_path):
    with (tmp_path / "backends.yaml").open("a") as file:
        file.write("  iqm/garnet 2: {type: braket, options: {device: iqm/Garnet, shots: 500}, ")
        file.write("budget: {max_usd: 1}}\n")
    code, out, err = shell("backends", "save", "iqm/garnet 2")
    assert code == 0, err
    assert out.startswith("iqm-garnet-2.json: properties of iqm/garnet 2, ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["exact"], "backend 'exact' (device 'statevector') tells no properties; those of a"),
        (["garnit"], "unknown backend 'garnit' in backends.yaml; did you mean 'garnet'?"),
        (["garnet", "--out", "here.json"], "here.json: exists; move it, or give another file"),
        (["garnet", "--out", "no/where"], "no/where: there is no folder no; make it, or give"),
    ],
)
def test_what_cannot_be_saved(shell, service, tmp_path, words, said):
    (tmp_path / "here.json").write_text("mine")
    code, _, err = shell("backends", "save", *words)
    assert code == 2
    assert err.startswith(f"error: {said}")
    assert (tmp_path / "here.json").read_text() == "mine"
    assert not service.requests


def test_an_emulated_device_has_nothing_new_to_save(shell, garnet):
    assert shell("backends", "save", "garnet")[0] == 0
    code, _, err = shell("backends", "save", "twin")
    assert code == 2 and err.startswith("error: backend 'twin' (device 'braket') tells no")


def test_a_device_that_aws_does_not_know(shell, service, tmp_path):
    del service.devices[GARNET]
    code, _, err = shell("backends", "save", "garnet")
    assert code != 0 and "ResourceNotFoundException" in err
    assert not (tmp_path / "garnet.json").exists()


@pytest.mark.parametrize("words", [[], ["garnet"], ["list"], ["exact", "garnet", "--json"]])
def test_the_verb_may_be_left_out(shell, words):
    code, out, _ = shell("backends", *words)
    assert code == 0 and "garnet" in out


def test_a_remote_device_with_saved_properties_has_a_snapshot(connect, service, tmp_path):
    """`--dry-run`: the plan of the device, the gates and the values of its emulation."""
    path = saved_devices.save(saved_devices.iqm(), tmp_path / "garnet.json")
    device = connect(properties=path, shots=1000)
    kind = Registry().get("quantum_encoder", "hardware-efficient")
    encoder = kind(kind.Options(qubits=3, layers=1), n_features=3)
    x = torch.linspace(-1, 1, 12).reshape(4, 3)
    found = run_on_snapshot(encoder, x, *snapshot_of(device, "garnet"), ReferenceDevice(
        ReferenceDevice.example()))  # fmt: skip
    assert not service.tasks
    assert found.plan.price.usd.high > 0 and found.plan.facts["machine"] == "iqm/Garnet"
    assert found.facts["machine"] == "iqm/Garnet"
    assert found.facts["depth"] > 3 and found.facts["two_qubit_gates"] >= 2
    assert found.facts["two_qubit_gates_sent"] == 3
    off = [error.rms for error in found.errors.values()]
    assert 0 < max(off) < 0.3


def test_noise_is_known_without_asking(connect, service, tmp_path):
    path = saved_devices.save(saved_devices.iqm(readout=0.97), tmp_path / "garnet.json")
    assert connect(properties=path).noise_model().readout == pytest.approx((0.03, 0.03))
    assert connect().noise_model() is None and connect().snapshot() is None
    assert not service.requests


def test_the_properties_change_no_value(tmp_path):
    path = saved_devices.save(saved_devices.iqm(), tmp_path / "garnet.json")
    with_them = Braket.Options(device="iqm/Garnet", shots=10, properties=path)
    assert Braket(with_them).values_digest() == (
        Braket(Braket.Options(device="iqm/Garnet", shots=10)).values_digest()
    )


def test_a_fault_that_stays(connect, service):
    service.faults["device"] = [500] * 20
    with pytest.raises(RemoteError):
        connect().properties()


def test_without_saved_properties_there_is_no_dry_run(failure):
    device = Braket(Braket.Options(device="iqm/Garnet", shots=10))
    assert failure(InputError, snapshot_of, device, "garnet") == (
        "backend 'garnet': this machine has no snapshot that runs here; to have one, save its "
        "properties (`qfusion backends save`) and name the file in the option properties; "
        "`qfusion estimate` shows the plan and its price"
    )
