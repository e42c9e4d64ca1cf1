"""What a job of IBM's may cost, who is sent the key, and what is called cancelled."""

import pytest
from pydantic import ValidationError

from qfusion_core import BudgetError, InputError, JobFailed, Measurement, QfusionError
from qfusion_core.backends.file import Backends
from qfusion_core.remote.errors import JobsLeft
from qfusion_core.remote.journal.sqlite.totals import total_of
from qfusion_core.remote.money.budget import Budget, Spending
from qfusion_core.workflows.cancelling import cancel_jobs
from qfusion_ibm.device import IBM
from qfusion_ibm.pricing import PriceList, PriceSpan
from qfusion_ibm.service_address import stand_in
from support.ibm.service import CRN, MACHINE
from support.journals import writing
from support.keys import IBM as SECRET
from support.remote_circuit import CIRCUIT, DATA, WEIGHTS, WORDS

ENTRY = """
version: 1
default: ibm
backends:
  ibm:
    type: ibm
    options: {backend: ibm_manila, shots: 100, rows_per_job: 1, poll_seconds: 0.002,
              poll_seconds_max: 0.01, tries: 2}
    credentials: {token: {$env: QISKIT_IBM_TOKEN}, instance: {$env: QISKIT_IBM_INSTANCE}}
    budget: {max_jobs: 100}
"""


@pytest.mark.parametrize("url", ["http://evil.example", "https://cloud.ibm.com", None])
def test_no_file_chooses_who_is_sent_the_key(url):
    with pytest.raises(ValidationError, match="url is no option any more, since the API key would"):
        IBM.Options(backend=MACHINE, shots=100, url=url)


@pytest.mark.parametrize(
    "address",
    [
        "http://evil.example", "https://127.0.0.1.evil.example", "http://localhost.evil.example",
        "http://10.0.0.1", "ftp://localhost", "localhost", "http://[::2]", "http://[",
        "http://localhost@evil.example",
    ],
)  # fmt: skip
def test_a_stand_in_is_on_this_machine(monkeypatch, address):
    monkeypatch.setenv("QFUSION_IBM_LOOPBACK", address)
    with pytest.raises(InputError, match="QFUSION_IBM_LOOPBACK: expected an address on this mach"):
        stand_in()


@pytest.mark.parametrize(
    "address", ["http://localhost", "http://cloud.localhost", "https://127.0.0.1:9", "http://[::1]"]
)
def test_a_stand_in_for_tests(monkeypatch, address):
    monkeypatch.setenv("QFUSION_IBM_LOOPBACK", address)
    assert stand_in() == address
    monkeypatch.delenv("QFUSION_IBM_LOOPBACK")
    assert stand_in() is None


@pytest.mark.parametrize(
    "options",
    [
        {"shots": 2**63}, {"shots": 10**8 + 1}, {"shots": True}, {"shots": "100"},
        {"shots": 1000.5}, {"precision": 1e-9}, {"precision": float("nan")},
        {"shots": 10, "rows_per_job": 2**63}, {"shots": 10, "timeout_seconds": float("inf")},
    ],
)  # fmt: skip
def test_sizes_that_no_machine_takes_are_refused(options):
    with pytest.raises(ValidationError, match=r"should be|valid"):
        IBM.Options(backend=MACHINE, **options)


def test_a_number_of_shots_may_be_written_with_an_exponent():
    assert IBM.Options(backend=MACHINE, shots=1e3).shots == 1000


def test_a_price_list_in_order():
    with pytest.raises(ValidationError, match="low 2 is above high 1"):
        PriceSpan(low=2, high=1)
    with pytest.raises(ValidationError, match="finite number"):
        PriceSpan(low=0, high=float("inf"))
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        PriceSpan(low=-1, high=1)


def test_a_price_below_the_packaged_one_is_shown_beside_it(tmp_path, monkeypatch):
    path = tmp_path / "mine.yaml"
    path.write_text('ibm: {usd_per_second: {low: 0, high: 0}, source: "none\\e[2K"}\n')
    monkeypatch.setenv("QFUSION_PRICES", str(path))
    said = str(PriceList.read().price(1, IBM.Options(backend="ibm_fez", shots=100)))
    assert "your file says usd_per_second.high 0, the packaged list 1.6; none\\x1b[2K (" in said


def test_ibm_ends_a_job_where_the_budget_ends(service, measure):
    measure(budget=Budget(max_qpu_seconds=61))
    # api/rest/runtime.py: max_execution_time is sent as cost
    limits = [job["cost"] for job in service.jobs.values()]
    assert len(limits) == 3
    assert all(10 <= limit <= 61 for limit in limits)
    assert sum(limits) <= 61


