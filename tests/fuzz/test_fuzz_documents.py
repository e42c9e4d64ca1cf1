"""Documents of machines, damaged: a machine, or one plain line."""

import json

import torch

from qfusion_braket.device import Braket
from qfusion_braket.device_document import machine_of
from qfusion_core import Angle, Circuit, Gate, InputError, QfusionError, Term
from support.braket import saved_devices
from support.fuzz.mutations import damage, damage_bytes, deepened

DEVICES = (saved_devices.ionq, saved_devices.iqm, saved_devices.rigetti)
CIRCUIT = Circuit(2, (Gate("RX", (0,), Angle((Term("data", 0, 1.0),))), Gate("CNOT", (0, 1))), 1, 0)
LONGEST = 400


def require_plain(said, seed):
    """One line, without control characters, not too long."""
    assert said.isprintable(), (seed, said)
    assert len(said) <= LONGEST, (seed, len(said))


def reply(random):
    """Of GetDevice, damaged outside or inside."""
    document = random.choice(DEVICES)()
    document["action"]["braket.ir.openqasm.program_set"] = {
        "maximumExecutables": 100, "maximumTotalShots": 100_000, "minimumTotalShots": 1,
    }  # fmt: skip
    told = {
        "deviceArn": "arn:aws:braket:eu-north-1::device/qpu/iqm/Garnet",
        "deviceType": "QPU",
        "deviceStatus": "ONLINE",
        "deviceQueueInfo": [
            {"queue": "QUANTUM_TASKS_QUEUE", "queueSize": ">4000", "queuePriority": "Normal"},
            {"queue": "JOBS_QUEUE", "queueSize": "0"},
        ],
    }
    inside = random.random() < 0.7
    text = json.dumps(damage(document, random, random.choice([1, 1, 2])) if inside else document)
    if random.random() < 0.05:
        text = deepened(text, random)
    if random.random() < 0.1:
        text = damage_bytes(text.encode(), random).decode(errors="replace")
    told["deviceCapabilities"] = text
    return told if inside else damage(told, random)


def test_any_reply_is_a_machine_or_one_plain_line(rounds):
    for seed, random in rounds(600):
        told = reply(random)
        try:
            machine = machine_of(told, "iqm/Garnet", mitigated=random.random() < 0.5)
        except QfusionError as error:
            require_plain(str(error), seed)
            continue
        assert 1 <= machine.qubits and 0 <= machine.shots[0] <= machine.shots[1], seed
        assert machine.cost is None or 0 <= machine.cost.price < 1e7, seed
        assert f"{machine.queue}{machine.status}{machine.note}".isprintable(), seed


def test_any_saved_document_is_emulated_or_refused_in_one_plain_line(rounds, tmp_path):
    path = tmp_path / "device.json"
    for seed, random in rounds(40):
        document = damage(random.choice(DEVICES)(), random, random.choice([1, 1, 2]))
        path.write_text(json.dumps(document))
        try:
            device = Braket(Braket.Options(emulate=str(path), shots=10, seed=1))
            values = device.evaluate(CIRCUIT, torch.tensor([[0.3]]), ("ZI", "ZZ"))
        except InputError as error:
            require_plain(str(error), seed)
        except ValueError as error:  # pydantic's, which the reader of backends.yaml makes a line of
            assert type(error).__name__ == "ValidationError", (seed, error)
        else:
            assert bool((values.abs() <= 1).all()), seed
