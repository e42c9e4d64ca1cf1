"""A token appears in no file, log line, error, repr or journal, whatever the provider echoes."""

import logging

import pytest

from qfusion_core import Measurement, QfusionError, RemoteError, open_backend, trust
from qfusion_core.backends.file import Backends
from support.keys import QUEUE as SECRET

ENTRY = """
version: 1
default: queue
backends:
  queue:
    type: queue
    options: {{url: "{url}", poll_seconds: 0.002, grace_seconds: 0.02, tries: 2}}
    credentials: {{token: {{$env: QUEUE_TOKEN}}}}
    budget: {{max_jobs: 100}}
"""


def test_the_token_is_nowhere(machine, forward, tmp_path, monkeypatch, caplog, capfd):
    monkeypatch.setenv("QUEUE_TOKEN", SECRET)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "backends.yaml").write_text(ENTRY.format(url=machine.url))
    trust(tmp_path / "backends.yaml")
    measurement, said = Measurement(tmp_path / "run", "evaluate", approve=True), []

    def fails():
        device = open_backend("queue", run=measurement)
        with pytest.raises(QfusionError) as failed:
            forward(device)
        error = failed.value
        assert "(hidden)" in str(error)  # it was echoed, and taken out
        said.extend([str(error), repr(error), repr(vars(error)), repr(error.__cause__)])
        said.extend(repr(shown) for shown in (device, vars(device), device.options))

    with caplog.at_level(logging.DEBUG):
        for kind, faults in (
            ("submit", [401]),  # the machine echoes the header in each of these
            ("submit", [503, 503]),
            ("status", [503, 503]),
            ("result", [403]),
        ):
            machine.faults[kind] = list(faults)
            fails()
        (job,) = machine.jobs.values()
        machine.ends[job["number"]] = ("failed", f"user {SECRET} has no quota")
        fails()
        machine.echo = SECRET
        forward(open_backend("queue", run=measurement))
    journal = measurement.journal
    entry = journal.jobs.all()[-1]
    assert b'"echo": "(hidden)"' in journal.jobs.raw(entry.key)
    said += [repr(vars(measurement)), repr(journal.measurements()), repr(Backends.read())]
    said += [*capfd.readouterr(), caplog.text]
    assert SECRET not in "\n".join(said)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert tmp_path / "run" / "journal.sqlite" in files
    for path in files:
        assert SECRET.encode() not in path.read_bytes(), path


def test_an_error_of_the_adapter_that_quotes_the_token(connect, forward, tmp_path):
    device = connect(Measurement(tmp_path, "evaluate"))

    def submit(job, key):
        raise ValueError(f"bad header: Bearer {SECRET}")

    device.submit = submit
    with pytest.raises(RemoteError) as failed:
        forward(device)
    assert str(failed.value).startswith("queue: ValueError: bad header: Bearer (hidden); no job is")
    assert failed.value.__cause__ is None
    assert failed.value.__suppress_context__
