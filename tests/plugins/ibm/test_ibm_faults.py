"""Faults of network and service: nothing is lost, nothing is sent twice, the message says what to
do. Jobs are counted at the service.
"""

import time
from types import SimpleNamespace

import pytest

from qfusion_core import (
    InputError,
    JobCancelled,
    JobFailed,
    JobsPending,
    Refused,
    SubmitUncertain,
    Transient,
)
from qfusion_ibm.sdk_version import gives_counts
from support.ibm.access import credentials
from support.remote_circuit import CIRCUIT, DATA, WEIGHTS, WORDS

RESUME = "no job is lost: run the same again, or `qfusion jobs resume"
FORGET = "run the same again to send this one anew, or give up with `qfusion jobs forget"


def keys(service):
    return [job["tags"][0] for job in service.jobs.values()]


@pytest.mark.parametrize("fault", [429, 500, 502, 503, 504, "reset", "lost", "504 after"])
def test_a_fault_of_the_submission_that_passes(service, measure, journal, fault):
    service.faults["submit"] = [None, fault]
    values = measure()
    assert len(service.jobs) == 3
    assert len(set(keys(service))) == 3
    assert [job.state for job in journal.jobs.all()] == ["done"] * 3
    assert values.shape == (3, 3)


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        *((kind, 503) for kind in (
            "iam", "search", "catalog", "usage", "backends", "configuration", "properties",
            "status", "job", "results", "metrics", "find",
        )),
        *((kind, fault) for kind in ("usage", "job", "results") for fault in (429, "reset")),
    ],
)  # fmt: skip
def test_a_fault_of_any_other_request_that_passes(service, measure, kind, fault):
    if kind == "find":
        service.faults["submit"] = ["lost"]
    service.faults[kind] = [fault]
    assert measure().shape == (3, 3)
    assert len(service.jobs) == 3


def test_no_request_is_repeated_by_the_sdk(service, measure, failure):
    service.faults["submit"] = [503]
    failure(SubmitUncertain, measure, tries=1)
    assert service.requests.count("submit") == 1


def test_listed_late(service, measure):
    service.faults["submit"] = ["lost", None, "504 after"]
    service.listed_after = 0.3
    measure(grace_seconds=3)
    assert len(service.jobs) == 3
    assert len(set(keys(service))) == 3


def test_a_fault_that_stays(service, measure, failure):
    service.faults["submit"] = [503] * 9
    said = failure(SubmitUncertain, measure)
    assert said.startswith("ibm: 503 Service Unavailable from POST /api/v1/jobs: ")
    assert RESUME in said
    assert not service.jobs
    service.faults.clear()
    measure()
    assert len(service.jobs) == 3


def test_too_many_requests(service, measure, failure):
    service.faults["submit"] = [429] * 9
    said = failure(Transient, measure)
    assert "429 Too Many Requests from POST /api/v1/jobs" in said
    assert "(3 tries)" in said and RESUME in said


@pytest.mark.parametrize("kind", ["usage", "submit"])
def test_unauthorized(service, measure, failure, kind):
    """The SDK says of a 401 on the backends that no backend matches."""
    service.faults[kind] = [401]
    said = failure(Refused, measure)
    assert "401 Unauthorized" in said
    assert "check QISKIT_IBM_TOKEN (an API key) and QISKIT_IBM_INSTANCE" in said
    assert not service.jobs


def test_a_key_that_ibm_does_not_know(service, measure, failure):
    service.key = "another"
    said = failure(Refused, measure)
    assert said.startswith("ibm: IBM Cloud does not accept the token (400): ")
    assert "export QISKIT_IBM_TOKEN with an API key that is valid" in said


@pytest.fixture
def minutes_pass(monkeypatch):
    """After a token that it did not get, the SDK sleeps for a minute: that is over at once."""
    slept = []
    clock = SimpleNamespace(time=lambda: time.time() + sum(slept), sleep=slept.append)
    monkeypatch.setattr("ibm_cloud_sdk_core.token_managers.token_manager.time", clock)
    return slept


def test_the_key_is_sent_to_nobody_else(service, measure, minutes_pass):
    """Where the SDK gets no access token, it would send the key itself."""
    service.faults["iam"] = [None, None, 503]
    measure()
    assert service.requests.count("iam") > 3
    assert sum(minutes_pass) > 50 or not gives_counts()  # the older client keeps no token
    assert not service.leaked


def test_offline(measure, failure, monkeypatch, service):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert failure(Transient, measure).startswith("ibm: IBM Cloud cannot be reached: ")


def test_a_slow_job(service, measure, failure, journal):
    service.seconds = 60
    said = failure(JobsPending, measure, timeout_seconds=0.05)
    assert said.startswith("ibm: job job-0, job-1, job-2: not done after 0.05 s")
    assert RESUME in said
    service.seconds = 0
    measure()
    assert len(service.jobs) == 3


@pytest.mark.parametrize(
    ("end", "kind", "reason"),
    [
        (
            {"status": "Failed", "reason": "no such gate", "reason_code": 1517},
            JobFailed,
            "failed: error code 1517: no such gate",
        ),
        ({"status": "Cancelled", "reason": "by admin"}, JobCancelled, "cancelled: by admin"),
        (
            {"status": "Cancelled", "reason": "too long", "reason_code": 1305},
            JobFailed,
            "failed: ran too long (max_execution_time: 7): error code 1305: too long",
        ),
        (
            {"status": "Cancelled - Ran too long"},
            JobFailed,
            "failed: ran too long (max_execution_time: 7)",
        ),
    ],
)
def test_a_job_that_ends_badly(service, measure, failure, end, kind, reason):
    service.ends[1] = end
    said = failure(kind, measure, max_execution_time=7)
    assert said.startswith(f"ibm: job job-1: {reason}; ")
    assert FORGET in said
    measure()  # this one is sent anew, the others are not
    assert len(service.jobs) == 4


def test_a_job_that_the_service_does_not_know(connect):
    status = connect().status("qf-no-such-job")
    assert status == ("unknown", None, "IBM knows no such job in this instance")


def test_cancelling_what_is_done(service, measure, connect):
    measure()
    connect().cancel("job-0")
    assert "cancel" in service.requests


def test_an_instance_that_is_not_ours(service, connect, failure):
    device = connect(key=credentials(instance="elsewhere"))
    said = failure(Refused, device.expectations, CIRCUIT, DATA, WEIGHTS, WORDS)
    assert "The instance specified ((hidden)) is not a valid instance name" in said


def test_a_machine_that_is_not_there(connect, measure, failure):
    said = failure(InputError, measure, backend="ibm_manilla")
    assert said.startswith(
        "ibm: no machine 'ibm_manilla' in this instance; did you mean 'ibm_manila'?"
    )
    assert said.endswith("; snapshots are written fake_...")
