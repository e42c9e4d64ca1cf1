"""IBM's two clients: what the newer one gives, what is kept of it, and jobs that the other sent.

Both run in the tests, one in each environment. ``journals/version-4.executor.*`` were written with
the newer one, ``version-4.estimator.*`` with the older, by
``write_journal.py``: three jobs that were sent and not fetched.
"""

import json
import math
from importlib.metadata import version
from pathlib import Path

import pytest
import torch
from packaging.version import Version

from qfusion_core import InputError, JobsLeft, Refused, adopt_jobs
from qfusion_core.backends.file import Backends
from qfusion_core.plugin.registry import Registry
from qfusion_core.remote.adapter.request_retry import retrying_caller
from qfusion_core.testing import ReferenceDevice
from qfusion_core.workflows.backend_checks import examine
from qfusion_ibm import sdk_version
from qfusion_ibm.device import IBM
from qfusion_ibm.programs import FACT, program_facts
from qfusion_ibm.sdk_version import gives_counts
from support.ibm.access import credentials
from support.ibm.service import MACHINE
from support.journals import writing
from support.keys import IBM as SECRET
from support.old_journals import unpacked
from support.remote_circuit import CIRCUIT, DATA, WEIGHTS, WORDS

newer = pytest.mark.skipif(not gives_counts(), reason="of IBM's newer client")


def device(**options):
    return IBM(IBM.Options(**{"backend": "fake_manila", "shots": 4096, "seed": 3, **options}))


def exact():
    return ReferenceDevice(ReferenceDevice.example()).expectations(CIRCUIT, DATA, WEIGHTS, WORDS)


def test_what_was_sent_is_in_the_journal(service, measure, journal):
    measure(rows_per_job=3)
    (entry,) = journal.jobs.all()
    sent = journal.jobs.request(entry.key)
    assert sent.client == f"qiskit-ibm-runtime {version('qiskit-ibm-runtime')}"
    body = json.loads(sent.body)
    assert body["program_id"] == entry.facts.get(FACT, "estimator")
    assert body["tags"] == [entry.key] and body["backend"] == "ibm_manila"
    accepted = dict(service.jobs["job-0"])
    assert body["params"] == accepted["params"]
    assert SECRET.encode() not in sent.body


def test_what_was_measured_is_read_again_without_a_job(service, measure, journal):
    """From the journal, by a device without credentials."""
    values = measure(rows_per_job=3)
    (entry,) = journal.jobs.all()
    before = len(service.requests)
    call = journal.call(entry.at)
    reader = IBM.offline(IBM.Options(backend="ibm_manila", shots=100))
    again = reader.read(journal.job(call, entry), journal.jobs.raw(entry.key))
    assert torch.equal(again, values)
    assert len(service.requests) == before


@newer
def test_counts_are_what_is_kept(service, measure, journal):
    from qiskit_ibm_runtime.decoders.executor.decoder import ExecutorResultDecoder

    measure(rows_per_job=3)
    (entry,) = journal.jobs.all()
    (measured,) = ExecutorResultDecoder.decode(journal.jobs.raw(entry.key).decode())
    assert measured["_meas"].shape[:3] == (1, 6, 100)  # three rows in two settings, each 100 times


@newer
def test_sixteen_rows_are_one_job_and_one_transpilation(service, connect, tmp_path, monkeypatch):
    from qiskit.transpiler import StagedPassManager

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    counted, run = [], StagedPassManager.run
    monkeypatch.setattr(StagedPassManager, "run", lambda *a, **o: counted.append(1) or run(*a, **o))
    data = torch.linspace(-1, 1, 32).double().reshape(16, 2)
    values = connect(rows_per_job=None).expectations(CIRCUIT, data, WEIGHTS, WORDS)
    assert values.shape == (16, 3) and len(counted) == 1
    assert service.requests.count("submit") == len(service.jobs) == 1


@newer
@pytest.mark.filterwarnings("ignore:The EstimatorV2 class is deprecated:DeprecationWarning")
def test_the_two_programs_agree(monkeypatch, shots=40_000):
    """Same snapshot, same noise: apart by no more than their shots."""
    call = CIRCUIT, CIRCUIT.angles(DATA, WEIGHTS), WORDS

    def values(program):
        snapshot = device(shots=shots)
        (job,) = snapshot.plan(*call)
        assert job.facts.get(FACT) == program
        return snapshot.evaluate(*call)

    new = values("executor")
    monkeypatch.setattr("qfusion_ibm.programs.gives_counts", lambda: False)
    old = values(None)
    standard_error = (2 * (1 - old.square() + 1e-4) / shots).sqrt()
    assert ((new - old).abs() / standard_error).max() < 5
    assert not torch.equal(new, old)


@newer
def test_trex_brings_values_nearer_to_the_truth():
    raw, mitigated = (
        device(shots=20_000, measure_mitigation=each, seed=1).expectations(
            CIRCUIT, DATA, WEIGHTS, WORDS
        )
        for each in (False, True)
    )
    assert (mitigated - exact()).square().mean() < 0.5 * (raw - exact()).square().mean()


