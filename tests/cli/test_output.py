"""What others wrote is text on a terminal, output is whole or a line says why, JSON is JSON."""

import io
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from qfusion_core import QfusionError
from qfusion_core.cli.job_progress import show_jobs
from qfusion_core.cli.output import print_json, print_reasons, print_table, say
from qfusion_core.cli.training_progress import show_training
from qfusion_core.evaluation.portability_table import errors_of
from qfusion_core.provenance import provenance

CLI = Path(__file__).parents[2] / "qfusion_core" / "cli"
NASTY = "a\x1b]0;owned\x07\x9b2J\u202e[/][red]:smile:\nb"
SHOWN = "a\\x1b]0;owned\\x07\\x9b2J\\u202e[/][red]:smile:\\x0ab"


def process(*words, **environment):
    """The command as a process: (exit code, output in bytes, error in bytes)."""
    done = subprocess.run(
        [sys.executable, "-m", "qfusion_core", *map(str, words)],
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("file", sorted(CLI.glob("*.py")), ids=lambda path: path.name)
def test_all_that_is_printed_goes_through_one_place(file):
    allowed = {"output.py": 2, "app.py": 1, "list_by_default.py": 1}  # the version, the help
    text = file.read_text()
    assert text.count("typer.echo(") <= allowed.get(file.name, 0)
    assert len(re.findall(r"\bprint\(", text)) <= {"output.py": 2}.get(file.name, 0)


def test_nothing_acts_on_a_terminal(capsys):
    say(NASTY)
    print_table((NASTY,), [(NASTY,)])
    print_reasons([{"name": NASTY, "reason": NASTY}])
    lines = capsys.readouterr().out.splitlines()
    assert [line.strip() for line in lines] == [SHOWN, SHOWN, SHOWN, f"{SHOWN}: {SHOWN}"]


def test_json_holds_no_control_characters_and_only_what_json_knows(capsys):
    print_json({"name": NASTY, "letter": "ü"})
    printed = capsys.readouterr().out
    assert json.loads(printed) == {"name": NASTY, "letter": "ü"}
    assert not set(printed) & set("\x1b\x07\x9b\u202e")
    print_json({"letter": "ü"})
    assert "ü" in capsys.readouterr().out
    with pytest.raises(QfusionError, match="not finite, which JSON cannot say"):
        print_json({"value": float("nan")})


def test_an_error_is_one_line_that_acts_on_nothing(qfusion):
    code, out, err = qfusion("evaluate", f"no{NASTY}run")
    assert (code, out) == (2, "")
    assert err.startswith("error: noa\\x1b]0;owned\\x07")
    assert err.count("\n") == 1 and not set(err) & set("\x1b\x07\x9b\u202e")


def test_a_long_error_keeps_both_ends(qfusion):
    code, _, err = qfusion("plugins", "x" * 100_000)
    assert code == 2
    assert len(err) < 1100
    assert err.startswith("error: ") and err.endswith("; see qfusion plugins --help\n")


@pytest.mark.parametrize("on_terminal", [False, True])
def test_the_progress_of_jobs_takes_names_as_text(monkeypatch, on_terminal):
    monkeypatch.setenv("FORCE_COLOR", "1")
    ours, theirs = pty.openpty()
    stream = open(theirs, "w") if on_terminal else io.StringIO()  # noqa: PTH123
    monkeypatch.setattr(sys, "stderr", stream)
    look = {"backend": "[/]\x07", "states": {"queued": 1}, "position": 2, "seconds": 1.0}
    with show_jobs() as on_progress:
        on_progress(SimpleNamespace(**look))
    if on_terminal:
        stream.close()
        shown = b"".join(iter(lambda: _read(ours), b"")).decode()
        assert "[/]\\x07: 1 queued (position 2)" in shown
    else:
        os.close(theirs)
        assert stream.getvalue() == "[/]\\x07: 1 queued (position 2), 1 s\n"
    os.close(ours)


def test_who_reads_the_first_line_only_is_told_nothing():
    words = [sys.executable, "-m", "qfusion_core", "backends"]
    done = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    done.stdout.close()  # before anything is written
    assert done.stderr.read() == b""
    done.stderr.close()
    assert done.wait() == 1


@pytest.mark.parametrize(
    ("module", "place"),
    [
        ("qfusion_core", "qfusion_core.cli"),
        ("qfusion_core", "typer"),
        ("qfusion_core", "qfusion_core.cli.streams"),
        ("qfusion_core.cli", "typer"),
    ],
)
def test_an_interrupt_while_it_starts_says_nothing(module, place):
    code = f"""
import runpy, sys
class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == {place!r}:
            raise KeyboardInterrupt
sys.argv = ["qfusion", "--version"]
import qfusion_core
sys.meta_path.insert(0, Interrupts())
runpy.run_module({module!r} + ".__main__", run_name="__main__")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_the_process_ends_without_looking_through_what_it_holds_and_handlers_run():
    code = """
import atexit, gc, sys
atexit.register(lambda: print("closed", gc.get_freeze_count() > 1000))
sys.argv = ["qfusion", "--version"]
from qfusion_core.cli import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    version, closed = done.stdout.decode().splitlines()
    assert (done.returncode, version.split()[0], closed) == (0, "qfusion", "closed True")


def _read(terminal):
    try:
        return os.read(terminal, 10_000)
    except OSError:  # nobody writes there any more
        return b""


def test_there_is_a_bar_on_a_terminal_only(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    with show_training() as shown:
        shown.start(SimpleNamespace(epochs=2))
        print_table(("name",), [("a",)])
    printed = capsys.readouterr()
    assert printed.err == "" and printed.out.split() == ["name", "a"]


@pytest.mark.parametrize(
    ("shots", "noisy", "said"),
    [
        (None, False, "exact"),
        (None, True, "no shots, noisy"),
        (100, False, "100 shots"),
        (100, True, "100 shots, noisy"),
    ],
)
def test_no_shots_and_noisy_are_two_words(shots, noisy, said):
    row = {"backend": "b", "shots": shots, "noisy": noisy, "calibrated": None}
    assert errors_of(SimpleNamespace(**row, versus_reference=None))[1] == said


def test_output_that_cannot_be_written_is_one_line():
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = subprocess.run(
            [sys.executable, "-m", "qfusion_core", "plugins"],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == "error: cannot write the output: No space left on device\n"


def test_a_working_directory_that_is_gone_is_one_line(qfusion, tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    code, out, err = qfusion("predict", "RUN", "x.csv")
    monkeypatch.chdir(tmp_path)
    assert (code, out) == (2, "")
    assert err == (
        "error: the working directory cannot be used (No such file or directory); cd to another\n"
    )


NARROW = """
import sys
for stream in (sys.stdout, sys.stderr):  # as PYTHONIOENCODING makes them
    stream.reconfigure(encoding="cp1252")
from qfusion_core.cli import main
main()
"""


def test_names_that_the_stream_cannot_encode(qfusion, forks):
    classes = ["猫", "λ"] * 30
    table = pd.DataFrame({"a": range(60), "b": [1.0, -1.0] * 30, "label": classes})
    table.to_csv("uni.csv", index=False)
    words = ["--preset", "hardware", "--quantum", "none", "--set", "training.epochs=1"]
    assert qfusion("train", "file:uni.csv", *words, "--out", "run")[0] == 0
    done = forks.run("predict", "run", "uni.csv", code=NARROW)
    assert (done.returncode, done.stderr) == (0, "")
    assert {line.split(",")[1] for line in done.stdout.splitlines()[1:]} <= {"猫", "λ"}
    done = forks.run("predict", "run", "uni.csv", "--json", code=NARROW)
    assert done.returncode == 0
    assert {row["class"] for row in json.loads(done.stdout)} <= {"猫", "λ"}
    narrow = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "cp1252"}
    code, _, err = process("evaluate", "猫", **narrow)
    assert (code, err.decode().startswith("error: 猫: not a run folder")) == (2, True)


def test_git_is_given_no_secrets(tmp_path, monkeypatch):
    fake = tmp_path / "git"
    fake.write_text(f"#!/bin/sh\nenv > {tmp_path}/environment\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    for name in ("QFUSION_JOURNAL_KEY", "AWS_SECRET_ACCESS_KEY", "QISKIT_IBM_TOKEN", "ANY_TOKEN"):
        monkeypatch.setenv(name, "hush-hush")
    provenance()
    given = (tmp_path / "environment").read_text()
    assert "PATH=" in given and "hush-hush" not in given
