"""Quantum encoders as they come along, with weights in general position."""


def encoder(name, features, **options):
    """In float64, with uniform weights from torch's random numbers unless told otherwise."""
    from qfusion_core import Registry

    kind = Registry().get("quantum_encoder", name)
    return kind(
        kind.Options(**{"weights_init": "uniform", **options}), n_features=features
    ).double()
