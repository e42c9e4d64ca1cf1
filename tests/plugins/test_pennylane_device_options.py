"""What the device `pennylane` refuses, and what it tells the user to do instead."""

import re

import pytest
import torch
from pydantic import ValidationError

from qfusion_core import Angle, Circuit, Gate, InputError, Term
from qfusion_pennylane.catalogue import LOCAL, traits
from qfusion_pennylane.device import PennyLane
from qfusion_pennylane.options import MOST_QISKIT, MOST_SHOTS

AER = pytest.param("qiskit.aer", marks=pytest.mark.aer)


def open_device(name, **options):
    return PennyLane(PennyLane.Options(device=name, **options))


def refusal(name, **options):
    with pytest.raises(InputError) as caught:
        open_device(name, **options)
    text = str(caught.value)
    assert text.startswith("pennylane: ")
    assert "\n" not in text
    return text


@pytest.mark.parametrize(
    ("name", "kind"),
    [("braket.aws.qubit", "braket"), ("braket.aws.ahs", "braket"), ("qiskit.remote", "ibm")],
)
@pytest.mark.parametrize("remote", [None, "acknowledged"])
def test_machines_that_cost_money_have_types_of_their_own(name, kind, remote):
    text = refusal(name, shots=10, remote=remote)
    assert f"past qfusion's journal and budget; use `type: {kind}`" in text


@pytest.mark.parametrize("name", ["default.qutrit", "default.gaussian", "braket.local.ahs"])
def test_devices_without_qubits_are_refused(name):
    assert f"device {name!r} has no qubits with gates" in refusal(name)


def test_a_device_that_computes_nothing_is_refused():
    assert "all its values are zero" in refusal("null.qubit")


def test_a_misspelt_device_is_recognised():
    text = refusal("lightning.qbit")
    assert "no PennyLane device 'lightning.qbit' is installed" in text
    assert "did you mean 'lightning.qubit'? known: " in text
    assert "qiskit.remote" not in text


@pytest.mark.parametrize(
    ("name", "extra"), [("qiskit.aer", "aer"), ("braket.local.qubit", "braket")]
)
def test_a_missing_package_is_named_by_its_extra(name, extra):
    with pytest.raises(InputError, match=rf'install it by pip install "qfusion\[{extra}\]"'):
        traits(name, installed=["default.qubit"], acknowledged=False)


def test_a_device_not_known_to_be_local_needs_a_word():
    with pytest.raises(InputError, match=r"may cost money .* set `remote: acknowledged`"):
        traits("acme.cloud", installed=["acme.cloud"], acknowledged=False)
    assert not traits("acme.cloud", installed=["acme.cloud"], acknowledged=True).local


def test_remote_takes_no_other_word():
    with pytest.raises(ValidationError, match="acknowledged"):
        PennyLane.Options(device="default.qubit", remote="yes")


@pytest.mark.aer
def test_a_device_that_does_not_load_is_explained():
    # an entry point that pennylane-qiskit left behind
    text = refusal("qiskit.basicaer", remote="acknowledged", shots=10)
    assert "device 'qiskit.basicaer' of PennyLane-qiskit" in text
    assert "does not load: AttributeError" in text


@pytest.mark.parametrize(
    ("name", "option", "near"),
    [
        ("default.qubit", "max_worker", "max_workers"),
        ("lightning.qubit", "batch_ob", "batch_obs"),
        pytest.param(
            "qiskit.aer", "max_parallel_thread", "max_parallel_threads", marks=pytest.mark.aer
        ),
        pytest.param("braket.local.qubit", "backnd", "backend", marks=pytest.mark.vendor),
    ],
)
def test_a_misspelt_option_is_recognised(name, option, near):
    text = refusal(name, options={option: 1})
    assert f"unknown option {option!r}" in text
    assert f"did you mean {near!r}?" in text
    swallowed = "the device would ignore it in silence" in text
    assert swallowed == (name in ("qiskit.aer", "braket.local.qubit"))


@pytest.mark.parametrize(
    ("option", "advice"),
    [
        ("wires", "`wires` beside `device` limits them"),
        ("shots", "set `shots` beside `device`"),
        ("seed", "set `seed` beside `device`"),
    ],
)
def test_options_of_qfusion_are_not_set_a_second_time(option, advice):
    assert advice in refusal("default.qubit", options={option: 5})


@pytest.mark.aer
def test_a_fixed_simulator_seed_is_refused():
    text = refusal("qiskit.aer", shots=10, options={"seed_simulator": 5})
    assert "options.seed_simulator: set `seed` beside `device`" in text


