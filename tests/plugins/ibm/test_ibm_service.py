"""What is asked of IBM's service, in how many requests, and at what price."""

import json

import pytest

from qfusion_core import (
    BudgetError,
    InputError,
    JobsLeft,
    Measurement,
    Range,
    Refused,
    Transient,
)
from qfusion_core.remote.money.budget import Budget
from qfusion_ibm.pricing import PriceList
from qfusion_ibm.sdk_version import gives_counts
from support.ibm.access import REMOTE
from support.remote_circuit import CIRCUIT, DATA, WEIGHTS, WORDS, ring


def told(job):
    """The options that go with a job, to whichever program."""
    params = job["params"]
    if job["program_id"] == "estimator":
        return params["options"] | {"resilience_level": params["resilience_level"]}
    assert job["program_id"] == "executor"
    return params["quantum_program"]["passthrough_data"]["post_processor"]["options"]


def test_a_batch_is_one_job(service, measure):
    measure(rows_per_job=None)
    (job,) = service.jobs.values()
    assert service.requests.count("submit") == 1
    assert job["backend"] == "ibm_manila"
    if job["program_id"] == "estimator":
        assert len(job["params"]["pubs"]) == 1
    else:
        (item,) = job["params"]["quantum_program"]["items"]
        assert item["shape"] == [1, 6]  # three rows, two measurement settings
    assert told(job)["default_shots"] == 100
    assert told(job)["resilience_level"] == 0


def test_options_and_tags_are_sent(service, measure):
    measure(
        rows_per_job=None, resilience_level=1, twirling="both", dynamical_decoupling="XX",
        max_execution_time=60, job_tags=["mine"],
    )  # fmt: skip
    (job,) = service.jobs.values()
    assert job["cost"] == 60  # api/rest/runtime.py, program_run
    assert job["tags"][1:] == ["mine"] and job["tags"][0].startswith("qf-")
    twirling, pulses = told(job)["twirling"], told(job)["dynamical_decoupling"]
    assert twirling["enable_gates"] is True and twirling["enable_measure"] is True
    assert pulses["enable"] is True and pulses["sequence_type"] == "XX"
    assert told(job)["resilience_level"] == 1


@pytest.mark.parametrize(("mode", "said"), [("batch", "batch"), ("session", "dedicated")])
def test_a_batch_and_a_session_are_opened_once_and_closed(service, measure, collect, mode, said):
    measure(mode=mode, session_seconds=300)
    collect()
    assert [job["session_id"] for job in service.jobs.values()] == ["session-0"] * 3
    (session,) = service.sessions.values()
    assert (session["mode"], session["max_ttl"]) == (said, 300)
    assert session["accepting_jobs"] is False


def test_all_jobs_are_sent_before_the_first_look(service, measure):
    measure()
    asked = [kind for kind in service.requests if kind in ("submit", "job")]
    assert asked[:4] == ["submit", "submit", "submit", "job"]


def test_jobs_are_left_and_taken_up_by_another(service, measure):
    service.seconds = 60
    with pytest.raises(JobsLeft, match="ibm: job job-0, job-1, job-2: submitted"):
        measure(wait=False)
    service.seconds = 0
    values = measure()
    assert len(service.jobs) == 3
    assert values.tolist() == measure().tolist()


def test_least_busy_is_pinned_by_the_plan(service, connect, tmp_path):
    with Measurement(tmp_path / "run", "evaluate") as measurement:
        device = connect(measurement, backend="least-busy")
        device.expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    (entry, *_) = measurement.journal.jobs.all()
    assert entry.facts["machine"] == "ibm_manila"


def test_a_circuit_that_no_machine_is_large_enough_for(connect):
    circuit = ring(6, 1)
    call = (circuit, DATA.repeat(1, 3), WEIGHTS.repeat(12), ["ZIIIII"])
    with pytest.raises(InputError, match="no machine in this instance is online and has 6 qubits"):
        connect(backend="least-busy").expectations(*call)
    with pytest.raises(InputError, match="the circuit has 6 qubits, ibm_manila has 5; snapshots"):
        connect().expectations(*call)


def test_the_plan_is_what_the_journal_counts(service, connect, journal, measure):
    jobs = connect().plan(CIRCUIT, CIRCUIT.angles(DATA, WEIGHTS), WORDS)
    price = sum((connect().price(job) for job in jobs[1:]), start=connect().price(jobs[0]))
    measure()
    done = journal.jobs.all()
    assert len(done) == len(jobs) == len(service.jobs)
    assert sum(entry.price["executions"] for entry in done) == price.executions == 6
    assert sum(entry.price["shots"] for entry in done) == price.shots == 600