@newer
def test_folded_gates_are_run_and_extrapolated():
    chosen = {"zne_mitigation": True, "zne_noise_factors": [1, 3, 5], "zne_extrapolator": "linear"}
    snapshot = device(shots=1000, **chosen)
    values = snapshot.expectations(CIRCUIT, DATA[:1], WEIGHTS, WORDS)
    assert snapshot.mitigates and (values - exact()[:1]).abs().max() < 0.4


@newer
def test_zne_is_sent_as_a_circuit_for_each_factor(service, measure):
    service.seconds = 60
    with pytest.raises(JobsLeft):
        measure(rows_per_job=3, zne_mitigation=True, zne_noise_factors=[1, 2, 4], wait=False)
    (job,) = service.jobs.values()
    assert len(job["params"]["quantum_program"]["items"]) == 3


def test_a_machine_with_gates_of_old_has_the_program_of_old():
    assert program_facts(["u1", "u2", "u3", "cx"]) == {}
    assert program_facts(["rz", "sx", "x", "cz", "measure"]) == (
        {FACT: "executor"} if gives_counts() else {}
    )


def test_a_job_of_the_newer_client_asks_for_it(service, measure, journal, monkeypatch, failure):
    """Where only the older one is installed: nothing is lost."""
    service.seconds = 60
    with pytest.raises(JobsLeft):
        measure(wait=False)
    service.seconds = 0
    with writing(journal) as db:
        db.execute("UPDATE job SET facts = json_set(facts, '$.program', 'executor')")
    with monkeypatch.context() as patch:
        patch.setattr(sdk_version, "installed", lambda: Version("0.45.1"))
        patch.setattr("qfusion_ibm.programs.installed", sdk_version.installed)
        patch.setattr("qfusion_ibm.programs.gives_counts", sdk_version.gives_counts)
        said = failure(Refused, measure)
    assert said.startswith(
        "ibm: job job-0: it is of IBM's program 'executor', which qiskit-ibm-runtime 0.45.1 does "
        "not know; pip install 'qiskit-ibm-runtime>=0.51', as qfusion[ibm] does; no job is lost: "
        "run the same again, or `qfusion jobs resume"
    )
    assert [entry.state for entry in journal.jobs.all()] == ["submitted"] * 3


WRITTEN = 18  # the version of QPY in the journal of the newer client: Qiskit 2.6's


@pytest.mark.parametrize("program", ["estimator", "executor"])
def test_a_job_that_another_client_sent_is_fetched_or_names_it(
    tmp_path, service, measure, journal, failure, program
):
    journals = Path(__file__).with_name("journals")
    service.jobs.update(unpacked(journals, tmp_path / "run", f"version-4.{program}"))
    adopt_jobs([tmp_path / "run"])
    sent = journal.jobs.request(journal.jobs.all()[0].key)
    assert sent.client.startswith("qiskit-ibm-runtime 0.")
    if program == "executor" and not gives_counts():
        assert "pip install 'qiskit-ibm-runtime>=0.51'" in failure(Refused, measure)
        assert [entry.state for entry in journal.jobs.all()] == ["submitted"] * 3
        return
    from qiskit.qpy.common import QPY_VERSION

    if program == "executor" and QPY_VERSION < WRITTEN:
        pytest.skip("the stand-in cannot run a program that a newer Qiskit has written")
    assert (measure() - exact()).abs().max() < 0.6
    assert "submit" not in service.requests
    assert [entry.state for entry in journal.jobs.all()] == ["done"] * 3


@pytest.mark.parametrize("found", ["0.44.0", "0.46.1", "0.50.0"])
def test_a_client_in_between_is_refused_by_name(monkeypatch, found):
    monkeypatch.setattr(sdk_version, "installed", lambda: Version(found))
    with pytest.raises(InputError, match=f"qiskit-ibm-runtime {found} is installed, expected 0.51"):
        device()


def test_the_doctor_says_which_client_is_in_use_and_what_it_cannot_do(tmp_path):
    path = tmp_path / "backends.yaml"
    options = "{backend: fake_manila, shots: 100, seed: 1}"
    path.write_text(
        f"version: 1\ndefault: it\nbackends:\n  it: {{type: ibm, options: {options}}}\n"
    )
    findings = examine(Backends.read(path), "it", Registry(), offline=True)
    (found,) = (finding for finding in findings if finding.what == "client")
    assert found.detail.startswith(f"qiskit-ibm-runtime {version('qiskit-ibm-runtime')}")
    if gives_counts():
        assert found.status == "ok" and found.detail.endswith("what was measured is kept")
    else:
        assert found.status == "warning" and "pip install 'qfusion[ibm]'" in found.detail


@pytest.fixture
def asked(service, connect):
    """Price of a job, by a dry run."""

    def _asked(**options):
        device = connect(rows_per_job=None, **options)
        (job,) = device.plan(CIRCUIT, CIRCUIT.angles(DATA, WEIGHTS), WORDS)
        return device.ask(job, retrying_caller(device))

    return _asked


