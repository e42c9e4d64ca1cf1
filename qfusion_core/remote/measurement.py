"""A measurement: what a verb asks of remote machines, from its first call to its last."""

from __future__ import annotations

import logging
import secrets
import shlex
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Self

from qfusion_core.errors import InputError
from qfusion_core.remote.intents import At
from qfusion_core.remote.job import Call
from qfusion_core.remote.journal import NOT_OURS, About, Journal
from qfusion_core.remote.price import Price
from qfusion_core.storage.places import state_folder


class Progress(NamedTuple):
    """How far the jobs of a call are.

    Attributes:
        states: Number of jobs in each state: intent (not sent yet), queued, running, done.
        position: Of the first job in the queue; None where it is not told.
        seconds: Since the wait began.
    """

    backend: str
    states: Mapping[str, int]
    position: int | None
    seconds: float


class Measurement:
    """Where jobs are written down, and which values may be taken from there.

    Given to `qfusion_core.open_backend` as ``run``. With a verb, its calls are numbered, and those
    of an earlier process are gone on with, or taken again when they are finished::

        with Measurement("runs/wine", "study", "first ten rows") as measurement:
            device = open_backend("ibm-fez", run=measurement)
            ...

    A `with` that ends without an exception finishes it, if its first call was answered. Without
    a verb each call is measured anew, except for one that a process left unfinished.

    Args:
        run: Folder of the journal; None makes a new one in the user's state directory and logs
            where.
        verb: What is done.
        subject: To what: the same verb with another subject is another measurement.
        again: Measure again what has been finished.
        wait: Wait for the jobs; otherwise submit and raise `JobsLeft`.
        approve: Called with backend and price before anything that costs money is sent; raises to
            refuse.
        on_progress: Called after each look at the jobs.
        say: Called with a line that the user should see; it is logged if not given.
    """

    def __init__(
        self,
        run: str | Path | None = None,
        verb: str | None = None,
        subject: str = "",
        *,
        again: bool = False,
        wait: bool = True,
        approve: Callable[[str, Price], None] = lambda backend, price: None,
        on_progress: Callable[[Progress], None] = lambda progress: None,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self.verb, self.subject, self.again = verb, subject, again
        self.wait, self.approve, self.on_progress = wait, approve, on_progress
        self.say = say or logging.getLogger(__name__).warning
        self._run = run
        self._open: dict[About, At] = {}

    @classmethod
    def of(cls, run: str | Path | Measurement | None) -> Measurement:
        """What ``open_backend(run=...)`` means."""
        return run if isinstance(run, Measurement) else cls(run)

    @cached_property
    def folder(self) -> Path:
        """Where the journal is."""
        if self._run is not None:
            folder = Path(self._run)
        else:
            name = f"{datetime.now(UTC):%Y-%m-%d}-{secrets.token_hex(4)}"
            folder = state_folder() / name
            logging.getLogger(__name__).warning(
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

    def command(self, action: str) -> str:
        """A command on the jobs of the run, to be copied into a shell."""
        return f"qfusion jobs {action} {shlex.quote(str(self.folder))}"

    @property
    def ids(self) -> dict[str, str]:
        """Id of the measurement on each backend that was asked, for provenance."""
        return {about.backend: at.measurement for about, at in self._open.items()}

    @property
    def adopted(self) -> str:
        """What is to be said of its values where any came with an adopted journal; else nothing."""
        ids = self.ids.values()
        return NOT_OURS if any(self.journal.adopted(name) for name in ids) else ""

    def at(self, about: About, call: Call) -> At:
        """Place of the call that is made now."""
        if self.verb is None:
            return At(self.journal.take_up(about, call), 0)
        if about not in self._open:
            self._open[about] = At(self.journal.open(about, again=self.again), 0)
        return self._open[about]

    def answered(self, about: About, at: At) -> None:
        """The call has its values: the next one has the next number."""
        if self.verb is None:
            self.journal.set_state(at.measurement, "finished")
        else:
            self._open[about] = At(at.measurement, at.number + 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is None:
            for at in self._open.values():
                if at.number:  # else its failure was caught, and the next time goes on with it
                    self.journal.set_state(at.measurement, "finished")
