"""examples/third_party_fusion installed, listed, tested and trained with, as its README says."""

import json
import shutil
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[1] / "examples" / "third_party_fusion"


@pytest.fixture
def installed(environment, tmp_path):
    """An environment with the example in it, installed from a copy: pip may build in place."""
    copy = tmp_path / "copy"
    shutil.copytree(EXAMPLE, copy, ignore=shutil.ignore_patterns("__pycache__", "build", "dist"))
    environment.install(copy)
    return environment


def test_it_is_installed_listed_tested_and_trained_with(installed, tmp_path):
    listed = installed.qfusion("plugins", "--json")
    assert listed.returncode == 0, listed.stderr
    rows = {row["name"]: row for row in json.loads(listed.stdout)["components"]}
    assert rows["film"] == {
        "kind": "fusion", "name": "film", "distribution": "qfusion-film", "version": "0.1.0",
        "status": "ready", "reason": None,
    }  # fmt: skip

    own = installed.run("-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path / "copy" / "tests")
    assert own.returncode == 0, own.stdout

    run = tmp_path / "run"
    trained = installed.qfusion(
        "train", "wine", "--preset", "hardware", "--fusion", "film", "--set", "training.epochs=2",
        "--out", str(run), "--json",
    )  # fmt: skip
    assert trained.returncode == 0, trained.stderr
    assert "type: film" in (run / "config.yaml").read_text()
    evaluated = installed.qfusion("evaluate", str(run), "--backend", "statevector", "--json")
    assert evaluated.returncode == 0, evaluated.stderr


def test_without_it_the_run_that_names_it_is_explained(environment):
    refused = environment.qfusion("train", "wine", "--fusion", "film")
    assert refused.returncode == 2
    assert "unknown fusion 'film'" in refused.stderr
    assert refused.stderr.count("\n") == 1
