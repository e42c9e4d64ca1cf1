"""What is asked of AWS, in how many requests, and at what price."""

import json

import pytest
import torch

from qfusion_core import BudgetError, InputError, JobsLeft, Measurement, Refused, trust
from qfusion_core.remote.money.budget import Budget
from support.keys import BRAKET as SECRET
from support.remote_circuit import CIRCUIT, DATA, WEIGHTS, WORDS

GARNET = "arn:aws:braket:eu-north-1::device/qpu/iqm/Garnet"
THREE = ("ZI", "XI", "YY")
SIXTEEN = torch.linspace(-1, 1, 32, dtype=torch.float64).reshape(16, 2)


def sent(service):
    return [task["sent"] for task in service.tasks.values()]


@pytest.fixture
def batch(connect, tmp_path):
    """Evaluates 16 rows with three settings; gives device and values."""

    def _batch(words=THREE, data=SIXTEEN, wait=True, **options):
        with Measurement(tmp_path / "run", "evaluate", wait=wait) as measurement:
            device = connect(measurement, rows_per_job=None, **options)
            return device, device.expectations(CIRCUIT, data, WEIGHTS, words)

    return _batch


@pytest.mark.parametrize("where", ["ionq/Forte-1", "iqm/Garnet"])
def test_sixteen_rows_with_three_settings_are_one_task(service, batch, where):
    _, values = batch(device=where, shots=1000)
    (body,) = sent(service)
    assert body["shots"] == 48_000
    programs = json.loads(body["action"])["programs"]
    assert [len(program["inputs"]["a0"]) for program in programs] == [16] * 3
    assert service.requests.count("create") == service.requests.count("object") == 1
    assert service.requests.count("device") == 1
    _, exact = batch(device="sv1", shots=None)
    assert float((values - exact).abs().max()) < 6 / 1000**0.5


def test_without_program_sets_each_row_and_setting_is_a_task(service, batch):
    service.seconds = 60
    with pytest.raises(JobsLeft):
        batch(device="sv1", shots=50, max_parallel=99, wait=False)
    assert len(sent(service)) == 48
    assert {body["shots"] for body in sent(service)} == {50}


def test_exact_values_need_no_settings(service, batch):
    _, values = batch(device="sv1", shots=None)
    assert len(sent(service)) == 16
    angles = CIRCUIT.angles(SIXTEEN, WEIGHTS)
    assert torch.allclose(values[:, 0], angles[:, 0].cos(), atol=1e-12)


def test_tasks_are_sent_side_by_side_within_a_limit(service, measure):
    service.seconds = 60
    with pytest.raises(JobsLeft):
        measure(device="sv1", max_parallel=4, wait=False)
    assert len(service.tasks) == 4
    service.seconds = 0
    measure(device="sv1", max_parallel=4)
    assert len(service.tasks) == 6


@pytest.mark.parametrize(("shots", "tasks"), [(1000, 2), (5000, 3)])
def test_a_plan_is_split_by_executables_and_by_shots(service, batch, shots, tasks):
    """40 rows with three settings are 120 executables; 40 of 5000 shots fit into 200 000."""
    rows = torch.linspace(-1, 1, 80, dtype=torch.float64).reshape(40, 2)
    service.seconds = 60
    with pytest.raises(JobsLeft):
        batch(device="ionq/Forte-1", shots=shots, data=rows, wait=False)
    assert len(sent(service)) == tasks
    assert all(body["shots"] <= 200_000 for body in sent(service))


def test_an_angleless_circuit(service, connect):
    from qfusion_core import Circuit, Gate

    bell = Circuit(2, (Gate("H", (0,)), Gate("CNOT", (0, 1))), 1, 0)
    device = connect(rows_per_job=None)
    nothing = torch.zeros(0, dtype=torch.float64)
    values = device.expectations(bell, torch.zeros(3, 1).double(), nothing, ["XX", "ZZ"])
    assert values.tolist() == [[1.0, 1.0]] * 3
    assert service.tasks and sent(service)[0]["shots"] == 600


