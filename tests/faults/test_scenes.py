"""Scenes of `examples/faults` on both vendors, and a few random pairs; `python examples/faults`
plays all of them. The machines are others than those of the adapters' own tests."""

import numpy as np
import pytest
from faults.combinations import Pair, play_pair
from faults.course import Row, as_json, judge, play
from faults.play import SCENES
from faults.theatre import Theatre
from faults.values import held
from faults.vendors import VENDORS

from qfusion_ibm.sdk_version import gives_counts

PLAYED = {
    "ibm": (
        "H1 a stray 404 in mid-wait", "H2 given up at 2 s, accepted at 2.2 s", "H3 one row for all",
        "H6 cancel: 409 for a job that runs", "H11 the folder copied between jobs",
        "H13 metrics: 404", "H14 a session after SIGKILL", "H18 408 for a job that was accepted",
    ),
    "braket": (
        "H1 a stray 404 in mid-wait", "H4 inputsIndex 0 twice",
        "H7 one more option in a later release", "H9 the device states a price of nan",
        "H10 a secret with a new line", "H12 a journal of 0 bytes",
    ),
}  # fmt: skip
BY_NAME = {scene.name: scene for scene in SCENES}
CASES = [
    pytest.param(name, vendor, id=f"{vendor}: {name}")
    for vendor, names in PLAYED.items()
    for name in names
]


@pytest.fixture(scope="module")
def theatre():
    with Theatre(list(VENDORS)) as theatre:
        yield theatre


def test_the_machines_compute_what_they_are_sent(theatre):
    """IBM's newer client draws angles in single precision."""
    assert theatre.distance["braket"] < 1e-9
    assert theatre.distance["ibm"] < (1e-6 if gives_counts() else 1e-9)


@pytest.mark.parametrize(("name", "vendor"), CASES)
def test_nothing_is_lost_bought_twice_or_wrong(theatre, name, vendor):
    with theatre.stage(VENDORS[vendor]) as stage:
        row = play(BY_NAME[name], stage)
    assert not row.amiss, as_json(row)


@pytest.mark.parametrize(("seed", "vendor"), [(3, "braket"), (12, "ibm")])
def test_two_faults_at_once(theatre, vendor, seed):
    with theatre.stage(VENDORS[vendor]) as stage:
        found = play_pair(stage, Pair(seed))
    fell = [name for name in ("lost", "twice", "wrong", "stuck") if found[name]]
    assert not fell, found


def test_a_scene_sees_what_does_not_hold(theatre):
    scene = BY_NAME["H1 a stray 404 in mid-wait"]
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
