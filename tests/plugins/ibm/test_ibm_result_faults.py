"""Results and replies that are not what was asked for never become numbers, nor a second purchase.

Jobs are counted at the service.
"""

import gc
import json
import os
import signal
import threading
import time

import numpy as np
import pytest
import torch

from qfusion_core import (
    JobsLeft,
    QfusionError,
    Refused,
    RemoteError,
    Result,
    Transient,
    Unreadable,
)
from qfusion_core.errors import Interrupted
from qfusion_ibm.sdk_version import gives_counts
from support.journals import writing
from support.keys import IBM as SECRET
from support.remote_circuit import WORDS

RESUME = "no job is lost: run the same again, or `qfusion jobs resume"
OUT = "or give it up with `qfusion jobs forget"
NAN = float("nan")


def changed(service, job, change):
    """Let the results of one job come changed: as JSON, or as text."""
    results = service.results

    def others(job_id):
        text = results(job_id)
        return text if job_id != job else change(text)

    service.results = others


def estimated(change):
    """Changes a result of the program ``estimator``, as the SDK's object."""

    def _change(text):
        from qiskit_ibm_runtime import RuntimeDecoder, RuntimeEncoder

        return json.dumps(change(json.loads(text, cls=RuntimeDecoder)), cls=RuntimeEncoder)

    return _change


def with_values(change):
    """A result of other values; ``change`` takes and gives ``[words, rows]``."""

    def _change(result):
        from qiskit.primitives import DataBin, PrimitiveResult, PubResult

        data, metadata = result[0].data, result[0].metadata
        evs = change(np.asarray(data.evs))
        return PrimitiveResult([PubResult(DataBin(evs=evs, stds=0 * evs), metadata)])

    return estimated(_change)


def with_shots(shots):
    def _change(result):
        result[0].metadata["shots"] = shots
        return result

    return estimated(_change)


def measured(change):
    """Changes a result of the program ``executor``: what was measured, an array of bits."""

    def _change(text):
        from ibm_quantum_schemas.common.tensor import CompressedTensorModel

        known = json.loads(text)
        (tensors,) = (item["results"] for item in known["data"])
        bits = change(CompressedTensorModel.model_validate(tensors["_meas"]).to_numpy())
        tensors["_meas"] = CompressedTensorModel.from_numpy(bits).model_dump(mode="json")
        return json.dumps(known)

    return _change


def echoed(change):
    """Changes what was sent along with the job, and comes back."""

    def _change(text):
        known = json.loads(text)
        change(known["passthrough_data"])
        return json.dumps(known)

    return _change


def without_data(text):
    return json.dumps({**json.loads(text), "data": []})


ESTIMATED = [
    (with_values(lambda evs: evs[:, :1]), "values of shape [3, 1], expected [3, 3]"),
    (with_values(lambda evs: evs[:, :2].T.copy()), "values of shape [2, 3], expected [3, 3]"),
    (with_values(lambda evs: evs.reshape(-1)), "values of shape [9], expected [3, 3]"),
    (with_values(lambda evs: evs[:2]), "values of shape [2, 3], expected [3, 3]"),
    (with_values(lambda evs: 7 * np.ones_like(evs)), "a value of size 7, expected at most 1"),
    (with_values(lambda evs: NAN * evs), "a value of size nan, expected at most 1"),
    (with_shots(10), "IBM drew 10 shots, expected 100"),
    (estimated(lambda result: []), "not those of the job that was sent (0 results, expected one)"),
]
MEASURED = [
    (measured(lambda bits: bits[:, :-1]), "not those of the job that was sent"),
    (measured(lambda bits: bits[..., :-1]), "not those of the job that was sent"),
    (measured(lambda bits: bits[0]), "not those of the job that was sent"),
    (measured(lambda bits: bits[:, :, :10]), "IBM drew 10 shots, expected 100"),
    (measured(lambda bits: bits[:, :, :0]), "not those of the job that was sent (no shots)"),
    (measured(lambda bits: bits.astype(np.float64)), "bits of type float64"),
    (measured(lambda bits: bits.astype(np.uint8) * 7), "bits of type uint8"),
    (echoed(lambda sent: sent.update(qfusion="0" * 64)), "other angles or observables were"),
    (echoed(lambda sent: sent.pop("qfusion")), "other angles or observables were measured"),
    (echoed(lambda sent: sent.pop("post_processor")), "not those of the job that was sent"),
    (echoed(lambda sent: sent.pop("qiskit_mitigation")), "not those of the job that was sent"),
    (without_data, "not those of the job that was sent"),
]


