"""What a tape goes through before it runs: what cannot be is refused, the rest is taken apart."""

from __future__ import annotations

from typing import Any

import pennylane as qml
import torch
from pennylane.devices.preprocess import (
    decompose,
    device_resolve_dynamic_wires,
    null_postprocessing,
    validate_device_wires,
)
from pennylane.exceptions import DeviceError
from pennylane.measurements import (
    CountsMP,
    DensityMatrixMP,
    ExpectationMP,
    MeasurementProcess,
    ProbabilityMP,
    SampleMeasurement,
    SampleMP,
    StateMP,
    VarianceMP,
)
from pennylane.operation import Channel, Operator
from pennylane.ops import Sum
from pennylane.ops.functions import bind_new_parameters
from pennylane.tape import QuantumScript, QuantumScriptBatch
from pennylane.transforms import split_non_commuting
from pennylane.transforms.core import CompilePipeline, transform
from pennylane.typing import PostprocessingFn

from qfusion_core.circuits.tracing.record import DROPPED, GATE_NAMES
from qfusion_core.doors.pennylane.taking_apart import parts

READ = (ExpectationMP, VarianceMP, ProbabilityMP)
_PUT_OFF = (
    'mcm_method="deferred" in the QNode, or qml.defer_measurements, puts it off to the end on a '
    "qubit more"
)


def pipeline(wires: qml.wires.Wires | None, backend: str, *, deferred: bool) -> CompilePipeline:
    """Of the device over a backend.

    Args:
        wires: Of the device; None: any.
        backend: For errors.
        deferred: Whether mid-circuit measurements are put off to the end.
    """
    made = CompilePipeline()
    if not wires:
        made.add_transform(transform(with_wires_of_the_tape))
    made.add_transform(transform(refuse_postselection), backend=backend)
    if deferred:
        made.add_transform(qml.defer_measurements, allow_postselect=False)
    made.add_transform(transform(refuse_unsupported), backend=backend)
    made.add_transform(validate_device_wires, wires=wires, name=f"qfusion over {backend!r}")
    made.add_transform(transform(in_computational_basis))
    made.add_transform(
        decompose,
        target_gates={*GATE_NAMES, *DROPPED},
        stopping_condition=is_gate,
        skip_initial_state_prep=False,
        decomposer=parts,
        device_wires=wires,
        name=f"qfusion over {backend!r}",
    )
    made.add_transform(device_resolve_dynamic_wires, wires=wires, allow_resets=False)
    made.add_transform(transform(with_angles_of_its_own))
    return made


def is_drawn(measurement: MeasurementProcess) -> bool:
    """Whether it is made of single outcomes."""
    return isinstance(measurement, SampleMeasurement) and not isinstance(measurement, READ)


def is_gate(operation: Operator) -> bool:
    """Whether it is of the gate set, or has no effect."""
    return operation.name in GATE_NAMES or operation.name in DROPPED


def with_angles_of_its_own(tape: QuantumScript) -> tuple[QuantumScriptBatch, PostprocessingFn]:
    """Copies of torch's tensors: a pass back is for the values that the pass forward had.

    Those in bfloat16, as behind a layer under autocast, in single precision: NumPy has none.
    """
    operations = [
        bind_new_parameters(gate, list(map(_copy, gate.data))) if is_gate(gate) else gate
        for gate in tape.operations
    ]
    own = tape.copy(operations=operations)
    own.trainable_params = tape.trainable_params
    return (own,), null_postprocessing


def _copy(number: Any) -> Any:
    if not isinstance(number, torch.Tensor):
        return number
    return number.float() if number.dtype == torch.bfloat16 else number.clone()


def with_wires_of_the_tape(tape: QuantumScript) -> tuple[QuantumScriptBatch, PostprocessingFn]:
    """All wires where a measurement names none, before gates are taken apart: as PennyLane orders.

    That is 0, 1, ... where these are the labels, and else as they first occur.
    """
    order = tape.wires.tolist()
    if set(order) == set(range(len(order))):
        order.sort()
    measured = [
        type(each)(wires=order, **_options(each)) if _is_of_everything(each) else each
        for each in tape.measurements
    ]
    return (tape.copy(measurements=measured),), null_postprocessing


