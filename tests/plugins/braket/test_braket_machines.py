"""Estimates without an account and without a network, from the packaged list and from replies."""

import json
import socket
from datetime import date

import pytest

from qfusion_braket.device import Braket
from qfusion_braket.device_names import REGIONS, SIMULATORS, address_of
from qfusion_core import BudgetError, InputError, MachineFacts, Registry
from qfusion_core.backends.listed_machines import listed_machines
from qfusion_core.remote.money import price_age
from qfusion_core.remote.money.budget import Budget
from support.braket.devices import GARNET

BACKENDS = """
version: 1
default: exact
backends:
  exact: {type: statevector}
  garnet: {type: braket, options: {device: iqm/Garnet, shots: 1000}, budget: {max_usd: 100}}
  quick: {type: braket, options: {device: iqm/Garnet, shots: 1000, tries: 1},
          budget: {max_usd: 100}}
  sv1: {type: braket, options: {device: sv1}, budget: {max_usd: 5}}
  other: {type: braket, options: {device: iqm/Other, region: eu-north-1, shots: 10},
          budget: {max_usd: 5}}
  both: {type: pool, options: {backends: [garnet, sv1]}}
"""
LIST = Braket.Options.machines


@pytest.fixture
def opened(monkeypatch):
    """What a socket was opened for."""
    found = []

    def refuse(*arguments, **options):
        found.append(arguments)
        raise OSError("no network")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
    return found


@pytest.fixture
def qfusion(qfusion, tmp_path, monkeypatch):
    """Runs the command line beside backends that are named: (exit code, standard output, error)."""
    monkeypatch.setenv("QFUSION_BACKENDS", str(tmp_path / "backends.yaml"))
    (tmp_path / "backends.yaml").write_text(BACKENDS)
    return qfusion


def estimate(qfusion, run, backend, *words):
    code, out, err = qfusion("estimate", run, "--backend", backend, "--json", *words)
    assert code == 0, err
    return json.loads(out)


