"""A command that an error or a note suggests works when it is pasted, with what the user gave."""

import re
import shlex
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qfusion_core.config.shell_command import shell_command
from qfusion_core.printable import one_line
from support.command_line import QUICK
from support.places import ROOT

FILE = "my backends.yaml"
POOL = "  both: {type: pool, options: {backends: [noisy, noisy-queue]}}\n"


@pytest.fixture
def given_file(shell, tmp_path):
    """Runs a verb with a file of backends that nobody finds: (code, output, error)."""
    path = tmp_path / "backends.yaml"
    path.write_text(path.read_text() + POOL)
    path.rename(tmp_path / FILE)
    return lambda *words: shell(*words, "--backends-file", FILE)


@pytest.fixture
def mine(wine, tmp_path):
    """A run whose name has blanks, two of them together."""
    return shutil.copytree(wine, tmp_path / "my  wine")


@pytest.fixture
def pasted(shell):
    """Runs the commands of a text one after the other; the last one's (code, output, error)."""

    def _pasted(said, number=1, *more):
        commands = re.findall(r"`(qfusion [^`]+)`", said)
        assert len(commands) >= number, said
        for command in commands[:number]:
            found = shell(*shlex.split(command)[1:], *more)
            assert found[0] == 0, (command, found)
        return found

    return _pasted


def test_jobs_that_were_left_are_gone_on_with(given_file, pasted, mine, machine):
    machine.seconds = 60
    code, out, err = given_file("evaluate", mine, "--backend", "queue", "--yes", "--no-wait")
    assert code == 0, err
    machine.seconds = 0
    assert pasted(out)[1].startswith("done: job-0")


def test_jobs_that_nobody_agreed_to_are_sent_or_given_up(given_file, pasted, mine, machine):
    machine.faults["submit"] = [401]
    assert given_file("evaluate", mine, "--backend", "queue", "--yes")[0] == 1
    code, _, err = given_file("jobs", "resume", mine)
    assert code == 2 and f"--backends-file '{FILE}'`" in err
    pasted(err, 3)  # resume, cancel, forget
    assert len(machine.jobs) == 1  # by the first of them


@pytest.mark.parametrize("damage", ["none", "card"])
def test_a_surrogate_that_cannot_be_used_is_measured_anew(given_file, pasted, mine, damage):
    words = ("--backend", "noisy", "--seed", 3, "--checks", 24)
    assert given_file("distil", mine, *words)[0] == 0
    kept = mine / "surrogate" / "noisy.safetensors"
    if damage == "none":
        code, _, said = given_file("distil", mine, *words)  # it is there
        assert code == 2 and "--seed 3 --checks 24 --again" in said
    else:
        kept.write_bytes(kept.read_bytes()[:100])
        code, _, said = given_file("evaluate", mine, "--backend", "surrogate:noisy")
        assert code == 2
    pasted(said)
    assert given_file("evaluate", mine, "--backend", "surrogate:noisy")[0] == 0


def test_who_cannot_train_the_encoding_measures_a_surrogate(given_file, pasted, mine):
    code, _, said = given_file("refit", mine, "--backend", "noisy", "--encoding")
    assert code == 2
    pasted(said)
    assert (mine / "surrogate" / "noisy.safetensors").is_file()


def test_each_member_of_a_pool_is_calibrated_as_the_pool_was_to_be(given_file, pasted, mine):
    words = ("--backend", "both", "--samples", 9, "--reference", "exact")
    code, _, said = given_file("calibrate", mine, *words)
    assert code == 2 and said.count("--reference exact --samples 9`") == 2
    assert "calibration/noisy.yaml" in pasted(said)[1]


def test_a_training_goes_on_where_it_ran(given_file, pasted, tmp_path):
    run = tmp_path / "cut off"
    words = ("wine", *QUICK, "--backend", "noisy", "--seed", 4, "--out", run)
    assert given_file("train", *words)[0] == 0
    (run / "model.safetensors").unlink()
    code, _, said = given_file("train", *words)
    assert code == 2 and f"--resume '{run}' --backends-file '{FILE}' --backend noisy`" in said
    pasted(said)
    assert (run / "model.safetensors").is_file()


def test_what_was_nearly_a_verb_stands_with_all_that_followed(shell, mine):
    code, _, said = shell("jobs", "rsume", mine, "--yes")
    assert code == 2 and f"did you mean `{shell_command('jobs', 'resume', mine, '--yes')}`?" in said


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1))
def test_every_name_comes_out_of_an_error_as_it_went_in(name):
    name = re.sub(r"[^\S ]", " ", name)
    assert shlex.split(one_line(f"`{shell_command(name)}`")[1:-1]) == ["qfusion", name]


def test_no_command_with_a_name_in_it_is_written_by_hand():
    files = [*(ROOT / "qfusion_core").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")]
    by_hand = re.compile(r"`qfusion [^`]*\{")
    assert not [str(file) for file in files if by_hand.search(file.read_text())]
