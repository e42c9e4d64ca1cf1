"""The PennyLane device ``qfusion``: any backend of ``backends.yaml`` under a QNode."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pennylane as qml
from pennylane.devices import Device, ExecutionConfig
from pennylane.devices.modifiers import simulator_tracking, single_tape_support
from pennylane.exceptions import DeviceError
from pennylane.tape import QuantumScript
from pennylane.transforms.core import CompilePipeline

from qfusion_core.config.arguments import refused
from qfusion_core.doors.pennylane.backend import DoorBackend
from qfusion_core.doors.pennylane.batch import Batch
from qfusion_core.doors.pennylane.differentiation import (
    is_differentiated,
    plain_torch,
    refuse_second_derivatives,
    with_gradient_mode,
)
from qfusion_core.doors.pennylane.executions import executions
from qfusion_core.doors.pennylane.preprocessing import pipeline
from qfusion_core.doors.pennylane.tapes import template_of
from qfusion_core.errors import InputError
from qfusion_core.remote.adapter.approval import Approve
from qfusion_core.remote.adapter.measurement import Measurement
from qfusion_core.remote.planning.estimate import Estimate
from qfusion_core.workflows.limits import whole

_DEVICE = ("device", "best")


@simulator_tracking
@single_tape_support
class QfusionDevice(Device):
    """A backend as a PennyLane device.

    Tapes of one structure, and the rows of a broadcast tape, are rows of angles of one template:
    one job, or as few as the provider's limits allow. Gradients are the device's own
    (``diff_method="best"`` or ``"device"``): exact on a simulator, by parameter shift in one more
    call on all else. Values and gradients are float64.

    Args:
        wires: Their number, or their labels; None: those of each tape.
        shots: For QNodes that set none; None: as the backend has it.
        backend: Name in ``backends.yaml``; None for its default.
        backends_file: Instead of the file that is found.
        run: As of `qfusion_core.open_backend`: where jobs are written down.
        approve: As of `qfusion_core.open_backend`; None: somebody at a terminal is asked.
    """

    def __init__(
        self,
        wires: int | Iterable[Hashable] | None = None,
        shots: int | None = None,
        *,
        backend: str | None = None,
        backends_file: str | Path | None = None,
        run: str | Path | Measurement | None = None,
        approve: Approve = None,
    ) -> None:
        super().__init__(wires=_wires(wires), shots=shots)
        self.backend = DoorBackend.open(backend, backends_file, run, approve)
        self._template = lru_cache(maxsize=256)(template_of)

    @property
    def name(self) -> str:
        """As in ``qml.device``."""
        return "qfusion"

    def supports_derivatives(
        self,
        execution_config: ExecutionConfig | None = None,
        circuit: QuantumScript | None = None,
    ) -> bool:
        """First ones, of what is no sample; of higher ones PennyLane's parameter shift has them."""
        if execution_config is None:
            return True
        if execution_config.gradient_method not in _DEVICE:
            return False
        order: int = execution_config.derivative_order
        return order <= 1

    def supports_vjp(
        self,
        execution_config: ExecutionConfig | None = None,
        circuit: QuantumScript | None = None,
    ) -> bool:
        """As `supports_derivatives`."""
        return self.supports_derivatives(execution_config, circuit)

    def setup_execution_config(
        self, config: ExecutionConfig | None = None, circuit: QuantumScript | None = None
    ) -> ExecutionConfig:
        """Gradients by products with cotangents, where they are the device's own."""
        config = with_gradient_mode(config or ExecutionConfig())
        method = config.mcm_config.mcm_method
        if method not in (None, "deferred"):
            raise DeviceError(
                f"mcm_method {str(method)!r} is not supported by qfusion over backend "
                f"{self.backend.name!r}; 'deferred' is"
            )
        if not self.supports_derivatives(config):
            return config
        return replace(
            config,
            gradient_method="device",
            use_device_gradient=True,
            use_device_jacobian_product=True,
            grad_on_execution=False,
        )

    def preprocess_transforms(
        self, execution_config: ExecutionConfig | None = None
    ) -> CompilePipeline:
        """See `qfusion_core.doors.pennylane.preprocessing`."""
        config = execution_config or ExecutionConfig()
        deferred = config.mcm_config.mcm_method == "deferred"
        return pipeline(self.wires, self.backend.name, deferred=deferred)

    def execute(
        self,
        circuits: Sequence[QuantumScript],
        execution_config: ExecutionConfig | None = None,
    ) -> tuple[Any, ...]:
        """Results of tapes: NumPy's float64, as PennyLane wants them nested."""
        config = execution_config or ExecutionConfig()
        differentiated = is_differentiated(config)
        if differentiated and not config.use_device_gradient:
            self.backend.refuse_steps(circuits, config.gradient_method)
        with plain_torch():
            trained = differentiated and bool(config.use_device_gradient)
            return self._batch(circuits).results(trained=trained)

    def compute_vjp(
        self,
        circuits: Sequence[QuantumScript],
        cotangents: Sequence[Any],
        execution_config: ExecutionConfig | None = None,
    ) -> tuple[Any, ...]:
        """Products of cotangents with the derivatives by trainable parameters.

        Raises:
            QuantumFunctionError: A second derivative: this one would be taken for a constant.
        """
        refuse_second_derivatives(execution_config)
        with plain_torch():
            return self._batch(circuits).products(cotangents)

    def compute_derivatives(
        self,
        circuits: Sequence[QuantumScript],
        execution_config: ExecutionConfig | None = None,
    ) -> tuple[Any, ...]:
        """Whole Jacobians, which jax.jit asks for.

        Raises:
            QuantumFunctionError: A second derivative.
        """
        refuse_second_derivatives(execution_config)
        with plain_torch():
            return self._batch(circuits).jacobians()

    def estimate(
        self, qnode: qml.QNode, *, gradients: bool = True, steps: int = 1
    ) -> Callable[..., Estimate]:
        """What a QNode over this device would take; nothing is sent.

        Args:
            qnode: The QNode.
            gradients: Whether derivatives will be asked for: by the arguments that require them,
                or by all where none is marked, as those of jax never are.
            steps: How many times both.

        Returns:
            To be called with the QNode's arguments: jobs, price and facts of the whole; no jobs
            and no price on a backend that runs on this machine.

        Raises:
            InputError: It is no QNode of this device; no steps.
        """
        if not isinstance(qnode, qml.QNode):
            got = f"got {type(qnode).__name__}"
            raise InputError(f"estimate: expected a QNode, {got}; wrap it: qml.QNode(f, device)")
        if qnode.device is not self:
            raise InputError(
                "estimate: the QNode is of another device; ask that one, or make it anew with this"
            )
        steps = whole("steps", steps, 1)

        def _estimate(*arguments: Any, **named: Any) -> Estimate:
            batches = executions(
                qnode,
                arguments,
                named,
                lambda config, tapes: self.preprocess_transforms(config)(tapes)[0],
                gradients=gradients,
                differentiable=self.backend.differentiable,
            )
            jobs = [job for tapes, own in batches for job in self._batch(tapes).plan(trained=own)]
            return Estimate.of(jobs * steps)

        return _estimate

    def __deepcopy__(self, memo: dict[int, Any]) -> QfusionDevice:
        """Itself: copies of a layer run on the same backend, with the same journal."""
        return self

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled.

        Raises:
            TypeError: Always.
        """
        raise TypeError(
            f"a qfusion device (backend {self.backend.name!r}) does not travel to another process "
            "or file; make it there with qml.device, and keep a layer's state_dict"
        )

    def _batch(self, circuits: Sequence[QuantumScript]) -> Batch:
        return Batch(circuits, tuple(self.wires or ()), self._template, self.backend)


def _wires(wires: int | Iterable[Hashable] | None) -> int | list[Hashable] | None:
    """Their number, or their labels: PennyLane takes a number below 1 for no wire."""
    match wires:
        case None:
            return None
        case str():
            return [wires]
        case int() | np.integer() if wires > 0 and not isinstance(wires, bool):
            return int(wires)
        case Iterable() if labels := list(wires):
            return labels
    raise refused("wires", wires, "their number, 1 or more, their labels, or None")
