"""Secrets are named in backends.yaml, read from the environment when needed, and never shown."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qfusion_core import InputError, Registry
from qfusion_core.backends.opening import open_named


def one(entry):
    return f"version: 1\ndefault: it\nbackends:\n  it: {entry}\n"


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
def test_a_literal_secret_is_refused_and_never_shown(written, credentials, place, refusal):
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


def test_options_take_no_environment_variables(written, refusal):
    message = refusal(written, one("{type: cloud, options: {machine: {$env: MACHINE}}}"))
    assert message.startswith(
        "backends.yaml:4:40: backends.it.options.machine: options take no environment variables"
    )
    nested = one("{type: cloud, options: {machine: [a, {$env: MACHINE}], shots: 3}}")
    assert "backends.it.options.machine.1: options take no" in refusal(written, nested)


CLOUD = "{type: cloud, options: {machine: m}, credentials: {token: {$env: CLOUD_TOKEN}}}"


def test_all_secrets_that_are_not_set_are_said_at_once(written, monkeypatch, refusal):
    for name in ("MY_ID", "MY_KEY"):
        monkeypatch.delenv(name, raising=False)
    entry = (
        "{type: braket, options: {device: iqm/Garnet, shots: 100}, budget: {max_jobs: 1}, "
        "credentials: {access_key_id: {$env: MY_ID}, secret_access_key: {$env: MY_KEY}}}"
    )
    assert refusal(open_named, written(one(entry)), "it").endswith(
        "credentials.access_key_id: environment variables MY_ID and MY_KEY are not set; "
        "export MY_ID=... MY_KEY=... and run again"
    )


def test_a_secret_is_read_when_its_backend_is_opened_and_not_before(written, monkeypatch, refusal):
    monkeypatch.delenv("CLOUD_TOKEN", raising=False)
    backends = written(one(CLOUD) + "  other: {type: statevector}\n")
    assert open_named(backends, "other")
    assert backends.configured("it", Registry())
    assert refusal(open_named, backends, "it") == (
        "backends.yaml:4:65: backends.it.credentials.token: the environment variable CLOUD_TOKEN "
        "is not set; export CLOUD_TOKEN=... and run again"
    )
    monkeypatch.setenv("CLOUD_TOKEN", SECRET)
    device = open_named(backends, "it")
    assert device.credentials.token.get_secret_value() == SECRET
    assert SECRET not in repr(device.credentials) + repr(backends)


def test_a_secret_that_does_not_fit_is_not_shown(written, monkeypatch, refusal):
    monkeypatch.setenv("CLOUD_TOKEN", "tiny!")
    message = refusal(open_named, written(one(CLOUD)), "it")
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
def test_credentials_are_those_that_the_device_names(written, credentials, message, refusal):
    backends = written(one(f"{{type: cloud, options: {{machine: m}}, credentials: {credentials}}}"))
    assert f"backends.it.credentials: {message}" in refusal(open_named, backends, "it")


def test_a_device_without_secrets_takes_none(written, monkeypatch, refusal):
    monkeypatch.setenv("CLOUD_TOKEN", SECRET)
    backends = written(one("{type: statevector, credentials: {token: {$env: CLOUD_TOKEN}}}"))
    message = refusal(open_named, backends, "it")
    assert message.endswith("backends.it.credentials: unknown key 'token', known: none")
