"""Prices of tasks: what the device states, and for the rest a file that the user can override."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

from pydantic import Field

import qfusion_core
from qfusion_braket.machine import Machine
from qfusion_core import (
    InputError,
    Job,
    ListedPrice,
    Price,
    PriceSource,
    PriceSpan,
    Range,
    read_prices,
)

_PACKAGED = Path(__file__).with_name("prices.yaml")


class PriceList(qfusion_core.Options):
    """What `prices.yaml` holds; the file says what each is."""

    usd_per_task: float = Field(ge=0, description="on a QPU")
    usd_per_shot: dict[str, Annotated[float, Field(ge=0)]] = Field(
        description="by short name of the device"
    )
    simulator_seconds: PriceSpan
    gates_per_second: float = Field(gt=0, description="on one amplitude")
    source: str
    date: str

    @classmethod
    def read(cls) -> PriceList:
        """The packaged list, or the user's."""
        return read_prices(cls, _PACKAGED, "braket")

    def price(self, machine: Machine, job: Job, shots: int | None) -> Price:
        """Of one task.

        Args:
            machine: Where it runs.
            job: Of the plan.
            shots: Of each execution.
        """
        executions = job.shape[0] * job.facts["settings"]
        total = executions * (shots or 0)
        sources: list[PriceSource] = [ListedPrice(self.source, self.date)]
        if machine.cost is not None and not 0 <= machine.cost.price < math.inf:
            raise InputError(
                f"braket: {machine.name} states a price of {machine.cost.price:g} USD, which is no "
                "amount; nothing was sent; save its properties anew, or ask again later"
            )
        if machine.cost is not None:
            itself = PriceSource(f"{machine.name} itself", machine.cost.date)
            sources.insert(0, machine.cost.source or itself)
        if machine.simulator:
            seconds = self._seconds(job)
            usd = None
            if machine.cost is not None and machine.cost.unit == "minute":
                usd = Range(*(machine.cost.price / 60 * bound for bound in seconds))
            return Price(executions, total, 1, Range(0, 0), usd, tuple(sources) if usd else ())
        shot = self.usd_per_shot.get(machine.name)
        if shot is not None and machine.cost is not None and machine.cost.unit == "shot":
            if shot < machine.cost.price:
                other = "the device" if machine.cost.source is None else "the list"
                note = f"your file says {shot:g} USD for a shot, {other} {machine.cost.price:g}"
                sources.insert(0, PriceSource(note, machine.cost.date))
        if shot is None and machine.cost is not None and machine.cost.unit == "shot":
            shot = machine.cost.price
        if shot is None:
            return Price(executions, total)
        cost = self.usd_per_task + total * shot
        return Price(executions, total, 1, None, Range(cost, cost), tuple(sources))

    def billed(self, machine: Machine, seconds: float) -> float | None:
        """US dollars for a simulation that took so long."""
        if machine.cost is None or machine.cost.unit != "minute":
            return None
        return machine.cost.price / 60 * max(seconds, self.simulator_seconds.low)

    def _seconds(self, job: Job) -> Range:
        low, high = self.simulator_seconds.low, self.simulator_seconds.high
        work = len(job.circuit.gates) * 2.0**job.circuit.n_wires / self.gates_per_second
        return Range(low, high + work)
