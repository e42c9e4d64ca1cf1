"""examples/benchmarks: what is timed is right first; ratios, verdicts and files are as they should.

Times themselves are never tested.
"""

import doctest
import importlib
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pennylane as qml
import pytest
import torch

from qfusion_core import Circuit, InputError, Registry
from qfusion_core.circuits.gates import FIXED, ROTATIONS

FOLDER = Path(__file__).parents[2] / "examples" / "benchmarks"
OTHERS = ["lightning.qubit", "pyqtorch", "deepquantum", "tensorcircuit-torch", "qulacs"]


@pytest.fixture
def module(monkeypatch):
    """The modules beside the scripts, importable as they are for them."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module


@pytest.fixture
def case(module):
    return module("timing.case").Case


@pytest.fixture
def ours(module):
    return [one.name for one in module("peers.catalogue").CATALOGUE if one.ours]


def small(case):
    """All gates of the set, angles of data, of weights, and of both."""
    return case("random", qubits=3, layers=6, batch=5, dtype="float64")


def test_the_reference_is_what_pennylane_computes_from_the_circuit(module, case, monkeypatch):
    asked = small(case)
    inputs = asked.inputs()
    data, weights, cotangent = map(torch.from_numpy, inputs)
    data.requires_grad_()
    weights.requires_grad_()

    @qml.qnode(qml.device("default.qubit"), interface="torch", diff_method="backprop")
    def one_row(row):
        asked.traced.to_pennylane(row, weights)
        return [qml.expval(qml.pauli.string_to_pauli_word(word)) for word in asked.observables]

    values = torch.stack([torch.stack(one_row(row)) for row in data])
    (values * cotangent).sum().backward()
    by_hand = module("peers.peer").Pass(values.detach(), data.grad, weights.grad)

    reference = module("timing.reference")
    whole = reference.reference(asked, inputs)
    monkeypatch.setattr(reference, "_MEMORY", 1)  # then row by row
    for found in (whole, reference.reference(asked, inputs)):
        assert max(reference.errors(by_hand, found).values()) < 1e-12


# other libraries' warnings are theirs
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", [*OTHERS, "ours"])
def test_every_translation_agrees_with_default_qubit(module, case, ours, name):
    catalogue, reference = module("peers.catalogue"), module("timing.reference")
    asked = small(case)
    inputs = asked.inputs()
    expected = reference.reference(asked, inputs)
    for one in ours if name == "ours" else [name]:
        entry = catalogue.entry(one)
        if entry.missing():
            pytest.skip(entry.missing())
        peer = entry.load()(asked.traced, asked.observables, asked.dtype)
        got = peer.step(*(peer.place(array) for array in inputs))
        found = reference.errors(got, expected)
        limits = reference.PROMISED if entry.ours else reference.TOLERATED
        assert max(found.values()) < limits[asked.dtype], (one, found)


def test_a_wrong_or_undefined_gradient_is_an_error(module):
    errors, made = module("timing.reference").errors, module("peers.peer").Pass
    right = made(np.array([[3.0]]), np.array([[-20.0]]), np.array([0.5]))
    assert set(errors(right, right).values()) == {0}
    assert errors(right._replace(data=np.array([[-10.0]])), right)["data"] == 0.5
    assert errors(right._replace(weights=np.array([-0.5])), right)["weights"] == 1
    assert math.isnan(errors(right._replace(values=np.array([[np.nan]])), right)["values"])
    assert errors(right._replace(values=np.zeros((2, 1))), right)["values"] == np.inf


def test_circuits_are_those_that_they_are_called_after(module):
    circuits = module("timing.circuits")
    ring = circuits.circuit_of("ring", 4, 2)
    names = [gate.name for gate in ring.gates]
    assert names == ["RY"] * 4 + 2 * (["RY", "RZ"] * 4 + ["CNOT"] * 4)
    assert [gate.wires for gate in ring.gates[-4:]] == [(0, 1), (1, 2), (2, 3), (3, 0)]

    def template(data, weights):
        qml.StronglyEntanglingLayers(weights, wires=range(4))

    strong = circuits.circuit_of("strong", 4, 5)
    whole = Circuit.trace(template, n_wires=4, n_data=4, weights_shape=(5, 4, 3))
    own = [g for g in strong.gates if g.angle is None or g.angle.terms[0].source == "weight"]
    assert tuple(own) == whole.gates
    assert strong.n_angles - len(whole.rotations) == 5 * 4

    mixed = circuits.circuit_of("random", 9, 3)
    assert mixed == circuits.circuit_of("random", 9, 3) != circuits.random_circuit(9, 3, seed=1)
    assert len(mixed.gates) == len(circuits.circuit_of("ring", 9, 3).gates)
    sources = {frozenset(t.source for t in gate.angle.terms) for gate in mixed.rotations}
    assert sources == {frozenset({"data"}), frozenset({"weight"}), frozenset({"data", "weight"})}
    every = {gate.name for layers in (3, 6) for gate in circuits.random_circuit(9, layers).gates}
    assert every == {*ROTATIONS, *FIXED}


def measured(module, asked, **rounds):
    race = module("timing.race")
    results = [
        race.Result(
            name,
            ours=name.startswith("statevector"),
            first_call=0.5,
            errors={"values": 1e-7, "data": 2e-7, "weights": 0.0},
            rounds=times,
            wall=[1.5 * time for time in times],
        )
        for name, times in rounds.items()
    ]
    missing = race.Result("qulacs", problem="not installed: qulacs (pip install 'qfusion[bench]')")
    return race.Measured(asked, [*results, missing], (0.0, 0.0))


def test_ratios_are_those_of_the_same_round(module, case):
    # the machine was half as fast in the second round: all ratios are 100 all the same
    one = measured(
        module, case(), **{"statevector": [1e-3, 2e-3, 1e-3], "default.qubit": [0.1, 0.2, 0.1]}
    )
    speedup = module("timing.table").speedup
    assert speedup(one.results[0], one) == pytest.approx((100, 100, 100))
    assert speedup(one.results[1], one) == (1, 1, 1)
    assert speedup(one.results[2], one) is None
    without = replace(one, results=one.results[:1])
    assert speedup(without.results[0], without) is None


def test_the_table_says_what_was_reached_and_what_is_missing(module, case):
    times = {
        "statevector (numba)": [1e-3] * 3,
        "statevector (torch)": [0.01] * 3,
        "default.qubit": [0.11] * 3,
        "pennylane-jax": [0.009] * 3,
    }
    lines = module("timing.table").as_text(measured(module, case(), **times)).splitlines()
    assert lines[0] == "ring, 9 qubits, 3 layers, xyz, batch 32, float32"
    assert lines[2].split()[:4] == ["statevector", "(numba)", "1.00", "(1.00-1.00)"]
    assert "110 (110-110)" in lines[2] and lines[2].split()[-3:] == ["1.50", "0.50", "2.0e-07"]
    assert lines[6] == "  qulacs: not installed: qulacs (pip install 'qfusion[bench]')"
    assert lines[7:] == [
        "  statevector: at least 100 times faster than default.qubit: reached, 110 (110-110) "
        "(statevector (numba) against default.qubit)",
        "  statevector: at least 10 times faster than fastest other peer: missed, 9.00 (9.00-9.00)"
        " (statevector (numba) against pennylane-jax)",
        "  statevector (torch): at least 12 times faster than default.qubit: missed, 11.0 "
        "(11.0-11.0) (statevector (torch) against default.qubit)",
    ]
    alone = module("timing.table").as_text(measured(module, case(), statevector=[1e-3]))
    assert alone.count(": not measured\n") == 3
    # to be faster than default.qubit says nothing of other peers
    del times["pennylane-jax"], times["statevector (torch)"]
    two = module("timing.table").as_text(measured(module, case(), **times))
    assert "fastest other peer: not measured" in two and two.count("reached") == 1


def test_targets_are_stated_for_their_circuits_only(module, case):
    targets = module("timing.targets").targets
    assert {len(targets(one)) for one in module("timing.case").DEFAULT_CASES} == {1, 2, 3}
    assert targets(case(layers=2)) == targets(case(dtype="float64")) == targets(case(batch=1)) == []
    strong = targets(case("strong", batch=256))
    assert [(one.factor, one.stretch) for one in strong] == [(60, False), (75, True), (8, False)]


class Local:
    """A simulator in this process: nothing is imported anew."""

    running = True

    def __init__(self, module, name):
        self._child = module("timing.child").Child(name)

    def ask(self, method, *arguments, **_):
        return getattr(self._child, method)(*arguments)

    def end(self):
        pass


@pytest.fixture
def benchmark(module, monkeypatch):
    """The command, with simulators in this process."""
    monkeypatch.setattr(
        module("timing.race"), "Process", lambda name, core, memory_gb: Local(module, name)
    )
    script = module("statevector")
    monkeypatch.setattr(script, "limit_children", lambda: None)
    monkeypatch.setattr(torch, "set_num_threads", lambda number: None)
    return script.main


def test_the_command_prints_writes_and_draws(
    module, ours, benchmark, tmp_path, capsys, monkeypatch
):
    pytest.importorskip("matplotlib")
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n: None if n == "qulacs" else find(n))
    words = ["--qubits", "2-4", "--batch", "2", "--layers", "1", "--rounds", "2"]
    words += ["--peers", f"{ours[0]},default.qubit,lightning.qubit,qulacs"]
    words += ["--json", str(tmp_path / "a.json"), "--plot", str(tmp_path / "a.png")]

    assert benchmark(words) == 0

    said = capsys.readouterr().out
    assert said.count("qulacs: not installed: qulacs (pip install 'qfusion[bench]')") == 3
    document = json.loads((tmp_path / "a.json").read_text())
    assert document["machine"]["versions"]["pennylane"] == qml.version()
    assert [one["case"]["qubits"] for one in document["cases"]] == [2, 3, 4]
    for one in document["cases"]:
        assert {len(result["rounds"]) for result in one["results"]} == {2, 0}
        base = one["results"][1]["rounds"]
        for result in one["results"][:3]:
            by_hand = np.divide(base, result["rounds"])
            assert result["speedup"]["median"] == pytest.approx(np.median(by_hand))
            assert max(result["errors"].values()) < 1e-5
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")

    assert benchmark(["--read", str(tmp_path / "a.json"), "--plot", str(tmp_path / "b.png")]) == 0
    assert capsys.readouterr().out == said
    assert (tmp_path / "b.png").read_bytes().startswith(b"\x89PNG")


def test_what_does_not_match_is_named_and_not_timed(module, benchmark, monkeypatch, capsys):
    adapter = module("peers.pennylane_peers").LightningQubit
    right = adapter.step

    def wrong(self, *inputs):
        return right(self, *inputs)._replace(weights=torch.zeros(len(inputs[1])))

    monkeypatch.setattr(adapter, "step", wrong)
    words = ["--qubits", "2", "--batch", "2", "--layers", "1", "--rounds", "1"]
    assert benchmark([*words, "--peers", "lightning.qubit"]) == 0
    line = capsys.readouterr().out.splitlines()[-2]
    assert line.startswith("  lightning.qubit: does not match default.qubit: errors of values ")


def test_what_would_take_too_long_is_named_with_the_prediction(benchmark, capsys):
    words = ["--qubits", "2", "--batch", "2", "--layers", "1", "--rounds", "1"]
    assert benchmark([*words, "--peers", "lightning.qubit", "--call-limit", "1e-9"]) == 0
    assert "lightning.qubit: a call: 0 s predicted from one row, over the limit" in (
        capsys.readouterr().out
    )


def test_a_larger_case_is_not_tried_after_a_limit(module, case):
    no_larger = module("timing.race").no_larger
    assert no_larger(case(), case(qubits=10, layers=6)) and no_larger(case(), case())
    assert not no_larger(case(), case(batch=1, qubits=14))
    assert not no_larger(case(), case("strong", qubits=14))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--peers", "qiskit"], "'qiskit': expected some of statevector"),
        (["--qubits", "4-20"], "'4-20': expected numbers from 2 to 16"),
        (["--batch", "many"], "'many': expected 9, or 4-9"),
        (["--rounds", "0"], "'0': expected a number of 1 or more"),
        (["--json", "nowhere/a.json"], "there is no folder nowhere"),
    ],
)
def test_a_bad_option_is_refused_at_once(benchmark, capsys, words, message):
    with pytest.raises(SystemExit):
        benchmark(words)
    assert message in capsys.readouterr().err


def test_a_process_that_takes_too_long_is_ended(module):
    process = module("timing.process").Process("default.qubit", None, memory_gb=8)
    process.start()
    with pytest.raises(Exception, match=r"import: over the limit of 0\.01 s") as caught:
        process.ask("load", what="import", limit=0.01)
    assert caught.value.over and not process.running


def test_kernel_arithmetic_over_that_of_sgemm(module):
    shares = module("limits.arithmetic").shares(3 * 10**9, [1.0, 2.0, 0.5], [10.0, 5.0, 20.0])
    assert shares == pytest.approx((0.3, 0.3, 0.3))


def test_the_count_of_arithmetic_is_of_the_numba_kernels(module, case):
    kernel_flops = module("limits.arithmetic").kernel_flops
    assert kernel_flops(case(batch=64), "statevector (numba)") == 2 * kernel_flops(case(), "numba")
    assert kernel_flops(case(), "statevector (torch)") is None


def test_the_fixed_cost_is_of_a_circuit_of_one_gate(module):
    adapter = module("peers.catalogue").entry("statevector (torch)").load()
    extra, alone = module("limits.fixed_cost").fixed_cost(adapter, rounds=1)
    assert extra.median == extra.low == extra.high and alone.median > 0


def test_a_fresh_process_reports_calls_and_memory(module, case):
    tiny = case(qubits=2, layers=1, batch=2)
    found = module("limits.fresh").in_fresh_process("statevector (torch)", tiny)
    assert found.keys() == {"import", "first", "first_cpu", "second", "idle", "peak"}
    assert 0 < found["second"] and (found["idle"] <= found["peak"] or math.isnan(found["peak"]))


def wine(module, quantum, device):
    from qfusion_core.config.presets import compose
    from qfusion_core.runs.folder import load_split

    registry = Registry()
    settings = ["training.batch_size=32"]
    spec = compose("hardware", "wine", quantum=quantum, settings=settings, registry=registry)
    split = load_split(spec.data, 0, registry)
    return module("steps.arm").Arm("arm", spec, split, device, registry)


def test_a_turn_of_training_steps_times_the_device_in_them(module):
    device = module("peers.statevector").open_statevector(None)
    turn = wine(module, None, device).turn()
    assert 0 < turn.forward and 0 < turn.backward and turn.forward + turn.backward < turn.step
    assert turn.share == (turn.forward + turn.backward) / turn.step
    control = wine(module, "none", device).turn()
    assert control.share == 0 < control.step


def test_too_few_rows_are_refused(module, monkeypatch):
    monkeypatch.setattr(module("steps.arm"), "min", lambda *numbers: 2, raising=False)
    with pytest.raises(InputError, match="training rows make fewer than three batches of 32"):
        wine(module, None, module("peers.statevector").open_statevector(None))


def test_the_stopwatch_changes_no_value_and_no_gradient(module, case):
    asked = small(case)
    data, weights, cotangent = map(torch.from_numpy, asked.inputs())
    device = module("peers.statevector").open_statevector(None)
    watch = module("steps.stopwatch").Stopwatch(device)
    found = []
    for one in (device, watch):
        leaves = data.clone().requires_grad_(), weights.clone().requires_grad_()
        values = one.expectations(asked.traced, *leaves, asked.observables)
        (values * cotangent).sum().backward()
        found.append((values.detach(), leaves[0].grad, leaves[1].grad))
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))
    assert len(watch.forward) == len(watch.backward) == 1 and watch.backward[0] > 0
    with torch.no_grad():
        watch.expectations(asked.traced, data, weights, asked.observables)
    assert len(watch.forward) == 1


def test_steps_are_compared_round_by_round(module):
    report, made = module("steps.report"), module("steps.arm").Turn
    turns = {
        "statevector": [made(0.01, 0.0005, 0.0005), made(0.02, 0.001, 0.001)],
        "default-qubit": [made(0.1, 0.04, 0.05), made(0.2, 0.08, 0.1)],
        "none": [made(0.005, 0, 0), made(0.01, 0, 0)],
    }
    found = report.summaries(turns)
    assert found["statevector"]["speedup"] == pytest.approx((10, 10, 10))
    assert found["statevector"]["share"] == pytest.approx((0.1, 0.1, 0.1))
    text = report.as_text("title", turns, batch=32)
    assert "at most 20% of a step: reached, 0.100 with statevector" in text
    assert "at least 8 times faster than with default-qubit: reached, 10.0 with statevector" in text
    assert json.loads(json.dumps(report.as_document("title", turns)))["turns"]["none"][0]


@pytest.mark.parametrize(
    "name",
    ["peers.peer", "timing.arguments", "timing.race", "timing.reference", "timing.summary",
     "limits.arithmetic"],
)  # fmt: skip
def test_examples_in_docstrings(module, name):
    done = doctest.testmod(module(name))
    assert done.attempted and not done.failed