def test_region_bucket_tags_and_reservation(service, batch):
    reservation = "arn:aws:braket:eu-north-1:1:reservation/r"
    batch(tags={"project": "q"}, reservation=reservation)
    (body,) = sent(service)
    assert service.regions == {"eu-north-1"}
    assert (body["outputS3Bucket"], body["outputS3KeyPrefix"]) == ("results", "here")
    assert body["tags"] == {"project": "q", "qfusion": body["clientToken"]}
    assert body["clientToken"].startswith("qf-")
    (association,) = body["associations"]
    assert association == {"arn": reservation, "type": "RESERVATION_TIME_WINDOW_ARN"}


def test_the_bucket_of_the_account(service, batch):
    batch(s3=None)
    assert sent(service)[0]["outputS3Bucket"] == "amazon-braket-eu-north-1-123456789012"
    # the account is asked once for the bucket, and once to be written down with the tasks
    assert (service.requests.count("identity"), service.requests.count("bucket")) == (2, 1)


def test_fixed_qubits_and_error_mitigation_take_single_tasks(service, batch):
    """AWS takes device parameters with single programs."""
    _, values = batch(device="ionq/Forte-1", shots=2500, qubits=(7, 3), data=SIXTEEN[:2])
    assert len(sent(service)) == 6
    source = json.loads(sent(service)[0]["action"])["source"]
    assert "ry(a0) $7;" in source and "qubit[" not in source
    parameters = json.loads(sent(service)[0]["deviceParameters"])
    assert parameters["paradigmParameters"]["disableQubitRewiring"] is True
    service.forget()
    batch(device="ionq/Forte-1", shots=2500, error_mitigation="debias", data=SIXTEEN[:1])
    assert "debias" in sent(service)[0]["deviceParameters"]
    _, exact = batch(device="sv1", shots=None, data=SIXTEEN[:2])
    assert float((values - exact).abs().max()) < 6 / 2500**0.5


def test_jobs_are_left_and_taken_up_by_another(service, measure):
    service.seconds = 60
    with pytest.raises(JobsLeft, match=r"braket: job arn:aws:.*task-0, .*task-2: submitted"):
        measure(wait=False)
    service.seconds = 0
    values = measure()
    assert len(service.tasks) == 3
    assert values.tolist() == measure().tolist()


def test_the_place_in_the_queue(service, connect, measure):
    service.seconds = 60
    with pytest.raises(JobsLeft):
        measure(wait=False)
    status = connect().status(next(iter(service.tasks)))
    assert (status.state, status.position) == ("queued", 2)


@pytest.mark.parametrize(
    ("options", "wires", "text"),
    [
        ({"shots": 50, "device": "ionq/Forte-1"}, 2, "takes from 100 to 5000 shots of a circuit"),
        ({"shots": 6000, "device": "ionq/Forte-1"}, 2, "got 6000; correct shots in backends.yaml"),
        ({}, 21, "braket: the circuit has 21 qubits, iqm/Garnet has 20; use a quantum encoder"),
        ({"qubits": [3]}, 2, "iqm/Garnet: qubits: expected one for each of the 2 wires, got [3]"),
        (
            {"shots": 100, "device": "ionq/Forte-1", "error_mitigation": "debias"},
            2,
            "ionq/Forte-1 takes from 2500 to 5000 shots of a circuit, got 100",
        ),
    ],
)
def test_what_the_device_does_not_take(service, connect, failure, options, wires, text):
    from qfusion_core import Circuit, Gate

    circuit = Circuit(wires, (Gate("H", (0,)),), 1, 0)
    nothing, data = torch.zeros(0).double(), torch.zeros(1, 1).double()
    call = (circuit, data, nothing, ["Z" * wires])
    assert text in failure(InputError, connect(**options).expectations, *call)
    assert not service.tasks


def test_fewer_shots_than_a_program_set_takes(service, connect, failure):
    reply = service.devices[GARNET]
    document = json.loads(reply["deviceCapabilities"])
    document["action"]["braket.ir.openqasm.program_set"]["minimumTotalShots"] = 1000
    reply["deviceCapabilities"] = json.dumps(document)
    said = failure(InputError, connect().expectations, CIRCUIT, DATA, WEIGHTS, WORDS)
    assert "iqm/Garnet takes 1000 shots of a program set at least, got 200" in said


