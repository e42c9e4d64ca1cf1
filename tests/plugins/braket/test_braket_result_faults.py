"""Results and replies that are not what was asked for never become numbers, nor a second purchase.

Tasks are counted at the service.
"""

import json
import logging
import pickle

import pytest
import torch

from qfusion_braket.device import Braket
from qfusion_braket.errors import translated_errors
from qfusion_braket.provider_site import TAG
from qfusion_core import (
    InputError,
    JobFailed,
    JobsLeft,
    Refused,
    RemoteError,
    SubmitUncertain,
    Transient,
    Unreadable,
)
from support.keys import BRAKET as SECRET

RESUME = "no job is lost: run the same again, or `qfusion jobs resume"
OUT = "or give it up with `qfusion jobs forget"
ARN = "arn:aws:braket:eu-north-1:123456789012:quantum-task/task-"


def changed(service, number, change):
    """Let the results of one task come changed."""
    results = service.results

    def others(task):
        made = results(task)
        if task["number"] != number:
            return made
        document = json.loads(json.dumps(made["results.json"]))
        return {**made, "results.json": change(document)}

    service.results = others


def executables(change):
    """Of a program set, those of its first program; ``change`` takes and gives a list."""

    def _change(document):
        program = document["programResults"][0]
        program["executableResults"] = change(program["executableResults"])
        return document

    return _change


def each(**fields):
    return executables(lambda all_of_them: [{**one, **fields} for one in all_of_them])


def a_tenth(document):
    for program in document["programResults"]:
        for one in program["executableResults"]:
            one["measurements"] = one["measurements"][:10]
    return document


def other_bits(document):
    for program in document["programResults"]:
        for one in program["executableResults"]:
            one["measurements"] = [[2 * bit for bit in bits] for bits in one["measurements"]]
    return document


OF_A_SET = [
    (each(inputsIndex=0), "executables [0, 0, 0], expected each of 0 to 2 once"),
    (executables(lambda found: found[1:]), "expected each of 0 to 2 once"),
    (executables(lambda found: [*found, found[0]]), "expected each of 0 to 2 once"),
    (lambda document: {**document, "programResults": document["programResults"][:1]}, "1 programs"),
    (a_tenth, "10 shots, expected 100"),
    (other_bits, "expected 2 of 0 and 1"),
    (each(measuredQubits=[0, 0]), "qubits [0, 0], expected each once"),
    (each(measuredQubits=[0, 7]), "qubits [0, 7], expected 1 among"),
    (each(measurements=None, measurementProbabilities={"00": 0.7, "11": 0.6}), "of sum 1.3"),
    (each(measurements=None, measurementProbabilities={"00": 1.7, "11": -0.7}), "outside of 0 to"),
    (each(measurements=None, measurementProbabilities={"00": float("nan")}), "outside of 0 to 1"),
    (lambda document: [], "is none of AWS's (TypeError: a list)"),
    (lambda document: "<html>Please log in</html>", "cannot be read (JSONDecodeError"),
    (lambda document: json.dumps(document)[:-9], "cannot be read (JSONDecodeError"),
    (lambda document: "", "cannot be read (JSONDecodeError"),
]


@pytest.mark.parametrize(("change", "text"), OF_A_SET)
def test_results_that_are_not_those_of_the_task(service, measure, failure, journal, change, text):
    results = service.results
    changed(service, 0, change)
    said = failure(Unreadable, measure, rows_per_job=None)
    assert said.startswith(f"braket: job {ARN}0: ") and text in said, said
    assert RESUME in said and OUT in said
    (entry,) = journal.jobs.all()
    assert entry.state == "submitted"
    assert journal.jobs.raw(entry.key) or text.startswith("cannot")
    service.results = results
    assert measure(rows_per_job=None).shape == (3, 3)
    assert len(service.tasks) == 1


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda results: results[:1], "1 values for 3 observables"),
        (lambda results: [{**one, "value": 1.7} for one in results], "1.7 for ZI, expected at mo"),
        (lambda results: [{**one, "value": float("nan")} for one in results], "nan for ZI, expect"),
        (lambda results: results[::-1], "expected that of ZI"),
    ],
)
def test_exact_values_that_are_not_those_of_the_task(service, measure, failure, change, text):
    changed(
        service, 0, lambda document: {**document, "resultTypes": change(document["resultTypes"])}
    )
    said = failure(Unreadable, measure, device="sv1", shots=None, rows_per_job=None)
    assert text in said, said
    assert len(service.tasks) == 3  # those behind it were fetched, and nothing was sent again
    del service.results
    assert measure(device="sv1", shots=None, rows_per_job=None).shape == (3, 3)
    assert len(service.tasks) == 3


