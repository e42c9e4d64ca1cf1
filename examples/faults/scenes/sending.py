"""While jobs are sent: H2 grace, H11 two owners, H18 refusals of jobs that were accepted."""

from __future__ import annotations

import shutil
import signal
from dataclasses import replace

from faults.course import Row, Scene, go_on
from faults.events import LOST, Act, Fault, refused, told
from faults.shell import Running
from faults.stage import Stage

LEASE = 700.0  # seconds; longer than any lease


class Killer:
    """Sends a signal to a process that is started later than it is made."""

    def __init__(self, number: signal.Signals) -> None:
        self._number, self.at = number, None
        self.running: Running | None = None
        self.sent = False

    def __call__(self) -> None:
        """Now."""
        if self.running is not None and not self.sent:
            self.sent = True
            self.running.send(self._number)


def shipped(stage: Stage, row: Row) -> None:
    """Constants as shipped: the client gives up at 120 s, the job is accepted at 126 s."""
    stage.as_shipped()
    stage.options["rows_per_job"] = 6
    stage.arm(Fault("submit", Act(delay=126.0)))
    go_on(stage, row, first=stage.do("evaluate", seconds=600))


def gave_up(stage: Stage, row: Row) -> None:
    """The same in short: given up at 2 s, accepted at 2.2 s."""
    stage.grace(0.5, 2.0)
    stage.arm(Fault("submit", Act(delay=2.2), job=1))
    go_on(stage, row)


def on_a_loaded_machine(stage: Stage, row: Row) -> None:
    """Half a second passes between the note and the POST; the reply is lost, the listing late."""
    stage.grace(0.6)
    stage.machine.listed_after = 0.4
    stage.arm(Fault("machine", Act(delay=0.5), count=4), Fault("submit", LOST, job=1))
    go_on(stage, row)


def another_clock(stage: Stage, row: Row) -> None:
    """The clock of the first host is an hour behind; it is killed; another goes on at once."""
    stage.grace(10.0)
    stage.machine.listed_after = 1.5
    killer = Killer(signal.SIGKILL)
    stage.arm(Fault("submit", Act(after=killer, cut=0.0), job=1))
    killer.running = stage.start("evaluate", ahead=-3600.0, host="first")
    row.met(stage.heard("evaluate, killed", done=killer.running.wait()))
    stage.do("evaluate", host="second")
    go_on(stage, row)


def listed_too_late(stage: Stage, row: Row) -> None:
    """The job is listed when nobody looks for it any more."""
    stage.grace(0.6)
    stage.machine.listed_after = 5.0
    stage.arm(Fault("submit", LOST, job=1))
    go_on(stage, row)


def copied(stage: Stage, row: Row) -> None:
    """The folder is copied while jobs are written and not sent; both copies go on."""
    stage.grace(1.0)
    killer = Killer(signal.SIGKILL)
    stage.arm(Fault("submit", Act(after=killer, cut=0.0), job=0))
    killer.running = stage.start("evaluate")
    row.met(stage.heard("evaluate, killed", done=killer.running.wait()))
    own, copy = stage.run, stage.folder / "copy"
    shutil.copytree(own, copy)
    go_on(stage, row)
    stage.run = copy
    last = stage.do("evaluate")
    stage.run = own
    if last.code != 0:
        row.amiss.append("the copy does not go on")


def _stopped(fault: Fault, name: str, vendors: tuple[str, ...]) -> Scene:
    def scene(stage: Stage, row: Row) -> None:
        stage.grace(1.0)
        killer = Killer(signal.SIGSTOP)
        act = replace(fault.act, before=killer)
        stage.arm(replace(fault, act=act))
        killer.running = first = stage.start("evaluate")
        if not stage.until(lambda: killer.sent):
            raise RuntimeError("the first process was not stopped")
        second = stage.do("evaluate", ahead=LEASE)
        first.jump(LEASE)
        first.send(signal.SIGCONT)
        row.met(stage.heard("evaluate, stopped", done=first.wait()))
        if second.code != 0:
            row.amiss.append("the second process did not get through")
        go_on(stage, row, first=stage.do("evaluate"))

    return Scene(f"H11 stopped {name} for longer than the lease", scene, vendors)


def _status(status: int, accepted: bool) -> Scene:
    def scene(stage: Stage, row: Row) -> None:
        act = told(status) if accepted else refused(status)
        stage.arm(Fault("submit", act, job=1))
        go_on(stage, row)

    return Scene(f"H18 {status} for a job that was {'' if accepted else 'not '}accepted", scene)


def _killed(operation: str, when: str, number: signal.Signals = signal.SIGKILL) -> Scene:
    def scene(stage: Stage, row: Row) -> None:
        stage.grace(1.0)
        killer = Killer(number)
        act = Act(before=killer) if when == "before" else Act(after=killer, late=0.05)
        stage.arm(Fault(operation, act, job=1))
        killer.running = stage.start("evaluate")
        row.met(stage.heard(f"evaluate, {number.name}", done=killer.running.wait()))
        go_on(stage, row, first=stage.do("evaluate"))

    return Scene(f"K {number.name} {when} the {operation} of the second job", scene)


SCENES = [
    Scene("H2 constants as shipped, accepted at 126 s", shipped, planned=1, slow=True),
    Scene("H2 given up at 2 s, accepted at 2.2 s", gave_up),
    Scene("H2 half a second between note and POST", on_a_loaded_machine),
    Scene("H2 a clock an hour behind", another_clock),
    Scene("H2 listed after the grace period", listed_too_late, designed=True),
    Scene("H11 the folder copied between jobs", copied),
    _stopped(Fault("machine", Act(), first=2), "before its POST", ("ibm",)),
    _stopped(Fault("submit", Act(), job=1), "in its POST", ("ibm", "braket")),
    *(_status(status, taken) for status in (408, 409, 425, 499, 429) for taken in (False, True)),
    *(
        _killed(operation, when)
        for operation in ("submit", "status", "results")
        for when in ("before", "after")
    ),
    *(_killed("submit", "after", getattr(signal, f"SIG{name}")) for name in ("INT", "TERM", "HUP")),
]  # fmt: skip