def test_a_device_without_gates(service, connect, failure):
    reply = service.devices[GARNET]
    document = json.loads(reply["deviceCapabilities"])
    document["action"] = {"braket.ir.ahs.program": {}}
    reply["deviceCapabilities"] = json.dumps(document)
    said = failure(InputError, connect().expectations, CIRCUIT, DATA, WEIGHTS, WORDS)
    assert said == "braket: iqm/Garnet runs no circuits; choose a gate-based device"


def price(connect, words=THREE, data=SIXTEEN, **options):
    device = connect(rows_per_job=None, **options)
    jobs = device.plan(CIRCUIT, CIRCUIT.angles(data, WEIGHTS), words)
    return sum((device.price(job) for job in jobs[1:]), start=device.price(jobs[0]))


def test_a_price_is_as_the_device_states_it(connect):
    found = price(connect, device="ionq/Forte-1", shots=1000)
    assert (found.tasks, found.executions, found.shots) == (1, 48, 48_000)
    assert found.usd.low == found.usd.high == pytest.approx(0.30 + 48_000 * 0.08)
    assert found.qpu_seconds is None
    assert "; ionq/Forte-1 itself (2026-05-01); " in str(found)
    assert "0.30 USD for each task" in str(found)


def test_the_price_of_a_simulator_is_a_range(connect):
    found = price(connect, device="sv1", shots=None)
    assert found.tasks == 16
    assert found.usd.low == pytest.approx(16 * 3 / 60 * 0.075)
    assert found.usd.high > found.usd.low


def test_a_price_of_ones_own(connect, tmp_path, monkeypatch):
    (tmp_path / "prices.yaml").write_text(
        "braket: {usd_per_task: 1, usd_per_shot: {iqm/Garnet: 2}}"
    )
    trust(tmp_path / "prices.yaml")
    monkeypatch.chdir(tmp_path)
    assert price(connect, shots=10).usd.high == 1 + 480 * 2


def test_a_device_that_states_no_price(service, connect, failure, tmp_path):
    reply = service.devices[GARNET]
    document = json.loads(reply["deviceCapabilities"])
    document["service"]["deviceCost"] = None
    reply["deviceCapabilities"] = json.dumps(document)
    assert price(connect).usd is None
    with Measurement(tmp_path / "run", "evaluate") as measurement:
        device = connect(measurement, Budget(max_usd=5))
        said = failure(BudgetError, device.expectations, CIRCUIT, DATA, WEIGHTS, WORDS)
    assert "cannot be checked: no price is known" in said
    assert not service.tasks


def test_a_plan_over_the_budget_is_not_sent(service, connect, failure, tmp_path):
    with Measurement(tmp_path / "run", "evaluate") as measurement:
        device = connect(measurement, Budget(max_usd=10), device="ionq/Forte-1", shots=1000)
        said = failure(BudgetError, device.expectations, CIRCUIT, DATA, WEIGHTS, WORDS)
    assert "480.9 USD" in said and not service.tasks


def test_time_that_aws_reports_takes_the_place_of_the_estimate(service, connect, tmp_path):
    """Four seconds each; the estimate is up to ten."""
    budget = Budget(max_usd=0.06)
    for verb in ("first", "second"):
        with Measurement(tmp_path / "run", verb) as measurement:
            device = connect(measurement, budget, device="sv1", shots=None)
            device.expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    assert len(service.tasks) == 6


def test_counts_are_kept(service, measure, journal):
    values = measure(rows_per_job=None)
    (entry,) = journal.jobs.all()
    kept = json.loads(journal.jobs.raw(entry.key))
    assert [(each["basis"], each["row"]) for each in kept] == [
        (basis, row) for basis in ("ZZ", "XX") for row in range(3)
    ]
    assert all(sum(each["counts"].values()) == 100 for each in kept)
    assert values.shape == (3, 3)


