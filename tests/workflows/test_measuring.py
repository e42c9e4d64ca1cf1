"""A measurement for a program of one's own: what it takes, and who agrees at a terminal."""

import os
import pty
import sys
from pathlib import Path

import numpy as np
import pytest

from qfusion_core import InputError, Measurement, Price, measurement
from qfusion_core.workflows.measuring import asked_at_a_terminal


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"again": "no"}, "again: expected True or False; got 'no'"),
        ({"again": 1}, "again: expected True or False; got 1"),
        ({"again": None}, "again: expected True or False; got None"),
        ({"subject": None}, "subject: expected to what it is done, on one line; .*; got None"),
        ({"subject": b"rows"}, "subject: expected to what .*; got a bytes"),
        ({"subject": "a\nb"}, r"subject: expected to what .*; got 'a\\nb'"),
        ({"name": 3}, "name: expected what is done, in a word or two on one line; got 3"),
        ({"name": " "}, "name: expected what is done, .*; got ' '"),
        ({"name": "a\nb"}, r"name: expected what is done, .*; got 'a\\nb'"),
        ({"name": "a\u2028b"}, r"name: expected what is done, .*; got "),
        ({"name": "a\ud800"}, r"name: expected what is done, .*; got "),
    ],
)
def test_what_is_of_another_kind_is_refused_by_its_name(given, said, tmp_path):
    with pytest.raises(InputError, match=f"^{said}"):
        measurement(**{"name": "training", "run": tmp_path} | given)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"again": "no"}, "again: expected True or False; got 'no'"),
        ({"wait": "no"}, "wait: expected True or False; got 'no'"),
        ({"verb": 3}, "verb: expected what is done, or None; got 3"),
        ({"subject": None}, "subject: expected a text; empty for nothing; got None"),
    ],
)
def test_so_is_what_a_measurement_itself_is_given(given, said):
    with pytest.raises(InputError, match=f"^{said}"):
        Measurement(**given)


def test_plain_ones_are_taken(tmp_path):
    measurement("four rows, zwölf Äpfel", tmp_path, subject="wine", again=np.bool_(False))


@pytest.fixture
def terminal(monkeypatch):
    """A terminal as standard input; gives what types into it."""
    keyboard, screen = pty.openpty()
    with os.fdopen(screen, "r") as stdin, os.fdopen(keyboard, "wb", buffering=0) as typed:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield typed.write


@pytest.mark.parametrize(
    ("typed", "agreed"),
    [(b"y\n", True), (b"YES \n", True), (b"n\n", False), (b"\n", False), (b"\x04", False)],
)
def test_somebody_at_a_terminal_agrees_or_does_not(typed, agreed, terminal, capsys):
    """The last is Ctrl-D: no answer is a no, and what is said next begins a line."""
    terminal(typed)
    assert asked_at_a_terminal(Price(1, 1000)) is agreed
    ctrl_d = typed == b"\x04"
    assert capsys.readouterr().out == "Send it? [y/N] " + "\n" * ctrl_d


def test_where_nobody_sits_nobody_agrees(monkeypatch):
    with Path(os.devnull).open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert asked_at_a_terminal(Price(1, 1000)) is False
    monkeypatch.setattr(sys, "stdin", None)
    assert asked_at_a_terminal(Price(1, 1000)) is False


@pytest.mark.parametrize("typed", [b"n\n", b"\x04"])
def test_ctrl_d_is_a_no_on_the_command_line_too(typed, terminal, own, shell, machine):
    terminal(typed)
    code, _, said = shell("evaluate", own, "--backend", "queue", "--samples", "1")
    assert code == 1 and not machine.jobs
    assert "Traceback" not in said and "error: aborted" in said
