"""The demonstration uses what is installed, and says what to install for the rest."""

import json
from importlib.metadata import PackageNotFoundError

import pytest

from qfusion_core import InputError, Registry
from qfusion_core.backends import opening
from qfusion_core.backends.file import PACKAGED, Backends
from qfusion_core.cli import main
from qfusion_core.cli.demo import BACKENDS, ready
from qfusion_core.plugin import extras


@pytest.fixture
def without(monkeypatch):
    """Makes distributions look as if they were not installed."""
    version = extras.version

    def remove(*names):
        def found(name):
            if name in names:
                raise PackageNotFoundError(name)
            return version(name)

        monkeypatch.setattr(extras, "version", found)

    return remove


def test_with_two_extras_missing_it_runs_and_names_them(without, capsys, tmp_path, monkeypatch):
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    without("amazon-braket-sdk", "qiskit-ibm-runtime")
    monkeypatch.setattr("qfusion_ibm.snapshots.configurations", lambda: [])  # as without the SDK
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--json"])
    assert not ended.value.code
    out, err = capsys.readouterr()
    report = json.loads(out)
    assert [row["backend"] for row in report["backends"]] == ["statevector", "lightning", "sampled"]
    braket, ibm = (line for line in err.splitlines() if line.startswith("left out: "))
    assert braket == (
        'left out: braket-local: amazon-braket-sdk is not installed; pip install "qfusion[braket]"'
    )
    assert ibm.startswith("left out: ibm-noisy: ")
    assert ibm.endswith('qiskit-ibm-runtime is not installed; pip install "qfusion[ibm]"')
    assert list(report["left_out"]) == ["braket-local", "ibm-noisy"]
    assert list(folder.iterdir()) == []  # nothing is kept without --out


@pytest.mark.vendor
def test_with_everything_it_takes_all_five():
    assert ready(Backends.read(PACKAGED), Registry()) == (list(BACKENDS), {})


@pytest.mark.vendor
def test_what_does_not_open_is_left_out_with_its_reason(monkeypatch):
    opened = opening.open_named

    def fails(backends, name, *others):
        if name == "ibm-noisy":
            raise InputError("ibm: qiskit-ibm-runtime 0.48 is installed, expected ...")
        if name == BACKENDS[-2]:
            raise ImportError("numpy.core.multiarray failed to import")
        return opened(backends, name, *others)

    monkeypatch.setattr(opening, "open_named", fails)
    names, left_out = ready(Backends.read(PACKAGED), Registry())
    assert names == list(BACKENDS[:-2])
    assert left_out == {
        BACKENDS[-2]: "ImportError: numpy.core.multiarray failed to import",
        "ibm-noisy": "ibm: qiskit-ibm-runtime 0.48 is installed, expected ...",
    }


def test_nothing_is_trained_where_the_simulator_itself_does_not_open(monkeypatch):
    def fails(backends, name, *others):
        raise InputError(f"{name} does not open")

    monkeypatch.setattr(opening, "open_named", fails)
    with pytest.raises(InputError, match="statevector does not open"):
        ready(Backends.read(PACKAGED), Registry())
