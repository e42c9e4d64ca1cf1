"""Credentials appear in no file, log line, error, repr or journal, whatever AWS echoes."""

import logging

import pytest

from qfusion_core import Measurement, QfusionError, open_backend, trust
from qfusion_core.backends.file import Backends
from support.braket.service import KEY
from support.held import shown
from support.keys import BRAKET as SECRET
from support.remote_circuit import CIRCUIT, DATA, WEIGHTS, WORDS

TOKEN = "IQoJb3JpZ2luX2VjEJr-a-session-token-that-is-sent-with-each-request"
OPTIONS = """
    type: braket
    options: {device: iqm/Garnet, shots: 100, s3: "s3://results/here", poll_seconds: 0.002,
              grace_seconds: 0.02, tries: 2}
    budget: {max_jobs: 100}
"""
ENTRY = f"""
version: 1
default: chain
backends:
  chain: {OPTIONS}
  given: {OPTIONS.rstrip()}
    credentials: {{access_key_id: {{$env: MY_ID}}, secret_access_key: {{$env: MY_KEY}},
                  session_token: {{$env: MY_TOKEN}}}}
"""


@pytest.mark.parametrize("backend", ["chain", "given"])
def test_the_secrets_are_nowhere(service, tmp_path, monkeypatch, caplog, capfd, backend):
    monkeypatch.chdir(tmp_path)
    names = {"MY_ID": KEY, "MY_KEY": SECRET, "MY_TOKEN": TOKEN}
    if backend == "chain":
        names = {"AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": TOKEN}
    else:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "backends.yaml").write_text(ENTRY)
    trust(tmp_path / "backends.yaml")
    measurement, said = Measurement(tmp_path / "run", "evaluate", approve=True), []

    def fails():
        device = open_backend(backend, run=measurement)
        with pytest.raises(QfusionError) as failed:
            device.expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
        error = failed.value
        said.extend([str(error), repr(error), repr(vars(error)), repr(error.__cause__)])
        held = list(shown(device))
        assert any("Connection object" in text for text in held)
        said.extend(held)
        said.append(repr(device.preflight()))

    service.echo = f" for {SECRET} and {TOKEN}"
    with caplog.at_level(logging.DEBUG):
        for kind, faults in (
            ("device", [403]),  # the service echoes the secrets in each of these
            ("create", [403]),
            ("create", [500, 500]),
            ("task", [500, 500]),
            ("object", [403]),
        ):
            service.faults[kind] = list(faults)
            fails()
            service.faults.clear()
        (number,) = (task["number"] for task in service.tasks.values())
        service.ends[number] = ("FAILED", f"user {SECRET} with {TOKEN} has no quota")
        fails()
        open_backend(backend, run=measurement).expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    said += [repr(vars(measurement)), repr(measurement.journal.measurements())]
    said += [repr(Backends.read()), *capfd.readouterr(), caplog.text]
    text = "\n".join(said)
    assert "(hidden)" in text  # it was echoed, and taken out
    assert SECRET not in text
    assert TOKEN not in text
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert tmp_path / "run" / "journal.sqlite" in files
    for path in files:
        for secret in (SECRET, TOKEN):
            assert secret.encode() not in path.read_bytes(), path
