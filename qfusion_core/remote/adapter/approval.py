"""The user's word on what a process may spend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from qfusion_core.config.arguments import called, refused
from qfusion_core.errors import InputError
from qfusion_core.remote.journal.rows.parsed_rows import MeasurementIdentity
from qfusion_core.remote.journal.rows.records import CallId, PlannedJob
from qfusion_core.remote.money.price import Price

NOTHING_SENT = "nothing of it was sent"
Approve = Callable[[Price], object] | bool | None


@dataclass
class Agreement:
    """To one call, in this process.

    Attributes:
        most: What its jobs may cost together.
        jobs: Those that were looked at, by key, and what each costs.
    """

    most: Price = field(default_factory=lambda: Price.total([]))
    jobs: dict[str, Price] = field(default_factory=dict)


class Kind(NamedTuple):
    """What calls of a loop have in common, their angles left open.

    Attributes:
        about: What measures them.
        circuit: Digest of the template.
        observables: Pauli words.
    """

    about: MeasurementIdentity
    circuit: str
    observables: tuple[str, ...]


class Approval:
    """Of one process, for one measurement.

    Attributes:
        approve: Called with a price, and returns True if it may be spent; True agrees to every
            price. None or False: nothing that costs money is sent.
        on_price: Called with the name of a backend and its price before that.
        agreed: So far, by call.
        foreseen: Of a loop: the jobs of each pass of a step, by what is asked.
        ahead: What was agreed to for all steps of these, together; None: nothing.
        used: Of that.
    """

    def __init__(
        self,
        approve: Approve = None,
        on_price: Callable[[str, Price], None] | None = None,
    ) -> None:
        if not (approve is None or isinstance(approve, bool | np.bool_) or callable(approve)):
            raise refused("approve", approve, "True, False, None, or a function of the price")
        self.approve, self.on_price = approve, called("on_price", on_price)
        self.agreed: dict[CallId, Agreement] = {}
        self.foreseen: dict[Kind, list[list[PlannedJob]]] = {}
        self.ahead: Price | None = None
        self.used = Price.total([])

    def of(self, call_id: CallId) -> Agreement:
        """What was agreed to for a call."""
        return self.agreed.setdefault(call_id, Agreement())

    def covers(self, price: Price) -> bool:
        """Take a price out of what was agreed to ahead, if it still is in there."""
        if self.ahead is None or not (self.used + price).within(self.ahead):
            return False
        self.used += price
        return True

    def require(
        self, backend: str, price: Price, way_out: str = "", unsent: str = NOTHING_SENT
    ) -> None:
        """Ask.

        Args:
            backend: Its name.
            price: What may be spent.
            way_out: What else can be done, for the error.
            unsent: What is known of it, for the error.

        Raises:
            InputError: Nobody agreed; says how to, and ``way_out``.
        """
        answer = self.approve(price) if callable(self.approve) else self.approve
        # nothing that is merely true, such as "no"
        if not isinstance(answer, bool | np.bool_) or not answer:
            raise InputError(
                f"{backend} costs money ({price}); {unsent} (in Python: approve=True); add --yes "
                f"to agree{way_out}"
            )
