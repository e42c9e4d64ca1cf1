"""What release 0.1 wrote still works: a run folder, and a backends.yaml once it is trusted.

``old/`` was written at 3670349: ``qfusion train wine --preset hardware --set training.epochs=4``,
and the ``backends.yaml`` that lay at the top. Journals of that time: `test_journal_adoption` and
the ``test_*_old_journal`` of both vendors.
"""

import json
import shutil
from pathlib import Path

import pytest

from qfusion_core import Registry, evaluate, load, refit, trust
from qfusion_core.backends.file import Backends

OLD = Path(__file__).parent / "old"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return shutil.copytree(OLD / "wine", tmp_path_factory.mktemp("old") / "wine")


def test_a_run_gives_the_scores_that_were_written_down(run):
    written = json.loads((run / "metrics.json").read_text())["test"]
    scores = evaluate(run, "statevector").scores
    assert scores._asdict() == pytest.approx(written)
    assert load(run, "lightning").training is False


def test_a_run_can_be_trained_on(run, tmp_path):
    again = refit(run, "lightning", tmp_path / "again", samples=30, epochs=2)
    assert again.metrics["refit"]["run"] == str(run)
    assert evaluate(again.run, "lightning", samples=9).rows == 9


def test_entries_are_opened_once_the_file_is_trusted(tmp_path, monkeypatch):
    shutil.copy(OLD / "backends.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    found = Backends.read()
    assert found.theirs is not None  # until then it adds what runs here, and nothing else
    trust("backends.yaml")
    found = Backends.read()
    assert found.theirs is None and str(found.source.path) == "backends.yaml"
    for name in found.entries:
        assert found.options(name, Registry()) is not None