def _is_of_everything(measurement: MeasurementProcess) -> bool:
    nameless = measurement.obs is None and measurement.mv is None and not measurement.wires
    return nameless and isinstance(measurement, (ProbabilityMP, SampleMP, CountsMP))


def refuse_postselection(
    tape: QuantumScript, backend: str
) -> tuple[QuantumScriptBatch, PostprocessingFn]:
    """Refuse what is selected by an outcome, before measurements are put off to the end.

    Raises:
        DeviceError: Names the backend, and what can.
    """
    if any(getattr(each, "postselect", None) is not None for each in tape.operations):
        raise DeviceError(
            f"postselection is not supported by qfusion over backend {backend!r}; "
            "qml.device('default.qubit') has it"
        )
    return (tape,), null_postprocessing


def refuse_unsupported(
    tape: QuantumScript, backend: str
) -> tuple[QuantumScriptBatch, PostprocessingFn]:
    """Refuse what no backend can do, by name.

    Raises:
        DeviceError: Names it, the backend, and what can.
    """
    where = f"is not supported by qfusion over backend {backend!r}"
    for operation in tape.operations:
        if operation.name.startswith(("MidMeasure", "PauliMeasure")):
            raise DeviceError(f"a mid-circuit measurement {where}: {_PUT_OFF}")
        if operation.name.startswith("Conditional"):
            raise DeviceError(f"a gate on the condition of a measurement {where}: {_PUT_OFF}")
        if isinstance(operation, Channel):
            raise DeviceError(
                f"{operation.name} {where}: noise belongs to a backend; choose a noisy one, or "
                "qml.device('default.mixed')"
            )
    for measurement in tape.measurements:
        if not isinstance(measurement, READ) and not is_drawn(measurement):
            how = "with finite shots" if tape.shots else "for analytic simulation"
            raise DeviceError(
                f"{_name(measurement)} {where} (not accepted {how}): it answers with expectation "
                "values of Pauli words; qml.device('default.qubit') has it"
            )
    return (tape,), null_postprocessing


def _name(measurement: MeasurementProcess) -> str:
    if type(measurement) is StateMP:
        return "state"
    if isinstance(measurement, DensityMatrixMP):
        return f"density_matrix(wires={measurement.wires.tolist()})"
    text = " ".join(str(measurement).split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def in_computational_basis(
    tape: QuantumScript,
) -> tuple[QuantumScriptBatch, PostprocessingFn]:
    """Where outcomes are drawn: each measurement is one of the basis states after some gates.

    Raises:
        DeviceError: Outcomes of a sum.
    """
    if not any(map(is_drawn, tape.measurements)):
        return (tape,), null_postprocessing
    for each in filter(is_drawn, tape.measurements):
        if isinstance(each.obs, Sum):
            raise DeviceError(
                f"{_name(each)} is not supported by qfusion: outcomes of a sum are in no common "
                "basis; use expval or var, or sample its terms"
            )
    tapes, together = split_non_commuting(tape, grouping_strategy="qwc")
    return tuple(map(_turned, tapes)), together


def _turned(tape: QuantumScript) -> QuantumScript:
    if not any(map(is_drawn, tape.measurements)):
        return tape
    measured = [
        type(each)(eigvals=each.eigvals(), wires=each.wires, **_options(each))
        if each.obs is not None
        else each
        for each in tape.measurements
    ]
    with qml.QueuingManager.stop_recording():
        operations = [*tape.operations, *tape.diagonalizing_gates]
    return tape.copy(operations=operations, measurements=measured)


def _options(measurement: MeasurementProcess) -> dict[str, bool]:
    counts = isinstance(measurement, CountsMP)
    return {"all_outcomes": measurement.all_outcomes} if counts else {}
