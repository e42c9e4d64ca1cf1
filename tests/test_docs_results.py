"""The results page: its commands run and go on from the committed rows, its figures are theirs."""

import importlib
import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from qfusion_core import Registry

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "examples" / "benchmarks"
KEPT = FOLDER / "results" / "scores"
PAGE = (ROOT / "docs" / "results.md").read_text()


def commands():
    """What follows the program's name, of each command."""
    text = PAGE.split("```sh\n")[1].split("\n```")[0].replace("\\\n", " ")
    words = [shlex.split(line, comments=True) for line in text.splitlines()]
    assert words and all(each[:2] == ["python", "examples/benchmarks/scores.py"] for each in words)
    return [each[2:] for each in words]


def rows(text, header):
    """Cells of a table's rows."""
    _, table = text.split(header + "\n")
    lines = table.split("\n\n")[0].splitlines()[1:]
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]


KEPT_ROWS = rows(
    (KEPT / "scores.md").read_text(),
    "| data set | encoder | arm | n | macro F1 | weighted F1 | accuracy | hybrid - arm "
    "| wins/ties/losses | p | p (Holm) | p (sign) |",
)


def test_the_table_is_what_the_runs_gave():
    shown = rows(
        PAGE,
        "| data set | encoder | arm | n | macro F1 | weighted F1 | accuracy | hybrid - arm "
        "| p (Holm) |",
    )
    assert shown == [[*row[:8], row[10]] for row in KEPT_ROWS]


def test_the_readme_shows_a_part_of_it():
    arms = {"strong": 1, "sham": 2, "none": 3, "lightgbm": 4}
    kept = {
        (row[0], arms[row[2].strip("*")]): row[4]
        for row in KEPT_ROWS
        if row[1] != "mlp" or not row[0].startswith("fashion")
    }  # the larger of its encoders
    readme = (ROOT / "README.md").read_text()
    shown = rows(readme, "| data set | hybrid | sham | none | LightGBM |")
    assert len(shown) == 5
    for data, *figures in shown:
        assert figures == [kept[data, arm] for arm in (1, 2, 3, 4)], data


@pytest.fixture
def module(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module


def test_every_cell_of_the_commands_is_there_and_no_other(module, monkeypatch):
    """So that they run nothing again, whatever a later version adds to a specification."""
    arms, scores = module("arms"), module("scores")
    monkeypatch.setattr(arms, "require_lightgbm", lambda: None)
    planned = set()
    for words in commands():
        options = scores.parser().parse_args(words)
        for data in options.data:
            for task in arms.plan(
                data, options.arms or ["strong", "sham", "none", "lightgbm"], options.seeds,
                preset=options.preset, classical=options.classical, settings=options.settings,
                lightgbm_threads=1, registry=Registry(),
            ):  # fmt: skip
                planned.add(f"{task.cell.folder}/{task.cell.file}")
    kept = {str(file.relative_to(KEPT)) for file in KEPT.glob("*/*.json")}
    assert planned == kept


def test_the_first_command_runs_on_one_cell(tmp_path):
    words = commands()[0]
    first = words.index("--data")
    assert words[first + 1] == "wine"
    one = ["--data", "wine", "--seeds", "10", "--arms", "strong", "--set", "training.epochs=1"]
    script = "examples/benchmarks/scores.py"
    ran = subprocess.run(
        [sys.executable, script, *one, "--out", tmp_path],
        cwd=ROOT, capture_output=True, text=True,
        timeout=300,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    (file,) = tmp_path.glob("*/*.json")
    result = json.loads(file.read_text())
    assert (result["cell"]["data"], result["cell"]["arm"], result["epochs"]) == (
        "wine",
        "strong",
        1,
    )
    assert 0 < result["test"]["macro_f1"] <= 1
    assert "| wine | mlp | **strong** | 1 |" in (tmp_path / "scores.md").read_text()


def test_without_lightgbm_it_is_said_what_to_install(module, monkeypatch, tmp_path, capsys):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "lightgbm" else find(name)
    )
    assert module("scores").main([*commands()[0], "--out", str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    (line,) = err.splitlines()
    assert out == ""
    assert line == (
        "error: the arm lightgbm needs the package lightgbm; pip install lightgbm, or name the "
        "other arms with --arms"
    )
