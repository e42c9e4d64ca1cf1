"""Qiskit's estimator over any backend: what is written for an estimator runs on every machine."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
import torch
from qiskit.primitives import (  # noqa: TID253 (its base class; who asks for it has Qiskit)
    BaseEstimatorV2,
    DataBin,
    EstimatorPubLike,
    PrimitiveJob,
    PrimitiveResult,
    PubResult,
)
from qiskit.primitives.containers.estimator_pub import EstimatorPub  # noqa: TID253
from typing_extensions import override

from qfusion_core import (
    BlackBoxDevice,
    Circuit,
    Device,
    InputError,
    Measurement,
    one_line,
    open_backend,
)
from qfusion_ibm.from_qiskit import QiskitTemplate
from qfusion_ibm.pub_rows import Place, PubRows, pauli_sum

_FINEST = 1e-7  # 1e14 shots, beyond what any takes; backends refuse more than theirs by themselves


class QfusionEstimator(BaseEstimatorV2):
    """An estimator for code that is written for Qiskit's interface.

    PUBs of one circuit are one matrix of angles and one list of words: one job, or as few as the
    provider's limits allow. A precision becomes shots, ``1 / precision**2``; 0 is for backends with
    exact values. Everything runs before `run` returns, with the journal and the budget of ``run``;
    each call is asked for by itself, whatever ``steps`` its measurement has.

    Args:
        backend: Name in ``backends.yaml``; None for its default.
        backends_file: Instead of the file that is found.
        run: As of `qfusion_core.open_backend`.
        approve: As of `qfusion_core.open_backend`.
        default_precision: Of PUBs that have none; None: the shots that the backend has.
    """

    def __init__(
        self,
        backend: str | None = None,
        *,
        backends_file: str | Path | None = None,
        run: str | Path | Measurement | None = None,
        approve: Any = None,
        default_precision: float | None = None,
    ) -> None:
        if backend is not None and not isinstance(backend, str):
            raise InputError(f"backend: expected a name in backends.yaml, or None; got {backend!r}")
        self._measurement = Measurement.of(run, approve)
        self._backend, self._file = backend, backends_file
        _shots(default_precision)  # what is no precision is said here
        self.default_precision = default_precision
        self._devices: dict[int | None, Device] = {}
        self._device(None)  # what is wrong with the entry is said here

    @override
    def run(
        self, pubs: Iterable[EstimatorPubLike], *, precision: float | None = None
    ) -> PrimitiveJob[PrimitiveResult[PubResult]]:
        """Values of PUBs; an error is raised here, not by the job's ``result``.

        Args:
            pubs: Circuits, observables, parameter values.
            precision: Of those that have none.

        Raises:
            InputError: A circuit is none of gates alone, or the backend takes no such precision.
            QfusionError: The backend cannot run it.
        """
        _shots(precision)  # before Qiskit looks at it
        precision = self.default_precision if precision is None else precision
        asked = [_coerced(number, pub, precision) for number, pub in enumerate(pubs)]
        result = PrimitiveResult(self._results(asked))
        job: PrimitiveJob[PrimitiveResult[PubResult]] = PrimitiveJob(lambda: result)
        job._submit()
        return job

    def _results(self, pubs: list[EstimatorPub]) -> list[PubResult]:
        templates: dict[int, QiskitTemplate] = {}
        groups: dict[tuple[Circuit, int | None], PubRows] = defaultdict(PubRows)
        asked = []
        for number, pub in enumerate(pubs):
            try:
                if id(pub.circuit) not in templates:
                    templates[id(pub.circuit)] = QiskitTemplate.of(pub.circuit)
                template, shots = templates[id(pub.circuit)], _shots(pub.precision)
                entries = _entries(pub, template)
            except InputError as error:
                raise InputError(f"PUB {number}: {error}") from None
            group = template.circuit, shots
            asked.append((group, groups[group].places(*entries)))
        values = {group: self._values(*group, rows) for group, rows in groups.items()}
        return [
            self._result(pub, places, values[group], group[1])
            for pub, (group, places) in zip(pubs, asked, strict=True)
        ]

    def _values(self, circuit: Circuit, shots: int | None, rows: PubRows) -> Any:
        """``[rows, words]``, measured in as few calls as the device wants."""
        if not rows.words:
            return np.zeros((len(rows.rows), 0))
        device = self._device(shots)
        angles, words = torch.from_numpy(np.stack(rows.rows)), tuple(rows.words)
        with torch.no_grad():
            parts = [
                device.expectations(circuit, part, angles.new_zeros(0), words)
                for part in device.split_rows(angles)
            ]
        return torch.cat(parts).double().numpy()

    def _device(self, shots: int | None) -> Device:
        if shots not in self._devices:
            if shots == 0:
                return self._exact()
            try:
                opened = open_backend(self._backend, self._file, run=self._measurement, shots=shots)
            except InputError as error:
                if shots is None:
                    raise
                raise InputError(f"precision, of which {shots} shots follow: {error}") from None
            if isinstance(opened, BlackBoxDevice):
                # nobody tells an estimator how many PUBs, and of how many rows, the next run has
                opened.tells_ahead = False
            self._devices[shots] = opened
        return self._devices[shots]

    def _exact(self) -> Device:
        own = self._devices[None]
        if own.shots is not None:
            raise InputError(
                f"precision: expected one above 0, such as 0.05, got 0: {own.name} has no exact "
                "values here; 0 is for backends that have them"
            )
        return own

    def _result(
        self, pub: EstimatorPub, places: list[Place], values: Any, shots: int | None
    ) -> PubResult:
        taken = self._device(shots).shots
        evs = np.array([place.value(values) for place in places]).reshape(pub.shape)
        stds = np.array([place.error(values, taken) for place in places]).reshape(pub.shape)
        metadata = {
            "target_precision": pub.precision,
            "shots": taken,
            "circuit_metadata": pub.circuit.metadata,
        }
        return PubResult(DataBin(evs=evs, stds=stds, shape=pub.shape), metadata)


def _coerced(number: int, pub: EstimatorPubLike, precision: float | None) -> EstimatorPub:
    """A PUB as Qiskit takes it; what it has to say of others is Qiskit's."""
    own = pub[3] if isinstance(pub, tuple | list) and len(pub) > 3 else None
    try:
        _shots(own)
    except InputError as error:
        raise InputError(f"PUB {number}: {error}") from None
    return EstimatorPub.coerce(pub, precision)


