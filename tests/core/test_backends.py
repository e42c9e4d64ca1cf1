"""backends.yaml: where a circuit runs, with a position in every error and no secret in any."""

import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import Field, SecretStr

import qfusion_core
from qfusion_core import Circuit, Device, Gate, InputError, Registry, open_backend
from qfusion_core.config.backends import PACKAGED, Backends

ROOT = Path(__file__).parents[2]
SHIPPED = (
    "statevector", "default-qubit", "lightning", "aer", "braket-local", "aer-sampled",
    "braket-local-sampled",
)  # fmt: skip


class Cloud(Device):
    """A device as an adapter for a remote machine is configured; it sends nothing anywhere."""

    name: ClassVar[str] = "cloud"

    class Options(qfusion_core.Options):
        machine: str
        shots: int = Field(default=100, ge=1)

    class Credentials(qfusion_core.Credentials):
        token: SecretStr = Field(min_length=8)
        instance: SecretStr | None = None

    def __init__(self, options, credentials=None):
        if options.machine == "gone":
            raise InputError("machine 'gone' was switched off; choose another")
        self.shots, self.credentials = options.shots, credentials

    def expectations(self, circuit, data, weights, observables):
        return torch.ones(len(data), len(observables))


class WithCloud(Registry):
    """Our devices, and `Cloud`."""

    def get(self, kind, name):
        return Cloud if name == "cloud" else super().get(kind, name)


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Writes ./backends.yaml in an empty folder and reads it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QFUSION_BACKENDS", raising=False)

    def _written(text, name="backends.yaml"):
        Path(name).write_text(text)
        return Backends.read(None if name == "backends.yaml" else name)

    return _written


def one(entry, default="it"):
    return f"version: 1\ndefault: {default}\nbackends:\n  it: {entry}\n"


def refusal(function, *arguments, **keywords):
    with pytest.raises(InputError) as refused:
        function(*arguments, **keywords)
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_file_works_as_it_is(name):
    device = open_backend(name, ROOT / "backends.yaml")
    circuit = Circuit(2, (Gate("X", (1,)),), 0, 0)
    data, weights = torch.zeros(1, 0, dtype=torch.float64), torch.zeros(0, dtype=torch.float64)
    with torch.no_grad():
        values = device.expectations(circuit, data, weights, ["ZI", "IZ"])
    # X flips wire 1 for certain, so that sampling is exact, too
    torch.testing.assert_close(values, torch.tensor([[1.0, -1.0]], dtype=torch.float64))
    assert (device.shots is not None) == name.endswith("-sampled")


def test_the_shipped_file_lists_what_it_promises():
    backends = Backends.read(ROOT / "backends.yaml")
    assert (tuple(backends.entries), backends.default) == (SHIPPED, "statevector")


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


def test_a_file_that_is_not_there(tmp_path, monkeypatch):
    missing = tmp_path / "none.yaml"
    assert refusal(Backends.read, missing) == f"backends file {missing}: no such file"
    monkeypatch.setenv("QFUSION_BACKENDS", str(missing))
    assert refusal(Backends.read) == (
        f"QFUSION_BACKENDS={missing}: no such file; correct or unset the variable"
    )


def test_no_name_opens_the_default(written):
    written(one("{type: statevector}"))
    assert type(open_backend()).name == "statevector"


def test_an_unknown_backend_names_the_file_and_the_nearest(written):
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
            one("{type: a}\n  it: {type: b}"),
            "backends.yaml:5:3: key 'it' stands twice, first in line 4; remove one of them",
        ),
    ],
)
def test_a_wrong_file_is_refused_at_the_place(written, text, message):
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
def test_what_the_device_refuses_is_said_when_it_is_opened(written, monkeypatch, entry, message):
    monkeypatch.setenv("CLOUD_TOKEN", "a-long-token")
    backends = written(one(entry))
    assert refusal(backends.open, "it", WithCloud()).startswith(message)


def test_budgets_are_kept(written):
    entry = written(one("{type: statevector, budget: {max_usd: 5, max_shots: 1000}}")).entries["it"]
    assert (entry.budget.max_usd, entry.budget.max_shots, entry.budget.max_jobs) == (5, 1000, None)


SECRET = "Zq3-hidden"


