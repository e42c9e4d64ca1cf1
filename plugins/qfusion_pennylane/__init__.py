"""Plugin: any installed PennyLane device."""

from collections.abc import Iterable

import qfusion_core


@qfusion_core.hookimpl
def qfusion_devices() -> Iterable[type]:
    """The device `pennylane`."""
    from qfusion_pennylane.device import PennyLane

    return [PennyLane]
