"""Commands in a cloned folder: none of its code runs, nobody is asked, nothing is bought.

What a command opens of the folder was named on its line, or is named on standard error.
"""

import json

import pytest

from support.cloned import contents

LIGHT = [
    (("--version",), 0),
    (("plugins", "--json"), 0),
    (("backends",), 0),
    (("trust", "--list"), 0),
]
HEAVY = [
    (("backends", "paid", "--check"), 2),
    (("backends", "save", "paid"), 2),
    (("evaluate", "run"), 0),  # the default of the found file, a machine that costs money, is none
    (("evaluate", "run", "--backend", "paid", "--yes"), 2),
    (("evaluate", "run", "--backend", "bare", "--yes"), 2),
    (("evaluate", "run", "--backend", "away"), 2),
    (("evaluate", "run", "--backend", "both", "--yes"), 2),
    (("evaluate", "run", "--backend", "statevector", "--json"), 0),
    (("evaluate", "run", "--backend", "mine", "--samples", "4"), 0),
    (("predict", "run", "new.csv", "--backend", "statevector"), 0),
    (("compare", "run", "--reference", "statevector", "--backends", "mine,paid", "--yes"), 2),
    (("calibrate", "run", "--backend", "paid", "--yes"), 2),
    (("estimate", "run", "--backend", "paid"), 2),
    (("estimate", "run", "--backend", "ibm-fez", "--samples", "2"), 0),
    (("backends", "mine", "both", "--check", "--offline"), 2),
    # named on the command line, the file is trusted; the journal in the folder is not
    (("jobs", "theirs"), 0),
    (("jobs", "resume", "theirs", "--yes", "--backends-file", "backends.yaml"), 2),
    (("jobs", "cancel", "theirs", "--backends-file", "backends.yaml"), 2),
    (("evaluate", "theirs", "--backend", "statevector"), 2),
    (("train", "wine", "--preset", "preset.yaml", "--out", "run/again"), 2),
    (("train", "wine", "--preset", "hardware", "--set", "training.epochs=1", "--out", "run/b"), 0),
]


def harmless(done, words, place, machine):
    """Nothing of the folder was obeyed."""
    assert sorted(path.name for path in place.marks.iterdir()) == []
    assert done.asked == [] and machine.requests == []
    assert contents(place.folder, besides=("run", "theirs")) == place.before
    announced = {name for name in done.opened if name in done.err}
    named = {name for name in done.opened if name.split("/")[0] in words}
    assert done.opened - announced - named == set()
    assert "Traceback" not in done.err and "stranger" not in done.out + done.err


@pytest.mark.parametrize(("words", "code"), LIGHT, ids=lambda value: str(value)[:60])
def test_light_commands_through_both_doors(door, place, machine, words, code):
    done = door(*words)
    harmless(done, words, place, machine)
    assert done.code == code, done.err
    assert "evil" not in done.out


def test_a_prediction_through_both_doors(door, place, machine):
    words = ("predict", "run", "new.csv", "--backend", "statevector")
    done = door(*words)
    harmless(done, words, place, machine)
    assert done.code == 0, done.err
    assert done.out.startswith("row,class,probability\n1,")


@pytest.mark.parametrize(("words", "code"), HEAVY, ids=lambda value: str(value)[:60])
def test_heavy_commands(warm, place, machine, words, code):
    done = warm(*words)
    harmless(done, words, place, machine)
    assert done.code == code, done.err
    if code == 2 and (words[1] == "run" or "paid" in words):
        assert f"qfusion trust {place.folder.resolve()}/backends.yaml" in done.out + done.err
    assert words[0] != "backends" or "evil" not in done.out
    if "--json" in words:
        json.loads(done.out)
