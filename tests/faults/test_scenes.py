"""Scenes of `examples/faults` on both vendors, and a few random pairs; `python examples/faults`
plays all of them. The machines are others than those of the adapters' own tests."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[2] / "examples"))
from faults.combinations import Pair, play_pair
from faults.course import Row, as_json, judge, play
from faults.play import SCENES
from faults.theatre import Theatre
from faults.values import held
from faults.vendors import VENDORS

# one or two of each kind
PLAYED = (
    "H1 a stray 404 in mid-wait", "H1 resumed with the keys of another account",
    "H2 given up at 2 s, accepted at 2.2 s", "H3 one row for all", "H4 inputsIndex 0 twice",
    "H5 truncated", "H6 cancel: 409 for a job that runs", "H7 one more option in a later release",
    "H9 the device states a price of nan", "H10 a secret with a new line",
    "H11 the folder copied between jobs", "H12 a journal of 0 bytes", "H13 metrics: 404",
    "H14 a session after SIGKILL", "H18 408 for a job that was accepted",
)  # fmt: skip
PAIRS = (3, 4)
CASES = [
    pytest.param(scene, vendor, id=f"{vendor}: {scene.name}")
    for scene in SCENES
    if scene.name in PLAYED
    for vendor in scene.vendors
]


@pytest.fixture(scope="module")
def theatre():
    with Theatre(list(VENDORS)) as theatre:
        yield theatre


def test_every_scene_that_is_played_exists():
    assert {scene.name for scene in SCENES} >= set(PLAYED)


def test_the_machines_compute_what_they_are_sent(theatre):
    assert all(far < 1e-9 for far in theatre.distance.values())


@pytest.mark.parametrize(("scene", "vendor"), CASES)
def test_nothing_is_lost_bought_twice_or_wrong(theatre, scene, vendor):
    with theatre.stage(VENDORS[vendor]) as stage:
        row = play(scene, stage)
    assert row.held, as_json(row)


@pytest.mark.parametrize("seed", PAIRS)
@pytest.mark.parametrize("vendor", VENDORS)
def test_two_faults_at_once(theatre, vendor, seed):
    with theatre.stage(VENDORS[vendor]) as stage:
        found = play_pair(stage, Pair(seed))
    assert not any(found[name] for name in ("lost", "twice", "wrong", "stuck")), found


def test_a_scene_sees_what_does_not_hold(theatre):
    scene = next(scene for scene in SCENES if scene.name == "H1 a stray 404 in mid-wait")
    with theatre.stage(VENDORS["ibm"]) as stage:
        assert stage.do("evaluate").code == 0
        right, row = stage.truth, Row("ibm", scene.name)
        judge(stage, row, scene)
        assert row.held
        stage.machine.jobs.append(stage.machine.jobs[0])
        stage.truth = right[::-1]
        judge(stage, row, scene)
        assert held(stage.journal, np.zeros_like(right), 1000).wrong
    assert (row.accepted, row.values, len(row.amiss)) == (4, "wrong", 2)
