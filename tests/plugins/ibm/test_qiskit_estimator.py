"""Qiskit's estimator interface over any backend: right values, few jobs, precision as shots."""

import hashlib
import json
import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qfusion_core import InputError
from support.ibm.access import ENTRY
from support.places import ROOT

BACKENDS = (
    """
version: 1
default: ibm
backends:
  statevector: {type: statevector}
"""
    + ENTRY
)


def circuit():
    from qiskit.circuit.library import real_amplitudes, zz_feature_map

    return zz_feature_map(3).compose(real_amplitudes(3, reps=1))


def observables():
    from qiskit.quantum_info import SparsePauliOp

    return [[SparsePauliOp(["ZII", "XXI", "III"], [0.4, 0.2, 1.0])], [SparsePauliOp(["IYZ"])]]


def estimator(backend="statevector", **options):
    from qfusion_ibm import QfusionEstimator

    return QfusionEstimator(backend, **options)


@settings(max_examples=5)
@given(st.integers(0, 2**32 - 1))
def test_exact_values_are_qiskits_own(seed):
    from qiskit.primitives import StatevectorEstimator

    made, random = circuit(), np.random.default_rng(seed)
    values = random.uniform(-7, 7, (4, len(made.parameters)))
    pubs = [(made, observables(), values), (made, "ZIX", values[:2]), (made, "III", values[0])]
    ours, theirs = estimator().run(pubs).result(), StatevectorEstimator().run(pubs).result()
    for one, other in zip(ours, theirs, strict=True):
        assert one.data.evs.shape == other.data.evs.shape == one.data.stds.shape
        np.testing.assert_allclose(one.data.evs, other.data.evs, atol=1e-12)
        assert (one.data.stds == 0).all()


def test_projectors_and_circuits_without_parameters():
    from qiskit import QuantumCircuit

    bell = QuantumCircuit(2)
    bell.h(0)
    bell.cx(0, 1)
    (result,) = (
        estimator().run([(bell, [{"00": 1.0}, {"01": 1.0}, {"++": 1.0}, {"ZZ": 2.0}])]).result()
    )
    np.testing.assert_allclose(result.data.evs, [0.5, 0.0, 0.5, 2.0], atol=1e-12)


@pytest.mark.parametrize(
    ("precision", "said"),
    [
        *((number, number) for number in (-1, -0.05, float("inf"), float("nan"))),
        ("0.1", "'0.1'"), (True, "True"), (3 + 1j, r"\(3\+1j\)"), ([0.1], r"\[0\.1\]"),
    ],
)  # fmt: skip
def test_what_is_no_precision_is_refused_wherever_it_is_given(precision, said):
    said = rf"precision: expected a standard error such as 0\.05, or 0 .*, got {said}$"
    with pytest.raises(InputError, match=f"^{said}"):
        estimator(default_precision=precision)
    made = circuit()
    values = np.zeros(made.num_parameters)
    with pytest.raises(InputError, match=f"^{said}"):
        estimator().run([(made, "ZII", values)], precision=precision)
    with pytest.raises(InputError, match=f"^PUB 1: {said}"):
        estimator().run([(made, "ZII", values), (made, "ZII", values, precision)])


@pytest.mark.parametrize("precision", [1e-9, 1e-160, 1e-200, 5e-324])
def test_a_precision_of_more_shots_than_can_be_is_refused(precision):
    with pytest.raises(InputError, match=rf"^precision: expected 1e-07 or more, .*{precision}: no"):
        estimator(default_precision=precision)


@given(st.integers(1, 10**8))
def test_one_by_the_root_of_n_is_n_shots(n):
    from qfusion_ibm.qfusion_estimator import _shots

    assert _shots(1 / math.sqrt(n)) == _shots(np.float64(1) / np.sqrt(n)) == n
    assert _shots(n**-0.5) == n


def test_a_precision_is_reached_never_merely_nearly():
    from qfusion_ibm.qfusion_estimator import _shots

    assert (_shots(0.03), _shots(0.07), _shots(1), _shots(1e200), _shots(0)) == (1112, 205, 1, 1, 0)


def test_exact_values_are_refused_in_words_where_there_are_none():
    made = circuit()
    values = np.zeros((1, made.num_parameters))
    with pytest.raises(InputError, match=r"^precision: expected one above 0, .* no exact values"):
        estimator("sampled").run([(made, "ZII", values)], precision=0)


def test_precision_becomes_shots():
    made = circuit()
    values = np.zeros((20, len(made.parameters)))
    (result,) = estimator().run([(made, "ZII", values)], precision=0.1).result()
    assert result.metadata["shots"] == 100 and result.metadata["target_precision"] == 0.1
    exact = estimator().run([(made, "ZII", values)]).result()[0].data.evs
    off = (result.data.evs - exact) / np.maximum(result.data.stds, 1e-3)
    assert 0.5 < np.sqrt(np.mean(off**2)) < 1.6
    with pytest.raises(
        InputError, match=r"^precision, of which 1000000000000 shots follow: shots: should be less"
    ):
        estimator().run([(made, "ZII", values)], precision=1e-6)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ("measure_all", r"measure is no gate .*; .* circuit\.remove_final_measurements"),
        ("initialize", r"initialize is no gate .*; it begins with a reset; circuit\.prepare_state"),
        ("reset", r"reset is no gate that can be run; qubits begin in 0"),
    ],
)
def test_what_is_no_gate_is_refused_by_the_number_of_its_pub(spoil, said):
    from qiskit import QuantumCircuit

    plain, spoilt = QuantumCircuit(1), QuantumCircuit(1, name="mine")
    plain.h(0)
    getattr(spoilt, spoil)(*{"measure_all": (), "initialize": ([0, 1],), "reset": (0,)}[spoil])
    with pytest.raises(InputError, match=rf"^PUB 1: circuit 'mine': {said}"):
        estimator().run([(plain, "Z"), (spoilt, "Z")])
    if spoil == "measure_all":
        way_out = spoilt.remove_final_measurements(inplace=False)
        assert estimator().run([(way_out, "Z")]).result()[0].data.evs == pytest.approx(1.0)


