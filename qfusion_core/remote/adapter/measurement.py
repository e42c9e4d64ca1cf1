"""A measurement: what a verb asks of remote machines, from its first call to its last."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Self

from qfusion_core.config.arguments import called, refused, require_switches, require_text
from qfusion_core.config.shell_command import shell_command
from qfusion_core.errors import InputError
from qfusion_core.notes import TOLD, note
from qfusion_core.remote.adapter.approval import Approval, Approve
from qfusion_core.remote.adapter.progress import Progress
from qfusion_core.remote.journal.journal import NOT_OURS, Journal
from qfusion_core.remote.journal.measurement_lookup import (
    beside,
    last_measurement,
    left_open,
    unreadable,
    written_as,
)
from qfusion_core.remote.journal.rows.parsed_rows import MeasurementIdentity
from qfusion_core.remote.journal.rows.records import CallId
from qfusion_core.remote.machine.job import Call
from qfusion_core.remote.money.price import Price
from qfusion_core.storage.places import expanded, state_folder


class Measurement:
    """Where jobs are written down, and which values may be taken from there.

    Given to `qfusion_core.open_backend` as ``run``. With a verb, its calls are numbered, and those
    of an earlier process are gone on with, or taken again when they are finished::

        with Measurement("runs/wine", "study", "first ten rows", approve=True) as measurement:
            device = open_backend("ibm-fez", run=measurement)
            ...

    A `with` that ends without an exception finishes it, if its first call was answered. Without
    a verb each call is measured anew, except for one that a process left unfinished.

    Args:
        run: Folder of the journal; None makes a new one in the user's state directory and logs
            where.
        verb: What is done.
        subject: To what: the same verb with another subject is another measurement.
        steps: A loop of so many steps, each with a pass forward and, where something is trained,
            one back: the whole is priced, and asked for, before its first job; of several circuits
            in a step that of each, before its own first job. What comes beyond is taken out of
            what was agreed to, and asked for once that is used up.
        again: Measure again what has been finished.
        wait: Wait for the jobs; otherwise submit and raise `JobsLeft`.
        approve: True, or a function that is called with the price before anything that costs money
            is sent, and says whether it may be spent. Without it a paid backend raises an error
            with the price, and nothing is sent.
        on_price: Called with a backend and its price before that.
        on_progress: Called after each look at the jobs.
        say: Called with a line that the user should see; logged as information if not
            given.

    Raises:
        InputError: An argument is of another kind.
    """

    def __init__(
        self,
        run: str | Path | None = None,
        verb: str | None = None,
        subject: str = "",
        *,
        steps: int | None = None,
        again: bool = False,
        wait: bool = True,
        approve: Approve = None,
        on_price: Callable[[str, Price], None] | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        say: Callable[[str], None] | None = None,
    ) -> None:
        if steps is not None and verb is None:
            raise InputError("steps: belong to a measurement with a name; give verb, too")
        require_text("verb", verb, "what is done, or None")
        if not isinstance(subject, str):  # None is found by no search: it was measured each time
            raise refused("subject", subject, "a text; empty for nothing")
        require_switches(again=again, wait=wait)
        self.verb, self.subject, self.again, self.steps = verb, subject, again, steps
        self.wait, self.on_progress = wait, called("on_progress", on_progress)
        self.approval = Approval(approve, on_price)
        self.say = say or logging.getLogger(TOLD).info
        self._run = None if run is None else expanded(run, "run")
        self._unused: set[str] = set()
        self._over = False
        self._open: dict[MeasurementIdentity, CallId] = {}
        self._told: set[MeasurementIdentity] = set()
        self._turn = threading.RLock()  # somebody who is asked may call a device himself
        # by earlier releases
        self._left: dict[MeasurementIdentity, dict[str, MeasurementIdentity]] = {}

    @classmethod
    def of(cls, run: str | Path | Measurement | None, approve: Approve = None) -> Measurement:
        """What ``open_backend(run=..., approve=...)`` means.

        Raises:
            InputError: ``approve`` beside a measurement, which has its own.
        """
        if not isinstance(run, Measurement):
            return cls(run, approve=approve)
        if approve is not None:
            raise InputError("approve: run is a Measurement; give approve to that")
        return run

    @cached_property
    def folder(self) -> Path:
        """Where the journal is."""
        if self._run is not None:
            folder = self._run
        else:
            name = f"{datetime.now(UTC):%Y-%m-%d}-{secrets.token_hex(4)}"
            folder = state_folder() / name
            logging.getLogger(TOLD).warning(
                "no run folder is given: the journal of remote jobs is in %s", folder
            )
        try:
            if self._run is None:
                state_folder(create=True)
            folder.mkdir(parents=True, exist_ok=True, mode=0o777 if self._run else 0o700)
        except OSError as error:
            raise InputError(
                f"{folder}: cannot write a journal there ({error.strerror}); give another run"
            ) from None
        return folder

    @cached_property
    def journal(self) -> Journal:
        """The journal of the folder."""
        return Journal(self.folder)

    def unused(self, backend: str) -> None:
        """Say, once, that a backend of this machine writes nothing into the folder."""
        if self._run is not None and backend not in self._unused:
            self._unused.add(backend)
            note(
                f"backend {backend!r} runs on this machine: it costs nothing, and nothing of it is "
                f"written into {self._run}"
            )

    def command(self, action: str, *words: str) -> str:
        """A command on the jobs of the run, to be copied into a shell."""
        return shell_command("jobs", action, self.folder, *words)

    @property
    def ids(self) -> dict[str, str]:
        """Id of the measurement on each backend that was asked, for provenance."""
        return {about.backend: call_id.measurement for about, call_id in self._open.items()}

    @property
    def adopted(self) -> str:
        """What is to be said of its values where any came with an adopted journal; else nothing."""
        ids = self.ids.values()
        return NOT_OURS if any(self.journal.adopted(name) for name in ids) else ""

    def turn(self) -> AbstractContextManager[object]:
        """Threads take turns: a call has the number after that of the last one that was answered.

        Without a verb each call is a measurement of its own, and waits for nobody.
        """
        return nullcontext() if self.verb is None else self._turn

    def at(self, about: MeasurementIdentity, call: Call, digests: Sequence[str] = ()) -> CallId:
        """Place of the call that is made now; its measurement is written if it was not.

        Args:
            about: What is measured.
            call: Of it.
            digests: By which an earlier release's measurement of it is recognised, too.
        """
        if (place := self.begun(about, call, digests)) is not None:
            return place
        if self.verb is None:
            return CallId(self.journal.take_up(about, call), 0)
        before = last_measurement(self.journal, about, digests or (about.options,))
        if before is not None and self.again and unreadable(self.journal, before):
            self.journal.set_state(before.id, "forgotten")
            self.say(f"measurement {before.id} is given up: a result of it cannot be read")
        self._open[about] = CallId(self.journal.open(about, again=self.again), 0)
        return self._open[about]

    def begun(
        self, about: MeasurementIdentity, call: Call, digests: Sequence[str] = ()
    ) -> CallId | None:
        """As `at`, but writes nothing: None where a new measurement is to begin.

        Who asks for money looks here first, so that nothing is left of what is refused. What else
        is open is said now: it may be a reason to refuse.

        Raises:
            InputError: Its ``with`` has ended.
        """
        if self._over:
            raise InputError(
                f"measurement {self.verb!r} is over: its `with` has ended; make the call within "
                "it, or open another one"
            )
        if self.verb is None:
            if about not in self._left:  # none is added: new ones are written with new digests
                self._left[about] = left_open(self.journal, about, digests)
            written = written_as(self.journal, about, self._left[about], call)
            left = self.journal.left(written, call)
            return None if left is None else CallId(left, 0)
        if about not in self._open:
            before = last_measurement(self.journal, about, digests or (about.options,))
            done = before is not None and self.again and before.state != "open"
            if before is None or done or (self.again and unreadable(self.journal, before)):
                self._say_beside(about)
                return None
            self._open[about] = CallId(before.id, 0)
        return self._open[about]

    def _say_beside(self, about: MeasurementIdentity) -> None:
        if about not in self._told:
            self._told.add(about)
            for line in beside(self.journal, about, self.ids.values()):
                self.say(f"{line}: `{self.command('list')}` shows it")

    def answered(self, about: MeasurementIdentity, call_id: CallId) -> None:
        """The call has its values: the next one has the next number."""
        if self.verb is None:
            self.journal.set_state(call_id.measurement, "finished")
        else:
            self._open[about] = CallId(call_id.measurement, call_id.number + 1)

    def __enter__(self) -> Self:
        self._over = False
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self._over = self.verb is not None
        if kind is None:
            for call_id in self._open.values():
                if call_id.number:  # else its failure was caught, and the next time goes on with it
                    self.journal.set_state(call_id.measurement, "finished")
