"""A cloned folder, and two doors into the command line that stand in it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from sklearn.datasets import load_wine

from machine import Machine
from support.cloned import clone, contents, forge
from support.command_line import train_wine
from support.keys import QUEUE as SECRET
from support.places import EXAMPLE, TESTS, THIRD_PARTY

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def machine():
    machine = Machine(token=SECRET)
    with machine.running() as machine.url:
        yield machine


@pytest.fixture(scope="module")
def place(machine, tmp_path_factory):
    """The folder, and where it would leave its marks."""
    root = tmp_path_factory.mktemp("hostile")
    folder, marks = root / "cloned", root / "marks"
    folder.mkdir()
    marks.mkdir()
    train_wine(folder / "run")
    shutil.copytree(folder / "run", folder / "theirs")
    forge(folder / "theirs", machine.url)
    load_wine(as_frame=True).data.head(4).to_csv(folder / "new.csv", index=False)
    assert len(pd.read_csv(folder / "new.csv")) == 4
    clone(folder, machine.url)
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "QFUSION", "NUMBA", "AWS", "QISKIT"))
    } | {
        "PYTHONPATH": os.pathsep.join(map(str, (HERE / "watch", THIRD_PARTY / "queue", EXAMPLE))),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "MARKS": str(marks),
        "WATCH": str(root / "watched"),
        "XDG_STATE_HOME": str(root / "state"),
        "XDG_CONFIG_HOME": str(root / "config"),
        "QUEUE_TOKEN": SECRET,
    }
    return SimpleNamespace(
        folder=folder,
        marks=marks,
        watched=root / "watched",
        environment=environment,
        before=contents(folder, besides=("run", "theirs")),
    )


class Door:
    """Runs commands in the folder, and says of each what it opened and whom it asked."""

    def __init__(self, place):
        self.place = place

    def __call__(self, *words):
        self.place.watched.unlink(missing_ok=True)
        self.place.watched.touch()
        code, out, err = self.run([str(word) for word in words])
        told = [line.split("\t", 1) for line in self.place.watched.read_text().splitlines()]
        inside = str(self.place.folder.resolve()) + os.sep
        opened = {
            what.removeprefix(inside)
            for event, what in told
            if event != "socket.connect" and what.startswith(inside)
        }
        asked = [what for event, what in told if event == "socket.connect"]
        return SimpleNamespace(code=code, out=out, err=err, opened=opened, asked=asked)


class RealDoor(Door):
    """A process for each command."""

    def __init__(self, place, *door):
        super().__init__(place)
        self.door = door

    def run(self, words):
        done = subprocess.run(
            [*self.door, *words],
            cwd=self.place.folder,
            env=self.place.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr


class WarmDoor(Door):
    """A child of one process for each command: nothing is imported twice."""

    def __init__(self, place):
        super().__init__(place)
        path = os.pathsep.join((place.environment["PYTHONPATH"], str(TESTS)))
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "warm_cli.py")],
            cwd=place.folder,
            env={**place.environment, "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        while (line := self.process.stdout.readline()) != '"ready"\n':
            assert line, "the warm process has ended"

    def run(self, words):
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@pytest.fixture(params=["qfusion", "python -m"])
def door(request, place):
    script = Path(sys.executable).with_name("qfusion")
    doors = {"qfusion": (script,), "python -m": (sys.executable, "-m", "qfusion_core")}
    return RealDoor(place, *doors[request.param])


@pytest.fixture(scope="module")
def warm(place):
    door = WarmDoor(place)
    yield door
    door.process.stdin.close()
    assert door.process.wait(30) == 0
    door.process.stdout.close()
