"""Laws of plans, programs and values."""

import contextlib
import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from qfusion_braket import plan
from qfusion_braket.counts_to_expectations import from_counts
from qfusion_braket.machine import Limits, Machine
from qfusion_braket.openqasm import OpenQasmWriter
from qfusion_braket.options import Options
from qfusion_braket.results import reply_of
from qfusion_core import Angle, Circuit, Gate, InputError, Term, commuting_groups
from qfusion_core.circuits.gates import FIXED
from qfusion_core.testing.reference import ReferenceDevice
from support.braket.circuits import executed, expected, gates_of
from support.remote_circuit import CIRCUIT, WEIGHTS

GATES = {
    "all": None,
    "IonQ": ("x", "y", "z", "h", "s", "si", "t", "ti", "v", "vi", "rx", "ry", "rz", "cnot", "swap"),
    "IQM": ("rx", "ry", "rz", "cz"),
    "Rigetti": ("rx", "rz", "cz", "ry", "cnot", "h"),
}


def words(count):
    return st.lists(
        st.text("IXYZ", min_size=2, max_size=2), min_size=1, max_size=count, unique=True
    )


@settings(max_examples=60, deadline=None)
@given(
    observables=words(8),
    rows=st.integers(0, 40),
    executables=st.integers(1, 30),
    shots=st.integers(1, 50),
    total=st.integers(50, 500),
    most=st.none() | st.integers(1, 10),
)
def test_a_plan_covers_all_within_the_limits(observables, rows, executables, shots, total, most):
    machine = Machine("m", 9, program_set=Limits(executables, total))
    angles = torch.zeros(rows, 2).double()
    jobs = plan.jobs(CIRCUIT, angles, observables, machine, shots=shots, rows=most, facts={})
    asked = np.zeros((rows, len(observables)), dtype=int)
    for job in jobs:
        asked[slice(*job.rows), list(job.columns)] += 1
        groups = commuting_groups(job.observables)
        assert job.facts["settings"] == len(groups)
        assert len(groups) * job.shape[0] <= min(executables, total // shots)
        assert most is None or job.shape[0] <= most
    assert (asked == 1).all()


@settings(max_examples=200, deadline=None)
@given(settings_=st.integers(1, 9), rows=st.integers(1, 400), limit=st.integers(1, 100))
def test_no_split_along_settings_or_rows_alone_needs_fewer(settings_, rows, limit):
    blocks = plan.fewest(settings_, rows, limit)
    assert sum(blocks) == settings_
    needed = sum(-(-rows // plan.rows_of(size, limit, None)) for size in blocks)
    alone = settings_ * -(-rows // limit)
    together = -(-rows // (limit // settings_)) if limit >= settings_ else alone
    assert -(-settings_ * rows // limit) <= needed <= min(alone, together)
    if settings_ * rows <= limit:
        assert needed == 1


def everything():
    """Three qubits, each gate of the core's set once."""
    gates = [Gate("RY", (wire,), Angle((Term("data", wire, 1.0),))) for wire in range(3)]
    for number, (name, size) in enumerate(FIXED.items()):
        gates.append(Gate(name, ((number % 3), (number + 1) % 3)[:size]))
        gates.append(Gate(f"R{'XZY'[number % 3]}", ((number + 1) % 3,), Angle(offset=0.3)))
    return Circuit(3, tuple(gates), 3, 0)


@pytest.mark.parametrize("name", GATES)
def test_every_gate_on_every_set_of_gates(name):
    """Exact expectation values of the written text, on the SDK's simulator: as the yardstick."""
    circuit, observables = everything(), ["ZII", "IYI", "XIX", "YZX", "III"]
    data = torch.tensor([[0.4, -1.0, 2.2]], dtype=torch.float64)
    nothing = torch.zeros(0, dtype=torch.float64)
    source = OpenQasmWriter(GATES[name]).exact(circuit, observables)
    assert GATES[name] is None or gates_of(source) <= set(GATES[name])
    angles = circuit.angles(data, nothing)[0].tolist()
    found = expected(source, {f"a{column}": value for column, value in enumerate(angles)})
    reference = ReferenceDevice(ReferenceDevice.example())
    wanted = reference.expectations(circuit, data, nothing, observables)[0]
    assert [each["value"] for each in found] == pytest.approx(wanted.tolist(), abs=1e-9)


@pytest.mark.parametrize("name", GATES)
@pytest.mark.parametrize("basis", ["ZZ", "XY", "YX", "IX"])
def test_a_setting_reads_its_words(name, basis):
    angles = CIRCUIT.angles(torch.tensor([[0.9, -0.6]]).double(), WEIGHTS)[0].tolist()
    inputs = {f"a{column}": value for column, value in enumerate(angles)}
    result = executed(OpenQasmWriter(GATES[name]).sampled(CIRCUIT, basis), inputs, 20_000, 1)
    alone = [f"{basis[0]}I", f"I{basis[1]}", basis]
    found = from_bits(np.array(result["measurements"]), result["measuredQubits"], alone)
    exact = [each["value"] for each in expected(OpenQasmWriter().exact(CIRCUIT, alone), inputs)]
    assert found.tolist() == pytest.approx(exact, abs=5 / 20_000**0.5)


def from_bits(bits, wires, words):
    """Mean parity of each word over the shots ``[shots, measured wires]``."""
    column = {wire: position for position, wire in enumerate(wires)}
    measured = [[column[w] for w, letter in enumerate(word) if letter != "I"] for word in words]
    return np.stack([(-1.0) ** bits[:, columns].sum(1) for columns in measured], 1).mean(0)


def test_a_device_without_a_gate_and_its_substitutes():
    with pytest.raises(InputError, match="no gate 'cnot', and none that stands for it; it has rz"):
        OpenQasmWriter(["rz"]).sampled(Circuit(2, (Gate("CNOT", (0, 1)),), 1, 0), "ZZ")


def test_the_text_of_a_task_is_the_same_in_every_process():
    """The SDK's own is not: its inputs come out of a set."""
    script = """
import hashlib, torch
from qfusion_braket import plan
from qfusion_braket.task_documents import PROGRAM_SET, task_of
from qfusion_braket.machine import Limits, Machine
from qfusion_braket.options import Options
from qfusion_braket.results import reply_of
from qfusion_core import Angle, Circuit, Gate, Term
gates = tuple(Gate("RY", (w,), Angle((Term("data", w, 1.0),))) for w in range(9))
circuit, angles = Circuit(9, gates, 9, 0), torch.linspace(-3, 3, 36).double().reshape(4, 9)
options = Options(device="iqm/Garnet", shots=10)
machine = Machine("m", 20, program_set=Limits(100, 10**6), gates=frozenset("rx ry rz cz".split()))
words = ["Z" * 9, "X" * 9, "Y" * 9]
facts = {"task": PROGRAM_SET}
(job,) = plan.jobs(circuit, angles, words, machine, shots=10, rows=None, facts=facts)
print(hashlib.sha256(task_of(job, machine, options).action.encode()).hexdigest())
"""
    here = io.StringIO()
    with contextlib.redirect_stdout(here):
        exec(script, {})
    seed = {**os.environ, "PYTHONHASHSEED": "1"}
    command = [sys.executable, "-c", script]
    there = subprocess.run(command, check=True, capture_output=True, text=True, env=seed)
    assert here.getvalue() == there.stdout and len(there.stdout) == 65


@settings(max_examples=50, deadline=None)
@given(
    bits=st.lists(st.lists(st.integers(0, 1), min_size=3, max_size=3), min_size=1, max_size=40),
    order=st.permutations(range(3)),
    observables=st.lists(st.text("IZ", min_size=3, max_size=3), min_size=1, max_size=4),
)
def test_values_do_not_depend_on_the_order_of_the_qubits(bits, order, observables):
    table = np.array(bits)
    plain = from_bits(table, range(3), observables)
    assert from_bits(table[:, order], order, observables) == pytest.approx(plain)
    texts = ["".join(map(str, row)) for row in table[:, order].tolist()]
    counts = {text: texts.count(text) for text in texts}
    assert from_counts(counts, order, observables) == pytest.approx(plain)
    assert (np.abs(plain) <= 1).all()


def test_probabilities_serve_where_there_are_no_measurements():
    """IonQ's error mitigation gives them."""
    options = Options(device="ionq/Forte-1", shots=2500, error_mitigation="debias")
    machine = Machine("m", 20)
    (job,) = plan.jobs(
        CIRCUIT, torch.zeros(1, 2).double(), ["ZZ"], machine, shots=2500, rows=None, facts={}
    )
    document = {"measurementProbabilities": {"00": 0.75, "01": 0.25}, "measuredQubits": [0, 1]}
    reply = reply_of(document, job, options)
    assert reply.values.tolist() == [[0.5]]
    assert json.loads(reply.raw)[0]["counts"] == {"00": 0.75, "01": 0.25}
