"""Plugin: the exact state-vector simulator."""

from collections.abc import Iterable

import qfusion_core


@qfusion_core.hookimpl
def qfusion_devices() -> Iterable[type]:
    """The device `statevector`."""
    from qfusion_statevector.device import Statevector

    return [Statevector]
