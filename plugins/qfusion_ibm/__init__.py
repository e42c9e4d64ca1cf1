"""Plugin: IBM's machines, and snapshots of them that run here."""

from collections.abc import Iterable

import qfusion_core


@qfusion_core.hookimpl
def qfusion_devices() -> Iterable[type]:
    """The device `ibm`."""
    from qfusion_ibm.device import IBM

    return [IBM]
