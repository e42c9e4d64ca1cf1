"""`emulate:` saved QPUs: compiled to their gates and couplings, right values, their noise."""

import json
import os
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from qfusion_braket.device import Braket
from qfusion_braket.emulation.emulator import Emulator
from qfusion_braket.simulated_circuit import parities
from qfusion_core import Angle, Circuit, Gate, InputError, Term, commuting_groups
from qfusion_core.circuits.gates import FIXED, ROTATIONS
from qfusion_core.testing import ReferenceDevice, RemoteDeviceContract
from support.braket import saved_devices

PERFECT = (1.0, 1.0, 1.0)
FAMILIES = {
    "iqm": saved_devices.iqm,
    "rigetti-iswap": saved_devices.rigetti,
    "rigetti-cz": lambda *a: saved_devices.rigetti(*a, gate="cz"),
    "ionq-zz": saved_devices.ionq,
    "ionq-ms": lambda *a: saved_devices.ionq(*a, native=("GPI", "GPI2", "MS")),
}
NONE = torch.zeros(0, dtype=torch.float64)
EXACT = ReferenceDevice(ReferenceDevice.example())


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Writes a document; its path."""
    folder = tmp_path_factory.mktemp("devices")

    def _saved(family, *fidelities, **changes):
        document = FAMILIES[family](*fidelities)
        name = f"{family}-{'-'.join(map(str, fidelities))}{len(list(folder.iterdir()))}.json"
        return saved_devices.save(document | changes, folder / name)

    return _saved


@pytest.fixture(scope="module")
def perfect(saved):
    """A device without noise, of each family: opened once."""
    return {name: emulate(saved(name, *PERFECT)) for name in FAMILIES}


def emulate(path, **options):
    return Braket(Braket.Options(**{"emulate": path, "shots": 10000, "seed": 1, **options}))


def without_shots(device, circuit, data, words):
    """What the draws are taken from, as values."""
    groups = commuting_groups(words)
    prepared = Emulator(device.options).prepare(circuit)
    angles = circuit.angles(data, NONE).numpy()
    values = torch.zeros(len(data), len(words), dtype=torch.float64)
    for row, read in enumerate(prepared.read(angles, [basis for basis, _ in groups])):
        for (_, columns), shares in zip(groups, read, strict=True):
            found = parities(shares, [words[column] for column in columns])
            values[row, columns] = torch.tensor(found, dtype=torch.float64)
    return values


def chain(n_wires=4, layers=3):
    """No two wires alike; a ring of CNOTs, which no grid here has at four neighbouring labels."""
    gates = [Gate("X", (1,))]
    for layer in range(layers):
        for wire in range(n_wires):
            angle = Angle((Term("data", wire, 1.0 + 0.3 * layer),), 0.2 * wire + 0.1)
            gates += [Gate("RY", (wire,), angle), Gate("RZ", (wire,), angle)]
        gates += [Gate("CNOT", (wire, (wire + 1) % n_wires)) for wire in range(n_wires)]
    return Circuit(n_wires, tuple(gates), n_data=n_wires, n_weights=0)


DATA = torch.tensor([[0.3, -0.8, 1.1, 0.5], [2.0, 0.1, -1.4, 0.9]], dtype=torch.float64)
WORDS = ("ZIII", "IZII", "IIZI", "IIIZ", "XIII", "IXII", "IIYI", "IIIY", "XYZI", "IZXY")


class EmulatedContract(RemoteDeviceContract):
    component = Braket
    tolerance = 0.3  # the noise of the document

    @pytest.fixture(autouse=True)
    def document(self, saved):
        type(self).path = getattr(type(self), "path", None) or saved(self.family)

    def options(self):
        return Braket.Options(emulate=self.path, shots=2000, seed=1)


class TestIqm(EmulatedContract):
    family = "iqm"


class TestIonq(EmulatedContract):
    family = "ionq-zz"


class TestRigetti(EmulatedContract):
    family = "rigetti-iswap"
    tolerance = 0.45


@st.composite
def circuits(draw):
    """Up to four qubits, any gates, on any wires."""
    n_wires = draw(st.integers(1, 4))
    names = [n for n in sorted([*FIXED, *ROTATIONS]) if FIXED.get(n, 1) <= n_wires]
    gates = []
    for name in draw(st.lists(st.sampled_from(names), min_size=1, max_size=14)):
        wires = draw(st.permutations(range(n_wires)))[: FIXED.get(name, 1)]
        angle = Angle((Term("data", 0, draw(st.sampled_from([1.0, -0.5]))),), 0.3)
        gates.append(Gate(name, tuple(wires), angle if name in ROTATIONS else None))
    words = draw(st.lists(st.text("IXYZ", min_size=n_wires, max_size=n_wires), min_size=1,
                          max_size=4, unique=True))  # fmt: skip
    return Circuit(n_wires, tuple(gates), n_data=1, n_weights=0), words


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=circuits(), x=st.floats(-3, 3))
def test_a_perfect_device_gives_exact_values(perfect, family, case, x):
    """Whatever is compiled, routed, and turned: the right qubit's right letter."""
    circuit, words = case
    data = torch.tensor([[x]], dtype=torch.float64)
    found = without_shots(perfect[family], circuit, data, words)
    exact = EXACT.expectations(circuit, data, NONE, words)
    torch.testing.assert_close(found, exact, rtol=0, atol=1e-9)