ANOTHER = "they are written in another form" if gives_counts() else "0 results, expected one"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        *(MEASURED if gives_counts() else ESTIMATED),
        (lambda result: "{}", "not those of the job that was sent"),
        (lambda result: "[]", f"job that was sent ({ANOTHER})"),
        (lambda result: "<html>Please log in</html>", "cannot be read (JSONDecodeError"),
        (lambda result: json.dumps({"a": [1, 2]})[:-3], "cannot be read (JSONDecodeError"),
    ],
)  # fmt: skip
def test_results_that_are_not_those_of_the_job(service, measure, failure, journal, change, text):
    results = service.results
    changed(service, "job-0", change)
    said = failure(Unreadable, measure, rows_per_job=3)
    assert said.startswith("ibm: job job-0: IBM") and text in said
    assert RESUME in said and OUT in said
    (entry,) = journal.jobs.all()
    assert entry.state == "submitted" and journal.jobs.raw(entry.key)
    service.results = results
    assert measure(rows_per_job=3).shape == (3, 3)
    assert len(service.jobs) == 1


@pytest.mark.skipif(gives_counts(), reason="IBM's newer client computes them here, of counts")
def test_mitigated_values_may_leave_the_interval(service, measure):
    changed(service, "job-0", with_values(lambda evs: 1.2 * np.ones_like(evs)))
    values = measure(rows_per_job=3, resilience_level=1)
    assert torch.equal(values, 1.2 * torch.ones(3, 3).double())


@pytest.mark.skipif(not gives_counts(), reason="IBM's older client gives values")
def test_the_reply_to_another_job_is_not_taken_for_this_ones(service, measure, failure):
    """Same circuit, same shapes, other angles."""
    results = service.results
    service.results = lambda job_id: results("job-1" if job_id == "job-0" else job_id)
    assert "other angles" in failure(Unreadable, measure)


def test_results_that_are_not_there_yet(service, measure):
    results, asked = service.results, []

    def late(job_id):
        asked.append(job_id)
        return (204, None) if len(asked) == 1 else results(job_id)

    service.results = late
    assert measure().shape == (3, 3)
    assert len(service.jobs) == 3


@pytest.mark.parametrize("metrics", [404, 500, "html", {"usage": {"quantum_seconds": -5}}, {}])
def test_seconds_that_are_not_told_keep_no_values_away(service, measure, journal, metrics):
    service.metrics = lambda: "<html/>" if metrics == "html" else metrics
    if isinstance(metrics, int):
        service.faults["metrics"] = [metrics] * 99
    assert measure().shape == (3, 3)
    assert len(service.jobs) == 3
    assert all((entry.qpu_seconds or 0) >= 0 for entry in journal.jobs.all())


@pytest.mark.parametrize("status", [408, 409, 425, 499, "408 after", "409 after", "499 after"])
def test_replies_that_do_not_say_what_became_of_a_job(service, measure, status):
    service.faults["submit"] = [None, status]
    measure()
    assert len(service.jobs) == 3
    assert "find" in service.requests


@pytest.mark.parametrize("status", ["400 after", "403 after"])
def test_a_refusal_that_took_the_job_all_the_same(service, measure, failure, status):
    service.faults["submit"] = [None, status]
    failure(Refused, measure)
    measure()
    assert len(service.jobs) == 3


@pytest.mark.parametrize("kind", ["job", "results", "usage", "find", "submit", "backends"])
def test_a_reply_that_breaks_off(service, measure, kind):
    if kind == "find":
        service.faults["submit"] = ["lost"]
    service.faults[kind] = ["cut"]
    assert measure().shape == (3, 3)
    assert len(service.jobs) == 3


@pytest.mark.parametrize("kind", ["job", "find", "usage", "status", "backends", "properties"])
@pytest.mark.parametrize("page", ["html", "{}", "null"])
def test_a_page_instead_of_a_reply(service, measure, kind, page):
    """Of somebody in between, who asks to log in: it passes."""
    if kind == "find":
        service.faults["submit"] = ["lost"]
    service.faults[kind] = [page]
    assert measure().shape == (3, 3)
    assert len(service.jobs) == 3


def test_a_reply_without_a_list_of_machines_that_stays(service, measure, failure):
    service.faults["backends"] = ["{}"] * 100
    said = failure(Transient, measure)
    assert said.startswith("ibm: ") and gives_counts() is ("is QISKIT_IBM_INSTANCE the" in said)
    assert "run the same again" in said
    service.faults["backends"] = []
    assert measure().shape == (3, 3)


@pytest.mark.parametrize("page", ["html", "{}", "null"])
def test_a_page_instead_of_the_reply_to_a_job(service, measure, page):
    service.faults["submit"] = [page]  # the job was taken
    measure()
    assert len(service.jobs) == 3


def test_a_job_that_is_unknown_for_a_moment(service, measure, journal):
    service.faults["job"] = [404, None, None, 404, 404]
    measure(grace_seconds=2)
    assert len(service.jobs) == 3
    assert [entry.state for entry in journal.jobs.all()] == ["done"] * 3


def test_jobs_of_another_instance(service, measure, failure, journal, connect, monkeypatch):
    from qfusion_ibm.connection import Connection

    service.seconds = 60
    failure(JobsLeft, measure, wait=False)
    own = Connection.account
    monkeypatch.setattr(Connection, "account", property(lambda self: "instance 0123456789ab"))
    service.faults["job"] = [404] * 3
    said = failure(Refused, measure)
    assert "job job-0: not in this account or instance; nothing was changed" in said
    assert [entry.state for entry in journal.jobs.all()] == ["submitted"] * 3
    monkeypatch.setattr(Connection, "account", own)
    service.seconds = 0
    service.faults.clear()
    measure()
    assert len(service.jobs) == 3


