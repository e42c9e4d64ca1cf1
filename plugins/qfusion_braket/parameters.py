"""Parameters of a device that AWS takes beside a program: fixed qubits, error mitigation."""

from __future__ import annotations

from qfusion_braket.options import Options


def device_parameters(options: Options, qubits: int) -> str:
    """As JSON, in the schema of the device's provider; empty where there are none.

    Args:
        options: Of the device.
        qubits: Of the circuit.
    """
    if not options.error_mitigation and not options.qubits:
        return ""
    from braket.device_schema import GateModelParameters
    from braket.device_schema.ionq import IonqDeviceParameters
    from braket.device_schema.iqm import IqmDeviceParameters
    from braket.device_schema.rigetti import RigettiDeviceParameters
    from braket.device_schema.simulators import GateModelSimulatorDeviceParameters
    from braket.error_mitigation import Debias

    common = {
        "paradigmParameters": GateModelParameters(
            qubitCount=qubits, disableQubitRewiring=options.qubits is not None
        )
    }
    kinds = {"iqm": IqmDeviceParameters, "rigetti": RigettiDeviceParameters}
    device = str(options.device)
    if "ionq/" in device:
        schemes = Debias().serialize() if options.error_mitigation else None
        parameters = IonqDeviceParameters(**common, errorMitigation=schemes)
    else:
        kind = next((kinds[name] for name in kinds if f"{name}/" in device), None)
        parameters = (kind or GateModelSimulatorDeviceParameters)(**common)
    return str(parameters.json(exclude_none=True))