@pytest.mark.parametrize("level", [0, 3])
@pytest.mark.parametrize("family", ["iqm", "rigetti-iswap"])
def test_wires_that_are_swapped_on_the_way(saved, family, level):
    """Each of five wires with each other, on a grid: the values are those of the right wires."""
    gates = [Gate("RY", (w,), Angle((Term("data", 0, 1.0 + w),), 0.2)) for w in range(5)]
    gates += [Gate("CNOT", (a, b)) for a in range(5) for b in range(5) if a < b]
    circuit = Circuit(5, tuple(gates), n_data=1, n_weights=0)
    words = ["ZIIII", "IZIII", "IIXII", "IIIZI", "IIIIY", "XYZXY"]
    data = torch.tensor([[0.4]], dtype=torch.float64)
    device = emulate(saved(family, *PERFECT), optimization_level=level)
    found = without_shots(device, circuit, data, words)
    exact = EXACT.expectations(circuit, data, NONE, words)
    torch.testing.assert_close(found, exact, rtol=0, atol=1e-9)
    least = 10 if family == "iqm" else 20
    (job,) = device.plan(circuit, circuit.angles(data, NONE), words)
    assert job.facts["two_qubit_gates"] > least


@pytest.mark.parametrize("family", FAMILIES)
def test_values_are_within_five_standard_errors(perfect, family):
    exact = EXACT.expectations(chain(), DATA, NONE, WORDS)
    off = perfect[family].expectations(chain(), DATA, NONE, WORDS) - exact
    spread = ((1 - exact.square()).clamp_min(0) / 10000).sqrt()
    assert (off.abs() < 5 * spread + 1e-9).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_worse_the_document_the_worse_the_values(saved, family):
    """Each of the three fidelities counts for itself."""
    circuit, data, words = chain(3, 1), DATA[:1, :3], ["ZII", "IZI", "IZX"]
    exact = EXACT.expectations(circuit, data, NONE, words)

    def error(*fidelities):
        values = without_shots(emulate(saved(family, *fidelities)), circuit, data, words)
        return (values - exact).square().mean().sqrt().item()

    assert error(*PERFECT) < 1e-9
    for worse in ((0.99, 1, 1), (1, 0.95, 1), (1, 1, 0.95)):
        some = error(*worse)
        more = error(*(1 - 2 * (1 - each) for each in worse))
        assert 0.001 < some < more


def test_readout_error_is_that_of_the_document(saved):
    """One qubit, no gate but the preparation: 1 - 2 p of the value is left."""
    circuit = Circuit(2, (Gate("X", (1,)),), n_data=1, n_weights=0)
    device = emulate(saved("iqm", 1, 1, 0.97))
    found = without_shots(device, circuit, torch.zeros(1, 1).double(), ["ZI", "IZ", "ZZ"])
    assert found[0].tolist() == pytest.approx([0.94, -0.94, -(0.94**2)])


