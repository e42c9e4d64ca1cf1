"""How a verb deals with remote machines: what it may spend, whether it waits, whom it tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qfusion_core.config.arguments import called, refused, require_switches
from qfusion_core.errors import InputError
from qfusion_core.remote.errors import JobsLeft

if TYPE_CHECKING:
    from qfusion_core.remote.adapter.approval import Approve
    from qfusion_core.remote.adapter.measurement import Measurement
    from qfusion_core.remote.adapter.progress import Progress
    from qfusion_core.remote.money.price import Price


@dataclass(frozen=True)
class JobOptions:
    """Of a verb whose backend may be a remote machine; a device on this machine has no use for it.

    Attributes:
        approve: What may be spent; see `qfusion_core.open_backend`. Without it a backend that costs
            money raises an error with the price.
        again: Measure again what has been measured.
        wait: Wait for the jobs; otherwise they are submitted, and `qfusion_core.JobsLeft` is
            raised.
        on_price: Called with a backend and its price before anything is sent; None for nobody.
        on_progress: Called after each look at the jobs; None for nobody.
        say: Called with a line that the user should see; logged as information if not
            given.
    """

    approve: Approve = None
    again: bool = False
    wait: bool = True
    on_price: Callable[[str, Price], None] | None = None
    on_progress: Callable[[Progress], None] | None = None
    say: Callable[[str], None] | None = None

    def __post_init__(self) -> None:
        """Refuse what is of another kind.

        Raises:
            InputError: Names it.
        """
        require_switches(again=self.again, wait=self.wait)
        for name in ("on_price", "on_progress", "say"):
            called(name, getattr(self, name))

    @classmethod
    def of(cls, jobs: Any) -> JobOptions:
        """What a verb is given as ``jobs``; None for nothing said.

        Raises:
            InputError: It is of another kind.
        """
        if jobs is not None and not isinstance(jobs, cls):
            raise refused("jobs", jobs, "qfusion_core.JobOptions(...), or None")
        return jobs or cls()

    @contextmanager
    def measurement(self, run: str | Path, verb: str, subject: str) -> Iterator[Measurement]:
        """The measurement of a verb, for devices that turn out to be remote.

        Args:
            run: Folder of the run, with the journal.
            verb: What is done.
            subject: To what; see `Measurement`.

        Raises:
            JobsLeft: As asked, nobody waits; ``measurements`` has their ids by backend.
        """
        try:
            with self._measurement(run, verb, subject, again=self.again) as measurement:
                yield measurement
                if measurement.adopted:
                    measurement.say(f"values of this measurement: {measurement.adopted}")
        except JobsLeft as left:
            left.measurements = measurement.ids
            raise

    def paying(self, run: str | Path) -> Measurement:
        """A measurement of a verb that takes no value from the journal."""
        return self._measurement(run)

    def _measurement(
        self, run: str | Path, verb: str | None = None, subject: str = "", *, again: bool = False
    ) -> Measurement:
        from qfusion_core.remote.adapter.measurement import Measurement

        return Measurement(
            run,
            verb,
            subject,
            again=again,
            wait=self.wait,
            approve=self.approve,
            on_price=self.on_price,
            on_progress=self.on_progress,
            say=self.say,
        )

    def require_waiting(self, what: str) -> None:
        """Refuse what has no meaning where each value decides what is asked next.

        Raises:
            InputError: ``wait=False`` or ``again=True``.
        """
        self.refuse_again(what)
        if not self.wait:
            raise InputError(
                f"jobs: wait=False: {what} waits for its values, the next job depends on them; "
                "leave it out"
            )

    def refuse_again(self, what: str) -> None:
        """Refuse ``again`` where no value is taken from the journal.

        Raises:
            InputError: It is given.
        """
        if self.again:
            raise InputError(
                f"jobs: again=True: {what} takes no value that was measured before; leave it out"
            )
