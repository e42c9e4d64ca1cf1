"""Random pairs of faults: nothing may be lost, bought twice or wrong."""

from __future__ import annotations

import random
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from faults.course import amiss_in, open_measurements
from faults.events import CUT, EMPTY, HTML, LOST, RESET, Act, Fault, refused, told
from faults.machine import FINAL
from faults.scenes.sending import Killer
from faults.stage import ROWS, Stage
from faults.theatre import Theatre
from faults.vendors import VENDORS

LONGEST = 12  # command lines until it has to be over
_OPERATIONS = ("submit", "status", "results", "find", "submit", "status")
_ACTS: dict[str, Act] = {
    "reset": RESET, "reply lost": LOST, "cut": CUT, "HTML": HTML, "{}": EMPTY,
    "404": refused(404), "408": refused(408), "409": refused(409), "429": refused(429),
    "500": refused(500), "503": refused(503), "403": refused(403),
    "429 after": told(429), "500 after": told(500), "504 after": told(504),
    "slow": Act(delay=0.3), "late reply": Act(late=0.3), "after the client gave up": Act(delay=2.2),
    "truncated": Act(edit=lambda raw: raw[: len(raw) // 2]),
}  # fmt: skip
_SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGINT, signal.SIGTERM)


class Pair:
    """Two faults, drawn by a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.said: list[str] = []
        self.killers: list[Killer] = []
        self.faults: list[Fault] = []
        self._settings: list[Callable[[Stage], None]] = []
        lists: tuple[list[Any], ...] = (self.said, self.killers, self.faults, self._settings)
        while len(self.said) < 2:
            before = [len(each) for each in lists]
            self._draw()
            if self.said[-1] in self.said[:-1]:  # the same twice is one fault
                for each, length in zip(lists, before, strict=True):
                    del each[length:]

    def _draw(self) -> None:
        kind = self._random.choice(("request", "request", "request", "signal", "machine"))
        if kind == "request":
            operation, name = self._random.choice(_OPERATIONS), self._random.choice([*_ACTS])
            count = self._random.choice((1, 1, 2, 4))
            job: int | None = self._random.randrange(3)
            first = 1 if operation == "submit" else self._random.choice((1, 1, 2))
            job = None if operation == "find" else job
            self.faults.append(Fault(operation, _ACTS[name], first, count, job))
            if operation == "find":  # nobody looks unless a reply was lost
                self.faults.append(Fault("submit", LOST, job=1))
            self.said.append(f"{operation} of job {job}: {name}, {count} from {first}")
        elif kind == "signal":
            number, operation = self._random.choice(_SIGNALS), self._random.choice(_OPERATIONS[:3])
            killer, job = Killer(number), self._random.randrange(3)
            before = self._random.random() < 0.5
            act = Act(before=killer, delay=0.02) if before else Act(after=killer, late=0.02)
            self.killers.append(killer)
            self.faults.append(Fault(operation, act, job=job))
            self.said.append(
                f"{number.name} {'before' if before else 'after'} {operation} of {job}"
            )
        else:
            name, value = self._random.choice(
                [("unknown_for", 0.5), ("listed_after", 0.5), ("seconds", 0.5), ("ends", "failed")]
            )
            if name == "ends":
                job = self._random.randrange(3)
                self._settings.append(lambda stage: stage.machine.ends.update({job: "failed"}))
            else:
                self._settings.append(lambda stage: setattr(stage.machine, name, value))
            self.said.append(f"{name} {value}")

    def prepare(self, stage: Stage) -> None:
        """Arm it."""
        stage.grace(1.5, 2.0)
        for setting in self._settings:
            setting(stage)
        stage.arm(*self.faults)


def combinations(theatre: Theatre, seeds: Iterable[int], vendors: Sequence[str]) -> dict[str, Any]:
    """Play pairs, on the vendors in turn.

    Returns:
        How many lost a value that was planned, bought a job twice, took a wrong value, or could
        not be ended by going on; and every pair.
    """
    counts: dict[str, Any] = dict.fromkeys(("pairs", "lost", "twice", "wrong", "stuck"), 0)
    pairs: list[dict[str, Any]] = []
    for seed in seeds:
        vendor = vendors[seed % len(vendors)]
        began = time.monotonic()
        with theatre.stage(VENDORS[vendor]) as stage:
            found = play_pair(stage, Pair(seed))
        found |= {"seed": seed, "vendor": vendor, "seconds": round(time.monotonic() - began, 1)}
        pairs.append(found)
        for name in ("lost", "twice", "wrong", "stuck"):
            counts[name] += bool(found[name])
        counts["pairs"] += 1
        fell = [name for name in ("lost", "twice", "wrong", "stuck") if found[name]] or "held"
        said = f"{seed} {vendor} {'; '.join(found['faults'])}: {fell} {found['out']}"
        print(said, *found["words"], f"({found['seconds']} s)", file=sys.stderr)
    return {**counts, "of": pairs}


def play_pair(stage: Stage, pair: Pair) -> dict[str, Any]:
    """Start it, and go on until it has ended."""
    pair.prepare(stage)
    verbs = []
    for turn in range(LONGEST):
        verb = "evaluate" if turn % 2 == 0 else "resume"
        running = stage.start(verb)
        for killer in pair.killers:
            killer.running = running
        done = stage.heard(verb, done=running.wait())
        for killer in pair.killers:
            killer.running = None
        verbs.append(f"{verb} {done.code}")
        if verb == "evaluate" and done.code == 0:
            break
    machine, now = stage.machine, stage.held()
    over = verbs[-1] == "evaluate 0"
    if not over:  # a result that stays unreadable has to be given up, as the message says
        stage.agree()
        for id in open_measurements(stage):
            verbs.append(f"forget {stage.do('forget', id).code}")
        over = stage.do("evaluate").code == 0
        now = stage.held()
    stage.until(lambda: not machine.busy)  # a client that gave up may have been heard
    free = machine.jobs if stage.freely is None else machine.jobs[: stage.freely]
    lost = sum(machine.state(job) in FINAL[1:] for job in free)
    words = [what for _, done in stage.said for what in amiss_in(done, stage.vendor.secret)]
    return {
        "faults": pair.said, "out": ", ".join(verbs), "accepted": len(free),
        "fired": len(machine.script.fired), "lost": now.rows < ROWS,
        "twice": len(free) - lost > 3, "wrong": now.wrong > 0,
        "stuck": not over or stage.freely is not None, "words": sorted(set(words)),
    }  # fmt: skip
