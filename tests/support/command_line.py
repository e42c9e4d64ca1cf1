"""The command line in the test's own process, and a small model for it."""

import functools
import shutil

import pytest
import typer.main

from support.keys import require_none

QUICK = ("--preset", "hardware", "--set", "training.epochs=1")

# some processes read this that never run it: what it takes is imported where it is run


def exit_code(*words):
    """Runs it to its end."""
    from qfusion_core.cli import main

    with pytest.raises(SystemExit) as end:
        main([str(word) for word in words])
    return int(end.value.code or 0)


def train_wine(folder, *words):
    """A trained model with a circuit of four qubits and one measurement setting."""
    assert not exit_code("train", "wine", *QUICK, *words, "--out", folder, "--json")
    return folder


@pytest.fixture(scope="session", autouse=True)
def verbs_read_once():
    """Typer would read the signatures of all verbs anew for each command line: 60 ms."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("typer.main.get_command", functools.cache(typer.main.get_command))
        yield


@pytest.fixture
def command_line(capsys):
    """Runs it: (exit code, standard output, error), in none of which there is a key."""

    def _command_line(*words):
        code = exit_code(*words)
        out, err = capsys.readouterr()
        require_none(out + err)
        return code, out, err

    return _command_line


@pytest.fixture
def qfusion(command_line, tmp_path, monkeypatch):
    """Runs it in an empty folder, without the user's own backends."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QFUSION_BACKENDS", raising=False)
    monkeypatch.setenv("QFUSION_TRACEBACK", "0")
    return command_line


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A trained model, not to be written to."""
    return train_wine(tmp_path_factory.mktemp("trained") / "run")


@pytest.fixture
def run(trained, tmp_path):
    """A copy for each test: its journal is under the key of this test's user."""
    return shutil.copytree(trained, tmp_path / "run")