def test_noise_figures_are_means_over_the_device(saved):
    device = emulate(saved("iqm", 0.999, 0.99, 0.97), shots=500)
    noise = device.noise_model()
    assert noise.shots == 500
    assert noise.readout == pytest.approx((0.03, 0.03))
    # an average gate error r is p = 2 r for one qubit and 4/3 r for two
    assert noise.gates.one_qubit == pytest.approx(2 * 0.001)
    assert noise.gates.two_qubit == pytest.approx(4 / 3 * 0.01)


def test_it_is_compiled_once_for_all_rows(saved, monkeypatch):
    """The transpiler runs for the template, and for each setting that is turned to."""
    from qiskit.transpiler import StagedPassManager

    counted, run = [], StagedPassManager.run

    def count(self, *arguments, **options):
        counted.append(1)
        return run(self, *arguments, **options)

    monkeypatch.setattr(StagedPassManager, "run", count)
    device = emulate(saved("ionq-zz"), shots=10)
    for _ in range(2):
        device.expectations(chain(), DATA, NONE, ["ZIII", "IIXI"])
    assert len(counted) == 2


def test_the_program_is_native_and_within_the_couplings(perfect, monkeypatch):
    """The emulator's own checks see each program, and refuse what is not."""
    from braket.circuits import Circuit as Program

    from qfusion_braket.emulation import emulator

    compiled, two_qubit_gates = emulator.compile_template, {
        "iqm": "cz", "rigetti-cz": "cz", "rigetti-iswap": "iswap",
    }  # fmt: skip
    for family, device in perfect.items():
        (job,) = device.plan(chain(), chain().angles(DATA, NONE), WORDS[:4])
        assert job.facts["two_qubit_gates"] >= 12 and job.facts["depth"] > 12
        good = Emulator(device.options).prepare(chain()).body.bind([0.1] * chain().n_angles)
        assert len(good) > 2 * job.facts["two_qubit_gates"]
        wrong = [(Program().h(1), "not a native gate")]
        if gate := two_qubit_gates.get(family):
            wrong.append((getattr(Program(), gate)(1, 6), "not connected"))
        for program, said in wrong:
            with monkeypatch.context() as patch:
                patch.setattr(
                    emulator,
                    "compile_template",
                    lambda *a, program=program: compiled(*a)._replace(circuit=program),
                )
                with pytest.raises(InputError, match=said):
                    Emulator(device.options).prepare(chain())


def test_pulses_are_few(perfect):
    """Rotations about Z are free: at most two pulses for each gate on one qubit."""
    circuit = chain()
    for family in ("iqm", "ionq-zz"):
        body = Emulator(perfect[family].options).prepare(circuit).body
        operations = body.bind([0.1] * circuit.n_angles)
        pulses = [each for each in operations if type(each).__name__ in ("PRx", "GPi", "GPi2")]
        assert len(pulses) <= 2 * (12 + 12) + 1


def test_qubits_can_be_chosen(saved):
    """Wire by wire, by the labels of the device."""
    device = emulate(saved("iqm", *PERFECT), qubits=[6, 5])
    circuit = Circuit(2, (Gate("X", (1,)), Gate("CNOT", (1, 0))), n_data=1, n_weights=0)
    found = without_shots(device, circuit, torch.zeros(1, 1).double(), ["ZI", "IZ"])
    assert found[0].tolist() == pytest.approx([-1, -1])


def test_qubits_that_are_not_there(saved):
    device = emulate(saved("iqm"), qubits=[6, 4])
    circuit = Circuit(2, (Gate("X", (1,)),), n_data=1, n_weights=0)
    with pytest.raises(InputError) as failed:
        device.expectations(circuit, torch.zeros(1, 1).double(), NONE, ["ZI"])
    assert "qubits: 4 is none of its qubits 1, 2, 3, 5, 6" in str(failed.value)