def test_what_was_sent_is_in_the_journal(service, measure, journal):
    measure(rows_per_job=None)
    (entry,) = journal.jobs.all()
    sent = journal.jobs.request(entry.key)
    assert sent.client.startswith("boto3 1.")
    body = json.loads(sent.body)
    assert body["clientToken"].startswith(entry.key[:40]) and "OPENQASM" in body["action"]
    assert SECRET.encode() not in sent.body


def test_preflight(service, connect):
    found = {finding.what: finding for finding in connect().preflight()}
    assert {finding.status for finding in found.values()} == {"ok"}
    assert found["region"].detail == f"eu-north-1, for {GARNET}"
    assert found["status"].detail == "iqm/Garnet is ONLINE"
    assert found["qubits"].detail == "iqm/Garnet has 20"
    assert found["shots"].detail == "from 1 to 20000, 100 given"
    assert found["limits"].detail == "program sets of 100 executables and 1000000 shots"
    assert found["price"].detail == "0.00145 USD per shot, as the device states"
    assert (found["queue"].detail, found["queue"].waiting) == ("3 tasks wait", 3)
    assert not any(finding.away for finding in found.values())
    assert service.requests == ["device"]


def test_preflight_tells_the_network_from_the_credentials(service, connect, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIANOBODY")
    found = {finding.what: finding for finding in connect().preflight()}
    assert found["network"].status == "ok"
    assert "UnrecognizedClientException (403) from GetDevice" in found["device"].detail
    assert "check AWS_ACCESS_KEY_ID" in found["device"].detail
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    found = {finding.what: finding.status for finding in connect().preflight()}
    assert found["network"] == "failed" and "device" not in found


def test_no_credentials(service, connect, failure, monkeypatch):
    """Said before anything is sent; an estimate needs them, too: AWS tells limits and prices."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    said = failure(InputError, connect().expectations, CIRCUIT, DATA, WEIGHTS, WORDS)
    assert said == (
        "braket: no AWS credentials for iqm/Garnet, whose limits and prices are asked of AWS "
        "before anything is sent; check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and "
        "AWS_SESSION_TOKEN), or log in with `aws configure` or `aws sso login`; without an "
        "account, use device: local, emulate: FILE of a device's saved properties, or, for "
        "--dry-run and estimate --offline, properties: FILE beside device"
    )
    (finding,) = [each for each in connect().preflight() if each.what == "credentials"]
    assert finding.status == "failed"
    assert not service.requests


def test_a_profile_that_is_not_there(connect, failure):
    said = failure(InputError, connect(profile="lab").expectations, CIRCUIT, DATA, WEIGHTS, WORDS)
    assert "The config profile (lab) could not be found; correct profile" in said


def test_credentials_of_the_entry_come_first(service, connect, monkeypatch):
    from qfusion_braket.device import Braket
    from support.braket.service import KEY

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIANOBODY")
    given = Braket.Credentials(access_key_id=KEY, secret_access_key=SECRET)
    connect(credentials=given).expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    with pytest.raises(Refused, match="UnrecognizedClientException"):
        connect().expectations(CIRCUIT, DATA, WEIGHTS, WORDS)


def test_nothing_is_asked_before_the_first_use(service, connect):
    assert connect().options.shots == 100
    assert not service.requests


def test_the_documents_are_of_the_schemas(service):
    """The stand-in's devices are what the SDK would read."""
    from braket.schema_common import BraketSchemaBase

    for reply in service.devices.values():
        assert BraketSchemaBase.parse_raw_schema(reply["deviceCapabilities"])


def test_the_results_are_of_the_schemas(service, batch):
    from braket.schema_common import BraketSchemaBase

    for where, shots in (("iqm/Garnet", 10), ("sv1", 10), ("sv1", None)):
        batch(device=where, shots=shots, data=SIXTEEN[:1])
        for task in service.tasks.values():
            (result,) = service.results(task).values()
            assert BraketSchemaBase.parse_raw_schema(json.dumps(result))
