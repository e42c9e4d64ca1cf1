"""README shows the same in the shell and in Python: both are run, and give the same documents."""

from __future__ import annotations

import json

import pytest

import qfusion_core
from support.pages import ALL, words_of

OF_THE_MOMENT = ("run", "seconds", "seconds_per_row", "provenance")  # no two runs share them


def block(language, word):
    (found,) = [
        each.text for each in ALL["README.md"] if each.language == language and word in each.text
    ]
    return found


def without_time(found):
    """A document but for what no two runs have in common."""
    if isinstance(found, dict):
        return {k: without_time(v) for k, v in found.items() if k not in OF_THE_MOMENT}
    return [without_time(each) for each in found] if isinstance(found, list) else found


@pytest.fixture
def in_python(qfusion, monkeypatch):
    """Documents of what README's Python block makes: of its training, and of what it prints."""
    train, results = qfusion_core.train, []

    def quick(*words, **options):
        results.append(train(*words, **options, settings=["training.epochs=1"]))
        return results[0]

    monkeypatch.setattr(qfusion_core, "train", quick)
    exec(block("python", "from qfusion_core import compare"), {"print": results.append})
    return [json.loads(json.dumps(each.to_dict())) for each in results]


def test_python_gives_what_the_shell_prints(in_python, qfusion):
    commands = [words for words, _ in words_of(block("sh", "qfusion compare"))]
    assert [words[0] for words in commands] == ["train", "evaluate", "compare"]
    in_shell = []
    for words in commands:
        quick = ("--set", "training.epochs=1") if words[0] == "train" else ()
        code, out, _ = qfusion(*words, *quick, "--json")
        assert code == 0
        in_shell.append(json.loads(out))
    assert without_time(in_python) == without_time(in_shell)
    assert [row["backend"] for row in in_python[2]["backends"]] == [
        "statevector", "lightning", "sampled"
    ]  # fmt: skip
