"""What a vendor's adapter can say of a machine without sending it a job: all of it is optional."""

from __future__ import annotations

from typing import ClassVar, Self

from qfusion_core import options as base
from qfusion_core.interfaces.device import Device
from qfusion_core.remote.machine.job import Finding
from qfusion_core.remote.machine.machine_list import Listed, MachineFacts


class KnownMachine:
    """For plans without an account, dry runs and the list of machines; a part of `Adapter`.

    Attributes:
        known_from: Where what is planned for is from, if the machine itself was not asked.
        snapshot_advice: How to come to a snapshot where there is none: a clause that ends in "; ".
    """

    known_from: str = ""
    snapshot_advice: ClassVar[str] = ""

    @classmethod
    def at_rest(cls, options: base.Options) -> list[Finding]:
        """What can be said without asking anybody, such as what an installed client cannot do."""
        return []

    def snapshot(self) -> Device | None:
        """A device on this machine with the noise of this one, for `--dry-run`.

        Its values, and the facts of its plan if it is a `RemoteDevice` with ``local`` set, are what
        this machine can be expected to give. None: there is no such snapshot. Sends nothing that
        costs anything.
        """
        return None

    @classmethod
    def offline(cls, options: base.Options) -> Self | None:
        """A device that plans and prices as this one would, from what is known of it here.

        For an estimate without an account: nothing is asked, and nothing is ever sent with it.
        None: nothing is known without asking.
        """
        return None

    @classmethod
    def listed_as(cls, options: base.Options) -> str:
        """What the list of machines calls the device of some options; empty: nothing."""
        return ""

    @classmethod
    def from_list(cls, options: base.Options, found: Listed) -> Self:
        """As `offline`, from what the list of machines says: for an adapter that has one."""
        raise NotImplementedError

    def told(self) -> MachineFacts | None:
        """What the provider tells of the machine today, for the list of machines; None: nothing.

        Raises:
            Transient: A fault that passes.
            Refused: One that does not.
        """
        return None

    def properties(self) -> bytes | None:
        """What the provider tells of the machine today, to be kept in a file; None: nothing.

        Raises:
            Transient: A fault that passes.
            Refused: One that does not.
        """
        return None