@newer
@pytest.mark.parametrize("mode", ["job", "session"])
def test_a_dry_run_tells_what_a_job_would_take(service, asked, mode):
    service.mocks = True
    usage = [{"status": "pending"}, {"status": "final", "qpu_charge_time_seconds": 7.5}]
    service.metrics = lambda: {"usage": usage.pop(0) if len(usage) > 1 else usage[0]}
    price = asked(mode=mode)
    (job,) = service.jobs.values()
    assert job["backend"] == "mock_manila" and not service.sessions
    assert price.qpu_seconds == (7.5, 7.5) and price.usd == (0, 12)
    assert price.sources[0].text == "IBM's dry run of ibm_manila"


@newer
def test_who_has_no_dry_runs_is_told_who_has(service, asked, failure):
    assert failure(Refused, asked) == (
        "ibm: IBM has no dry run of ibm_manila for this instance: it is for the Flex, Premium and "
        "On-Prem plans; leave out --ask"
    )
    assert not service.jobs


@newer
def test_a_dry_run_that_fails_says_why(service, asked, failure):
    service.mocks = True
    service.ends[0] = {"status": "Failed", "reason": "too many qubits", "reason_code": 1517}
    assert "the dry run job-0 is failed: error code 1517: too many qubits" in failure(
        Refused, asked
    )


@newer
def test_a_dry_run_never_goes_to_a_machine(service, asked, failure, monkeypatch):
    """Even if the SDK would: it is in no journal."""
    from qiskit_ibm_runtime import QiskitRuntimeService

    run = QiskitRuntimeService._run

    def forgetful(self, *arguments, dry_run=False, **options):
        return run(self, *arguments, **options)

    monkeypatch.setattr(QiskitRuntimeService, "_run", forgetful)
    assert "the SDK would have sent it to 'ibm_manila'" in failure(Refused, asked)
    assert not service.jobs


@pytest.mark.skipif(gives_counts(), reason="of IBM's older client")
def test_the_older_client_knows_no_dry_run(service, asked, failure):
    assert "knows no dry run; pip install 'qfusion[ibm]'" in failure(InputError, asked)


def test_a_simulation_is_not_asked(failure):
    snapshot = device()
    (job,) = snapshot.plan(CIRCUIT, CIRCUIT.angles(DATA, WEIGHTS), WORDS)
    assert "tells no price of a job in advance" in failure(
        InputError, lambda: snapshot.ask(job, retrying_caller(snapshot))
    )


@newer
@pytest.mark.parametrize("backend", ["fake_fez", "fake_guadalupe"])
def test_a_large_snapshot_runs_on_the_qubits_that_are_used(backend):
    """IBM's program measures all there are."""
    values = device(backend=backend, shots=2000).expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    assert (values - exact()).abs().max() < 0.3


@newer
def test_pulses_are_no_part_of_a_simulation():
    snapshot = device(backend="aer", shots=100, dynamical_decoupling="XX")
    assert snapshot.expectations(CIRCUIT, DATA, WEIGHTS, WORDS).shape == (3, 3)


@newer
def test_noise_that_no_model_fits_gives_the_values_as_measured():
    """Of an observable that is 0: IBM's choice between fits would take any of them."""
    chosen = {"zne_mitigation": True, "zne_extrapolator": "exponential"}
    snapshot = device(backend="aer", shots=400, **chosen)
    values = snapshot.expectations(CIRCUIT, DATA[:1], WEIGHTS, ("YI", "IY", "ZY"))
    assert values.abs().max() < 1


@newer
def test_all_that_is_run_is_counted(connect):
    def price(**options):
        device = connect(rows_per_job=None, **options)
        (job,) = device.plan(CIRCUIT, CIRCUIT.angles(DATA, WEIGHTS), WORDS)
        found = device.price(job)
        return found.executions, found.shots

    assert price() == (6, 600)
    assert price(shots=1, twirling="measurement") == (6, 6 * 64)
    assert price(measure_mitigation=True) == (7, 7 * 128)
    assert price(resilience_level=2, zne_noise_factors=[1, 2, 3, 4]) == (25, 25 * 128)


@newer
def test_what_is_counted_is_what_is_sent(service, connect, measure, journal):
    service.seconds = 60
    with pytest.raises(JobsLeft):
        measure(rows_per_job=3, resilience_level=2, wait=False)
    (entry,) = journal.jobs.all()
    (job,) = service.jobs.values()
    program = job["params"]["quantum_program"]
    runs = sum(math.prod(item["shape"]) for item in program["items"])
    assert entry.price["shots"] == runs * program["shots"]


@newer
def test_what_was_sent_with_the_older_client_goes_on_with_its_twirling(
    tmp_path, service, measure, journal, failure
):
    """Only a new plan is refused."""
    said = failure(InputError, measure, resilience_level=1, twirling="gates")
    assert "write twirling: both" in said and not service.jobs
    IBM(IBM.Options(backend=MACHINE, shots=9, resilience_level=1, twirling="gates"), credentials())