def test_a_price_is_a_range_with_its_source(connect):
    (job, *_) = connect(rows_per_job=None).plan(CIRCUIT, CIRCUIT.angles(DATA, WEIGHTS), WORDS)
    price = connect(shots=4096).price(job)
    assert price.qpu_seconds.low == pytest.approx(2 + 6 * 4096 * 250e-6)
    assert price.qpu_seconds.high > price.qpu_seconds.low
    assert price.usd.low == 0 and price.usd.high == pytest.approx(1.6 * price.qpu_seconds.high)
    assert "as read, not as billed (2026-05-25)" in str(price)
    mitigated = connect(shots=4096, resilience_level=2).price(job)
    # three noise factors, and a circuit for the readout; 4096 draws are 32 rounds of 128
    runs = (3 * 6 + 1) * 4096 if gives_counts() else 3 * 6 * 4096
    assert mitigated.qpu_seconds.low == pytest.approx(2 + runs * 250e-6)
    assert mitigated.qpu_seconds.high > 2 * price.qpu_seconds.high


def test_seconds_that_ibm_reports_take_the_place_of_the_estimate(service, measure, journal):
    measure(budget=Budget(max_qpu_seconds=40))  # reserved: three times ten and a little
    measure("second", budget=Budget(max_qpu_seconds=40))  # used: three times two
    assert len(service.jobs) == 6


def test_raw_results_are_kept(service, measure, journal):
    values = measure(rows_per_job=None)
    (entry,) = journal.jobs.all()
    raw = json.loads(journal.jobs.raw(entry.key))
    assert raw.get("__type__") == "PrimitiveResult" or raw["schema_version"] == "v2.0"
    assert values.shape == (3, 3)


def test_preflight(service, connect):
    found = {finding.what: finding for finding in connect().preflight()}
    assert {finding.status for finding in found.values()} == {"ok"}
    assert found["queue"].detail == "ibm_manila is active, 3 jobs wait"
    assert (found["queue"].waiting, found["queue"].away) == (3, False)
    assert found["qubits"].detail == "ibm_manila has 5"
    assert not service.jobs


def test_preflight_tells_the_network_from_the_token(service, connect, monkeypatch):
    service.key = "another"
    found = {finding.what: finding.status for finding in connect().preflight()}
    assert (found["network"], found["authentication"]) == ("ok", "failed")
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    found = {finding.what: finding.status for finding in connect().preflight()}
    assert found["network"] == "failed" and "authentication" not in found


def test_nothing_is_asked_before_the_first_use(service, connect):
    device = connect()
    assert device.options.backend == REMOTE["backend"]
    assert not service.requests


def test_an_interrupted_start_is_begun_again(service, connect):
    service.faults["usage"] = [503]
    device = connect()
    with pytest.raises(Transient):
        device.status("job-0")
    assert device.status("job-0").state == "unknown"


@pytest.mark.parametrize("host", ["iam", "search"])
def test_a_certificate_that_does_not_hold_is_no_matter_of_the_token(
    host, service, connect, failure, monkeypatch, caplog
):
    """Behind a proxy that ends TLS. The SDK writes tracebacks, and says to check the token."""
    # the stand-in's certificate is for iam only
    monkeypatch.delenv("REQUESTS_CA_BUNDLE" if host == "iam" else "QFUSION_IBM_LOOPBACK")
    device = connect()
    said = failure(Refused, device.plan, CIRCUIT, CIRCUIT.angles(DATA, WEIGHTS), WORDS)
    assert said.startswith("no secure connection to IBM Cloud: ")
    assert host in said and "CERTIFICATE_VERIFY_FAILED" in said
    assert "name your proxy's or network's certificate in REQUESTS_CA_BUNDLE" in said
    assert not caplog.records


def test_dollars_follow_the_seconds_that_ibm_tells(service, connect, journal, measure):
    """Two seconds for each job, and nobody knows which plan pays."""
    measure()
    spent, prices = journal.spent("ibm"), PriceList.read()
    assert (spent.jobs, spent.qpu_seconds) == (3, 6)
    assert spent.usd == pytest.approx(6 * prices.usd_per_second.high)
    for entry in journal.jobs.all():
        assert entry.amount("usd") == (prices.usd(Range(2, 2)), False)
        assert entry.price["usd"]["high"] > 10  # the estimate stays what it was


def test_a_budget_has_room_for_what_the_told_seconds_leave(service, connect, measure):
    (job, *_) = connect().plan(CIRCUIT, CIRCUIT.angles(DATA, WEIGHTS), WORDS)
    planned = 3 * connect().price(job).usd.high
    budget = Budget(max_usd=planned + 3 * 2 * 1.6)
    measure(budget=budget)
    measure("calibrate", budget=budget)
    with pytest.raises(BudgetError):
        measure("predict", budget=budget)
    assert len(service.jobs) == 6


def test_a_session_costs_more_than_its_jobs(service, journal, measure):
    """The time between them is billed, too, and no job tells it."""
    measure(mode="session")
    assert journal.spent("ibm").usd == sum(job.price["usd"]["high"] for job in journal.jobs.all())
