"""backends.yaml: where a circuit runs, with a position in every error."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from qfusion_core import Circuit, Gate, open_backend
from qfusion_core.backends.file import PACKAGED, Backends
from qfusion_core.backends.opening import open_named

ROOT = Path(__file__).parents[2]
SHIPPED = (
    "statevector", "sampled", "default-qubit", "lightning", "aer", "aer-sampled", "braket-local",
    "braket-local-exact",
)  # fmt: skip


def one(entry, default="it"):
    return f"version: 1\ndefault: {default}\nbackends:\n  it: {entry}\n"


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=getattr(pytest.mark, mark)) if mark else name
        for name in SHIPPED
        for mark in [{"aer": "aer", "braket": "vendor"}.get(name.split("-")[0])]
    ],
)
def test_the_shipped_file_works_as_it_is(name):
    device = open_backend(name, ROOT / "backends.yaml")
    circuit = Circuit(2, (Gate("X", (1,)),), 0, 0)
    data, weights = torch.zeros(1, 0, dtype=torch.float64), torch.zeros(0, dtype=torch.float64)
    with torch.no_grad():
        values = device.expectations(circuit, data, weights, ["ZI", "IZ"])
    # X flips wire 1 for certain, so that sampling is exact, too
    torch.testing.assert_close(values, torch.tensor([[1.0, -1.0]], dtype=torch.float64))
    assert (device.shots is not None) == (name in ("sampled", "aer-sampled", "braket-local"))


def test_the_shipped_file_lists_what_it_promises():
    backends = Backends.read(ROOT / "backends.yaml")
    # the tests of both vendors have those that are not opened here
    there = ("ibm-noisy", "ibm-fez", "sv1", "iqm-garnet", "ionq-forte")
    assert tuple(backends.entries) == (*SHIPPED, *there)
    assert backends.default == "statevector"


def test_the_packaged_copy_equals_the_file_at_the_top():
    assert PACKAGED.read_bytes() == (ROOT / "backends.yaml").read_bytes()


def test_the_places_where_the_file_is_looked_for(written, tmp_path, monkeypatch):
    assert Path(Backends.read().source.path) == PACKAGED
    assert written(one("{type: statevector}")).source.path == "backends.yaml"
    elsewhere = tmp_path / "elsewhere.yaml"
    elsewhere.write_text(one("{type: statevector}"))
    monkeypatch.setenv("QFUSION_BACKENDS", str(elsewhere))
    assert Backends.read().source.path == str(elsewhere)
    assert Backends.read("backends.yaml").source.path == "backends.yaml"


def test_a_file_that_is_not_there(tmp_path, monkeypatch, refusal):
    missing = tmp_path / "none.yaml"
    assert refusal(Backends.read, missing) == f"backends file {missing}: no such file"
    monkeypatch.setenv("QFUSION_BACKENDS", str(missing))
    assert refusal(Backends.read) == (
        f"QFUSION_BACKENDS={missing}: no such file; correct or unset the variable"
    )


def test_no_name_opens_the_default(written):
    written(one("{type: statevector}"))
    assert type(open_backend()).name == "statevector"


def test_an_unknown_backend_names_the_file_and_the_nearest(written, refusal):
    written(one("{type: statevector}"))
    assert refusal(open_backend, "itt") == (
        "unknown backend 'itt' in backends.yaml; did you mean 'it'? known: it"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            one("{type: statevector}", default="i"),
            "backends.yaml:2:10: default: unknown backend 'i'; did you mean 'it'?",
        ),
        ("version: 1\nbackends: {it: {type: a}}", "backends.yaml:1:1: missing key 'default'"),
        ("version: 2\ndefault: a\nbackends: {a: {type: a}}", "backends.yaml:1:10: version: should"),
        (
            "version: 1\ndefault: a\nbackends: {}",
            "backends.yaml:3:11: backends: Dictionary should have at least 1 item",
        ),
        (one("{options: {}}"), "backends.yaml:4:3: backends.it: missing key 'type'"),
        (
            one("{type: a, option: {}}"),
            "backends.yaml:4:17: backends.it: unknown key 'option', did you mean 'options'?",
        ),
        (
            one("{type: a, budget: {max_eur: 1}}"),
            "backends.yaml:4:26: backends.it.budget: unknown key 'max_eur', did you mean "
            "'max_usd'?",
        ),
        (
            one("{type: a, budget: {max_usd: -1}}"),
            "backends.yaml:4:35: backends.it.budget.max_usd: should be greater than 0, got -1",
        ),
        (
            one("{type: a}\n  'surrogate:it': {type: statevector}"),
            "backends.yaml:5:19: backends.surrogate:it: names that begin with surrogate: are those",
        ),
        (
            one("{type: pool, options: {backends: ['surrogate:a']}}"),
            "backends.yaml:4:41: backends.it.options.backends.0: 'surrogate:a' is of a run; name",
        ),
        (
            one("{type: a}\n  it: {type: b}"),
            "backends.yaml:5:3: key 'it' stands twice, first in line 4; remove one of them",
        ),
    ],
)
def test_a_wrong_file_is_refused_at_the_place(written, text, message, refusal):
    assert refusal(written, text).startswith(message)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            "{type: cloud, options: {machine: m, shot: 3}}",
            "backends.yaml:4:43: backends.it.options: unknown key 'shot', did you mean 'shots'?",
        ),
        (
            "{type: cloud, options: {machine: m, shots: 0}}",
            "backends.yaml:4:50: backends.it.options.shots: should be greater than or equal to 1",
        ),
        (
            "{type: statevector, options: {shots: 9999999999999}}",
            "backends.yaml:4:44: backends.it.options.shots: should be less than or equal to "
            "100000000, got 9999999999999",
        ),
        (
            "{type: pennylane, options: {device: default.qubit, shots: 1000001}}",
            "backends.yaml:4:65: backends.it.options.shots: should be less than or equal to "
            "1000000, got 1000001",
        ),
        (
            "{type: pennylane, options: {device: qiskit.aer, shots: 1000000}}",
            "backends.yaml:4:34: backends.it.options: shots: qiskit.aer holds each draw in memory: "
            "expected at most 200000; use type statevector for more",
        ),
        (
            "{type: ibm, options: {backend: aer, shots: 100000000}}",
            "backends.yaml:4:28: backends.it.options: shots: aer runs here and holds each draw in "
            "memory: expected at most 10000000 shots",
        ),
        (
            "{type: cloud}",
            "backends.yaml:4:3: backends.it.options: missing key 'machine'",
        ),
        (
            "{type: statevectr}",
            "backends.yaml:4:14: backends.it.type: unknown device 'statevectr'; did you mean "
            "'statevector'?",
        ),
        (
            "{type: cloud, options: {machine: gone}, credentials: {token: {$env: CLOUD_TOKEN}}}",
            "backends.yaml:4:7: backends.it: machine 'gone' was switched off; choose another",
        ),
    ],
)
def test_what_the_device_refuses_is_said_when_it_is_opened(
    written, monkeypatch, entry, message, refusal
):
    monkeypatch.setenv("CLOUD_TOKEN", "a-long-token")
    backends = written(one(entry))
    assert refusal(open_named, backends, "it").startswith(message)


def test_budgets_are_kept(written):
    entry = written(one("{type: statevector, budget: {max_usd: 5, max_shots: 1000}}")).entries["it"]
    assert (entry.budget.max_usd, entry.budget.max_shots, entry.budget.max_jobs) == (5, 1000, None)


def test_reading_the_file_imports_no_torch():
    code = (
        "import sys; from qfusion_core.backends.file import Backends; Backends.read(); "
        "assert not {'torch', 'pennylane'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
