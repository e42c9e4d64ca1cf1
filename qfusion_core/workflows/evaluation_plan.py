"""The jobs of an evaluation, or of another verb, on one device: planned and not sent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import torch

from qfusion_core.data.split import Part
from qfusion_core.errors import InputError
from qfusion_core.interfaces.device import Device
from qfusion_core.model.circuit_encoder import CircuitEncoder
from qfusion_core.model.classifier import FusionClassifier
from qfusion_core.remote.journal.measurement_lookup import RecordedMeasurement, last_measurement
from qfusion_core.remote.journal.rows.parsed_rows import MeasurementIdentity
from qfusion_core.remote.journal.rows.records import PlannedJob
from qfusion_core.remote.machine.job import Call
from qfusion_core.remote.planning.estimate import BudgetCheck, check_budget, plan_of
from qfusion_core.remote.planning.queued_device import QueuedDevice, as_queue
from qfusion_core.workflows.distilling import Distilling


class EvaluationPlan(NamedTuple):
    """What would be sent, and what stands in its way.

    Attributes:
        device: It is planned for.
        jobs: Of one machine, or of the members of a pool.
        budgets: What the budget of each backend that has one says.
        before: The measurement that there is of these rows, if there is one.
        width: Qubits of the circuit, and wires of its widest light cone, in words.
    """

    device: QueuedDevice
    jobs: list[PlannedJob]
    budgets: Mapping[str, BudgetCheck]
    before: RecordedMeasurement | None
    width: str

    @classmethod
    def of(
        cls,
        run: Path,
        backend: str,
        model: FusionClassifier,
        part: Part,
        subject: str,
        device: Device,
    ) -> EvaluationPlan:
        """Plan the rows of a part.

        Args:
            run: Folder of the model.
            backend: Name of the device's.
            model: It is attached to the device.
            part: Rows.
            subject: What the journal calls them.
            device: That is planned for.

        Raises:
            InputError: The device runs on this machine, or the model has no circuit.
        """
        encoder, queue = model.quantum, _queue(device, backend)
        model.attach(device)
        if not isinstance(encoder, CircuitEncoder):
            raise InputError(f"{run}: the model has no circuit, so nothing is sent to {backend!r}")
        _, x_q = model.preprocess(torch.from_numpy(part.x))
        jobs = plan_of(queue, encoder, x_q)
        return cls._written(queue, backend, "evaluate", subject, jobs, encoder)

    @classmethod
    def of_distilling(cls, work: Distilling, backend: str, device: Device) -> EvaluationPlan:
        """Plan the rows of a surrogate.

        Args:
            work: What would be measured.
            backend: Name of the device's.
            device: That is planned for.

        Raises:
            InputError: The device runs on this machine.
        """
        queue, encoder = as_queue(device), work.encoder
        if queue is None:
            raise InputError(
                f"backend {backend!r} runs on this machine, where distil costs nothing but time: "
                f"{work}"
            )
        encoder.device = device
        angles = encoder.traced.angles(work.rows.data, encoder.weights.detach().flatten())
        jobs = queue.assign(Call.of(encoder.traced, angles, encoder.observables))
        return cls._written(queue, backend, "distil", work.subject, jobs, encoder)

    @classmethod
    def _written(
        cls,
        queue: QueuedDevice,
        backend: str,
        verb: str,
        subject: str,
        jobs: list[PlannedJob],
        encoder: CircuitEncoder,
    ) -> EvaluationPlan:
        digests = queue.values_digests()
        identity = MeasurementIdentity(verb, subject, backend, queue.name, digests[0])
        before = last_measurement(queue.bound.measurement.journal, identity, digests)
        width = encoder.traced.width(encoder.observables)
        return cls(queue, jobs, check_budget(queue, jobs), before, width)


def _queue(device: Device, backend: str) -> QueuedDevice:
    queue = as_queue(device)
    if queue is None:
        raise InputError(f"backend {backend!r} runs on this machine; it costs nothing but time")
    return queue