@pytest.mark.parametrize("family", ["iqm", "rigetti-iswap"])
def test_routing_takes_no_more_qubits_than_there_are_wires(perfect, family):
    """A ring of three on a square: the shortest way is around all four."""
    circuit, words = chain(3, layers=2), ["ZII", "IZI", "IIX"]
    device, data = perfect[family], DATA[:, :3]
    assert Emulator(device.options).prepare(circuit).qubits == 3
    found = without_shots(device, circuit, data, words)
    expected = EXACT.expectations(circuit, data, NONE, words)
    assert found.numpy() == pytest.approx(expected.numpy(), abs=1e-9)


def test_parts_that_nothing_couples_are_routed_all_the_same(perfect):
    ring = [Gate("CNOT", pair) for pair in ((0, 1), (1, 2), (2, 0))]
    turn = Gate("RY", (4,), Angle((Term("data", 0, 1.0),)))
    circuit = Circuit(5, (Gate("X", (0,)), *ring, turn), n_data=1, n_weights=0)
    data, words = torch.tensor([[0.4]]).double(), ["ZIIII", "IIZII", "IIIIZ"]
    found = without_shots(perfect["iqm"], circuit, data, words)
    expected = EXACT.expectations(circuit, data, NONE, words)
    assert found.numpy() == pytest.approx(expected.numpy(), abs=1e-9)


def test_too_many_qubits(saved):
    circuit = Circuit(6, (Gate("X", (5,)),), n_data=1, n_weights=0)
    with pytest.raises(InputError) as failed:
        emulate(saved("iqm")).expectations(circuit, torch.zeros(1, 1).double(), NONE, ["Z" * 6])
    said = str(failed.value)
    assert said.startswith("braket: the circuit has 6 qubits, iqm-") and "has 5; use a" in said


def test_more_shots_than_the_device_takes(saved):
    circuit = Circuit(1, (Gate("X", (0,)),), n_data=1, n_weights=0)
    device = emulate(saved("iqm"), shots=20001)
    with pytest.raises(InputError, match="takes from 1 to 20000 shots of a circuit, got 20001"):
        device.expectations(circuit, torch.zeros(1, 1).double(), NONE, ["Z"])


def test_a_device_that_the_transpiler_cannot_reach(tmp_path):
    path = saved_devices.save(saved_devices.rigetti(gate="xy"), tmp_path / "other.json")
    circuit = Circuit(2, (Gate("CNOT", (0, 1)),), n_data=1, n_weights=0)
    with pytest.raises(InputError) as failed:
        emulate(path).expectations(circuit, torch.zeros(1, 1).double(), NONE, ["ZZ"])
    assert str(failed.value) == (
        "braket: other cannot be emulated: Qiskit's transpiler knows no way to its gates rx, rz, "
        "xy; those of IonQ (GPI2 with ZZ or MS), IQM (PRX, CZ) and Rigetti (RX, RZ, ISWAP or CZ) "
        "it can"
    )


def test_fewer_qubits_than_wires(saved):
    circuit = Circuit(2, (Gate("X", (1,)),), n_data=1, n_weights=0)
    device = emulate(saved("iqm"), qubits=[6])
    with pytest.raises(InputError, match="expected one for each of the 2 wires, got"):
        device.expectations(circuit, torch.zeros(1, 1).double(), NONE, ["ZI"])


