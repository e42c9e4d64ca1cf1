"""How a user goes on when something went wrong, and what has become of it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from faults.machine import FINAL
from faults.shell import Done
from faults.stage import JOBS, ROWS, Stage
from faults.values import table

BOTH = ("ibm", "braket")
_PYTHON = re.compile(
    r"Traceback|unexpected \w+|\b(Key|Index|Attribute|Type|Value|Assertion|Unbound\w*)Error\b|"
    r"(JSON|Unicode)DecodeError|RequestsApiError|fault of the device's plugin|"
    r"no attribute|NoneType"
)
_PLACE = re.compile(r"\.yaml:\d+:\d+: ")  # which says what is to be corrected
_ASIDE = re.compile(
    r"(cannot be read|not those of the task that was sent|is none of AWS's) \(\w+Error: [^)]*\)"
)
_NEXT = (
    "`qfusion", "run the same", "check ", "export ", "allow ", "choose ", "wait ", "send it",
    "lower ", "move ", "save its", "set it anew", "restore", "log in", "--",
    "name your", "correct ",
)  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """Something that goes wrong.

    Attributes:
        name: Begins with the number of the kind of fault.
        play: Plays it; adds what it finds amiss to the row.
        vendors: Where.
        planned: Number of jobs.
        slow: Takes minutes: constants as shipped.
        designed: More jobs than planned are by design; they must be said.
    """

    name: str
    play: Callable[[Stage, Row], None]
    vendors: tuple[str, ...] = BOTH
    planned: int = JOBS
    slow: bool = False
    designed: bool = False


@dataclass
class Row:
    """What has become of a scene on one vendor.

    Attributes:
        accepted: Jobs that the machine accepted before the user agreed to buy again.
        code: Exit status of the command that met the fault; negative for a signal.
        line: Its last line on standard error.
        values: right, refused (none that is wrong), wrong, or missing (success without them).
        out: The verbs that led out of it.
        named: Whether the messages before named the first of them.
        amiss: What did not hold.
    """

    vendor: str
    scene: str
    planned: int = JOBS
    accepted: int = 0
    code: int | None = None
    line: str = ""
    values: str = ""
    out: str = ""
    named: bool | None = None
    amiss: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def held(self) -> bool:
        """Whether all is as it should be."""
        return not self.amiss

    def met(self, done: Done) -> Done:
        """This is the command that met the fault."""
        if self.code is None and not self.line:
            self.code, self.line = done.code, done.last
        return done


def open_measurements(stage: Stage) -> list[str]:
    """Ids of those that are not finished."""
    rows = table(stage.journal, "SELECT id, state FROM measurement ORDER BY rowid")
    return [row["id"] for row in rows if row["state"] == "open"]


def go_on(stage: Stage, row: Row, *, first: Done | None = None, behind: int = 0) -> Done:
    """Go on as messages say, until the evaluation has succeeded or nothing leads out.

    Args:
        stage: The stage.
        row: Gets the verbs that led out.
        first: How the command ended that met the fault; ``evaluate`` by default.
        behind: Rows that have to be there after that.
    """
    done = row.met(first or stage.do("evaluate"))
    if done.code != 0 and (there := stage.held().rows) < behind:
        row.amiss.append(f"only {there} of {behind} good rows were fetched")
    said = done.err
    for turn, verb in enumerate(("resume", "evaluate", "resume", "evaluate")):
        if done.code == 0 or (turn > 1 and "--again" in done.err):  # nobody waits any longer
            break
        done = stage.do(verb)
        said += done.err
        if done.code == 0:
            row.out = verb
            row.named = any(words in said for words in (verb, "run the same"))
            done = done if verb == "evaluate" else stage.do("evaluate")
            said += done.err
    if done.code == 0:
        return done
    stage.agree()
    ids = open_measurements(stage)
    for ways in (("forget",), ("cancel", "forget"), ("--again",)):
        ends = [_way_out(stage, way, ids) for way in ways]
        if all(end.code == 0 for end in ends):
            done = ends[-1] if ways == ("--again",) else stage.do("evaluate")
            if done.code == 0:
                row.out = "+".join(ways)
                row.named = any(way in said for way in ways)
                if not row.named:
                    row.amiss.append(f"no message named {row.out}")
                return done
    row.amiss.append("no way out")
    return done


def _way_out(stage: Stage, way: str, ids: list[str]) -> Done:
    if way == "--again":
        return stage.do("evaluate", "--again")
    return stage.do(way, *(ids if way == "forget" else ()))


def judge(stage: Stage, row: Row, scene: Scene) -> None:
    """Look at money, values and words when a scene is over."""
    machine, now = stage.machine, stage.held()
    stage.until(lambda: not machine.busy)  # a client that gave up may have been heard
    free = machine.jobs if stage.freely is None else machine.jobs[: stage.freely]
    row.accepted = len(free)
    excused = stage.excused + sum(machine.state(job) in FINAL[1:] for job in free)
    if row.accepted - excused > scene.planned and not scene.designed:
        row.amiss.append(f"{row.accepted} jobs were accepted for {scene.planned}")
    last = stage.said[-1][1] if stage.said else Done(None, "", "")
    complete = now.rows == ROWS
    row.values = "wrong" if now.wrong else "right" if complete else "refused"
    if stage.truth is None:
        row.values = ""  # another circuit
    elif not complete and not now.wrong and last.code == 0 and stage.said[-1][0] == "evaluate":
        row.values = "missing"
    if row.values in ("wrong", "missing"):
        row.amiss.append(f"{now.wrong} values are wrong, {now.rows} rows are there")
    said = [
        (verb, what) for verb, done in stage.said for what in amiss_in(done, stage.vendor.secret)
    ]
    for what in dict.fromkeys(what for _, what in said):
        verbs = dict.fromkeys(verb for verb, each in said if each == what)
        row.amiss.append(f"{what} ({', '.join(verbs)})")
    row.amiss += [f"fault of the stage: {error}" for error in machine.errors]


def amiss_in(done: Done, secret: str) -> list[str]:
    """What is wrong with the words of a command line."""
    found = []
    if done.code is None:
        found.append("did not end")
    errors = [line for line in done.err.splitlines() if line.startswith(("error: ", "Traceback"))]
    if match := _PYTHON.search(_ASIDE.sub("", "\n".join(errors))):
        found.append(f"says {match[0]!r}")
    if done.code not in (0, None) and done.code > 0:
        if len(errors) != 1:
            found.append(f"{len(errors)} error lines")
        elif not _PLACE.search(errors[0]) and not any(word in errors[0] for word in _NEXT):
            found.append("names no next step")
    if secret in done.out + done.err:
        found.append("shows the secret")
    return found


def play(scene: Scene, stage: Stage) -> Row:
    """Play a scene; what the scene itself cannot do is amiss, too."""
    row, began = Row(stage.vendor.name, scene.name, scene.planned), time.monotonic()
    try:
        scene.play(stage, row)
        judge(stage, row, scene)
    except (OSError, RuntimeError, ValueError, LookupError, AssertionError) as error:
        row.amiss.append(f"the scene broke off: {type(error).__name__}: {error}")
    row.seconds = round(time.monotonic() - began, 2)
    return row


def as_json(row: Row) -> dict[str, Any]:
    """For the results file; ids and paths are not the same each time."""
    document = {**asdict(row), "held": row.held}
    line = re.sub(r"/\S*?/(?=scene-|run\b)", "", document["line"])
    line = re.sub(r"scene-\d+/", "", line)
    document["line"] = re.sub(r"\b[0-9a-f]{8,}\b", "ID", line)
    return document
