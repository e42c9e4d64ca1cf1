"""A token appears in no file, log line, error, repr or journal, whatever the service echoes."""

import http.client
import logging

import pytest

from qfusion_core import Measurement, QfusionError, open_backend, trust
from qfusion_core.backends.file import Backends
from support.held import shown
from support.keys import IBM as SECRET
from support.remote_circuit import CIRCUIT, DATA, WEIGHTS, WORDS

ENTRY = """
version: 1
default: ibm
backends:
  ibm:
    type: ibm
    options: {backend: ibm_manila, shots: 100, poll_seconds: 0.002,
              grace_seconds: 0.02, tries: 2}
    credentials: {token: {$env: QISKIT_IBM_TOKEN}, instance: {$env: QISKIT_IBM_INSTANCE}}
    budget: {max_jobs: 100}
"""


def test_the_token_is_nowhere(service, tmp_path, monkeypatch, caplog, capfd):
    from support.ibm.service import CRN

    monkeypatch.setenv("QISKIT_IBM_TOKEN", SECRET)
    monkeypatch.setenv("QISKIT_IBM_INSTANCE", CRN)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "backends.yaml").write_text(ENTRY)
    trust(tmp_path / "backends.yaml")
    measurement, said = Measurement(tmp_path / "run", "evaluate", approve=True), []

    def fails():
        device = open_backend("ibm", run=measurement)
        with pytest.raises(QfusionError) as failed:
            device.expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
        error = failed.value
        said.extend([str(error), repr(error), repr(vars(error)), repr(error.__cause__)])
        held = list(shown(device))
        assert any(text.startswith("Credentials(") for text in held)
        said.extend(held)
        said.append(repr(device.preflight()))

    service.echo = f" for Bearer {SECRET}"
    with caplog.at_level(logging.DEBUG):
        for kind, faults in (
            ("submit", [401]),  # the service echoes the key in each of these
            ("submit", [503, 503]),
            ("iam", [400]),
            ("usage", [403]),
            ("job", [503, 503]),
            ("results", [403]),
        ):
            service.faults[kind] = list(faults)
            fails()
            service.faults.clear()
    # else the headers of other vendors' clients in this process would be in the log
    assert http.client.HTTPConnection.debuglevel == 0
    # at DEBUG the SDK writes down each state of a job as the service tells it
    with caplog.at_level(logging.INFO):
        (job,) = service.jobs.values()
        service.ends[job["number"]] = {"status": "Failed", "reason": f"user {SECRET} has no quota"}
        fails()
        open_backend("ibm", run=measurement).expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    said += [repr(vars(measurement)), repr(measurement.journal.measurements())]
    said += [repr(Backends.read()), *capfd.readouterr(), caplog.text]
    text = "\n".join(said)
    assert "(hidden)" in text  # it was echoed, and taken out
    assert SECRET not in text
    assert service.token not in text
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert tmp_path / "run" / "journal.sqlite" in files
    assert any(path.suffix == ".qpy" for path in files)
    for path in files:
        assert SECRET.encode() not in path.read_bytes(), path
    assert not service.leaked
