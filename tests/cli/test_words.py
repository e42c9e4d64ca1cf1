"""Words of a command line that say a thing twice, or are nearly a verb."""

import pytest


@pytest.fixture
def refused(command_line):
    """The line with which words are refused."""

    def _refused(*words):
        code, out, err = command_line(*words)
        assert (code, out) == (2, "")
        return err.removeprefix("error: ").rstrip()

    return _refused


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("evaluate", "run", "--backends-file", "a", "--backends-file", "b"), "--backends-file"),
        (("train", "wine", "--seed", "1", "--json", "--seed=2"), "--seed"),
        (("jobs", "resume", "run", "--backends-file", "a", "--backends-file", "a"), "--backends-f"),
        (("backends", "--check", "--run", ".", "--run", ".."), "--run"),
    ],
)
def test_an_option_with_one_value_is_given_once(refused, words, option):
    line = refused(*words)
    assert line.startswith(option)
    assert line.endswith(": given 2 times, expected once; leave one")


def test_help_and_switches_may_stand_twice(command_line):
    assert command_line("train", "--seed", 1, "--help", "--seed", 2)[0] == 0
    assert command_line("plugins", "--json", "--json")[0] == 0


def test_lists_that_are_given_twice_are_one_list(trained, command_line):
    words = ("--backends", "lightning", "--samples", 4, "--backends", "default-qubit, lightning")
    code, out, _ = command_line("compare", trained, *words)
    assert code == 0
    assert [line.split()[0] for line in out.split("\n\n")[0].splitlines()[1:]] == [
        "statevector", "lightning", "default-qubit"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("jobs", "rsume", "my run"), "did you mean `qfusion jobs resume 'my run'`?"),
        (("jobs", "cancl"), "expected that of a run; did you mean `qfusion jobs cancel`?"),
        (("backends", "machnes"), "; did you mean `qfusion backends machines`?"),
        (("doctor",), "no such command 'doctor'; it is `qfusion backends --check`"),
        (("dry_run", "run"), "it is `qfusion evaluate RUN --dry-run`, or `qfusion predict RUN "),
        (("dry-run", "run"), "it is `qfusion evaluate RUN --dry-run`, or `qfusion predict RUN "),
        (("trian", "wine"), "Did you mean 'train'?; see qfusion --help"),
    ],
)
def test_what_is_nearly_a_verb_is_told_which(refused, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    assert said in refused(*words)


def test_what_is_no_verb_and_not_near_one_is_what_it_was(refused, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert refused("jobs", "runs/wine").endswith("no such folder; expected that of a run")
    assert "did you mean 'lightning'?" in refused("backends", "lightnin")


def test_an_empty_word_is_no_folder(refused):
    line = refused("evaluate", "", "--samples", 5)
    assert line == "word 2 is empty: is a variable of the shell not set?"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("train --resume", "--resume: expected RUN, got nothing (Continue a training"),
        ("train --resume --json", "--resume: expected RUN, got the option --json (Continue a "),
        ("train wine --device --seed=3", "--device: expected cpu|cuda|auto, got the option --seed"),
        ("train wine --set --json", "--set: expected KEY=VALUE, got the option --json (e.g. "),
        ("evaluate run --backend", "--backend: expected a value, got nothing (Where the circuit "),
        (
            "jobs resume run --backends-file",
            "--backends-file: expected a value, got nothing (Instead",
        ),
    ],
)
def test_an_option_without_its_value_takes_no_other_for_it(refused, words, said):
    line = refused(*words.split())
    assert line.startswith(said)
    assert line.endswith(" --help")


def test_what_looks_like_an_option_can_be_a_value(refused):
    assert refused("evaluate", "--", "--json").startswith("--json: not a run folder")
    assert refused("evaluate", "run", "--backend=--json").startswith("run: not a run folder")
