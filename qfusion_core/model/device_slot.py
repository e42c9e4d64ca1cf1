"""Where an encoder keeps its device: in no checkpoint, and in no pickle."""

from __future__ import annotations

from typing import Any

from qfusion_core.interfaces.device import Device


class DeviceSlot:
    """Holds the device: a copy of the encoder shares it, a pickle of the encoder goes without."""

    def __init__(self, device: Device | None = None) -> None:
        self.device = device

    def __deepcopy__(self, memo: dict[int, Any]) -> DeviceSlot:
        return DeviceSlot(self.device)

    def __reduce__(self) -> tuple[type[DeviceSlot], tuple[()]]:
        return DeviceSlot, ()
