"""Faults of network and service: nothing is lost, nothing is bought twice, the message says what to
do. Tasks are counted at the service; after a re-run there are as many as were planned.
"""

import pytest

from qfusion_core import (
    InputError,
    JobCancelled,
    JobFailed,
    JobsPending,
    Refused,
    SubmitUncertain,
    Transient,
    Unreadable,
)

RESUME = "no job is lost: run the same again, or `qfusion jobs resume"
FORGET = "run the same again to send this one anew, or give up with `qfusion jobs forget"
ARN = "arn:aws:braket:eu-north-1:123456789012:quantum-task/task-"


def keys(service):
    return [task["tags"]["qfusion"] for task in service.tasks.values()]


def once(service, planned=3):
    return len(service.tasks) == len(set(keys(service))) == planned


@pytest.mark.parametrize("fault", [429, 500, 503, "reset", "lost", "500 after"])
def test_a_fault_of_the_submission_that_passes(service, measure, journal, fault):
    service.faults["create"] = [None, fault]
    values = measure()
    assert once(service)
    assert [job.state for job in journal.jobs.all()] == ["done"] * 3
    assert values.shape == (3, 3)


@pytest.mark.parametrize("fault", ["reset", "lost", "500 after", 500])
def test_a_reply_that_is_lost_time_and_again(service, measure, failure, fault):
    """Then the run ends; the next one finds the task, where there is one."""
    service.faults["create"] = [None, fault, fault, fault]
    service.listed_after = 3600.0  # and the search does not show it
    said = failure(SubmitUncertain, measure, grace_seconds=0.0)
    assert RESUME in said
    service.faults.clear()
    service.listed_after = 0.0
    measure()
    assert once(service)


@pytest.mark.parametrize(
    ("kind", "fault"),
    [(kind, fault) for kind in ("device", "task", "object", "search") for fault in (503, "reset")]
    + [("task", 429), ("device", 429), ("bucket", 500), ("identity", 500)],
)
def test_a_fault_of_any_other_request_that_passes(service, measure, kind, fault):
    if kind == "search":
        service.faults["create"] = ["lost"]
    service.faults[kind] = [fault]
    folder = {"s3": None} if kind in ("bucket", "identity") else {}
    assert measure(**folder).shape == (3, 3)
    assert once(service)
    assert not service.faults[kind]


@pytest.mark.parametrize("fault", [500, 503, "reset", 429])
def test_a_task_that_cannot_be_asked_for(service, measure, failure, fault):
    """The stock client raises in a second, and forgets the task."""
    service.faults["task"] = [fault] * 30
    said = failure(Transient, measure)
    assert said.startswith(f"braket: job {ARN}0: ")
    assert "(3 tries)" in said and RESUME in said
    service.faults.clear()
    measure()
    assert once(service)


@pytest.mark.parametrize(
    ("fault", "kind", "text"),
    [
        (403, Refused, "AccessDenied (403) from GetObject: injected; allow GetObject to this user"),
        (404, Refused, "ResourceNotFound (404) from GetObject"),
        ("reset", Transient, "no reply from AWS: "),
        (500, Transient, "InternalService (500) from GetObject"),
    ],
)
def test_results_that_cannot_be_read(service, measure, failure, fault, kind, text):
    """The task is done and paid for: it stays ours, and is read later."""
    service.faults["object"] = [fault] * 9
    said = failure(kind, measure)
    assert said.startswith(f"braket: job {ARN}0: {text}")
    assert RESUME in said
    service.faults.clear()
    measure()
    assert once(service)


def test_a_submission_goes_out_once(service, measure, failure):
    """boto's own retries are off."""
    service.faults["create"] = [503]
    failure(SubmitUncertain, measure, tries=1)
    assert service.requests.count("create") == 1
    assert not service.tasks


def test_the_search_never_makes_a_task(service, connect):
    assert connect().find("qf-never-sent") is None
    assert not service.tasks
    assert set(service.requests) == {"search"}


def test_a_task_is_found_on_a_later_page(service, measure, connect):
    measure()
    for key, arn in zip(keys(service), service.tasks, strict=True):
        assert connect().find(key) == arn


def test_the_same_key_is_the_same_task(service, connect):
    """Even where the search shows nothing: AWS knows the token."""
    from support.remote_circuit import CIRCUIT, DATA, WEIGHTS, WORDS

    device = connect()
    job, *_ = device.plan(CIRCUIT, CIRCUIT.angles(DATA, WEIGHTS), WORDS)
    first, again = device.submit(job, "qf-one"), connect().submit(job, "qf-one")
    assert first == again and len(service.tasks) == 1
    long = "qf-" + "x" * 100
    assert device.submit(job, long) == device.find(long)


def test_listed_late(service, measure):
    service.faults["create"] = ["lost", None, "500 after"]
    service.listed_after = 0.3
    measure(grace_seconds=3)
    assert once(service)


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (
            402,
            "ServiceQuotaExceededException (402) from CreateQuantumTask: injected; wait until "
            "tasks have ended, lower max_parallel, or ask for more in AWS's Service Quotas",
        ),
        (
            403,
            "AccessDeniedException (403) from CreateQuantumTask: injected; allow CreateQuantumTask "
            "to this user or role in IAM",
        ),
        (424, "DeviceOfflineException (424) from CreateQuantumTask: injected; send it when the"),
        (410, "DeviceRetiredException (410) from CreateQuantumTask: injected; choose another"),
        (400, "ValidationException (400) from CreateQuantumTask: injected"),
    ],
)
def test_a_submission_that_is_refused(service, measure, failure, fault, text):
    """The first task was accepted: it is kept, and the rest is sent when it can be."""
    service.faults["create"] = [None, fault]
    said = failure(Refused, measure)
    assert said.startswith(f"braket: {text}")
    assert RESUME in said
    assert len(service.tasks) == 1
    measure()
    assert once(service)


