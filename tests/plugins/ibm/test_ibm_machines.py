"""IBM's machines without an account: of the packaged list, and of what IBM has told."""

import json

import pytest
import torch

from qfusion_core import Circuit, Gate, InputError, MachineFacts
from qfusion_ibm import snapshots
from qfusion_ibm.device import IBM

BACKENDS = """
version: 1
default: exact
backends:
  exact: {type: statevector}
  kingston: {type: ibm, options: &options {backend: ibm_kingston, shots: 1000},
             credentials: &who
               {token: {$env: QISKIT_IBM_TOKEN}, instance: {$env: QISKIT_IBM_INSTANCE}},
             budget: &budget {max_qpu_seconds: 60}}
  ibm: {type: ibm, options: {<<: *options, backend: ibm_manila}, credentials: *who, budget: *budget}
  fez: {type: ibm, options: {<<: *options, backend: ibm_fez}, credentials: *who, budget: *budget}
  here: {type: ibm, options: {<<: *options, backend: fake_manila}}
"""


def estimate(qfusion, run, backend, *words):
    code, out, err = qfusion("estimate", run, "--backend", backend, "--json", *words)
    assert code == 0, err
    return json.loads(out)


def test_a_machine_without_a_snapshot_is_planned_for_from_the_list(qfusion, run, monkeypatch):
    monkeypatch.delenv("QISKIT_IBM_TOKEN")
    monkeypatch.setattr(snapshots, "configurations", lambda: [])
    plan = estimate(qfusion, run, "kingston", "--samples", 16)
    assert (plan["jobs"], plan["price"]["shots"]) == (1, 16_000)
    assert "from the packaged list of machines" in plan["planned_from"]
    plan["facts"].pop("program", None)
    assert plan["facts"] == {"machine": "ibm_kingston", "settings": 1}  # no couplings, no depth
    (source,) = plan["price"]["sources"]
    assert source["listed"] and source["text"].startswith("https://www.ibm.com/quantum/pricing")
    seconds = 2 + 16_000 * 0.00025
    assert plan["price"]["qpu_seconds"]["low"] == pytest.approx(seconds)
    code, _, err = qfusion("evaluate", run, "--backend", "kingston", "--dry-run")
    assert code == 2 and "QISKIT_IBM_TOKEN is not set" in err  # a list is no snapshot


def test_a_snapshot_says_more_than_a_list_and_the_list_does_without_the_sdk(
    qfusion, run, monkeypatch
):
    offline = ("fez", "--offline", "--samples", 4)
    plan = estimate(qfusion, run, *offline)
    assert plan["facts"]["machine"] == "fake_fez" and plan["facts"]["depth"] > 10
    assert "; from the SDK's snapshot fake_fez (as of 202" in plan["planned_from"]
    monkeypatch.setattr(snapshots, "configurations", lambda: [])
    bare = estimate(qfusion, run, *offline)
    bare["facts"].pop("program", None)
    assert bare["facts"] == {"machine": "ibm_fez", "settings": 1}
    assert bare["price"] == plan["price"]


def test_what_ibm_told_stands_before_its_snapshot(qfusion, run):
    IBM.Options.machines.keep(
        MachineFacts(device="ibm_fez", vendor="IBM", qubits=9, circuits_per_job=1)
    )
    for backend in ("fez", "ibm-fez"):
        plan = estimate(qfusion, run, backend, "--offline", "--samples", 4)
        assert (plan["jobs"], plan["facts"]["machine"]) == (4, "ibm_fez")
        assert "from your own list of machines (as of " in plan["planned_from"]


def test_what_ibm_tells_of_a_machine_stands_in_the_users_list(
    service, qfusion, run, tmp_path, monkeypatch
):
    code, out, err = qfusion("backends", "refresh", "ibm", "--json")
    assert (code, err) == (0, "")
    told = json.loads(out)["told"]
    assert (told["device"], told["vendor"], told["qubits"]) == ("ibm_manila", "IBM", 5)
    assert {"cx", "rz", "sx", "x"} <= set(told["native_gates"])
    assert not service.jobs
    monkeypatch.delenv("QISKIT_IBM_TOKEN")
    monkeypatch.setattr(snapshots, "configurations", lambda: [])
    before = len(service.requests)
    for name in ("ibm", "ibm-manila"):  # the entry, and the machine
        plan = estimate(qfusion, run, name, "--samples", 4)
        assert "from your own list of machines" in plan["planned_from"]
        assert plan["facts"]["machine"] == "ibm_manila"
    assert len(service.requests) == before


def test_what_runs_here_is_in_no_list(qfusion):
    code, _, err = qfusion("backends", "refresh", "here")
    assert code == 2 and "backend 'here' (device 'ibm') is in no list of machines" in err


def test_a_circuit_that_is_too_large_for_a_listed_machine(run):
    device = IBM.from_list(
        IBM.Options(backend="ibm_miami", shots=10), IBM.Options.machines.of("ibm_miami")
    )
    wide = Circuit(121, (Gate("X", (120,)),), n_data=1, n_weights=0)
    with pytest.raises(InputError, match="the circuit has 121 qubits, ibm_miami has 120"):
        device.plan(wide, torch.zeros(1, 0).double(), ["I" * 120 + "Z"])
