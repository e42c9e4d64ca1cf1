"""Qiskit's estimator interface over any backend: right values, few jobs, precision as shots."""

import json

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


@pytest.mark.parametrize("precision", [-1, -0.05, float("inf"), float("nan")])
def test_what_is_no_precision_is_refused_when_the_estimator_is_made(precision):
    with pytest.raises(InputError, match=r"^precision: expected a standard error such as 0\.05"):
        estimator(default_precision=precision)


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


def test_their_own_tests_were_run():
    path = ROOT / "examples" / "doors" / "results" / "qiskit_suite.json"
    outcomes = json.loads(path.read_text())["outcomes"]
    assert sum(each.get("passed", 0) for each in outcomes.values()) > 30
    assert not any(each.get("failure", 0) or each.get("error", 0) for each in outcomes.values())