def test_the_limits_of_all_runs_stay_within_their_budget(service, connect, tmp_path):
    budget = Budget(max_qpu_seconds_total=70)
    for run in ("one", "two"):
        with Measurement(tmp_path / run, "evaluate", approve=True) as measurement:
            device = connect(measurement, budget)
            device.expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    limits = [job["cost"] for job in service.jobs.values()]
    assert len(limits) == 6
    assert sum(limits) <= 70


def test_ibm_is_told_no_limit_where_there_is_none(service, measure):
    measure()
    assert all("cost" not in job for job in service.jobs.values())


def test_a_measurement_of_the_first_release_is_gone_on_with(service, measure, journal):
    """Under the digest that 3670349 made of these options."""
    service.seconds = 60
    with pytest.raises(JobsLeft):
        measure(wait=False)
    digest = "47f5f39b6aa6d6d9ad7c04a558eaa8350b4256974a58114fc85de9aa9b5c334a"
    with writing(journal) as db:
        db.execute("UPDATE measurement SET options = ?", (digest,))
    service.seconds = 0
    measure()
    assert len(service.jobs) == 3


@pytest.mark.parametrize("fault", [404, 409])
def test_what_ibm_does_not_confirm_is_not_cancelled(service, measure, tmp_path, monkeypatch, fault):
    service.seconds = 60
    with pytest.raises(JobsLeft):
        measure(wait=False)
    monkeypatch.setenv("QISKIT_IBM_TOKEN", SECRET)
    monkeypatch.setenv("QISKIT_IBM_INSTANCE", CRN)
    path = tmp_path / "backends.yaml"
    path.write_text(ENTRY)
    service.faults["cancel"] = [fault] * 3
    found = cancel_jobs(tmp_path / "run", None, Backends.read(path))
    assert not found.cancelled
    assert len(found.asked) + len(found.failed) == 3
    assert {service.state(job)["status"] for job in service.jobs.values()} <= {"Queued", "Running"}
    assert len(cancel_jobs(tmp_path / "run", None, Backends.read(path)).cancelled) == 3


def test_what_ibm_bills_for_jobs_that_it_ended_counts_against_the_budget(
    service, measure, failure, journal
):
    """Each of them has used what the budget left to it, and gave nothing."""
    service.ends = {key: {"status": "Cancelled - Ran too long"} for key in range(99)}
    service.metrics = lambda: {"usage": {"quantum_seconds": 20}}
    for _ in range(5):
        failure(QfusionError, measure, budget=Budget(max_qpu_seconds=61))
    assert len(service.jobs) == 3
    assert journal.spent("ibm").qpu_seconds == total_of("ibm").qpu_seconds == 60
    assert journal.spent("ibm").usd == pytest.approx(60 * 1.6)
    said = failure(BudgetError, measure, budget=Budget(max_qpu_seconds=61))
    assert "only 1 are left in this run" in said


def test_what_ibm_bills_for_a_job_that_was_cancelled_counts(
    service, measure, journal, failure, tmp_path, monkeypatch
):
    service.seconds = 60
    failure(JobsLeft, measure, wait=False)
    monkeypatch.setenv("QISKIT_IBM_TOKEN", SECRET)
    monkeypatch.setenv("QISKIT_IBM_INSTANCE", CRN)
    path = tmp_path / "backends.yaml"
    path.write_text(ENTRY)
    assert len(cancel_jobs(tmp_path / "run", None, Backends.read(path)).cancelled) == 3
    assert journal.spent("ibm").qpu_seconds == 6


@pytest.mark.parametrize("metrics", [404, 500, "html", {"usage": {"quantum_seconds": 0}}, {}])
def test_nothing_counts_of_a_job_that_failed_and_was_not_billed(
    service, measure, journal, failure, metrics
):
    service.ends = {key: {"status": "Failed", "reason": "no such gate"} for key in range(3)}
    if isinstance(metrics, dict):
        service.metrics = lambda: metrics
    else:
        service.faults["metrics"] = [metrics] * 99
    failure(JobFailed, measure)
    assert journal.spent("ibm") == Spending()


def test_what_ibm_will_tell_later_of_a_job_that_failed_stays_counted(
    service, measure, journal, failure
):
    """It may be billed: what was reserved is not free for another."""
    service.ends = {key: {"status": "Failed", "reason": "ran too long"} for key in range(3)}
    service.metrics = lambda: {"usage": {"status": "pending", "qpu_charge_time_seconds": 1}}
    failure(JobFailed, measure)
    spent = journal.spent("ibm")
    assert spent.jobs == 3 and spent.qpu_seconds == pytest.approx(3 * (10 + 200 * 0.0006))
    assert total_of("ibm").qpu_seconds == spent.qpu_seconds
