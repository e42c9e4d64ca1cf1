"""The pool: one call, several backends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from qfusion_core.calibration.store import Calibration
from qfusion_core.circuits.circuit import Circuit
from qfusion_core.noise_parameters import NoiseParameters
from qfusion_core.plugin.reserved import POOL
from qfusion_core.pool.apportion import Region, ranges
from qfusion_core.pool.options import PoolOptions
from qfusion_core.pool.planner import PoolPlanner
from qfusion_core.remote.adapter.binding import Binding
from qfusion_core.remote.device import RemoteDevice
from qfusion_core.remote.execution.foresight import foresee
from qfusion_core.remote.execution.run_call import evaluate
from qfusion_core.remote.journal.rows.records import JobRecord, PlannedJob
from qfusion_core.remote.machine.job import Call
from qfusion_core.remote.money.price import Price
from qfusion_core.remote.planning.queued_device import Origin, QueuedDevice


class Pool(QueuedDevice):
    """Shares the rows of a call between its members; see `PoolOptions` and `PoolPlanner`.

    Values are corrected by each member's calibration before they are put together. It is not
    differentiated: the two halves of a parameter shift would come from different machines.

    Args:
        options: Of the pool.
        members: Open and bound, in the order of the options.
        absent: Why the others could not be opened.
        digests: See `values_digests`.
        bound: Name of the pool, and the measurement, which is the members', too.

    Attributes:
        corrections: Calibrations of members, by name; those of others are raw.
        origins: Where the values of the last call come from.
    """

    name = POOL
    shiftable = False

    def __init__(
        self,
        options: PoolOptions,
        members: Mapping[str, RemoteDevice],
        absent: Mapping[str, str],
        digests: tuple[str, ...],
        bound: Binding,
    ) -> None:
        self._members, self._digests = dict(members), digests
        self.absent = dict(absent)
        self.bound = bound
        devices = members.values()
        self.paid = any(device.paid for device in devices)
        self.local = all(device.local for device in devices)
        self.shots = min((device.shots for device in devices if device.shots), default=None)
        wires = [device.max_wires for device in devices if device.max_wires is not None]
        self.max_wires = max(wires) if len(wires) == len(members) else None
        self.corrections: dict[str, Calibration] = {}
        self.origins: list[Origin] = []
        self._planner = PoolPlanner(
            bound.backend,
            options.share,
            self._members,
            self.absent,
            lambda line: self.bound.measurement.say(line),
        )

    @property
    def members(self) -> Mapping[str, RemoteDevice]:
        """Those that are open."""
        return self._members

    def noise_model(self) -> NoiseParameters | None:
        """Of the first member that has one."""
        models = (device.noise_model() for device in self._members.values())
        return next((noise for noise in models if noise is not None), None)

    def assign(self, call: Call) -> list[PlannedJob]:
        """See `PoolPlanner.plan`."""
        whole = (0, len(call.angles)), tuple(range(len(call.observables)))
        return self._planner.plan(call, [whole], {})

    def replan(
        self, call: Call, records: Sequence[JobRecord], out: Mapping[str, str]
    ) -> list[PlannedJob]:
        """See `PoolPlanner.plan`."""
        return self._planner.plan(call, [(record.rows, record.columns) for record in records], out)

    def foresee(
        self, circuit: Circuit, angles: Tensor, columns: Tensor, observables: Sequence[str]
    ) -> None:
        """Ask for all steps of a measurement that has such; there is no pass back."""
        foresee(self, Call.of(circuit, angles, observables), columns[:0])

    def alone(self, call: Call, regions: Sequence[Region]) -> Mapping[str, Price]:
        """See `PoolPlanner.alone`."""
        return self._planner.alone(call, regions)

    def evaluate(self, circuit: Circuit, angles: Tensor, observables: Sequence[str]) -> Tensor:
        """Values ``[rows, n_observables]``, float64, each corrected as its member's are."""
        values, self.origins = evaluate(self, Call.of(circuit, angles, observables))
        for backend, rows, columns in self.origins:
            if (correction := self.corrections.get(backend)) is not None:
                words = [observables[column] for column in columns]
                block = values[slice(*rows), list(columns)]
                values[slice(*rows), list(columns)] = correction.applied(block, words)
        return values

    def values_digests(self) -> tuple[str, ...]:
        """Of how rows are shared, and of every member's digest."""
        return self._digests

    def shared(self) -> dict[str, list[tuple[int, int]]]:
        """Rows of the last call by member, counted from 1, as ranges with both ends."""
        rows: dict[str, set[int]] = {}
        for backend, (first, end), _ in self.origins:
            rows.setdefault(backend, set()).update(range(first + 1, end + 1))
        return {backend: ranges(numbers) for backend, numbers in rows.items()}