def test_one_bad_result_leaves_those_behind_it_alone(service, measure, failure, journal):
    changed(service, 0, a_tenth)
    changed(service, 1, a_tenth)
    failure(Unreadable, measure)
    assert [entry.state for entry in journal.jobs.all()] == ["submitted", "submitted", "done"]


def test_results_that_are_in_s3_a_moment_later(service, measure):
    service.faults["object"] = ["missing"]
    assert measure().shape == (3, 3)
    assert len(service.tasks) == 3


def test_results_that_were_deleted(service, measure, failure):
    service.faults["object"] = ["missing"] * 9
    said = failure(Unreadable, measure, rows_per_job=None)
    assert "the results are not in S3, or not yet (NoSuchKey (404) from GetObject" in said
    assert "if the results were deleted or moved, put them back" in said and OUT in said


def test_only_executables_that_failed_are_sent_anew(service, measure, failure, journal):
    service.broken[0] = {1: "did not compile", 4: "did not compile", 5: "did not compile"}
    said = failure(JobFailed, measure, rows_per_job=None)
    assert f"job {ARN}0: failed: 3 of 6 executables failed: did not compile" in said
    before = {
        (row, column): value
        for entry in journal.jobs.all()
        if entry.state == "done" and not entry.price["shots"]
        for row, values in zip(range(*entry.rows), journal.jobs.values(entry).tolist(), strict=True)
        for column, value in zip(entry.columns, values, strict=True)
    }
    values = measure(rows_per_job=None)
    assert torch.isfinite(values).all()
    sent = [task["executables"] for task in service.tasks.values()]
    assert sent == [6, 2, 1]  # row 2 with both settings, row 3 with one
    assert before and all(values[at].item() == value for at, value in before.items())
    assert torch.equal(values, measure(rows_per_job=None))


def test_a_failed_executable_of_which_the_number_of_shots_does_not_tell(service, measure, failure):
    service.broken[0] = {2: "did not compile"}
    shown = service.shown
    service.shown = lambda task: {**shown(task), "numSuccessfulShots": task["shots"]}
    failure(JobFailed, measure, rows_per_job=None)
    measure(rows_per_job=None)
    assert [task["executables"] for task in service.tasks.values()] == [6, 1]


def test_a_task_of_which_nothing_was_run_has_failed(service, measure, failure):
    service.broken[0] = dict.fromkeys(range(6), "no beam")
    said = failure(JobFailed, measure, rows_per_job=None)
    assert "failed: 6 of 6 executables failed: no beam" in said
    measure(rows_per_job=None)
    assert [task["executables"] for task in service.tasks.values()] == [6, 6]


@pytest.mark.parametrize("kind", ["task", "search", "device"])
@pytest.mark.parametrize("page", ["html", "{}"])
def test_a_page_instead_of_a_reply(service, measure, kind, page):
    """Of somebody in between, who asks to log in: it passes."""
    if kind == "search":
        service.faults["create"] = ["lost"]
    service.faults[kind] = [page]
    assert measure().shape == (3, 3)
    assert len(service.tasks) == 3


@pytest.mark.parametrize("page", ["html", "{}"])
def test_a_page_instead_of_the_reply_to_a_task(service, measure, page):
    service.faults["create"] = [page]  # it was taken
    measure()
    assert len(service.tasks) == 3


@pytest.mark.parametrize("status", [302, 408, 409, 425, 499])
def test_replies_that_do_not_say_what_became_of_a_task(service, measure, status):
    service.faults["create"] = [None, status]
    measure()
    assert len(service.tasks) == 3
    assert "search" in service.requests


def test_a_task_that_is_unknown_for_a_moment(service, measure, journal):
    service.faults["task"] = [404, 400, None, None, 404]
    measure(grace_seconds=2)
    assert len(service.tasks) == 3
    assert [entry.state for entry in journal.jobs.all()] == ["done"] * 3


def test_tasks_of_another_account(service, measure, failure, journal):
    service.seconds = 60
    failure(JobsLeft, measure, wait=False)
    ours, service.account = service.account, "210987654321"
    service.faults["task"] = [404] * 3
    said = failure(Refused, measure)
    service.account = ours
    assert (
        "not in this account or instance; nothing was changed: it was sent in AWS account" in said
    )
    assert [entry.state for entry in journal.jobs.all()] == ["submitted"] * 3
    service.seconds = 0
    measure()
    assert len(service.tasks) == 3


def test_nobody_needs_to_know_the_account(service, measure):
    service.faults["identity"] = [403] * 9
    assert measure().shape == (3, 3)