def test_a_bell_state_takes_the_first_of_more_qubits(saved):
    """As the doctor runs it on a device whose qubits are chosen for a larger circuit."""
    device = emulate(saved("iqm", *PERFECT), qubits=[6, 5, 2])
    circuit = Circuit(2, (Gate("H", (0,)), Gate("CNOT", (0, 1))), n_data=1, n_weights=0)
    found = without_shots(device, circuit, torch.zeros(1, 1).double(), ["XX", "ZZ", "ZI"])
    assert found[0].tolist() == pytest.approx([1, 1, 0])
    assert Emulator(device.options).prepare(circuit).qubits == 2


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"paradigm": None}, "the SDK cannot emulate this device ("),
        ({"standardized": None}, "must have non-empty value for key standardized"),
    ],
)
def test_a_document_that_lacks_something(saved, change, text):
    circuit = Circuit(1, (Gate("X", (0,)),), n_data=1, n_weights=0)
    with pytest.raises(InputError) as failed:
        emulate(saved("iqm", **change)).expectations(
            circuit, torch.zeros(1, 1).double(), NONE, ["Z"]
        )
    assert text in str(failed.value) and "\n" not in str(failed.value)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, "cannot read it: No such file or directory; `qfusion backends save NAME`"),
        ("{", "is not JSON"),
        (json.dumps({"a": 1}), "holds no properties of a Braket device"),
        (json.dumps([1]), "holds no properties of a Braket device"),
        ("[" * 100_000, "is not JSON (maximum recursion"),
        ('{"x": NaN}', "is not JSON (NaN is no number of JSON)"),
    ],
)
def test_a_file_that_is_no_document(tmp_path, content, text):
    path = tmp_path / "device.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ValidationError) as failed:
        Braket.Options(emulate=str(path), shots=10)
    assert text in str(failed.value)


@pytest.mark.parametrize("path", ["/dev/zero", "FIFO", "large", "FOLDER"])
def test_what_is_no_small_regular_file_is_refused_at_once(tmp_path, path):
    if path == "FIFO":
        os.mkfifo(path := str(tmp_path / path))
    elif path == "large":
        with (tmp_path / path).open("wb") as file:
            file.truncate(3_000_000_000)  # sparse: no disk is taken, and no memory may be
        path = str(tmp_path / path)
    elif path == "FOLDER":
        path = str(tmp_path)
    with pytest.raises(ValidationError) as failed:
        Braket.Options(emulate=path, shots=10)
    words = {"large": "expected at most 16,000,000", str(tmp_path): "a folder"}
    said = next((said for end, said in words.items() if path.endswith(end)), "no regular file")
    assert said in str(failed.value)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda d: d["service"].update(shotsRange=[1, -5]), "service.shotsRange.1"),
        (lambda d: d["service"].update(shotsRange=[100, 5]), "from 100 to 5"),
        (lambda d: d["service"]["deviceCost"].update(price=-1), "service.deviceCost.price"),
        (lambda d: d["service"]["deviceCost"].update(unit=True), "service.deviceCost.unit"),
        (lambda d: d["paradigm"].update(qubitCount="many"), "integer"),
        (
            lambda d: d["standardized"]["oneQubitProperties"]["1"]["oneQubitFidelity"].clear(),
            "No valid one-qubit RB data found for qubit 1",
        ),
    ],
)
def test_a_document_that_says_what_cannot_be(tmp_path, change, text):
    document = saved_devices.iqm()
    change(document)
    path = saved_devices.save(document, tmp_path / "device.json")
    circuit = Circuit(1, (Gate("X", (0,)),), n_data=1, n_weights=0)
    with pytest.raises(InputError) as failed:
        emulate(path).expectations(circuit, torch.zeros(1, 1).double(), NONE, ["Z"])
    said = str(failed.value)
    assert text in said and path.rpartition("/")[2] in said and said.isprintable()
    assert len(said) < 300


def test_it_says_what_it_is(saved):
    device = emulate(saved("ionq-zz"))
    assert device.local and not device.paid
    found = {finding.what: finding.detail for finding in device.preflight()}
    assert found["qubits"].endswith("(emulated) has 6")
    assert found["calibrated"] == saved_devices.DATE
    (job,) = device.plan(chain(), chain().angles(DATA, NONE), WORDS)
    assert device.price(job).usd.high == 0


def test_what_is_measured_belongs_to_what_the_file_says_not_to_where_it_lies(saved, tmp_path):
    path = saved("iqm", 0.999, 0.99, 0.97)
    first = emulate(path).values_digest()
    elsewhere = tmp_path / "copied.json"
    elsewhere.write_bytes(Path(path).read_bytes())
    assert emulate(str(elsewhere)).values_digest() == first
    elsewhere.write_bytes(Path(saved("iqm", 0.999, 0.99, 0.9)).read_bytes())
    assert emulate(str(elsewhere)).values_digest() != first