def test_too_many_requests(service, measure, failure):
    service.faults["create"] = [429] * 20
    said = failure(Transient, measure)
    assert "ThrottlingException (429) from CreateQuantumTask" in said and "(3 tries)" in said
    assert not service.tasks
    service.faults.clear()
    measure()
    assert once(service)


def test_offline(measure, failure, monkeypatch, service):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert failure(Transient, measure).startswith("braket: AWS cannot be reached: ")


@pytest.mark.parametrize("where", ["ionq/Forte-1", "sv1"])
def test_a_healthy_task_that_is_slow(service, measure, failure, where):
    """It is not sent again."""
    service.seconds = 60
    said = failure(JobsPending, measure, device=where, timeout_seconds=0.05, rows_per_job=None)
    assert "not done after 0.05 s" in said and RESUME in said
    planned = 6 if where == "sv1" else 1
    assert once(service, planned)
    service.seconds = 0
    measure(device=where, rows_per_job=None)
    assert once(service, planned)


@pytest.mark.parametrize("where", ["iqm/Garnet", "sv1"])
@pytest.mark.parametrize(
    ("end", "kind", "text"),
    [
        (("FAILED", "QPU went off-line"), JobFailed, "failed: QPU went off-line"),
        (("FAILED", ""), JobFailed, "failed: failed, no reason was given"),
        (("CANCELLED", "by an operator"), JobCancelled, "cancelled: by an operator"),
    ],
)
def test_a_task_that_ends_badly(service, measure, failure, where, end, kind, text):
    """Only this one is sent anew, and only when the user runs again."""
    service.ends[1] = end
    planned = 6 if where == "sv1" else 3
    said = failure(kind, measure, device=where)
    arn = next(arn for arn in service.tasks if arn.endswith("task-1"))
    assert said.startswith(f"braket: job {arn}: {text}; ") and FORGET in said
    assert len(service.tasks) == planned
    measure(device=where)
    assert once(service, planned + 1)


def test_all_tasks_fail(service, measure, failure):
    service.ends = {number: ("FAILED", "no beam") for number in range(3)}
    failure(JobFailed, measure)
    assert len(service.tasks) == 3
    measure()
    assert once(service, 6)


def test_executables_that_fail(service, measure, failure):
    service.broken[0] = {1: "did not compile", 4: "did not compile"}
    said = failure(JobFailed, measure, rows_per_job=None)
    assert f"{ARN}0: failed: 2 of 6 executables failed: did not compile" in said
    measure(rows_per_job=None)
    assert once(service, 2)


def test_a_task_that_aws_does_not_know(connect):
    status = connect().status("arn:aws:braket:eu-north-1:1:quantum-task/none")
    assert status.state == "unknown"
    assert status.reason.startswith("AWS knows no such task (ResourceNotFoundException")


def test_an_offline_device(service, measure, failure, connect):
    device = service.devices["arn:aws:braket:eu-north-1::device/qpu/iqm/Garnet"]
    device["deviceStatus"] = "OFFLINE"
    said = failure(Refused, measure)
    assert said.startswith("braket: iqm/Garnet is OFFLINE; send it when the device is online")
    assert "create" not in service.requests
    device["deviceStatus"] = "ONLINE"
    measure()
    assert once(service)


def test_a_retired_device(service, measure, failure):
    device = service.devices["arn:aws:braket:eu-north-1::device/qpu/iqm/Garnet"]
    device["deviceStatus"] = "RETIRED"
    said = failure(InputError, measure)
    assert said == "braket: iqm/Garnet is retired; choose another device"
    assert "create" not in service.requests


def test_a_device_that_is_not_there(service, measure, failure):
    said = failure(Refused, measure, device="ionq/Gone-1", region="us-east-1")
    assert "ResourceNotFoundException (404) from GetDevice" in said
    assert "check device and region in backends.yaml" in said


def test_a_bucket_that_cannot_be_made(service, measure, failure):
    service.faults["bucket"] = [403]
    said = failure(Refused, measure, s3=None)
    assert "AccessDenied (403) from CreateBucket" in said
    assert not service.tasks
    measure(s3=None)
    assert once(service)
    assert "amazon-braket-eu-north-1-123456789012" in service.buckets


def test_results_in_many_objects(service, measure):
    whole = measure("whole", rows_per_job=None).tolist()
    service.forget()
    service.parts = True
    assert measure("parts", rows_per_job=None).tolist() == whole
    assert service.requests.count("object") == 1 + 2 + 6


def test_results_that_are_not_ours(service, measure, failure):
    service.results = lambda task: {"results.json": {"measurements": [[0]], "measuredQubits": [7]}}
    said = failure(Unreadable, measure, device="sv1")
    assert "AWS's results are not those of the task that was sent (1 shots, expected 100)" in said
    del service.results
    measure(device="sv1")
    assert once(service, 6)