@pytest.fixture
def nobody(monkeypatch):
    """No credentials of either vendor."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "QISKIT_IBM_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def test_every_device_that_the_adapter_knows_is_listed_and_no_other():
    from braket.devices import Devices

    listed = {each.facts.device: each.facts for each in LIST.read().values()}
    assert set(listed) == {*REGIONS, *SIMULATORS}
    assert all(facts.id == address_of(device, None).arn for device, facts in listed.items())
    alive = {str(arn.value) for kind in ("AQT", "IonQ", "IQM", "Rigetti", "Amazon")
             for arn in getattr(Devices, kind) if not arn.name.startswith("_")}  # fmt: skip
    assert {facts.id for facts in listed.values()} == alive


def test_all_listed_machines_without_credentials_and_network(qfusion, run, nobody, opened):
    """Ten machines of both vendors: a price with its day, or plainly none."""
    names = list(listed_machines(Registry()))
    assert len(names) >= 10
    for name in names:
        plan = estimate(qfusion, run, name, "--offline", "--samples", 16)
        assert plan["rows"] == plan["price"]["executions"] == 16, name
        assert plan["offline"] and plan["planned_from"]
        assert plan["price"]["usd"]["high"] > 0
        sources = plan["price"]["sources"]
        assert all(source["listed"] and source["text"] for source in sources)
        assert all(date.fromisoformat(source["date"]) for source in sources)
    assert not opened


def test_a_machine_without_a_published_price_has_none(qfusion, run, nobody):
    LIST.keep(MachineFacts(device="iqm/Other", vendor="IQM", qubits=20))
    code, out, _ = qfusion("estimate", run, "--backend", "other", "--offline", "--samples", 4)
    assert code == 0
    assert "\nno price known, an unknown QPU time; 4 jobs, 4 executions, 40 shots. An esti" in out
    assert "it would be refused: other: " in out  # a budget in dollars is not met by no price


@pytest.mark.parametrize(
    ("name", "words", "jobs", "shots", "usd"),
    [
        # program sets of 100 executables and 200000 shots
        ("iqm-garnet", (), 1, 16_000, 0.30 + 16_000 * 0.00145),
        ("iqm-emerald", (), 1, 16_000, 0.30 + 16_000 * 0.0016),
        # ... of 10000 shots
        ("aqt-ibex", (), 2, 16_000, 2 * 0.30 + 16_000 * 0.0235),
        # the limits of program sets are not known: never fewer tasks than will be sent
        ("rigetti-cepheus", ("--shots", "500"), 16, 8000, 16 * 0.30 + 8000 * 0.000425),
        ("ionq-forte-enterprise", ("--shots", "100"), 16, 1600, 16 * 0.30 + 1600 * 0.08),
    ],
)
def test_jobs_shots_and_dollars_of_a_machine_that_no_entry_names(
    qfusion, run, nobody, name, words, jobs, shots, usd
):
    plan = estimate(qfusion, run, name, "--samples", 16, *words)
    assert (plan["jobs"], plan["price"]["shots"]) == (jobs, shots)
    assert plan["price"]["usd"]["low"] == plan["price"]["usd"]["high"] == pytest.approx(usd)
    assert "no entry of" in plan["planned_from"] and plan["budget"] is None


def test_a_machine_takes_no_other_shots_than_it_is_known_to(qfusion, run, nobody):
    code, out, err = qfusion("estimate", run, "--backend", "aqt-ibex", "--shots", "5000")
    assert (code, out) == (2, "")
    assert err == "error: shots: aqt-ibex takes from 1 to 2000, got 5000\n"
    code, _, err = qfusion("estimate", run, "--backend", "ibm-boston", "--shots", "1000000000")
    assert (code, err) == (2, "error: shots: ibm-boston takes from 1 to 100000, got 1000000000\n")
    code, _, err = qfusion("estimate", run, "--backend", "garnet", "--shots", "5000")
    assert code == 2 and " shots: backend 'garnet' has its own" in err


def test_an_unknown_name_suggests_entries_and_machines(qfusion, run, nobody):
    code, _, err = qfusion("estimate", run, "--backend", "aqt-ibx")
    assert code == 2 and err.count("\n") == 1
    assert "unknown backend 'aqt-ibx'" in err
    assert "did you mean the machine 'aqt-ibex'? `qfusion backends machines` lists them" in err
    for name, said in (("nothing-like-it", "known: both"), ("garnit", "did you mean 'garnet'?")):
        code, _, err = qfusion("estimate", run, "--backend", name)
        assert code == 2 and f"backends.yaml; {said}" in err


def test_offline_opens_no_socket_although_there_are_credentials(qfusion, run, service, opened):
    """The same plan, and no price of the machine itself: it is not asked."""
    plan = estimate(qfusion, run, "garnet", "--offline", "--samples", 16)
    assert plan["planned_from"].startswith("--offline; from the packaged list of machines")
    assert plan["budget"]["left"] == {"max_usd": 100}
    code, out, err = qfusion("estimate", run, "--backend", "other", "--offline")
    assert (code, out) == (2, "")
    assert err == (
        "error: offline: no price known: 'other' (device 'braket') is in no list of `qfusion "
        "backends machines`, and is not asked; leave that out to ask it\n"
    )
    code, _, err = qfusion("estimate", run, "--backend", "both", "--offline")
    assert code == 2 and "the pool 'both' asks its members" in err and "(garnet, sv1)" in err
    assert not opened and not service.requests


def test_without_a_network_credentials_are_in_nobodys_way(qfusion, run, opened):
    plan = estimate(qfusion, run, "quick", "--samples", 16)
    assert "AWS cannot be reached" in plan["planned_from"] and opened
    assert "from the packaged list of machines" in plan["planned_from"]


def test_the_doctor_says_which_credentials_are_missing_without_asking(qfusion, nobody, opened):
    code, out, _ = qfusion("backends", "garnet", "--check", "--offline")
    assert (code, opened) == (0, [])  # a role of this machine would not be seen
    (line,) = [line for line in out.splitlines() if "credentials" in line]
    assert "warning" in line and "AWS_ACCESS_KEY_ID is not set and ~/.aws has none" in line


def test_offline_downloads_no_data(qfusion, run, tmp_path, monkeypatch, opened):
    monkeypatch.delenv("QFUSION_DATA", raising=False)
    monkeypatch.setenv("QFUSION_CACHE", str(tmp_path / "empty"))
    config = (run / "config.yaml").read_text()
    assert "type: wine" in config
    (run / "config.yaml").write_text(config.replace("type: wine", "type: covertype"))
    code, _, err = qfusion("estimate", run, "--backend", "garnet", "--offline")
    assert code == 2 and err.count("\n") == 1
    assert "downloading covertype needs the network, which offline forbids" in err
    assert not opened


def test_with_credentials_the_machine_is_asked(qfusion, run, service):
    plan = estimate(qfusion, run, "garnet", "--samples", 16)
    assert plan["planned_from"] is None and not plan["offline"]
    first, *_ = plan["price"]["sources"]
    assert first == {"text": "iqm/Garnet itself", "date": "2026-05-01", "listed": False}
    assert service.requests


def cost_of(service, price):
    reply = service.devices[GARNET]
    document = json.loads(reply["deviceCapabilities"])
    document["service"]["deviceCost"] = {"price": price, "unit": "shot"}
    document["paradigm"]["qubitCount"] = 19
    reply["deviceCapabilities"] = json.dumps(document)


def test_the_list_never_satisfies_a_budget(service, connect):
    """By the list, 16000 shots cost 23.50 USD; the machine says 800.30, and that counts."""
    import torch

    from support.remote_circuit import CIRCUIT, WEIGHTS, WORDS

    cost_of(service, 0.05)
    data = torch.zeros(16, CIRCUIT.n_data)
    listed = Braket.from_list(
        Braket.Options(device="iqm/Garnet", shots=1000), LIST.of("iqm/Garnet")
    )
    (job,) = listed.plan(CIRCUIT, CIRCUIT.angles(data, WEIGHTS), WORDS[:1])
    budget = Budget(max_usd=100)
    assert listed.price(job).usd.high == pytest.approx(23.5) and budget.max_usd > 23.5
    device = connect(budget=budget, shots=1000, rows_per_job=None)
    with pytest.raises(BudgetError, match=r"needs up to 800\.3 USD"):
        device.expectations(CIRCUIT, data, WEIGHTS, WORDS[:1])
    assert not service.tasks


def test_one_command_asks_and_the_reply_stands_before_the_packaged_list(
    qfusion, run, service, tmp_path, monkeypatch
):
    cost_of(service, 0.05)
    path = tmp_path / "config" / "qfusion" / "machines.yaml"
    code, out, err = qfusion("backends", "refresh", "garnet")
    assert (code, err) == (0, "")
    assert out == f"{path}: iqm/Garnet as its provider tells of it today\n"
    assert not service.tasks  # nothing was bought
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    before = len(service.requests)
    for name in ("garnet", "iqm-garnet"):  # the entry, and the machine
        plan = estimate(qfusion, run, name, "--samples", 16)
        assert "from your own list of machines" in plan["planned_from"]
        assert plan["price"]["usd"]["high"] == pytest.approx(0.30 + 16_000 * 0.05)
        first, *_ = plan["price"]["sources"]
        assert first["text"] == "your own list of machines: reply of the provider of iqm/Garnet"
    rows = json.loads(qfusion("backends", "machines", "--json")[1])["machines"]
    garnet, emerald = ({row["name"]: row for row in rows}[n] for n in ("iqm-garnet", "iqm-emerald"))
    assert (garnet["packaged"], emerald["packaged"]) == (False, True)
    assert (garnet["qubits"], garnet["native_gates"]) == (19, ["cz", "prx"])
    assert garnet["circuits_per_job"] == 100 and garnet["id"] == GARNET
    assert len(service.requests) == before


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("exact", "backend 'exact' (device 'statevector') is in no list of machines"),
        ("garnit", "unknown backend 'garnit'"),
    ],
)
def test_what_cannot_be_asked(qfusion, service, tmp_path, name, said):
    code, out, err = qfusion("backends", "refresh", name)
    assert (code, out) == (2, "") and said in err and err.count("\n") == 1
    assert not (tmp_path / "config" / "qfusion" / "machines.yaml").exists()


def test_a_refusal_changes_no_list(qfusion, service, tmp_path):
    del service.devices[GARNET]
    code, _, err = qfusion("backends", "refresh", "garnet")
    assert code == 1 and "ResourceNotFoundException" in err
    assert not (tmp_path / "config" / "qfusion" / "machines.yaml").exists()


def test_the_table_of_machines(qfusion, nobody, opened):
    code, out, err = qfusion("backends", "machines")
    assert (code, err) == (0, "")
    table = {line.split()[0]: line.split() for line in out.splitlines()}
    assert table["iqm-garnet"][1:3] == ["iqm/Garnet", "20"]
    assert table["iqm-garnet"][-4:] == ["0.00145", "per", "shot", LIST.of("iqm/Garnet").priced.day]
    assert table["ibm-fez"][-4:] == ["by", "the", "plan", "-"]
    assert not opened


def test_a_listed_device_is_never_asked_for_properties(nobody):
    device = Braket.from_list(Braket.Options(device="sv1"), LIST.of("sv1"))
    with pytest.raises(InputError, match="planned from a list of machines; AWS is not asked"):
        device.properties()


@pytest.mark.parametrize(("most", "said"), [(0, True), (10**6, False)])
def test_old_prices_are_said_to_be_old(qfusion, run, nobody, monkeypatch, most, said):
    monkeypatch.setattr(price_age, "MOST_DAYS", most)
    words = ("estimate", run, "--backend", "iqm-garnet", "--offline")
    _, out, _ = qfusion(*words)
    assert (f"are older than {most} days: look at their source again" in out) is said
    old = json.loads(qfusion(*words, "--json")[1])["old_prices"]
    assert (old is not None and LIST.of("iqm/Garnet").priced.day in old) is said