def test_a_search_goes_on_where_it_was_asked_to_wait(service, measure, connect):
    measure()
    for number in range(40):
        task = {**next(iter(service.tasks.values())), "tags": {}, "number": 100 + number}
        service.tasks[f"{ARN}other-{number}"] = {**task, "quantumTaskArn": f"{ARN}other-{number}"}
    device, before = connect(), service.requests.count("search")
    service.faults["search"] = [None, None, 429] * 20
    assert device.find("qf-never-sent") is None
    pages = -(-43 // 2)
    assert service.requests.count("search") - before <= 2 * pages
    # the next one goes on nowhere: it reads every page
    service.faults.clear()
    before = service.requests.count("search")
    assert device.find("qf-never-sent") is None
    assert service.requests.count("search") - before == pages


def test_a_search_that_goes_on_looks_at_what_has_come_since(service, measure, connect):
    """AWS lists the newest first: what was accepted in between is on a page that was read."""
    measure()
    pages = service.searched
    service.searched = lambda body: (
        pages(body) | {"nextToken": str(int(body.get("nextToken", 0)) + 2)}
    )
    device, task = connect(), next(iter(service.tasks.values()))
    service.faults["search"] = [None, None, 429, 429]
    with pytest.raises(Transient):
        device.find("qf-late")
    service.searched = pages
    late = {**task, "quantumTaskArn": f"{ARN}late", "tags": {TAG: "qf-late"}}
    service.tasks = {f"{ARN}late": late, **service.tasks}
    assert device.find("qf-late") == f"{ARN}late"


def test_a_search_comes_to_an_end(service, measure, connect, monkeypatch):
    from qfusion_braket import task_search

    monkeypatch.setattr(task_search, "SECONDS", 0.05)
    service.searched = lambda body: {"quantumTasks": [], "nextToken": "again"}
    with pytest.raises(Refused, match=r"tag qfusion=qf-1 was given up after 0.05 s and 0 tasks"):
        connect().find("qf-1")


@pytest.mark.parametrize(
    ("code", "message", "text"),
    [
        ("InvalidSignatureException", "Signature expired: 2026 is now earlier", "machine's clock"),
        ("InvalidSignatureException", "The request signature we calculated", "AWS_ACCESS_KEY_ID"),
        ("RequestTimeTooSkewed", "The difference is too large", "set this machine's clock"),
    ],
)
def test_a_clock_that_is_wrong_is_no_wrong_key(code, message, text):
    from botocore.exceptions import ClientError

    reply = {"Error": {"Code": code, "Message": message},
             "ResponseMetadata": {"HTTPStatusCode": 403}}  # fmt: skip
    with pytest.raises(Refused) as failed, translated_errors():
        raise ClientError(reply, "GetDevice")
    assert text in str(failed.value)


def test_a_certificate_that_is_not_valid_does_not_pass():
    from botocore.exceptions import SSLError

    with pytest.raises(Refused, match="AWS_CA_BUNDLE"), translated_errors(submits=True):
        raise SSLError(endpoint_url="https://braket", error="self-signed certificate")


def test_a_status_without_words():
    from botocore.exceptions import ClientError

    reply = {"Error": {"Code": "302", "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": 302}}
    with pytest.raises(SubmitUncertain) as failed, translated_errors(submits=True):
        raise ClientError(reply, "CreateQuantumTask")
    assert str(failed.value) == "HTTP status 302 from CreateQuantumTask"
    with pytest.raises(Transient), translated_errors():
        raise ClientError(reply, "GetQuantumTask")


@pytest.mark.parametrize("where", ["environment", "given"])
def test_a_secret_with_a_line_end_is_refused_and_not_shown(service, measure, monkeypatch, where):
    """boto quotes a header that it cannot send."""
    if where == "environment":
        monkeypatch.setenv("AWS_SESSION_TOKEN", f"{SECRET}-token\n")
        with pytest.raises(InputError) as failed:
            measure()
        assert "AWS_SESSION_TOKEN" in str(failed.value)
    else:
        with pytest.raises(ValueError, match="session_token: holds a control character") as failed:
            Braket.Credentials(session_token=f"{SECRET}-token\n")
    assert SECRET not in str(failed.value)


def test_credentials_are_not_pickled(connect):
    credentials = Braket.Credentials(access_key_id="AK", secret_access_key=SECRET)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="credentials are not pickled") as failed:
            pickle.dumps(credentials, protocol)
        assert SECRET not in str(failed.value)


def test_no_error_keeps_what_boto_said(service, measure, caplog):
    service.echo = f" {SECRET}"
    service.faults["task"] = [403] * 3
    with caplog.at_level(logging.INFO), pytest.raises(RemoteError) as failed:
        measure()
    error, said = failed.value, []
    while error is not None:
        said.append(repr(error) + repr(vars(error)))
        error = error.__context__ or error.__cause__
    assert len(said) == 1 and SECRET not in said[0]