@pytest.mark.parametrize(
    ("credentials", "place"),
    [
        (f"{{token: {SECRET}}}", "4:65: backends.it.credentials.token"),
        (f"{{token: {{$env: {SECRET}}}}}", "4:65: backends.it.credentials.token"),
        (f"{{token: {{$evn: {SECRET}}}}}", "4:65: backends.it.credentials.token"),
        (f"{{token: {{$env: A, b: {SECRET}}}}}", "4:65: backends.it.credentials.token"),
        (f"{{token: [{SECRET}]}}", "4:65: backends.it.credentials.token"),
        (SECRET, "4:57: backends.it.credentials"),
        (f"[{SECRET}]", "4:57: backends.it.credentials"),
        ("{token: }", "4:65: backends.it.credentials.token"),
    ],
)
def test_a_literal_secret_is_refused_and_never_shown(written, credentials, place):
    text = one(f"{{type: cloud, options: {{machine: m}}, credentials: {credentials}}}")
    message = refusal(written, text)
    assert "{$env: NAME}" in message
    assert SECRET not in message
    line, column = (int(number) for number in message.split(":")[1:3])
    assert message.split(": ")[1] == place.split(": ")[1]
    assert text.splitlines()[line - 1][column - 1 :].startswith(
        credentials if place.endswith("credentials") else credentials[8:-1]
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(
    st.text("abcXYZ019_-+/=.:{}[]'\"!&*#@%\t", min_size=12, max_size=30),
    st.sampled_from(["token: {}", "token: {{$env: {}}}", 'token: "{}"', "{}", "token: &{}"]),
)
def test_whatever_stands_under_credentials_stays_there(written, secret, form):
    text = one("\n    type: cloud\n    credentials:\n      " + form.format(secret))
    try:
        written(text)
    except InputError as error:
        # a key may be shown: secrets are values
        assert secret not in str(error) or form == "{}"


def test_options_take_no_environment_variables(written):
    message = refusal(written, one("{type: cloud, options: {machine: {$env: MACHINE}}}"))
    assert message.startswith(
        "backends.yaml:4:40: backends.it.options.machine: options take no environment variables"
    )
    nested = one("{type: cloud, options: {machine: [a, {$env: MACHINE}], shots: 3}}")
    assert "backends.it.options.machine.1: options take no" in refusal(written, nested)


CLOUD = "{type: cloud, options: {machine: m}, credentials: {token: {$env: CLOUD_TOKEN}}}"


def test_a_secret_is_read_when_its_backend_is_opened_and_not_before(written, monkeypatch):
    monkeypatch.delenv("CLOUD_TOKEN", raising=False)
    backends = written(one(CLOUD) + "  other: {type: statevector}\n")
    assert backends.open("other", WithCloud())
    assert backends.configured("it", WithCloud())
    assert refusal(backends.open, "it", WithCloud()) == (
        "backends.yaml:4:65: backends.it.credentials.token: the environment variable CLOUD_TOKEN "
        "is not set; export CLOUD_TOKEN=... and run again"
    )
    monkeypatch.setenv("CLOUD_TOKEN", SECRET)
    device = backends.open("it", WithCloud())
    assert device.credentials.token.get_secret_value() == SECRET
    assert SECRET not in repr(device.credentials) + repr(backends)


def test_a_secret_that_does_not_fit_is_not_shown(written, monkeypatch):
    monkeypatch.setenv("CLOUD_TOKEN", "tiny!")
    message = refusal(written(one(CLOUD)).open, "it", WithCloud())
    assert message.startswith("backends.yaml:4:65: backends.it.credentials.token: ")
    assert "tiny!" not in message


@pytest.mark.parametrize(
    ("credentials", "message"),
    [
        ("{tokn: {$env: HOME}}", "unknown key 'tokn', did you mean 'token'?"),
        ("{instance: {$env: HOME}}", "missing key 'token'"),
        ("{}", "missing key 'token'"),
    ],
)
def test_credentials_are_those_that_the_device_names(written, credentials, message):
    backends = written(one(f"{{type: cloud, options: {{machine: m}}, credentials: {credentials}}}"))
    assert f"backends.it.credentials: {message}" in refusal(backends.open, "it", WithCloud())


def test_a_device_without_secrets_takes_none(written, monkeypatch):
    monkeypatch.setenv("CLOUD_TOKEN", SECRET)
    backends = written(one("{type: statevector, credentials: {token: {$env: CLOUD_TOKEN}}}"))
    message = refusal(backends.open, "it")
    assert message.endswith("backends.it.credentials: unknown key 'token', known: none")


def test_reading_the_file_imports_no_torch():
    code = (
        "import sys; from qfusion_core.config.backends import Backends; Backends.read(); "
        "assert not {'torch', 'pennylane'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
