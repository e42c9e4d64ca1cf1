"""Damaged files, each with its outcome in `outcomes.yaml`: one plain line, or taken and shown."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from support.braket import saved_devices
from support.braket.server import environment, running
from support.braket.service import Service
from support.places import EXAMPLE, THIRD_PARTY

HERE = Path(__file__).parent
OUTCOMES = yaml.safe_load((HERE / "outcomes.yaml").read_text())
LONGEST, SECONDS, BYTES = 300, 10, 2_000_000_000
BACKENDS = """
version: 1
default: statevector
backends:
  statevector: {{type: statevector}}
  garnet:
    type: braket
    options: {{device: iqm/Garnet, shots: 1000, s3: "s3://results/here", {more}}}
    budget: {{max_usd: 1}}
  emulated: {{type: braket, options: {{emulate: "{document}", shots: 10, seed: 1}}}}
  queue:
    type: queue
    options: {{url: "http://127.0.0.1:9", shots: 200, rows_per_job: 2, tries: 1}}
    credentials: {{token: {{$env: QUEUE_TOKEN}}}}
    budget: {{max_jobs: 100}}
"""


@pytest.fixture(autouse=True)
def isolated(monkeypatch, tmp_path):
    """No directory of the user's; the example's queue is installed; nobody is at any address."""
    for kind in ("STATE", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))
    for name, value in environment("http://127.0.0.1:9", "secret").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("QUEUE_TOKEN", "secret-of-the-queue")
    monkeypatch.syspath_prepend(EXAMPLE)
    monkeypatch.syspath_prepend(THIRD_PARTY / "queue")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


@pytest.fixture
def play(limited, trained, tmp_path):
    """Runs the verb that reads a file; the outcomes, one or several."""

    def backends(document="", more=""):
        path = tmp_path / "backends.yaml"
        path.write_text(BACKENDS.format(document=document, more=more))
        return ("--backends-file", path)

    def _play(file):
        run = shutil.copytree(trained, tmp_path / "run")
        kind = next(name for name in KINDS if file.name.startswith(name))
        return list(KINDS[kind](file, run, limited, backends, tmp_path))

    return _play


def of_backends(file, run, limited, backends, folder):
    yield limited("backends", "--backends-file", file)
    yield limited("estimate", run, "--backend", "ibm-fez", "--backends-file", file)


def of_prices(file, run, limited, backends, folder):
    document = saved_devices.save(saved_devices.iqm(), folder / "garnet.json")
    where = backends(document, f'properties: "{document}"')
    known = {"QFUSION_PRICES": str(file), "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    yield limited("estimate", run, "--backend", "garnet", *where, environment=known)


def of_reply(file, run, limited, backends, folder):
    told = json.loads(file.read_text())
    service = Service()
    service.secret = "secret"
    service.devices = dict.fromkeys(service.devices, told)
    with running(service) as address:
        known = {"AWS_ENDPOINT_URL": address}
        yield limited("estimate", run, "--backend", "garnet", *backends(), environment=known)
    assert not service.tasks


def of_emulate(file, run, limited, backends, folder):
    where = backends(file)
    yield limited("backends", *where)
    yield limited("evaluate", run, "--backend", "emulated", "--samples", 1, *where)


def of_journal(file, run, limited, backends, folder):
    shutil.copyfile(file, run / "journal.sqlite")
    yield limited("jobs", "list", run)
    for verb in ("resume", "cancel"):
        yield limited("jobs", verb, run, *backends())
    yield limited("evaluate", run, "--backend", "queue", "--samples", 5, "--yes", *backends())


def of_data(file, run, limited, backends, folder):
    yield limited("train", f"wine:test={file.read_text().strip()}", "--out", folder / "new")
    yield limited("train", f"file:{file.read_text().strip()}", "--out", folder / "new2")


def of_preset(file, run, limited, backends, folder):
    yield limited("train", "wine", "--preset", file, "--out", folder / "new")


def of_set(file, run, limited, backends, folder):
    said = file.read_text()
    yield limited("train", "wine", "--set", f"training.seed={said}", "--out", folder / "new")


def of_run(file, run, limited, backends, folder):
    shutil.copyfile(file, run / "config.yaml")
    yield limited("evaluate", run)
    yield limited("calibrate", run, "--backend", "statevector")


def of_tensors(file, run, limited, backends, folder):
    shutil.copyfile(file, run / "model.safetensors")
    yield limited("evaluate", run)


def of_table(file, run, limited, backends, folder):
    quick = ["--preset", "hardware", "--set", "training.epochs=1"]
    yield limited("train", f"file:{file}", *quick, "--out", folder / "new")
    yield limited("predict", run, file)


def of_numba(file, run, limited, backends, folder):
    shutil.copyfile(file, ".numba_config.yaml")
    yield limited("evaluate", run)


KINDS = {
    "backends_": of_backends,
    "bomb_": of_backends,
    "braket_emulate": of_emulate,
    "braket_prices": of_prices,
    "braket_reply": of_reply,
    "column_": of_table,
    "journal_": of_journal,
    "npz_": of_table,
    "numba_": of_numba,
    "prices_": of_prices,
    "tables_": of_table,
    "tensors_": of_tensors,
    "yaml_backends": of_backends,
    "yaml_data": of_data,
    "yaml_preset": of_preset,
    "yaml_prices": of_prices,
    "yaml_run": of_run,
    "yaml_set": of_set,
}


@pytest.mark.parametrize("name", sorted(OUTCOMES))
def test_a_damaged_file_has_the_outcome_of_the_table(name, play):
    file = HERE / "inputs" / name
    found = play(file)
    expected = OUTCOMES[name]
    assert [outcome.code for outcome in found] == [each["exit"] for each in expected], found
    for outcome, each in zip(found, expected, strict=True):
        shown = (outcome.out + outcome.err).replace("\n", "").replace("\t", "")
        assert shown.isprintable(), shown
        assert outcome.seconds < SECONDS
        assert outcome.bytes < BYTES
        assert "Traceback" not in outcome.err and "unexpected" not in outcome.err, outcome.err
        if each["exit"]:
            (line,) = (line for line in outcome.err.splitlines() if line.startswith("error: "))
            own = re.sub(r" --backends-file \S+", "", line)  # that is as long as it was given
            assert len(own) <= LONGEST, line
            assert each["says"] in line, line


def test_each_input_has_an_outcome():
    assert sorted(path.name for path in (HERE / "inputs").iterdir()) == sorted(OUTCOMES)