def test_a_reply_that_comes_too_late(service, measure):
    """The job is accepted after the client has given up, and is listed later still."""
    submit, waits = service.submit, [2.5]

    def slow(body):
        made = submit(body)
        if waits:
            service.jobs[made["id"]]["at"] += waits[0]  # as if it was accepted then
            time.sleep(waits.pop())
        return made

    service.submit, service.listed_after = slow, 0.3
    measure(request_seconds=2, grace_seconds=3)
    assert len(service.jobs) == 3


def test_the_request_is_noted_right_before_it_goes_out(service, connect, journal, tmp_path):
    """Not before the log-in and the machine's description."""
    from qfusion_core import Measurement
    from support.remote_circuit import CIRCUIT, DATA, WEIGHTS

    with Measurement(tmp_path / "run", "evaluate") as measurement:
        device, seen = connect(measurement), []
        submit = service.submit

        def looks(body):
            seen.append([entry.sent for entry in journal.jobs.all()])
            return submit(body)

        service.submit = looks
        described, before = service.described, []

        def describes(*which):
            if not seen:
                before.append([entry.sent for entry in journal.jobs.all()])
            return described(*which)

        service.described = describes
        device.expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    assert before and not any(sent is not None for each in before for sent in each)
    assert all(sent is not None for sent in seen[0][:1])
    assert {entry.account for entry in journal.jobs.all()} == {device.account()}


@pytest.mark.parametrize("fault", ["lost", 503, "504 after"])
def test_a_session_that_may_be_open_is_not_opened_twice(service, measure, failure, fault):
    """It bills its time, and nobody knows its id."""
    service.faults["session POST"] = [fault]
    line = failure(Refused, measure, mode="session")
    assert "a session may be open, and bill its time; close it in IBM's list of workloads" in line
    assert service.requests.count("session POST") == 1 and not service.jobs
    measure(mode="session")
    assert len(service.jobs) == 3


def test_a_batch_that_may_be_open_costs_nothing(service, measure):
    service.faults["session POST"] = ["lost"]
    measure(mode="batch")
    assert len(service.jobs) == 3


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGHUP])
def test_a_session_is_closed_when_the_process_is_told_to_end(
    service, measure, failure, collect, kind
):
    service.seconds = 60
    job = service.job

    def told(job_id):
        os.kill(os.getpid(), kind)
        return job(job_id)

    service.job = told
    failure(Interrupted, measure, mode="session")
    collect()  # at the end of the process, else
    assert [each.get("accepting_jobs") for each in service.sessions.values()] == [False]


def test_garbage_is_collected_in_any_thread_and_the_session_is_closed_in_its_own(
    service, measure, collect, monkeypatch
):
    """Closing asks the service, and what it needs may be held where garbage is collected."""
    from qiskit_ibm_runtime import Session

    threads, close = [], Session.close

    def closing(session):
        threads.append(threading.current_thread())
        close(session)

    monkeypatch.setattr(Session, "close", closing)
    measure(mode="session", request_seconds=1)
    with service.lock:  # no request is answered
        gc.collect()
    collect()
    assert len(threads) == 1 and threads[0] is not threading.main_thread()
    assert [each.get("accepting_jobs") for each in service.sessions.values()] == [False]


def test_a_session_that_a_killed_process_left_is_closed_by_the_next(
    service, measure, journal, monkeypatch, failure, collect
):
    from qiskit_ibm_runtime import Session

    def killed(session):
        raise QfusionError("there is no time")

    service.seconds = 60
    with monkeypatch.context() as patch:
        patch.setattr(Session, "close", killed)
        failure(JobsLeft, measure, wait=False, mode="session")
        collect()
    assert [each.get("accepting_jobs") for each in service.sessions.values()] == [None]
    with writing(journal) as db:  # its process has ended
        assert db.execute("UPDATE session SET owner = ''").rowcount == 1
    service.seconds = 0
    measure(mode="session")
    collect()
    assert [each.get("accepting_jobs") for each in service.sessions.values()] == [False]
    assert len(service.jobs) == 3


def test_what_ibm_gave_out_is_no_more_shown_than_what_it_was_given(service, measure, failure):
    service.echo = f" {service.token} and {service.token[:90]}"
    service.faults["job"] = [403] * 9
    said = failure(RemoteError, measure)
    assert "(hidden)" in said
    assert service.token[:40] not in said and SECRET not in said


def test_an_error_says_what_the_service_says_when_the_search_is_down(service, measure, failure):
    service.faults["search"] = [500] * 9
    said = failure(Transient, measure)
    assert "Unable to retrieve instances of this account" in said and "API token" not in said
    assert "nothing was sent: run the same again" in said
    assert Result is not None
