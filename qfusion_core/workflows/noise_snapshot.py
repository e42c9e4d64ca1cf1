"""``noise: {snapshot: BACKEND}``: the figures of a backend, written into the specification."""

from __future__ import annotations

from qfusion_core.backends.file import Backends
from qfusion_core.backends.opening import open_named
from qfusion_core.config.spec import RunSpec
from qfusion_core.errors import InputError
from qfusion_core.plugin.registry import Registry


def with_figures(spec: RunSpec, backends: Backends | None, registry: Registry) -> RunSpec:
    """A specification whose noise is in figures: a run does not depend on a backend.

    What the specification gives itself is kept; readout and depolarising error count as given where
    both are, as in a run that is resumed.

    Args:
        spec: With ``noise.snapshot`` or without.
        backends: Where the name is looked up; None for the file that is in force.
        registry: Where devices are looked up.

    Raises:
        InputError: The backend is unknown, or tells no noise.
    """
    noise = spec.noise
    if noise is None or noise.snapshot is None:
        return spec
    if noise.readout_error is not None and noise.depolarizing is not None:
        return spec
    device = open_named(backends or Backends.read(), noise.snapshot, registry)
    noise_model = device.noise_model()
    if noise_model is None:
        raise InputError(
            f"noise.snapshot: backend {noise.snapshot!r} (device {device.name!r}) tells no noise; "
            "name a backend with a snapshot, or give shots, readout_error and depolarizing"
        )
    figures = {
        "shots": noise.shots if noise.shots is not None else noise_model.shots,
        "readout_error": noise.readout_error or noise_model.readout,
        "depolarizing": noise.depolarizing or noise_model.gates,
    }
    return spec.model_copy(update={"noise": noise.model_copy(update=figures)})
