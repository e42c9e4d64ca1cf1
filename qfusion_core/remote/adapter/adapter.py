"""What a vendor's adapter writes: plan, price, submit, find, status, fetch, cancel, preflight."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, ClassVar, final

from pydantic import SecretStr
from torch import Tensor

from qfusion_core import options as base
from qfusion_core.circuits.circuit import Circuit
from qfusion_core.errors import InputError, QfusionError
from qfusion_core.interfaces.device import BlackBoxDevice
from qfusion_core.remote.adapter.allowance import Allowance, allowance
from qfusion_core.remote.adapter.binding import Binding
from qfusion_core.remote.machine.job import Charge, Finding, Job, JobStatus, Result
from qfusion_core.remote.machine.known_machine import KnownMachine
from qfusion_core.remote.money.price import Price
from qfusion_core.remote.options import RemoteOptions


class Adapter(KnownMachine, BlackBoxDevice, ABC):
    """A machine at a provider, as its vendor's plugin speaks to it; base of `RemoteDevice`.

    An adapter writes eight methods. It raises `Transient` for a fault that passes, `Refused` for
    one that does not, and `SubmitUncertain` from `submit` where a request went out and no clear
    reply came back; its SDK's own retries of a submission must be off. It never waits for a job.

    Attributes:
        paid: Whether its jobs cost money or a quota: then a budget is required, and a verb asks.
        local: Whether it runs in this process, as a snapshot of a machine does: there is nothing
            to lose, so no journal is kept and nobody is asked.
        max_pending: Most unfinished jobs that the provider takes at once; None for no limit.
        tells_unknown: Whether `status` says ``unknown`` of a job that the provider does not know.
            Where it says ``failed``, as adapters did before, a failed job is looked for by its key
            before it is sent anew.
        mitigates: Whether values may leave -1 to 1, as mitigated ones do: else such are refused.
        says_when_it_posts: Whether `submit` calls `before_post` right before the request that may
            buy; otherwise it counts as sent when `submit` is called.
        before_post: Set by the core. It notes that the job goes out now, with the body of the
            request if it is given, and raises where that must not be: another process has taken
            it over.
        options, credentials: As given.
        bound: Set by `open_backend`.
    """

    Options: ClassVar[type[base.Options]] = RemoteOptions
    paid: bool = True
    local: bool = False
    rows_per_call: int | None = None  # it splits, so that a queue is waited for once
    max_pending: int | None = None
    tells_unknown: ClassVar[bool] = False
    mitigates: bool = False
    says_when_it_posts: ClassVar[bool] = False
    before_post: Callable[..., None] = staticmethod(lambda request=b"": None)
    bound: Binding
    options: RemoteOptions
    credentials: base.Credentials | None

    def __init__(self, options: base.Options, credentials: base.Credentials | None = None) -> None:
        """Keep options and credentials; an adapter that adds to this calls it first."""
        if not isinstance(options, RemoteOptions):
            raise QfusionError(
                f"device {self.name!r}: expected options of a subclass of RemoteOptions, got "
                f"{type(options).__name__}; derive {type(self).__name__}.Options from it: this is "
                "a fault of the device's plugin"
            )
        self.options, self.credentials = options, credentials
        self.bound = Binding(self.name)

    @abstractmethod
    def plan(self, circuit: Circuit, angles: Tensor, observables: Sequence[str]) -> list[Job]:
        """Cut a call into jobs within the provider's limits: one where one will do.

        Sends nothing that costs anything, and gives the same jobs for the same call as long as the
        machine stays what it is: it may look at it, for limits and gates. `qfusion_core.tiles`
        cuts.

        Args:
            circuit: The template: the same for all rows.
            angles: ``[rows, n_angles]`` in radians, one column per rotation gate, by position.
            observables: Pauli words, one letter per wire, wire 0 first.
        """

    @abstractmethod
    def price(self, job: Job) -> Price:
        """What a job costs, as a range, with the source of each price and its date. Pure."""

    @abstractmethod
    def submit(self, job: Job, key: str) -> str:
        """Send a job and return the provider's id, within ten minutes and without waiting for it.

        Args:
            job: A job of `plan`, perhaps read back from the journal by another process.
            key: Unique to this job: to be sent as its idempotency token and as a tag.

        Raises:
            Transient: The provider surely took nothing, and may the next time.
            SubmitUncertain: It may have taken it.
            Refused: It took nothing, and would not.
        """

    @abstractmethod
    def find(self, key: str) -> str | None:
        """Id of the job that was submitted under a key; None where the provider lists none."""

    @abstractmethod
    def status(self, job_id: str) -> JobStatus:
        """How a job is; a job that the provider does not know is ``unknown``."""

    @abstractmethod
    def fetch(self, job: Job, job_id: str) -> Result:
        """Values of a job that is done, and everything that the provider returned.

        Raises:
            Transient: It cannot be read now.
            Unreadable: It is not what was asked for: with the raw data.
        """

    @abstractmethod
    def cancel(self, job_id: str) -> None:
        """Ask the provider to cancel a job; one that is done already is no error."""

    @abstractmethod
    def preflight(self) -> list[Finding]:
        """Credentials, region, status, qubits, shot limits, queue: whatever can be asked free.

        A finding that failed, or says that the machine is away, keeps a pool from sending anything
        to it, and the length of the queue (``Finding.waiting``) can decide how much.
        """

    def client(self) -> str:
        """The vendor's client that sends, with its version, for the journal; empty if untold."""
        return ""

    def ask(self, job: Job, again: Callable[..., Any]) -> Price:
        """What the provider itself says that a job would take, without running it and for nothing.

        Args:
            job: Of `plan`.
            again: Calls a request, again where it fails with what passes.

        Raises:
            InputError: It offers no such thing.
            RemoteError: It does not answer, or refuses.
        """
        raise InputError(
            f"{self.bound.backend}: its provider tells no price of a job in advance; leave out "
            "--ask"
        )

    def charged(self, job_id: str) -> Charge | None:
        """What was taken for a job that failed or was cancelled; None: nothing, or not told.

        Without it nothing stays reserved for such a job, though a part of it may have been run.
        """
        return None

    def account(self) -> str | None:
        """Whose jobs they are: a short name of the account or instance, no secret; None: not told.

        It is kept with each job, so that nobody looks for it, or sends it again, elsewhere.
        """
        return None

    def secrets(self) -> Iterable[str]:
        """What never appears in an error or in the journal, as it is now: also what was refreshed.

        Asks nobody.
        """
        values = [value for _, value in self.credentials or ()]
        return [value.get_secret_value() for value in values if isinstance(value, SecretStr)]

    @final
    def allowance(self, job: Job) -> Allowance:
        """Dollars and QPU seconds that the budget leaves to a job; None where no limit is set."""
        return allowance(self.bound, self.price(job))

    def close(self, opened: str) -> None:
        """Close what an earlier process has `opened`; what is closed already is no error."""

    @final
    def opened(self, name: str) -> Callable[[], None]:
        """Write down what stays open at the provider, such as a session, until it is closed.

        Whoever comes next to the journal closes it, if this process cannot.

        Returns:
            To be called when it is closed. It does not hold the device.
        """
        opened = self.bound.measurement.journal.opened
        opened.note(name, self.bound.backend, self.account(), self.options.lease_seconds)
        return partial(opened.closed, name)

    @classmethod
    def runs_here(cls, options: base.Options) -> bool:
        """See `qfusion_core.Device`: an adapter that has a local mode says with which options."""
        return False
