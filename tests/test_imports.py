"""What is misspelt is refused, what is installed is listed, before anything heavy is imported."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from qfusion_core.cli import main

THIRD_PARTY = Path(__file__).parent / "third_party"
HEAVY = ("torch", "pennylane", "sklearn")
REPORT = """
import json, sys
try:
    {code}
except SystemExit as left:
    code = left.code or 0
else:
    code = 0
print(json.dumps([code, sorted({heavy!r} & sys.modules.keys())]))
"""
VERB = "from qfusion_core.cli import main; main({words!r})"


def after(code, folder, path=()):
    """Exit code of a fresh interpreter, heavy packages that it holds then, standard error."""
    named = os.pathsep.join([*map(str, path), os.environ["PYTHONPATH"]])
    ran = subprocess.run(
        [sys.executable, "-c", REPORT.format(code=code, heavy=set(HEAVY))],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": named, "QFUSION_TRACEBACK": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    return (*json.loads(ran.stdout.splitlines()[-1]), ran.stderr)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A folder with a run in it."""
    folder = tmp_path_factory.mktemp("runs")
    words = ("train", "wine", "--preset", "hardware", "--set", "training.epochs=1")
    with pytest.raises(SystemExit) as left:
        main([*words, "--out", str(folder / "run")])
    assert not left.value.code
    return folder


def test_the_check_bites(tmp_path):
    assert after("import torch, sklearn", tmp_path)[1] == ["sklearn", "torch"]


@pytest.mark.parametrize("code", ["import qfusion_core", "from qfusion_core import Offer, Options"])
def test_the_core_is_imported_alone(code, tmp_path):
    assert after(code, tmp_path) == (0, [], "")


def test_options_that_we_offer_are_imported_alone(tmp_path):
    code = (
        "from qfusion_core.plugin.registry import KINDS, Registry; registry = Registry(); "
        "print([registry.options(kind, name) for kind in KINDS for name in registry.names(kind)])"
    )
    assert after(code, tmp_path) == (0, [], "")


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["plugins"], ["plugins", "--json"]])
def test_what_is_listed_is_not_imported(words, tmp_path):
    assert after(VERB.format(words=words), tmp_path) == (0, [], "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("trian wine", "No such command 'trian'"),
        ("train wime", "unknown dataset 'wime'; did you mean 'wine'?"),
        ("train file:tabel.csv", "tabel.csv: no such file"),
        ("train wine --preset stong", "unknown preset 'stong'"),
        ("train wine --preset stong.yaml", "stong.yaml: cannot read it: No such file"),
        ("train wine --fusion concta", "unknown fusion 'concta'; did you mean 'concat'?"),
        ("train wine --classical mpl", "unknown classical encoder 'mpl'"),
        ("train wine --quantum shma", "unknown quantum encoder 'shma'; did you mean 'sham'?"),
        ("train wine --set training.epoch=1", "unknown key 'epoch'"),
        ("train wine --set fusion.options.widht=3", "unknown key 'widht', did you mean 'width'?"),
        ("train wine --backend statevectr", "unknown backend 'statevectr'"),
        ("train wine --backends-file b.yaml", "backends file b.yaml: no such file"),
        ("train wine --device cud", "torch device: expected cpu, cuda, cuda:N or auto, got 'cud'"),
        ("train --resume rnu --device gpu", "torch device: expected cpu, cuda, cuda:N or auto"),
        ("train --resume rnu", "rnu: not a run folder (no such folder)"),
        ("evaluate rnu", "rnu: not a run folder (no such folder)"),
        ("evaluate run --backend statevectr", "unknown backend 'statevectr'"),
        ("evaluate run --device cuda:x", "torch device: expected cpu, cuda, cuda:N or auto, got"),
        ("evaluate run --device cuda:-1", "torch device: expected cpu, cuda, cuda:N or auto, got"),
        ("predict run tabel.csv --device gpu", "torch device: expected cpu, cuda, cuda:N or auto"),
        ("predict run tabel.csv", "tabel.csv: no such file"),
        ("predict run tabel.csv --backend statevectr", "unknown backend 'statevectr'"),
        ("compare run --backends sampled,statevectr", "unknown backend 'statevectr'"),
        ("compare rnu --backends sampled", "rnu: not a run folder (no such folder)"),
        ("calibrate run --backend sampeld", "unknown backend 'sampeld'"),
        ("refit run --backend sampeld", "unknown backend 'sampeld'"),
        ("estimate rnu --backend sampled", "rnu: not a run folder (no such folder)"),
        ("estimate run --backend statevectr", "unknown backend 'statevectr'"),
        ("estimate run --backend ibm-fes", "unknown backend 'ibm-fes'"),
        ("estimate run --backend b --backends-file b.yaml", "backends file b.yaml: no such file"),
        ("jobs rnu", "rnu: no such folder; expected that of a run"),
        ("jobs resume rnu", "rnu: no such folder; expected that of a run"),
        ("backends sampeld", "unknown backend 'sampeld'"),
        ("backends save sampeld", "unknown backend 'sampeld'"),
        ("backends refresh sampeld", "unknown backend 'sampeld'"),
        ("export rnu --to copy", "rnu: not a run folder (no such folder)"),
        ("trust", "give one PATH or more"),
    ],
)
def test_what_is_misspelt_is_refused_first(run, words, said):
    code, heavy, err = after(VERB.format(words=words.split()), run)
    assert (code, heavy) == (2, [])
    assert err.startswith("error: ") and err.count("\n") == 1
    assert said in err


WRONG = """
version: 1
default: s
backends:
  s: {type: statevector}
  typo: {type: statevector, options: {shot: 3}}
  nowhere: {type: statevectr}
  members: {type: pool, options: {backends: [s, typo]}}
"""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("typo", "backends.typo.options: unknown key 'shot', did you mean 'shots'?"),
        ("nowhere", "backends.nowhere.type: unknown device 'statevectr'; did you mean"),
        ("members", "backends.typo.options: unknown key 'shot', did you mean 'shots'?"),
    ],
)
def test_a_wrong_entry_is_refused_before_its_device_is_imported(run, name, said):
    (run / "wrong.yaml").write_text(WRONG)
    words = ["evaluate", "run", "--backends-file", "wrong.yaml", "--backend", name]
    code, heavy, err = after(VERB.format(words=words), run)
    assert (code, heavy) == (2, [])
    assert said in err


def test_a_class_of_a_third_party_is_imported_only_where_no_name_of_ours_fits(tmp_path):
    words = ["train", "wine", "--set", "data.options.tets=1"]
    path = [THIRD_PARTY / "good"]
    known = VERB.format(words=[*words, "--fusion", "concat"])
    assert after(known, tmp_path, path)[:2] == (2, [])
    unknown = VERB.format(words=[*words, "--fusion", "acme-mean"])
    code, heavy, err = after(unknown, tmp_path, path)
    assert (code, heavy) == (2, ["torch"])
    assert "unknown key 'tets', did you mean 'test'?" in err