def test_a_parameter_that_is_no_number_is_named():
    made = circuit()
    values = np.zeros((3, made.num_parameters))
    values[2, 1] = np.nan
    name = made.parameters[1].name
    with pytest.raises(InputError) as caught:
        estimator().run([(made, "ZII", values)])
    assert str(caught.value).startswith(f"PUB 0: parameter {name!r} is nan in row 2 of 3; look at")


@pytest.mark.parametrize("inside", [False, True])
def test_an_opaque_gate_is_refused_by_the_number_of_its_pub(inside):
    from qiskit import QuantumCircuit
    from qiskit.circuit import Gate

    plain, made = QuantumCircuit(1), QuantumCircuit(1, name="mine")
    opaque = Gate("foo", 1, [])
    if inside:
        around = QuantumCircuit(1)
        around.append(opaque, [0])
        opaque = around.to_gate()
    made.append(opaque, [0])
    with pytest.raises(InputError, match=r"^PUB 1: circuit 'mine': expected gates .*\"foo\"; give"):
        estimator().run([(plain, "Z"), (made, "Z")])


@pytest.mark.parametrize(
    ("turn", "value", "said"),
    [
        (lambda a: 1 / a, 0.0, "'1/a'; got none in row 1 of 2, a = 0.0: "),
        (lambda a: a.log(), -1.0, r"'log\(a\)'; got none in row 1 of 2, a = -1.0: "),
        (lambda a: a.arcsin(), 2.0, r"'asin\(a\)'; got none in row 1 of 2, a = 2.0: "),
        (lambda a: (100 * a).exp(), 10.0, r"'exp\(100\*a\)'; got none in row 1 of 2, a = 10.0: "),
        (lambda a: (a - 1) ** 0.5, -1.0, r"'.*'; got none in row 1 of 2, a = -1.0: "),
        (lambda a: float("inf"), None, "'inf'; got none: it is inf"),
        (lambda a: float("nan"), None, "'nan'; got none: it is nan"),
    ],
)
def test_an_angle_that_is_no_number_is_named(turn, value, said):
    from qiskit import QuantumCircuit
    from qiskit.circuit import Parameter

    plain, made = QuantumCircuit(1), QuantumCircuit(1, name="mine")
    made.rx(turn(Parameter("a")), 0)
    values = None if value is None else [[1.0], [value]]
    with pytest.raises(InputError) as caught:
        estimator().run([(plain, "Z"), (made, "Z", values)])
    line = str(caught.value)
    assert re.match(
        f"PUB 1: circuit 'mine': expected a real and finite angle of the expression {said}", line
    )
    assert "\n" not in line and "bind other values" in line


def test_what_is_no_backend_is_called_so():
    with pytest.raises(
        InputError, match=r"^backend: expected a name in backends.yaml, or None; got"
    ):
        estimator(3)


def test_pubs_of_one_circuit_are_one_job(qfusion, service, tmp_path):
    """As EstimatorQNN asks: a PUB for each observable, and one for each sample and gradient."""
    made = circuit()
    values = np.random.default_rng(0).uniform(0, 6, (3, len(made.parameters)))
    ours = estimator("ibm", run=tmp_path / "run", approve=True)
    pubs = [(made, word, values) for word in ("ZII", "IZI", "IIZ")]
    pubs += [(made, "ZII", row) for row in values + 0.5]
    results = ours.run(pubs).result()
    assert len(service.jobs) == 1
    exact = estimator().run(pubs).result()
    for one, other in zip(results, exact, strict=True):
        assert one.data.stds.max() > 0
        assert np.abs(one.data.evs - other.data.evs).max() < 0.3  # 1000 shots, noise of Manila


def test_their_own_tests_were_run_over_this_very_estimator():
    """qiskit-machine-learning is in no environment of ours: what was run is held to the files."""
    path = ROOT / "examples" / "doors" / "results" / "qiskit_suite.json"
    document = json.loads(path.read_text())
    for name, digest in document["files"].items():
        content = (ROOT / "plugins" / "qfusion_ibm" / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest, (
            f"{name} has changed since: run examples/doors/qiskit_suite.py again"
        )
    assert {"qfusion_estimator.py", "from_qiskit.py", "pub_rows.py"} <= set(document["files"])
    outcomes = document["outcomes"]
    assert sum(each.get("passed", 0) for each in outcomes.values()) > 30
    assert not any(each.get("failure", 0) or each.get("error", 0) for each in outcomes.values())