@pytest.mark.vendor
def test_a_bad_value_is_refused_when_the_device_is_opened():
    text = refusal("braket.local.qubit", options={"backend": "braket_vs"})
    assert "braket.local.qubit refused {'backend': 'braket_vs'}: " in text
    text = refusal("lightning.qubit", options={"c_dtype": "int8"})
    assert "options.c_dtype: expected one of complex64, complex128, got 'int8'" in text


@pytest.mark.vendor
def test_options_reach_the_device():
    assert open_device("lightning.qubit", options={"c_dtype": "complex64"})
    assert open_device("braket.local.qubit", options={"backend": "braket_dm"})


@pytest.mark.aer
def test_options_reach_aer():
    assert open_device("qiskit.aer", shots=10, options={"method": "matrix_product_state"})


def test_the_shots_are_at_least_one():
    for shots in (0, -1):
        with pytest.raises(ValidationError, match="greater than or equal to 1"):
            PennyLane.Options(device="default.qubit", shots=shots)


@pytest.mark.parametrize("name", ["default.qubit", "lightning.qubit", "qiskit.aer"])
def test_the_shots_are_no_more_than_memory_holds(name):
    most = MOST_QISKIT if name.startswith("qiskit.") else MOST_SHOTS
    assert PennyLane.Options(device=name, shots=most).shots == most
    for shots in (most + 1, 9999999999999):
        with pytest.raises(ValidationError) as refused:
            PennyLane.Options(device=name, shots=shots)
        assert "shots" in str(refused.value)
        bound = MOST_SHOTS if shots > MOST_SHOTS else most
        assert re.search(rf"(less than or equal to|at most) {bound}\b", str(refused.value))


@pytest.mark.parametrize("name", ["default.qubit", AER])
def test_rows_are_drawn_in_parts_that_memory_holds(name, monkeypatch):
    asked = []

    def execute(task, angles):
        asked.append(len(angles))
        return torch.full((len(angles), len(task.words)), len(asked) / 16)

    monkeypatch.setattr("qfusion_pennylane.device.execute", execute)
    opened = open_device(name, shots=100_000, seed=1)
    gates = tuple(Gate("RY", (wire,), Angle((Term("data", 0, 1.0),))) for wire in range(10))
    data, weights = torch.zeros(95, 1), torch.zeros(0)
    values = opened.expectations(Circuit(10, gates, 1, 0), data, weights, ["Z" * 10])
    assert asked == ([40, 40, 15] if name == "default.qubit" else [10] * 9 + [5])
    assert values[:, 0].tolist() == [
        (1 + i) / 16 for i, rows in enumerate(asked) for _ in range(rows)
    ]


@pytest.mark.vendor
def test_a_seed_that_cannot_be_honoured_is_refused():
    assert "braket.local.qubit cannot honour a seed" in refusal(
        "braket.local.qubit", shots=10, seed=1
    )
    assert "seed: exact values draw nothing; set shots, or drop seed" in refusal(
        "default.qubit", seed=1
    )


@pytest.mark.aer
def test_a_seed_that_a_method_of_aer_cannot_honour_is_refused():
    assert "method 'statevector' cannot honour a seed" in refusal(
        "qiskit.aer", shots=10, seed=1, options={"method": "statevector"}
    )


@pytest.mark.aer
def test_a_device_that_samples_is_not_taken_for_exact():
    assert "qiskit.basicsim has no exact values; set shots" in refusal("qiskit.basicsim")
    text = refusal("qiskit.aer", options={"method": "stabilizer"})
    assert "method 'stabilizer' has no exact values; set shots, or method to one of" in text


@pytest.mark.aer
def test_an_unknown_method_of_aer_is_recognised():
    text = refusal("qiskit.aer", options={"method": "state_vector"})
    assert "unknown method 'state_vector'; did you mean 'statevector'?" in text


def test_gradients_that_a_device_does_not_have_are_refused():
    assert "diff_method 'backprop' is not supported by this device; use auto" in refusal(
        "lightning.qubit", diff_method="backprop"
    )
    assert "needs exact values; use parameter-shift, or drop shots" in refusal(
        "default.qubit", diff_method="backprop", shots=10
    )


@pytest.mark.aer
def test_aer_has_no_gradients_of_its_own():
    assert "diff_method 'adjoint' is not supported" in refusal("qiskit.aer", diff_method="adjoint")


def test_every_local_device_may_be_named_as_it_stands_or_as_a_family():
    assert all(traits(name, installed=[name], acknowledged=False).local for name in LOCAL)


def test_the_example_opens():
    assert PennyLane(PennyLane.example()).shots is None


def test_a_long_name_makes_no_long_line():
    with pytest.raises(InputError, match=r"no PennyLane device .1000.* is installed") as refused:
        PennyLane(PennyLane.Options(device="1" + "0" * 400))
    assert len(str(refused.value)) < 300
