"""A device as a list of machines has it, without an account: to plan, never to send."""

from __future__ import annotations

from typing import Any

from qfusion_braket.device_names import address_of
from qfusion_braket.machine import Cost, Limits, Machine
from qfusion_braket.options import Options
from qfusion_braket.provider_site import AwsSite
from qfusion_core import InputError, Listed


class ListedSite(AwsSite):
    """AWS is not asked.

    Where the list does not know the limits of a device's program sets, a task for each row and
    setting is planned: never fewer than will be sent.

    Args:
        options: Of the device.
        entry: Of the list.
    """

    def __init__(self, options: Options, entry: Listed) -> None:
        super().__init__(options, None)
        facts = entry.facts
        limits = (facts.circuits_per_job, facts.shots_per_job)
        sets = Limits(limits[0], limits[1]) if limits[0] and limits[1] else None
        assert options.device is not None
        self._machine = self._single(
            Machine(
                name=address_of(options.device, options.region).short,
                qubits=facts.qubits,
                shots=facts.shots,
                program_set=sets,
                cost=_cost(entry),
                simulator=facts.kind == "simulator",
            )
        )

    def _described(self) -> dict[str, Any]:
        raise InputError("braket: planned from a list of machines; AWS is not asked")


def _cost(entry: Listed) -> Cost | None:
    source = entry.price_source
    if source is None:
        return None
    shot, minute = entry.facts.usd_per_shot, entry.facts.usd_per_minute
    if shot is not None:
        return Cost(shot, "shot", source.date, source)
    return None if minute is None else Cost(minute, "minute", source.date, source)
