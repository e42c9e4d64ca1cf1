"""The command line in the test's own process, and a small model for it."""

import pytest

# processes that are killed read conftest.py, too: the command line is imported where it is run


def train_wine(folder):
    """A trained model with a circuit of four qubits and one measurement setting."""
    from qfusion_core.cli import main

    quick = ["--preset", "hardware", "--set", "training.epochs=1"]
    with pytest.raises(SystemExit) as end:
        main(["train", "wine", *quick, "--out", str(folder), "--json"])
    assert not end.value.code
    return folder


def command_line(capsys, secret):
    """Runs it: (exit code, standard output, error), in none of which the secret is."""
    from qfusion_core.cli import main

    def run(*words):
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
        out, err = capsys.readouterr()
        assert secret not in out + err
        return int(end.value.code or 0), out, err

    return run
