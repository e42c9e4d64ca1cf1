"""Models with fresh weights, and a device to run them on."""

import numpy as np


def fresh_model(rows, *settings, preset="hardware", backend="statevector", **choices):
    """A preset's model of three classes, its transforms fitted on rows, always the same weights.

    Args:
        rows: ``[rows, features]``, a tensor.
        settings: As of ``qfusion train --set``.
        preset: Its name.
        backend: Name of a packaged one.
        choices: Other components.
    """
    import torch

    from qfusion_core import FusionClassifier, Part, Registry, open_backend
    from qfusion_core.config.presets import compose

    spec = compose(preset, "wine", settings=settings, registry=Registry(), **choices)
    torch.manual_seed(0)
    part = Part(rows.numpy(), np.arange(len(rows)) % 3)
    made = FusionClassifier.fit_transforms(spec, part, n_classes=3, registry=Registry())
    return made.attach(open_backend(backend))


def by_parameter_shift():
    """Exact values of a black box: a device that is asked for shifted rows."""
    from qfusion_core import Registry

    kind = Registry().get("device", "pennylane")
    return kind(kind.Options(device="default.qubit", diff_method="parameter-shift"))
