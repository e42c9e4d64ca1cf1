"""Contracts that a plugin's tests subclass: two lines test a component.

::

    from qfusion_core.testing import FusionContract
    from my_plugin.fusion import Gated

    class TestGated(FusionContract):
        component = Gated

pytest then runs every promise of a fusion on `Gated`, built with ``Gated.example()``. Other options
are tested by a method::

    class TestGatedDeep(FusionContract):
        component = Gated

        def options(self):
            return Gated.Options(depth=3)

The classes are plain: they need pytest to run them and nothing else. `ReferenceDevice` is a small
exact simulator that the encoder contracts run circuits on, so that they need no device plugin.
"""

from __future__ import annotations

from qfusion_core.testing.component import ComponentContract
from qfusion_core.testing.data import DatasetContract
from qfusion_core.testing.device import DeviceContract
from qfusion_core.testing.encoders import ClassicalEncoderContract, QuantumEncoderContract
from qfusion_core.testing.engine import EngineContract
from qfusion_core.testing.fusion import FusionContract
from qfusion_core.testing.reference import ReferenceDevice
from qfusion_core.testing.remote import RemoteDeviceContract

__all__ = [
    "CONTRACTS",
    "ClassicalEncoderContract",
    "ComponentContract",
    "DatasetContract",
    "DeviceContract",
    "EngineContract",
    "FusionContract",
    "QuantumEncoderContract",
    "ReferenceDevice",
    "RemoteDeviceContract",
]

CONTRACTS: dict[str, type[ComponentContract]] = {
    "device": DeviceContract,
    "fusion": FusionContract,
    "quantum_encoder": QuantumEncoderContract,
    "classical_encoder": ClassicalEncoderContract,
    "dataset": DatasetContract,
    "engine": EngineContract,
}