def _shots(precision: Any) -> int | None:
    if precision is None:
        return None
    is_number = isinstance(precision, Real) and not isinstance(precision, bool)
    if not is_number or not 0 <= precision < math.inf:
        raise InputError(
            "precision: expected a standard error such as 0.05, or 0 for exact values, got "
            f"{precision if is_number else one_line(repr(precision), 60)}"
        )
    if precision == 0:
        return 0
    if precision < _FINEST:
        raise InputError(
            f"precision: expected {_FINEST} or more, or 0 for exact values, got {precision}: no "
            "machine takes as many shots"
        )
    # 1 / sqrt(n), squared, is n but for the last bits: they are no reason for one shot more
    shots = 1 / float(precision) / float(precision)
    return max(1, math.ceil(shots * (1 - 1e-14)))


def _entries(pub: EstimatorPub, template: QiskitTemplate) -> tuple[Any, list[Mapping[str, float]]]:
    """Of each entry of a PUB, in the order of its shape: angles, and factors of words."""
    values = pub.parameter_values.as_array(pub.circuit.parameters)
    shape = pub.parameter_values.shape
    rows = template.angles(values.reshape(math.prod(shape), len(template.parameters)))
    numbers = np.arange(len(rows)).reshape(shape)
    observables = np.empty(pub.observables.shape, dtype=object)
    for index in np.ndindex(pub.observables.shape):
        observables[index] = pauli_sum(pub.observables[index])
    return (
        rows[np.broadcast_to(numbers, pub.shape).reshape(-1)],
        list(np.broadcast_to(observables, pub.shape).reshape(-1)),
    )
