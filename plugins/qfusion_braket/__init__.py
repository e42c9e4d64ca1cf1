"""Plugin: Amazon Braket, from simulators on this machine to QPUs."""

from collections.abc import Iterable

import qfusion_core


@qfusion_core.hookimpl
def qfusion_devices() -> Iterable[type]:
    """The device `braket`."""
    from qfusion_braket.device import Braket

    return [Braket]
